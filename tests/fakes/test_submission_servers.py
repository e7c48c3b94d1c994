"""The providers' SMTP fronts, asked by a client that is not ours: one account, two front doors."""

from __future__ import annotations

import asyncio
import re
import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
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
from harness.fakes.apis import ProviderFake
from harness.fakes.apis import fake_of as class_of
from harness.fakes.providers.registry import provider_names, submission
from harness.fakes.smtp.facts import AuthOutcome
from harness.fakes.transcript import Broke, MessageCaptured

pytestmark = pytest.mark.wire

MESSAGE = (
    b"From: A <a@example.com>\r\nTo: b@example.net\r\nSubject: =?utf-8?q?gr=C3=BC=C3=9Fe?=\r\n\r\n"
    b"..a line with a dot\r\n"
)
FOREIGN = MESSAGE.replace(b"@example.com", b"@example.org")
IDENTITY = (
    "550 The from address does not match a verified Sender Identity. Mail cannot be sent until "
    "this error is resolved. Visit "
    "https://sendgrid.com/docs/for-developers/sending-email/sender-identity/ to see the Sender "
    "Identity requirements"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """A provider, and what its server says."""

    kind: type[Any]
    accepted: str
    wrong: str
    unverified: str | None


VENDORS = [
    Vendor(
        kind=Ses,
        accepted=r"250 Ok 0100[0-9a-f]{12}-[0-9a-f-]{36}-000000",
        wrong="535 Authentication Credentials Invalid",
        unverified="554 Message rejected: Email address is not verified. The following identities "
        "failed the check in region US-EAST-1: a@example.org, A <a@example.org>",
    ),
    Vendor(
        kind=SendGrid,
        accepted=r"250 Ok: queued as [A-Za-z0-9_-]{22}",
        wrong="535 Authentication failed: Bad username / password",
        unverified=IDENTITY,
    ),
    Vendor(
        kind=SparkPost,
        accepted=r"250 2\.0\.0 OK [0-9A-F]{2}/[0-9A-F]{2}-[0-9]{5}-[0-9A-F]{8}",
        wrong="535 5.7.8 Sorry.",
        unverified="550 5.7.1 Unconfigured Sending Domain <example.org>",
    ),
    Vendor(
        kind=Mailgun,
        accepted="250 Great success",
        wrong="535 Authentication failed",
        unverified=None,
    ),
    Vendor(
        kind=Mandrill,
        accepted=r"250 2\.0\.0 Ok: queued as [0-9A-F]{12}",
        wrong="435 4.7.8 Error: authentication failed:",
        unverified=None,
    ),
    Vendor(
        kind=Postmark,
        accepted=r"250 2\.0\.0 Ok: queued as [0-9A-F]{4}",
        wrong="535 5.7.8 Error: authentication failed:",  # and a blank, which smtplib drops
        unverified=None,
    ),
    Vendor(
        kind=Resend,
        accepted="250 OK: message queued",
        wrong="535 Authentication credentials invalid",
        unverified="550 The example.org domain is not verified. Please, add and verify your domain "
        "on https://resend.com/domains",
    ),
]
each_vendor = pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.kind.__name__)


def fake_of(vendor: Vendor, **words: Any) -> ProviderFake:
    """A fake whose account may send from example.com."""
    fake: ProviderFake = vendor.kind(account={"domains": [{"name": "example.com"}]}, **words)
    return fake


@contextmanager
def client_of(api: ProviderFake, *, logged_in: bool = True) -> Iterator[smtplib.SMTP]:
    """A client behind STARTTLS, with the sender's own credentials."""
    with smtplib.SMTP("localhost", api.smtp.port, timeout=10) as client:
        client.starttls(context=trusting(api))
        client.ehlo()
        if logged_in:
            client.login(api.smtp.username, api.smtp.password)
        yield client


