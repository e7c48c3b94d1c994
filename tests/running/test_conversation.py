"""A transcript as lines that a person can read, on whatever terminal."""

from __future__ import annotations

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.conversation import conversation
from harness.fakes.http.exchange import Request
from harness.fakes.http.facts import WebhookPosted
from harness.fakes.marks import Mark
from harness.fakes.message import CapturedMessage
from harness.fakes.smtp.facts import AuthOutcome, AuthResponse, Command
from harness.fakes.transcript import (
    Body,
    Broke,
    ClientHelloSeen,
    Closed,
    Connected,
    Event,
    Fact,
    FaultActed,
    MessageCaptured,
    Received,
    Sent,
    TlsEstablished,
    TlsFailed,
    Unread,
)
from harness.secrets import Secrets

PASSWORD = "pw-0123456789abcdef"
SECRETS = Secrets({"password": PASSWORD})
HOSTILE = b"\x00\x1b[2J\x1b]0;owned\x07\xe2\x80\xae\x7f\x9b\xff\t\r"


def lines(*facts: Fact | tuple[int, Fact]) -> list[str]:
    events = []
    for number, given_fact in enumerate(facts, start=1):
        connection, fact = given_fact if isinstance(given_fact, tuple) else (1, given_fact)
        events.append(Event(number=number, at=number / 4, connection=connection, fact=fact))
    return [line for _, line in conversation(events, SECRETS)]


MESSAGE = CapturedMessage(
    wire=b"x", mail_from="a", rcpt_tos=(), username=None, secure=True, connection=1
)


@pytest.mark.parametrize(
    ("fact", "shown"),
    [
        (Connected(server="smtp", port=25, peer="x"), "-- connected to smtp (port 25)"),
        (Sent(data=b"220 mx\r\n", secure=False), "S: 220 mx"),
        (Command(line=b"EHLO a", secure=False), "C: EHLO a"),
        (Command(line=b"EHLO a", secure=True), "C*: EHLO a"),
        (AuthResponse(line=b"AHU=", secure=True), "C*: AHU="),
        (ClientHelloSeen(server_name=None, versions=("TLSv1.2",), implicit=True),
         "-- ClientHello for no name, offering TLSv1.2"),
        (TlsEstablished(version="TLSv1.3", cipher="c", certificate="good"),
         "-- TLS established: TLSv1.3 c, certificate good"),
        (TlsFailed(reason="r", alert="bad_certificate"), "-- TLS failed: bad_certificate"),
        (TlsFailed(reason="r", alert=None), "-- TLS failed: r"),
        (AuthOutcome(mechanism="PLAIN", username="u", accepted=True, secure=True),
         "-- credentials by PLAIN for u: right"),
        (AuthOutcome(mechanism="PLAIN", username="u", accepted=False, secure=True),
         "-- credentials by PLAIN for u: wrong"),
        (MessageCaptured(index=0, message=MESSAGE), "-- message 0 taken"),
        (FaultActed(moment="ehlo[1]", action="close"), "-- fault at ehlo[1]: close"),
        (Unread(data=b"x", secure=False, why="too late"), "-- not read (too late): x"),
        (Closed(by="sender", how="fin"), "-- closed by the sender (fin)"),
        (Broke(error="ValueError: x"), "-- THE FAKE BROKE: ValueError: x"),
    ],
)  # fmt: skip
def test_each_fact_is_a_line(fact: Fact, shown: str) -> None:
    assert lines(fact) == [f"  0.250s {shown}"]


def test_segments_are_not_shown_because_their_lines_are() -> None:
    assert lines(Received(data=b"EHLO a\r\n", secure=False)) == []


def test_several_connections_are_told_apart() -> None:
    shown = lines(Command(line=b"NOOP", secure=False), (2, Command(line=b"QUIT", secure=False)))
    assert shown == ["  0.250s #1 C: NOOP", "  0.500s #2 C: QUIT"]


