"""What can be said of a server's TLS beside its certificate: seen by a client that takes it."""

from __future__ import annotations

import os
import re
import ssl
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, get_args

import pytest

from harness.fakes import FakeError, Smtp, served_contexts
from harness.fakes.faults.actions.tls import AlertName
from harness.fakes.server_state import VERSIONS
from harness.fakes.smtp.facts import Command
from harness.fakes.transcript import (
    Broke,
    Closed,
    FaultActed,
    MessageCaptured,
    Sent,
    TlsEstablished,
    TlsFailed,
)

pytestmark = pytest.mark.wire

Connected = Callable[..., AbstractContextManager[tuple[Any, Any]]]
Facts = Callable[..., list[Any]]
MakeContext = Callable[..., ssl.SSLContext]

OPEN: dict[str, Any] = {"auth": {"offer": "never"}}
NEWEST: dict[str, Any] = {**OPEN, "security": "tls", "tls_versions": ("TLSv1.3", "TLSv1.3")}
_KEY_UPDATE = 24
_NEW_SESSION_TICKET = 4


def to_tls(wire: Any, security: str) -> None:
    if security == "starttls":
        wire.reply()
        wire.say("EHLO me.example")
        assert wire.say("STARTTLS").startswith(b"220")


# Alerts


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize("name", get_args(AlertName))
def test_a_handshake_is_refused_with_the_alert_of_that_name(
    connected: Connected, client_context: MakeContext, facts: Facts, name: str, security: str
) -> None:
    fault = {"at": "handshake", "do": "alert", "alert": name}
    with connected(**OPEN, security=security, faults=[fault]) as (fake, wire):
        to_tls(wire, security)
        with pytest.raises(ssl.SSLError) as refused:
            wire.secure(client_context())
    assert name in str(refused.value).replace(" ", "_").lower()
    assert [fact.action for fact in facts(fake, FaultActed)] == [f"alert alert='{name}'"]
    assert facts(fake, Closed) == [Closed(by="fake", how="fin")]
    assert len(facts(fake, TlsFailed)) == 1
    assert not any(fact.data.startswith(b"\x15") for fact in facts(fake, Sent)), "it is no words"


