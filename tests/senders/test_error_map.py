from __future__ import annotations

import re
from typing import Any

from harness.protocol import Answer, ErrorClass, Phase
from harness.senders.error_map import ErrorMap, Rule
from harness.senders.outcome import Answered, Crashed, Output

MAP = ErrorMap(
    rules=(
        Rule(pattern=re.compile("535"), phase=Phase.AUTH, class_=ErrorClass.AUTH_REJECTED),
        Rule(pattern=re.compile("certificate"), phase=Phase.TLS),
        Rule(pattern=re.compile("(?i)ERR"), class_=ErrorClass.PROTOCOL_ERROR),
    )
)


def explained(stderr: bytes = b"", **document: Any) -> Answered:
    answer = Answer.model_validate(document)
    said = Answered(document=document, answer=answer, output=Output(stderr=stderr))
    outcome = MAP.explain(said)
    assert isinstance(outcome, Answered)
    return outcome


def found(outcome: Answered) -> tuple[Phase | None, ErrorClass | None]:
    error = outcome.answer.error
    return (error.phase, error.class_) if error else (None, None)


def test_the_first_rule_that_matches_fills_phase_and_class() -> None:
    outcome = explained(status="failed", error={"message": "err: 535 no"})
    assert found(outcome) == (Phase.AUTH, ErrorClass.AUTH_REJECTED)
    assert outcome.document == {"status": "failed", "error": {"message": "err: 535 no"}}
    assert outcome.answer.document()["error"]["class"] == "auth-rejected"


def test_what_the_sender_says_itself_is_kept() -> None:
    outcome = explained(status="failed", error={"phase": "auth", "message": "535"})
    assert found(outcome) == (Phase.AUTH, ErrorClass.AUTH_REJECTED)
    outcome = explained(
        status="failed", error={"phase": "mail", "class": "stalled", "message": "535"}
    )
    assert found(outcome) == (Phase.MAIL, ErrorClass.STALLED)


def test_a_rule_that_contradicts_the_sender_is_passed_over() -> None:
    outcome = explained(status="failed", error={"phase": "greeting", "message": "err 535"})
    assert found(outcome) == (Phase.GREETING, ErrorClass.PROTOCOL_ERROR)


def test_a_rule_may_know_the_phase_only() -> None:
    assert found(explained(status="failed", error={"message": "certificate"})) == (Phase.TLS, None)


def test_stderr_stands_in_for_a_missing_message() -> None:
    assert found(explained(b"535 denied", status="failed"))[0] is Phase.AUTH
    assert found(explained(b"535 denied", status="failed", error={"message": "x"}))[0] is None


def test_success_and_crashes_are_not_explained() -> None:
    assert explained(b"535", status="sent").answer.error is None
    crash = Crashed(how="535")
    assert MAP.explain(crash) is crash
