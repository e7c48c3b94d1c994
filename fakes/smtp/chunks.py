"""A message that comes in chunks, by BDAT (RFC 3030 section 2)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

# RFC 3030 section 2 has twenty digits for the size of a chunk.
_ARGUMENT = re.compile(r"(?P<size>[0-9]{1,20})(?P<last> +LAST)? *", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkHead:
    """What stands behind BDAT: how many octets follow, and whether they are the last ones."""

    size: int
    is_last: bool


def chunk_head(argument: str | None) -> ChunkHead | None:
    """Read it; None where it makes no sense, so that nobody knows how many octets follow."""
    match = _ARGUMENT.fullmatch(argument or "")
    return match and ChunkHead(size=int(match["size"]), is_last=match["last"] is not None)


@dataclass(slots=True)
class Chunks:
    """The chunks of one transaction: how many have begun, and the octets that came.

    `refused`: one of them was not taken, so that no other one is until RSET.
    """

    begun: int = 0
    refused: bool = False
    data: bytearray = field(default_factory=bytearray)
    octets: int = 0

    def take(self, data: bytes, *, limit: int) -> None:
        """Octets of a chunk. Beyond the limit they are counted, and not kept."""
        self.octets += len(data)
        self.data += data[: max(0, limit - len(self.data))]

    def stuffed(self) -> bytes:
        """The message as DATA would have carried it, without the final dot line."""
        stuffed = bytes(self.data).replace(b"\r\n.", b"\r\n..")
        return b"." + stuffed if stuffed.startswith(b".") else stuffed