def test_an_alert_is_one_record_and_the_end(
    connected: Connected, client_context: MakeContext
) -> None:
    fault = {"at": "handshake", "do": "alert", "alert": "handshake_failure"}
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_context().wrap_bio(incoming, outgoing, server_hostname="localhost")
    with connected(**OPEN, security="tls", faults=[fault]) as (_, wire):
        with pytest.raises(ssl.SSLWantReadError):
            client.do_handshake()
        wire.send(outgoing.read())
        assert wire.rest() == b"\x15\x03\x03\x00\x02\x02\x28"


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (
            {"faults": [{"at": "handshake", "do": "alert", "alert": "no_thanks"}]},
            "handshake_failure",
        ),
        ({"faults": [{"at": "mail", "do": "alert", "alert": "decode_error"}]}, "handshake"),
        ({"faults": [{"at": "mail", "do": "key-update"}]}, r"\[TLSv1\.3, TLSv1\.3\]"),
        ({"weak_ciphers": "rot13"}, "'null' or 'anonymous'"),
        ({"weak_ciphers": "null", "tls_versions": ("TLSv1.2", "TLSv1.3")}, "end with TLSv1.2"),
        ({"session_tickets": "never"}, "'at-once' or 'late'"),
        ({"later_certificate": "exspired"}, "expired"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_choices(
    words: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(FakeError, match=complaint):
        Smtp(**words)


# Versions and suites that are out of date


def permissive(client_context: MakeContext) -> ssl.SSLContext:
    context = client_context(highest=ssl.TLSVersion.TLSv1_2)
    context.set_ciphers("ALL:COMPLEMENTOFALL:@SECLEVEL=0")
    return context


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize(
    ("weak", "suite", "shown"),
    [("null", r"ECDHE-ECDSA-NULL-.*", "good"), ("anonymous", r"A(EC)?DH-.*", "none")],
)
def test_a_server_of_weak_suites_talks_to_a_client_that_takes_anything(
    connected: Connected,
    client_context: MakeContext,
    facts: Facts,
    weak: str,
    suite: str,
    shown: str,
    security: str,
) -> None:
    with connected(**OPEN, security=security, weak_ciphers=weak) as (fake, wire):
        to_tls(wire, security)
        wire.secure(permissive(client_context))
        assert re.fullmatch(suite, wire.socket.cipher()[0])
        if security == "tls":
            wire.reply()
        assert wire.say("EHLO me.example").startswith(b"250-")
    [established] = facts(fake, TlsEstablished)
    assert (established.certificate, established.has_to_be_refused) == (shown, shown == "none")


@pytest.mark.parametrize("weak", ["null", "anonymous"])
def test_a_client_of_today_has_no_suite_in_common_with_it(
    connected: Connected, client_context: MakeContext, facts: Facts, weak: str
) -> None:
    with (
        connected(**OPEN, security="tls", weak_ciphers=weak) as (fake, wire),
        pytest.raises(ssl.SSLError, match="HANDSHAKE_FAILURE"),
    ):
        wire.secure(client_context())
    assert [fact.reason for fact in facts(fake, TlsFailed)] == ["NO_SHARED_CIPHER"]


@pytest.mark.parametrize(
    "words", [{"tls_versions": ("TLSv1.0", "TLSv1.0")}, {"weak_ciphers": "null"}]
)
def test_an_openssl_that_cannot_speak_it_is_told_of_when_the_fake_begins(
    monkeypatch: pytest.MonkeyPatch, words: dict[str, Any]
) -> None:
    monkeypatch.setattr(served_contexts, "why_unreachable", lambda *_, **__: "NO_PROTOCOLS")
    with (
        pytest.raises(FakeError, match=r"of this machine .* speaks no TLSv1\.[02].*NO_PROTOCOLS"),
        Smtp(**words).running(),
    ):
        pytest.fail("it runs")


@pytest.mark.parametrize(
    ("lowest", "highest"),
    [(low, high) for place, low in enumerate(VERSIONS) for high in list(VERSIONS)[place:]],
)
def test_the_lowest_and_the_highest_version_can_both_be_had_and_no_other_one(
    serving: Callable[..., AbstractContextManager[Any]],
    dial: Callable[[Any], Any],
    client_context: MakeContext,
    facts: Facts,
    lowest: str,
    highest: str,
) -> None:
    names = list(VERSIONS)
    within = names[names.index(lowest) : names.index(highest) + 1]
    with serving(**OPEN, security="tls", tls_versions=(lowest, highest)) as fake:
        for name in names:
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", "ssl.TLSVersion", DeprecationWarning)
                context = client_context(lowest=VERSIONS[name], highest=VERSIONS[name])
            context.set_ciphers("ALL:@SECLEVEL=0")
            with pytest.raises(ssl.SSLError) if name not in within else nullcontext():
                dial(fake).secure(context)
    assert [fact.version for fact in facts(fake, TlsEstablished)] == within


_WITHOUT_TLS_1_0 = """\
openssl_conf = libraries
[libraries]
ssl_conf = ssl
[ssl]
system_default = every_context
[every_context]
Protocol = -TLSv1
"""
_SERVE = """\
import sys
from harness.fakes import FakeError, Smtp
try:
    with Smtp(tls_versions=(sys.argv[1], sys.argv[1])).running():
        print("it runs")
except FakeError as error:
    print(error)
"""


@pytest.mark.parametrize(
    ("version", "said"), [("TLSv1.0", "speaks no TLSv1.0"), ("TLSv1.1", "it runs")]
)
def test_what_the_configuration_of_openssl_forbids_is_found_out(
    tmp_path: Path, version: str, said: str
) -> None:
    configuration = tmp_path / "openssl.cnf"
    configuration.write_text(_WITHOUT_TLS_1_0)
    ended = subprocess.run(  # our words
        [sys.executable, "-c", _SERVE, version],
        env={**os.environ, "OPENSSL_CONF": str(configuration)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert said in ended.stdout


# Certificates by connection


def test_from_the_second_connection_on_another_certificate_is_served(
    connected: Connected, client_context: MakeContext, dial: Callable[[Any], Any], facts: Facts
) -> None:
    with connected(**OPEN, security="tls", later_certificate="expired") as (fake, wire):
        wire.secure(client_context())
        for _ in range(2):
            with pytest.raises(ssl.SSLCertVerificationError, match="expired"):
                dial(fake).secure(client_context())
    assert [fact.certificate for fact in facts(fake, TlsEstablished)] == ["good"]
    assert [fact.alert for fact in facts(fake, TlsFailed)] == ["certificate_expired"] * 2


# What comes within a session


def seen_by(context: ssl.SSLContext) -> list[int]:
    """The types of the handshake messages that come in. There is no public way to see them."""
    types: list[int] = []

    def note(_: Any, direction: str, __: Any, content: Any, kind: int, ___: bytes) -> None:
        if direction == "read" and content == 22:
            types.append(int(kind))

    context._msg_callback = note  # type: ignore[attr-defined]
    return types


@pytest.mark.parametrize(("words", "early"), [("at-once", True), ("late", False)])
def test_tickets_come_behind_the_handshake_or_with_the_first_reply(
    connected: Connected, client_context: MakeContext, words: str, early: bool
) -> None:
    with connected(**OPEN, session_tickets=words, tls_versions=("TLSv1.3", "TLSv1.3")) as (_, wire):
        to_tls(wire, "starttls")
        context = client_context()
        seen = seen_by(context)
        wire.secure(context)
        assert wire.silent()
        assert (_NEW_SESSION_TICKET in seen) is early
        assert wire.say("EHLO me.example").startswith(b"250-")
        assert seen.count(_NEW_SESSION_TICKET) == 2


def test_a_late_ticket_resumes_a_session(
    connected: Connected, client_context: MakeContext, dial: Callable[[Any], Any]
) -> None:
    context = client_context()
    with connected(**NEWEST, session_tickets="late") as (fake, wire):
        wire.secure(context)
        wire.reply()
        again = dial(fake)
        again.socket = context.wrap_socket(
            again.socket, server_hostname="localhost", session=wire.socket.session
        )
        assert again.reply().startswith(b"220")
        assert again.socket.session_reused


@pytest.mark.parametrize("requested", [False, True])
@pytest.mark.parametrize(
    "at", ["greeting", "ehlo", "mail", "rcpt", "data", "body[3]", "end-of-data", "idle", "quit"]
)
def test_the_server_changes_its_keys_and_the_session_goes_on(
    connected: Connected, client_context: MakeContext, facts: Facts, at: str, requested: bool
) -> None:
    fault = {"at": at, "do": "key-update", "requested": requested}
    context = client_context()
    seen = seen_by(context)
    with connected(**NEWEST, faults=[fault]) as (fake, wire):
        wire.secure(context)
        wire.reply()
        wire.say("EHLO me.example")
        assert wire.deliver(b"one\r\n").startswith(b"250")
        assert wire.say("NOOP").startswith(b"250")
        assert wire.deliver(b"two\r\n").startswith(b"250")
        assert wire.say("QUIT").startswith(b"221")
        assert wire.rest() == b""
    times = 2 if at in {"mail", "rcpt", "data", "body[3]", "end-of-data", "idle"} else 1
    assert seen.count(_KEY_UPDATE) == len(facts(fake, FaultActed)) == times
    assert [fact.message.wire for fact in facts(fake, MessageCaptured)] == [b"one\r\n", b"two\r\n"]
    assert not facts(fake, TlsFailed)


@contextmanager
def openssl_client(fake: Any, *options: str) -> Iterator[Callable[[bytes, bytes], bytes]]:
    """OpenSSL's own client: say a line, and read until some words have come."""
    command = ["openssl", "s_client", "-connect", f"{fake.host}:{fake.port}", "-crlf", *options]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as client:
        assert client.stdin is not None
        assert client.stdout is not None
        shown = b""

        def say(line: bytes, awaited: bytes) -> bytes:
            nonlocal shown
            os.write(client.stdin.fileno(), line)  # type: ignore[union-attr]
            before = len(shown)
            while awaited not in shown[before:]:
                came = os.read(client.stdout.fileno(), 65536)  # type: ignore[union-attr]
                assert came, shown
                shown += came
            return shown

        try:
            yield say
        finally:
            client.terminate()


@pytest.mark.needs("openssl")
@pytest.mark.parametrize(
    "suite",
    ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"],
)
def test_keys_change_in_every_suite_whoever_asks_for_it(
    serving: Callable[..., AbstractContextManager[Any]], facts: Facts, suite: str
) -> None:
    with (
        serving(**NEWEST, faults=[{"at": "noop", "do": "key-update"}]) as fake,
        openssl_client(fake, "-msg", "-ciphersuites", suite) as say,
    ):
        say(b"", b"220 mx.fake.test")
        say(b"NOOP\n", b"250 OK")
        say(b"K\n", b"KeyUpdate")  # the client has new keys, and asks for the same
        say(b"HELP\n", b"214 2.0.0")
        say(b"NOOP\n", b"250 OK")
        shown = say(b"HELP\n", b"214 2.0.0")
        assert shown.count(b"KeyUpdate") == 2 + 2
    assert [fact.verb for fact in facts(fake, Command)] == ["NOOP", "HELP", "NOOP", "HELP"]
    assert [fact.cipher for fact in facts(fake, TlsEstablished)] == [suite]
    assert not facts(fake, TlsFailed)


def test_keys_of_what_is_not_encrypted_break_the_fake_and_nobody_else(
    serving: Callable[..., AbstractContextManager[Any]], dial: Callable[[Any], Any], facts: Facts
) -> None:
    words = {**NEWEST, "security": "starttls", "faults": [{"at": "greeting", "do": "key-update"}]}
    with serving(may_break=True, **words) as fake:
        assert dial(fake).rest() == b""
    assert [fact.error for fact in facts(fake, Broke)] == [
        "FakeError: key-update: there is no TLS yet whose keys could be new"
    ]


def test_words_in_clear_come_behind_an_encrypted_reply(
    connected: Connected, client_context: MakeContext, facts: Facts
) -> None:
    fault = {"at": "ehlo", "do": "inject", "data": "250 Ok\r\n", "below_tls": True}
    with connected(**OPEN, security="tls", faults=[fault]) as (fake, wire):
        wire.secure(client_context())
        wire.reply()
        assert wire.say("EHLO me.example").startswith(b"250-")
        with pytest.raises(ssl.SSLError, match="wrong version"):
            wire.say("NOOP")
    assert facts(fake, Sent)[-1] == Sent(data=b"250 Ok\r\n", secure=False)


@pytest.mark.parametrize("close_notify", [True, False])
@pytest.mark.parametrize("at", ["quit", "idle"])
def test_the_server_hangs_up_with_or_without_the_end_of_tls(
    connected: Connected, client_context: MakeContext, close_notify: bool, at: str
) -> None:
    faults = [{"at": "idle", "do": "close"}] if at == "idle" else []
    words = {**OPEN, "security": "tls", "close_notify": close_notify, "faults": faults}
    with connected(**words) as (_, wire):
        wire.socket = client_context().wrap_socket(
            wire.socket, server_hostname="localhost", suppress_ragged_eofs=False
        )
        wire.reply()
        wire.say("EHLO me.example")
        assert wire.deliver(b"x\r\n").startswith(b"250")
        if at == "quit":
            assert wire.say("QUIT").startswith(b"221")
        if close_notify:
            assert wire.rest() == b""
        else:
            with pytest.raises(ssl.SSLEOFError):
                wire.rest()
