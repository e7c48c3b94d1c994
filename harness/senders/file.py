"""`file:PATH`: a sender described in a small YAML file.

    sender: "template:./send.sh {host} {port} {from} {to*} {subject} {text}"   # any SPEC but file:
    environment: {SMTP_DEBUG: "1"}       # added to a program's environment, and overrides it
    features: [smtp, security:starttls]  # what it has, whatever it says of itself
    error_map:                           # its own words -> phase, class; the first match decides
      - {pattern: "certificate verify failed", phase: tls, class: certificate-invalid}
    limits: {case: 60, start: 30}        # seconds: for each case; to start and describe itself
    actions: {configure: ./configure.sh} # a SPEC, or a command, of its own for an action

Only `sender` is required. An action may also be a call of a product that does not speak the
protocol: a URL or a command, with the paths that lead to what its answer means
(`product_words.py`); a file whose `send` is one needs no `sender`. Programs are found from the
current directory, not from the file's.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from harness.errors import UsageError
from harness.protocol import Description
from harness.scenario.loading import load, validate

from . import is_spec, open_in
from .answer_parser import features_of
from .base import CaseState, Sender, Surroundings
from .error_map import ErrorMap
from .file_words import SenderFile
from .outcome import Answered, Described, Outcome, Unsupported

SCHEMES = ("file",)

# The keys of the senders that are for no single action.
_USUAL = ""
_CALLS = "calls"


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
        self.error_map = ErrorMap(rules=tuple(entry.rule() for entry in given.error_map))
        self._senders = dict(_opened(name, given, inside))
        self.default_jobs = self._for("send").default_jobs
        self.stated_delivery_limit = given.limits.deliver
        self.features = self._own_features(self._for("describe").features)

    @property
    def can_be_several(self) -> bool:
        """Whether there can be a second one of each."""
        return all(each.can_be_several for each in self._all())

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
            bound = copy(self)
            bound._senders = {  # noqa: SLF001  # a copy of ourselves
                key: await stack.enter_async_context(each.for_case(state))
                for key, each in self._senders.items()
            }
            bound.has_own_state = all(each.has_own_state for each in bound._all())  # noqa: SLF001
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
        """The sender for an action: a program of its own, the product's calls, or the usual one."""
        by_call = action in self._given.actions.calls
        keys = (_CALLS,) if by_call else (str(action), _USUAL, _CALLS)
        return next(self._senders[key] for key in keys if key in self._senders)

    def _all(self) -> tuple[Sender, ...]:
        return tuple(self._senders.values())


def _opened(
    name: str, given: SenderFile, surroundings: Surroundings
) -> Iterator[tuple[str, Sender]]:
    """Each sender that the file names, under its action or one of the two keys."""
    if given.sender is not None:
        yield _USUAL, _open(surroundings, name, given.sender)
    for action, line in given.actions.programs.items():
        yield action, _open(surroundings, name, _as_spec(line))
    if given.actions.calls:
        from .product import ProductSender  # noqa: PLC0415  # most files have no calls

        calls = given.actions.calls
        yield _CALLS, ProductSender(name, calls, given.service, surroundings)


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
