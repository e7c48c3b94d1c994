"""Clients that are not ours, used as their quick starts show, are senders judged by scenarios.

As in test_sdks_as_senders.py: each fault below was read in its transcript, and whatever else a
scenario held against them would be the scenario's fault.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.embedding import run
from harness.model import Verdict
from harness.scenario.library import load_library

pytestmark = [pytest.mark.whole, pytest.mark.timeout(600)]

Faults = dict[tuple[str, str], set[str]]

# Some take no time-out, and wait for ever. That takes as long, and proves no more.
_LEFT_OUT = {"no-answer"}
# Where libraries differ most; the rest is asked of one program, which is quick to start.
_TELLING = {
    "attachment", "no-answer-of-theirs", "recipients-all-refused", "recipients-refused-together",
    "recipients-some-refused", "redirected",
}  # fmt: skip
_AN_EMPTY_KEY_IS_ASKED_WITH = {"requests"}
_OF_ALL_AT_POSTMARK = {"content-elsewhere", "key-elsewhere", "messages", "sender.status"}
_EVERY_2XX_IS_SUCCESS = {"sender.status"}
_WHO_WAS_REFUSED_IS_NOT_TOLD = {"recipients"}
# The true faults, by program, scenario and provider, with the findings that are not met.
_FAULTS: dict[str, Faults] = {
    "go-clients": {
        # Sent again, and so twice, by the SDK's own retries.
        ("answer-lost", "ses"): {"messages"},
        ("credential-missing", "postmark"): _AN_EMPTY_KEY_IS_ASKED_WITH,
        ("credential-missing", "sendgrid"): _AN_EMPTY_KEY_IS_ASKED_WITH,
        ("credential-missing", "ses"): _AN_EMPTY_KEY_IS_ASKED_WITH,
        ("no-answer-of-theirs", "sendgrid"): _EVERY_2XX_IS_SUCCESS,
        ("no-answer-of-theirs", "ses"): _EVERY_2XX_IS_SUCCESS,
        ("recipients-some-refused", "postmark"): _WHO_WAS_REFUSED_IS_NOT_TOLD,
        # net/http follows with the body, and with every header but Authorization.
        ("redirected", "mailgun"): {"content-elsewhere"},
        ("redirected", "postmark"): _OF_ALL_AT_POSTMARK,
        ("redirected", "sendgrid"): {"content-elsewhere"},
    },
    "java-client": {
        # The form is one without files.
        ("attachment", "mailgun"): {"message"},
        ("no-answer-of-theirs", "sendgrid"): _EVERY_2XX_IS_SUCCESS,
        ("recipients-some-refused", "postmark"): _WHO_WAS_REFUSED_IS_NOT_TOLD,
        ("recipients-some-refused", "sparkpost"): _WHO_WAS_REFUSED_IS_NOT_TOLD,
    },
    "node-clients": {
        ("no-answer-of-theirs", "mailgun"): _EVERY_2XX_IS_SUCCESS,
        ("no-answer-of-theirs", "postmark"): _EVERY_2XX_IS_SUCCESS,
        ("no-answer-of-theirs", "sendgrid"): _EVERY_2XX_IS_SUCCESS,
        ("no-answer-of-theirs", "ses"): _EVERY_2XX_IS_SUCCESS,
        ("recipients-some-refused", "postmark"): _WHO_WAS_REFUSED_IS_NOT_TOLD,
        ("recipients-some-refused", "sparkpost"): _WHO_WAS_REFUSED_IS_NOT_TOLD,
        ("redirected", "mailgun"): {"content-elsewhere"},
        ("redirected", "mandrill"): {"content-elsewhere", "key-elsewhere"},
        ("redirected", "postmark"): _OF_ALL_AT_POSTMARK,
        ("redirected", "sendgrid"): {"content-elsewhere"},
    },
    "anymail-sender": {
        # A text file is sent with its charset in the type, which SendGrid refuses (issue 492).
        ("attachment", "sendgrid"): {"message", "messages", "sender.status"},
        ("no-answer-of-theirs", "sendgrid"): _EVERY_2XX_IS_SUCCESS,
        # Of those whom the words do not name nothing is known, and nothing is raised.
        ("recipients-refused-together", "postmark"): {"honesty", "recipients"},
        ("recipients-some-refused", "postmark"): _WHO_WAS_REFUSED_IS_NOT_TOLD,
        ("recipients-some-refused", "sparkpost"): _WHO_WAS_REFUSED_IS_NOT_TOLD,
        ("redirected", "mailgun"): {"content-elsewhere"},
        ("redirected", "mandrill"): {"content-elsewhere", "key-elsewhere"},
        ("redirected", "postmark"): _OF_ALL_AT_POSTMARK,
        ("redirected", "sendgrid"): {"content-elsewhere"},
        ("redirected", "sparkpost"): {"content-elsewhere"},
    },
}


@pytest.mark.parametrize("program", _FAULTS)
def test_only_the_true_faults_of_the_clients_are_found(
    program: str, requires_program: Callable[[str], str]
) -> None:
    names = {case.scenario.removeprefix("api/any/") for case in load_library().cases}
    every = {name for name in names if "/" not in name} - _LEFT_OUT
    asked = every if program == "go-clients" else every & _TELLING
    report = run(
        [f"api/any/{name}" for name in sorted(asked)],
        sender=f"command+lines:{requires_program(program)}",
        time_scale=3.0,
    )
    found: Faults = {}
    for case in report.cases:
        if case.verdict in {Verdict.FAIL, Verdict.ERROR, Verdict.INCONCLUSIVE}:
            key = case.scenario.removeprefix("api/any/"), case.axes["provider"]
            found.setdefault(key, set()).update(finding.check for finding in case.unmet)
    assert sorted(found) == sorted(_FAULTS[program])
    assert found == _FAULTS[program]
