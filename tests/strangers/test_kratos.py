"""Ory Kratos's courier, where there is one: KRATOS names its program.

Nothing here builds it. What docs/real-couriers.md says of it is asserted; each fault was read in
its transcript.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.embedding import run
from harness.model import Verdict

pytestmark = [pytest.mark.whole, pytest.mark.timeout(600)]

_SENDER = Path(__file__).parents[2] / "examples/senders/kratos.yaml"
_WITHOUT_LOG_IN = {"mail", "messages", "sender.status"}
_NO_CONNECTION = {"handshakes", "logged-in", "message", "messages", "sender.status", "sni"}
ASKED = (
    "tls/certificate",
    "starttls/vanished-auth",
    "starttls/injection",
    "auth/not-offered",
    "auth/rejected",
    "modes/cleartext-upgrade",
    "network/refused",
    "auth0/from-forms",
    "auth0/host-forms",
)
FAULTS: dict[str, set[str]] = {
    "auth/not-offered[mode=none]": _WITHOUT_LOG_IN,
    "auth/not-offered[mode=starttls]": _WITHOUT_LOG_IN,
    "auth/not-offered[mode=tls]": _WITHOUT_LOG_IN,
    "starttls/vanished-auth": {"mail", "sender.status"},
    "auth0/host-forms[form=ipv6]": _NO_CONNECTION,
    # STARTTLS all the same, in the mode without encryption.
    "modes/cleartext-upgrade[certificate=good]": {"starttls"},
    "modes/cleartext-upgrade[certificate=self-signed]": {
        "logged-in", "message", "messages", "sender.status", "starttls",
    },
}  # fmt: skip


def test_only_its_true_faults_are_found() -> None:
    if "KRATOS" not in os.environ:
        pytest.skip("KRATOS names no program of Ory Kratos")
    report = run(ASKED, sender=f"file:{_SENDER}", time_scale=3.0)
    found = {
        case.id: {finding.check for finding in case.unmet}
        for case in report.cases
        if case.verdict in {Verdict.FAIL, Verdict.ERROR, Verdict.INCONCLUSIVE}
    }
    assert found == FAULTS
