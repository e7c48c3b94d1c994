"""What only a sender that keeps state is asked: settings, a test message, its delivery log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from harness.delivery_protocol import (
    Configured,
    ConfigureRequest,
    DeliveriesRequest,
    DeliveryAttempt,
    DeliveryEntry,
    StateRequest,
    TestSendRequest,
)
from harness.protocol import SendError

from .answer_parser import drop, read_answer
from .base import Sender
from .complaints import MOST_COMPLAINTS, quoted
from .error_map import ErrorMap
from .outcome import NoAnswer, Outcome, Replied

M = TypeVar("M", bound=BaseModel)

# Each round leaves out at least one value that cannot be used.
_ROUNDS = 8

# No case sends more than a few; of a log that holds more, the last ones are of this case.
_MOST_ENTRIES = 10_000


async def configure(
    sender: Sender, request: ConfigureRequest | StateRequest, *, limit: float
) -> tuple[Outcome, Configured | None]:
    """Have settings stored, or read back."""
    outcome = await sender.ask(request.model_dump(mode="json", by_alias=True), limit=limit)
    if not isinstance(outcome, Replied):
        return outcome, None
    document = dict(outcome.document)
    if request.action == "state" and document.get("status") not in {"stored", "refused"}:
        document["status"] = "stored"
    return _read(outcome, document, Configured)


async def test_send(sender: Sender, request: TestSendRequest, *, limit: float) -> Outcome:
    """Ask for a test message."""
    document = request.model_dump(mode="json", by_alias=True)
    return sender.error_map.explain(read_answer(await sender.exchange(document, limit=limit)))


async def deliveries(
    sender: Sender, request: DeliveriesRequest, *, limit: float
) -> tuple[Outcome, tuple[DeliveryEntry, ...] | None]:
    """Read the delivery log. An entry that is none is told as such."""
    outcome = await sender.ask(request.model_dump(mode="json", by_alias=True), limit=limit)
    if not isinstance(outcome, Replied):
        return outcome, None
    listed = outcome.document.get("deliveries")
    if listed is None and outcome.document.get("status") == "failed":
        return NoAnswer(
            why=f"it has no log to show: {_why(outcome.document)}", output=outcome.output
        ), None
    if not isinstance(listed, list):
        why = f"`deliveries` is {quoted(listed)}, and must be a list"
        return NoAnswer(why=why, output=outcome.output), None
    found: list[DeliveryEntry] = []
    complaints: list[str] = []
    for each in listed[-_MOST_ENTRIES:]:
        entry = _entry(each, complaints)
        if isinstance(entry, str):
            why = f"an entry of the log cannot be read: {entry}"
            return NoAnswer(why=why, output=outcome.output), None
        found.append(_explained(entry, sender.error_map))
    told = tuple(dict.fromkeys((*outcome.complaints, *complaints)))[:MOST_COMPLAINTS]
    return replace(outcome, complaints=told), tuple(found)


def _entry(data: Any, complaints: list[str]) -> DeliveryEntry | str:
    """An entry, or why it is none. Nulls are as good as nothing; what is wrong is left out."""
    if not isinstance(data, Mapping):
        return f"{quoted(data)} is no object"
    plain = _without_nulls(data)
    to = plain.get("to")
    if isinstance(to, str):
        plain["to"] = [to]
    problem: ValidationError | None = None
    for _ in range(_ROUNDS):
        try:
            return DeliveryEntry.model_validate(plain)
        except ValidationError as error:
            problem = error
            if any(each["loc"] == ("state",) for each in error.errors()):
                break  # without it there is nothing that the entry could say
            complaints += (f"deliveries: {each}" for each in drop(plain, error))
    return _first(problem) if problem is not None else ""


def _explained(entry: DeliveryEntry, error_map: ErrorMap) -> DeliveryEntry:
    """The entry, with phases and classes for attempts that have only words for them."""
    if not error_map.rules or entry.attempts is None:
        return entry
    return entry.model_copy(
        update={"attempts": tuple(_meant(each, error_map) for each in entry.attempts)}
    )


def _meant(attempt: DeliveryAttempt, error_map: ErrorMap) -> DeliveryAttempt:
    error = SendError.model_construct(phase=attempt.phase, class_=attempt.class_)
    filled = error_map.filled(error, attempt.message or "")
    return attempt.model_copy(update={"phase": filled.phase, "class_": filled.class_})


def _without_nulls(data: Mapping[str, Any]) -> dict[str, Any]:
    found = {key: value for key, value in data.items() if value is not None}
    attempts = found.get("attempts")
    if isinstance(attempts, list):
        found["attempts"] = [
            _without_nulls(each) if isinstance(each, Mapping) else each for each in attempts
        ]
    return found


def _why(document: Mapping[str, Any]) -> str:
    """What a sender says of a failure."""
    error = document.get("error")
    told = error.get("message") if isinstance(error, Mapping) else None
    return quoted(told or document.get("reason"))


def _read(outcome: Replied, document: dict[str, Any], model: type[M]) -> tuple[Outcome, M | None]:
    try:
        return outcome, model.model_validate(_without_nulls(document))
    except ValidationError as problem:
        return NoAnswer(why=_first(problem), output=outcome.output), None


def _first(problem: ValidationError) -> str:
    error = problem.errors(include_url=False, include_context=False)[0]
    return f"{'.'.join(map(str, error['loc']))}: {error['msg']}"
