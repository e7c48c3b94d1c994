"""The providers' SMTP fronts, octet for octet: whole sessions, and words laid over the vendor's."""

from __future__ import annotations

import asyncio
import base64
import smtplib
import socket
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier
from typing import Any

import anyio
import pytest

from harness.fakes import (
    FakeError,
    Mailgun,
    Mandrill,
    Postmark,
    Resend,
    SendGrid,
    Ses,
    SparkPost,
)
from harness.fakes.apis import ProviderFake, fake_of
from harness.fakes.providers.registry import provider_names
from harness.fakes.transcript import Broke

pytestmark = pytest.mark.wire

ACCOUNT = {"domains": [{"name": "example.com"}]}
MESSAGE = b"From: a@example.com\r\nTo: b@example.net\r\n\r\nx\r\n"


class Talk:
    """A client that sends lines and reads replies, as octets."""

    def __init__(self, api: ProviderFake) -> None:
        self._api = api
        self._socket = socket.create_connection(("127.0.0.1", api.smtp.port), 10)
        self._lines = self._socket.makefile("rb")

    def reply(self) -> bytes:
        """The last line of the next reply."""
        while (line := self._lines.readline())[3:4] == b"-":
            pass
        return line.removesuffix(b"\r\n")

    def listed(self, command: bytes) -> list[bytes]:
        """Every line of the reply to a command, without its code."""
        self._socket.sendall(command + b"\r\n")
        lines = [self._lines.readline()]
        while lines[-1][3:4] == b"-":
            lines.append(self._lines.readline())
        return [line[4:].removesuffix(b"\r\n") for line in lines]

    def say(self, line: bytes) -> bytes:
        """Send a line; the reply to it."""
        self._socket.sendall(line + b"\r\n")
        return self.reply()

    def secure(self, name: str) -> None:
        """Begin TLS now."""
        context = ssl.create_default_context(cafile=str(self._api.ca_file))
        self._lines.close()
        self._socket = context.wrap_socket(self._socket, server_hostname=name)
        self._lines = self._socket.makefile("rb")

    def log_in(self) -> bytes:
        """The reply to AUTH PLAIN with the sender's own credentials."""
        front = self._api.smtp
        secret = f"\0{front.username}\0{front.password}".encode()
        return self.say(b"AUTH PLAIN " + base64.b64encode(secret))

    def close(self) -> None:
        """Leave."""
        self._lines.close()
        self._socket.close()


@contextmanager
def talking(api: ProviderFake) -> Iterator[Talk]:
    """A connection, greeted."""
    talk = Talk(api)
    try:
        talk.reply()
        yield talk
    finally:
        talk.close()


# The replies to STARTTLS, AUTH, RSET, MAIL, RCPT, DATA and QUIT.
SESSIONS: dict[type[Any], list[bytes]] = {
    Ses: [
        b"220 Ready to start TLS",
        b"235 Authentication successful.",
        b"250 Ok",
        b"250 Ok",
        b"250 Ok",
        b"354 End data with <CR><LF>.<CR><LF>",
        b"221 Bye",
    ],
    SendGrid: [
        b"220 Begin TLS negotiation now",
        b"235 Authentication successful",
        b"250 Ok",
        b"250 Sender address accepted",
        b"250 Recipient address accepted",
        b"354 Continue",
        b"221 See you later",
    ],
    SparkPost: [
        b"220 2.0.0 continue",
        b"235 2.0.0 Authed. Go on.",
        b"250 2.0.0 OK",
        b"250 2.0.0 MAIL FROM accepted",
        b"250 2.0.0 RCPT TO accepted",
        rb'354 3.0.0 continue.  finished with "\r\n.\r\n"',
        b"221 2.3.0 momentum1.platform1.us-west-2.aws.cl.messagesystems.com closing connection",
    ],
    Mailgun: [
        b"220 Go ahead",
        b"235 Authentication successful",
        b"250 Ok",
        b"250 Sender address accepted",
        b"250 Recipient address accepted",
        b"354 Continue",
        b"221 See you later. Yours truly, Mailgun",
    ],
    Mandrill: [
        b"220 2.0.0 Ready to start TLS",
        b"235 2.7.0 Authentication successful",
        b"250 2.0.0 Ok",
        b"250 2.1.0 Ok",
        b"250 2.1.5 Ok",
        b"354 End data with <CR><LF>.<CR><LF>",
        b"221 2.0.0 Bye",
    ],
    Postmark: [
        b"220 2.0.0 Ready to start TLS",
        b"235 2.7.0 Authentication successful",
        b"250 2.0.0 Ok",
        b"250 2.1.0 Ok",
        b"250 2.1.5 Ok",
        b"354 End data with <CR><LF>.<CR><LF>",
        b"221 2.0.0 Bye",
    ],
    Resend: [
        b"220 Ready to start TLS",
        b"235 Authentication successful",
        b"250 OK",
        b"250 Accepted",
        b"250 Accepted",
        b"354 End data with <CR><LF>.<CR><LF>",
        b"221 Bye",
    ],
}