def trusting(api: ProviderFake) -> ssl.SSLContext:
    """A context that trusts the fake alone."""
    return ssl.create_default_context(cafile=str(api.ca_file))


def said(reply: tuple[int, bytes]) -> str:
    """A reply as one line."""
    return f"{reply[0]} {reply[1].decode()}"


def refusal(error: smtplib.SMTPResponseException) -> str:
    """The reply in an error as one line."""
    assert isinstance(error.smtp_error, bytes)
    return said((error.smtp_code, error.smtp_error))


def deliver(client: smtplib.SMTP, octets: bytes = MESSAGE, sender: str = "a@example.com") -> str:
    """MAIL, RCPT, DATA, which are taken; the reply to the message, or to DATA."""
    assert client.mail(sender)[0] == 250
    assert client.rcpt("b@example.net")[0] == 250
    try:
        return said(client.data(octets))
    except smtplib.SMTPDataError as refused:
        return refusal(refused)


def plain(client: smtplib.SMTP, username: str, password: str) -> str:
    """The reply to AUTH PLAIN."""
    client.user, client.password = username, password
    try:
        return said(client.auth("PLAIN", client.auth_plain))
    except smtplib.SMTPAuthenticationError as refused:
        return refusal(refused)


@each_vendor
def test_what_is_taken_is_among_the_messages_of_the_api(vendor: Vendor) -> None:
    with fake_of(vendor).running() as api:
        with client_of(api) as client:
            assert re.fullmatch(vendor.accepted, deliver(client, sender="bounces@example.com"))
        (message,) = api.messages
        assert [mail.provider_id for mail in api.account.accepted] == [message.provider_id]
    assert (message.mail_from, message.rcpt_tos) == ("bounces@example.com", ("b@example.net",))
    assert (message.content, message.secure) == (MESSAGE, True)
    assert message.username == api.smtp.username
    assert [each.content for each in api.smtp.messages] == [MESSAGE]
    ((event, captured),) = api.transcript.of(MessageCaptured)
    assert (event.connection, captured.message) == (message.connection, api.smtp.messages[0])
    assert not list(api.transcript.of(Broke))


@each_vendor
def test_a_wrong_password_meets_the_words_of_the_vendor(vendor: Vendor) -> None:
    with fake_of(vendor).running() as api:
        with client_of(api, logged_in=False) as client:
            assert plain(client, api.smtp.username, "wrong") == vendor.wrong
            assert client.mail("a@example.com")[0] != 354
        assert [fact.accepted for _, fact in api.transcript.of(AuthOutcome)] == [False]
        assert api.messages == []


@each_vendor
def test_an_unverified_sender_is_refused_at_once_or_later(vendor: Vendor) -> None:
    with fake_of(vendor).running() as api:
        with client_of(api) as client:
            reply = deliver(client, FOREIGN, "a@example.org")
        if vendor.unverified is not None:
            assert reply == vendor.unverified
            assert api.smtp.messages == [] == api.messages
        else:
            assert re.fullmatch(vendor.accepted, reply)
            assert len(api.smtp.messages) == 1


@pytest.mark.parametrize("kind", [Mandrill, Postmark])
def test_two_vendors_take_it_and_reject_it_later(kind: type[Any]) -> None:
    with kind().running() as api:
        with client_of(api) as client:
            assert deliver(client).startswith("250 2.0.0 Ok: queued as ")
        assert api.messages == []
        (mail,) = api.account.accepted
        assert mail.state == ("rejected" if kind is Mandrill else "bounced")


def test_mailgun_refuses_a_domain_at_the_data_command() -> None:
    account = {"domains": [{"name": "example.com", "sandbox": True}]}
    with Mailgun(account=account).running() as api, client_of(api) as client:
        reply = deliver(client)
    assert reply == (
        "421 Domain example.com is not allowed to send: Sandbox subdomains are for test purposes "
        "only. Please add your own domain or add the address to authorized recipients in Account "
        "Settings."
    )


