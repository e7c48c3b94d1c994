from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.protocol import ASSUMED_FEATURES, ErrorClass, Phase
from harness.senders.answer_parser import features_of, lenient_answer, read_answer, read_description
from harness.senders.outcome import (
    Answered,
    Crashed,
    Described,
    Hung,
    NoAnswer,
    Outcome,
    Output,
    Replied,
    Unsupported,
)

# The machine may be busy: how long an example takes says nothing here.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

OUTPUT = Output(stdout=b"said")


def replied(**document: Any) -> Replied:
    return Replied(document=document, output=OUTPUT)


def answered(**document: Any) -> Answered:
    outcome = read_answer(replied(**document))
    assert isinstance(outcome, Answered)
    return outcome


def test_a_full_answer_is_read_without_a_complaint() -> None:
    error = {"phase": "tls", "class": "certificate-expired", "temporary": False, "message": "no"}
    outcome = answered(status="failed", attempts=1, error=error, unknown="field")
    assert outcome.answer.error is not None
    assert outcome.answer.error.class_ is ErrorClass.CERTIFICATE_EXPIRED
    assert outcome.complaints == ()
    assert outcome.output is OUTPUT


def test_an_unknown_class_is_left_out_and_the_phase_kept() -> None:
    outcome = answered(status="failed", error={"phase": "tls", "class": "bad-cert", "message": "m"})
    error = outcome.answer.error
    assert error is not None
    assert (error.phase, error.class_, error.message) == (Phase.TLS, None, "m")
    assert len(outcome.complaints) == 1
    assert outcome.complaints[0].startswith("error.class: ")
    assert outcome.document["error"]["class"] == "bad-cert"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("message_id", 7),
        ("attempts", "many"),
        ("refused", "b@example.net"),
        ("error", "it failed"),
        ("final_reply", ["250"]),
    ],
)
def test_a_field_of_the_wrong_type_is_left_out(field: str, value: object) -> None:
    outcome = answered(status="failed", **{field: value})
    assert field not in outcome.answer.model_fields_set
    assert [complaint.partition(":")[0] for complaint in outcome.complaints] == [field]


def test_a_provider_code_that_is_neither_text_nor_number_is_left_out_once() -> None:
    outcome = answered(status="failed", error={"provider_code": ["E1"], "message": "m"})
    assert outcome.answer.error is not None
    assert outcome.answer.error.message == "m"
    assert [complaint.partition(":")[0] for complaint in outcome.complaints] == [
        "error.provider_code"
    ]


def test_bad_items_of_a_list_are_left_out_and_the_good_ones_kept() -> None:
    good = {"address": "b@example.net", "reply_code": 550}
    worse = {"address": "c@example.net", "reply_code": "none"}
    outcome = answered(status="sent", refused=[{"reply_code": 550}, good, 5, worse])
    assert [refusal.address for refusal in outcome.answer.refused] == [
        "b@example.net",
        "c@example.net",
    ]
    assert outcome.answer.refused[0].reply_code == 550
    assert len(outcome.complaints) == 3


def test_null_means_not_said() -> None:
    outcome = answered(status="sent", refused=None, attempts=None, error=None)
    assert outcome.complaints == ()
    assert outcome.answer.document() == {"status": "sent"}


_ODD: st.SearchStrategy[object] = st.sampled_from(
    [None, True, 5, 1.5, "", "tls", "250", [], ["x"], [[]], {}, {"str": 1}, [{}, {"address": 1}]]
)
_FIELDS = [
    "reason", "message_id", "final_reply", "attempts", "refused", "error", "phase", "class",
    "temporary", "reply_code", "address", "message", "provider_code",
]  # fmt: skip


@unhurried
@given(
    st.dictionaries(st.sampled_from(_FIELDS), _ODD),
    st.dictionaries(st.sampled_from(_FIELDS), _ODD),
    st.lists(st.dictionaries(st.sampled_from(_FIELDS), _ODD), max_size=3),
)
def test_nothing_but_the_status_can_void_an_answer(
    top: dict[str, Any], error: dict[str, Any], refused: list[dict[str, Any]]
) -> None:
    document = {**top, "error": error, "refused": refused, "status": "failed"}
    answer, _ = lenient_answer(document)
    assert answer.status == "failed"


@pytest.mark.parametrize("status", ["Sent", "ok", None, 1, ["sent"]])
def test_an_unknown_status_is_no_answer(status: object) -> None:
    outcome = read_answer(replied(status=status))
    assert isinstance(outcome, NoAnswer)
    assert repr(status) in outcome.why


def test_unsupported_is_an_outcome_of_its_own_and_keeps_the_document() -> None:
    outcome = read_answer(replied(status="unsupported", reason="no API"))
    assert isinstance(outcome, Unsupported)
    assert outcome.reason == "no API"
    assert outcome.document == {"status": "unsupported", "reason": "no API"}
    assert not outcome.by_adapter


def test_the_reason_may_be_in_the_error() -> None:
    outcome = read_answer(replied(status="unsupported", error={"message": "no API"}))
    assert isinstance(outcome, Unsupported)
    assert outcome.reason == "no API"


@pytest.mark.parametrize("outcome", [Crashed(how="x"), Hung(limit=1), NoAnswer(why="x")])
def test_what_is_no_answer_stays_as_it_is(outcome: Outcome) -> None:
    assert read_answer(outcome) is outcome
    assert read_description(outcome) is outcome
    assert features_of(outcome) == ASSUMED_FEATURES


def test_features_are_read() -> None:
    outcome = read_description(replied(name="x", version="1", features=["smtp", "state"]))
    assert isinstance(outcome, Described)
    assert outcome.description.name == "x"
    assert features_of(outcome) == {"smtp", "state"}
    assert outcome.complaints == ()


def test_odd_features_and_names_are_complained_of_only() -> None:
    outcome = read_description(replied(name=5, features=["smtp", 7, "SMTP"]))
    assert isinstance(outcome, Described)
    assert features_of(outcome) == {"smtp", "SMTP"}
    assert len(outcome.complaints) == 3


def test_features_that_are_no_list_are_no_answer() -> None:
    assert isinstance(read_description(replied(features="smtp")), NoAnswer)


def test_one_that_does_not_know_describe_has_what_is_assumed() -> None:
    outcome = read_description(replied(status="unsupported", reason="what?"))
    assert isinstance(outcome, Unsupported)
    assert features_of(outcome) == ASSUMED_FEATURES


def test_one_that_takes_describe_for_a_send_has_what_is_assumed() -> None:
    outcome = read_description(replied(status="failed", error={"message": "no transport"}))
    assert isinstance(outcome, Answered)
    assert features_of(outcome) == ASSUMED_FEATURES
