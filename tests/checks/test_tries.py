"""Whether what is tried again is tried decently: asked of made-up records."""

from __future__ import annotations

from itertools import accumulate

import pytest

from harness.checks import wire_checks
from harness.checks.record import Observation, Record
from harness.fakes.smtp.facts import Command
from harness.fakes.transcript import Body, Event, Fact, MessageCaptured, Sent

from .made_up import make_captured, make_record

ME, YOU, SHE = "recipient@harness.test", "recipient-2@harness.test", "recipient-3@harness.test"


def ask(key: str, wanted: str, record: Record) -> Observation:
    return wire_checks()[key].ask(record, wanted)


def said(line: str) -> Command:
    return Command(line=line.encode(), secure=True)


def answered(reply: str) -> Sent:
    return Sent(data=f"{reply}\r\n".encode(), secure=True)


def content(name: str | None, *, subject: str = "one", complete: bool = True) -> Body:
    header = f"Message-ID: {name}\r\n" if name else ""
    data = f"{header}Subject: {subject}\r\n\r\nHello.\r\n".encode()
    return Body(data=data, secure=True, complete=complete)


def taken(to: str) -> MessageCaptured:
    return make_captured(rcpt_tos=(to,))


class TestMessageId:
    def test_it_may_stay_the_same(self) -> None:
        assert ask("message-id", "same", make_record(content("<a@b>"), content("<a@b>"))).met

    def test_it_may_not_change_from_attempt_to_attempt(self) -> None:
        found = ask("message-id", "same", make_record(content("<a@b>"), content("<c@b>")))
        assert (found.met, found.events) == (False, (1, 2))

    def test_it_may_not_come_and_go(self) -> None:
        assert not ask("message-id", "same", make_record(content("<a@b>"), content(None))).met

    def test_another_message_has_another_one(self) -> None:
        record = make_record(content("<a@b>"), content("<c@b>", subject="two"))
        assert ask("message-id", "same", record).met

    def test_of_content_that_was_cut_off_nothing_is_asked(self) -> None:
        record = make_record(content("<a@b>"), content("<c@b>", complete=False))
        assert ask("message-id", "same", record).met


def tries(*moments: tuple[str, float]) -> Record:
    events = [
        Event(number=number, at=at, connection=number, fact=said(f"RCPT TO:<{to}>"))
        for number, (to, at) in enumerate(moments, start=1)
    ]
    return make_record(events=tuple(events))


def at_gaps(to: str, *gaps: float) -> list[tuple[str, float]]:
    return [(to, moment) for moment in accumulate(gaps, initial=0.0)]


class TestGaps:
    @pytest.mark.parametrize(
        "gaps",
        [
            (0.1, 0.2, 0.4),
            # A busy machine made the first one long.
            (0.5, 0.2, 0.4),
            (0.1, 0.2, 0.2),
            # After the first few they may have come to their longest.
            (1.0, 2.0, 4.0, 4.0, 4.0),
        ],
    )
    def test_gaps_that_grow_are_right(self, gaps: tuple[float, ...]) -> None:
        assert ask("gaps", "growing", tries(*at_gaps(ME, *gaps))).met

    @pytest.mark.parametrize("gaps", [(0.4, 0.4, 0.4), (0.4, 0.45, 0.42), (0.001, 0.009, 0.002)])
    def test_gaps_that_stay_alike_do_not_grow(self, gaps: tuple[float, ...]) -> None:
        found = ask("gaps", "growing", tries(*at_gaps(ME, *gaps)))
        assert not found.met
        assert f"{gaps[0]:.2f}" in found.observed

    def test_one_message_whose_gaps_grow_acquits_all(self) -> None:
        even, growing = at_gaps(ME, 0.4, 0.4, 0.4), at_gaps(YOU, 0.1, 0.2, 0.4)
        assert ask("gaps", "growing", tries(*even, *growing)).met

    @pytest.mark.parametrize("gaps", [(), (0.4,), (0.4, 0.4)])
    def test_a_few_attempts_say_nothing(self, gaps: tuple[float, ...]) -> None:
        found = ask("gaps", "growing", tries(*at_gaps(ME, *gaps)))
        assert found.met
        assert "too few" in found.observed


class TestBlocked:
    BAD = said(f"RCPT TO:<{ME}>")

    def test_what_goes_out_meanwhile_is_not_blocked(self) -> None:
        record = make_record(self.BAD, taken(YOU), self.BAD, self.BAD, taken(SHE))
        assert ask("blocked", "never", record).met

    def test_what_goes_out_when_all_is_over_is(self) -> None:
        found = ask("blocked", "never", make_record(*[self.BAD] * 3, taken(YOU), taken(SHE)))
        assert not found.met
        assert ME in found.observed
        assert found.events == (1, 2, 3)

    @pytest.mark.parametrize("count", [1, 2])
    def test_an_attempt_or_two_hold_nobody_up(self, count: int) -> None:
        assert ask("blocked", "never", make_record(*[self.BAD] * count, taken(YOU))).met

    def test_a_message_that_is_taken_in_the_end_may_have_been_first(self) -> None:
        record = make_record(*[self.BAD] * 3, taken(ME), taken(YOU))
        assert ask("blocked", "never", record).met


MAIL = (said("MAIL FROM:<a@b>"), answered("250 ok"))
RCPT_REFUSED = (said(f"RCPT TO:<{ME}>"), answered("550 no"))
RSET = (said("RSET"), answered("250 ok"))


class TestRset:
    @pytest.mark.parametrize(
        "facts",
        [
            (*MAIL, *RCPT_REFUSED, *RSET, *MAIL),
            (*MAIL, *RCPT_REFUSED, said("EHLO a"), answered("250 a"), *MAIL),
            # Refused itself, it began nothing.
            (said("MAIL FROM:<a@b>"), answered("451 later"), *MAIL),
            # What becomes of the content, the message is over.
            (*MAIL, content("<a@b>"), answered("554 no"), *MAIL),
            (*MAIL, *RCPT_REFUSED),
        ],
    )
    def test_a_message_may_begin_where_none_is_unfinished(self, facts: tuple[Fact, ...]) -> None:
        assert ask("rset", "before the next", make_record(*facts)).met

    @pytest.mark.parametrize(
        "facts",
        [
            (*MAIL, *RCPT_REFUSED, *MAIL),
            (*MAIL, *RCPT_REFUSED, said("RSET"), answered("502 no"), *MAIL),
        ],
    )
    def test_none_may_begin_where_one_is(self, facts: tuple[Fact, ...]) -> None:
        found = ask("rset", "before the next", make_record(*facts))
        assert not found.met
        assert found.events == (len(facts) - 1,)

    def test_another_connection_is_another_matter(self) -> None:
        record = make_record(*MAIL, *RCPT_REFUSED, *((2, fact) for fact in MAIL))
        assert ask("rset", "before the next", record).met
