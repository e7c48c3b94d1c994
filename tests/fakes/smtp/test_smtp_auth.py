"""AUTH: every mechanism, offer and outcome."""

from __future__ import annotations

import hmac
from base64 import b64decode, b64encode
from collections.abc import Callable
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest

from harness.fakes.smtp.facts import AuthOutcome, AuthResponse, Command

pytestmark = pytest.mark.wire

Connected = Callable[..., AbstractContextManager[tuple[Any, Any]]]
Facts = Callable[..., list[Any]]

USER, PASSWORD = "us\u00e9r@one.example", "p@ss: w\u00f6rd\\ %"
ACCOUNT = {"username": USER, "password": PASSWORD}
ALL = ("LOGIN", "PLAIN", "CRAM-MD5")


def encoded(text: str | bytes) -> str:
    return b64encode(text.encode() if isinstance(text, str) else text).decode()


def plain(username: str, password: str) -> str:
    return encoded(f"\0{username}\0{password}")


@pytest.fixture
def session(connected: Connected) -> Connected:
    """A session in clear where AUTH is offered; `auth` are words of the fake's."""

    @contextmanager
    def begin(*, hello: bool = True, **auth: Any) -> Any:
        words = {"security": "none", "auth": {"mechanisms": ALL, **auth}, **ACCOUNT}
        with connected(**words) as (fake, wire):
            wire.reply()
            if hello:
                wire.say("EHLO me.example")
            yield fake, wire

    return begin


def log_in(wire: Any, mechanism: str, username: str, password: str, *, initial: bool) -> Any:
    """Present credentials; give the last reply."""
    if mechanism == "PLAIN":
        if initial:
            return wire.say(f"AUTH PLAIN {plain(username, password)}")
        assert wire.say("AUTH PLAIN") == b"334 \r\n"
        return wire.say(plain(username, password))
    if mechanism == "LOGIN":
        name = encoded(username)
        asked = wire.say(f"AUTH LOGIN {name or '='}") if initial else wire.say("AUTH LOGIN")
        if not initial:
            assert asked == b"334 VXNlcm5hbWU6\r\n"
            asked = wire.say(name)
        assert asked == b"334 UGFzc3dvcmQ6\r\n"
        return wire.say(encoded(password))
    asked = wire.say("AUTH CRAM-MD5")
    assert asked.startswith(b"334 ")
    digest = hmac.new(password.encode(), b64decode(asked[4:]), "md5").hexdigest()
    return wire.say(encoded(f"{username} {digest}"))


WAYS = [("PLAIN", False), ("PLAIN", True), ("LOGIN", False), ("LOGIN", True), ("CRAM-MD5", False)]


@pytest.mark.parametrize(("mechanism", "initial"), WAYS)
def test_the_right_credentials_are_taken_and_the_message_bears_the_name(
    session: Connected, facts: Facts, mechanism: str, initial: bool
) -> None:
    with session() as (fake, wire):
        assert log_in(wire, mechanism, USER, PASSWORD, initial=initial).startswith(b"235 2.7.0")
        wire.deliver(b"x\r\n")
    assert fake.messages[0].username == USER
    assert facts(fake, AuthOutcome) == [
        AuthOutcome(mechanism=mechanism, username=USER, accepted=True, secure=False)
    ]
    answers = {"PLAIN": 1, "LOGIN": 2, "CRAM-MD5": 1}[mechanism] - initial
    assert len(facts(fake, AuthResponse)) == answers


@pytest.mark.parametrize(("mechanism", "initial"), WAYS)
@pytest.mark.parametrize(
    ("username", "password"),
    [
        (USER, PASSWORD + " "),
        (USER, PASSWORD.lower()[:-1]),
        (USER, ""),
        (USER.upper(), PASSWORD),
        ("", ""),
    ],
)
def test_wrong_credentials_are_refused(
    session: Connected,
    facts: Facts,
    mechanism: str,
    initial: bool,
    username: str,
    password: str,
) -> None:
    with session() as (fake, wire):
        assert log_in(wire, mechanism, username, password, initial=initial).startswith(b"535 5.7.8")
        assert wire.say("MAIL FROM:<a@one.example>").startswith(b"530")
        assert log_in(wire, mechanism, USER, PASSWORD, initial=initial).startswith(b"235")
    first, second = facts(fake, AuthOutcome)
    assert (first.username, first.accepted) == (username, False)
    assert second.accepted is True


def test_no_password_stands_in_the_outcome(session: Connected, facts: Facts) -> None:
    with session() as (fake, wire):
        log_in(wire, "PLAIN", USER, PASSWORD, initial=True)
    assert PASSWORD not in repr(facts(fake, AuthOutcome))


def test_octets_that_are_no_utf_8_match_nothing_and_stay_legible(
    session: Connected, facts: Facts
) -> None:
    with session() as (fake, wire):
        assert wire.say(f"AUTH PLAIN {encoded(bytes([0, 255, 0, 255]))}").startswith(b"535")
    facts(fake, AuthOutcome)[0].username.encode("utf-8")


