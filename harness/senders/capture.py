"""Keeping what a sender writes, within bounds, and finding its answer in it.

Pure: bytes in, values out. A sender that writes gigabytes costs its first and last 64 KiB, and
its answer is still found when it is the last line. Whatever it costs, no secret of the request is
cut through, and none that lay in what was left out goes unnoticed.
"""

from __future__ import annotations

from collections.abc import Callable

from harness.secrets import LONGEST_FORM, NO_SECRETS, Secrets

from .json_object import JsonObject, json_object
from .outcome import Output

KEPT_AT_EACH_END = 64 * 1024
LONGEST_ANSWER = 1024 * 1024

# Of what is left out, so much is searched for every form of a secret; what a flood has beyond that
# only for those that stand in it as they are.
SEARCHED_CLOSELY = 4 * 1024 * 1024

# Of a program's words that become a reason or an error message: the end tells most.
MOST_WORDS = 8 * 1024

# Of a line that is quoted in a sentence.
MOST_QUOTED = 1000


class Ends:
    """The first and the last bytes of a stream.

    `told` are the secrets of the request that is being answered. What is left out is searched for
    them, and a secret that a border would cut through is left out as a whole.
    """

    def __init__(self, *, kept: int = KEPT_AT_EACH_END, told: Secrets = NO_SECRETS) -> None:
        self.told = told
        self._kept = kept
        self._head = bytearray()
        self._tail = bytearray()
        self._left_out = 0
        # What stood around both borders, where a secret may lie on either side of one.
        self._after_head = b""
        self._before_tail = b""
        self._found: dict[str, None] = {}

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
        if not surplus:
            return
        before = self._before_tail if self._left_out else bytes(self._head[-LONGEST_FORM:])
        searched = before + bytes(self._tail[: surplus + LONGEST_FORM])
        closely = self._left_out < SEARCHED_CLOSELY
        self._found |= dict.fromkeys(self.told.found_in(searched, closely=closely))
        if len(self._after_head) < LONGEST_FORM:
            self._after_head = (self._after_head + bytes(self._tail[:surplus]))[:LONGEST_FORM]
        self._before_tail = (before + bytes(self._tail[:surplus]))[-LONGEST_FORM:]
        del self._tail[:surplus]
        self._left_out += surplus

    @property
    def truncated(self) -> bool:
        """Whether anything was left out."""
        return self._left_out + len(self._tail) > self._kept

    @property
    def found(self) -> tuple[str, ...]:
        """The names of the secrets that stood in what was left out, or reached into it."""
        self._cut()
        return tuple(self._found)

    def content(self) -> bytes:
        """What was kept, with a line in between that says how much was not."""
        self._cut()
        if not self._left_out:
            return bytes(self._head + self._tail)
        head = self._head[: self._before_a_secret()]
        tail = self._tail[self._after_a_secret() :]
        left_out = self._left_out + len(self._head) - len(head) + len(self._tail) - len(tail)
        return bytes(head) + b"\n[... %d bytes left out ...]\n" % left_out + bytes(tail)

    def _before_a_secret(self) -> int:
        """Where the head ends, or the secret begins that its end would cut through."""
        end, around = len(self._head), bytes(self._head[-LONGEST_FORM:])
        border = len(around)
        reaching = self._reaching(around + (self._after_head + bytes(self._tail)), border)
        return end - border + min([border, *(start for start, _ in reaching)])

    def _after_a_secret(self) -> int:
        """Where the tail begins, or the secret ends that its beginning would cut through."""
        border = len(self._before_tail)
        reaching = self._reaching(self._before_tail + bytes(self._tail[:LONGEST_FORM]), border)
        return max([border, *(end for _, end in reaching)]) - border

    def _reaching(self, data: bytes, border: int) -> list[tuple[int, int]]:
        spans = self.told.spans(data[: border + LONGEST_FORM])
        return [(span.start, span.end) for span in spans if span.start < border < span.end]


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
        case "state":
            return ("settings", "status")
        case _:
            return ("status",)


class AnswerSearch:
    """Remembers the last line that is an answer to `action`."""

    def __init__(self, action: object) -> None:
        self._keys = answer_keys(action)
        self._last: dict[str, JsonObject] = {}

    def look(self, line: bytes) -> None:
        """Take the next line."""
        read = json_object(line)
        for key in self._keys:
            if read is not None and key in read.document:
                self._last[key] = read
                return

    @property
    def found(self) -> JsonObject | None:
        """The answer so far; an object with the telling key is preferred to a later one without."""
        return next((self._last[key] for key in self._keys if key in self._last), None)


def why_no_answer(output: Output, action: object) -> str:
    """What is wrong with `output`, which holds no answer to `action`."""
    keys = " or ".join(f"`{key}`" for key in answer_keys(action))
    if not output.stdout.strip():
        return "stdout is empty"
    read = json_object(output.stdout)
    if read is None:
        return f"no line of stdout is a JSON object with {keys}"
    if any(key in read.document for key in answer_keys(action)):
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


def words_of(data: bytes, told: Secrets = NO_SECRETS) -> str:
    """The end of what a program wrote, as text. Where it is cut, `told` is hidden before."""
    if len(data) > MOST_WORDS:
        data = told.redact(data)[-MOST_WORDS:]
    return data.decode("utf-8", "replace").strip()
