"""What only HTTP has: requests and responses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..marks import Mark
from ..transcript import Acknowledged, Carried, Fact, RecipientRefused
from .exchange import Request, Response, Served


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequested(Fact):
    """A whole HTTP request came in."""

    request: Request
    secure: bool

    @property
    def octets(self) -> int:
        """Those of its body."""
        return len(self.request.body)

    @property
    def carried(self) -> tuple[Carried, ...]:
        """Its head, as parsed, and its body."""
        head = Carried(data=self.request.head, is_content=False)
        if not self.request.body:
            return (head,)
        return (head, Carried(data=self.request.body, is_content=True))

    @property
    def disclosed(self) -> str | None:
        """Its body, whatever is in it."""
        return "the content of a request" if self.request.body else None


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpResponded(Fact):
    """An HTTP response went out. How well it is known that the vendor answers so is in it.

    `shaped_by` is the fault that had a hand in it, in its own words; what it let out, octet by
    octet, is in `Sent` then. `whole`: the last octet of it left.
    """

    response: Response
    secure: bool
    shaped_by: str | None = None
    whole: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookPosted(Fact):
    """A vendor told of an event, and what the handler answered.

    `event` is one of `MailEvent`. `status` and `answer` are the handler's; where there was no
    answer they are None and empty, and `problem` says why. `mark` and `source` say how well it is
    known that the vendor posts so.
    """

    event: str
    recipient: str
    request: Request
    status: int | None
    answer: bytes = b""
    problem: str | None = None
    mark: Mark
    source: str

    @property
    def ok(self) -> bool:
        """Whether the handler took it: the status is 2xx."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def body(self) -> bytes:
        """What was posted."""
        return self.request.body

    @property
    def octets(self) -> int:
        """Those that were posted, and those of the answer."""
        return len(self.request.body) + len(self.answer)


def decision(served: Served, status: int) -> Iterator[Fact]:
    """What an answer with this status means once it has left whole: taken, and refused."""
    if status < 300 and served.messages:
        yield Acknowledged(messages=served.messages, answer=f"HTTP {status}")
    for address, words in served.refused:
        yield RecipientRefused(address=address, code=status, words=words)
