"""The replies of one session, and what the faults make of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from ..connection import Connection
from ..fault_injector import FaultInjector
from ..faults import Action, Stage
from ..faults.actions.standard import AnswerWithRefusal

# Every line of it, and the end of the last one: before that it is no reply (RFC 5321 section 4.2).
_WHOLE = re.compile(rb"(?:\d\d\d-[^\r\n]*\r\n)*\d\d\d(?: [^\r\n]*)?\r\n")


class Replies:
    """Sends replies; a fault can take a reply's place, or shape it on its way.

    `refusal` gives the whole line of a refusal that a fault names.
    """

    def __init__(
        self,
        *,
        connection: Connection,
        injector: FaultInjector,
        refusal: Callable[[AnswerWithRefusal], str],
    ) -> None:
        self._connection = connection
        self._injector = injector
        self._refusal = refusal
        self._shaping: Action | None = None

    async def overruled(self, stage: Stage) -> bool:
        """Ask the faults about this moment. True: one has acted, and nothing is left to do.

        Where one will only shape the honest reply, it does so with the next that is sent.
        """
        action = self._injector.act(stage)
        if action is not None and not action.honest_first(stage):
            await self._injector.carry_out(action, self._in_place_of(action, b""))
            return True
        self._shaping = action
        return False

    def greet_with_faults(self) -> None:
        """Ask the faults about the greeting, which is about to be sent."""
        self._shaping = self._injector.act(Stage.GREETING)

    @property
    def will_challenge(self) -> bool:
        """Whether the next reply becomes a 334, whatever it was."""
        return self._shaping is not None and self._shaping.challenges

    async def send(
        self, status: str | bytes, *, before_the_last: Callable[[], None] | None = None
    ) -> None:
        """Send a reply of one line, or what the fault at hand makes of it.

        `before_the_last` is called when its last octets are about to go out.
        """
        text = status.decode("utf-8", "replace") if isinstance(status, bytes) else status
        await self._send(_safe(text).encode() + b"\r\n", before_the_last)

    async def send_lines(self, code: int, lines: Iterable[str]) -> None:
        """Send a reply of several lines, all in one segment."""
        *before, last = lines
        replies = [f"{code}-{line}\r\n" for line in before] + [f"{code} {last}\r\n"]
        await self._send("".join(replies).encode(), None)

    async def _send(self, honest: bytes, before_the_last: Callable[[], None] | None) -> None:
        action, self._shaping = self._shaping, None
        if action is not None:
            honest = self._in_place_of(action, honest)
            await self._injector.carry_out(action, honest, before_the_last=before_the_last)
            return
        if before_the_last is not None:
            before_the_last()
        self._connection.send(honest)
        await self._connection.drained()

    def _in_place_of(self, action: Action, honest: bytes) -> bytes:
        """What a fault is given to send or to shape: a refusal's words are whose server this is."""
        if isinstance(action, AnswerWithRefusal):
            return _safe(self._refusal(action)).encode() + b"\r\n"
        return honest


def reply_status(octets: bytes) -> int | None:
    """The code of the whole reply that some octets begin with; None while it is not whole.

    Of a reply whose code changes on its way it is the worst.
    """
    whole = _WHOLE.match(octets)
    if whole is None:
        return None
    return max(int(line[:3]) for line in whole[0].splitlines())


def _safe(text: str) -> str:
    """One line, though aiosmtpd puts what the sender sent into some of its replies."""
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else "?" for character in text)
