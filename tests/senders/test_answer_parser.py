from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.protocol import ASSUMED_FEATURES, ErrorClass, Phase
from harness.senders.answer_parser import (
    MOST_REFUSED,
    features_of,
    lenient_answer,
    read_answer,
    read_description,
)
from harness.senders.complaints import MOST_COMPLAINTS
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


NOT_READ = "there is no such field, and it was not read; did you mean"


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        ({"finalReply": "250 ok"}, f"finalReply: {NOT_READ} `final_reply`?"),
        ({"atempts": 1}, f"atempts: {NOT_READ} `attempts`?"),
        ({"class": "stalled"}, "class: it belongs inside `error`, and was not read here"),
        ({"error": {"temporay": True}}, f"error.temporay: {NOT_READ} `temporary`?"),
        (
            {"error": {"attempts": 2}},
            "error.attempts: it belongs beside `error`, and was not read here",
        ),
        (
            {"error": {"phase": "tls-handshake"}},
            "error.phase: there is no 'tls-handshake'; did you mean 'tls'?; left out",
        ),
        (
            {"error": {"phase": "RCPT"}},
            "error.phase: there is no 'RCPT'; did you mean 'rcpt'?; left out",
        ),
        (
            {"error": {"phase": "x"}},
            "error.phase: there is no 'x'; `harness explain errors` lists them; left out",
        ),
        (
            {"error": {"class": "not_found"}},
            "error.class: there is no 'not_found'; did you mean 'not-found'?; left out",
        ),
        (
            {"error": {"class": "AuthRejected"}},
            "error.class: there is no 'AuthRejected'; did you mean 'auth-rejected'?; left out",
        ),
        (
            {"error": {"temporary": "no"}},
            "error.temporary: 'no' was read as False; write true or false",
        ),
        (
            {"error": {"reply_code": "535"}},
            "error.reply_code: '535' was read as 535; write a number",
        ),
        ({"attempts": True}, "attempts: True was read as 1; write a number"),
        ({"refused": [{"adress": "a@b.test"}]}, f"refused.adress: {NOT_READ} `address`?"),
        ({"error": {"message": 5}}, "error.message: Input should be a valid string; left out"),
    ],
)
def test_what_its_author_got_wrong_is_told_with_the_right_word(
    document: dict[str, Any], complaint: str
) -> None:
    outcome = answered(status="failed", **document)
    assert complaint in outcome.complaints


@pytest.mark.parametrize(
    "document",
    [
        {"debug": {"phase": "tls"}, "trace_id": "x", "version": 1, "status_code": 250},
        {"error": {"hint": "look", "stack": [], "kind": "x", "temporary": None}, "attempts": None},
        {"refused": [{"address": "a@b.test", "reply_code": 550, "index": 3}]},
        {"error": {"provider_code": 7, "reply_code": 550, "temporary": False, "message": "no"}},
    ],
)
def test_fields_of_ones_own_are_nobodys_mistake(document: dict[str, Any]) -> None:
    assert answered(status="failed", **document).complaints == ()


@pytest.mark.parametrize(
    ("feature", "meant"),
    [("STMP", "smtp"), ("api:send-grid", "api:sendgrid"), ("connectTo", "connect_to")],
)
def test_a_misspelt_feature_is_told_with_the_right_word(feature: str, meant: str) -> None:
    outcome = read_description(replied(features=["smtp", feature]))
    assert isinstance(outcome, Described)
    assert outcome.complaints == (f"features: there is no {feature!r}; did you mean {meant!r}?",)


def test_a_misspelt_reason_for_unsupported_is_told_too() -> None:
    outcome = read_answer(replied(status="unsupported", resaon="no API"))
    assert isinstance(outcome, Unsupported)
    assert "did you mean `reason`?" in outcome.complaints[0]


def test_a_long_value_is_not_quoted_because_a_cut_would_hide_a_secret_from_us() -> None:
    outcome = answered(status="failed", error={"class": "pw-0123456789abcdef" * 9})
    assert "pw" not in "".join(outcome.complaints)
    assert "a text of 171" in outcome.complaints[0]


def test_a_flood_of_mistakes_is_told_in_a_few_words() -> None:
    items = [{"address": 5}, {"x": 1}, "b@c.test", {"address": "a@b.test"}] * 5_000
    keys = {f"atempts{number}": 1 for number in range(20_000)}
    outcome = answered(status="sent", refused=items, **keys)
    assert len(outcome.complaints) <= MOST_COMPLAINTS + 1
    assert {item.address for item in outcome.answer.refused} == {"a@b.test"}
    assert len(outcome.answer.refused) == MOST_REFUSED // 4
    told = "refused: 19250 of 20000 are no objects, or beyond the first 1000; left out"
    assert told in outcome.complaints
