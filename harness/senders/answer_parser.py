"""Reading what a sender answered: strict about `status`, lenient about all the rest.

What cannot be used is left out and listed as a complaint. It is not held against the sender, so
it must not decide a verdict; but its author wants to know.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from itertools import islice
from typing import Any, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from harness.protocol import (
    ASSUMED_FEATURES,
    KNOWN_FEATURES,
    Answer,
    Description,
    ErrorClass,
    Phase,
)

from .complaints import (
    MOST_COMPLAINTS,
    quoted,
    read_otherwise,
    unknown_feature,
    unknown_keys,
    unknown_keys_of_description,
    unknown_word,
)
from .outcome import Answered, Described, NoAnswer, Outcome, Replied, Unsupported

STATUSES: tuple[str, ...] = get_args(Answer.model_fields["status"].annotation)

# Each round removes at least one value, and names it; beyond this many the rest is given up.
_ROUNDS = 8

# No case has more recipients than a few; the rest of a longer list is no answer to anything.
MOST_REFUSED = 1000


def read_reply(outcome: Outcome) -> Outcome:
    """Turn an answer with status `unsupported` into `Unsupported`, for whatever action it is."""
    match outcome:
        case Replied(document={"status": "unsupported"} as document, output=output):
            return Unsupported(
                reason=_reason(document),
                document=document,
                complaints=(*outcome.complaints, *unknown_keys(document)),
                output=output,
            )
        case _:
            return outcome


def read_answer(outcome: Outcome) -> Outcome:
    """Read the answer to a send: `Replied` becomes `Answered`, `Unsupported` or `NoAnswer`."""
    outcome = read_reply(outcome)
    if not isinstance(outcome, Replied):
        return outcome
    status = outcome.document.get("status")
    if status not in STATUSES:
        why = f"`status` is {quoted(status)}, and must be one of {', '.join(STATUSES)}"
        return NoAnswer(why=why, output=outcome.output)
    answer, complaints = lenient_answer(outcome.document)
    return Answered(
        document=outcome.document,
        answer=answer,
        complaints=_few((*outcome.complaints, *complaints, *unknown_keys(outcome.document))),
        output=outcome.output,
    )


def read_description(outcome: Outcome) -> Outcome:
    """Read the answer to `describe`.

    `Replied` becomes `Described`, `Unsupported` or `NoAnswer`; a sender that takes `describe` for
    a send, and answers with a status, becomes `Answered`.
    """
    outcome = read_reply(outcome)
    if not isinstance(outcome, Replied):
        return outcome
    document = outcome.document
    if "features" not in document:
        return read_answer(outcome)
    if not isinstance(document["features"], list):
        why = f"`features` is {quoted(document['features'])}, and must be a list"
        return NoAnswer(why=why, output=outcome.output)
    description, complaints = _lenient_description(document)
    return Described(
        document=document,
        description=description,
        complaints=_few((*outcome.complaints, *complaints, *unknown_keys_of_description(document))),
        output=outcome.output,
    )


def features_of(outcome: Outcome) -> frozenset[str]:
    """The features of a sender that answered `describe` with `outcome`.

    One that could not answer is taken to have what is assumed of a sender that does not know
    `describe`: whether it can be driven at all shows when it is asked to send.
    """
    if isinstance(outcome, Described):
        return frozenset(outcome.description.features)
    return ASSUMED_FEATURES


def lenient_answer(document: Mapping[str, Any]) -> tuple[Answer, tuple[str, ...]]:
    """The answer in `document`, whose `status` is a good one, and what was left out of it."""
    rest, complaints = _said(document)
    for _ in range(_ROUNDS):
        try:
            answer = Answer.model_validate(rest)
        except ValidationError as problem:
            complaints += drop(rest, problem)
        else:
            return answer, (*complaints, *read_otherwise(rest, answer.document()))
    complaints.append("too much of the answer is wrong; only its status was read")
    return Answer(status=rest["status"]), tuple(complaints)


def _said(document: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """A copy without nulls, which many languages write for what was not said, and within bounds."""
    said = {key: _copy(value) for key, value in document.items() if value is not None}
    error = said.get("error")
    if isinstance(error, dict):
        said["error"] = {key: value for key, value in error.items() if value is not None}
    refused = said.get("refused")
    if not isinstance(refused, list):
        return said, []
    # Whatever is no object is known at once; a validator takes long over thousands of mistakes.
    said["refused"] = [item for item in refused[:MOST_REFUSED] if isinstance(item, dict)]
    left_out = len(refused) - len(said["refused"])
    why = f"{left_out} of {len(refused)} are no objects, or beyond the first {MOST_REFUSED}"
    return said, [f"refused: {why}; left out"] if left_out else []


def _copy(value: Any) -> Any:
    """A JSON document of which no part is in two places, as in what a function may return."""
    if isinstance(value, dict):
        return {key: _copy(item) for key, item in value.items()}
    return [_copy(item) for item in value] if isinstance(value, list | tuple) else value


def drop(document: dict[str, Any], problem: ValidationError) -> list[str]:
    """Remove from `document` what `problem` names, and say so."""
    faults: dict[tuple[str | int, ...], str] = {}
    for error in problem.errors(include_url=False, include_context=False):
        path = _existing(document, error["loc"])
        if path not in faults:
            faults[path] = _fault(path, error)
    # From the back, so that the places of list items before it stay what they are.
    for path in sorted(faults, key=_place, reverse=True):
        _remove(document, path)
    return list(faults.values())


_WORDS: Mapping[tuple[str | int, ...], type[Enum]] = {
    ("error", "phase"): Phase,
    ("error", "class"): ErrorClass,
}


def _fault(path: tuple[str | int, ...], error: ErrorDetails) -> str:
    """What is wrong there. The places in a list are left out: one mistake is told once."""
    name = ".".join(step for step in path if isinstance(step, str))
    if path in _WORDS:
        return unknown_word(name, error["input"], _WORDS[path])
    return f"{name}: {error['msg']}; left out"


def _existing(document: Any, location: Sequence[str | int]) -> tuple[str | int, ...]:
    """The part of `location` that is in `document`: it may end in a missing key, or in a type."""
    path: list[str | int] = []
    for step in location:
        in_object = isinstance(document, dict) and step in document
        in_list = isinstance(document, list) and isinstance(step, int) and step < len(document)
        if not (in_object or in_list):
            break
        document = document[step]
        path.append(step)
    return tuple(path)


def _remove(document: Any, path: Sequence[str | int]) -> None:
    *parents, last = path
    for step in parents:
        document = document[step]
    del document[last]


def _place(path: Sequence[str | int]) -> tuple[tuple[bool, int, str], ...]:
    """A sort key for paths, in which numbers count as numbers."""
    return tuple(
        (isinstance(step, int), step if isinstance(step, int) else 0, str(step)) for step in path
    )


def _lenient_description(document: Mapping[str, Any]) -> tuple[Description, tuple[str, ...]]:
    complaints = []
    features = []
    for feature in document["features"]:
        if not isinstance(feature, str):
            complaints.append(f"features: {quoted(feature)} is not a string; left out")
            continue
        features.append(feature)
    unknown = (feature for feature in features if feature not in KNOWN_FEATURES)
    complaints += [
        unknown_feature(feature, KNOWN_FEATURES) for feature in islice(unknown, MOST_COMPLAINTS)
    ]
    fields: dict[str, str] = {}
    for key in ("name", "version"):
        value = document.get(key)
        if isinstance(value, str):
            fields[key] = value
        elif value is not None:
            complaints.append(f"{key}: {quoted(value)} is not a string; left out")
    return Description(features=tuple(dict.fromkeys(features)), **fields), tuple(complaints)


def _reason(document: Mapping[str, Any]) -> str:
    """Why the sender cannot do it: its reason, or else the words of its error."""
    error = document.get("error")
    words = (document.get("reason"), error.get("message") if isinstance(error, dict) else None)
    return next((word for word in words if isinstance(word, str)), "")


def _few(complaints: Iterable[str]) -> tuple[str, ...]:
    """Each once, and not more than a person would read."""
    found = tuple(dict.fromkeys(complaints))
    if len(found) <= MOST_COMPLAINTS:
        return found
    return (*found[:MOST_COMPLAINTS], f"and {len(found) - MOST_COMPLAINTS} more of that kind")
