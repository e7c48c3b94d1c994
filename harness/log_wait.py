"""Waiting for what a sender's delivery log says, instead of sleeping, and within a bound.

A sender may hand a message to a queue and send it later. What it says of it then is in its log.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from harness.checks.handed_over import entries_of
from harness.checks.log_entries import as_error, last_failure
from harness.checks.record import SendRecord
from harness.delivery_protocol import DeliveriesRequest, DeliveryEntry
from harness.protocol import Answer
from harness.senders.base import Sender
from harness.senders.of_state import deliveries
from harness.senders.outcome import Outcome, Replied

Until = Literal["final", "tried", "tried again", "quiet", "now"]

# The first pause between two looks, by how much each is longer than the one before, and the last.
_FIRST_PAUSE, _LONGER, _LONGEST_PAUSE = 0.02, 1.5, 0.5
_TRIED_AGAIN = 3
# How long a log is the same until it is called quiet, in time-outs of the sender.
_QUIET = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What came of looking at a log until it said enough. `entries` None: it gave no log."""

    outcome: Outcome
    entries: tuple[DeliveryEntry, ...] | None
    rested: bool
    limit: float
    taken_at: float
    seen: tuple[tuple[int, tuple[DeliveryEntry, ...]], ...] = ()


@dataclass(slots=True, kw_only=True)
class DeliveryLog:
    """The log of a sender, as far as it is about one case.

    `settled` lets the fakes come to their last octets, and gives the number of the last event.
    """

    sender: Sender
    case: str
    timeout: float
    settled: Callable[[], Awaitable[int]]
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    _before: Counter[DeliveryEntry] = field(default_factory=Counter)

    async def forget_what_is_there(self) -> None:
        """Take no notice of entries that are in it already: they are of other cases."""
        _, entries = await self._read()
        self._before = Counter(entries or ())

    async def wait(self, sends: Sequence[SendRecord], until: Until) -> Looked:
        """Look until the log says of each of these messages what is waited for."""
        clock = asyncio.get_running_loop().time
        limit = self.sender.delivery_limit(self.timeout)
        end = clock() + limit
        pause = _FIRST_PAUSE
        seen: list[tuple[int, tuple[DeliveryEntry, ...]]] = []
        changed = clock()
        while True:
            outcome, entries = await self._read()
            number = await self.settled()
            if entries is None:
                break
            if not seen or seen[-1][1] != entries:
                seen.append((number, entries))
                changed = clock()
            if until == "quiet" and clock() >= changed + self.timeout * _QUIET:
                break
            if _is_enough(entries, sends, until) or clock() >= end:
                break
            await asyncio.sleep(min(pause, max(0.0, end - clock())))
            pause = min(pause * _LONGER, _LONGEST_PAUSE)
        return Looked(
            outcome=outcome,
            entries=entries,
            rested=entries is None or until == "quiet" or _is_enough(entries, sends, until),
            limit=limit,
            taken_at=self.now().timestamp(),
            seen=tuple(seen),
        )

    async def _read(self) -> tuple[Outcome, tuple[DeliveryEntry, ...] | None]:
        request = DeliveriesRequest(case=self.case)
        outcome, entries = await deliveries(
            self.sender, request, limit=self.sender.limit_for(self.timeout)
        )
        if entries is None:
            return outcome, None
        return outcome, tuple(_without(entries, self._before))


def _without(
    entries: Sequence[DeliveryEntry], before: Mapping[DeliveryEntry, int]
) -> Iterator[DeliveryEntry]:
    """The entries that were not there before, though some of those may look alike."""
    names = {each.message_id for each in before if each.message_id}
    left = Counter(before)
    for each in entries:
        if left[each] > 0:
            left[each] -= 1
        elif each.message_id not in names:
            yield each


def _is_enough(entries: Sequence[DeliveryEntry], sends: Sequence[SendRecord], until: Until) -> bool:
    return until == "now" or all(
        (found := entries_of(send, entries)) and all(_has_come(each, until) for each in found)
        for send in sends
        if send.answer is not None and send.answer.status != "failed"
    )


def _has_come(entry: DeliveryEntry, until: Until) -> bool:
    if entry.is_final or until == "final":
        return entry.is_final
    return len(entry.attempts or ()) >= (_TRIED_AGAIN if until == "tried again" else 1)


def answer_by_the_log(queued: Answer, send: SendRecord, looked: Looked) -> Answer | None:
    """What a sender that queued a message says of it in the end, as the answer to the send.

    A message that is tried again is not sent; one of which there is nothing to say has no answer.
    """
    found = entries_of(send, looked.entries or ())
    if not found or not isinstance(looked.outcome, Replied):
        return None
    worst = next((each for each in found if each.state != "sent"), found[-1])
    attempts = worst.attempts or ()
    plain: dict[str, object] = {"message_id": queued.message_id, "provider_id": queued.provider_id}
    if worst.attempts is not None:
        plain["attempts"] = len(attempts)
    if worst.state == "sent":
        return queued.model_copy(update={"status": "sent", **plain})
    failure = last_failure(worst)
    if failure is None and not worst.is_final:
        return None
    error = as_error(failure) if failure is not None else None
    return queued.model_copy(update={"status": "failed", "error": error, **plain})