def test_the_api_reads_back_what_came_over_smtp() -> None:
    with SendGrid(account={"senders": ["a@example.com"]}).running() as api:
        with client_of(api) as client:
            identifier = deliver(client).rpartition(" ")[2]
        found = httpx.get(
            f"{api.base_url}/v3/messages",
            headers={"Authorization": f"Bearer {api.credentials['api_key']}"},
            verify=trusting(api),
            trust_env=False,
        ).json()["messages"]
    assert [(row["msg_id"].partition(".")[0], row["subject"]) for row in found] == [
        (identifier, "grüße")
    ]


def test_postmark_tells_of_the_bounce_afterwards() -> None:
    with Postmark().running() as api:
        with client_of(api) as client:
            deliver(client)
        headers = {"X-Postmark-Server-Token": api.credentials["server_token"]}
        with httpx.Client(verify=trusting(api), trust_env=False, headers=headers) as asking:
            (bounce,) = asking.get(f"{api.base_url}/bounces").json()["Bounces"]
            stats = asking.get(f"{api.base_url}/stats/outbound").json()
    assert (bounce["Type"], bounce["TypeCode"]) == ("SMTPApiError", 100007)
    assert (bounce["Email"], stats["SMTPApiErrors"]) == ("b@example.net", 1)


def test_both_doors_draw_on_one_quota() -> None:
    account = {"domains": [{"name": "example.com"}], "max_24_hour_send": 1}
    with Ses(account=account).running() as api, client_of(api) as client:
        assert deliver(client).startswith("250 Ok ")
        assert deliver(client) == "454 Throttling failure: Daily message quota exceeded"
        api.account = api.account.model_copy(update={"max_24_hour_send": 5.0})
        assert deliver(client).startswith("250 Ok ")


def test_the_front_goes_by_the_clock_of_the_api() -> None:
    now = datetime(2026, 11, 21, tzinfo=UTC)
    account = {"senders": ["a@example.com"]}
    with SendGrid(account=account, clock=lambda: now, skew=60).running() as api:
        with client_of(api) as client:
            deliver(client)
        assert [mail.at - now for mail in api.account.accepted] == [timedelta(seconds=60)]


