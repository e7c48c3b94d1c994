"""SMTP replies, read without I/O: octets go in, replies come out."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

# RFC 5321 asks for 512 octets a line. What a server sends beyond these is no reply.
LONGEST_REPLY = 64 * 1024
MOST_LINES = 512

_LINE = re.compile(rb"([1-5][0-9][0-9])(?:([ -])(.*))?", re.DOTALL)
_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?=\s|$)")


class ReplyError(Exception):
    """What the server sent is no reply. `words` is what it sent, for people."""

    def __init__(self, reason: str, words: str = "") -> None:
        super().__init__(reason)
        self.words = words


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A reply code and the text of each line, as it came."""

    code: int
    lines: tuple[bytes, ...]

    @property
    def text(self) -> str:
        """All lines as text."""
        return "\n".join(line.decode(errors="replace") for line in self.lines)

    @property
    def positive(self) -> bool:
        """Whether the first digit says that it is done."""
        return self.code // 100 == 2

    @property
    def temporary(self) -> bool:
        """Whether the first digit says that a later attempt may succeed."""
        return self.code // 100 == 4

    @property
    def enhanced_code(self) -> str | None:
        """The enhanced status code at the start of the text, whatever it contradicts."""
        match = _ENHANCED.match(self.text)
        return match[1] if match else None


class ReplyReader:
    """Collects octets until they make a reply.

    Lines may end in CRLF or in a bare LF. What is a code, but of a digit that nobody knows, is a
    reply; a code that changes from one line to the next is none.
    """

    def __init__(self) -> None:
        self._octets = bytearray()
        self._lines: list[bytes] = []
        self._code: bytes | None = None
        self._size = 0

    @property
    def waiting(self) -> bytes:
        """The octets that belong to no complete line yet."""
        return bytes(self._octets)

    @property
    def empty(self) -> bool:
        """Whether nothing has come since the last complete reply."""
        return not self._octets and not self._lines

    @property
    def words(self) -> str:
        """What has come of a reply that is not complete, for people."""
        lines = [(self._code or b"") + b" " + line for line in self._lines]
        return b"\n".join([*lines, *([bytes(self._octets)] if self._octets else [])]).decode(
            errors="replace"
        )

    def feed(self, octets: bytes) -> None:
        """Take what came off the wire."""
        self._octets += octets

    def next_reply(self) -> Reply | None:
        """The next complete reply, or None as long as there is none.

        Raises `ReplyError` for what is no reply or has no end.
        """
        while (end := self._octets.find(b"\n")) >= 0:
            line = bytes(self._octets[:end]).removesuffix(b"\r")
            self._check_size(end + 1)
            del self._octets[: end + 1]
            reply = self._take(line)
            if reply is not None:
                return reply
        self._check_size(len(self._octets), keep=False)
        return None

    def _check_size(self, octets: int, *, keep: bool = True) -> None:
        if self._size + octets > LONGEST_REPLY or len(self._lines) >= MOST_LINES:
            raise ReplyError("it has no end", self.words[:200])
        if keep:
            self._size += octets

    def _take(self, line: bytes) -> Reply | None:
        match = _LINE.fullmatch(line)
        if match is None:
            raise ReplyError("it has no reply code", line.decode(errors="replace")[:200])
        code, mark, text = match.groups()
        if self._code is not None and code != self._code:
            words = f"{self.words}\n{line.decode(errors='replace')}" if self._lines else ""
            raise ReplyError("its code changes from one line to the next", words.strip())
        self._code = code
        self._lines.append(text or b"")
        if mark == b"-":
            return None
        reply = Reply(code=int(code), lines=tuple(self._lines))
        self._lines, self._code, self._size = [], None, 0
        return reply


def printable(text: str) -> str:
    r"""Text off the wire for people: controls and marks that reorder are shown as `\x1b`."""
    return "".join(
        char
        if char == "\n" or unicodedata.category(char) not in ("Cc", "Cf", "Zl", "Zp", "Cs")
        else char.encode("unicode_escape", "surrogatepass").decode()
        for char in text
    )
