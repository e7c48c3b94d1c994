"""From a name to a socket."""

from __future__ import annotations

import contextlib
import errno
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from harness.protocol import ErrorClass, Phase
from harness.reference.connect import connect, resolve
from harness.reference.failure import ConfigError, DeliveryError

pytestmark = pytest.mark.wire

GetAddrInfo = Callable[..., list[Any]]


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


@pytest.fixture
def deaf() -> Iterator[int]:
    """A port whose queue is full, so that the kernel ignores who knocks."""
    if sys.platform != "linux":
        pytest.skip("only Linux is known to ignore a knock on a full queue")
    with socket.socket() as listening, contextlib.ExitStack() as stack:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        port = listening.getsockname()[1]
        for _ in range(4):
            knocking = stack.enter_context(socket.socket())
            knocking.setblocking(False)
            knocking.connect_ex(("127.0.0.1", port))
        yield port


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
    return port


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let a name resolve to addresses, or fail."""

    def answer(*addresses: tuple[str, int] | Exception) -> None:
        def getaddrinfo(host: str, port: int, **_: Any) -> list[Any]:
            found = []
            for address in addresses:
                if isinstance(address, Exception):
                    raise address
                ip, real_port = address
                family = socket.AF_INET6 if ":" in ip else socket.AF_INET
                found.append((family, socket.SOCK_STREAM, 6, "", (ip, real_port)))
            return found

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)

    return answer


def failing(host: str, port: int, *, timeout: float = 2.0, **connect_to: str) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        connect(host, port, timeout=timeout, connect_to=connect_to).close()
    return caught.value


def test_a_closed_port_is_refused_by_name_and_port() -> None:
    port = closed_port()
    failure = failing("127.0.0.1", port)
    assert (failure.phase, failure.class_) == (Phase.CONNECT, ErrorClass.CONNECTION_REFUSED)
    assert failure.temporary is True
    assert f"127.0.0.1:{port}" in str(failure)


def test_a_silent_port_is_given_up_in_time(deaf: int) -> None:
    failure = failing("127.0.0.1", deaf, timeout=0.2)
    assert (failure.phase, failure.class_) == (Phase.CONNECT, ErrorClass.CONNECTION_TIMEOUT)
    assert "within 0.2 s" in str(failure)


def test_port_25_gets_advice(deaf: int) -> None:
    with pytest.raises(DeliveryError) as caught:
        connect(
            "mail.example.com",
            25,
            timeout=0.1,
            connect_to={"mail.example.com:25": f"127.0.0.1:{deaf}"},
        )
    assert "mail.example.com:25" in str(caught.value)
    assert "try 587" in str(caught.value)


@pytest.mark.parametrize("code", [errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EACCES])
def test_what_cannot_be_reached_is_said_to_be_so(
    code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket.socket, "connect_ex", lambda *_: code)
    failure = failing("192.0.2.1", 587)
    assert (failure.class_, failure.temporary) == (ErrorClass.UNREACHABLE, True)


def test_the_next_address_is_tried_when_one_refuses_or_is_silent(
    deaf: int, listener: socket.socket, names: Callable[..., None]
) -> None:
    good = listener.getsockname()
    for bad in (("127.0.0.1", closed_port()), ("127.0.0.1", deaf), ("::1", closed_port())):
        names(bad, good)
        with connect("mx.example", 25, timeout=1.0, connect_to={}) as sock:
            assert sock.getpeername() == good


def test_every_address_is_named_when_none_works(deaf: int, names: Callable[..., None]) -> None:
    names(("127.0.0.2", closed_port()), ("127.0.0.1", deaf), ("127.0.0.3", closed_port()))
    failure = failing("mx.example", 587, timeout=0.3)
    assert failure.class_ is ErrorClass.CONNECTION_TIMEOUT
    for ip in ("127.0.0.1: no answer", "127.0.0.2: the connection was refused", "127.0.0.3"):
        assert ip in str(failure)


def test_families_take_turns(names: Callable[..., None]) -> None:
    names(("::1", 1), ("::2", 1), ("::3", 1), ("127.0.0.1", 1), ("127.0.0.2", 1))
    found = [address.ip for address in resolve("mx.example", 1, timeout=1)]
    assert found == ["::1", "127.0.0.1", "::2", "127.0.0.2", "::3"]


@pytest.mark.parametrize(
    ("code", "class_", "temporary"),
    [
        (socket.EAI_NONAME, ErrorClass.NAME_NOT_FOUND, False),
        (socket.EAI_NODATA, ErrorClass.NAME_NOT_FOUND, False),
        (socket.EAI_AGAIN, ErrorClass.DNS_TEMPORARY, True),
        (socket.EAI_FAIL, ErrorClass.DNS_TEMPORARY, True),
    ],
)
def test_a_missing_name_is_not_a_resolver_in_trouble(
    code: int, class_: ErrorClass, temporary: bool, names: Callable[..., None]
) -> None:
    names(socket.gaierror(code, "as the resolver says"))
    failure = failing("no-such-host.example", 587)
    assert (failure.phase, failure.class_, failure.temporary) == (Phase.DNS, class_, temporary)
    assert "no-such-host.example" in str(failure)
    assert "as the resolver says" in str(failure)


def test_a_resolver_that_does_not_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: released.wait(10))
    try:
        failure = failing("mx.example", 587, timeout=0.1)
    finally:
        released.set()
    assert (failure.phase, failure.class_) == (Phase.DNS, ErrorClass.DNS_TEMPORARY)


@pytest.mark.parametrize(
    ("host", "row"),
    [
        ("mail.example.com", "mail.example.com:587"),
        ("mail.example.com", "Mail.Example.COM.:587"),
        ("mail.xn--bcher-kva.example", "mail.bücher.example:587"),
        ("::1", "[::1]:587"),
        ("::1", "[0:0::1]:587"),
    ],
)
def test_a_row_of_connect_to_is_found_in_any_spelling(
    host: str, row: str, listener: socket.socket
) -> None:
    port = listener.getsockname()[1]
    table = {"other.example:587": "127.0.0.1:1", f"{host}:25": "x:1", row: f"127.0.0.1:{port}"}
    table.pop("::1:25", None)
    with connect(host, 587, timeout=1.0, connect_to=table) as sock:
        assert sock.getpeername()[1] == port
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0


@pytest.mark.parametrize("row", ["no-port", "host:port", "a..b:25", ":25"])
def test_a_row_that_cannot_be_read_is_refused(row: str) -> None:
    with pytest.raises(ConfigError, match="connect_to"):
        connect("mail.example.com", 587, timeout=1.0, connect_to={row: "127.0.0.1:1"})


@pytest.mark.parametrize("host", ["nowhere.invalid", "NOWHERE.INVALID.", "a.b.invalid", "invalid"])
def test_no_resolver_is_asked_for_a_name_that_never_exists(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asked(*_: Any, **__: Any) -> Any:
        raise AssertionError("a packet would leave this machine")

    monkeypatch.setattr(socket, "getaddrinfo", asked)
    with pytest.raises(DeliveryError) as caught:
        resolve(host, 25, timeout=1.0)
    assert (caught.value.phase, caught.value.class_) == (Phase.DNS, ErrorClass.NAME_NOT_FOUND)
