"""A load of HTTP requests over kept connections, one at a time on each.

One thread and a selector, because a fake is faster than an asyncio client that writes to it.
"""

from __future__ import annotations

import selectors
import socket
import time

from client import whole_response

_PATIENCE = 10.0
_MOST = 1 << 16


class PendingRequest:
    """One connection, and the request that is asked on it again and again."""

    def __init__(self, port: int, request: bytes) -> None:
        self._port = port
        self._request = request
        self._came = b""
        self.socket = self._connected()

    def ask(self) -> None:
        self._came = b""
        self.socket.sendall(self._request)

    def is_answered(self) -> bool:
        """Take what came; whether that was the rest of a response that accepts the request."""
        data = self.socket.recv(_MOST)
        self._came += data
        if not whole_response(self._came):
            if not data:
                raise ConnectionError(f"closed after {self._came!r}")
            return False
        if not self._came.startswith(b"HTTP/1.1 20"):
            raise RuntimeError(f"no success: {self._came[:400]!r}")
        return True

    def is_over(self) -> bool:
        """Whether the peer does not keep the connection."""
        return b"\r\nConnection: close\r\n" in self._came

    def connect_again(self) -> None:
        self.socket.close()
        self.socket = self._connected()

    def _connected(self) -> socket.socket:
        made = socket.create_connection(("127.0.0.1", self._port), _PATIENCE)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made


def ask_once(port: int, request: bytes) -> None:
    """Wait until this request is answered with success."""
    pending = PendingRequest(port, request)
    pending.ask()
    while not pending.is_answered():
        pass
    pending.socket.close()


def requests_a_second(port: int, request: bytes, *, seconds: float, connections: int) -> float:
    """How many of these requests were answered with success, a second."""
    done = 0
    with selectors.DefaultSelector() as selector:
        began = time.perf_counter()
        for pending in [PendingRequest(port, request) for _ in range(connections)]:
            selector.register(pending.socket, selectors.EVENT_READ, pending)
            pending.ask()
        while time.perf_counter() < began + seconds:
            ready = selector.select(_PATIENCE)
            if not ready:
                raise TimeoutError(f"no answer within {_PATIENCE} s")
            done += sum(_goes_on(selector, key.data) for key, _ in ready)
        took = time.perf_counter() - began
        for key in list(selector.get_map().values()):
            key.data.socket.close()
    return done / took


def _goes_on(selector: selectors.BaseSelector, pending: PendingRequest) -> bool:
    """Whether a response is whole now; then the next request is on its way."""
    if not pending.is_answered():
        return False
    if pending.is_over():
        selector.unregister(pending.socket)
        pending.connect_again()
        selector.register(pending.socket, selectors.EVENT_READ, pending)
    pending.ask()
    return True
