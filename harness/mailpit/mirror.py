"""Every message that a run takes, shown in Mailpit after its case has its verdict.

It can neither change a verdict nor hold up a run: it works in a thread beside it, on what is over,
within bounds of memory and time; and where Mailpit fails, that is one note.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Final

from harness.checks.record import Record
from harness.fakes.message import Captured
from harness.fakes.transcript import MessageCaptured
from harness.mirroring import Mirror, provider_of
from harness.model import CaseResult
from harness.scenario.case import Case
from harness.secrets import Secrets

from .client import MailpitError
from .inbox import MailpitInbox
from .mirror_copy import MirrorLabels
from .submission import MailpitRefusedError

LARGEST: Final = 256 * 1024 * 1024
"""So many octets may wait for Mailpit; what comes beyond is left out, and said."""

PATIENCE: Final = 15.0
"""So many seconds it may take without any progress, at the end of a run."""

LONGEST: Final = 120.0
"""So many seconds it may take altogether, at the end of a run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingMessage:
    """A message that is to be shown."""

    case: str
    message: Captured
    labels: MirrorLabels
    secrets: Secrets
    size: int


@dataclass(slots=True)
class MailpitMirror(Mirror):
    """Shows a run's messages in `inbox`. `group` is the tag that all of them have.

    `ends` tells that the Mailpit ends with the run; the other words are the bounds above.
    """

    inbox: MailpitInbox
    group: str
    ends: bool = False
    patience: float = PATIENCE
    longest: float = LONGEST
    largest: int = LARGEST
    _kept: dict[str, tuple[str, tuple[Captured, ...], Secrets]] = field(default_factory=dict)
    _waiting: deque[WaitingMessage] = field(default_factory=deque)
    _octets: int = 0
    _pages: dict[str, list[str]] = field(default_factory=dict)
    _shown: int = 0
    _refused: int = 0
    _left_out: int = 0
    _trouble: str | None = None
    _worker: asyncio.Task[None] | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        """How many messages there are, where, and what is missing there."""
        where = self.inbox.place.tagged(self.group)
        where = f"harness inspect {self.group}" if self.ends else where
        found = [f"{counted(self._shown)} of this run in Mailpit: {where}"]
        if self._trouble is not None:
            missing = self._left_out + len(self._waiting)
            found.append(f"{counted(missing)} could not be shown in Mailpit: {self._trouble}")
        elif self._left_out:
            found.append(f"{counted(self._left_out)} too many for Mailpit at a time, left out")
        if self._refused:
            found.append(f"{counted(self._refused)} refused by Mailpit, and not shown there")
        return tuple(found)

    def take(self, case: Case, record: Record) -> None:
        """Keep what was taken."""
        messages = tuple(fact.message for _, fact in record.of(MessageCaptured))
        self._kept.pop(case.id, None)
        if messages and self._trouble is None:
            self._kept[case.id] = (provider_of(case.given), messages, record.secrets)

    def judged(self, result: CaseResult) -> None:
        """Let the messages of a case wait for their turn."""
        provider, messages, secrets = self._kept.pop(result.id, ("", (), Secrets({})))
        labels = MirrorLabels(
            provider=provider, case=result.id, verdict=result.verdict.value, group=self.group
        )
        for message in messages:
            # What an API took becomes MIME only now, where it is cheap to be late.
            size = len(message.content)
            if self._trouble is not None or self._octets + size > self.largest:
                self._left_out += 1
                continue
            self._octets += size
            self._waiting.append(
                WaitingMessage(
                    case=result.id, message=message, labels=labels, secrets=secrets, size=size
                )
            )
        if self._waiting and (self._worker is None or self._worker.done()):
            self._worker = asyncio.get_running_loop().create_task(self._work())

    async def finish(self) -> None:
        """Wait for the rest, as long as there is progress."""
        clock = asyncio.get_running_loop().time
        until = clock() + self.longest
        while self._worker is not None and not self._worker.done():
            before = len(self._waiting)
            await asyncio.wait([self._worker], timeout=min(self.patience, self.longest))
            if not self._worker.done() and (len(self._waiting) == before or clock() > until):
                self._trouble = "it is too slow"
                self._worker.cancel()
                with suppress(asyncio.CancelledError):
                    await self._worker

    def linked(self, results: Sequence[CaseResult]) -> Sequence[CaseResult]:
        """The results with the pages of their messages."""
        return [replace(each, mail=tuple(self._pages.get(each.id, ()))) for each in results]

    async def _work(self) -> None:
        while self._waiting and self._trouble is None:
            each = self._waiting[0]
            try:
                page = await asyncio.to_thread(
                    self.inbox.show, each.message, each.labels, secrets=each.secrets
                )
            except MailpitRefusedError:
                self._refused += 1
            except MailpitError as error:
                self._trouble = str(error)
                return
            except Exception as error:  # noqa: BLE001  # a mirror breaks nothing but itself
                self._trouble = f"{type(error).__name__}: {error}"
                return
            else:
                self._shown += 1
                self._pages.setdefault(each.case, []).append(page)
            self._waiting.popleft()
            self._octets -= each.size


def counted(count: int) -> str:
    """So many messages, in words."""
    return "1 message" if count == 1 else f"{count:,} messages"
