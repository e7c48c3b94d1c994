"""What follows from an attempt: another one, and when, or an end, and in which words."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Any

from harness.protocol import ErrorClass, Message, Phase
from harness.reference.courier.options import CourierOptions
from harness.reference.courier.schedule import gap, iso, seconds_asked
from harness.reference.failure import DeliveryError


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """One attempt as the log has it. Without phase and class it succeeded.

    `at` is in seconds since 1970, `host` as it was configured. No secret is in the words.
    """

    at: float
    phase: str | None = None
    class_: str | None = None
    reply_code: int | None = None
    enhanced_code: str | None = None
    http_status: int | None = None
    host: str | None = None
    words: str | None = None
    queue_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A message that one worker has for itself.

    `unique` and `date` make its bytes the same each time. `pending` are the recipients whom it is
    still for, `attempts` counts the one that begins now; `taken`: some other recipient has it.
    """

    row: int
    token: str
    message_id: str
    message: Message
    unique: str
    date: str
    pending: tuple[str, ...]
    attempts: int
    expires_at: float
    taken: bool = False
    held: bool = False
    is_test: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What came of an attempt: who is to be tried again, and whether anybody has the message.

    `failure` is None where the server took it; `reply` is then its last word.
    """

    entry: LogEntry
    again: tuple[str, ...] = ()
    taken: bool = False
    retry_after: str | None = None
    failure: DeliveryError | None = None
    reply: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a message is from now on, and what the log gets. `counts`: this was an attempt."""

    state: str
    pending: tuple[str, ...]
    due_at: float
    taken: bool
    held: bool = False
    counts: bool = True
    copied: bool = False
    entry: LogEntry | None

    def document(self) -> dict[str, Any]:
        """As JSON-ready data."""
        return asdict(self)

    @classmethod
    def read(cls, document: dict[str, Any]) -> Decision:
        """The reverse of `document`."""
        entry = document["entry"]
        return cls(
            **{
                **document,
                "pending": tuple(document["pending"]),
                "entry": None if entry is None else LogEntry(**entry),
            }
        )


def decide(claim: Claim, tried: Tried, *, options: CourierOptions, now: float) -> Decision:
    """What follows from an attempt that ended now."""
    taken = claim.taken or tried.taken
    if not tried.again or claim.is_test:
        return _ended(tried.entry, taken=taken, now=now)
    wait = gap(options, attempts=claim.attempts, key=claim.message_id)
    due_at = now + max(wait, seconds_asked(tried.retry_after, now=now))
    end = _end(claim.attempts, claim.expires_at, due_at, options)
    if end is not None:
        return _ended(_with_words(tried.entry, end), taken=taken, now=now)
    return Decision(
        state="queued", pending=tried.again, due_at=due_at, taken=taken, entry=tried.entry
    )


def hold(claim: Claim, why: DeliveryError, *, options: CourierOptions, now: float) -> Decision:
    """There is no provider to send it by: it stays, and that is no attempt. It is told once."""
    entry = LogEntry(
        at=now,
        phase=Phase.CONFIG.value,
        class_=ErrorClass.CONFIG_INVALID.value,
        words=f"not sent yet: {why}",
    )
    return Decision(
        state="queued",
        pending=claim.pending,
        due_at=min(now + options.first_retry, claim.expires_at),
        taken=claim.taken,
        held=True,
        counts=False,
        entry=None if claim.held else entry,
    )


def expire(claim: Claim, *, now: float) -> Decision:
    """Its time is over: it is not sent late."""
    words = f"not sent any more: the message expired at {iso(claim.expires_at)}"
    entry = LogEntry(at=now, phase=Phase.MESSAGE.value, words=words)
    return replace(_ended(entry, taken=claim.taken, now=now), counts=False)


def unreadable(*, now: float) -> Decision:
    """What the queue holds of it is no message."""
    words = "given up: what the queue holds of this message cannot be read"
    entry = LogEntry(at=now, phase=Phase.MESSAGE.value, words=words)
    return _ended(entry, taken=False, now=now)


def after_death(
    claim: Claim, *, handed: bool, copied: bool, options: CourierOptions, now: float
) -> Decision:
    """What becomes of a message whose worker died over it.

    Before the end of the message went out, nobody has it. After that nobody knows: it is sent once
    more, with the same Message-ID, and told as what may be a second copy (RFC 1047), and then never
    again.
    """
    goes_on = not claim.is_test and claim.attempts <= options.most_retries
    if handed:
        said = "the worker was gone when the message was handed over, before the answer came: "
        goes_on = goes_on and not copied
        more = (
            "it is sent once more, with the same Message-ID, and may be a second copy (RFC 1047)"
            if goes_on
            else "it may have arrived, and is not sent again"
        )
        phase, class_ = Phase.END_OF_DATA, ErrorClass.OUTCOME_UNKNOWN
    else:
        said = "the worker was gone during the attempt, before the message was handed over: "
        more = "it is sent again" if goes_on else f"given up after {_count(claim.attempts)}"
        phase, class_ = Phase.DATA, ErrorClass.CONNECTION_LOST
    entry = LogEntry(at=now, phase=phase.value, class_=class_.value, words=said + more)
    if not goes_on:
        return _ended(entry, taken=claim.taken, now=now)
    return Decision(
        state="queued",
        pending=claim.pending,
        due_at=now,
        taken=claim.taken,
        copied=copied or handed,
        entry=entry,
    )


def _ended(entry: LogEntry, *, taken: bool, now: float) -> Decision:
    state = "sent" if taken else "abandoned"
    return Decision(state=state, pending=(), due_at=now, taken=taken, entry=entry)


def _end(attempts: int, expires_at: float, due_at: float, options: CourierOptions) -> str | None:
    """Why there is no further attempt; None where there is one."""
    if attempts > options.most_retries:
        return f"given up after {_count(attempts)}"
    if due_at >= expires_at:
        return (
            f"given up after {_count(attempts)}: the next would be at {iso(due_at)}, "
            f"and the message expires at {iso(expires_at)}"
        )
    return None


def _count(attempts: int) -> str:
    return "1 attempt" if attempts == 1 else f"{attempts} attempts"


def _with_words(entry: LogEntry, more: str) -> LogEntry:
    return replace(entry, words=f"{entry.words}; {more}" if entry.words else more)
