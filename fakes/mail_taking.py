"""Taking mail, and letting tests wait for it from any thread and from coroutines."""

from __future__ import annotations

import asyncio
import reprlib
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from threading import Condition
from typing import Any, Generic, TypeVar

from .clock import monotonic
from .errors import FakeError
from .mail.readable import ReadableMessage
from .mail.wanted import MissingMailError, WantedMail, Wording

C = TypeVar("C", bound=ReadableMessage)


class MailTaker(Generic[C]):
    """What takes mail, and tells those who wait for it."""

    def __init__(self) -> None:
        self._messages: list[C] = []
        self._came = Condition()
        self._hearers: list[Callable[[], object]] = []
        self._serving_loop: asyncio.AbstractEventLoop | None = None
        self._was_looked_at = False

    @property
    def messages(self) -> list[C]:
        """What was taken, in order."""
        self._was_looked_at = True
        return self._messages

    @property
    def unseen(self) -> int:
        """How many messages nobody asked for, neither by `messages` nor by waiting for them."""
        return 0 if self._was_looked_at else len(self._messages)

    def keep(self, message: C) -> int:
        """Add a message to those taken; its place in the list."""
        with self._came:
            self._messages.append(message)
            place = len(self._messages) - 1
            self._came.notify_all()
            hearers = list(self._hearers)
        for tell in hearers:
            tell()
        return place

    def wait_for(
        self,
        n: int = 1,
        *,
        to: Wording | None = None,
        from_: Wording | None = None,
        subject: Wording | None = None,
        text: Wording | None = None,
        where: Callable[[C], object] | None = None,
        timeout: float = 10.0,
    ) -> list[C]:
        """Wait until `n` messages are there that are as wanted, and return all that are.

        `to` is one of those who get it or whom To and Cc name, `from_` the From header's or the
        envelope's address; `subject` and `text` (or HTML) are a part of what stands there. Each may
        be a compiled pattern, which is searched for. `where` is asked of each message. What is
        there already counts; `timeout` is in seconds.

        Raises:
            MissingMailError: they did not come; it is an AssertionError, and tells what came and
                the nearest miss.
            FakeError: it is called in the event loop in which the fake runs; `wait_for_async` is
                for that.
        """
        __tracebackhide__ = True
        if self._serving_loop is not None and is_running_here(self._serving_loop):
            raise FakeError(
                "nothing comes while the fake's own event loop waits: await fake.wait_for_async(…)"
            )
        wanted = WantedMail(to=to, from_=from_, subject=subject, text=text, where=where)
        end = monotonic() + timeout
        while True:
            # Not read under the lock, on which the fake's event loop would wait.
            there = list(self.messages)
            found = wanted.of(there)
            if len(found) >= n or not self._wait_for_more(len(there), end):
                return self._enough(n, found, wanted, timeout)

    async def wait_for_async(
        self,
        n: int = 1,
        *,
        to: Wording | None = None,
        from_: Wording | None = None,
        subject: Wording | None = None,
        text: Wording | None = None,
        where: Callable[[C], object] | None = None,
        timeout: float = 10.0,  # noqa: ASYNC109  # the same words as for threads
    ) -> list[C]:
        """As `wait_for`, in a coroutine of asyncio, in the fake's own event loop or another."""
        __tracebackhide__ = True
        wanted = WantedMail(to=to, from_=from_, subject=subject, text=text, where=where)
        loop, came = asyncio.get_running_loop(), asyncio.Event()

        def tell() -> None:
            with suppress(RuntimeError):  # whoever waited has gone, and the loop with it
                loop.call_soon_threadsafe(came.set)

        with self._came:
            self._hearers.append(tell)
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(timeout):
                    while len(wanted.of(self.messages)) < n:
                        await came.wait()
                        came.clear()
        finally:
            with self._came:
                self._hearers.remove(tell)
        return self._enough(n, wanted.of(self.messages), wanted, timeout)

    def _wait_for_more(self, than: int, end: float) -> bool:
        """Wait until there are more messages; False: the time was over before."""
        with self._came:
            while len(self._messages) <= than:
                if (left := end - monotonic()) <= 0:
                    return False
                self._came.wait(left)
        return True

    def _enough(self, n: int, found: list[C], wanted: WantedMail, timeout: float) -> list[C]:
        __tracebackhide__ = True
        if len(found) < n:
            raise MissingMailError(wanted.complaint(n, self.messages, timeout))
        return found

    @contextmanager
    def _in_this_loop(self) -> Iterator[None]:
        """Within, what takes mail runs in this event loop."""
        self._serving_loop = asyncio.get_running_loop()
        try:
            yield
        finally:
            self._serving_loop = None

    def _in_its_loop(self, do: Callable[[], None]) -> None:
        """Call something where nothing else happens meanwhile."""
        loop = self._serving_loop
        if loop is None or is_running_here(loop):
            do()
            return
        done: Future[None] = Future()

        def call() -> None:
            try:
                do()
            except BaseException as error:  # noqa: BLE001  # it is the caller's
                done.set_exception(error)
            else:
                done.set_result(None)

        loop.call_soon_threadsafe(call)
        done.result()

    def _forget(self) -> None:
        """Forget what was taken, and who looked at it."""
        with self._came:
            self._messages = []
            self._was_looked_at = False

    def _tally(self) -> str:
        """How many messages there are, in words."""
        return f"{len(self._messages)} message{'' if len(self._messages) == 1 else 's'}"


def is_running_here(loop: asyncio.AbstractEventLoop) -> bool:
    """Whether this is called from inside that event loop."""
    try:
        return asyncio.get_running_loop() is loop
    except RuntimeError:
        return False


def in_words(words: dict[str, Any]) -> str:
    """The words of a constructor, as they are written there, the long ones shortened."""
    return "".join(f" {name}={reprlib.repr(value)}" for name, value in words.items())
