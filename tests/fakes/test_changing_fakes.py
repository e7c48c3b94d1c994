"""Fakes that become others while they run, and what cannot be set by mistake."""

from __future__ import annotations

import json
import smtplib
import socket
import ssl
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from harness.fakes import FakeError, SendGrid, Smtp
from harness.fakes.apis import fake_of
from harness.fakes.http.exchange import Request
from harness.fakes.listener import ReachableWarning
from harness.fakes.providers.registry import provider_names

pytestmark = pytest.mark.wire

Serving = Callable[..., Any]
Dial = Callable[[Any], Any]
Facts = Callable[..., list[Any]]

PLAIN: dict[str, Any] = {"security": "none", "auth": {"offer": "never"}}
APIS = tuple(map(fake_of, provider_names()))
ALL = (Smtp, *APIS)
named = pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)


@named
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("faults", "faults: it is not set, but changed: change(faults=…)"),
        ("certificate", "certificate: it is not set, but changed: change(certificate=…)"),
        ("mesages", "mesages: there is no such attribute of {}, did you mean messages? ("),
        ("fault", "fault: there is no such attribute of {}, did you mean faults? ("),
        ("port", "port: it tells what the {} is, and cannot be set"),
        ("transcript", "transcript: it tells what the {} is, and cannot be set"),
    ],
)
def test_what_would_do_nothing_cannot_be_set(kind: type[Any], name: str, words: str) -> None:
    fake = kind()
    for refused in (AttributeError, FakeError):
        with pytest.raises(refused) as caught:
            setattr(fake, name, 3)
        said = str(caught.value)
        assert said.startswith(words.format(kind.__name__))
        assert "there is no such" not in said or "network, faults" in said, "the choices"


def test_a_misspelt_account_is_named() -> None:
    with pytest.raises(AttributeError, match="did you mean account"):
        SendGrid().acount = 3


def test_new_connections_see_the_new_state_and_old_ones_the_old(
    serving: Serving, dial: Dial
) -> None:
    with serving(**PLAIN, hostname="one.test") as fake:
        old = dial(fake)
        assert old.reply() == b"220 one.test ESMTP\r\n"
        fake.change(hostname="two.test", faults=[{"at": "noop", "do": "reply", "code": 450}])
        new = dial(fake)
        assert new.reply() == b"220 two.test ESMTP\r\n"
        assert new.say("NOOP") == b"450\r\n"
        assert old.say("EHLO a.test").startswith(b"250-one.test\r\n")
        assert old.say("NOOP") == b"250 OK\r\n"
        assert fake.state.security == "none", "what was not named stays"
        port = fake.port
        fake.change(faults=[])
        assert dial(fake).reply() == b"220 two.test ESMTP\r\n"
        assert fake.port == port


def test_faults_go_on_unless_they_are_named(serving: Serving, dial: Dial) -> None:
    once = {"at": "noop", "do": "reply", "code": 450, "times": 1}
    with serving(**PLAIN, faults=[once]) as fake:
        for expected, words in (
            (b"450", {"hostname": "two.test"}), (b"250", {"faults": [once]}), (b"450", {}),
        ):  # fmt: skip
            wire = dial(fake)
            wire.reply()
            assert wire.say("NOOP").startswith(expected)
            fake.change(**words)


def test_a_certificate_is_another_one_from_the_next_connection_on(serving: Serving) -> None:
    with serving(security="tls") as fake:
        trust = ssl.create_default_context(cafile=str(fake.ca_file))
        for kind, refused in (("good", False), ("expired", True), ("good", False)):
            fake.change(certificate=kind)
            if refused:
                with pytest.raises(ssl.SSLCertVerificationError, match="expired"):
                    smtplib.SMTP_SSL("localhost", fake.port, context=trust, timeout=10)
            else:
                smtplib.SMTP_SSL("localhost", fake.port, context=trust, timeout=10).close()


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ({"hostname": "x", "securty": "tls"}, "securty: .* did you mean security?"),
        ({"hostname": "x", "size": 0}, "size: "),
        ({"hostname": "x", "bind_port": 25}, "bind_port: holds as long as the fake lives"),
        ({"hostname": "x", "network": "refused"}, "network: open cannot become refused"),
        ({"hostname": "x", "security": "tls", "certificate": "wildcard"}, "labels"),
    ],
)
def test_a_change_that_makes_no_sense_changes_nothing(
    words: dict[str, Any], why: str, serving: Serving, dial: Dial
) -> None:
    with serving(**PLAIN) as fake:
        before = fake.state
        with pytest.raises(FakeError, match=why):
            fake.change(**words)
        assert fake.state is before
        assert dial(fake).reply() == b"220 mx.fake.test ESMTP\r\n"


def test_a_port_can_begin_to_reset_and_a_fake_that_stands_still_can_be_anything() -> None:
    fake = Smtp(**PLAIN)
    fake.change(network="refused")
    with fake.running(), pytest.raises(ConnectionRefusedError):
        smtplib.SMTP(fake.host, fake.port, timeout=10)
    fake.change(network="open")
    with fake.running():
        smtplib.SMTP(fake.host, fake.port, timeout=10).close()
        fake.change(network="reset")
        # The reset may come before connecting has ended.
        with (
            pytest.raises(ConnectionResetError),
            socket.create_connection((fake.host, fake.port), timeout=10) as client,
        ):
            client.recv(1)