def test_a_reply_of_several_lines_is_several_lines_of_one_event() -> None:
    event = Event(number=7, at=0, connection=1, fact=Sent(data=b"250-a\r\n250 b\r\n", secure=True))
    assert conversation([event], SECRETS) == ((7, "  0.000s S*: 250-a"), (7, "  0.000s S*: 250 b"))


def test_a_body_ends_with_its_dot_or_says_that_it_broke_off() -> None:
    assert lines(Body(data=b"a\r\nb\r\n", secure=False, complete=True)) == [
        "  0.250s C: a",
        "  0.250s C: b",
        "  0.250s C: .",
    ]
    assert lines(Body(data=b"", secure=False, complete=False)) == [
        "  0.250s -- the content broke off here"
    ]


def test_a_long_body_is_cut() -> None:
    shown = lines(Body(data=b"line\r\n" * 100, secure=False, complete=True))
    assert len(shown) == 14
    assert shown[12].endswith("-- 88 more lines, 600 octets in all")


@pytest.mark.parametrize(
    "fact",
    [
        Command(line=HOSTILE, secure=False),
        AuthResponse(line=HOSTILE, secure=False),
        Sent(data=HOSTILE, secure=False),
        Body(data=HOSTILE, secure=False, complete=True),
        Unread(data=HOSTILE, secure=False, why="x"),
        ClientHelloSeen(server_name=HOSTILE.decode("latin-1"), versions=(), implicit=True),
        AuthOutcome(mechanism="X", username=HOSTILE.decode("latin-1"), accepted=True, secure=True),
        FaultActed(moment="x", action=HOSTILE.decode("latin-1")),
        Broke(error=HOSTILE.decode("latin-1")),
    ],
)
def test_hostile_octets_are_made_visible(fact: Fact) -> None:
    shown = lines(fact)
    assert shown
    assert all(line.isprintable() for line in shown)
    assert any("\\x1b[2J" in line for line in shown)


@given(data=st.binary(max_size=60))
def test_any_octets_are_made_visible(data: bytes) -> None:
    for fact in (Command(line=data, secure=True), Sent(data=data, secure=False)):
        assert all(line.isprintable() for line in lines(fact))


@pytest.mark.parametrize(
    "fact",
    [
        Command(line=f"AUTH PLAIN {PASSWORD}".encode(), secure=False),
        Command(line=b"AUTH PLAIN " + b64encode(f"\0u\0{PASSWORD}".encode()), secure=False),
        AuthResponse(line=b64encode(PASSWORD.encode()), secure=True),
        Sent(data=f"535 no {PASSWORD}\r\n".encode(), secure=True),
        Body(data=f"a\r\n{PASSWORD}\r\n".encode(), secure=True, complete=True),
        Unread(data=b"x" * 190 + PASSWORD.encode(), secure=False, why="x"),
        ClientHelloSeen(server_name=PASSWORD, versions=(), implicit=True),
        AuthOutcome(mechanism="X", username=PASSWORD, accepted=False, secure=True),
        FaultActed(moment="x", action=f"reply text={PASSWORD!r}"),
        Broke(error=f"ValueError: {PASSWORD}"),
        TlsFailed(reason=PASSWORD, alert=None),
    ],
)
def test_no_secret_is_shown(fact: Fact) -> None:
    shown = "\n".join(lines(fact))
    assert "[password]" in shown
    assert SECRETS.found_in(shown) == ()
    assert PASSWORD[:8] not in shown


def test_what_a_vendor_told_a_handler_is_a_line() -> None:
    def posted(status: int | None, problem: str | None = None) -> WebhookPosted:
        return WebhookPosted(
            event="bounced",
            recipient="b@example.net",
            request=Request(method="POST", target="http://localhost/", headers=()),
            status=status,
            problem=problem,
            mark=Mark.DOCUMENTED,
            source="-",
        )

    told = lines(posted(403), posted(None, "nobody answers"))
    assert told[0].endswith("-- posted bounced of b@example.net: the handler answered 403")
    assert told[1].endswith("-- posted bounced of b@example.net: nobody answers")
