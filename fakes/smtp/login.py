"""Logging in: when AUTH may be used, and its exchanges carried out on one connection."""

from __future__ import annotations

from collections.abc import Callable

from ..faults import Stage
from .auth import (
    CancelledError,
    MalformedAnswerError,
    PresentedCredentials,
    Terms,
    begin,
    decoded,
)
from .input_buffer import InputBuffer, OverlongLineError
from .replies import Replies
from .state import SmtpState


class _OverruledError(Exception):
    """A fault has ended the exchange in its own way."""


class Login:
    """The AUTH command of one connection.

    `is_secure` tells whether the connection is inside TLS. `presented` is told each time that
    credentials were presented, before any reply to them.
    """

    def __init__(
        self,
        *,
        state: SmtpState,
        terms: Terms,
        replies: Replies,
        input_buffer: InputBuffer,
        is_secure: Callable[[], bool],
        presented: Callable[[str, PresentedCredentials], None],
    ) -> None:
        self._auth = state.auth
        self._offer = state.auth_offer
        self._terms = terms
        self._replies = replies
        self._input = input_buffer
        self._is_secure = is_secure
        self._presented = presented
        self._answered = ""

    @property
    def offered(self) -> bool:
        """Whether AUTH is offered and taken now."""
        if self._offer in {"always", "never"}:
            return self._offer == "always"
        return self._is_secure() == (self._offer == "after-tls")

    @property
    def lines(self) -> tuple[str, ...]:
        """What EHLO says of AUTH now."""
        if not self.offered:
            return ()
        honest = ("AUTH " + " ".join(self._auth.mechanisms),)
        return honest if self._auth.lines is None else self._auth.lines

    async def attempt(self, argument: str) -> str | None:
        """Answer `AUTH` with this argument; the user name, where the log-in succeeds."""
        name, *rest = argument.split() or [""]
        refusal = self._refusal(name.upper(), rest)
        if refusal is not None:
            await self._replies.send(refusal)
            return None
        if self._auth.initial_response == "ignored":
            rest = []
        self._answered = rest[0] if rest else ""
        try:
            username, reply = await self._outcome(name.upper(), rest[0] if rest else None)
        except _OverruledError:
            return None
        if reply:
            await self._replies.send(reply)
        return username

    def _refusal(self, name: str, rest: list[str]) -> str | None:
        if not self.offered:
            if self._is_secure():
                return "502 5.5.1 AUTH is not available"
            return "538 5.7.11 Encryption required for requested authentication mechanism"
        if not name or len(rest) > 1:
            return "501 5.5.4 Syntax: AUTH mechanism [initial-response]"
        if name not in self._auth.mechanisms:
            return "504 5.5.4 Unrecognized authentication type"
        if rest and self._auth.initial_response == "refused":
            return "501 5.5.4 no initial response, please"
        return None

    async def _outcome(self, mechanism: str, initial: str | None) -> tuple[str | None, str]:
        """The user name, where the log-in succeeds, and the reply."""
        try:
            presented = await self._exchange(mechanism, initial)
            self._presented(mechanism, presented)
            username, reply = self._verdict(mechanism, presented)
            ahead = presented.explanation if username is None else presented.confirmation
            if ahead:
                await self._answer_to(ahead)
        except MalformedAnswerError as error:
            username, reply = None, self._words(error)
        while self._replies.will_challenge:  # a fault asks for more, in place of the reply
            try:
                await self._answer_to("")
            except MalformedAnswerError as error:
                username, reply = None, self._words(error)
        return username, reply

    def _words(self, error: MalformedAnswerError) -> str:
        return self._terms.cancelled if isinstance(error, CancelledError) else str(error)

    def _verdict(self, mechanism: str, presented: PresentedCredentials) -> tuple[str | None, str]:
        if presented.right and mechanism not in self._auth.broken:
            return presented.username, presented.reply or "235 2.7.0 Authentication successful"
        refusal = self._auth.refusal or (None if presented.right else presented.reply)
        refusal = refusal or "535 5.7.8 Authentication credentials invalid"
        return None, refusal.replace("<response>", self._answered)

    async def _exchange(self, mechanism: str, initial: str | None) -> PresentedCredentials:
        while self._auth.endless:
            try:
                self._presented(mechanism, await self._once(mechanism, initial))
            except CancelledError:
                raise
            except MalformedAnswerError:
                pass
            initial = None
        return await self._once(mechanism, initial)

    async def _once(self, mechanism: str, initial: str | None) -> PresentedCredentials:
        exchange = begin(mechanism, self._terms, initial)
        try:
            challenge = next(exchange)
            while True:
                challenge = exchange.send(await self._answer_to(challenge))
        except StopIteration as end:
            presented: PresentedCredentials = end.value
            return presented

    async def _answer_to(self, challenge: str) -> bytes:
        # The blank belongs to an empty challenge, too (RFC 4954 section 4).
        await self._replies.send(f"334 {challenge}")
        try:
            line = await self._input.readline()
        except OverlongLineError:
            line = None
        if await self._replies.overruled(Stage.AUTH):
            raise _OverruledError
        if line is None:
            raise MalformedAnswerError("500 5.5.6 Authentication exchange line is too long")
        line = line.rstrip(b"\r\n")
        self._answered = line.decode("latin-1")
        return decoded(line)
