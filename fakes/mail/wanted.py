"""Mail that a test waits for: whether it is there, and if not, what came nearest."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, TypeAlias, TypeVar

from .readable import ReadableMessage

M = TypeVar("M", bound=ReadableMessage)

Wording: TypeAlias = str | re.Pattern[str]
"""A text that has to stand somewhere, or a pattern that has to match somewhere."""

_SHOWN = 10
_LONGEST = 200


class MissingMailError(AssertionError):
    """Mail that a test waited for did not come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedMail:
    """What is asked of a message; see `Fake.wait_for`."""

    to: Wording | None = None
    from_: Wording | None = None
    subject: Wording | None = None
    text: Wording | None = None
    where: Callable[[Any], object] | None = None

    def of(self, messages: Sequence[M]) -> list[M]:
        """Those that are as wanted."""
        return [message for message in messages if not any(self.misses(message))]

    def misses(self, message: ReadableMessage) -> Iterator[Miss]:
        """What is not as wanted in a message."""
        yield from _misses("to", self.to, _recipients(message), whole=True)
        yield from _misses("from", self.from_, [message.from_, message.mail_from], whole=True)
        yield from _misses("subject", self.subject, [message.subject])
        yield from _misses("text", self.text, [message.text, message.html])
        if self.where is not None and not self.where(message):
            yield Miss(words=f"where: {_name(self.where)} is not true of it", likeness=0.0)

    def __str__(self) -> str:
        given = [
            f"{name.strip('_')}={_shown(value)}"
            for name in ("to", "from_", "subject", "text")
            if (value := getattr(self, name)) is not None
        ]
        given += [f"where={_name(self.where)}"] if self.where is not None else []
        return " with " + ", ".join(given) if given else ""

    def complaint(self, n: int, messages: Sequence[ReadableMessage], seconds: float) -> str:
        """Why a test waited in vain: what came, and the nearest miss."""
        fitting = len(self.of(messages))
        wanted = f"{n} message{'s' if n > 1 else ''}{self}"
        came = f"{len(messages)} came" + (f", {fitting} of them as wanted" if fitting else "")
        lines = [f"no {wanted} in {seconds:g} s: {came if messages else 'nothing came'}"]
        lines += [f"  {message!r}" for message in messages[-_SHOWN:]]
        if len(messages) > _SHOWN:
            lines.insert(1, f"  ({len(messages) - _SHOWN} earlier ones)")
        lines += self._nearest(messages)
        return "\n".join(lines)

    def _nearest(self, messages: Sequence[ReadableMessage]) -> list[str]:
        missed = [(message, list(self.misses(message))) for message in messages]
        missed = [(message, misses) for message, misses in missed if misses]
        if not missed:
            return []
        message, misses = min(
            missed, key=lambda each: (len(each[1]), -sum(miss.likeness for miss in each[1]))
        )
        told = (f"    {miss.words}" for miss in misses)
        return ["the nearest miss:", f"  {message!r}", *told]


@dataclass(frozen=True, slots=True, kw_only=True)
class Miss:
    """One thing that is not as wanted. `likeness`: 0 to 1, how near it comes."""

    words: str
    likeness: float


def _recipients(message: ReadableMessage) -> list[str]:
    return list(dict.fromkeys([*message.rcpt_tos, *message.to, *message.cc]))


def _misses(
    name: str, wanted: Wording | None, found: Sequence[str], *, whole: bool = False
) -> Iterator[Miss]:
    """`whole`: a text has to be one of those that were found, in any case, not a part of one."""
    if wanted is None or any(_holds(wanted, text, whole=whole) for text in found):
        return
    if isinstance(wanted, re.Pattern):
        shown = ", ".join(map(_shown, filter(None, found))) or "nothing"
        yield Miss(words=f"{name}: {shown} does not match {wanted.pattern!r}", likeness=0.0)
        return
    text = max(found, key=lambda text: _likeness(wanted, text), default="")
    likeness = _likeness(wanted, text)
    verb = "is not" if whole else "does not hold"
    alike = f" ({likeness:.0%} alike)" if likeness else ""
    yield Miss(words=f"{name}: {_shown(text)} {verb} {wanted!r}{alike}", likeness=likeness)


def _holds(wanted: Wording, text: str, *, whole: bool) -> bool:
    if isinstance(wanted, re.Pattern):
        return wanted.search(text) is not None
    return wanted.lower() == text.lower() if whole else wanted in text


def _likeness(wanted: str, text: str) -> float:
    return SequenceMatcher(None, wanted.lower(), text[:_LONGEST].lower()).ratio()


def _shown(value: Wording) -> str:
    if isinstance(value, re.Pattern):
        return f"/{value.pattern}/"
    return repr(str(value)) if len(value) <= _LONGEST else f"{str(value)[:_LONGEST]!r} …"


def _name(function: Callable[[Any], object] | None) -> str:
    return getattr(function, "__name__", repr(function))
