"""Those who send: threads that take one message after the other from the queue."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from threading import Condition, Event, Thread

from harness.delivery_protocol import ConfigureRequest
from harness.fakes.clock import monotonic
from harness.protocol import ErrorClass, Phase
from harness.reference.courier.attempt import attempt
from harness.reference.courier.decision import (
    Claim,
    Decision,
    LogEntry,
    Tried,
    after_death,
    decide,
    expire,
    hold,
)
from harness.reference.courier.failures import LostLeaseError, QueueError
from harness.reference.courier.options import CourierOptions
from harness.reference.courier.queue import CourierQueue
from harness.reference.courier.settings import SettingsFile
from harness.reference.courier.unwritten import Unwritten
from harness.reference.failure import ConfigError, DeliveryError

# How soon a program sees what another one has left in their queue, in seconds.
_POLL = 1.0


class Workers:
    """The workers of one program. `clock` is in seconds since 1970."""

    def __init__(
        self,
        queue: CourierQueue,
        settings: SettingsFile,
        unwritten: Unwritten,
        *,
        options: CourierOptions,
        clock: Callable[[], float],
    ) -> None:
        self._queue = queue
        self._settings = settings
        self._unwritten = unwritten
        self._options = options
        self._clock = clock
        self._stopping = Event()
        self._condition = Condition()
        self._threads: list[Thread] = []

    def start(self) -> None:
        """Take up what was left, and work until `stop`. Raises `QueueError`."""
        self.look_after()
        names = [f"courier-{number}" for number in range(1, self._options.workers + 1)]
        self._threads = [Thread(target=self._work, name=name, daemon=True) for name in names]
        self._threads.append(Thread(target=self._keep, name="courier-keeper", daemon=True))
        for thread in self._threads:
            thread.start()

    def stop(self, *, patience: float) -> bool:
        """Begin nothing new, wait at most `patience` seconds; whether nothing is being done now."""
        self._stopping.set()
        self.wake()
        deadline = monotonic() + patience
        for thread in self._threads:
            thread.join(max(deadline - monotonic(), 0.0))
        return not any(thread.is_alive() for thread in self._threads)

    def wake(self) -> None:
        """There is something to do."""
        with self._condition:
            self._condition.notify_all()

    def look_after(self) -> None:
        """Renew leases, write what could not be written, and take up what others left.

        Raises:
            QueueError: the queue cannot be written.
        """
        self._queue.renew(now=self._clock())
        self._unwritten.write(self._queue)
        now = self._clock()

        def next_for(claim: Claim, handed: bool, copied: bool) -> Decision:
            return after_death(claim, handed=handed, copied=copied, options=self._options, now=now)

        if self._queue.take_over(next_for, now=now):
            self.wake()

    def work_once(self) -> bool:
        """Deal with the message whose turn it is; False if there is none. Raises `QueueError`."""
        claim = self._queue.claim(now=self._clock())
        if claim is None:
            return False
        try:
            self._finish(claim, self._dealt_with(claim))
        except LostLeaseError:
            self._queue.forget(claim.token)
        return True

    def send_now(self, claim: Claim, settings: ConfigureRequest) -> Tried:
        """One attempt for a caller who waits for it."""
        tried = self._tried(claim, settings)
        now = self._clock()
        self._finish(claim, decide(claim, tried, options=self._options, now=now))
        return tried

    def _dealt_with(self, claim: Claim) -> Decision:
        now = self._clock()
        if now >= claim.expires_at:
            return expire(claim, now=now)
        try:
            tried = self._tried(claim, self._settings.provider())
        except ConfigError as why:
            return hold(claim, why, options=self._options, now=self._clock())
        return decide(claim, tried, options=self._options, now=self._clock())

    def _tried(self, claim: Claim, settings: ConfigureRequest) -> Tried:
        is_handed = False

        def before_end() -> None:
            nonlocal is_handed
            self._queue.mark_handed(claim, now=self._clock())
            is_handed = True

        now = datetime.fromtimestamp(self._clock(), UTC)
        try:
            return attempt(claim, settings, clock=self._clock, now=now, before_end=before_end)
        except LostLeaseError:
            raise
        except QueueError as error:
            # What cannot be accounted for is not handed over.
            words = f"not handed over, because {error}"
        except Exception as error:  # noqa: BLE001  # one bad message must not stop the others
            traceback.print_exc(file=sys.stderr)
            words = f"a mistake in the courier itself ({type(error).__name__})"
        return self._broken(claim, _broken_off(words, is_handed=is_handed))

    def _broken(self, claim: Claim, failure: DeliveryError) -> Tried:
        entry = LogEntry(
            at=self._clock(),
            phase=failure.phase.value,
            class_=None if failure.class_ is None else failure.class_.value,
            words=str(failure),
        )
        again = claim.pending if failure.temporary else ()
        return Tried(entry=entry, again=again, failure=failure)

    def _finish(self, claim: Claim, decision: Decision) -> None:
        try:
            self._queue.finish(claim.row, claim.token, decision)
        except QueueError:
            self._unwritten.keep(claim.row, claim.token, decision)

    def _work(self) -> None:
        while not self._stopping.is_set():
            try:
                if not self.work_once():
                    self._wait()
            except QueueError:
                self._stopping.wait(_POLL)
            except Exception:  # noqa: BLE001  # a worker that ends is missed by every message
                traceback.print_exc(file=sys.stderr)
                self._stopping.wait(_POLL)

    def _wait(self) -> None:
        """Until the next message is due, somebody has one, or it is time to look."""
        with self._condition:
            if self._stopping.is_set():
                return
            due = self._queue.next_due()
            left = _POLL if due is None else min(max(due - self._clock(), 0.0), _POLL)
            self._condition.wait(left)

    def _keep(self) -> None:
        while not self._stopping.wait(min(self._options.lease / 3, _POLL)):
            with suppress(QueueError):
                self.look_after()


def _broken_off(words: str, *, is_handed: bool) -> DeliveryError:
    if not is_handed:
        return DeliveryError(words, phase=Phase.CONFIG, class_=None, temporary=True)
    return DeliveryError(
        f"{words}; not sent again, because it may have arrived",
        phase=Phase.END_OF_DATA,
        class_=ErrorClass.OUTCOME_UNKNOWN,
    )
