"""From a host name to a connected socket, within one time-out for each of the two stages."""

from __future__ import annotations

import contextlib
import errno
import selectors
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import Any

from harness.fakes.clock import monotonic
from harness.protocol import ErrorClass, Phase
from harness.reference.failure import ConfigError, DeliveryError
from harness.reference.names import endpoint, host_name, is_ip, split_endpoint

# How long one address may be silent before the next is tried beside it (RFC 8305 section 5).
_HEAD_START = 0.25
_MOST_ADDRESSES = 16

_CLASSES = {
    errno.ECONNREFUSED: ErrorClass.CONNECTION_REFUSED,
    errno.ECONNRESET: ErrorClass.CONNECTION_RESET,
    errno.ECONNABORTED: ErrorClass.CONNECTION_RESET,
    errno.ETIMEDOUT: ErrorClass.CONNECTION_TIMEOUT,
}
# With several addresses, what says most about the server counts: one that may be alive
# before one that is not reachable from here at all.
_TELLING = (
    ErrorClass.CONNECTION_TIMEOUT,
    ErrorClass.CONNECTION_RESET,
    ErrorClass.CONNECTION_REFUSED,
    ErrorClass.UNREACHABLE,
)
_WORDS = {
    ErrorClass.CONNECTION_TIMEOUT: "no answer",
    ErrorClass.CONNECTION_RESET: "the connection was reset",
    ErrorClass.CONNECTION_REFUSED: "the connection was refused",
    ErrorClass.UNREACHABLE: "it cannot be reached from here",
}
_PORT_25 = "; port 25 is closed to clients in many networks: try 587"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """One address of a host, as the socket module wants it."""

    family: int
    socket_address: Any

    @property
    def ip(self) -> str:
        """The IP address alone."""
        return str(self.socket_address[0])


def connect(
    host: str,
    port: int,
    *,
    timeout: float,
    connect_to: Mapping[str, str],
    clock: Callable[[], float] = monotonic,
) -> socket.socket:
    """A connected socket to `host:port`, or to what `connect_to` puts in its place.

    Looking the name up has `timeout` seconds, and so has connecting, to all addresses together.
    Raises `DeliveryError` in phase `dns` or `connect`, whose text names host, port and addresses.
    """
    real_host, real_port = _real_endpoint(host, port, connect_to)
    addresses = resolve(real_host, real_port, timeout=timeout)
    race = _Race(addresses[:_MOST_ADDRESSES], deadline=clock() + timeout, clock=clock)
    with contextlib.closing(race):
        winner = race.run()
    if winner is None:
        raise _not_connected(host, port, race.faults, timeout)
    with contextlib.suppress(OSError):  # it may be gone again already, with words to be read
        winner.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return winner


def resolve(host: str, port: int, *, timeout: float) -> list[Address]:
    """The addresses of a host, its families in turn. Raises `DeliveryError` in phase `dns`.

    No resolver is asked for a name below `invalid`, which never exists (RFC 6761 section 6.4).
    """
    if host.lower().rstrip(".").rpartition(".")[2] == "invalid":
        raise _unresolved(host, ErrorClass.NAME_NOT_FOUND, "no name ends in .invalid")
    look_up = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    try:
        # No name server is asked for these, so nothing can take long.
        asks_nobody = is_ip(host) or host == "localhost"
        found = look_up() if asks_nobody else _within(look_up, timeout)
    except TimeoutError:
        raise _unresolved(
            host, ErrorClass.DNS_TEMPORARY, f"no answer from DNS within {timeout:g} s"
        ) from None
    except socket.gaierror as error:
        known = error.errno in _NAME_ERRORS
        class_ = ErrorClass.NAME_NOT_FOUND if known else ErrorClass.DNS_TEMPORARY
        raise _unresolved(host, class_, str(error.strerror)) from None
    addresses = {
        (family, socket_address): Address(family=family, socket_address=socket_address)
        for family, _, _, _, socket_address in found
    }
    return _families_in_turn(list(addresses.values()))


_NAME_ERRORS = frozenset(
    code
    for name in ("EAI_NONAME", "EAI_NODATA", "EAI_ADDRFAMILY")
    if (code := getattr(socket, name, None)) is not None
)


def _within(look_up: Callable[[], list[Any]], timeout: float) -> list[Any]:
    # The system's resolver has no time-out of ours: it is left behind where it takes longer.
    found: Future[list[Any]] = Future()

    def work() -> None:
        try:
            found.set_result(look_up())
        except Exception as error:  # noqa: BLE001  # it is of whoever waits
            found.set_exception(error)

    threading.Thread(target=work, daemon=True).start()
    return found.result(timeout)


