"""Right senders pass every case: the careful one, a second one on smtplib, and a terse one."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from harness.model import Verdict
from harness.protocol import DECLARED_FEATURES
from harness.run_context import RunContext
from harness.scenario.case import Case
from harness.scenario.places import bundled_folder

from . import careful, second
from .careful import Careful, handler
from .judging import Handle, failing, judged, not_passed, story, with_controls
from .own_verification import OwnVerification
from .terse import handle as terse
from .wrong_modes import Overriding
from .wrong_network import Patient
from .wrong_reports import Blaming

pytestmark = [pytest.mark.whole, pytest.mark.timeout(600)]

FOLDERS = sorted(
    str(folder.relative_to(bundled_folder()))
    for folder in {file.parent for file in bundled_folder().rglob("*.yaml")}
)
API_FOLDERS = [folder for folder in FOLDERS if folder.startswith("api/")]
SMTP_FOLDERS = [folder for folder in FOLDERS if folder not in API_FOLDERS]
RIGHT: dict[str, Handle] = {
    "careful": handler(Careful),
    "second": second.handle,
}
# What an answer of nothing but a status cannot meet: findings that ask for the sender's words.
WORDS = {"sender.error.says", "recipients", "sender.told.refused"}


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        *itertools.product(RIGHT, SMTP_FOLDERS),
        # The second one speaks SMTP alone; the reference sender, on http.client where the careful
        # one is on httpx, passes all of it in tests/scenarios.
        *itertools.product(["careful"], API_FOLDERS),
    ],
)
def test_a_right_sender_passes_every_case(
    name: str, folder: str, library: tuple[Case, ...], patient_context: RunContext
) -> None:
    cases = [case for case in in_folder(library, folder) if not lacking(name, case)]
    results = judged(name, RIGHT[name], cases, patient_context)
    assert not not_passed(results), story(not_passed(results))


def test_only_scram_is_not_asked_of_each_right_sender(library: tuple[Case, ...]) -> None:
    # A feature that one of them forgot to list would let it off without a word.
    told = tuple(case for case in library if not case.keeps_state and not case.given.api)
    found = {name: set().union(*(lacking(name, case) for case in told)) for name in RIGHT}
    assert found["careful"] == set()
    assert found["second"] <= {"auth:scram-sha-256", "auth:scram-sha-256-plus"}


def lacking(name: str, case: Case) -> frozenset[str]:
    """What a case wants of a sender that may have it or not, and this one has not."""
    features = RIGHT[name]({"action": "describe"})["features"]
    return (case.needs & DECLARED_FEATURES) - frozenset(features)


@pytest.mark.parametrize("folder", FOLDERS)
def test_one_that_says_nothing_but_the_status_fails_only_where_words_are_asked_for(
    folder: str, library: tuple[Case, ...], patient_context: RunContext
) -> None:
    cases = with_controls(asking_differently(in_folder(library, folder)), library)
    results = judged("terse", terse, cases, patient_context)
    speechless = {
        result.id: {finding.check for finding in failing(result)}
        for result in results.values()
        if result.verdict is Verdict.FAIL
    }
    others = [result for result in not_passed(results) if result.id not in speechless]
    assert not others, story(others)
    assert all(checks <= WORDS for checks in speechless.values()), speechless
    assert {case.partition("[")[0] for case in speechless} == asking_for_words(folder)


def asking_differently(cases: Iterable[Case]) -> list[Case]:
    """The first case of each `then` that a scenario has.

    What the terse sender does is what the careful one does, which passes every case: only what is
    asked can make a difference, not what a mode or a vendor does.
    """
    first: dict[tuple[str, str], Case] = {}
    for case in cases:
        if case.then is not None:
            first.setdefault((case.scenario, case.then.model_dump_json()), case)
    return list(first.values())


def asking_for_words(folder: str) -> set[str]:
    """The scenarios of a folder in the list below."""
    return {scenario for scenario in ASKING_FOR_WORDS if scenario.startswith(f"{folder}/")}


@pytest.mark.parametrize("hook", [OwnVerification, Overriding, Patient, Blaming])
def test_what_wrong_senders_have_in_common_is_right_by_itself(
    hook: type[Careful], library: tuple[Case, ...], patient_context: RunContext
) -> None:
    cases = [case for case in library if case.scenario in {"tls/certificate", "modes/stripped"}]
    results = judged(hook.__name__, handler(hook), cases, patient_context)
    assert not not_passed(results), story(not_passed(results))


@pytest.mark.parametrize(
    "module",
    [
        "careful*.py", "second*.py", "terse.py", "wrong_*.py", "own_verification.py",
        "on_aiosmtplib.py", "lineage_*.py",
    ],
)  # fmt: skip
def test_the_senders_import_nothing_of_the_harness(module: str) -> None:
    own = {"careful", "second"}
    found = {
        name.split(".")[0]
        for path in Path(careful.__file__).parent.glob(module)
        for name in imported(path.read_text("utf-8"))
    }
    assert found, "no such module"
    assert not found & {"harness", "fakes", "tests"}
    if module == "second*.py":
        assert not any(name.startswith("careful") for name in found & own)


def imported(source: str) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return names


def test_the_terse_sender_says_nothing_but_the_status() -> None:
    request: Mapping[str, Any] = {"action": "send", "transport": {"kind": "post"}}
    assert terse(request) == {"status": "unsupported"}


def in_folder(library: tuple[Case, ...], folder: str) -> list[Case]:
    """What is there for a sender that keeps no state; couriers have a test of their own."""
    return [
        case for case in library if case.scenario.startswith(f"{folder}/") and not case.keeps_state
    ]


# Where words are asked for, and nothing else is missing of what the terse sender says.
ASKING_FOR_WORDS = frozenset(
    [
        "api/any/recipients-some-refused",
        "api/mailgun/setting-missing-words",
        "api/mailgun/words",
        "api/mandrill/key-refused-words",
        "api/mandrill/rejected-words",
        "api/postmark/refused-words",
        "api/resend/refused-words",
        "api/sendgrid/account-suspended-words",
        "api/sendgrid/account-used-up-words",
        "api/sendgrid/key-refused-words",
        "api/sendgrid/two-forbidden-words",
        "api/ses/keys-refused-words",
        "api/ses/not-verified-words",
        "api/ses/policy-lacks-words",
        "api/ses/quota-used-up-words",
        "api/ses/too-fast-words",
        "api/ses/wrong-region-words",
        "api/sparkpost/setting-missing-words",
        "api/sparkpost/words",
        "auth/closing-words",
        "auth/criterion-words",
        "auth/demanded-late-words",
        "auth/nothing-in-common-words",
        "auth/rejected-words",
        "auth/token-refused-words",
        "auth0/address-not-allowed-words",
        "auth0/criterion-missed",
        "auth0/port-25-blocked-words",
        "auth0/port-closed-words",
        "config/misspelt-parameter-words",
        "extensions/some-recipients-refused",
        "modes/contradiction-words",
        "network/last-words",
        "ory/ses-region-placeholder-words",
        "ory/tls-failure-words",
        "ory/unreachable-server-words",
        "replies/full",
        "submission/any/password-refused-words",
        "submission/any/refused-words",
        "submission/other/app-password-missing-words",
        "submission/sendgrid/key-refused-words",
        "submission/sendgrid/sender-not-verified-words",
        "submission/ses/not-verified-words",
        "tls/alert-words",
        "tls/certificate-other-name-words",
        "tls/certificate-without-san-words",
        "tls/certificate-words",
        "tls/version-complaint-words",
        "tls/wildcard-words",
    ]
)
