"""Sockets that listen, and ports that do not answer.

Port blocking is real and needs no privilege (Linux): *refused* is a bound port on which nothing
listens; *dropped* is a listener whose queue is full, so that the kernel ignores further SYNs;
*reset* is accept, then a close that sends RST.
"""

from __future__ import annotations

import inspect
import socket
import struct
import warnings
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_address
from typing import Any

from .errors import FakeError

# SO_LINGER with a time of zero: close() discards what is queued and sends RST.
_LINGER_ZERO = struct.pack("ii", 1, 0)
# With a backlog of 0 Linux still queues one connection, and other systems a few more.
_FILLERS = 8
# On loopback an answered SYN is answered before connect() looks for the answer.
_FILLED_WAIT = 0.05


class Network(StrEnum):
    """What a port does when somebody connects."""

    OPEN = "open"
    """It answers."""

    REFUSED = "refused"
    """Nothing listens, so connections are refused."""

    DROPPED = "dropped"
    """Nobody answers: the SYN is dropped, as where a port is blocked."""

    RESET = "reset"
    """Connections are accepted, and reset at once."""

    UNRESOLVED = "unresolved"
    """Nothing listens, and a world tells the sender a name that does not exist."""


class ReachableWarning(UserWarning):
    """A fake can be reached from other machines."""


def check_reach(host: str, *, anywhere: bool) -> None:
    """Let nobody but this machine in, unless somebody has said so.

    Raises:
        FakeError: `host` is not loopback, and nobody has.
    """
    if is_loopback(host):
        return
    place = f"{host!r} is not this machine's loopback: who can reach it can use the fake"
    if not anywhere:
        raise FakeError(f"bind_host: {place}; if that is meant, give bind_anywhere=True, too")
    warnings.warn(f"bind_anywhere: {place}", ReachableWarning, stacklevel=_depth_of_the_caller())


def check_sockets(before: Network, after: Network) -> None:
    """What a port does is a matter of its socket, but for those that accept.

    Raises:
        FakeError: a running fake would need another kind of socket.
    """
    if before is not after and not {before, after} <= {Network.OPEN, Network.RESET}:
        raise FakeError(f"network: {before} cannot become {after} while the fake runs")


def _depth_of_the_caller() -> int:
    """How far above whoever asks the first code is that is not the fakes'."""
    depth, frame = 0, inspect.currentframe()
    while frame is not None and frame.f_globals.get("__name__", "").startswith(f"{__package__}."):
        depth, frame = depth + 1, frame.f_back
    return depth


def is_loopback(host: str) -> bool:
    """Whether it names this machine, to nobody but this machine. A name is looked up by nobody."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


def bind(host: str, port: int) -> socket.socket:
    """A bound TCP socket. Port 0: any free one.

    Raises:
        FakeError: the port is taken or may not be used.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = None
    try:
        # asyncio switches Nagle's algorithm off only where `proto` is named; without that every
        # handshake waits 40 ms.
        bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
    except OSError as error:
        if bound is not None:
            bound.close()
        raise FakeError(f"cannot listen on {host} port {port}: {error.strerror}") from error
    bound.setblocking(False)
    return bound


def spelt(address: tuple[Any, ...]) -> str:
    """A socket's address as `127.0.0.1:25` or `[::1]:25`."""
    host, port = address[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def reset_on_close(connection: socket.socket) -> None:
    """Make the next close of this socket send RST instead of FIN."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)


@dataclass(slots=True)
class Blackhole:
    """A listening socket that answers no SYN: its queue is full and nobody empties it."""

    listening: socket.socket
    _fillers: list[socket.socket] = field(default_factory=list)

    def fill(self) -> None:
        """Fill the queue, and make sure that it is full.

        Raises:
            FakeError: this system answers all the same.
        """
        self.listening.listen(0)
        address = self.listening.getsockname()
        for _ in range(_FILLERS):
            try:
                filler = socket.socket(
                    self.listening.family, socket.SOCK_STREAM, socket.IPPROTO_TCP
                )
            except OSError as error:
                raise FakeError(f"cannot fill the queue of a port: {error.strerror}") from error
            filler.settimeout(_FILLED_WAIT)
            self._fillers.append(filler)
            try:
                filler.connect(address)
            except TimeoutError:
                return
        raise FakeError("this system answers SYNs for a full queue: dropped ports are not possible")

    def close(self) -> None:
        """Let go of every socket."""
        for filler in self._fillers:
            filler.close()
        self.listening.close()
