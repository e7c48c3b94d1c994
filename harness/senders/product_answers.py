"""From what a product answers to the documents of the sender protocol, by paths and words. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from harness.delivery_protocol import FINAL_STATES

from .complaints import quoted
from .json_path import Each, JsonPath, parse_path
from .product_calls import Got
from .product_words import AttemptPlaces, LogCall, Part, Place, SendCall, SettingsCall

Document = dict[str, Any]


class UnreadableError(Exception):
    """A product's answer holds nothing where the sender file says that something is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRead:
    """A delivery log in the protocol's shape, and what in it is not as the sender file says."""

    document: Document
    complaints: tuple[str, ...] = ()

    @property
    def is_unfinished(self) -> bool:
        """Whether a message is final of which no attempt is noted, where the log tells attempts."""
        return any(
            each["state"] in FINAL_STATES and each.get("attempts") == []
            for each in self.document["deliveries"]
        )


def value_at(place: Place | None, document: Any) -> Any:
    """The value at a place; None where nothing is, or where its pattern finds nothing."""
    if place is None:
        return None
    if not isinstance(place, Part):
        return parse_path(place).first(document)
    value = parse_path(place.path).first(document)
    match = re.search(place.pattern, _text(value)) if value is not None else None
    return None if match is None else match[1] if match.re.groups else match[0]


def send_answer(call: SendCall, got: Got) -> Document:
    """What the answer to a send says of it."""
    means = "failed" if not got.well else call.means
    if got.status is not None:
        means = call.statuses.get(got.status, means)
    answer: Document = {"status": means}
    for name in ("message_id", "provider_id"):
        value = value_at(getattr(call, name), got.document)
        if value is not None:
            answer[name] = _text(value)
    if means == "failed":
        answer["error"] = {"message": _words(call.words, got)}
    return answer


def settings_answer(call: SettingsCall, got: Got) -> Document:
    """What the answer says of the settings: stored, and read back; or refused."""
    if not got.well:
        words = _words(call.words, got)
        return {"status": "refused", "reason": words, "error": {"message": words}}
    settings = parse_path(call.settings).first(got.document)
    if settings is not None and not isinstance(settings, dict):
        raise UnreadableError(f"settings: {call.settings} leads to {quoted(settings)}, no object")
    return {"status": "stored", "settings": settings}


def _words(place: Place | None, got: Got) -> str:
    found = value_at(place, got.document)
    return got.words if found is None else _text(found)


def items_of(call: LogCall, got: Got) -> tuple[Any, ...]:
    """The entries of a page of the log."""
    if not got.is_json:
        raise UnreadableError(f"the delivery log is no JSON: {quoted(got.words)}")
    path = parse_path(call.items)
    around = JsonPath(path.text, path.steps[: _first_each(path)])
    if not around.find(got.document):
        raise UnreadableError(f"items: {call.items} leads nowhere in the delivery log")
    return path.find(got.document)


def _first_each(path: JsonPath) -> int:
    """How many steps lead to the first list, which may well be empty."""
    lists = (at for at, step in enumerate(path.steps) if isinstance(step, Each))
    return next(lists, len(path.steps))


def id_of(call: LogCall, item: Any, number: int) -> str:
    """The name of an entry of the log."""
    found = value_at(call.id, item)
    if found is None:
        raise UnreadableError(f"id: nothing is there in entry {number} of the delivery log")
    return _text(found)


def read_log(call: LogCall, items: Sequence[Any]) -> LogRead:
    """The log whose entries these are."""
    complaints: list[str] = []
    deliveries = [_delivery(call, item, number, complaints) for number, item in enumerate(items, 1)]
    return LogRead(document={"deliveries": deliveries}, complaints=tuple(dict.fromkeys(complaints)))


def _delivery(call: LogCall, item: Any, number: int, complaints: list[str]) -> Document:
    said = value_at(call.state, item)
    if said is None:
        raise UnreadableError(f"state: nothing is there in entry {number} of the delivery log")
    word = _text(said)
    if word not in call.states:
        known = ", ".join(call.states)
        complaints.append(f"deliveries: {quoted(word)} is no state that the file knows: {known}")
    found: Document = {
        "message_id": id_of(call, item, number),
        "state": call.states.get(word, word),
    }
    if call.to is not None:
        found["to"] = [_text(each) for each in parse_path(call.to).find(item) if each is not None]
    if call.attempts is not None:
        attempts = parse_path(call.attempts.items).find(item)
        read = [_attempt(call.attempts, each, complaints) for each in attempts]
        found["attempts"] = read[::-1] if call.attempts.newest_first else read
    return found


def _attempt(places: AttemptPlaces, item: Any, complaints: list[str]) -> Document:
    words = value_at(places.words, item)
    found: Document = {}
    if _failed(places, item, words):
        found = dict(_codes(places, item))
        if words is not None:
            found["message"] = _text(words)
    for name in ("host", "queue_id"):
        value = value_at(getattr(places, name), item)
        if value is not None:
            found[name] = _text(value)
    at = value_at(places.at, item)
    if _is_time(at):
        found["at"] = at
    elif at is not None:
        complaints.append(f"deliveries: {quoted(at)} is no time; left out")
    return {name: value for name, value in found.items() if value is not None}


def _failed(places: AttemptPlaces, item: Any, words: Any) -> bool:
    if places.failed is None:
        return bool(words)
    said = value_at(places.failed, item)
    if places.failures:
        return said is not None and _text(said) in places.failures
    return bool(said)


def _codes(places: AttemptPlaces, item: Any) -> Iterator[tuple[str, Any]]:
    code = value_at(places.reply_code, item)
    if code is not None and re.fullmatch(r"[2-5]\d\d", _text(code)):
        yield "reply_code", int(code)
    enhanced = value_at(places.enhanced_code, item)
    if enhanced is not None:
        yield "enhanced_code", _text(enhanced)


def _is_time(value: Any) -> bool:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return True
    if not isinstance(value, str):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return "; ".join(f"{name}: {_text(each)}" for name, each in value.items())
    return "" if value is None else str(value)
