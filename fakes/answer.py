"""One answer on its way out, octet by octet: when is it whole, and what does it say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class OutgoingAnswer:
    """What has left of the answer to one command or request.

    `status_of` gives the status of the whole answer that some octets begin with, None as long as
    it is not whole. `when_whole` is told that status and the octets, once, when the last octet of
    the answer has left; what follows is no part of it.
    """

    status_of: Callable[[bytes], int | None]
    when_whole: Callable[[int, bytes], None]
    octets: bytearray = field(default_factory=bytearray)
    status: int | None = None

    def left(self, data: bytes) -> None:
        """Take note of octets that have left."""
        if self.status is not None:
            return
        self.octets += data
        octets = bytes(self.octets)
        self.status = self.status_of(octets)
        if self.status is not None:
            self.when_whole(self.status, octets)
