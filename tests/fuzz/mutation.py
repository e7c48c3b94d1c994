"""What comes in: something sound with a few changes, in pieces of any size."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path

from hypothesis import strategies as st

CORPUS = Path(__file__).parent / "corpus"

# What parsers count, delimit and escape with, whoever's they are.
ODDITIES = (
    b"\r\n", b"\n", b"\r", b"\0", b" ", b"\t", b".", b"..", b"\r\n.\r\n", b"\xff", b"\xc3\xa9",
    b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\x1b[2J", b"%00", b"%", b"%ff", b'"', b"'", b"\\", b"<",
    b">", b"{", b"}", b"{{", b"[", b"]", b":", b"@", b"#", b"?", b"&", b"=", b"/", b"-1", b"0",
    b"1e999", b"9" * 25, b"null", b"true", b"\\ud83d", b"A" * 600,
)  # fmt: skip

_EDITS = ("insert", "delete", "repeat", "replace", "flip", "cut", "join")


def corpus(folder: str, pattern: str = "*") -> list[bytes]:
    """The files of a part of the corpus."""
    found = [file.read_bytes() for file in sorted((CORPUS / folder).glob(pattern))]
    assert found, folder
    return found


@st.composite
def mutated(
    draw: st.DrawFn, whole: Sequence[bytes], words: Sequence[bytes] = (), *, edits: int = 4
) -> bytes:
    """One of `whole` with up to so many changes; `words` are what else may be put in."""
    data = draw(st.sampled_from(whole))
    piece = st.sampled_from((*words, *ODDITIES)) | st.binary(max_size=12)
    for _ in range(draw(st.integers(0, edits))):
        kind = draw(st.sampled_from(_EDITS))
        at, end = sorted(draw(st.tuples(*[st.integers(0, len(data))] * 2)))
        end = min(end, at + 200) if kind in {"delete", "repeat"} else at + 1
        data = _edited(data, kind, at, end, draw(piece), draw(st.sampled_from(whole)))
    return data


def _edited(data: bytes, kind: str, at: int, end: int, piece: bytes, other: bytes) -> bytes:
    match kind:
        case "insert":
            return data[:at] + piece + data[at:]
        case "delete":
            return data[:at] + data[end:]
        case "repeat":
            return data[:at] + data[at:end] * 3 + data[end:]
        case "replace":
            return data[:at] + piece + data[at + len(piece) :]
        case "flip":
            return data[:at] + bytes(octet ^ 0x20 for octet in data[at:end]) + data[end:]
        case "cut":
            return data[:at]
    return data[:at] + other


def text_of(data: bytes) -> str:
    """Octets as the text that they are, or nearly."""
    return data.decode("utf-8", "replace")


def pieces_of(data: bytes, places: Sequence[int]) -> list[bytes]:
    """The octets cut at these places."""
    bounds = [0, *sorted({place % (len(data) + 1) for place in places}), len(data)]
    return [data[start:end] for start, end in itertools.pairwise(bounds)]


cuts = st.lists(st.integers(0, 4000), max_size=6)
turns = st.lists(st.integers(0, 3), min_size=1, max_size=4).map(tuple)
