"""What a delivery log says, held against what was asked for and what came over the wire."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from harness.checks import delivery_log
from harness.checks.log_entries import EntryClause, ask_log
from harness.checks.record import LogRecord, Reaction, Record, SendRecord
from harness.delivery_protocol import DeliveriesRequest, DeliveryEntry
from harness.fakes.transcript import (
    Acknowledged,
    Fact,
    MessageCaptured,
    Received,
    RecipientRefused,
    Sent,
)

from .made_up import MESSAGE, make_captured, make_record, make_send

ME, YOU = "recipient@harness.test", "recipient-2@harness.test"
# 2026-01-01T12:00:00Z
NOON = 1767268800.0
Entries = tuple[DeliveryEntry, ...]


def entry(
    state: str = "sent", *attempts: dict[str, Any], to: str = ME, name: str | None = None
) -> DeliveryEntry:
    return DeliveryEntry.model_validate(
        {"message_id": name, "state": state, "to": [to], "attempts": attempts}
    )


def a_send(to: str = ME, *, name: str | None = None, status: str = "queued") -> SendRecord:
    answer = {"status": status, "message_id": name}
    return make_send(answer, last=1, to=[{"address": to}])


def a_log(
    *deliveries: DeliveryEntry,
    seen: tuple[tuple[int, Entries], ...] = (),
    rested: bool = True,
    is_stated: bool = True,
) -> LogRecord:
    return LogRecord(
        request=DeliveriesRequest(case="a"),
        reaction=Reaction.ANSWERED,
        words="",
        summary="",
        first=1,
        last=1000,
        deliveries=deliveries,
        rested=rested,
        limit=5.0,
        is_stated=is_stated,
        taken_at=NOON,
        seen=seen or ((1000, deliveries),),
    )


def taken(to: str = ME, *, index: int = 0, wire: bytes = MESSAGE) -> MessageCaptured:
    return replace(make_captured(wire, rcpt_tos=(to,)), index=index)


def yes(*indexes: int) -> Acknowledged:
    return Acknowledged(messages=indexes, answer="250 2.0.0 Ok: queued as 4F2A11")


def record(*facts: Fact | tuple[int, Fact], log: LogRecord, sends: int = 1) -> Record:
    asked = tuple(a_send(to) for to in (ME, YOU)[:sends])
    return make_record(*facts, asked=(*asked, log))


def seen_by(made: Record, **clause: Any) -> dict[str, bool]:
    (log,) = made.logs
    wanted = (EntryClause.model_validate(clause),)
    return {check: seen.met for check, seen in ask_log(log, wanted, made)}


class TestHonesty:
    def test_sent_is_honest_once_a_server_has_answered_for_the_message(self) -> None:
        made = record(taken(), yes(0), log=a_log(entry("sent")))
        assert delivery_log.honesty(made).met

    def test_sent_before_that_is_not(self) -> None:
        early = (1, (entry("sent"),))
        made = record(taken(), yes(0), log=a_log(entry("sent"), seen=(early,)))
        assert not delivery_log.honesty(made).met

    def test_sent_without_any_answer_is_not(self) -> None:
        assert not delivery_log.honesty(record(log=a_log(entry("sent")))).met

    def test_the_answer_for_another_message_is_none_for_this_one(self) -> None:
        log = a_log(entry("sent"), entry("sent", to=YOU))
        assert not delivery_log.honesty(record(taken(YOU), yes(0), log=log, sends=2)).met

    def test_abandoned_is_not_honest_of_what_was_taken(self) -> None:
        made = record(taken(), yes(0), log=a_log(entry("abandoned")))
        assert not delivery_log.honesty(made).met

    def test_who_does_not_know_may_give_up(self) -> None:
        unknown = {"phase": "end-of-data", "class": "outcome-unknown"}
        made = record(taken(), yes(0), log=a_log(entry("abandoned", unknown)))
        assert delivery_log.honesty(made).met

    def test_abandoned_may_mean_those_who_were_refused(self) -> None:
        refused = RecipientRefused(address=ME, code=550, words="no")
        made = record(taken(), yes(0), refused, log=a_log(entry("abandoned")))
        assert delivery_log.honesty(made).met

    @pytest.mark.parametrize(("seconds", "is_honest"), [(2.1, True), (1.9, False)])
    def test_an_answer_to_who_had_given_up_by_then_is_not_held_against_it(
        self, seconds: float, is_honest: bool
    ) -> None:
        goodbye = Received(data=b"QUIT\r\n", secure=False)
        made = record(taken(), goodbye, yes(0), log=a_log(entry("abandoned")))
        *early, last = made.events
        late = replace(last, at=early[0].at + seconds)
        assert delivery_log.honesty(replace(made, events=(*early, late))).met is is_honest

    def test_what_is_still_queued_claims_nothing(self) -> None:
        made = record(taken(), yes(0), log=a_log(entry("queued")))
        assert delivery_log.honesty(made).met


class TestEntries:
    def test_one_for_each_message_is_right(self) -> None:
        made = record(log=a_log(entry(), entry(to=YOU)), sends=2)
        assert delivery_log.entries(made).met

    def test_a_message_without_one_is_lost(self) -> None:
        found = delivery_log.entries(record(log=a_log(entry()), sends=2))
        assert not found.met
        assert YOU in found.observed

    def test_one_for_a_message_that_nobody_asked_for_is_told(self) -> None:
        found = delivery_log.entries(record(log=a_log(entry(), entry(to="stranger@harness.test"))))
        assert not found.met
        assert "stranger@harness.test" in found.observed

    def test_one_that_is_doubled_is_told(self) -> None:
        found = delivery_log.entries(record(log=a_log(entry(), entry())))
        assert not found.met
        assert "there are 2" in found.observed

    def test_a_message_with_an_entry_for_each_recipient_is_one_message(self) -> None:
        asked = make_send({"status": "queued"}, to=[{"address": ME}, {"address": YOU}])
        log = a_log(entry(), entry(to=YOU))
        assert delivery_log.entries(make_record(asked=(asked, log))).met

    def test_a_message_that_was_turned_down_at_once_needs_none(self) -> None:
        asked = (a_send(status="failed"), a_log())
        assert delivery_log.entries(make_record(asked=asked)).met

    def test_the_name_that_the_sender_gave_goes_before_the_recipients(self) -> None:
        asked = (a_send(name="<a@b>"), a_log(entry(name="<a@b>", to="")))
        assert delivery_log.entries(make_record(asked=asked)).met


class TestSoundness:
    @pytest.mark.parametrize(
        "attempts",
        [
            [],
            [{}],
            [{"at": "2026-01-01T11:59:00Z"}, {"at": "2026-01-01T11:59:00.5+00:00"}],
            [{"at": NOON - 60}, {"at": "2026-01-01T12:59:30+01:00"}],
            # The clocks of two machines differ.
            [{"at": NOON + 30}],
            [{"at": "yesterday"}],
        ],
    )
    def test_times_that_can_be_are_sound(self, attempts: list[dict[str, Any]]) -> None:
        assert delivery_log.soundness(record(log=a_log(entry("sent", *attempts)))).met

    def test_a_time_that_is_still_to_come_is_told(self) -> None:
        found = delivery_log.soundness(record(log=a_log(entry("sent", {"at": NOON + 3600}))))
        assert not found.met
        assert "2026-01-01T13:00:00" in found.observed

    def test_attempts_that_go_backwards_are_told(self) -> None:
        log = a_log(entry("sent", {"at": NOON}, {"at": NOON - 1}))
        assert not delivery_log.soundness(record(log=log)).met

    def test_a_state_that_nobody_defined_is_told_with_those_that_are(self) -> None:
        found = delivery_log.soundness(record(log=a_log(entry("delivered"))))
        assert not found.met
        assert "'delivered'" in found.observed
        assert "abandoned" in found.observed


class TestCodes:
    GIVEN = Sent(data=b"550 5.7.1 not here\r\n", secure=True)

    def test_a_code_that_a_server_gave_may_be_in_the_log(self) -> None:
        log = a_log(entry("abandoned", {"reply_code": 550}))
        assert delivery_log.codes(record(self.GIVEN, log=log)).met

    def test_a_code_that_no_server_gave_may_not(self) -> None:
        log = a_log(entry("abandoned", {"reply_code": 551}))
        assert not delivery_log.codes(record(self.GIVEN, log=log)).met


class TestCopies:
    def test_one_copy_is_right(self) -> None:
        assert delivery_log.copies(record(taken(), yes(0), log=a_log(entry()))).met

    def test_two_that_were_acknowledged_are_one_too_many(self) -> None:
        twice = record(taken(), yes(0), taken(index=1), yes(1), log=a_log(entry()))
        assert not delivery_log.copies(twice).met

    def test_a_message_each_for_two_recipients_is_one_copy_for_each(self) -> None:
        both = make_send({"status": "queued"}, last=1, to=[{"address": ME}, {"address": YOU}])
        log = a_log(entry())
        apart = make_record(taken(), yes(0), taken(YOU, index=1), yes(1), asked=(both, log))
        assert delivery_log.copies(apart).met

    def test_one_more_is_excused_where_the_reply_was_lost(self) -> None:
        again = record(taken(), (2, taken()), (2, yes(0)), log=a_log(entry()))
        assert delivery_log.copies(again).met

    def test_two_of_which_nobody_heard_are_one_too_many(self) -> None:
        assert not delivery_log.copies(record(taken(), (2, taken()), log=a_log(entry()))).met

    def test_the_copy_that_is_excused_has_the_same_name(self) -> None:
        def named(name: bytes) -> bytes:
            return b"Message-ID: " + name + b"\r\n" + MESSAGE

        one, other = taken(wire=named(b"<1@a>")), taken(wire=named(b"<2@a>"))
        found = delivery_log.copies(record(one, (2, other), (2, yes(0)), log=a_log(entry())))
        assert not found.met
        assert "<1@a>" in found.observed
        assert "<2@a>" in found.observed


class TestRest:
    def test_a_log_that_comes_to_rest_is_right(self) -> None:
        assert delivery_log.rest(record(log=a_log(entry()))).met

    def test_one_that_never_leaves_processing_is_told(self) -> None:
        found = delivery_log.rest(record(log=a_log(entry("processing"), rested=False)))
        assert not found.met
        assert "processing" in found.observed
        assert "5 s" in found.expected


class TestClauses:
    @pytest.mark.parametrize(
        ("clause", "check"),
        [
            ({"state": "sent"}, "log.state"),
            ({"state": ["sent", "queued"]}, "log.state"),
            ({"attempts": 2}, "log.attempts"),
            ({"host": "told"}, "log.host"),
            ({"at": "told"}, "log.at"),
            ({"queue_id": "kept"}, "log.queue_id"),
        ],
    )
    def test_each_part_is_met_by_what_says_it(self, clause: dict[str, Any], check: str) -> None:
        attempts = [
            {"at": NOON - 2, "host": "localhost", "phase": "rcpt", "reply_code": 451},
            {"at": NOON - 1, "host": "localhost", "queue_id": "4F2A11"},
        ]
        made = record(taken(), yes(0), log=a_log(entry("sent", *attempts)))
        assert seen_by(made, **clause) == {check: True}

    @pytest.mark.parametrize(
        ("clause", "check"),
        [
            ({"state": "abandoned"}, "log.state"),
            ({"attempts": "at most 1"}, "log.attempts"),
            ({"host": "told"}, "log.host"),
            ({"at": "told"}, "log.at"),
            ({"queue_id": "kept"}, "log.queue_id"),
        ],
    )
    def test_each_part_is_not_met_by_what_says_another_thing(
        self, clause: dict[str, Any], check: str
    ) -> None:
        made = record(taken(), yes(0), log=a_log(entry("sent", {}, {"host": "elsewhere"})))
        assert seen_by(made, **clause) == {check: False}

    def test_the_error_is_that_of_the_last_attempt_that_failed(self) -> None:
        attempts: list[dict[str, Any]] = [
            {"phase": "connect", "class": "connection-refused"},
            {"phase": "rcpt", "class": "recipient-refused", "reply_code": 550},
        ]
        made = record(log=a_log(entry("abandoned", *attempts)))
        error = {"phase": ["rcpt"], "class": "recipient-refused", "reply_code": 550}
        assert all(seen_by(made, error=error).values())
        assert not all(seen_by(made, error={**error, "phase": ["connect"]}).values())

    def test_of_a_log_that_tells_no_attempts_none_is_asked(self) -> None:
        silent = DeliveryEntry(state="sent", to=(ME,))
        made = record(taken(), yes(0), log=a_log(silent))
        assert seen_by(made, state="sent", attempts=1, host="told") == {"log.state": True}

    def test_of_what_is_still_waited_for_it_is_not_asked_whether_it_is_sent(self) -> None:
        made = record(log=a_log(entry("queued"), rested=False))
        assert seen_by(made, state="sent") == {}

    def test_a_state_that_there_is_not_cannot_be_asked_for(self) -> None:
        with pytest.raises(ValidationError):
            EntryClause.model_validate({"state": "delivered"})


class TestFinalStates:
    @pytest.mark.parametrize("later", ["queued", "processing", "sent"])
    def test_what_is_abandoned_stays_abandoned(self, later: str) -> None:
        seen = ((1, (entry("abandoned"),)), (2, (entry(later),)))
        made = record(taken(), yes(0), log=a_log(entry(later), seen=seen))
        found = delivery_log.soundness(made)
        assert not found.met
        assert found.observed == f"the message to {ME} was abandoned, and is {later}"

    def test_a_message_may_be_tried_again_and_another_one_be_sent(self) -> None:
        seen = (
            (1, (entry("processing"), entry("sent", to=YOU))),
            (2, (entry("queued"), entry("sent", to=YOU))),
        )
        assert delivery_log.soundness(record(log=a_log(entry("queued"), seen=seen))).met
