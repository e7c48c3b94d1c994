"""A socket on which every single operation has a deadline, in the clear or under TLS."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Callable

from harness.fakes.clock import monotonic
from harness.reference.reply import Reply, ReplyReader
from harness.reference.tls import ClientTls, is_tls

# What has to be taken by the server within one time-out.
CHUNK = 16 * 1024

_RECEIVE = 64 * 1024


class StalledError(Exception):
    """The server did not do its part in time."""


class LostError(Exception):
    """The connection ended. `reset` holds when it was cut; `silent` when nothing ever came."""

    def __init__(self, *, reset: bool, silent: bool, words: str = "") -> None:
        super().__init__("reset" if reset else "closed")
        self.reset = reset
        self.silent = silent
        self.words = words


class PlainTextError(Exception):
    """The server spoke in the clear where TLS was due. `words` is what it said."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


class Wire:
    """One connection. `timeout` is in seconds, for each operation as a whole.

    A reply that comes in one octet a second has no more time than one in a single piece.
    """

    def __init__(
        self, sock: socket.socket, *, timeout: float, clock: Callable[[], float] = monotonic
    ) -> None:
        self._sock = sock
        self._timeout = timeout
        self._clock = clock
        self._replies = ReplyReader()
        self._tls: ClientTls | None = None
        self._silent = True
        self._ended = False

    @property
    def encrypted(self) -> bool:
        """Whether TLS is up."""
        return self._tls is not None

    @property
    def certificate(self) -> bytes | None:
        """The server's, in DER; None without TLS."""
        return self._tls.certificate if self._tls is not None else None

    @property
    def local_address(self) -> str:
        """Our own IP address."""
        return str(self._sock.getsockname()[0]).partition("%")[0]

    @property
    def words(self) -> str:
        """What has come of a reply that is not complete."""
        return self._replies.words

    def read_reply(self, timeout: float | None = None) -> Reply:
        """The next reply in whole.

        Raises `StalledError`, `LostError`, `ssl.SSLError`, and `ReplyError` for what is no reply.
        """
        deadline = self._deadline(timeout)
        while (reply := self._replies.next_reply()) is None:
            octets = self._receive(deadline)
            if not octets:
                raise self._lost(reset=False)
            self._replies.feed(octets)
        return reply

    def send(self, octets: bytes, timeout: float | None = None) -> None:
        """Hand the octets over. Every 16 KiB have the whole time-out.

        Raises `StalledError`, `LostError`, `ssl.SSLError`. Then the last octet was not handed over.
        """
        view = memoryview(octets)
        for start in range(0, len(octets), CHUNK):
            deadline = self._deadline(timeout)
            chunk = view[start : start + CHUNK]
            if self._tls is None:
                self._push(chunk, deadline)
            else:
                self._push_encrypted(self._tls, chunk, deadline)

    def speaks_unasked(self) -> bool:
        """Whether the server has said something that no reply was read from yet.

        Raises `LostError` when it has hung up without a word, and `ssl.SSLError`.
        """
        while not self._ended and (octets := self._receive_now()) is not None:
            self._replies.feed(octets)
            self._ended = not octets
        if self._ended and self._replies.empty:
            raise self._lost(reset=False)
        return not self._replies.empty

    def start_tls(self, context: ssl.SSLContext, name: str) -> None:
        """Do the handshake. What came before it in the clear is forgotten.

        Raises `PlainTextError`, `StalledError`, `LostError`, and `ssl.SSLError` when it fails.
        """
        self._replies = ReplyReader()
        layer = ClientTls(context, name)
        deadline = self._deadline(None)
        first = True
        try:
            while not layer.handshake():
                self._push(memoryview(layer.pending()), deadline)
                octets = self._pull(deadline)
                if not octets:
                    raise self._lost(reset=False)
                if first and not is_tls(octets):
                    raise PlainTextError(octets[:200].decode(errors="replace").strip())
                first = False
                layer.feed(octets)
        finally:
            # The last flight, or the alert that says why not.
            with contextlib.suppress(StalledError, LostError):
                self._push(memoryview(layer.pending()), deadline)
        self._tls = layer

    def close(self) -> None:
        """Close, with the closing alert of TLS if it can still be sent."""
        if self._tls is not None and not self._ended:
            self._tls.close()
            with contextlib.suppress(OSError):
                self._sock.settimeout(0)
                self._sock.send(self._tls.pending())
        self._sock.close()

    def _deadline(self, timeout: float | None) -> float:
        return self._clock() + (self._timeout if timeout is None else timeout)

    def _receive(self, deadline: float) -> bytes:
        """Octets for the reply reader; none at the end."""
        if self._tls is None:
            return self._pull(deadline)
        while (octets := self._tls.read()) is None:
            self._push(memoryview(self._tls.pending()), deadline)
            self._tls.feed(self._pull(deadline))
        return octets

    def _receive_now(self) -> bytes | None:
        """What is there already; None when there is nothing."""
        while True:
            if self._tls is not None and (octets := self._tls.read()) is not None:
                return octets
            self._sock.settimeout(0)
            try:
                raw = self._sock.recv(_RECEIVE)
            except (BlockingIOError, ConnectionError):
                return None
            self._silent = self._silent and not raw
            if self._tls is None:
                return raw
            self._tls.feed(raw)

    def _pull(self, deadline: float) -> bytes:
        try:
            self._arm(deadline)
            octets = self._sock.recv(_RECEIVE)
        except TimeoutError:
            raise StalledError from None
        except OSError:
            raise self._lost(reset=True) from None
        self._silent = self._silent and not octets
        return octets

    def _push(self, octets: memoryview, deadline: float) -> None:
        while octets:
            try:
                self._arm(deadline)
                octets = octets[self._sock.send(octets) :]
            except TimeoutError:
                raise StalledError from None
            except OSError:
                raise self._lost(reset=True) from None

    def _push_encrypted(self, tls: ClientTls, octets: memoryview, deadline: float) -> None:
        while octets:
            taken = tls.write(octets)
            self._push(memoryview(tls.pending()), deadline)
            if taken is None:
                tls.feed(self._pull(deadline))
            else:
                octets = octets[taken:]

    def _arm(self, deadline: float) -> None:
        left = deadline - self._clock()
        if left <= 0:
            raise TimeoutError
        self._sock.settimeout(left)

    def _lost(self, *, reset: bool) -> LostError:
        return LostError(reset=reset, silent=self._silent, words=self._replies.words)