HOSTS = {
    Ses: "email-smtp.eu-central-1.amazonaws.com",
    SendGrid: "smtp.eu.sendgrid.net",
    SparkPost: "smtp.sparkpostmail.com",
    Mailgun: "smtp.mailgun.org",
    Mandrill: "smtp.mandrillapp.com",
    Postmark: "smtp.postmarkapp.com",
    Resend: "smtp.resend.com",
}


def test_every_vendor_has_its_session() -> None:
    assert {*SESSIONS} == {*HOSTS} == {fake_of(name) for name in provider_names()}


@pytest.mark.parametrize("kind", SESSIONS, ids=lambda kind: kind.__name__)
def test_a_session_is_in_the_words_of_the_vendor(kind: type[Any]) -> None:
    with kind(account=ACCOUNT).running() as api, talking(api) as talk:
        talk.say(b"EHLO c.example")
        heard = [talk.say(b"STARTTLS")]
        talk.secure(name=HOSTS[kind])
        talk.say(b"EHLO c.example")
        heard += [talk.log_in(), talk.say(b"RSET"), talk.say(b"MAIL FROM:<a@example.com>")]
        heard += [talk.say(b"RCPT TO:<b@example.net>"), talk.say(b"DATA")]
        assert talk.say(MESSAGE + b".").startswith(b"250 ")
        heard.append(talk.say(b"QUIT"))
    assert heard == SESSIONS[kind]


def test_ses_names_the_recipient_that_is_no_address() -> None:
    with Ses(account=ACCOUNT, smtp={"security": "tls"}).running() as api:
        context = ssl.create_default_context(cafile=str(api.ca_file))
        with smtplib.SMTP_SSL("localhost", api.smtp.port, context=context, timeout=10) as client:
            client.login(api.smtp.username, api.smtp.password)
            client.mail("a@example.com")
            assert client.docmd("RCPT", "TO:<b@x..y>") == (553, b"b@x..y Invalid email address")


def test_a_message_over_the_limit_is_refused_in_the_words_of_the_vendor() -> None:
    words = {"security": "none", "size": 20}
    with Ses(account=ACCOUNT, smtp=words).running() as api, talking(api) as talk:
        talk.say(b"EHLO c.example")
        talk.log_in()
        talk.say(b"MAIL FROM:<a@example.com>")
        talk.say(b"RCPT TO:<b@example.net>")
        talk.say(b"DATA")
        assert talk.say(MESSAGE + b".") == b"552 Message is too long."


def test_sparkpost_takes_no_credentials_in_clear() -> None:
    with SparkPost().running() as api, talking(api) as talk:
        talk.say(b"EHLO c.example")
        assert talk.log_in().startswith(b"538 ")


def test_postmark_takes_what_belongs_to_the_notifications_that_it_offers() -> None:
    with Postmark().running() as api, talking(api) as talk:
        assert b"DSN" in talk.listed(b"EHLO c.example")
        talk.log_in()
        assert talk.say(b"MAIL FROM:<a@example.com> RET=HDRS ENVID=1").startswith(b"250 ")
        assert talk.say(b"RCPT TO:<b@example.net> NOTIFY=FAILURE").startswith(b"250 ")


def test_sendgrid_offers_no_notifications() -> None:
    with SendGrid().running() as api, talking(api) as talk:
        assert b"DSN" not in talk.listed(b"EHLO c.example")
        talk.log_in()
        assert talk.say(b"MAIL FROM:<a@example.com> RET=HDRS").startswith(b"555 ")


def test_what_the_words_take_away_is_not_offered() -> None:
    with SendGrid(smtp={"security": "none"}).running() as api, talking(api) as talk:
        lines = talk.listed(b"EHLO c.example")
        assert b"STARTTLS" not in lines
        assert b"AUTH PLAIN LOGIN" in lines
    words = {"starttls": "unadvertised", "auth": {"offer": "never"}}
    with SendGrid(smtp=words).running() as api, talking(api) as talk:
        lines = talk.listed(b"EHLO c.example")
        assert lines == [b"smtp.sendgrid.net", b"8BITMIME", b"PIPELINING", b"SIZE 31457280"]
        assert talk.say(b"STARTTLS") == b"220 Begin TLS negotiation now"


@pytest.mark.parametrize(
    ("auth", "reply"),
    [
        ({"broken": ["PLAIN"]}, b"535 5.7.8 Authentication credentials invalid"),
        ({"broken": ["PLAIN"], "refusal": "454 4.7.0 later"}, b"454 4.7.0 later"),
    ],
)
def test_a_mechanism_can_be_broken_at_a_vendor_too(auth: dict[str, Any], reply: bytes) -> None:
    words = {"auth": {"offer": "always", **auth}}
    with SendGrid(smtp=words).running() as api, talking(api) as talk:
        talk.say(b"EHLO c.example")
        assert talk.log_in() == reply


