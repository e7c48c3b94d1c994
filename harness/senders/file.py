"""`file:PATH`: a sender described in a small YAML file.

    sender: "template:./send.sh {host} {port} {from} {to*} {subject} {text}"   # any SPEC but file:
    environment: {SMTP_DEBUG: "1"}       # added to a program's environment, and overrides it
    features: [smtp, security:starttls]  # what it has, whatever it says of itself
    error_map:                           # its own words -> phase, class; the first match decides
      - {pattern: "certificate verify failed", phase: tls, class: certificate-invalid}
    limits: {case: 60, start: 30}        # seconds: for each case; to start and describe itself
    actions: {configure: ./configure.sh} # a SPEC, or a command, of its own for an action

Only `sender` is required. Programs are found from the current directory, not from the file's.
"""

from __future__ import annotations

import asyncio
import re
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from harness.errors import UsageError
from harness.protocol import KNOWN_FEATURES, Description, ErrorClass, Phase
from harness.scenario.loading import load, validate

from . import is_spec, open_in
from .answer_parser import features_of
from .base import CaseState, Sender, Surroundings
from .complaints import nearest
from .error_map import ErrorMap, Rule
from .outcome import Answered, Described, Outcome, Unsupported

SCHEMES = ("file",)

Action: TypeAlias = Literal["send", "describe", "configure", "state", "test-send", "deliveries"]

# A sender has a feature when its file names a program of its own for that action.
_IMPLIED: Mapping[Action, str] = {
    "configure": "configure",
    "test-send": "test-send",
    "deliveries": "delivery-log",
}


def _known_feature(feature: str) -> str:
    if feature not in KNOWN_FEATURES:
        near = nearest(feature, KNOWN_FEATURES)
        meant = f"did you mean {near}? " if near else ""
        choices = ", ".join(sorted(KNOWN_FEATURES))
        raise ValueError(f"unknown feature; {meant}Choose from {choices}")
    return feature


