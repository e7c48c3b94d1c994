"""A question put to each message of a case, and what is amiss in any of them as one observation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from harness.fakes.message import Captured
from harness.protocol import Message

from .mail_reading import MailReading, each_reading
from .record import Observation, Record


def amiss_in_each(
    record: Record, expected: str, amiss: Callable[[Captured], Iterable[str]]
) -> Observation:
    """Whether nothing is amiss in any message that was kept; the others are cited."""
    found = {event.number: list(amiss(fact.message)) for event, fact in record.kept()}
    return Observation(
        met=not any(found.values()),
        expected=expected,
        observed=_in_words(found) or "so it is",
        events=tuple(number for number, words in found.items() if words),
    )


def unlike_what_was_asked(
    record: Record,
    expected: str,
    amiss: Callable[[Captured, Message], Iterable[str]],
    *,
    is_due: bool = True,
) -> Observation:
    """Whether each message is like the one that was asked for; `is_due`: there has to be one."""
    found = {
        event.number: list(amiss(message, send.request.message))
        for send in record.sends
        for event, message in record.captured_in(send)
    }
    return Observation(
        met=not any(found.values()) and (bool(found) or not is_due),
        expected=expected,
        observed=_in_words(found) or ("all as asked for" if found else "no message"),
        events=tuple(found),
    )


def _in_words(found: dict[int, list[str]]) -> str:
    return "; ".join(dict.fromkeys(words for each in found.values() for words in each))


def missed_by_the_kindest(
    captured: Captured, asked: Message, missed: Callable[[MailReading, Message], Iterator[str]]
) -> list[str]:
    """What the reading finds amiss that finds least."""
    found = each_reading(captured.content, lambda reading: list(missed(reading, asked)))
    return min(found, key=len, default=["a message that nobody can read"])