def test_the_words_about_a_refusal_go_before_those_of_the_vendor() -> None:
    words = {"auth": {"offer": "always", "refusal": "454 4.7.0 later"}}
    with SendGrid(smtp=words).running() as api, talking(api) as talk:
        talk.say(b"EHLO c.example")
        assert talk.say(b"AUTH PLAIN AHgAeA==") == b"454 4.7.0 later"


def test_the_messages_of_an_earlier_run_stay() -> None:
    api = Postmark(account=ACCOUNT)
    for count in (1, 2):
        with api.running():
            with smtplib.SMTP("localhost", api.smtp.port, timeout=10) as client:
                client.login(api.smtp.username, api.smtp.password)
                client.sendmail("a@example.com", "b@example.net", MESSAGE)
            assert [len(api.smtp.messages), len(api.messages)] == [count, count]


@pytest.mark.parametrize("waits", [True, False])
def test_nothing_is_left_of_the_front_in_the_loop(waits: bool) -> None:
    async def opened_and_closed() -> bool:
        async with SendGrid().serve() as api:
            port = api.smtp.port
            if waits:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except ConnectionRefusedError:
            return True
        writer.close()
        return False

    assert asyncio.run(opened_and_closed())


def test_the_list_shows_the_limit_and_the_mechanisms_that_are_in_force() -> None:
    words = {"size": 99, "auth": {"mechanisms": ["CRAM-MD5", "LOGIN"]}}
    with Postmark(smtp=words).running() as api, talking(api) as talk:
        lines = talk.listed(b"EHLO c.example")
        assert {b"SIZE 99", b"AUTH LOGIN CRAM-MD5", b"AUTH=LOGIN CRAM-MD5"} <= set(lines)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ({"hostname": "mx.example", "ehlo": ["X"]}, "ehlo, hostname: what is listed"),
        ({"auth": {"lines": ["AUTH LOGIN"]}}, "auth.lines: what is listed"),
        ({"auth": {"required": False}}, "auth.required: a provider takes mail only from those"),
        (
            {"auth": {"mechanisms": ["CRAM-MD5"]}},
            r"auth.mechanisms: this vendor has no CRAM-MD5 \(choose from PLAIN, LOGIN\)",
        ),
        ({"auth": "none"}, "auth: "),
    ],
)
def test_a_word_that_no_session_would_heed_is_refused(
    words: dict[str, Any], complaint: str
) -> None:
    with SendGrid(smtp=words).running() as api, pytest.raises(FakeError, match=complaint):
        api.smtp  # noqa: B018


@pytest.mark.parametrize("kind", [Ses, Mailgun, Mandrill])
def test_nobody_is_anonymous_where_auth_is_taken_away(kind: type[Any]) -> None:
    words = {"security": "none", "auth": {"offer": "never"}}
    with kind(account=ACCOUNT, smtp=words).running() as api, talking(api) as talk:
        talk.say(b"EHLO c.example")
        talk.say(b"MAIL FROM:<a@example.com>")
        assert talk.say(b"RCPT TO:<b@example.net>")[:1] == b"5"
        assert not list(api.transcript.of(Broke))


@pytest.mark.parametrize(
    ("kind", "reply"),
    [
        (SendGrid, b"552 message exceeds the size limit"),
        (Mailgun, b"552 message exceeds the size limit"),
        (Mandrill, b"552 5.3.4 Message size exceeds fixed limit"),
        (Postmark, b"552 5.3.4 Message size exceeds fixed limit"),
    ],
)
def test_what_mail_declares_too_large_meets_the_words_of_the_vendor(
    kind: type[Any], reply: bytes
) -> None:
    with kind().running() as api, talking(api) as talk:
        talk.say(b"EHLO c.example")
        talk.log_in()
        assert talk.say(b"MAIL FROM:<a@example.com> SIZE=60000000") == reply


def test_all_who_ask_at_once_get_the_same_front() -> None:
    with Postmark().running() as api, ThreadPoolExecutor(4) as pool:
        together = Barrier(4)

        def ask(_: int) -> int:
            together.wait(10)
            return api.smtp.port

        assert set(pool.map(ask, range(4))) == {api.smtp.port}


def test_the_front_closes_when_its_owner_is_cancelled() -> None:
    async def cancelled() -> int:
        with anyio.CancelScope() as scope:
            async with SendGrid().serve() as api:
                port: int = api.smtp.port
                scope.cancel()
                await anyio.sleep_forever()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)
        return port

    assert asyncio.run(cancelled())


def test_a_port_that_drops_what_comes_does_so_at_once() -> None:
    with SendGrid(smtp={"network": "dropped"}).running() as api, pytest.raises(TimeoutError):
        socket.create_connection(("127.0.0.1", api.smtp.port), 0.1)
