"""A message body as it comes in: where does it end, and is it too big."""

from __future__ import annotations

_END = b"\r\n.\r\n"
_LAST_LINE = b".\r\n"


class BodyReader:
    """Takes the octets behind 354, in whatever pieces they come, up to the final dot line.

    `size_limit`: octets that the message may have, without the dots of dot-stuffing (RFC 1870
    section 3 counts neither them nor the final dot line). Beyond it octets are counted, but not
    kept. `octets` counts what was taken, on the wire.
    """

    def __init__(self, *, size_limit: int) -> None:
        self._size_limit = size_limit
        # A stuffed line has no less than three octets of its own: one in four is a dot at most.
        self._keep = size_limit * 4 // 3 + len(_END)
        self._pieces: list[bytes] = []
        self._kept = 0
        self._before = b"\r\n"  # the line end of DATA: a body may begin with its end
        self._trimmed = False
        self.octets = 0
        self.complete = False

    def feed(self, data: bytes) -> int:
        """Take octets; how many of them belong to the body and its end."""
        window = self._before + data
        end = window.find(_END)
        self.complete = end >= 0
        taken = end + len(_END) - len(self._before) if self.complete else len(data)
        self._before = window[: len(self._before) + taken][1 - len(_END) :]
        self.octets += taken
        piece = data[: min(taken, self._keep - self._kept)]
        self._pieces.append(piece)
        self._kept += len(piece)
        return taken

    @property
    def data(self) -> bytes:
        """What was kept: all of it where it is not too big; without the final dot line."""
        kept = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        if self.complete and self._kept == self.octets and not self._trimmed:
            kept, self._trimmed = kept.removesuffix(_LAST_LINE), True
        # Record and message hold the same object, once.
        self._pieces = [kept]
        return kept

    @property
    def too_big(self) -> bool:
        """Whether the message has more octets than it may."""
        if self.octets > self._keep:
            return True
        data = self.data
        return len(data) - data.count(b"\r\n.") - data.startswith(b".") > self._size_limit
