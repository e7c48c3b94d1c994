"""`Smtp` by itself: started, stopped, misspelt, and in company."""

from __future__ import annotations

import asyncio
import gc
import logging
import smtplib
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

import anyio
import pytest
from pydantic import ValidationError

from harness.fakes import FakeError, Smtp
from harness.fakes.smtp.session import SmtpSession
from harness.fakes.smtp.state import AuthState, SmtpState
from harness.fakes.tls import Authority
from harness.fakes.transcript import Broke, Closed, Connected, MessageCaptured, Transcript

pytestmark = pytest.mark.wire

Serving = Callable[..., AbstractContextManager[Any]]
Facts = Callable[..., list[Any]]
Dial = Callable[[Any], Any]

PLAIN: dict[str, Any] = {"security": "none", "auth": {"offer": "never"}}


def send_to(server: Any, text: str = "Subject: x\r\n\r\nhello\r\n") -> None:
    context = ssl.create_default_context(cafile=str(server.ca_file))
    with smtplib.SMTP(server.host, server.port, timeout=5) as client:
        client.starttls(context=context)
        client.login(server.username, server.password)
        client.sendmail("a@one.example", ["b@two.example"], text)


def test_a_fake_runs_for_the_body_of_a_with_in_any_thread() -> None:
    with Smtp(security="starttls").running() as server:
        send_to(server)
        assert server.messages[0].content == b"Subject: x\r\n\r\nhello\r\n"
        assert server.messages[0].username == server.username
        assert len(server.transcript) > 10
    assert len(server.messages) == 1, "what it took can be looked at when it is over"
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((server.host, server.port), timeout=1)


def test_a_fake_runs_in_an_event_loop() -> None:
    async def main() -> Any:
        async with Smtp(**PLAIN).serve() as server:
            reader, writer = await asyncio.open_connection(server.host, server.port)
            greeting = await reader.readline()
            writer.close()
            await writer.wait_closed()
        return greeting

    assert asyncio.run(main()) == b"220 mx.fake.test ESMTP\r\n"


def test_the_trust_anchor_has_a_file_while_the_fake_runs() -> None:
    fake = Smtp()
    with pytest.raises(FakeError, match="only while the fake runs"):
        _ = fake.ca_file
    with fake.running() as server:
        file = server.ca_file
        assert "BEGIN CERTIFICATE" in file.read_text()
    assert not file.exists()
    with pytest.raises(FakeError, match="only while the fake runs"):
        _ = fake.ca_file


def test_an_authority_of_ones_own_gets_a_file_too(authority: Authority) -> None:
    with Smtp(authority=authority).running() as server:
        assert server.ca_file.read_bytes() == authority.certificate_pem
        send_to(server)


def test_a_given_file_is_left_where_it_is(authority: Authority, ca_file: Path) -> None:
    with Smtp(authority=authority, ca_file=ca_file).running() as server:
        assert server.ca_file == ca_file
    assert ca_file.exists()
    assert server.ca_file == ca_file


def test_two_fakes_have_two_accounts_that_nobody_else_has() -> None:
    one, two = Smtp(), Smtp()
    assert one.password != two.password
    assert one.username != two.username
    assert len(one.password) >= 20


def test_an_account_can_be_given() -> None:
    fake = Smtp(username="u", password="p")
    assert (fake.username, fake.password) == ("u", "p")


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"securty": "tls"}, "securty: there is no such word, did you mean security?"),
    ({"bind_prt": 1}, "did you mean bind_port?"),
    ({"auth": {"mechanism": []}}, "auth.mechanism: there is no such word, did you mean mechanisms"),
    ({"certificate": "expird"}, "certificate: Input should be 'good'"),
    ({"security": "ssl"}, "security: Input should be 'none', 'starttls' or 'tls'"),
    ({"security": "none", "starttls": "offered"}, "says nothing where security is 'none'"),
    ({"username": "u"}, "give both or neither"),
    ({"size": 0}, "size: Input should be greater than or equal to 1"),
    ({"size": "5"}, "size: Input should be a valid integer"),
    ({"smtputf8": "yes"}, "smtputf8: Input should be a valid boolean"),
    ({"hostname": "two\r\nlines"}, "hostname: it has to be a single line"),
    ({"ehlo": ("a\nb",)}, "ehlo.0: it has to be a single line"),
    ({"auth": {"lines": ("a\nb",)}}, "auth.lines.0: it has to be a single line"),
    ({"network": "closed"}, "network: Input should be 'open', 'refused'"),
    ({"tls_versions": ("TLSv1.3", "TLSv1.2")}, "the lowest comes first: [TLSv1.2, TLSv1.3]"),
    ({"tls_versions": ("TLSv1.3",)}, "tls_versions.1: Field required"),
    ({"faults": [{"at": "lunch", "do": "close"}]}, "faults.0.at: 'lunch' is no"),
    ({"faults": [{"at": "mail", "do": "close", "x": 1}]}, "faults.0.action.close.x: there is no"),
]


