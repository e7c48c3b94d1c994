"""Each question of `then: wire:`, put to made-up transcripts: met, unmet, and what is cited."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import TypeAdapter

from harness.checks import wire_checks
from harness.checks.record import Record
from harness.fakes.http.exchange import Request
from harness.fakes.http.facts import HttpRequested
from harness.fakes.smtp.facts import AuthOutcome, AuthResponse, Command
from harness.fakes.transcript import (
    Body,
    ClientHelloSeen,
    Closed,
    Connected,
    Fact,
    MessageCaptured,
    Received,
    Sent,
    TlsEstablished,
    TlsFailed,
    Unread,
)

MakeRecord = Callable[..., Record]
Facts = list[Fact | tuple[int, Fact]]


def said(line: str, *, secure: bool = True) -> Command:
    return Command(line=line.encode(), secure=secure)


def received(data: bytes, *, secure: bool = False) -> Received:
    return Received(data=data, secure=secure)


def unread(data: bytes, why: str = "the connection ended first") -> Unread:
    return Unread(data=data, secure=False, why=why)


def hello(name: str | None = "localhost", *versions: str) -> ClientHelloSeen:
    offered = versions or ("TLSv1.2", "TLSv1.3")
    return ClientHelloSeen(server_name=name, versions=offered, implicit=False)


def login(*, accepted: bool) -> AuthOutcome:
    return AuthOutcome(mechanism="PLAIN", username="u", accepted=accepted, secure=True)


def token_refused() -> AuthOutcome:
    return AuthOutcome(mechanism="XOAUTH2", username="u", accepted=False, secure=True)


def answered(line: str) -> AuthResponse:
    return AuthResponse(line=line.encode(), secure=True)


def asked(
    target: str, host: str = "api.example", *, key: str | None = None, body: str = ""
) -> HttpRequested:
    headers = (("Host", host), *((("Authorization", key),) if key is not None else ()))
    request = Request(method="POST", target=target, headers=headers, body=body.encode())
    return HttpRequested(request=request, secure=True)


CONNECTED = Connected(server="smtp", port=25, peer="127.0.0.1:1")
ELSEWHERE = Connected(server="other", port=25, peer="127.0.0.1:1")
ESTABLISHED = TlsEstablished(version="TLSv1.3", cipher="x", certificate="good")
STRANGER = TlsEstablished(version="TLSv1.3", cipher="x", certificate="expired")
FAILED = TlsFailed(reason="no", alert=None)
KEY = "pw-0123456789abcdef"
HANDSHAKE = b"\x16\x03\x01\x02\x00\x01"

# Key, what is wanted, the facts, whether it is met, the events cited, words of what was observed.
TABLE: list[tuple[str, Any, Facts, bool, tuple[int, ...], str]] = [
    ("ehlo", "once", [CONNECTED, said("EHLO a")], True, (2,), "EHLO commands: 1"),
    ("ehlo", "once", [said("EHLO a"), said("ehlo a")], False, (1, 2), "EHLO commands: 2"),
    ("ehlo", "never", [said("HELO a")], True, (), "EHLO commands: none"),
    ("helo", "never", [said("HELO a")], False, (1,), "HELO commands: 1"),
    ("helo", "once", [said("HELO a", secure=False)], True, (1,), "HELO commands: 1"),
    ("starttls", "some", [said("STARTTLS")], True, (1,), "STARTTLS commands: 1"),
    ("starttls", "some", [], False, (), "STARTTLS commands: none"),
    ("auth", "at most 1", [said("AUTH PLAIN x"), said("AUTH LOGIN")], False, (1, 2), "2"),
    ("auth", "never", [said("AUTHENTICATE")], True, (), "none"),
    ("mail", 2, [said("MAIL FROM:<>"), said("MAIL FROM:<>")], True, (1, 2), "2"),
    ("mail", "at least 2", [said("MAIL FROM:<>"), said("MAILS")], False, (1,), "1"),
    ("data", "never", [said("DATA")], False, (1,), "DATA commands: 1"),
    ("data", "once", [said("data ")], True, (1,), "DATA commands: 1"),
    ("quit", "at least 1", [said("QUIT", secure=False)], True, (1,), "QUIT commands: 1"),
    ("quit", "once", [], False, (), "QUIT commands: none"),
    ("connections", "once", [CONNECTED, (2, ELSEWHERE)], True, (1,), "connections: 1"),
    ("connections", "once", [CONNECTED, (2, CONNECTED)], False, (1, 2), "connections: 2"),
    ("connections", "never", [], True, (), "connections: none"),
    ("out-of-use", "never", [], True, (), "none"),
    ("out-of-use", "never", [CONNECTED, CONNECTED, (2, ELSEWHERE)], False, (1, 3), "smtp, other"),
    ("out-of-use", "at most 1", [CONNECTED], True, (1,), "1, to smtp"),
    ("peers", "127.0.0.1/32", [CONNECTED], True, (), "so it is"),
    ("peers", ["10.0.0.0/8", "::1/128"], [CONNECTED], False, (1,), "127.0.0.1:1"),
    ("peers", "::1/128", [Connected(server="smtp", port=25, peer="[::1]:9")], True, (), "so it is"),
    ("elsewhere", "never", [CONNECTED], True, (), "none"),
    ("elsewhere", "never", [CONNECTED, (2, ELSEWHERE)], False, (2,), "connected to other"),
    ("handshakes", "once", [hello(), ESTABLISHED], True, (2,), "finished TLS handshakes: 1"),
    ("handshakes", "once", [ESTABLISHED, (2, ESTABLISHED)], False, (1, 2), "handshakes: 2"),
    ("handshakes", "never", [hello(), FAILED], True, (), "finished TLS handshakes: none"),
    ("client-hellos", "once", [hello()], True, (1,), "begun: 1"),
    ("client-hellos", "never", [received(HANDSHAKE)], False, (1,), "begun: 1"),
    ("client-hellos", "never", [unread(HANDSHAKE)], False, (1,), "begun: 1"),
    ("client-hellos", "once", [received(HANDSHAKE), unread(HANDSHAKE)], True, (1,), "begun: 1"),
    ("client-hellos", "once", [unread(HANDSHAKE), hello()], True, (1,), "begun: 1"),
    ("client-hellos", 2, [hello(), (2, unread(HANDSHAKE))], True, (1, 2), "begun: 2"),
    ("client-hellos", "never", [received(b"EHLO a\r\n")], True, (), "begun: none"),
    ("client-hellos", "never", [received(HANDSHAKE, secure=True)], True, (), "begun: none"),
    ("sni", "localhost", [hello("LOCALHOST")], True, (1,), "SNI LOCALHOST"),
    ("sni", "localhost", [hello("other")], False, (1,), "SNI other"),
    ("sni", "localhost", [hello(), (2, hello(None))], False, (1, 2), "SNI localhost, none"),
    ("sni", "none", [hello(None)], True, (1,), "SNI none"),
    ("sni", "localhost", [], False, (), "no TLS handshake"),
    ("first-octets", "tls", [CONNECTED, hello()], True, (2,), "tls"),
    ("first-octets", "tls", [received(b"EHLO a\r\n"), hello()], False, (1,), "smtp"),
    ("first-octets", "smtp", [unread(b"EHLO a\r\n")], True, (1,), "smtp"),
    ("first-octets", "smtp", [received(b"E"), (2, hello())], False, (1, 2), "smtp and tls"),
    ("first-octets", "smtp", [], False, (), "nothing"),
    ("first-inside-tls", "EHLO", [said("HELO a", secure=False), said("EHLO")], True, (2,), "EHLO"),
    ("first-inside-tls", "EHLO", [said("MAIL FROM:<>"), said("EHLO a")], False, (1,), "MAIL came"),
    ("first-inside-tls", "EHLO", [], True, (), "no command inside TLS"),
    ("first-inside-tls", "EHLO", [said("EHLO a"), (2, said("QUIT"))], False, (1, 2), "EHLO, QUIT"),
    ("ahead-of-tls", "nothing", [unread(b"x")], True, (), "nothing came"),
    ("ahead-of-tls", "nothing", [unread(b"x", "sent in clear behind STARTTLS")], False, (1,),
     "octets came behind STARTTLS"),
    ("tls-versions", "modern", [hello("a", "TLSv1.0", "TLSv1.2")], True, (1,), "TLSv1.0, TLSv1.2"),
    ("tls-versions", "modern", [hello("a", "TLSv1.0", "TLSv1.1")], False, (1,), "TLSv1.0, TLSv1.1"),
    ("tls-versions", "any", [hello("a", "TLSv1.0")], True, (1,), "TLSv1.0"),
    ("tls-versions", "modern", [], False, (), "no TLS handshake"),
    ("logged-in", "once", [login(accepted=True)], True, (1,), "right: 1, wrong: none"),
    ("logged-in", "once", [login(accepted=False), login(accepted=True)], True, (1, 2),
     "right: 1, wrong: 1"),
    ("logged-in", "once", [login(accepted=False)], False, (1,), "right: none, wrong: 1"),
    ("logged-in", "never", [], True, (), "right: none, wrong: none"),
    ("wrong-credentials", "never", [login(accepted=True)], True, (), "none"),
    ("wrong-credentials", "never", [login(accepted=True), login(accepted=False)], False, (2,),
     "other credentials: 1 times"),
    ("mechanisms", ["PLAIN"], [said("AUTH PLAIN x")], True, (1,), "tried: PLAIN"),
    ("mechanisms", ["plain"], [said("auth plain x")], True, (1,), "tried: PLAIN"),
    ("mechanisms", ["PLAIN"], [said("AUTH LOGIN"), said("AUTH PLAIN x")], False, (1, 2),
     "tried: LOGIN, PLAIN"),
    ("mechanisms", [], [], True, (), "tried none"),
    ("mechanisms", [], [said("AUTH PLAIN x")], False, (1,), "tried: PLAIN"),
    ("auth-answers", "at most 1", [answered(""), said("NOOP")], True, (1,), "challenges: 1"),
    ("auth-answers", "at most 1", [answered("eA=="), answered("*")], False, (1, 2),
     "challenges: 2"),
    ("auth-answers", "never", [], True, (), "challenges: none"),
    ("unknown-commands", "never", [said("noop"), said("RSET")], True, (), "command: none"),
    ("unknown-commands", "never", [said("EHLO a"), said("cGFzcw==")], False, (2,), "command: 1"),
    ("refused-token", "acknowledged", [token_refused(), answered("")], True, (1,), "''"),
    ("refused-token", "acknowledged", [token_refused(), answered("AQ==")], True, (1,), "'AQ=='"),
    ("refused-token", "acknowledged", [token_refused(), answered("*")], True, (1,), "'*'"),
    ("refused-token", "acknowledged", [token_refused(), answered("QUIT")], False, (1,), "'QUIT'"),
    ("refused-token", "acknowledged", [token_refused(), said("QUIT"), answered("")], False, (1,),
     "nothing"),
    ("refused-token", "acknowledged", [token_refused()], False, (1,), "nothing"),
    ("refused-token", "acknowledged", [token_refused(), (2, answered(""))], False, (1,), "nothing"),
    ("refused-token", "acknowledged", [login(accepted=False)], True, (), "no token was refused"),
    ("requests", "once", [asked("/send")], True, (1,), "requests: 1"),
    ("requests", "never", [asked("/send")], False, (1,), "requests: 1"),
    ("hosts", ["api.example"], [asked("/send", "API.example:443")], True, (1,), "api.example"),
    ("hosts", ["<host>"], [asked("/send", "localhost:1")], True, (1,), "localhost"),
    ("hosts", ["api.example"], [asked("/"), asked("/", "eu.example")], False, (1, 2),
     "api.example, eu.example"),
    ("hosts", ["api.example"], [], False, (), "no request"),
    ("paths", ["/send"], [asked("/send?a=b")], True, (1,), "/send"),
    ("paths", ["/send"], [asked("/other")], False, (1,), "/other"),
    ("paths", ["/send"], [], False, (), "no request"),
    ("secrets-in-urls", "never", [asked("/send?key=x")], True, (), "none"),
    ("secrets-in-urls", "never", [asked("/send?key=pw-0123456789abcdef")], False, (1,), "1"),
    ("key-elsewhere", "never", [CONNECTED, asked("/", body=KEY)], True, (), "no other server got"),
    ("key-elsewhere", "never", [ELSEWHERE, asked("/", body="x")], True, (), "no other server got"),
    ("key-elsewhere", "never", [ELSEWHERE, asked(f"/?{KEY}")], False, (2,),
     "other got the password"),
    ("key-elsewhere", "never", [ELSEWHERE, asked("/", body=KEY)], False, (2,),
     "other got the password"),
    ("key-elsewhere", "never", [ELSEWHERE, asked("/", key=KEY), asked("/", key="AWS4")],
     False, (2, 3), "other got the password, other got an Authorization"),
    ("content-elsewhere", "never", [CONNECTED, asked("/", body="x")], True, (), "no other server"),
    ("content-elsewhere", "never", [ELSEWHERE, asked("/", key=KEY)], True, (), "no other server"),
    ("content-elsewhere", "never", [ELSEWHERE, asked("/", body="x")], False, (2,),
     "other got the content of a request"),
]  # fmt: skip


@pytest.mark.parametrize(("key", "wanted", "facts", "met", "events", "observed"), TABLE)
def test_a_check_answers_from_the_record(
    key: str,
    wanted: Any,
    facts: Facts,
    met: bool,
    events: tuple[int, ...],
    observed: str,
    make_record: MakeRecord,
) -> None:
    check = wire_checks()[key]
    seen = check.ask(make_record(*facts), TypeAdapter(check.wanted).validate_python(wanted))
    assert seen.met is met
    assert seen.events == events
    assert observed in seen.observed
    assert seen.expected


# By the octets of whole messages: `test_message_on_the_wire.py`.
ON_THE_WIRE = {"line-ends", "line-lengths", "lines", "date", "authors", "message-ids"}
ON_THE_WIRE |= {"repeated-headers", "mail-syntax", "envelope", "declared-sizes", "smtputf8"}
ON_THE_WIRE |= {"unasked-parameters", "eight-bit", "author-mailboxes", "control-characters"}
ON_THE_WIRE |= {"ehlo-name", "ehlo-syntax", "goodbye", "put-off-recipients", "refused-recipients"}
ON_THE_WIRE |= {"content"}


@pytest.mark.parametrize("key", sorted(wire_checks()))
def test_every_check_has_a_case_in_which_it_is_met_and_one_in_which_it_is_not(key: str) -> None:
    outcomes = {met for name, _, _, met, _, _ in TABLE if name == key}
    elsewhere = {"messages", "anonymous-messages", "message", "from", "added-headers"}
    elsewhere |= {"recipients", "bcc", "addressees", "reply-to", "texts", "headers", "retry-after"}
    elsewhere |= {"message-id", "gaps", "blocked", "rset"}
    elsewhere |= ON_THE_WIRE
    exposure = {"credentials-in-clear", "content-in-clear"}
    assert outcomes == {True, False} or key in elsewhere | exposure


@pytest.mark.parametrize("key", sorted(wire_checks()))
def test_every_check_says_what_it_asks(key: str) -> None:
    check = wire_checks()[key]
    assert check.key == key
    assert len(check.words.split()) > 3


@pytest.mark.parametrize("verb", ["auth", "mail", "data"])
@pytest.mark.parametrize(
    ("secure", "stranger", "wanted", "leak"),
    [
        (False, False, "never", True),
        (True, True, "never", True),
        (True, False, "never", False),
        (False, False, "once", False),
        (False, False, "at most 1", False),
    ],
)
def test_a_forbidden_command_is_a_leak_where_the_wrong_ones_can_read_it(
    verb: str, secure: bool, stranger: bool, wanted: str, leak: bool, make_record: MakeRecord
) -> None:
    check = wire_checks()[verb]
    record = make_record(*[STRANGER] * stranger, said(verb.upper(), secure=secure))
    assert check.ask(record, TypeAdapter(check.wanted).validate_python(wanted)).leak is leak


@pytest.mark.parametrize("verb", ["auth", "mail", "data"])
def test_a_forbidden_command_is_no_leak_where_the_sender_was_told_to_be_in_clear(
    verb: str, make_record: MakeRecord
) -> None:
    check = wire_checks()[verb]
    record = make_record(said(verb.upper(), secure=False), in_clear=True)
    seen = check.ask(record, TypeAdapter(check.wanted).validate_python("never"))
    assert (seen.met, seen.leak) == (False, False)


@pytest.mark.parametrize("verb", ["ehlo", "helo", "starttls", "quit"])
def test_a_forbidden_command_without_content_is_no_leak(verb: str, make_record: MakeRecord) -> None:
    check = wire_checks()[verb]
    seen = check.ask(
        make_record(STRANGER, said(verb.upper(), secure=False)),
        TypeAdapter(check.wanted).validate_python("never"),
    )
    assert not seen.met
    assert not seen.leak


@pytest.mark.parametrize(("key", "leaks"), [("key-elsewhere", True), ("content-elsewhere", False)])
def test_a_key_that_another_server_gets_is_a_leak_and_content_is_none(
    key: str, leaks: bool, make_record: MakeRecord
) -> None:
    check = wire_checks()[key]
    seen = [
        check.ask(make_record((1, server), (1, asked("/", body=KEY))), "never")
        for server in (CONNECTED, ELSEWHERE)
    ]
    assert [each.met for each in seen] == [True, False]
    assert [each.leak for each in seen] == [False, leaks]


@pytest.mark.parametrize(
    ("stranger", "body", "wanted", "leak"),
    [
        (True, KEY, "never", True),
        (True, "a message", "never", True),
        (True, "", "never", False),
        (True, KEY, "at most 1", False),
        (False, KEY, "never", False),
    ],
)
def test_a_request_to_a_peer_that_has_to_be_refused_is_a_leak_where_it_holds_something(
    stranger: bool, body: str, wanted: str, leak: bool, make_record: MakeRecord
) -> None:
    check = wire_checks()["requests"]
    record = make_record(*[STRANGER] * stranger, asked("/", body=body))
    assert check.ask(record, TypeAdapter(check.wanted).validate_python(wanted)).leak is leak


def test_what_nobody_asks_about_is_no_evidence(make_record: MakeRecord) -> None:
    sent = Sent(data=b"250 AUTH\r\n", secure=False)
    body = Body(data=b"AUTH PLAIN x\r\n", secure=True, complete=True)
    check = wire_checks()["auth"]
    count = TypeAdapter(check.wanted).validate_python("never")
    assert check.ask(make_record(sent, body), count).met


def test_messages_are_counted_and_cited(
    make_record: MakeRecord, captured: Callable[..., MessageCaptured]
) -> None:
    check = wire_checks()["messages"]
    record = make_record(CONNECTED, captured(), said("RSET"), captured())
    for wanted, met in (("once", False), (2, True), ("at least 2", True), ("never", False)):
        seen = check.ask(record, TypeAdapter(check.wanted).validate_python(wanted))
        assert (seen.met, seen.events) == (met, (2, 4))


def test_anonymous_messages_are_those_without_a_log_in(
    make_record: MakeRecord, captured: Callable[..., MessageCaptured]
) -> None:
    check = wire_checks()["anonymous-messages"]
    never = TypeAdapter(check.wanted).validate_python("never")
    assert check.ask(make_record(captured()), never).met
    seen = check.ask(make_record(captured(), captured(username=None)), never)
    assert (seen.met, seen.events) == (False, (2,))


@pytest.mark.parametrize(
    ("facts", "met"),
    [
        # A session that goes on owes no goodbye yet; nor does one that the server ended.
        ((CONNECTED, said("EHLO")), True),
        ((CONNECTED, said("EHLO"), Closed(by="fake", how="fin")), True),
        ((CONNECTED, said("EHLO"), Closed(by="sender", how="fin")), False),
        ((CONNECTED, said("QUIT"), Closed(by="sender", how="fin")), True),
        ((), False),
    ],
)
def test_goodbye_is_asked_of_who_ends_the_connection(
    facts: tuple[Fact, ...], met: bool, make_record: MakeRecord
) -> None:
    check = wire_checks()["quit"]
    some = TypeAdapter(check.wanted).validate_python("some")
    assert check.ask(make_record(*facts), some).met is met
