"""django-post_office, driven by its own commands as a sender file says, is a sender with a queue.

Each fault below was read in its transcript, and whatever else a scenario held against it would be
the scenario's fault.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.embedding import run
from harness.model import Verdict

pytestmark = [pytest.mark.whole, pytest.mark.timeout(600)]

_SENDER = Path(__file__).parents[2] / "examples/senders/post-office.yaml"
# A case of each kind: every question starts Django anew.
ASKED = (
    "tls/certificate[mode=starttls,certificate=expired]",
    "tls/certificate[mode=starttls,certificate=wrong-host]",
    "tls/certificate[mode=tls,certificate=untrusted-root]",
    "starttls/vanished-auth",
    "auth/not-offered",
    "auth/rejected",
    "modes/cleartext-upgrade",
    "network/last-words",
    "network/refused",
)
# smtplib says HELO to a server that has just refused EHLO and gone, and forgets its words.
_EHLO_WORDS = {"sender.error.says"}
FAULTS: dict[str, set[str]] = {
    "network/last-words[moment=ehlo,code=421]": _EHLO_WORDS,
    "network/last-words[moment=ehlo,code=554]": _EHLO_WORDS,
}


def test_only_its_true_faults_are_found(
    requires_program: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POST_OFFICE", requires_program("post-office"))
    report = run(ASKED, sender=f"file:{_SENDER}", time_scale=3.0)
    found = {
        case.id: {finding.check for finding in case.unmet}
        for case in report.cases
        if case.verdict in {Verdict.FAIL, Verdict.ERROR, Verdict.INCONCLUSIVE}
    }
    assert found == FAULTS
    # Sent, and refused: not everything of one kind.
    statuses = {case.answer["status"] for case in report.cases if case.answer}
    assert statuses == {"sent", "failed"}
