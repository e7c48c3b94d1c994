"""The messages that the fakes took, as whoever looks at them finds them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from harness.fakes.message import Captured

_MOST = 1_000
_MOST_OCTETS = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptMessage:
    """A message, and how it came: to which fake, when, by which way, and what was wrong about it.

    `id` counts from 1 over all fakes, and is given once only. `content` is the message as MIME, and
    `sender` and `subject` are what its header says: the address in From, the Subject. `remarks` say
    what its sender had better be told.
    """

    id: int
    fake: str
    by: str
    at: datetime
    captured: Captured
    content: bytes
    sender: str = ""
    subject: str = ""
    remarks: tuple[str, ...] = ()


@dataclass(slots=True)
class KeptMail:
    """The newest messages of all fakes, in the order in which they came.

    `when_forgotten` is told of each that has to make room for others.
    """

    when_forgotten: Callable[[KeptMessage], object] | None = None
    most: int = _MOST
    most_octets: int = _MOST_OCTETS
    _kept: list[KeptMessage] = field(default_factory=list)
    _octets: int = 0
    _last: int = 0
    _came: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def messages(self) -> tuple[KeptMessage, ...]:
        """All of them."""
        return tuple(self._kept)

    @property
    def next_id(self) -> int:
        """The id of the message that comes next."""
        return self._last + 1

    def keep(self, message: KeptMessage) -> None:
        """Add one."""
        self._last = message.id
        self._kept.append(message)
        self._octets += len(message.content)
        while len(self._kept) > self.most or (
            self._octets > self.most_octets and len(self._kept) > 1
        ):
            self._let_go(self._kept[0])
        came, self._came = self._came, asyncio.Event()
        came.set()

    def clear(self, messages: Iterable[KeptMessage]) -> int:
        """Throw these away; how many there were."""
        gone = list(messages)
        for message in gone:
            self._let_go(message)
        return len(gone)

    def _let_go(self, message: KeptMessage) -> None:
        self._kept.remove(message)
        self._octets -= len(message.content)
        if self.when_forgotten is not None:
            self.when_forgotten(message)

    async def wait_for(
        self, matches: Callable[[KeptMessage], bool], *, count: int, patience: float
    ) -> list[KeptMessage]:
        """The messages that match, once there are so many.

        Fewer where `patience`, in seconds, was over first.
        """
        try:
            async with asyncio.timeout(patience):
                while len(found := [each for each in self._kept if matches(each)]) < count:
                    await self._came.wait()
        except TimeoutError:
            return [each for each in self._kept if matches(each)]
        return found
