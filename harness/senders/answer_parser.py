"""Reading what a sender answered: strict about `status`, lenient about all the rest.

What cannot be used is left out and listed as a complaint. It is not held against the sender, so
it must not decide a verdict; but its author wants to know.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any, get_args

from pydantic import ValidationError

from harness.protocol import ASSUMED_FEATURES, KNOWN_FEATURES, Answer, Description

from .outcome import Answered, Described, NoAnswer, Outcome, Replied, Unsupported

STATUSES: tuple[str, ...] = get_args(Answer.model_fields["status"].annotation)

# Each round removes at least one value, and names it; beyond this many the rest is given up.
_ROUNDS = 8


def read_reply(outcome: Outcome) -> Outcome:
    """Turn an answer with status `unsupported` into `Unsupported`, for whatever action it is."""
    match outcome:
        case Replied(document={"status": "unsupported"} as document, output=output):
            return Unsupported(reason=_reason(document), document=document, output=output)
        case _:
            return outcome


def read_answer(outcome: Outcome) -> Outcome:
    """Read the answer to a send: `Replied` becomes `Answered`, `Unsupported` or `NoAnswer`."""
    outcome = read_reply(outcome)
    if not isinstance(outcome, Replied):
        return outcome
    status = outcome.document.get("status")
    if status not in STATUSES:
        why = f"`status` is {_shown(status)}, and must be one of {', '.join(STATUSES)}"
        return NoAnswer(why=why, output=outcome.output)
    answer, complaints = lenient_answer(outcome.document)
    return Answered(
        document=outcome.document,
        answer=answer,
        complaints=(*outcome.complaints, *complaints),
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
        why = f"`features` is {_shown(document['features'])}, and must be a list"
        return NoAnswer(why=why, output=outcome.output)
    description, complaints = _lenient_description(document)
    return Described(
        document=document,
        description=description,
        complaints=(*outcome.complaints, *complaints),
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
    rest = _said(document)
    complaints: list[str] = []
    for _ in range(_ROUNDS):
        try:
            return Answer.model_validate(rest), tuple(complaints)
        except ValidationError as problem:
            complaints += _drop(rest, problem)
    complaints.append("too much of the answer is wrong; only its status was read")
    return Answer(status=rest["status"]), tuple(complaints)


def _said(document: Mapping[str, Any]) -> dict[str, Any]:
    """A copy without nulls, which many languages write for what was not said."""
    said = {key: deepcopy(value) for key, value in document.items() if value is not None}
    error = said.get("error")
    if isinstance(error, dict):
        said["error"] = {key: value for key, value in error.items() if value is not None}
    return said


def _drop(document: dict[str, Any], problem: ValidationError) -> list[str]:
    """Remove from `document` what `problem` names, and say so."""
    faults: dict[tuple[str | int, ...], str] = {}
    for error in problem.errors(include_url=False, include_context=False):
        path = _existing(document, error["loc"])
        faults.setdefault(path, f"{_dotted(path)}: {error['msg']}; left out")
    # From the back, so that the places of list items before it stay what they are.
    for path in sorted(faults, key=_place, reverse=True):
        _remove(document, path)
    return list(faults.values())


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


def _dotted(path: Sequence[str | int]) -> str:
    return ".".join(map(str, path))


def _lenient_description(document: Mapping[str, Any]) -> tuple[Description, tuple[str, ...]]:
    complaints = []
    features = []
    for feature in document["features"]:
        if not isinstance(feature, str):
            complaints.append(f"features: {_shown(feature)} is not a string; left out")
            continue
        features.append(feature)
        if feature not in KNOWN_FEATURES:
            complaints.append(f"features: {_shown(feature)} is unknown; nothing depends on it")
    fields: dict[str, str] = {}
    for key in ("name", "version"):
        value = document.get(key)
        if isinstance(value, str):
            fields[key] = value
        elif value is not None:
            complaints.append(f"{key}: {_shown(value)} is not a string; left out")
    return Description(features=tuple(dict.fromkeys(features)), **fields), tuple(complaints)


def _reason(document: Mapping[str, Any]) -> str:
    """Why the sender cannot do it: its reason, or else the words of its error."""
    error = document.get("error")
    words = (document.get("reason"), error.get("message") if isinstance(error, dict) else None)
    return next((word for word in words if isinstance(word, str)), "")


def _shown(value: object, *, longest: int = 60) -> str:
    text = repr(value)
    return text if len(text) <= longest else text[: longest - 3] + "..."