@pytest.mark.parametrize(("words", "complaint"), WRONG)
def test_a_word_that_makes_no_sense_is_named(words: dict[str, Any], complaint: str) -> None:
    with pytest.raises(FakeError) as refused:
        Smtp(**words)
    assert complaint in str(refused.value)


def test_all_mistakes_are_named_at_once() -> None:
    with pytest.raises(FakeError, match=r"size: .*; securty: "):
        Smtp(securty="tls", size=0)


def test_a_word_that_is_like_no_other_gets_the_choices() -> None:
    with pytest.raises(FakeError, match=r"zzz: there is no such word \(choose from .*security"):
        Smtp(zzz=1)


def test_a_certificate_that_cannot_be_made_is_found_out_before_anybody_connects() -> None:
    wrong: list[dict[str, Any]] = [
        {"certificate": "ip-san", "names": ("mail.example",)},
        {"default_certificate": "ip-san", "names": ("mail.example",)},
        {"certificate": "ip-san", "default_certificate": "good", "names": ("mail.example",)},
    ]
    for words in wrong:
        with pytest.raises(FakeError, match="ip-san"), Smtp(**words).running():
            pass


def test_states_are_frozen_and_their_defaults_worked_out() -> None:
    state = SmtpState()
    with pytest.raises(ValidationError, match="frozen"):
        state.size = 1  # type: ignore[misc]  # that is the point
    assert (state.auth_offer, state.auth_required) == ("after-tls", True)
    in_clear = SmtpState(security="none")
    assert (in_clear.auth_offer, in_clear.auth_required) == ("always", True)
    early = SmtpState(auth=AuthState(offer="before-tls"))
    assert early.auth_required is False


def test_a_fake_runs_once_at_a_time() -> None:
    fake = Smtp(**PLAIN)
    with fake.running():
        with pytest.raises(FakeError, match="smtp is running already, on 127"), fake.running():
            pass
        with smtplib.SMTP(fake.host, fake.port, timeout=5) as client:
            client.noop()


def test_a_fake_runs_again_from_the_start(dial: Dial) -> None:
    fault = {"at": "greeting", "do": "reply", "code": 421, "close": True, "times": 1}
    fake = Smtp(**PLAIN, faults=[{**fault, "connection": 1}])
    for _ in range(2):
        with fake.running():
            assert dial(fake).rest() == b"421\r\n"
            wire = dial(fake)
            assert wire.reply().startswith(b"220")
            wire.say("EHLO me.example")
            wire.deliver(b"x\r\n")
    assert len(fake.messages) == 2
    assert [fact.index for _, fact in fake.transcript.of(MessageCaptured)] == [0, 1]
    assert [event.connection for event, _ in fake.transcript.of(Connected)] == [1, 2, 3, 4]


def test_several_fakes_share_a_record_and_keep_their_own_messages(dial: Dial) -> None:
    transcript = Transcript()
    with ExitStack() as stack:
        fakes = [
            stack.enter_context(Smtp(**PLAIN, transcript=transcript, label=label).running())
            for label in ("one", "two", "three")
        ]
        assert len({fake.port for fake in fakes}) == 3
        for fake in fakes:
            wire = dial(fake)
            wire.reply()
            wire.say("EHLO me.example")
            wire.deliver(b"x\r\n")
    assert [fact.server for _, fact in transcript.of(Connected)] == ["one", "two", "three"]
    assert [len(fake.messages) for fake in fakes] == [1, 1, 1]
    assert {event.connection for event in transcript} == {1, 2, 3}


@pytest.mark.parametrize("at", ["connect", "greeting", "ehlo", "handshake", "data", "body[1]"])
def test_stopping_does_not_wait_for_a_sender_that_hangs(
    serving: Serving, dial: Dial, facts: Facts, at: str
) -> None:
    security = "tls" if at == "handshake" else "none"
    words = {**PLAIN, "security": security, "faults": [{"at": at, "do": "stall"}]}
    with serving(**words) as fake:
        wire = dial(fake)
        if at == "handshake":
            wire.send(b"\x16\x03")
        elif at not in {"connect", "greeting"}:
            wire.reply()
            wire.send(b"EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\nDATA\r\nbody")
            wire.silent()
    assert facts(fake, Closed) == [Closed(by="fake", how="reset")]


