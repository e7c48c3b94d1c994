"""What only HTTP has: requests and responses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

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


def decision(served: Served, status: int) -> Iterator[Fact]:
    """What an answer with this status means once it has left whole: taken, and refused."""
    if status < 300 and served.messages:
        yield Acknowledged(messages=served.messages, answer=f"HTTP {status}")
    for address, words in served.refused:
        yield RecipientRefused(address=address, code=status, words=words)
