"""All that is aiosmtpd's: reading command lines, and answering those that are none.

aiosmtpd 1.4.6 greets, reads line after line, and words the replies to lines that are too long, not
ASCII, no command, or come before a STARTTLS that is due. Which commands there are, and what they
do, is told to it; the names by which that happens are private to aiosmtpd, and stand nowhere else.

Not used of it: a size table that all sessions share, bodies read line by line, addresses read by a
library for headers, names of mechanisms compared by case, TLS of its own.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiosmtpd.smtp import SMTP

from .input_buffer import InputBuffer

# As long as a session is of use to anybody; aiosmtpd wants to know.
_SESSION_LIMIT = 3600
_COMMAND_LIMIT = 512

Answer = Callable[[str | None], Awaitable[None]]
"""Answers one command; it gets what follows the first blank, None where nothing does."""


class CommandLimits(dict[str, int]):
    """Octets that a command may have. aiosmtpd's own table is shared by all sessions."""

    def __missing__(self, command: str) -> int:
        return _COMMAND_LIMIT

    def clear(self) -> None:
        """Nothing: aiosmtpd clears the table when a session begins."""


class NoHandler:
    """aiosmtpd asks it for hooks; there are none."""

    def __dir__(self) -> tuple[str, ...]:
        return ()


class LineProtocol(SMTP):
    """Reads commands from an `InputBuffer` and calls what answers them.

    `hostname` and `ident` are the words of the greeting. `limits`: octets that commands may have,
    beside the usual 512. `tls_first`: nothing but EHLO, NOOP and QUIT before STARTTLS.

    A session overrides `converse`, `push`, `broke`.
    """

    session: Any  # aiosmtpd says Optional; in a conversation it is there
    _reader: Any
    _tls_protocol: Any

    def __init__(
        self,
        *,
        hostname: str,
        ident: str,
        limits: Mapping[str, int],
        line_limit: int,
        smtputf8: bool,
        tls_first: bool,
    ) -> None:
        self.command_size_limits = CommandLimits(limits)
        self.line_length_limit = line_limit
        super().__init__(
            handler=NoHandler(),
            enable_SMTPUTF8=smtputf8,
            hostname=hostname or "-",  # without a name it asks the resolver for one
            timeout=_SESSION_LIMIT,
            loop=asyncio.get_running_loop(),
        )
        self.hostname = hostname
        self.__ident__ = ident  # it takes none for its own
        # Said here: aiosmtpd believes it only where TLS is its own.
        self.require_starttls = tls_first

    def __dir__(self) -> tuple[str, ...]:
        """Nothing: aiosmtpd looks for commands and mechanisms among all names, each time."""
        return ()

    # What a session calls.

    def begin(
        self,
        transport: asyncio.Transport,
        *,
        input_buffer: InputBuffer,
        commands: Mapping[str, Answer],
    ) -> None:
        """Greet, and answer `commands` as they come in, in a task of its own."""
        self._smtp_methods = dict(commands)
        self._input_buffer = input_buffer
        self.connection_made(transport)

    def end(self) -> None:
        """The connection is gone."""
        self.connection_lost(None)

    async def finished(self) -> None:
        """Wait until the conversation's task has ended."""
        if self._handler_coroutine is not None:
            await asyncio.wait([self._handler_coroutine])

    def leave(self) -> None:
        """End the conversation, and the connection in order."""
        assert self._handler_coroutine is not None
        assert self.transport is not None
        self._handler_coroutine.cancel()
        self.transport.close()

    def said_hello(self, *, extended: bool) -> None:
        """The sender said EHLO, or HELO: for that, commands may be longer."""
        self.session.extended_smtp = extended

    def tls_stands(self) -> None:
        """From now on a STARTTLS that is due has happened."""
        self._tls_protocol = True

    # What a session overrides.

    async def converse(self) -> None:
        """The whole conversation, from the greeting on."""
        await super()._handle_client()

    def broke(self, error: Exception) -> None:
        """Answering a command has failed by a mistake of ours."""
        raise NotImplementedError

    # What aiosmtpd calls.

    async def handle_exception(self, error: Exception) -> str:
        """A bug of the fake's must never look like a fault of the sender's."""
        self.broke(error)
        return "421 4.3.0 this fake broke"  # to nobody

    async def _handle_client(self) -> None:
        await self.converse()

    def _cb_client_connected(self, reader: Any, writer: Any) -> None:
        del reader
        self._reader = self._input_buffer
        self._writer = writer

    def _reset_timeout(self, duration: float | None = None) -> None:
        """Once a session, rather than with each command."""
        if self._timeout_handle is None:
            super()._reset_timeout(duration)


def hush() -> None:
    """Keep what senders send out of the logs, unless somebody has set a level of their own."""
    if logging.getLogger("mail.log").level == logging.NOTSET:
        logging.getLogger("mail.log").setLevel(logging.CRITICAL)


hush()
