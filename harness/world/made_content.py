"""What a scenario has made in a message: content of a size, and what the last message held.

`<octets:N>` as an attachment's content is N octets, the same each time, in base64. `<boundary>` in
a text is the boundary of the message that was taken last, "" where it had none: whoever has one
boundary for all messages is to meet it in a text.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from hashlib import shake_128
from typing import Any

from harness.fakes.transcript import Event, MessageCaptured

_OCTETS = re.compile(r"<octets:([1-9][0-9]{0,7})>")
_BOUNDARY = re.compile(
    rb"""boundary="?([0-9A-Za-z'()+_,./:=? -]*[0-9A-Za-z'()+_,./:=?-])""", re.IGNORECASE
)


def made(message: Mapping[str, Any], events: Iterable[Event]) -> dict[str, Any]:
    """The parts of a message with what they ask for in its place."""
    filled = dict(message)
    if filled.get("attachments"):
        filled["attachments"] = [_attachment(each) for each in filled["attachments"]]
    for name in ("text", "html"):
        if "<boundary>" in (filled.get(name) or ""):
            filled[name] = filled[name].replace("<boundary>", _last_boundary(events))
    return filled


def _attachment(given: Mapping[str, Any]) -> dict[str, Any]:
    match = _OCTETS.fullmatch(str(given.get("content", "")))
    if match is None:
        return dict(given)
    # Octets of every sort, in which nothing repeats.
    octets = shake_128(b"an attachment").digest(int(match[1]))
    return {**given, "content": b64encode(octets).decode("ascii")}


def _last_boundary(events: Iterable[Event]) -> str:
    taken = [event.fact for event in events if isinstance(event.fact, MessageCaptured)]
    match = _BOUNDARY.search(taken[-1].message.content) if taken else None
    return match[1].decode("ascii") if match else ""
