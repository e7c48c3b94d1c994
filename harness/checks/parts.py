"""What is in the message beside its addresses: the text, the HTML, headers of the sender's own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import methodcaller
from typing import Literal

from harness.fakes.message import Captured
from harness.protocol import Message

from .check import Check
from .each_message import missed_by_the_kindest, unlike_what_was_asked
from .mail_reading import MailReading, each_reading
from .record import Observation, Record


def texts(record: Record, wanted: Literal["as-asked"]) -> Observation:
    """Whether text and HTML are there, each as it was asked for, and the text before the HTML.

    A reader shows the last alternative that it understands (RFC 2046 section 5.1.4). That a text
    was made of HTML, or HTML of a text, where nobody asked for the other is no difference.
    """
    del wanted
    return unlike_what_was_asked(record, "text and HTML as they were asked for", _texts_amiss)


def headers(record: Record, wanted: Literal["as-asked"]) -> Observation:
    """Whether each header of the sender's own is there once, with the value asked for."""
    del wanted
    return unlike_what_was_asked(
        record, "each header that was asked for once, as asked for", _headers_amiss
    )


def _texts_amiss(captured: Captured, asked: Message) -> list[str]:
    return missed_by_the_kindest(captured, asked, _missed)


def _missed(reading: MailReading, asked: Message) -> Iterator[str]:
    there = reading.texts()
    for kind, text in (("text/plain", asked.text), ("text/html", asked.html)):
        found = [part.text for part in there if part.kind == kind]
        if not text:
            continue
        if not found:
            yield f"no {kind}"
        elif not any(_squeezed(text) in _squeezed(each) for each in found):
            yield f"another {kind}"
    if asked.text and asked.html and not any(map(_has_text_first, reading.alternatives())):
        yield "text and HTML are no alternatives, the text first"


def _has_text_first(kinds: Sequence[str]) -> bool:
    both = [kind for kind in kinds if kind in {"text/plain", "text/html"}]
    return len(set(both)) == 2 and both[0] == "text/plain"


def _headers_amiss(captured: Captured, asked: Message) -> Iterator[str]:
    for name, value in asked.headers.items():
        readings: list[list[str]] = each_reading(captured.content, methodcaller("values", name))
        if not any(len(each) == 1 and _squeezed(each[0]) == value for each in readings):
            shown = [repr(text) for each in readings[:1] for text in each]
            yield f"{name}: {' and '.join(shown) or 'not there'}"


def _squeezed(text: str) -> str:
    """Where lines end, and how many blanks there are, is the transport's business."""
    return " ".join(text.split())


CHECKS = (
    Check(
        key="texts",
        words="whether text and HTML came as they were asked for",
        wanted=Literal["as-asked"],
        ask=texts,
    ),
    Check(
        key="headers",
        words="whether the sender's own headers came as they were asked for",
        wanted=Literal["as-asked"],
        ask=headers,
    ),
)
