"""From the queue to a server that is not ours: what is tried again, and what is told of it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from itertools import pairwise
from typing import Any

import pytest

from harness.delivery_protocol import Deliveries
from harness.protocol import Answer

pytestmark = pytest.mark.wire

Make = Callable[..., Any]
Play = Callable[..., AbstractContextManager[Any]]

LATER, NEVER = "451 4.3.0 later", "554 5.7.1 never"


def test_a_message_is_queued_at_once_and_then_sent(bench: Make, stranger: Any) -> None:
    made = bench()
    made.to_port(stranger.port)
    answer = made.send("a@one.example", "b@two.example")
    assert Answer.model_validate(answer).status == "queued"
    assert made.only()["state"] == "queued"
    assert stranger.envelopes == []
    assert made.work() == 1
    sent = made.only()
    assert sent == {
        "message_id": answer["message_id"],
        "state": "sent",
        "to": ["a@one.example", "b@two.example"],
        "attempts": [
            {
                "at": "2023-11-14T22:13:20.000Z",
                "reply_code": 250,
                "host": "127.0.0.1",
                "message": "250 2.0.0 Ok: queued as 77",
                "queue_id": "77",
            }
        ],
    }
    assert Deliveries.model_validate({"deliveries": [sent]}).deliveries[0].is_final
    assert list(stranger.counts) == [answer["message_id"]]


def test_a_temporary_refusal_is_tried_again_with_the_same_octets(bench: Make, play: Play) -> None:
    made = bench(first_retry=10)
    script = {"message": [f"{LATER}\r\n".encode(), b"250 2.0.0 Ok: queued as 4F2A\r\n"]}
    with play(script) as seen:
        made.to_port(seen.port)
        made.send()
        made.work()
        waiting = made.only()
        assert waiting["state"] == "queued"
        assert waiting["attempts"][0]["class"] == "message-refused"
        assert waiting["attempts"][0]["reply_code"] == 451
        assert waiting["attempts"][0]["enhanced_code"] == "4.3.0"
        made.clock.now += 9.9
        assert made.work() == 0
        made.clock.now += 2.2
        made.start()
        assert made.work() == 1
    assert made.only()["state"] == "sent"
    assert made.only()["attempts"][1]["queue_id"] == "4F2A"
    first, second = seen.bodies
    assert first == second


def test_a_permanent_refusal_is_tried_once(bench: Make, stranger: Any) -> None:
    made = bench()
    made.to_port(stranger.port)
    stranger.data = lambda _: NEVER
    made.send()
    made.work_until_still()
    given_up = made.only()
    assert given_up["state"] == "abandoned"
    assert [each["reply_code"] for each in given_up["attempts"]] == [554]
    assert "554 5.7.1 never" in given_up["attempts"][0]["message"]
    assert stranger.transactions == 1


def test_a_constant_451_is_tried_with_growing_gaps_and_given_up(bench: Make, stranger: Any) -> None:
    made = bench(most_retries=5)
    made.to_port(stranger.port)
    stranger.data = lambda _: LATER
    made.send()
    moments = []
    queue = made.courier.open()[0]
    while (due := queue.next_due()) is not None:
        made.clock.now = due
        moments.append(due)
        made.work()
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    assert len(moments) == 6 == stranger.transactions
    assert all(earlier < later for earlier, later in pairwise(gaps))
    assert made.only()["state"] == "abandoned"
    assert made.only()["attempts"][-1]["message"].endswith("; given up after 6 attempts")


def test_a_message_that_expires_is_given_up_and_not_sent_late(bench: Make, stranger: Any) -> None:
    made = bench(expires=25)
    made.to_port(stranger.port)
    stranger.data = lambda _: LATER
    made.send()
    made.work_until_still()
    words = made.only()["attempts"][-1]["message"]
    assert "given up after 2 attempts: the next would be at 2023-11-14T22:13:5" in words
    assert "the message expires at 2023-11-14T22:13:45.000Z" in words
    stranger.data = lambda _: "250 ok"
    made.send(headers={"Expires": "Tue, 14 Nov 2023 22:14:00 GMT"})
    made.clock.now += 100
    made.work()
    late = made.deliveries()[-1]
    assert late["state"] == "abandoned"
    assert "expired" in late["attempts"][0]["message"]
    assert stranger.envelopes == []


@pytest.mark.parametrize("answer", ["CLOSE", "RESET", "SILENCE"])
def test_after_a_lost_reply_nothing_is_sent_again(bench: Make, play: Play, answer: str) -> None:
    made = bench()
    with play({"message": answer}) as seen:
        made.configure(
            {
                "kind": "smtp",
                "uri": f"smtp://127.0.0.1:{seen.port}/?disable_starttls=true",
                "host": "127.0.0.1",
                "port": seen.port,
                "security": "none",
            },
            timeout=0.3,
        )
        made.send()
        made.work_until_still()
        assert len(seen.bodies) == 1
    (attempt,) = made.only()["attempts"]
    assert made.only()["state"] == "abandoned"
    assert attempt["class"] == "outcome-unknown"
    assert "not sent again, because it may have arrived" in attempt["message"]


@pytest.mark.parametrize(
    ("script", "phase", "class_"),
    [
        ({"greeting": b"421 4.3.2 closing\r\n"}, "greeting", "service-unavailable"),
        ({"greeting": "CLOSE"}, "greeting", "connection-lost"),
        ({"DATA": "CLOSE"}, "data", "connection-lost"),
        ({"message": b"421 4.3.2 closing\r\n"}, "end-of-data", "service-unavailable"),
        ({"MAIL": b"452 4.2.2 full\r\n"}, "mail", "sender-refused"),
    ],
)
def test_what_may_pass_is_tried_again(
    bench: Make, play: Play, script: dict[str, Any], phase: str, class_: str
) -> None:
    made = bench()
    with play({**script}) as seen:
        made.to_port(seen.port)
        made.send()
        made.work()
        assert made.only()["state"] == "queued"
        assert (made.only()["attempts"][0]["phase"], made.only()["attempts"][0]["class"]) == (
            phase,
            class_,
        )
    with play() as seen:
        made.to_port(seen.port)
        made.work_until_still()
    assert made.only()["state"] == "sent"


def test_a_server_that_is_away_is_tried_again(bench: Make, stranger: Any) -> None:
    made = bench()
    made.to_port(1)
    made.send()
    made.work()
    assert made.only()["attempts"][0]["class"] == "connection-refused"
    made.to_port(stranger.port)
    made.work_until_still()
    assert made.only()["state"] == "sent"


def test_only_recipients_whose_refusal_may_pass_are_tried_again(bench: Make, stranger: Any) -> None:
    made = bench()
    made.to_port(stranger.port)
    said = {"late@x.example": "451 4.2.0 later", "never@x.example": "550 5.1.1 no such user"}
    stranger.rcpt = said.get
    made.send("good@x.example", "late@x.example", "never@x.example")
    made.work()
    (attempt,) = made.only()["attempts"]
    assert made.only()["state"] == "queued"
    assert "class" not in attempt
    assert "not yet for <late@x.example>: 451 4.2.0 later" in attempt["message"]
    assert "refused for <never@x.example>: 550 5.1.1 no such user" in attempt["message"]
    made.clock.now += 20
    made.work()
    assert made.only()["attempts"][1]["class"] == "recipient-refused"
    said.clear()
    made.work_until_still()
    assert made.only()["state"] == "sent"
    assert [each.rcpt_tos for each in stranger.envelopes] == [
        ["good@x.example"],
        ["late@x.example"],
    ]


def test_where_all_are_refused_only_those_whose_refusal_may_pass_are_tried_again(
    bench: Make, stranger: Any
) -> None:
    made = bench()
    made.to_port(stranger.port)
    said = {"late@x.example": "451 4.2.0 later", "never@x.example": "550 5.1.1 no such user"}
    stranger.rcpt = said.get
    made.send("late@x.example", "never@x.example")
    made.work()
    said.clear()
    made.work_until_still()
    assert [each.rcpt_tos for each in stranger.envelopes] == [["late@x.example"]]
    assert made.only()["state"] == "sent"


def test_who_has_a_message_keeps_it_sent_where_the_others_are_given_up(
    bench: Make, stranger: Any
) -> None:
    made = bench(most_retries=1)
    made.to_port(stranger.port)
    stranger.rcpt = {"late@x.example": "451 4.2.0 later"}.get
    made.send("good@x.example", "late@x.example")
    made.work_until_still()
    assert made.only()["state"] == "sent"
    assert "given up after 2 attempts" in made.only()["attempts"][-1]["message"]
    assert len(stranger.envelopes) == 1


def test_one_bad_message_does_not_block_the_others(bench: Make, stranger: Any) -> None:
    made = bench()
    made.to_port(stranger.port)
    stranger.rcpt = {"bad@x.example": "451 4.2.0 later"}.get
    made.send("bad@x.example")
    for number in range(3):
        made.send(f"good{number}@x.example")
    made.work()
    states = [each["state"] for each in made.deliveries()]
    assert states == ["queued", "sent", "sent", "sent"]


def test_a_message_that_cannot_be_is_refused_before_it_is_queued(bench: Make) -> None:
    made = bench()
    made.to_port(1)
    answer = made.send(subject="a\r\nBcc: x@y.example")
    assert (answer["status"], answer["error"]["class"]) == ("failed", "header-injection")
    assert made.deliveries() == []


def test_after_the_switch_nothing_goes_by_the_old_provider(
    bench: Make, stranger: Any, other: Any
) -> None:
    made = bench()
    made.to_port(stranger.port)
    stranger.data = lambda _: LATER
    answer = made.send()
    made.work()
    made.to_port(other.port)
    made.work_until_still()
    assert stranger.transactions == 1
    assert list(other.counts) == [answer["message_id"]]


def test_a_failing_provider_is_not_replaced_by_the_one_before(
    bench: Make, stranger: Any, other: Any
) -> None:
    made = bench(most_retries=2)
    made.to_port(other.port)
    made.to_port(stranger.port)
    stranger.data = lambda _: LATER
    made.send()
    made.work_until_still()
    assert (stranger.transactions, other.transactions) == (3, 0)


def test_a_provider_that_is_switched_off_sends_nothing_and_what_waits_goes_out_later(
    bench: Make, stranger: Any
) -> None:
    made = bench(most_retries=2)
    made.to_port(stranger.port)
    made.send()
    asleep = {**made.ask("state")["settings"]["transport"]}
    asleep["uri"] = f"smtp://127.0.0.1:{stranger.port}/?disable_starttls=true"
    made.configure(asleep, enabled=False)
    answer = made.send()
    assert answer["status"] == "failed"
    assert answer["error"]["class"] == "config-invalid"
    assert "switched off" in answer["error"]["message"]
    for _ in range(5):
        assert made.work() == 1
        made.clock.now += 10
    (told,) = made.only()["attempts"]
    assert "switched off" in told["message"]
    assert made.only()["state"] == "queued"
    assert stranger.transactions == 0
    made.configure(asleep)
    assert made.work() == 1
    assert made.only()["state"] == "sent"


def test_the_content_of_a_message_is_dropped_when_it_is_done_with(
    bench: Make, stranger: Any
) -> None:
    made = bench()
    made.to_port(stranger.port)
    made.send(text="the code is 123456")
    database = made.folder / "queue.db-wal"
    assert b"123456" in database.read_bytes()
    made.work()
    rows = made.courier.open()[0]._database.execute("SELECT content FROM message").fetchall()
    assert [row[0] for row in rows] == [""]


def test_a_mistake_of_the_courier_is_told_and_ends(
    bench: Make, stranger: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    made = bench(most_retries=1)
    made.to_port(stranger.port)
    made.send()

    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("oh")

    monkeypatch.setattr("harness.reference.courier.attempt.send_message", broken)
    made.work_until_still()
    assert made.only()["state"] == "abandoned"
    assert "a mistake in the courier itself (RuntimeError)" in made.only()["attempts"][0]["message"]
    assert "RuntimeError: oh" in capsys.readouterr().err
