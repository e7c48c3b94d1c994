"""What this machine's OpenSSL cannot do decides nothing, for a reason that is told."""

from __future__ import annotations

import pytest

from harness.embedding import run
from harness.fakes import served_contexts
from harness.gate import TROUBLE, exit_status
from harness.model import Verdict


@pytest.mark.parametrize(
    "cases", ["tls/old-versions[mode=tls,version=TLSv1.0]", "tls/weak-ciphers[mode=tls,*]"]
)
def test_a_server_that_nobody_could_reach_proves_nothing_of_a_sender(
    monkeypatch: pytest.MonkeyPatch, cases: str
) -> None:
    monkeypatch.setattr(
        served_contexts, "why_unreachable", lambda *_, **__: "NO_PROTOCOLS_AVAILABLE"
    )
    report = run([cases])
    found = [each for each in report.cases if not each.is_control]
    assert {each.verdict for each in found} == {Verdict.INCONCLUSIVE}
    for each in found:
        assert "the OpenSSL of this machine" in str(each.reason)
        assert "NO_PROTOCOLS_AVAILABLE" in str(each.reason)
    assert {each.verdict for each in report.cases if each.is_control} == {Verdict.PASS}
    assert exit_status(report.result) != TROUBLE
