"""Keeping what a sender writes, within bounds, and finding its answer in it.

Pure: bytes in, values out. A sender that writes gigabytes costs its first and last 64 KiB, and
its answer is still found when it is the last line.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NoReturn

from .outcome import Output

KEPT_AT_EACH_END = 64 * 1024
LONGEST_ANSWER = 1024 * 1024

# Of a program's words that become a reason or an error message: the end tells most.
MOST_WORDS = 8 * 1024

# Of a line that is quoted in a sentence.
MOST_QUOTED = 1000

_BOM = b"\xef\xbb\xbf"


class Ends:
    """The first and the last bytes of a stream."""

    def __init__(self, *, kept: int = KEPT_AT_EACH_END) -> None:
        self._kept = kept
        self._head = bytearray()
        self._tail = bytearray()
        self._left_out = 0

    def feed(self, data: bytes) -> None:
        """Take the next bytes."""
        room = self._kept - len(self._head)
        self._head += data[:room]
        self._tail += data[room:]
        # Cut only now and then: cutting at each piece would move 64 KiB for each of them.
        if len(self._tail) > 2 * self._kept:
            self._cut()

    def _cut(self) -> None:
        surplus = max(len(self._tail) - self._kept, 0)
        del self._tail[:surplus]
        self._left_out += surplus

    @property
    def truncated(self) -> bool:
        """Whether anything was left out."""
        return self._left_out + len(self._tail) > self._kept

    def content(self) -> bytes:
        """What was kept, with a line in between that says how much was not."""
        self._cut()
        if not self._left_out:
            return bytes(self._head + self._tail)
        gap = b"\n[... %d bytes left out ...]\n" % self._left_out
        return bytes(self._head) + gap + bytes(self._tail)


class Lines:
    """Cuts a stream into lines, and hands on those that may be a JSON object."""

    def __init__(self, take: Callable[[bytes], None], *, longest: int = LONGEST_ANSWER) -> None:
        self._take = take
        self._longest = longest
        self._rest = bytearray()
        self._skipping = False

    def feed(self, data: bytes) -> None:
        """Take the next bytes."""
        first, newline, after = data.partition(b"\n")
        self._extend(first)
        if not newline:
            return
        self._end_line()
        body, newline, rest = after.rpartition(b"\n")
        # A flood of lines without a brace is not worth splitting.
        if newline and b"{" in body:
            for line in body.split(b"\n"):
                self._offer(line)
        self._extend(rest)

    def end(self) -> None:
        """The stream has ended: what is left is a line too."""
        self._end_line()

    def _extend(self, piece: bytes) -> None:
        if self._skipping:
            return
        if len(self._rest) + len(piece) > self._longest:
            self._rest, self._skipping = bytearray(), True
            return
        self._rest += piece

    def _end_line(self) -> None:
        line, self._rest = self._rest, bytearray()
        if not self._skipping:
            self._offer(bytes(line))
        self._skipping = False

    def _offer(self, line: bytes) -> None:
        if b"{" in line and len(line) <= self._longest:
            self._take(line)


def answer_keys(action: object) -> tuple[str, ...]:
    """The keys that make a JSON object an answer to `action`, the more telling one first."""
    match action:
        case "describe":
            return ("features", "status")
        case "deliveries":
            return ("deliveries", "status")
        case _:
            return ("status",)


class AnswerSearch:
    """Remembers the last line that is an answer to `action`."""

    def __init__(self, action: object) -> None:
        self._keys = answer_keys(action)
        self._last: dict[str, dict[str, Any]] = {}

    def look(self, line: bytes) -> None:
        """Take the next line."""
        document = json_object(line)
        for key in self._keys:
            if document is not None and key in document:
                self._last[key] = document
                return

    @property
    def found(self) -> dict[str, Any] | None:
        """The answer so far; an object with the telling key is preferred to a later one without."""
        return next((self._last[key] for key in self._keys if key in self._last), None)


def json_object(line: bytes) -> dict[str, Any] | None:
    """The JSON object that a line consists of; None when it is anything else."""
    text = line.strip().removeprefix(_BOM).strip()
    if not (text.startswith(b"{") and text.endswith(b"}")):
        return None
    try:
        document = json.loads(text.decode("utf-8", "replace"), parse_constant=_refuse)
        if b"\\u" in text:
            document = _without_lone_surrogates(document)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _without_lone_surrogates(document: Any) -> Any:
    """Half a character, escaped, is valid JSON, and would break whoever writes it down later."""
    text = json.dumps(document, ensure_ascii=False)
    return json.loads(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))


def why_no_answer(output: Output, action: object) -> str:
    """What is wrong with `output`, which holds no answer to `action`."""
    keys = " or ".join(f"`{key}`" for key in answer_keys(action))
    if not output.stdout.strip():
        return "stdout is empty"
    document = json_object(output.stdout)
    if document is None:
        return f"no line of stdout is a JSON object with {keys}"
    if any(key in document for key in answer_keys(action)):
        return "stdout is JSON spread over several lines, and an answer is one line"
    return f"stdout is a JSON object without {keys}"


def why_still_no_answer(output: Output, action: object) -> str:
    """What is wrong with what a program wrote that stays up; empty when it wrote nothing."""
    said = output.stdout.strip()
    if not said:
        return ""
    ended = output.stdout.endswith(b"\n")
    why = why_no_answer(output, action) if ended else "an answer ends with a line feed"
    last = said.rpartition(b"\n")[2]
    # Where something was left out, the last line may begin in the middle of a secret.
    line = "a line" if output.truncated else f'"{_beginning(last)}"'
    return f"it wrote {line}, which is no answer: {why}"


def _beginning(line: bytes) -> str:
    """The first words of a line. What is cut through would not be known for a secret."""
    text = line.decode("utf-8", "replace").strip()
    if len(text) <= MOST_QUOTED:
        return text
    return f"{text[:MOST_QUOTED].rpartition(' ')[0]} …".strip()


def words_of(data: bytes) -> str:
    """The end of what a program wrote, as text."""
    return data[-MOST_WORDS:].decode("utf-8", "replace").strip()
