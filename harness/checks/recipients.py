"""Who got the message, who was told that he did not, and who saw whom.

A vendor may make several messages of one send, one for each recipient or for some of them: what
its recipients got is compared together.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Literal

from harness.fakes.message import Captured
from harness.protocol import Mailbox

from .check import Check
from .mail_reading import each_reading, header_lines
from .record import Observation, Record, SendRecord, TestRecord

Wanted = Literal["as-asked", "as-asked-or-told"]


def recipients(record: Record, wanted: Wanted) -> Observation:
    """Whether everybody who was asked for got each message once, and nobody else did.

    `as-asked-or-told`: one of whom the sender tells that it was refused, by its `refused` or in
    its words, need not have got it.
    """
    or_told = wanted == "as-asked-or-told"
    wrong: dict[str, None] = {}
    cited: list[int] = []
    for send in record.told:
        taken = list(record.captured_in(send))
        cited += [event.number for event, _ in taken]
        wrong |= dict.fromkeys(_amiss(send, [each for _, each in taken], or_told=or_told))
    unless = ", or is told of as refused" if or_told else ""
    return Observation(
        met=not wrong,
        expected=f"each recipient that was asked for gets it once{unless}; nobody else does",
        observed="; ".join(wrong) or "all as asked for",
        events=tuple(cited),
    )


def _address_key(address: str) -> tuple[str, str]:
    """What makes two addresses one: the local part, and the domain in A-labels in any case."""
    local, _, domain = address.rpartition("@")
    with suppress(UnicodeError):  # what has no A-labels is compared as it stands
        domain = domain.encode("idna").decode("ascii")
    return local, domain.lower()


def _amiss(
    send: SendRecord | TestRecord, taken: Iterable[Captured], *, or_told: bool
) -> Iterator[str]:
    asked = {_address_key(each): each for each in _recipients(send)}
    got: Counter[tuple[str, str]] = Counter()
    shown: dict[tuple[str, str], str] = {}
    for message in taken:
        keys = {_address_key(each): each for each in message.rcpt_tos}
        shown |= keys
        got.update(keys.keys())
    told = _told(send, asked) if or_told else set()
    if or_told and not got and send.answer is not None and send.answer.status == "failed":
        told = set(asked)  # nobody got it, and that is what the sender says
    for key, address in asked.items():
        if not got[key] and key not in told:
            yield f"{address} did not get it" + (", and is not told of" if or_told else "")
        elif got[key] > 1:
            yield f"{address} got it {got[key]} times"
    yield from (f"{shown[key]} got it, too" for key in got if key not in asked)


def _recipients(asked: SendRecord | TestRecord) -> tuple[str, ...]:
    if isinstance(asked, TestRecord):
        return (asked.request.to,)
    return tuple(asked.request.message.recipients)


def _told(send: SendRecord | TestRecord, asked: dict[tuple[str, str], str]) -> set[tuple[str, str]]:
    """Those of whom the sender says that they were refused."""
    answer = send.answer
    if answer is None:
        return set()
    told = {_address_key(refused.address) for refused in answer.refused}
    error = answer.error.message if answer.error else None
    words = f"{answer.reason or ''} {error or ''}"
    return told | {key for key, address in asked.items() if _names(words, address)}


def blind_copies(record: Record, wanted: Literal["undisclosed"]) -> Observation:
    """Whether anybody else can see in the message who was to get it in bcc."""
    del wanted
    found: dict[str, None] = {}
    cited: dict[int, None] = {}
    for send in record.sends:
        for address in _hidden(send):
            for event, message in record.captured_in(send):
                if {_address_key(each) for each in message.rcpt_tos} <= {_address_key(address)}:
                    continue  # its own copy, which nobody else sees
                for name, line in header_lines(message.content):
                    if _names(line, address):
                        found[f"{name} shows {address}"] = None
                        cited[event.number] = None
    return Observation(
        met=not found,
        expected="no recipient in bcc is shown to another one",
        observed="; ".join(found) or "none is shown",
        events=tuple(cited),
    )


def _hidden(send: SendRecord) -> list[str]:
    """The recipients that are in bcc, and nowhere else."""
    message = send.request.message
    shown = {_address_key(box.address) for box in (*message.to, *message.cc)}
    return [box.address for box in message.bcc if _address_key(box.address) not in shown]


def _names(text: str, address: str) -> bool:
    pattern = rf"(?<![\w.+-]){re.escape(address)}(?![\w-]|\.\w)"
    return re.search(pattern, text, re.IGNORECASE) is not None


def addressees(record: Record, wanted: Literal["as-asked"]) -> Observation:
    """Whether To and Cc show only mailboxes that were asked for, under the names asked for.

    Some vendors show each recipient nobody but itself, so that others may be missing; a name may
    be, too. Somebody's own copy shows him whichever way he was to get it.
    """
    del wanted
    wrong: dict[str, None] = {}
    cited: dict[int, None] = {}
    for send in record.sends:
        for event, message in record.captured_in(send):
            for header in ("To", "Cc"):
                if strange := _strange(send, message, header):
                    wrong[f"{header} shows {strange}"] = None
                    cited[event.number] = None
    return Observation(
        met=not wrong,
        expected="To and Cc show the mailboxes that were asked for, by the names asked for",
        observed="; ".join(wrong) or "all as asked for",
        events=tuple(cited),
    )


def _strange(send: SendRecord, message: Captured, header: str) -> str:
    """The mailboxes of a header that were not asked for, as the kindest reader has them."""
    asked = send.request.message
    known: dict[tuple[str, str], set[str]] = {}
    own = [box for box in asked.bcc if set(message.rcpt_tos) == {box.address}]
    for box in (*asked.to, *asked.cc, *own):
        known.setdefault(_address_key(box.address), {""}).add(box.name)
    readings = [
        [
            f"{name!r} <{box}>"
            for name, box in reading
            if name not in known.get(_address_key(box), ())
        ]
        for reading in each_reading(message.content, lambda read: read.mailboxes(header))
    ]
    kindest = min(readings, key=len, default=["what nobody can read"])
    return ", ".join(kindest)


def replies(record: Record, wanted: Literal["as-asked"]) -> Observation:
    """Whether an answer to the message goes to whom it was asked to go."""
    del wanted
    wrong: dict[str, None] = {}
    cited: list[int] = []
    for send in record.sends:
        asked = send.request.message.reply_to
        for event, message in record.captured_in(send):
            readings = each_reading(message.content, lambda read: read.mailboxes("Reply-To"))
            cited.append(event.number)
            if not any(_is_as_asked(reading, asked) for reading in readings):
                shown = ", ".join(box for _, box in readings[0]) if readings else ""
                wrong[f"Reply-To {shown or 'is not there'}"] = None
    return Observation(
        met=bool(cited) and not wrong,
        expected="Reply-To with the mailboxes that were asked for",
        observed="; ".join(wrong) or ("as asked for" if cited else "no message"),
        events=tuple(cited),
    )


def _is_as_asked(reading: Iterable[tuple[str, str]], asked: Iterable[Mailbox]) -> bool:
    wanted = {_address_key(box.address): box.name for box in asked}
    found = {_address_key(address): name for name, address in reading}
    names_fit = all(found[key] in {"", wanted[key]} for key in found if key in wanted)
    return found.keys() == wanted.keys() and names_fit


CHECKS = (
    Check(
        key="recipients",
        words="whether everybody who was asked for got the message once, and nobody else did",
        wanted=Wanted,
        ask=recipients,
    ),
    Check(
        key="bcc",
        words="whether a recipient in bcc was shown to anybody else",
        wanted=Literal["undisclosed"],
        ask=blind_copies,
    ),
    Check(
        key="addressees",
        words="whether To and Cc show the mailboxes that were asked for",
        wanted=Literal["as-asked"],
        ask=addressees,
    ),
    Check(
        key="reply-to",
        words="whether answers go to the mailboxes that were asked for",
        wanted=Literal["as-asked"],
        ask=replies,
    ),
)
