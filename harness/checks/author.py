"""Whether From is who it has to be: as the message was asked for, or as the settings have it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from harness.fakes.message import Captured
from harness.fakes.transcript import Event
from harness.protocol import Mailbox

from .check import Check
from .mail_reading import MailReading, readings
from .record import Observation, Record, numbers

Wanted = Literal["as-asked", "as-stored"]


def author(record: Record, wanted: Wanted) -> Observation:
    """Whether From is the mailbox that was asked for, or that is stored, its name included."""
    return _as_asked(record) if wanted == "as-asked" else _as_stored(record)


def _as_asked(record: Record) -> Observation:
    asked = [send.request.message.from_ for send in record.sends]
    found = list(record.kept())
    are_asked = [any(_is_from(fact.message, box) for box in asked) for _, fact in found]
    last = bool(found) and _is_from(found[-1][1].message, asked[-1])
    names = [_authors(readings(fact.message.content)[0]) for _, fact in found]
    return Observation(
        met=last and all(are_asked),
        expected="From " + " or ".join(dict.fromkeys(spelt([_pair(box)]) for box in asked)),
        observed="From " + " and ".join(map(spelt, names)) if found else "no message",
        events=numbers([event for event, _ in found]),
    )


def _as_stored(record: Record) -> Observation:
    """Each message is held against the mailbox that was stored last before it was taken."""
    found = [(event, fact.message, _stored(event, record)) for event, fact in record.kept()]
    asked = {spelt([_pair(box)]): box for _, _, box in found if box is not None}
    wrong = [
        (event, _authors(readings(message.content)[0]))
        for event, message, box in found
        if box is None or not _is_from(message, box)
    ]
    names = " and ".join(spelt(authors) for _, authors in wrong)
    return Observation(
        met=not wrong,
        expected="From " + (" or ".join(asked) or "as it is stored"),
        observed=f"From {names}" if wrong else "so it is",
        events=numbers([event for event, _ in wrong]),
    )


def mailboxes(record: Record, wanted: Literal["one"]) -> Observation:
    """Whether From has one mailbox. Of several, a Sender has to say who it was."""
    del wanted
    several: dict[str, Event] = {}
    for event, fact in record.kept():
        both = readings(fact.message.content)
        counted = [len(_authors(each)) for each in both]
        if min(counted) > 1 and not any(_has_a_sender(each) for each in both):
            several[spelt(_authors(both[0]))] = event
    return Observation(
        met=not several,
        expected="one mailbox in From, or a Sender beside it",
        observed="; ".join(f"From {each}" for each in several) or "so it is",
        events=numbers(list(several.values())),
    )


def _has_a_sender(reading: MailReading) -> bool:
    try:
        return bool(reading.mailboxes("Sender"))
    except Exception:  # noqa: BLE001  # as below
        return False


def _stored(event: Event, record: Record) -> Mailbox | None:
    """Whom messages are from at this event, by the settings."""
    before = [each for each in record.stores if each.last < event.number]
    box = before[-1].request.from_ if before else None
    # A name in one line can hold no line break, so that a blank stands for it.
    return box and box.model_copy(update={"name": " ".join(box.name.split())})


def _is_from(captured: Captured, asked: Mailbox) -> bool:
    return any(_authors(each) == [_pair(asked)] for each in readings(captured.content))


def _pair(box: Mailbox) -> tuple[str, str]:
    return box.name, box.address


def _authors(reading: MailReading) -> list[tuple[str, str]]:
    try:
        return reading.mailboxes("From")
    except Exception:  # noqa: BLE001  # parsers trip over some broken headers
        return []


def spelt(mailboxes: Sequence[tuple[str, str]]) -> str:
    """Mailboxes in words."""
    return ", ".join(f"{name!r} <{address}>" for name, address in mailboxes) or "nobody"


CHECKS = (
    Check(
        key="from",
        words="whether From is the mailbox that was asked for, or the one that is stored",
        wanted=Wanted,
        ask=author,
    ),
    Check(
        key="author-mailboxes",
        words="whether From has one mailbox",
        wanted=Literal["one"],
        ask=mailboxes,
    ),
)
