"""A session that speaks as a vendor's server does, and asks an account who may send what."""

from __future__ import annotations

from typing import Any, Protocol

from ..message import CapturedMessage
from .address import NULL_PATH
from .credentials import Accounts
from .exchange import Dialect, Envelope
from .session import SmtpSession

_DSN = ("RET=", "ENVID=", "NOTIFY=", "ORCPT=")
_AUTH = ("AUTH ", "AUTH=")
# aiosmtpd's words for a SIZE= that is over the limit.
_DECLARED_TOO_LARGE = "552 Error: message size exceeds fixed maximum message size"


class SubmissionPolicy(Accounts, Protocol):
    """Where one session's questions are decided.

    A refusal is the reply's whole line; None lets it pass.
    """

    def recipient_refusal(self, address: str) -> str | None:
        """What is answered to RCPT in place of the usual words."""

    def data_refusal(self, envelope: Envelope) -> str | None:
        """What is answered to DATA in place of 354."""

    def take(self, message: CapturedMessage) -> str:
        """What becomes of a whole message, and the reply to it."""


class VendorSession(SmtpSession):
    """The conversation on one connection, in a vendor's words."""

    def __init__(self, *, dialect: Dialect, policy: SubmissionPolicy, **surroundings: Any) -> None:
        super().__init__(**surroundings)
        self._dialect = dialect
        self._policy = policy
        self.starttls_reply = dialect.starttls
        self.data_reply = dialect.go_ahead
        self.too_large_reply = dialect.too_large
        self.hostname, _, self.__ident__ = dialect.greeting.partition(" ")
        self._handle_hooks = {
            "MAIL": self._take_sender,
            "RCPT": self._take_recipient,
            "RSET": self._reset,
            "NOOP": self._idle,
            "QUIT": self._leave,
        }

    def _listed(self) -> list[str]:
        name, *keywords = self._lines()
        offered = (self._worded(line) for line in keywords if self._offers(line))
        return [name.replace("<peer>", self._connection.peer), *offered]

    def _lines(self) -> tuple[str, ...]:
        return self._dialect.secure if self._connection.secure else self._dialect.clear

    def _offers(self, line: str) -> bool:
        if line == "STARTTLS":
            return self._knows("STARTTLS") and self._state.starttls != "unadvertised"
        return self._login.offered or not line.startswith(_AUTH)

    def _worded(self, line: str) -> str:
        """A line with the limit and the mechanisms that are in force."""
        if line.startswith("SIZE "):
            return f"SIZE {self._state.size}"
        if line.startswith(_AUTH):
            mechanisms = self._state.auth.mechanisms
            return line[:5] + " ".join(each for each in line[5:].split() if each in mechanisms)
        return line

    async def push(self, status: str | bytes) -> None:
        """Send a reply; a message that MAIL declares to be too large meets the vendor's words."""
        await super().push(self.too_large_reply if status == _DECLARED_TOO_LARGE else status)

    async def check_auth_needed(self, caller_method: str) -> bool:
        """Refuse at the vendor's command, and not before it."""
        command, reply = self._dialect.unauthenticated
        if self.session.authenticated:
            return False
        if caller_method == "MAIL" and command != "MAIL":
            return False
        await self.push(reply)
        return True

    async def _refuses_data(self, argument: str | None) -> bool:
        if await super()._refuses_data(argument):
            return True
        refusal = self._policy.data_refusal(
            Envelope(
                mail_from=_plain(self.envelope.mail_from), rcpt_tos=tuple(self.envelope.rcpt_tos)
            )
        )
        if refusal is not None:
            await self.push(refusal)
        return refusal is not None

    def accept(self, message: CapturedMessage) -> str:
        """The reply of the account; what it takes is kept."""
        reply = self._policy.take(message)
        if reply.startswith("2"):
            self.keep(message)
        return reply

    def _getparams(self, params: Any) -> dict[str, str | bool] | None:
        if "DSN" in self._lines():
            params = [param for param in params if not param.startswith(_DSN)]
        return super()._getparams(params)

    # aiosmtpd's hooks: what they return is the reply.

    async def _take_sender(
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        del server, session
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return self._dialect.sender

    async def _take_recipient(
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        del server, session
        refusal = self._policy.recipient_refusal(address)
        if refusal is not None:
            return refusal
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return self._dialect.recipient

    async def _reset(self, server: Any, session: Any, envelope: Any) -> str:
        del server, session, envelope
        return self._dialect.done

    async def _idle(self, server: Any, session: Any, envelope: Any, argument: Any) -> str:
        del server, session, envelope, argument
        return self._dialect.done

    async def _leave(self, server: Any, session: Any, envelope: Any) -> str:
        del server, session, envelope
        return self._dialect.bye


def _plain(path: str) -> str:
    return "" if path == NULL_PATH else path