def test_no_connection_sees_half_a_change(serving: Serving, dial: Dial) -> None:
    states = [
        {"hostname": f"{name}.test", "ehlo": (f"X-{name}",), "size": size}
        for name, size in (("one", 1001), ("two", 2002))
    ]
    with serving(**PLAIN, **states[0]) as fake:
        over = threading.Event()

        def change() -> None:
            while not over.is_set():
                for state in states:
                    fake.change(**state)

        with ThreadPoolExecutor() as pool:
            changers = [pool.submit(change) for _ in range(2)]
            try:
                seen = set()
                for _ in range(60):
                    wire = dial(fake)
                    seen.add((wire.reply(), wire.say("EHLO a.test")))
            finally:
                over.set()
            for changer in changers:
                changer.result()
    assert seen <= {
        (
            f"220 {name}.test ESMTP\r\n".encode(),
            f"250-{name}.test\r\n250-SIZE {size}\r\n250-8BITMIME\r\n250 X-{name}\r\n".encode(),
        )
        for name, size in (("one", 1001), ("two", 2002))
    }


# Accounts.


def ask(api: SendGrid) -> int:
    body = {
        "personalizations": [{"to": [{"email": "b@example.net"}]}],
        "from": {"email": "a@example.com"},
        "subject": "s",
        "content": [{"type": "text/plain", "value": "t"}],
    }
    headers = (
        ("Authorization", f"Bearer {api.credentials['api_key']}"),
        ("Content-Type", "application/json"),
    )
    request = Request(
        method="POST", target="/v3/mail/send", headers=headers, body=json.dumps(body).encode()
    )
    return api.answer(request).response.status


def by_setting(api: SendGrid, number: int) -> None:
    api.account = api.account.model_copy(update={"suppressed": (f"{number}@example.net",)})


def by_changing(api: SendGrid, number: int) -> None:
    api.change(account={"suppressed": [f"{number}@example.net"]})


def by_a_function(api: SendGrid, number: int) -> None:
    api.change_account(
        lambda account: account.model_copy(
            update={"suppressed": (*account.suppressed, f"{number}@example.net")}
        )
    )


@pytest.mark.parametrize("change", [by_setting, by_changing, by_a_function])
def test_no_request_is_lost_while_the_account_changes(
    change: Callable[[SendGrid, int], None],
) -> None:
    api = SendGrid(account={"domains": [{"name": "example.com"}]})
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(ask, api) for _ in range(300)]
        changed = [pool.submit(change, api, number) for number in range(300)]
        assert [one.result() for one in asked] == [202] * 300
        assert [one.result() for one in changed] == [None] * 300
    assert len(list(api.account.accepted)) == 300
    assert len({mail.provider_id for mail in api.account.accepted}) == 300
    assert len(api.account.suppressed) == (300 if change is by_a_function else 1)


def test_what_came_between_reading_and_setting_an_account_stays() -> None:
    api = SendGrid(account={"domains": [{"name": "example.com"}]})
    copy = api.account.model_copy(update={"rate_limited": True})
    assert ask(api) == 202
    serial = api.account.serial
    with ThreadPoolExecutor(1) as pool:  # who looks at it from elsewhere has no part in it
        pool.submit(lambda: api.account).result()
    copy = api.account.model_copy(update={"rate_limited": True})
    assert ask(api) == 202
    api.account = copy
    assert api.account.rate_limited
    assert api.account.serial > serial
    assert len(list(api.account.accepted)) == 2
    assert ask(api) == 429


@pytest.mark.parametrize("kind", APIS, ids=lambda kind: kind.__name__)
def test_an_api_and_its_smtp_service_can_become_another(kind: type[Any]) -> None:
    with kind().running() as api:
        api.smtp.change(certificate="expired")
        assert api.smtp.state.certificate == "expired"
        assert api.state.certificate == "good"
        keys = api.account.keys if hasattr(api.account, "keys") else None
        api.change(account={"suspended": True}, skew=5.0)
        assert api.account.suspended
        assert api.state.skew == 5.0
        assert keys is None or api.account.keys == keys
        with pytest.raises(FakeError, match="who may log in"):
            api.smtp.change(username="x", password="y")
        before = api.account
        with pytest.raises(FakeError, match="suspendd"):
            api.change(account={"suspendd": True}, skew=9.0)
        assert (api.account, api.state.skew) == (before, 5.0)


# Who can reach a fake.


@named
@pytest.mark.parametrize("host", ["0.0.0.0", "", "::", "192.0.2.7", "mail.example", "::ffff:0:0"])
def test_a_host_that_others_can_reach_needs_consent(kind: type[Any], host: str) -> None:
    with pytest.raises(FakeError, match=r"bind_host: .* loopback.* bind_anywhere=True"):
        kind(bind_host=host)
    with pytest.warns(ReachableWarning, match="bind_anywhere") as warned:
        kind(bind_host=host, bind_anywhere=True)
    assert warned[0].filename == __file__


@named
@pytest.mark.parametrize("host", ["127.0.0.1", "127.3.2.1", "::1", "localhost"])
def test_loopback_needs_none(kind: type[Any], host: str) -> None:
    assert kind(bind_host=host).host == host


def test_a_fake_that_listens_everywhere_serves() -> None:
    with pytest.warns(ReachableWarning):
        fake = Smtp(**PLAIN, bind_host="0.0.0.0", bind_anywhere=True)
    with fake.running(), smtplib.SMTP("127.0.0.1", fake.port, timeout=10) as client:
        assert client.noop()[0] == 250
