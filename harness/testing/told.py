"""What a fake has on record, as lines for a person, with its secrets hidden."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from harness.conversation import conversation
from harness.fakes.fake import Fake
from harness.fakes.http.facts import HttpRequested
from harness.fakes.message import Captured
from harness.fakes.smtp.facts import AuthResponse, Command
from harness.fakes.transcript import Body, Broke, MessageCaptured, Received
from harness.secrets import Secrets
from harness.testing.fixtures import FakeFixture

_MOST_LINES = 200
# What is made of octets that came in.
_READ = (AuthResponse, Body, Command, HttpRequested)


def doors(fake: Fake[Any] | FakeFixture) -> Iterator[Fake[Any]]:
    """A fake, and its SMTP service where somebody has asked for that."""
    if isinstance(fake, FakeFixture):
        fake = fake.default
    yield fake
    service = getattr(fake, "_submission_server", None)
    if service is not None:
        yield service


def secrets_of(fake: Fake[Any] | FakeFixture) -> Secrets:
    """Passwords and keys of a fake and its SMTP service, by what they are."""
    values: dict[str, str] = {}
    for door in doors(fake):
        held = getattr(door, "credentials", None)
        if isinstance(held, Mapping):
            values |= held
        elif held is not None:
            values["password"] = held.password
    return Secrets(values)


def told(fake: Fake[Any], *, marked: Collection[int] = ()) -> str:
    """The conversation, the last lines of a long one; `marked` events have a sign before them."""
    signed = _lines_of(fake, marked)
    lines = [
        f"{'>' if number in signed else ' '} {line}"
        for number, line in conversation(fake.transcript, secrets_of(fake))
    ]
    left_out = len(lines) - _MOST_LINES
    above = [f"  … {left_out} lines before"] if left_out > 0 else []
    return "\n".join([*above, *lines[-_MOST_LINES:]])


def _lines_of(fake: Fake[Any], marked: Collection[int]) -> set[int]:
    """The events whose lines show these; octets that came in are shown as what was made of them."""
    signed = set(marked)
    is_marked: dict[int, bool] = {}
    for event in fake.transcript:
        if isinstance(event.fact, Received):
            is_marked[event.connection] = event.number in marked
        elif isinstance(event.fact, _READ) and is_marked.get(event.connection):
            signed.add(event.number)
    return signed


def with_messages(fake: Fake[Any]) -> str:
    """The conversation, and below it the messages that were taken."""
    taken = [f"  message {number}: {message!r}" for number, message in enumerate(fake._messages)]  # noqa: SLF001  # showing them is not looking at them
    return "\n".join([told(fake), *taken])


def taken_by(fake: Fake[Any]) -> list[Captured]:
    """What a fake and its SMTP service have taken, in order; this is not looking at it."""
    return [fact.message for _, fact in fake.transcript.of(MessageCaptured)]


def broken(fake: Fake[Any]) -> Iterator[str]:
    """How a fake failed, which is nobody's fault but its own."""
    for event, fact in fake.transcript.of(Broke):
        yield f"the fake itself broke on connection {event.connection}: {fact.error}"


def unused_faults(fake: Fake[Any]) -> Iterator[str]:
    """The faults that were to act, and never did."""
    for door in doors(fake):
        for fault in door.plan.pending:
            words = fault.model_dump(mode="json", exclude_unset=True)
            yield f"a fault never acted: {words | words.pop('action', {})}"


def unseen_mail(fake: Fake[Any]) -> Iterator[str]:
    """That mail was taken at which nobody looked."""
    if all(door.unseen for door in doors(fake)):
        yield f"nobody looked at what it took: {fake._messages[:10]!r}"  # noqa: SLF001  # as above