EHLO = {
    Ses: (
        ["email-smtp.amazonaws.com", "8BITMIME", "STARTTLS", "AUTH PLAIN LOGIN", "Ok"],
        ["email-smtp.amazonaws.com", "8BITMIME", "AUTH PLAIN LOGIN", "Ok"],
    ),
    SendGrid: (
        [
            "smtp.sendgrid.net", "8BITMIME", "PIPELINING", "SIZE 31457280", "STARTTLS",
            "AUTH PLAIN LOGIN", "AUTH=PLAIN LOGIN",
        ],
        [
            "smtp.sendgrid.net", "8BITMIME", "PIPELINING", "SIZE 31457280", "AUTH PLAIN LOGIN",
            "AUTH=PLAIN LOGIN",
        ],
    ),
    Mandrill: (
        [
            "smtp.passthru", "SIZE 26214400", "STARTTLS", "AUTH PLAIN LOGIN",
            "ENHANCEDSTATUSCODES", "8BITMIME", "XFILTERED",
        ],
        [
            "relay-3.eu-central-1.tx-prod", "PIPELINING", "SIZE 26214400", "AUTH PLAIN LOGIN",
            "ENHANCEDSTATUSCODES", "8BITMIME",
        ],
    ),
    SparkPost: (
        [
            "momentum1.platform1.us-west-2.aws.cl.messagesystems.com says EHLO to <peer>",
            "STARTTLS", "ENHANCEDSTATUSCODES", "PIPELINING", "8BITMIME",
        ],
        [
            "momentum1.platform1.us-west-2.aws.cl.messagesystems.com says EHLO to <peer>",
            "ENHANCEDSTATUSCODES", "AUTH=LOGIN PLAIN", "AUTH LOGIN PLAIN", "8BITMIME",
            "PIPELINING",
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", EHLO, ids=lambda kind: kind.__name__)
def test_the_vendors_keywords_are_listed_in_clear_and_inside_tls(kind: type[Any]) -> None:
    with kind().running() as api, smtplib.SMTP("localhost", api.smtp.port, timeout=10) as client:
        assert client.sock is not None
        host, port = client.sock.getsockname()[:2]
        before = client.ehlo()[1].decode().splitlines()
        client.starttls(context=trusting(api))
        inside = client.ehlo()[1].decode().splitlines()
    peer = f"{host}:{port}"
    assert [before, inside] == [
        [line.replace("<peer>", peer) for line in lines] for lines in EHLO[kind]
    ]


UNAUTHENTICATED = {
    Ses: ("mail", "530 Authentication required"),
    SendGrid: ("mail", "550 Unauthenticated senders not allowed"),
    SparkPost: ("rcpt", "550 5.7.1 relaying denied"),
    Mailgun: ("rcpt", "550 5.7.1 Relaying denied"),
    Resend: ("mail", "530 Error: authentication Required"),
}


@pytest.mark.parametrize("kind", UNAUTHENTICATED, ids=lambda kind: kind.__name__)
def test_who_did_not_log_in_is_stopped_where_the_vendor_stops_them(
    kind: type[Any],
) -> None:
    command, words = UNAUTHENTICATED[kind]
    with kind().running() as api, client_of(api, logged_in=False) as client:
        replies = {"mail": said(client.mail("a@example.com"))}
        if command == "rcpt":
            assert replies["mail"].startswith("250 ")
            replies["rcpt"] = said(client.rcpt("b@example.net"))
    assert replies[command] == words


GREETINGS = {
    Ses: b"220 email-smtp.amazonaws.com ESMTP SimpleEmailService-d-GI38EMLB2 hkD7YwduxMJw9KrXpof7",
    SendGrid: b"220 SG ESMTP service ready at geopod-ismtpd-6-0",
    SparkPost: b"220 2.0.0 smtp.sparkpostmail.com ESMTP ecelerity 4.1.5.48834 r(Core:4.1.5.3) "
    b"Thu, 14 May 2015 17:04:46 +0000",
    Mailgun: b"220 Mailgun Influx ready",
    Mandrill: b"220 smtp.mandrillapp.com ESMTP",
    Postmark: b"220 smtp.postmarkapp.com ESMTP sc-ams-smtp1",
    Resend: b"220 Resend SMTP Relay ESMTP",
}


def test_every_vendor_is_here() -> None:
    every = {class_of(name) for name in provider_names()}
    assert {*GREETINGS} == {vendor.kind for vendor in VENDORS} == every


@pytest.mark.parametrize("kind", GREETINGS, ids=lambda kind: kind.__name__)
def test_the_greeting_is_that_of_the_vendor(kind: type[Any]) -> None:
    with kind().running() as api, socket.create_connection(("127.0.0.1", api.smtp.port), 10) as tcp:
        assert tcp.makefile("rb").readline() == GREETINGS[kind] + b"\r\n"


def test_what_follows_the_colon_at_postmark_is_a_blank() -> None:
    with (
        Postmark().running() as api,
        socket.create_connection(("127.0.0.1", api.smtp.port), 10) as tcp,
    ):
        lines = tcp.makefile("rb")
        tcp.sendall(b"EHLO c.example\r\nAUTH PLAIN AHgAeA==\r\n")
        while (line := lines.readline()).startswith(b"2"):
            pass
    assert line == b"535 5.7.8 Error: authentication failed: \r\n"


def test_ses_wants_tls_before_anything() -> None:
    with Ses().running() as api, smtplib.SMTP("localhost", api.smtp.port, timeout=10) as client:
        client.ehlo()
        assert said(client.docmd("AUTH", "LOGIN")) == "530 Must issue a STARTTLS command first"


def test_sendgrid_takes_credentials_in_clear() -> None:
    with SendGrid(account={"senders": ["a@example.com"]}).running() as api:
        with smtplib.SMTP("localhost", api.smtp.port, timeout=10) as client:
            client.login("apikey", api.credentials["api_key"])
            assert deliver(client).startswith("250 Ok: queued as ")
        assert [message.secure for message in api.messages] == [False]


def test_the_secret_itself_is_no_password_at_ses() -> None:
    with Ses().running() as api, client_of(api, logged_in=False) as client:
        reply = plain(client, api.smtp.username, api.credentials["secret_access_key"])
    assert reply == "535 Authentication Credentials Invalid"


def test_postmark_says_the_last_prompt_again() -> None:
    with Postmark().running() as api, client_of(api, logged_in=False) as client:
        client.user, client.password = "wrong", "wrong"
        with pytest.raises(smtplib.SMTPAuthenticationError) as refused:
            client.auth("LOGIN", client.auth_login, initial_response_ok=False)
    assert refused.value.smtp_error == b"5.7.8 Error: authentication failed: UGFzc3dvcmQ6"


def test_the_token_of_postmark_can_be_proved_without_sending_it() -> None:
    with Postmark().running() as api, client_of(api, logged_in=False) as client:
        client.user = client.password = api.credentials["server_token"]
        assert client.auth("CRAM-MD5", client.auth_cram_md5)[0] == 235
        client.password = "wrong"
    with Postmark().running() as api, client_of(api, logged_in=False) as client:
        client.user, client.password = api.credentials["server_token"], "wrong"
        with pytest.raises(smtplib.SMTPAuthenticationError):
            client.auth("CRAM-MD5", client.auth_cram_md5)


def test_the_port_with_implicit_tls_is_there_for_who_asks_for_it() -> None:
    with SendGrid(smtp={"security": "tls"}).running() as api:
        context = trusting(api)
        with smtplib.SMTP_SSL("localhost", api.smtp.port, context=context, timeout=10) as client:
            assert client.login(api.smtp.username, api.smtp.password)[0] == 235
            assert not client.has_extn("STARTTLS")


def test_a_vendor_without_implicit_tls_has_no_such_port() -> None:
    with (
        SparkPost(smtp={"security": "tls"}).running() as api,
        pytest.raises(FakeError, match="no port with implicit TLS"),
    ):
        api.smtp  # noqa: B018


def test_a_fault_can_be_put_into_the_front() -> None:
    faults = [{"at": "end-of-data", "do": "reply", "code": 451, "text": "4.3.0 busy"}]
    with SendGrid(account={"senders": ["a@example.com"]}, smtp={"faults": faults}).running() as api:
        with client_of(api) as client:
            assert deliver(client) == "451 4.3.0 busy"
        assert api.messages == []


def test_the_front_serves_the_certificate_of_the_api() -> None:
    with (
        SendGrid(certificate="expired").running() as api,
        smtplib.SMTP("localhost", api.smtp.port, timeout=10) as client,
        pytest.raises(ssl.SSLCertVerificationError, match="expired"),
    ):
        client.starttls(context=trusting(api))


def test_the_front_starts_when_it_is_asked_for_and_stops_with_the_api() -> None:
    api = SendGrid()
    with pytest.raises(FakeError, match="only while the fake runs"):
        api.smtp  # noqa: B018
    with api.running():
        assert api.smtp is api.smtp
        assert api.smtp.ca_file == api.ca_file
        port = api.smtp.port
        socket.create_connection(("127.0.0.1", port), timeout=10).close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=10)
    with api.running(), client_of(api):
        pass


def test_a_fake_of_which_nobody_asks_for_the_front_can_stop_at_once() -> None:
    with SendGrid().running():
        pass
    with SendGrid().running() as api:
        api.smtp  # noqa: B018


def test_the_front_runs_in_the_event_loop_of_the_api() -> None:
    async def through_the_front() -> str:
        async with SendGrid(account={"senders": ["a@example.com"]}).serve() as api:
            front = api.smtp  # asked for inside the loop
            assert front is api.smtp

            def send() -> str:
                with client_of(api) as client:
                    return deliver(client)

            return await asyncio.to_thread(send)

    assert asyncio.run(through_the_front()).startswith("250 Ok: queued as ")


def test_a_certificate_that_cannot_be_issued_is_told_to_who_asks() -> None:
    words = {"certificate": "ip-san", "names": ["localhost"]}
    with SendGrid(smtp=words).running() as api:
        with pytest.raises(FakeError, match="ip-san"):
            api.smtp  # noqa: B018
        with pytest.raises(FakeError, match="ip-san"):  # and again
            api.smtp  # noqa: B018


def test_who_may_log_in_is_not_for_the_words_of_the_front() -> None:
    with (
        SendGrid(smtp={"username": "u", "password": "p"}).running() as api,
        pytest.raises(FakeError, match="in the provider's account"),
    ):
        api.smtp  # noqa: B018


def test_a_misspelt_word_for_the_front_is_named() -> None:
    with (
        SendGrid(smtp={"securty": "tls"}).running() as api,
        pytest.raises(FakeError, match="securty"),
    ):
        api.smtp  # noqa: B018


@pytest.mark.parametrize("sender", ["", "AKIAIOSFODNN7EXAMPLE", "nope"])
def test_ses_refuses_an_envelope_sender_that_is_no_address_at_once(sender: str) -> None:
    with Ses(account={"domains": [{"name": "example.com"}]}).running() as api:
        with client_of(api) as client:
            reply = said(client.docmd(f"MAIL FROM:<{sender}>"))
            assert reply == "501 Invalid MAIL FROM address provided"
            assert client.rcpt("b@example.net")[0] == 503
            assert deliver(client).startswith("250 Ok ")
        assert len(api.messages) == 1


@each_vendor
def test_what_is_said_beside_a_transaction_is_in_the_dialect(vendor: Vendor) -> None:
    with fake_of(vendor).running() as api:
        asides = submission(api.provider.name).dialect.asides
        with smtplib.SMTP("localhost", api.smtp.port, timeout=10) as client:
            client.starttls(context=trusting(api))
            assert said(client.docmd("MAIL FROM:<a@example.com>")) == asides["hello-first"].text
            first = said(client.ehlo("me.test")).splitlines()[0]
            assert said(client.docmd("HELO me.test")) == first
            assert said(client.docmd("HELP")) == asides["help"].text
            assert said(client.docmd("EXPN list")) == asides["expn"].text
        with client_of(api) as client:
            assert said(client.docmd("VRFY a@example.com")) == asides["vrfy"].text
            assert said(client.docmd("DATA")) == asides["sender-first"].text
            assert client.mail("a@example.com")[0] == 250
            assert said(client.docmd("MAIL FROM:<a@example.com>")) == asides["nested"].text
            assert said(client.docmd("DATA")) == asides["recipient-first"].text
        with client_of(api, logged_in=False) as client:
            assert said(client.docmd("AUTH PLAIN")) == asides["challenge"].text
            assert client.docmd("*")[0] == 501


def test_a_vendor_that_loses_patience_says_so_in_its_own_words() -> None:
    with Ses(timeout=0.2).running() as api:
        secure = ssl.create_default_context(cafile=str(api.ca_file))
        with smtplib.SMTP("localhost", api.smtp.port, timeout=20) as client:
            client.starttls(context=secure)
            client.ehlo()
            assert client.getreply() == (451, b"4.4.2 Timeout waiting for data from client.")
            assert client.sock is not None
            assert client.sock.recv(1) == b""