@pytest.mark.parametrize("name", ["plain", "Plain", "PLAIN"])
def test_names_of_mechanisms_compare_without_case(session: Connected, name: str) -> None:
    with session() as (_, wire):
        assert wire.say(f"AUTH {name} {plain(USER, PASSWORD)}").startswith(b"235")


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("AUTH", b"501"),
        ("AUTH PLAIN a b", b"501"),
        ("AUTH PLAIN !!!!", b"501"),
        ("AUTH PLAIN =", b"501"),
        (f"AUTH PLAIN {encoded('no separators')}", b"501"),
        (f"AUTH PLAIN {encoded(chr(0) * 3)}", b"501"),
        ("AUTH LOGIN !!!!", b"501"),
        ("AUTH CRAM-MD5 YQ==", b"501"),
        ("AUTH XOAUTH2 YQ==", b"504"),
        ("AUTH PLAIN-CLIENTTOKEN", b"504"),
        ("AUTH \u00e9", b"500"),
    ],
)
def test_a_malformed_attempt_is_refused_and_the_session_goes_on(
    session: Connected, facts: Facts, line: str, code: bytes
) -> None:
    with session() as (fake, wire):
        assert wire.say(line)[:3] == code
        assert wire.say("NOOP").startswith(b"250")
    assert not facts(fake, AuthOutcome)


@pytest.mark.parametrize(
    ("answer", "reply"),
    [
        (b"*", b"501 5.7.0"),
        (b"no base64", b"501 5.5.2"),
        (b"YQ== ", b"501 5.5.2"),
        (b"\xff\xfe", b"501 5.5.2"),
        (b"x" * 20_000, b"500 5.5.6"),
    ],
)
@pytest.mark.parametrize("mechanism", ALL)
def test_an_exchange_that_is_broken_off_leaves_the_session_as_it_was(
    session: Connected, facts: Facts, answer: bytes, reply: bytes, mechanism: str
) -> None:
    with session() as (fake, wire):
        assert wire.say(f"AUTH {mechanism}").startswith(b"334")
        assert wire.say(answer).startswith(reply)
        assert wire.say("MAIL FROM:<a@one.example>").startswith(b"530")
        assert wire.say(f"AUTH PLAIN {plain(USER, PASSWORD)}").startswith(b"235")
    assert facts(fake, AuthResponse)[0].line == answer[:12_352]
    assert [fact.accepted for fact in facts(fake, AuthOutcome)] == [True]


def test_the_second_answer_can_be_broken_off_too(session: Connected) -> None:
    with session() as (_, wire):
        wire.say("AUTH LOGIN")
        wire.say(encoded(USER))
        assert wire.say("*").startswith(b"501 5.7.0")
        assert wire.say("NOOP").startswith(b"250")


@pytest.mark.parametrize("initial", [True, False])
def test_a_response_of_12288_octets_fits(session: Connected, initial: bool) -> None:
    long = plain("x" * 4607, "y" * 4607)
    assert len(long) == 12_288
    with session() as (_, wire):
        if initial:
            assert wire.say(f"AUTH PLAIN {long}").startswith(b"535")
        else:
            wire.say("AUTH PLAIN")
            assert wire.say(long).startswith(b"535")


def test_an_initial_response_that_is_too_long_is_refused(session: Connected) -> None:
    with session() as (_, wire):
        assert wire.say(f"AUTH PLAIN {'A' * 13_000}").startswith(b"500")
        assert wire.say("NOOP").startswith(b"250")


def test_auth_is_once_a_session_and_after_ehlo(session: Connected) -> None:
    with session(hello=False) as (_, wire):
        attempt = f"AUTH PLAIN {plain(USER, PASSWORD)}"
        assert wire.say(attempt).startswith(b"503")
        wire.say("HELO me.example")
        assert wire.say(attempt).startswith(b"503")
        wire.say("EHLO me.example")
        assert wire.say(attempt).startswith(b"235")
        assert wire.say(attempt).startswith(b"503")
        wire.say("EHLO me.example")
        assert wire.say("MAIL FROM:<a@one.example> AUTH=<>").startswith(b"250")


def test_a_mechanism_that_is_not_among_the_fakes_is_unknown(session: Connected) -> None:
    with session(mechanisms=("LOGIN",)) as (_, wire):
        assert wire.say("EHLO me.example").endswith(b"250 AUTH LOGIN\r\n")
        assert wire.say("AUTH PLAIN").startswith(b"504")


def test_lines_of_a_lie_stand_in_place_of_the_honest_one(session: Connected) -> None:
    lines = ("AUTH=LOGIN PLAIN", "auth plain", "XAUTH LOGIN", "AUTH")
    with session(lines=lines) as (_, wire):
        reply = wire.say("EHLO me.example")
        assert reply.endswith(
            b"250-AUTH=LOGIN PLAIN\r\n250-auth plain\r\n250-XAUTH LOGIN\r\n250 AUTH\r\n"
        )
        assert wire.say(f"AUTH PLAIN {plain(USER, PASSWORD)}").startswith(b"235")


