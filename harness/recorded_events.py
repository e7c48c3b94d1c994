"""Events as they were recorded, from the lines of `transcript.jsonl`."""

from __future__ import annotations

import dataclasses
import json
import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import cache, lru_cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from harness.fakes import transcript
from harness.fakes.http import facts as http_facts
from harness.fakes.message import Captured, CapturedMessage
from harness.fakes.smtp import facts as smtp_facts
from harness.fakes.transcript import Event, Fact, MessageCaptured


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedMessage:
    """A message that a provider took, as its evidence tells of it. See `Captured`."""

    content: bytes
    mail_from: str
    rcpt_tos: tuple[str, ...]
    username: str | None
    provider_id: str | None
    secure: bool
    connection: int


class NoEventError(Exception):
    """A line is none of an event; the text says why."""


def event_of(line: str, number: int, contents: Iterator[bytes]) -> Event:
    """The event that a line tells of.

    `number` is the one that is due; `contents` gives that of the next message that was taken.

    Raises:
        NoEventError: it is none.
    """
    try:
        data = json.loads(line)
        kind = _facts()[data["fact"]]
        if data["number"] != number:
            raise NoEventError(f"this is event {data['number']}, and {number} is due")
        fact = _message_captured(data, contents) if kind is MessageCaptured else _made(kind, data)
        return Event(
            number=number, at=float(data["at"]), connection=int(data["connection"]), fact=fact
        )
    except (KeyError, TypeError, ValueError, RecursionError, AttributeError) as error:
        raise NoEventError(f"this is no event ({type(error).__name__}: {error})") from error


@cache
def _facts() -> Mapping[str, type[Fact]]:
    """Every fact by its name."""
    return {
        name: kind
        for module in (transcript, smtp_facts, http_facts)
        for name, kind in vars(module).items()
        if isinstance(kind, type) and issubclass(kind, Fact)
    }


@lru_cache(maxsize=256)
def _hints(kind: Callable[..., Any]) -> Mapping[str, Any]:
    return get_type_hints(kind)


def _made(kind: Any, data: Mapping[str, Any]) -> Any:
    hints = _hints(kind)
    return kind(
        **{
            spec.name: _value(hints[spec.name], data[spec.name])
            for spec in dataclasses.fields(kind)
            if spec.init
        }
    )


def _message_captured(data: Mapping[str, Any], contents: Iterator[bytes]) -> MessageCaptured:
    told = data["message"]
    content = next(contents, None)
    if content is None:
        raise NoEventError("the message that it tells of is not there")
    if "wire" in told:
        message: Captured = _made(CapturedMessage, told)
    else:
        mail, captured = told["mail"], told.get("captured") or {}
        message = RecordedMessage(
            content=content,
            mail_from=captured.get("mail_from", mail["mail_from"]),
            rcpt_tos=tuple(mail["recipients"]),
            username=captured.get("username"),
            provider_id=mail["provider_id"],
            secure=bool(told["secure"]),
            connection=int(told["connection"]),
        )
    return MessageCaptured(
        index=int(data["index"]), message=message, submission=int(data["submission"])
    )


def _value(hint: Any, value: Any) -> Any:
    """A value of JSON as what a field of a fact holds."""
    if hint is Any or value is None:
        return value
    origin, inner = get_origin(hint), get_args(hint)
    if origin in {Union, types.UnionType}:
        return _value(next(each for each in inner if each is not type(None)), value)
    if origin is tuple:
        if len(inner) == 2 and inner[1] is Ellipsis:
            return tuple(_value(inner[0], item) for item in value)
        return tuple(_value(each, item) for each, item in zip(inner, value, strict=True))
    return _plain_value(hint, value)


def _plain_value(hint: Any, value: Any) -> Any:
    if hint is bytes:
        return value.encode("latin-1")
    if hint is datetime:
        return datetime.fromisoformat(value)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint(value)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return _made(hint, value)
    if isinstance(hint, type) and not isinstance(value, hint):
        raise TypeError(f"{value!r} is no {hint.__name__}")
    return value
