"""The fault language as values: how it is written, and when a fault acts."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from harness.fakes.faults import (
    Close,
    Fault,
    FaultPlan,
    Moment,
    Reset,
    SendBelowTls,
    SendOctets,
    Stage,
    Step,
    Wait,
)
from harness.fakes.faults.actions import by_word
from harness.fakes.faults.actions.standard import HangUp
from harness.fakes.faults.moments import parse_at


def fault(**words: Any) -> Fault:
    return Fault.model_validate({"at": "rcpt", "do": "close", **words})


def steps(do: str, *, honest: bytes = b"250 OK\r\n", timeout: float = 2.0, **words: Any) -> Any:
    return fault(do=do, **words).action.steps(honest, timeout=timeout)


WRITTEN: list[tuple[str, dict[str, Any], list[Step]]] = [
    ("honest", {}, [SendOctets(b"250 OK\r\n")]),
    ("reply", {"code": 550, "text": "no"}, [SendOctets(b"550 no\r\n")]),
    ("reply", {"code": 550, "text": "a\nb"}, [SendOctets(b"550-a\r\n550 b\r\n")]),
    ("reply", {"code": 250}, [SendOctets(b"250\r\n")]),
    ("reply", {"code": 334}, [SendOctets(b"334 \r\n")]),
    ("reply", {"code": 421, "text": "x", "close": True}, [SendOctets(b"421 x\r\n"), Close()]),
    ("switch", {"first": 250, "last": 550}, [SendOctets(b"250-as you wish\r\n550 or not\r\n")]),
    ("garble", {"data": "\xff\0"}, [SendOctets(b"\xff\0")]),
    ("garble", {"data": "x", "below_tls": True}, [SendBelowTls(b"x")]),
    ("stall", {}, [Wait(None)]),
    ("stall", {"octets": 3}, [SendOctets(b"250"), Wait(None)]),
    ("late", {"wait": "1.5x"}, [Wait(3.0), SendOctets(b"250 OK\r\n")]),
    ("late", {"wait": "20ms"}, [Wait(0.02), SendOctets(b"250 OK\r\n")]),
    (
        "drip",
        {"every": "1s", "data": "ab"},
        [Wait(1.0), SendOctets(b"a"), Wait(1.0), SendOctets(b"b")],
    ),
    ("close", {}, [Close()]),
    ("close", {"close_notify": False}, [Close(close_notify=False)]),
    ("reset", {}, [Reset()]),
    ("truncate", {"octets": 4}, [SendOctets(b"250 "), Close()]),
    ("inject", {"data": "+"}, [SendOctets(b"250 OK\r\n+")]),
    (
        "inject",
        {"data": "+", "below_tls": True},
        [SendOctets(b"250 OK\r\n"), SendBelowTls(b"+")],
    ),
]


@pytest.mark.parametrize(("do", "words", "done"), WRITTEN)
def test_what_an_action_does_with_the_honest_reply(
    do: str, words: dict[str, Any], done: list[Step]
) -> None:
    assert steps(do, **words) == done


def test_an_honest_reply_drips_octet_by_octet() -> None:
    sent = [step.data for step in steps("drip", every="1ms") if isinstance(step, SendOctets)]
    assert b"".join(sent) == b"250 OK\r\n"
    assert {len(data) for data in sent} == {1}


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"at": "lunch"}, "no moment of a session: choose from connect"),
    ({"at": "rcpt[0]"}, "no moment of a session"),
    ({"at": "rcpt[]"}, "no moment of a session"),
    ({"at": "RCPT"}, "no moment of a session"),
    ({"do": "explode"}, "'honest', 'reply'"),
    ({"do": "reply"}, "reply.code\n  Field required"),
    ({"do": "reply", "code": 199}, "greater than or equal to 200"),
    ({"do": "reply", "code": 600}, "less than or equal to 599"),
    ({"do": "reply", "code": "550"}, "valid integer"),
    ({"do": "reply", "code": True}, "valid integer"),
    ({"do": "reply", "code": 550, "txt": "no"}, "txt"),
    ({"do": "late"}, "late.wait\n  Field required"),
    ({"do": "late", "wait": "soon"}, "is not a duration"),
    ({"do": "late", "wait": 3}, "valid string"),
    ({"do": "truncate", "octets": 0}, "greater than or equal to 1"),
    ({"do": "inject", "data": ""}, "nothing to inject"),
    ({"do": "garble", "data": "\u20ac"}, "is no octet"),
    ({"do": "drip", "every": "1s", "data": "\u0100"}, "is no octet"),
    ({"times": 0}, "greater than or equal to 1"),
    ({"times": "2"}, "valid integer"),
    ({"times": True}, "valid integer"),
    ({"connection": 0}, "greater than or equal to 1"),
    ({"then": {"do": "close"}}, "needs times"),
    ({"times": 1, "then": {"at": "mail", "do": "close"}}, "the same moment"),
    ({"times": 1, "then": "close"}, "then"),
    ({"often": 3}, "often"),
]


@pytest.mark.parametrize(("words", "complaint"), REFUSED)
def test_a_mistake_is_named(words: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError) as refused:
        fault(**words)
    assert complaint in str(refused.value)


@pytest.mark.parametrize(
    ("text", "stage", "index"),
    [
        ("rcpt[12]", Stage.RCPT, 12),
        ("rcpt", Stage.RCPT, None),
        ("end-of-data", Stage.END_OF_DATA, None),
        ("body[1048576]", Stage.BODY, 1_048_576),
    ],
)
def test_moments_are_read(text: str, stage: Stage, index: int | None) -> None:
    assert parse_at(text) == (stage, index)


def test_a_fault_may_be_given_unfolded_and_reads_back() -> None:
    flat = fault(do="reply", code=550, times=2, then={"do": "reset", "connection": 3})
    assert Fault.model_validate(flat.model_dump(mode="json")) == flat
    assert flat.then is not None
    assert (flat.then.at, flat.then.connection) == ("rcpt", 3)


def moment(stage: Stage, index: int = 1, connection: int = 1) -> Moment:
    return Moment(stage=stage, index=index, connection=connection)


@pytest.mark.parametrize(
    ("words", "concerned"),
    [
        ({"at": "rcpt"}, {(1, 1), (2, 1), (1, 2), (2, 2)}),
        ({"at": "rcpt[2]"}, {(2, 1), (2, 2)}),
        ({"at": "rcpt", "connection": 2}, {(1, 2), (2, 2)}),
        ({"at": "rcpt[2]", "connection": 2}, {(2, 2)}),
        ({"at": "mail"}, set()),
    ],
)
def test_a_fault_concerns_its_own_moments(
    words: dict[str, Any], concerned: set[tuple[int, int]]
) -> None:
    found = {
        (index, connection)
        for index in (1, 2)
        for connection in (1, 2)
        if fault(**words).concerns(moment(Stage.RCPT, index, connection))
    }
    assert found == concerned


def acts(plan: FaultPlan, *moments: Moment) -> list[str | None]:
    actions = [plan.act(one) for one in moments]
    return [action.do if action else None for action in actions]


def test_a_plan_counts_how_often_each_fault_acted() -> None:
    plan = FaultPlan.of(
        [fault(do="close", times=1, then={"do": "reset", "times": 1}), fault(do="stall", times=1)]
    )
    rcpt = moment(Stage.RCPT)
    assert len(plan.pending) == 2
    assert acts(plan, rcpt, moment(Stage.MAIL), rcpt, rcpt, rcpt) == [
        "close", None, "reset", "stall", None,
    ]  # fmt: skip
    assert not plan.pending


def test_a_plan_without_faults_does_nothing() -> None:
    assert acts(FaultPlan.of([]), *(moment(stage) for stage in Stage)) == [None] * len(Stage)


def test_the_octets_of_a_body_come_in_their_order() -> None:
    plan = FaultPlan.of(
        [
            fault(at="body[9]", do="stall"),
            fault(at="body[4]", do="close", times=1),
            fault(at="body[6]", do="close", connection=2),
            fault(at="rcpt[5]"),
            fault(at="body"),
        ]
    )
    assert plan.next_octet(connection=1, after=0) == 1
    assert plan.next_octet(connection=1, after=1) == 4
    assert plan.next_octet(connection=1, after=4) == 9
    assert plan.next_octet(connection=2, after=4) == 6
    assert plan.next_octet(connection=1, after=9) is None
    assert acts(plan, moment(Stage.BODY, 4), moment(Stage.BODY, 4)) == ["close", None]
    assert plan.next_octet(connection=1, after=1) == 9


def test_at_which_stages_a_2xx_really_takes() -> None:
    taking = {
        str(stage) for stage in Stage if fault(do="reply", code=250).action.honest_first(stage)
    }
    assert taking == {
        "greeting", "ehlo", "helo", "mail", "rcpt", "bdat", "end-of-data", "rset", "noop", "quit",
    }  # fmt: skip
    assert not any(fault(do="reply", code=354).action.honest_first(stage) for stage in Stage)
    assert fault(do="reply", code=334).action.honest_first(Stage.AUTH)


def test_two_actions_of_one_name_are_refused() -> None:
    class Shut(HangUp):
        """Another class for the same word."""

    with pytest.raises(ValueError, match=r"two actions are called close: .*HangUp.*Shut"):
        by_word([HangUp, Shut])


@pytest.mark.parametrize("stage", [Stage.RCPT, Stage.DATA, Stage.BODY, Stage.END_OF_DATA])
def test_a_fault_for_somebody_acts_on_their_messages_alone(stage: Stage) -> None:
    plan = FaultPlan.of([fault(at=stage.value, recipient="a@b")])
    assert plan.act(Moment(stage=stage, recipients=("c@d",))) is None
    assert plan.act(Moment(stage=stage, recipients=("c@d", "a@b"))) is not None


def test_what_comes_then_is_for_the_same_somebody() -> None:
    plan = FaultPlan.of([fault(recipient="a@b", times=1, then={"do": "reset"})])
    at = [Moment(stage=Stage.RCPT, recipients=(each,)) for each in ("a@b", "c@d", "a@b")]
    assert [action and action.do for action in map(plan.act, at)] == ["close", None, "reset"]


def test_before_anybody_is_named_no_fault_can_be_for_somebody() -> None:
    with pytest.raises(ValidationError, match="known at no other moment than rcpt, data"):
        fault(at="mail", recipient="a@b")


def test_a_fault_in_a_body_for_somebody_stops_no_other_body() -> None:
    plan = FaultPlan.of([fault(at="body[5]", recipient="a@b")])
    assert plan.next_octet(connection=1, after=0) is None
    assert plan.next_octet(connection=1, after=0, recipients=("a@b",)) == 5