def test_an_initial_response_can_be_ignored(session: Connected) -> None:
    with session(initial_response="ignored") as (_, wire):
        assert wire.say(f"AUTH PLAIN {plain('x', 'y')}") == b"334 \r\n"
        assert wire.say(plain(USER, PASSWORD)).startswith(b"235")


def test_an_initial_response_can_be_refused(session: Connected, facts: Facts) -> None:
    with session(initial_response="refused") as (fake, wire):
        assert wire.say(f"AUTH PLAIN {plain(USER, PASSWORD)}").startswith(b"501 5.5.4")
        assert not facts(fake, AuthOutcome)
        wire.say("AUTH PLAIN")
        assert wire.say(plain(USER, PASSWORD)).startswith(b"235")


@pytest.mark.parametrize(("in_base64", "asked"), [(True, b"334 TmFtZQ=="), (False, b"334 Name")])
def test_the_prompts_of_login_can_be_odd(session: Connected, in_base64: bool, asked: bytes) -> None:
    with session(prompts=("Name", ""), prompts_encoded=in_base64) as (_, wire):
        assert wire.say("AUTH LOGIN") == asked + b"\r\n"
        assert wire.say(encoded(USER)) == b"334 \r\n"
        assert wire.say(encoded(PASSWORD)).startswith(b"235")


def test_prompts_that_are_not_encoded_leave_other_mechanisms_alone(session: Connected) -> None:
    with session(prompts_encoded=False) as (_, wire):
        assert log_in(wire, "CRAM-MD5", USER, PASSWORD, initial=False).startswith(b"235")


def test_a_broken_mechanism_refuses_what_is_right_and_the_record_knows(
    session: Connected, facts: Facts
) -> None:
    with session(broken=("CRAM-MD5",), refusal="535 5.7.8 no, 4711") as (fake, wire):
        assert log_in(wire, "CRAM-MD5", USER, PASSWORD, initial=False) == b"535 5.7.8 no, 4711\r\n"
        assert wire.say("MAIL FROM:<a@one.example>").startswith(b"530")
        assert log_in(wire, "PLAIN", "x", "y", initial=True) == b"535 5.7.8 no, 4711\r\n"
        assert log_in(wire, "LOGIN", USER, PASSWORD, initial=False).startswith(b"235")
    assert [fact.accepted for fact in facts(fake, AuthOutcome)] == [True, False, True]


def test_auth_can_be_offered_and_not_required(session: Connected) -> None:
    with session(required=False) as (fake, wire):
        assert wire.deliver(b"x\r\n").startswith(b"250")
    assert fake.messages[0].username is None


def test_the_challenge_of_cram_md5_is_the_connections_own(
    session: Connected, dial: Callable[[Any], Any]
) -> None:
    with session() as (fake, wire):
        first = wire.say("AUTH CRAM-MD5")
        wire.say("*")
        assert wire.say("AUTH CRAM-MD5") == first
        other = dial(fake)
        other.reply()
        other.say("EHLO me.example")
        assert other.say("AUTH CRAM-MD5") != first


OFFERS = [
    # offer, in clear, inside TLS, code of AUTH in clear, code inside TLS
    ("after-tls", False, True, b"538", b"235"),
    ("always", True, True, b"235", b"235"),
    ("before-tls", True, False, b"235", b"502"),
    ("never", False, False, b"500", b"500"),
]


@pytest.mark.parametrize(("offer", "in_clear", "inside", "code", "code_inside"), OFFERS)
def test_auth_is_offered_where_the_state_has_it(
    connected: Connected,
    client_context: Callable[[], Any],
    offer: str,
    in_clear: bool,
    inside: bool,
    code: bytes,
    code_inside: bytes,
) -> None:
    attempt = f"AUTH PLAIN {plain(USER, PASSWORD)}"
    words = {"starttls": "offered", "auth": {"offer": offer}, **ACCOUNT}
    with connected(**words) as (_, wire):
        wire.reply()
        assert (b"AUTH LOGIN PLAIN" in wire.say("EHLO me.example")) is in_clear
        assert wire.say(attempt)[:3] == code
        wire.say("STARTTLS")
        wire.secure(client_context())
        assert (b"AUTH LOGIN PLAIN" in wire.say("EHLO me.example")) is inside
        assert wire.say(attempt)[:3] == code_inside, "a log-in in clear is forgotten"


def test_auth_before_a_required_tls_is_refused_with_530(connected: Connected) -> None:
    with connected(auth={"offer": "always"}) as (_, wire):
        wire.reply()
        assert b"AUTH" in wire.say("EHLO me.example")
        assert wire.say("AUTH PLAIN").startswith(b"530")


def test_what_is_said_in_an_exchange_is_no_command(session: Connected, facts: Facts) -> None:
    with session() as (fake, wire):
        wire.say("AUTH LOGIN")
        wire.say("QUIT")
        wire.say("NOOP")
    assert [fact.verb for fact in facts(fake, Command)] == ["EHLO", "AUTH"]
    assert [fact.line for fact in facts(fake, AuthResponse)] == [b"QUIT", b"NOOP"]
