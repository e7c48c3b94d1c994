"""What a port does when somebody connects."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from harness.fakes import FakeError, Smtp
from harness.fakes.listener import ReachableWarning, bind, spelt
from harness.fakes.transcript import Closed, Connected

pytestmark = pytest.mark.wire

Serving = Callable[..., AbstractContextManager[Any]]
Facts = Callable[..., list[Any]]
Dial = Callable[[Any], Any]

PLAIN: dict[str, Any] = {"security": "none", "auth": {"offer": "never"}}


@pytest.mark.parametrize("network", ["refused", "unresolved"])
def test_a_refused_port_refuses(serving: Serving, dial: Dial, network: str) -> None:
    with serving(**PLAIN, network=network) as fake:
        for _ in range(3):
            with pytest.raises(ConnectionRefusedError):
                dial(fake)
    assert len(fake.transcript) == 0


def test_a_dropped_port_answers_nobody(serving: Serving) -> None:
    with serving(**PLAIN, network="dropped") as fake:
        for _ in range(5):
            with pytest.raises(TimeoutError):
                socket.create_connection((fake.host, fake.port), timeout=0.05)
    assert len(fake.transcript) == 0


def test_dropped_ports_are_dropped_each_time_anew(serving: Serving) -> None:
    for _ in range(5):
        with serving(**PLAIN, network="dropped") as fake, pytest.raises(TimeoutError):
            socket.create_connection((fake.host, fake.port), timeout=0.05)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((fake.host, fake.port), timeout=0.05)


def test_a_reset_port_resets(serving: Serving, dial: Dial, facts: Facts) -> None:
    with serving(**PLAIN, network="reset") as fake:
        for _ in range(3):
            with pytest.raises(ConnectionResetError):
                dial(fake).rest()
    assert len(facts(fake, Connected)) == 3
    assert facts(fake, Closed) == [Closed(by="fake", how="reset")] * 3


@pytest.mark.parametrize("network", ["open", "refused", "dropped", "reset"])
def test_a_port_in_use_is_named_at_once(network: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        fake = Smtp(**PLAIN, network=network, bind_port=port)
        with pytest.raises(FakeError) as refused:
            fake.running().__enter__()
        assert f"127.0.0.1 port {port}: Address already in use" in str(refused.value)
    with fake.running():
        assert fake.port == port, "and it can be had later"


def test_a_host_that_is_not_ours_is_named(serving: Serving) -> None:
    with (
        pytest.raises(FakeError, match=r"192\.0\.2\.1 port"),
        pytest.warns(ReachableWarning, match=r"192\.0\.2\.1"),
        serving(**PLAIN, bind_host="192.0.2.1", bind_anywhere=True),
    ):
        pass


def test_ipv6_loopback_is_served_and_spelt(serving: Serving, dial: Dial, facts: Facts) -> None:
    with serving(**PLAIN, bind_host="::1") as fake:
        assert dial(fake).reply().startswith(b"220")
    [connected] = facts(fake, Connected)
    assert connected.peer.startswith("[::1]:")
    assert connected.port == fake.port


def test_the_record_tells_server_port_and_peer(serving: Serving, dial: Dial, facts: Facts) -> None:
    with serving(**PLAIN, label="second") as fake:
        wire = dial(fake)
        wire.reply()
        peer = spelt(wire.socket.getsockname())
    assert facts(fake, Connected) == [Connected(server="second", port=fake.port, peer=peer)]


def test_nagles_algorithm_is_off(serving: Serving, dial: Dial) -> None:
    with serving(**PLAIN) as fake:
        dial(fake).reply()
        [connection] = fake._connections
        accepted = connection._transport.get_extra_info("socket")
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0


def test_a_bound_port_is_a_loopback_one_by_default() -> None:
    fake = Smtp(**PLAIN)
    assert fake.host == "127.0.0.1"
    with bind("127.0.0.1", 0) as bound:
        assert bound.proto == socket.IPPROTO_TCP