def test_stopping_does_not_wait_for_a_sender_that_was_hung_up_on(
    serving: Serving, dial: Dial, facts: Facts
) -> None:
    with serving(**PLAIN, faults=[{"at": "greeting", "do": "close"}]) as fake:
        wire = dial(fake)
        assert wire.rest() == b""
    assert facts(fake, Closed) == [Closed(by="fake", how="fin")]


def test_stopping_while_senders_come_leaves_nobody_behind(serving: Serving, facts: Facts) -> None:
    for _ in range(20):
        with serving(**PLAIN) as fake, ExitStack() as stack:
            for _ in range(5):
                stack.enter_context(socket.create_connection((fake.host, fake.port)))
        assert not fake._connections
        assert len(facts(fake, Connected)) == len(facts(fake, Closed)) <= 5


def descriptors() -> set[str]:
    folder = Path("/proc/self/fd")
    if not folder.exists():
        pytest.skip("no /proc here to count descriptors in")
    gc.collect()
    return {str(entry) for entry in folder.iterdir()}


def test_starting_and_stopping_many_times_leaves_nothing() -> None:
    with Smtp().running() as server:  # what is made once and kept is made now
        send_to(server)
    threads, files = threading.active_count(), len(descriptors())
    for number in range(20):
        with Smtp(security="starttls").running() as server:
            send_to(server)
            hanging = socket.create_connection((server.host, server.port))
        hanging.close()
        assert len(server.messages) == 1, number
    assert threading.active_count() == threads
    assert len(descriptors()) <= files


def test_no_task_of_a_fake_outlives_it() -> None:
    async def main() -> set[Any]:
        before = asyncio.all_tasks()
        writers = []
        async with Smtp(**PLAIN, faults=[{"at": "noop", "do": "stall"}]).serve() as server:
            for words in (b"", b"EHLO x\r\n", b"NOOP\r\n", b"QUIT\r\n"):
                reader, writer = await asyncio.open_connection(server.host, server.port)
                await reader.readline()
                writer.write(words)
                writers.append(writer)
            assert len(asyncio.all_tasks() - before) == 4
        left = asyncio.all_tasks() - before
        for writer in writers:
            writer.close()
        await asyncio.gather(*(w.wait_closed() for w in writers), return_exceptions=True)
        return left

    assert asyncio.run(main(), debug=True) == set()


def test_stopping_in_a_cancelled_scope_leaves_nothing_either() -> None:
    async def main() -> Any:
        fake = Smtp(**PLAIN, faults=[{"at": "greeting", "do": "stall"}])
        with anyio.CancelScope() as scope:
            async with fake.serve():
                wires = [socket.create_connection((fake.host, fake.port)) for _ in range(3)]
                scope.cancel()
                await anyio.sleep_forever()
        for wire in wires:
            wire.close()
        return fake

    fake = asyncio.run(main())
    assert not fake._connections


def test_a_bug_of_the_fakes_is_told_as_one(
    serving: Serving, dial: Dial, facts: Facts, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(self: Any, argument: str | None) -> None:
        raise ZeroDivisionError("one and one")

    monkeypatch.setattr(SmtpSession, "_noop", broken)
    with serving(**PLAIN, may_break=True) as fake:
        wire = dial(fake)
        wire.reply()
        wire.send(b"NOOP\r\n")
        assert wire.rest() == b""
    assert facts(fake, Broke) == [Broke(error="ZeroDivisionError: one and one")]


def test_a_bug_while_tls_begins_is_told_as_one(
    serving: Serving, dial: Dial, facts: Facts, monkeypatch: pytest.MonkeyPatch
) -> None:
    for security in ("starttls", "tls"):
        with serving(security=security, may_break=True) as fake:
            monkeypatch.setattr(fake._served, "choose", lambda *_: 1 / 0)
            wire = dial(fake)
            if security == "starttls":
                wire.reply()
                wire.say("STARTTLS")
            with pytest.raises(ssl.SSLError):
                wire.secure(ssl.create_default_context())
        assert [fact.error for fact in facts(fake, Broke)] == [
            "ZeroDivisionError: division by zero"
        ]


def test_nothing_is_logged(serving: Serving, dial: Dial, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="asyncio"), serving(security="none") as fake:
        wire = dial(fake)
        wire.reply()
        for line in ("EHLO x", "WHAT", "AUTH PLAIN AAAA", "MAIL FROM:<", "QUIT"):
            wire.say(line)
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []
    assert not [record for record in caplog.records if record.name == "mail.log"]