def _families_in_turn(addresses: list[Address]) -> list[Address]:
    first = [address for address in addresses if address.family == addresses[0].family]
    others = [address for address in addresses if address.family != addresses[0].family]
    turns = [address for pair in zip(first, others, strict=False) for address in pair]
    shorter = len(turns) // 2
    return [*turns, *first[shorter:], *others[shorter:]]


def _real_endpoint(host: str, port: int, connect_to: Mapping[str, str]) -> tuple[str, int]:
    for logical, real in connect_to.items():
        try:
            logical_host, logical_port = split_endpoint(logical)
            if (host_name(logical_host), logical_port) == (host, port):
                return split_endpoint(real)
        except ValueError as error:
            reason = str(error)
        else:
            continue
        raise ConfigError(f"connect_to has a row that cannot be used: {reason}")
    return host, port


class _Race:
    """Connects to the addresses in order, each with a head start over the next."""

    def __init__(
        self, addresses: Sequence[Address], *, deadline: float, clock: Callable[[], float]
    ) -> None:
        self.faults: dict[str, ErrorClass] = {}
        self._waiting = list(addresses)
        self._deadline = deadline
        self._clock = clock
        self._head_start = min(_HEAD_START, (deadline - clock()) / (2 * max(1, len(addresses))))
        self._next_start = clock()
        self._selector = selectors.DefaultSelector()

    def run(self) -> socket.socket | None:
        """The first socket that is connected, or None when none is in time."""
        while self._waiting or self._selector.get_map():
            now = self._clock()
            if now >= self._deadline:
                break
            if self._waiting and (now >= self._next_start or not self._selector.get_map()):
                self._start(self._waiting.pop(0))
                self._next_start = now + self._head_start
                continue
            until = min(self._next_start, self._deadline) if self._waiting else self._deadline
            for key, _ in self._selector.select(max(0.0, until - now)):
                if (winner := self._finish(key)) is not None:
                    return winner
        for key in self._selector.get_map().values():
            self.faults[key.data.ip] = ErrorClass.CONNECTION_TIMEOUT
        for address in self._waiting:
            self.faults[address.ip] = ErrorClass.CONNECTION_TIMEOUT
        return None

    def close(self) -> None:
        """Give up the sockets that did not win."""
        for key in list(self._selector.get_map().values()):
            self._forget(key).close()
        self._selector.close()

    def _start(self, address: Address) -> None:
        try:
            sock = socket.socket(address.family, socket.SOCK_STREAM)
        except OSError:
            self.faults[address.ip] = ErrorClass.UNREACHABLE
            return
        sock.setblocking(False)
        code = sock.connect_ex(address.socket_address)
        if code in (0, errno.EINPROGRESS, errno.EWOULDBLOCK):
            self._selector.register(sock, selectors.EVENT_WRITE, address)
        else:
            sock.close()
            self._fault(address, code)

    def _finish(self, key: selectors.SelectorKey) -> socket.socket | None:
        sock = self._forget(key)
        code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        # Refused with a word of explanation: connected, spoken to and reset before we looked.
        if code == 0 or (code == errno.ECONNRESET and _has_words(sock)):
            return sock
        sock.close()
        self._fault(key.data, code)
        return None

    def _forget(self, key: selectors.SelectorKey) -> socket.socket:
        self._selector.unregister(key.fileobj)
        assert isinstance(key.fileobj, socket.socket)
        return key.fileobj

    def _fault(self, address: Address, code: int) -> None:
        self.faults[address.ip] = _CLASSES.get(code, ErrorClass.UNREACHABLE)


def _has_words(sock: socket.socket) -> bool:
    try:
        return bool(sock.recv(1, socket.MSG_PEEK))
    except OSError:
        return False


def _unresolved(host: str, class_: ErrorClass, words: str) -> DeliveryError:
    return DeliveryError(
        f"the host {host} could not be looked up: {words}",
        phase=Phase.DNS,
        class_=class_,
        temporary=class_ is ErrorClass.DNS_TEMPORARY,
    )


def _not_connected(
    host: str, port: int, faults: Mapping[str, ErrorClass], timeout: float
) -> DeliveryError:
    class_ = next((one for one in _TELLING if one in faults.values()), ErrorClass.UNREACHABLE)
    tried = ", ".join(f"{ip}: {_WORDS[fault]}" for ip, fault in faults.items())
    within = f" within {timeout:g} s" if class_ is ErrorClass.CONNECTION_TIMEOUT else ""
    advice = _PORT_25 if port == 25 else ""
    return DeliveryError(
        f"no connection to {endpoint(host, port)}{within} ({tried}){advice}",
        phase=Phase.CONNECT,
        class_=class_,
        temporary=True,
    )