def _usable_pattern(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as problem:
        raise ValueError(f"no regular expression: {problem}") from problem
    return pattern


Seconds: TypeAlias = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class _Written(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class MapEntry(_Written):
    """What a sender's own words mean: a phase, a class, or both."""

    pattern: Annotated[str, AfterValidator(_usable_pattern)]
    """A regular expression that is looked for in the sender's own words."""

    phase: Phase | None = None
    """The phase that such words mean."""

    class_: ErrorClass | None = Field(default=None, alias="class")
    """The class of error that such words mean."""

    @model_validator(mode="after")
    def _says_something(self) -> MapEntry:
        if self.phase is None and self.class_ is None:
            raise ValueError("a phase or a class is due")
        return self

    def rule(self) -> Rule:
        """The entry, ready for use."""
        return Rule(pattern=re.compile(self.pattern), phase=self.phase, class_=self.class_)


class SenderLimits(_Written):
    """How long the sender may take, in seconds."""

    case: Seconds | None = None
    """Seconds for each case. Default: the usual limit, which follows from the time-out."""

    deliver: Seconds | None = None
    """Seconds within which its delivery log has a final state of each message, so that it can be
    held to that. Default: the usual limit of a case, after which nothing is decided."""

    start: Seconds | None = None
    """Seconds to start and to describe itself. Default: the usual limit."""


class SenderFile(_Written):
    """A sender, and all that has to be known to drive it."""

    sender: str
    """How it is driven: what `--sender` takes, but for `file:`."""

    environment: dict[str, str] = Field(default_factory=dict)
    """Added to a program's environment, and overrides it."""

    features: tuple[Annotated[str, AfterValidator(_known_feature)], ...] | None = None
    """What it has, whatever it says of itself. Default: what it says."""

    error_map: tuple[MapEntry, ...] = ()
    """What its own words mean; the first entry that matches decides."""

    limits: SenderLimits = SenderLimits()
    """How long it may take."""

    actions: dict[Action, str] = Field(default_factory=dict)
    """A way of its own to be driven, or a command, for single actions."""

    @property
    def declared(self) -> frozenset[str] | None:
        """The features listed, or None."""
        return None if self.features is None else frozenset(self.features)

    @property
    def implied(self) -> frozenset[str]:
        """The features that follow from the actions."""
        return frozenset(_IMPLIED[action] for action in self.actions if action in _IMPLIED)


def read_sender_file(path: str) -> SenderFile:
    """The file at `path`. Raises `UsageError` with one `file:line: path: reason` a line."""
    return validate(load(Path(path), source=path), SenderFile)


class FileSender(Sender):
    """The senders that a file names, as one."""

    def __init__(self, name: str, given: SenderFile, surroundings: Surroundings) -> None:
        super().__init__(name)
        inside = replace(
            surroundings,
            additions={**surroundings.additions, **given.environment},
            declared=given.declared,
        )
        self._given = given
        self._usual = _open(inside, name, given.sender)
        self._special = {
            action: _open(inside, name, _as_spec(line)) for action, line in given.actions.items()
        }
        sends = self._for("send")
        self.default_jobs = sends.default_jobs
        self.stated_delivery_limit = given.limits.deliver
        self.error_map = ErrorMap(rules=tuple(entry.rule() for entry in given.error_map))
        self.features = self._own_features(self._usual.features)

    def limit_for(self, timeout: float) -> float:
        """`limits.case`, or the usual limit."""
        return self._given.limits.case or super().limit_for(timeout)

    async def start(self) -> None:
        """Start all of them."""
        for sender in self._all():
            await sender.start()

    async def close(self) -> None:
        """Close all of them."""
        await asyncio.gather(*(sender.close() for sender in self._all()))

    async def restart(self, *, signal_number: signal.Signals = signal.SIGTERM) -> None:
        """Restart all of them."""
        again = (sender.restart(signal_number=signal_number) for sender in self._all())
        await asyncio.gather(*again)

    async def set_instances(self, number: int) -> None:
        """Have that many of each."""
        await asyncio.gather(*(sender.set_instances(number) for sender in self._all()))

    @asynccontextmanager
    async def for_case(self, state: CaseState | None = None) -> AsyncIterator[Self]:
        """This sender with each that the file names bound to the case, always in the same order."""
        async with AsyncExitStack() as stack:
            usual = await stack.enter_async_context(self._usual.for_case(state))
            special = {
                action: await stack.enter_async_context(each.for_case(state))
                for action, each in self._special.items()
            }
            bound = copy(self)
            bound.has_own_state = all(each.has_own_state for each in (usual, *special.values()))
            bound._usual, bound._special = usual, special  # noqa: SLF001  # a copy of ourselves
            yield bound

    async def exchange(self, document: Mapping[str, Any], *, limit: float) -> Outcome:
        """Ask the one that the file names for this action."""
        return await self._for(document.get("action")).exchange(document, limit=limit)

    async def describe(self, limit: float) -> Outcome:
        """Ask it, and let the file's features stand above what it says."""
        asked = self._for("describe")
        outcome = await asked.describe(self._given.limits.start or limit)
        self.measured_start = asked.measured_start
        self.features = self._own_features(features_of(outcome))
        return self._with_own_features(outcome)

    def _own_features(self, said: frozenset[str]) -> frozenset[str]:
        declared = self._given.declared
        return said | self._given.implied if declared is None else declared

    def _with_own_features(self, outcome: Outcome) -> Outcome:
        """`outcome` with the features of the file, unless there was no answer at all."""
        if not isinstance(outcome, Described | Answered | Unsupported):
            return outcome
        if self.features == features_of(outcome):
            return outcome
        features = tuple(sorted(self.features))
        said = outcome.description if isinstance(outcome, Described) else Description(features=())
        return Described(
            document=outcome.document or {},
            description=said.model_copy(update={"features": features}),
            complaints=() if isinstance(outcome, Unsupported) else outcome.complaints,
            output=outcome.output,
        )

    def _for(self, action: object) -> Sender:
        return next((own for name, own in self._special.items() if name == action), self._usual)

    def _all(self) -> tuple[Sender, ...]:
        return (self._usual, *self._special.values())


def _open(surroundings: Surroundings, name: str, spec: str) -> Sender:
    if spec.startswith("file:"):
        raise UsageError(f"{name}: a sender file cannot name another one: {spec}")
    try:
        return open_in(surroundings, spec)
    except UsageError as problem:
        raise UsageError(f"{name}: {problem}") from problem


def _as_spec(line: str) -> str:
    return line if is_spec(line) else f"command:{line}"


def open_spec(scheme: str, rest: str, surroundings: Surroundings) -> Sender:
    """Open `file:PATH`."""
    return FileSender(f"{scheme}:{rest}", read_sender_file(rest), surroundings)
