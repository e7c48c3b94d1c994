"""The socket with a deadline, on a clock that the test turns."""

from __future__ import annotations

import itertools
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from harness.reference.reply import Reply
from harness.reference.wire import LostError, StalledError, Wire

SECOND = 1.0


class Dripping:
    """Gives one octet at a time, and takes one."""

    def __init__(self, octets: Iterator[int]) -> None:
        self._octets = octets
        self.timeouts: list[float] = []
        self.sent = b""

    def settimeout(self, timeout: float) -> None:
        self.timeouts.append(timeout)

    def recv(self, _: int) -> bytes:
        return bytes([next(self._octets)])

    def send(self, octets: memoryview) -> int:
        self.sent += octets[:1]
        return 1


def wire_on(sock: Any, *, timeout: float, seconds_a_look: float) -> Wire:
    ticks = itertools.count()
    return Wire(sock, timeout=timeout, clock=lambda: next(ticks) * seconds_a_look)


def test_a_drip_has_one_deadline_for_the_whole_reply() -> None:
    sock = Dripping(itertools.cycle(b"250-ok\r\n"))
    with pytest.raises(StalledError):
        wire_on(sock, timeout=10 * SECOND, seconds_a_look=SECOND).read_reply()
    assert sock.timeouts == [float(left) for left in range(9, 0, -1)]


def test_a_drip_in_time_is_a_reply() -> None:
    sock = Dripping(iter(b"250 ok\r\n"))
    wire = wire_on(sock, timeout=10 * SECOND, seconds_a_look=SECOND)
    assert wire.read_reply() == Reply(code=250, lines=(b"ok",))


def test_a_peer_that_takes_octet_by_octet_has_one_deadline_a_chunk() -> None:
    sock = Dripping(iter(b""))
    wire = wire_on(sock, timeout=10 * SECOND, seconds_a_look=SECOND)
    with pytest.raises(StalledError):
        wire.send(b"x" * 100)
    assert len(sock.sent) == 9


def test_a_peer_that_has_hung_up_is_noticed_before_it_is_written_to() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        wire = Wire(ours, timeout=SECOND)
        assert wire.speaks_unasked() is False
        theirs.send(b"354 go\r\n")
        assert wire.speaks_unasked() is True
        assert wire.read_reply().code == 354
        theirs.shutdown(socket.SHUT_WR)
        with pytest.raises(LostError) as caught:
            wire.speaks_unasked()
        assert (caught.value.reset, caught.value.silent) == (False, False)


def test_last_words_are_heard_after_the_hang_up() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        wire = Wire(ours, timeout=SECOND)
        theirs.send(b"421 bye\r\n")
        theirs.shutdown(socket.SHUT_WR)
        assert wire.speaks_unasked() is True
        assert wire.read_reply().code == 421
        with pytest.raises(LostError):
            wire.read_reply()
