"""Which messages somebody asks for, and which came near where none did."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.escaping import shortened

from .control_documents import ChosenMessages, WaitQuery
from .kept_mail import KeptMessage

_SHOWN = 5


def matches(message: KeptMessage, query: ChosenMessages) -> bool:
    """Whether a message is one of those that are meant."""
    return message.id > query.after and not any(_differences(message, query))


def _differences(message: KeptMessage, query: ChosenMessages) -> Iterator[str]:
    """The words of a query that a message does not fit."""
    captured = message.captured
    if query.fake is not None and message.fake != query.fake:
        yield "fake"
    if query.to is not None and not _among(query.to, captured.rcpt_tos):
        yield "to"
    senders = (captured.mail_from, message.sender)
    if query.sender is not None and not _among(query.sender, senders):
        yield "from"
    if query.subject is not None and query.subject.lower() not in message.subject.lower():
        yield "subject"


def _among(wanted: str, addresses: Sequence[str]) -> bool:
    return wanted.lower() in [each.lower() for each in addresses]


def nearest_miss(
    query: WaitQuery, found: Sequence[KeptMessage], messages: Sequence[KeptMessage]
) -> str:
    """Why a wait was in vain: what was wanted, how many came, and what else did, nearest first."""
    said = query.model_dump(
        by_alias=True, exclude_defaults=True, exclude={"count", "timeout", "limit"}
    )
    wanted = ", ".join(f"{word} {value}" for word, value in said.items()) or "anything"
    waited = f"{len(found)} of {query.count} messages came in {query.timeout:g} s ({wanted})"
    others = [each for each in messages if each not in found]
    if not others:
        return f"{waited}; there is no other message"
    nearest = sorted(others, key=lambda each: (len(list(_differences(each, query))), -each.id))
    shown = "; ".join(_in_brief(each) for each in nearest[:_SHOWN])
    more = f" and {len(others) - _SHOWN} more" if len(others) > _SHOWN else ""
    return f"{waited}; there are {shown}{more}"


def _in_brief(message: KeptMessage) -> str:
    to = shortened(", ".join(message.captured.rcpt_tos), 100)
    return f"{message.id} at {message.fake} to {to}: {shortened(message.subject, 60)!r}"
