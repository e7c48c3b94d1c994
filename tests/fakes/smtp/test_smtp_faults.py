"""Every fault, at its moment, as a raw socket sees it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, get_args

import pytest

from harness.fakes.faults import Action, Stage
from harness.fakes.smtp.facts import AuthOutcome, Command
from harness.fakes.transcript import Body, Closed, FaultActed, MessageCaptured, Sent, Unread

pytestmark = pytest.mark.wire

Connected = Callable[..., AbstractContextManager[tuple[Any, Any]]]
Serving = Callable[..., AbstractContextManager[Any]]
Facts = Callable[..., list[Any]]
Settled = Callable[[Any], None]
Dial = Callable[[Any], Any]

USER, PASSWORD = b64encode(b"user"), b64encode(b"secret")
WORDS: dict[str, Any] = {
    "security": "none",
    "auth": {"required": False},
    "username": "user",
    "password": "secret",
    "extensions": ["CHUNKING"],
}
EHLO = (b"EHLO me.example", b"250")
MAIL = (b"MAIL FROM:<a@one.example>", b"250")
RCPT = (b"RCPT TO:<b@two.example>", b"250")
DATA = (b"DATA", b"354")
BODY = (b"hello\r\n.", b"250")


class Place(NamedTuple):
    """How to get to a moment: what is said before it and answered so, and what brings it on."""

    before: tuple[tuple[bytes, bytes], ...]
    trigger: bytes
    greeted: bool = True


PLACES = {
    "connect": Place((), b"", greeted=False),
    "greeting": Place((), b"", greeted=False),
    "ehlo": Place((), b"EHLO me.example\r\n"),
    "ehlo[2]": Place((EHLO,), b"EHLO me.example\r\n"),
    "helo": Place((), b"HELO me.example\r\n"),
    "auth[1]": Place((EHLO,), b"AUTH LOGIN\r\n"),
    "auth[2]": Place((EHLO, (b"AUTH LOGIN", b"334")), USER + b"\r\n"),
    "auth[3]": Place((EHLO, (b"AUTH LOGIN", b"334"), (USER, b"334")), PASSWORD + b"\r\n"),
    "mail": Place((EHLO,), MAIL[0] + b"\r\n"),
    "rcpt": Place((EHLO, MAIL), RCPT[0] + b"\r\n"),
    "rcpt[2]": Place((EHLO, MAIL, RCPT), RCPT[0] + b"\r\n"),
    "data": Place((EHLO, MAIL, RCPT), b"DATA\r\n"),
    "bdat": Place((EHLO, MAIL, RCPT), b"BDAT 5\r\n12345"),
    "bdat[2]": Place((EHLO, MAIL, RCPT, (b"BDAT 0", b"250")), b"BDAT 5\r\n12345"),
    "body[5]": Place((EHLO, MAIL, RCPT, DATA), b"12345"),
    "end-of-data": Place((EHLO, MAIL, RCPT, DATA), b"hello\r\n.\r\n"),
    "idle": Place((EHLO, MAIL, RCPT, DATA, BODY), b""),
    "idle[2]": Place((EHLO, MAIL, RCPT, DATA, BODY, MAIL, RCPT, DATA, BODY), b""),
    "rset": Place((EHLO,), b"RSET\r\n"),
    "noop": Place((EHLO,), b"NOOP\r\n"),
    "quit": Place((EHLO,), b"QUIT\r\n"),
}


def go_to(wire: Any, at: str) -> None:
    """Be honest up to a moment, and bring it on."""
    place = PLACES[at]
    if place.greeted:
        assert wire.reply().startswith(b"220")
    for line, code in place.before:
        assert wire.say(line).startswith(code), line
    wire.send(place.trigger)


def test_every_stage_has_a_place_here() -> None:
    elsewhere = {"starttls", "handshake", "request"}  # test_smtp_tls_faults; HTTP
    assert {at.split("[")[0] for at in PLACES} | elsewhere == {str(stage) for stage in Stage}


@pytest.mark.parametrize("at", PLACES)
def test_a_reply_of_ones_own_at_every_moment(connected: Connected, facts: Facts, at: str) -> None:
    fault = {"at": at, "do": "reply", "code": 459, "text": "not now"}
    with connected(**WORDS, faults=[fault]) as (fake, wire):
        go_to(wire, at)
        assert wire.reply() == b"459 not now\r\n"
    [acted] = facts(fake, FaultActed)
    assert acted.moment == (at if "[" in at else f"{at}[1]")
    assert acted.action == "reply code=459, text='not now'"
    [before] = [event.number for event, _ in fake.transcript.of(FaultActed)]
    [done] = [event.number for event, fact in fake.transcript.of(Sent) if b"459" in fact.data]
    assert before < done, "it is recorded before it is done"


@pytest.mark.parametrize("at", PLACES)
def test_without_a_fault_nothing_of_it_happens(connected: Connected, facts: Facts, at: str) -> None:
    other = "rset" if at != "rset" else "noop"
    fault = {"at": other, "do": "reply", "code": 459, "text": "not now"}
    with connected(**WORDS, faults=[fault]) as (fake, wire):
        go_to(wire, at)
        if at not in {"body[5]", "idle", "idle[2]"}:
            assert wire.reply()[:3] in {b"220", b"221", b"250", b"334", b"354", b"235"}
    assert not facts(fake, FaultActed)


@pytest.mark.parametrize("at", PLACES)
def test_a_close_at_every_moment_is_a_fin(connected: Connected, facts: Facts, at: str) -> None:
    with connected(**WORDS, faults=[{"at": at, "do": "close"}]) as (fake, wire):
        go_to(wire, at)
        assert wire.rest() == b""
    assert facts(fake, Closed) == [Closed(by="fake", how="fin")]


@pytest.mark.parametrize("at", PLACES)
def test_a_reset_at_every_moment_is_a_rst(
    serving: Serving, dial: Dial, facts: Facts, at: str
) -> None:
    def go_on_to_the_end(fake: Any) -> None:
        wire = dial(fake)  # at `connect` the RST can be faster than connect() is
        go_to(wire, at)
        wire.rest()

    with (
        serving(**WORDS, faults=[{"at": at, "do": "reset"}]) as fake,
        pytest.raises(ConnectionResetError),
    ):
        go_on_to_the_end(fake)
    assert facts(fake, Closed) == [Closed(by="fake", how="reset")]
    assert [fact.action for fact in facts(fake, FaultActed)] == ["reset"]


@pytest.mark.parametrize("at", PLACES)
def test_a_stall_at_every_moment_lasts_until_the_sender_leaves(
    connected: Connected, facts: Facts, settled: Settled, at: str
) -> None:
    with connected(**WORDS, faults=[{"at": at, "do": "stall"}]) as (fake, wire):
        go_to(wire, at)
        wire.send(b"NOOP\r\n")
        assert wire.silent()
        wire.close()
        settled(fake)
    assert facts(fake, Closed) == [Closed(by="sender", how="fin")]
    assert b"NOOP" in b"".join(fact.data for fact in facts(fake, Unread, Body))


HONEST = b"250 OK\r\n"
# What a raw socket sees at RCPT: the octets, and how the connection goes on.
ACTIONS: list[tuple[dict[str, Any], bytes, str]] = [
    ({"do": "honest"}, HONEST, "on"),
    ({"do": "reply", "code": 550, "text": "5.1.1 nobody"}, b"550 5.1.1 nobody\r\n", "on"),
    ({"do": "reply", "code": 450, "text": "a\nb\nc"}, b"450-a\r\n450-b\r\n450 c\r\n", "on"),
    ({"do": "reply", "code": 450, "text": "a\r\nb"}, b"450-a\r\n450 b\r\n", "on"),
    ({"do": "reply", "code": 550}, b"550\r\n", "on"),
    ({"do": "reply", "code": 421, "text": "gr\u00fc\u00df", "close": True},
     "421 gr\u00fc\u00df\r\n".encode(), "end"),
    ({"do": "reply", "code": 251, "text": "taken"}, b"251 taken\r\n", "on"),
    ({"do": "switch", "first": 250, "last": 550}, b"250-as you wish\r\n550 or not\r\n", "on"),
    ({"do": "garble", "data": "\x00\xff%s\r\n"}, b"\x00\xff%s\r\n", "on"),
    ({"do": "garble", "data": "no\x80", "below_tls": True}, b"no\x80", "on"),
    ({"do": "garble"}, b"\x00\x9f\xff\x1b\x80garbage\xfe\xfd", "on"),
    ({"do": "stall"}, b"", "silent"),
    ({"do": "stall", "octets": 2}, b"25", "silent"),
    ({"do": "stall", "octets": 99}, HONEST, "silent"),
    ({"do": "late", "wait": "1ms"}, HONEST, "on"),
    ({"do": "late", "wait": "0.01x"}, HONEST, "on"),
    ({"do": "drip", "every": "1ms"}, HONEST, "on"),
    ({"do": "drip", "every": "1ms", "data": "250-\xff"}, b"250-\xff", "on"),
    ({"do": "close"}, b"", "end"),
    ({"do": "close", "close_notify": False}, b"", "end"),
    ({"do": "truncate", "octets": 1}, b"2", "end"),
    ({"do": "truncate", "octets": 6}, b"250 OK", "end"),
    ({"do": "reword"}, b"250\r\n", "on"),
    ({"do": "reword", "text": "a\n\xe9"}, b"250-a\r\n250 \xe9\r\n", "on"),
    ({"do": "reword", "text": "a\n250 b", "as_one_line": True}, b"250 a\n250 b\r\n", "on"),
    ({"do": "reword", "code": 259, "text": "so"}, b"259 so\r\n", "on"),
    ({"do": "reword", "code": 550, "text": "so"}, b"250 so\r\n", "on"),
    ({"do": "repeat", "data": "250-\r\n", "at_once": 2, "every": "1ms", "most": 2},
     b"250-\r\n" * 4, "silent"),
    ({"do": "inject", "data": "250 more\r\n"}, HONEST + b"250 more\r\n", "on"),
]  # fmt: skip


@pytest.mark.parametrize(("action", "octets", "end"), ACTIONS)
def test_what_each_action_puts_on_the_wire(
    connected: Connected, facts: Facts, action: dict[str, Any], octets: bytes, end: str
) -> None:
    with connected(**WORDS, faults=[{"at": "rcpt", **action}]) as (fake, wire):
        go_to(wire, "rcpt")
        assert wire.octets(len(octets)) == octets
        if end == "end":
            assert wire.rest() == b""
        elif end == "silent":
            wire.send(b"NOOP\r\n")
            assert wire.silent()
        else:
            assert wire.say("NOOP") == HONEST
    sent = b"".join(
        event.fact.data
        for event in fake.transcript
        if isinstance(event.fact, Sent) and event.number > 8
    )
    assert octets in sent
    assert len(facts(fake, FaultActed)) == (action["do"] != "honest")


def test_ehlo_reworded_still_lists_what_there_is(connected: Connected) -> None:
    with connected(**WORDS, faults=[{"at": "ehlo", "do": "reword", "text": "me\nXTRA"}]) as (
        _,
        wire,
    ):
        go_to(wire, "ehlo")
        first, second, *listed = wire.reply().splitlines()
    assert (first, second) == (b"250-me", b"250-XTRA")
    assert any(line.startswith(b"250-SIZE") for line in listed)
    assert listed[-1].startswith(b"250 ")


def test_data_reworded_still_takes_the_message(connected: Connected, facts: Facts) -> None:
    with connected(**WORDS, faults=[{"at": "data", "do": "reword", "text": "a\nb"}]) as (
        fake,
        wire,
    ):
        go_to(wire, "data")
        assert wire.reply() == b"354-a\r\n354 b\r\n"
        assert wire.say(BODY[0]).startswith(b"250")
    assert len(facts(fake, MessageCaptured)) == 1


def test_a_challenge_is_not_reworded(connected: Connected) -> None:
    with connected(**WORDS, faults=[{"at": "auth", "do": "reword", "text": "so"}]) as (_, wire):
        go_to(wire, "auth[3]")
        assert wire.reply() == b"235 so\r\n"


def test_every_action_is_in_the_table() -> None:
    union, _ = get_args(Action)
    words = {get_args(kind.model_fields["do"].annotation)[0] for kind in get_args(union)}
    elsewhere = {"reset", "respond", "refuse", "alert", "key-update"}
    assert {action["do"] for action, _, _ in ACTIONS} | elsewhere == words


def test_a_drip_is_sent_octet_by_octet(connected: Connected, facts: Facts) -> None:
    with connected(**WORDS, faults=[{"at": "noop", "do": "drip", "every": "1ms"}]) as (fake, wire):
        go_to(wire, "noop")
        assert wire.reply() == HONEST
    assert [fact.data for fact in facts(fake, Sent)][-len(HONEST) :] == [
        bytes([octet]) for octet in HONEST
    ]


TAKEN = [
    ({"do": "reply", "code": 250, "text": "mine"}, True),
    ({"do": "reply", "code": 259}, True),
    ({"do": "reply", "code": 354}, False),
    ({"do": "reply", "code": 451}, False),
    ({"do": "reply", "code": 554, "close": True}, False),
    ({"do": "switch", "first": 250, "last": 550}, False),
    ({"do": "garble"}, False),
    ({"do": "stall"}, False),
    ({"do": "stall", "octets": 3}, True),
    ({"do": "late", "wait": "1ms"}, True),
    ({"do": "drip", "every": "0s"}, True),
    ({"do": "drip", "every": "0s", "data": "250 x\r\n"}, False),
    ({"do": "close"}, False),
    ({"do": "truncate", "octets": 3}, True),
    ({"do": "inject", "data": "250 more\r\n"}, True),
]


@pytest.mark.parametrize(("action", "taken"), TAKEN)
def test_a_message_is_taken_where_its_acknowledgement_is_only_shaped(
    connected: Connected, facts: Facts, settled: Settled, action: dict[str, Any], taken: bool
) -> None:
    with connected(**WORDS, faults=[{"at": "end-of-data", **action}]) as (fake, wire):
        go_to(wire, "end-of-data")
        wire.socket.shutdown(1)
        wire.rest()
        settled(fake)
    assert len(fake.messages) == len(facts(fake, MessageCaptured)) == taken
    assert facts(fake, Body) == [Body(data=b"hello\r\n", secure=False, complete=True)]


def test_a_recipient_that_a_fault_refuses_is_not_in_the_envelope(connected: Connected) -> None:
    faults = [
        {"at": "rcpt[2]", "do": "reply", "code": 550},
        {"at": "rcpt[3]", "do": "reply", "code": 252},
    ]
    with connected(**WORDS, faults=faults) as (fake, wire):
        wire.reply()
        wire.say("EHLO me.example")
        wire.say(MAIL[0])
        replies = [wire.say(f"RCPT TO:<{name}@two.example>")[:3] for name in "bcd"]
        assert replies == [b"250", b"550", b"252"]
        wire.say("DATA")
        wire.say("x\r\n.")
    assert fake.messages[0].rcpt_tos == ("b@two.example", "d@two.example")


def test_recipients_are_counted_anew_in_each_transaction(connected: Connected) -> None:
    fault = {"at": "rcpt[2]", "do": "reply", "code": 452}
    with connected(**WORDS, faults=[fault]) as (_, wire):
        wire.reply()
        wire.say("EHLO me.example")
        for _ in range(2):
            wire.say(MAIL[0])
            assert [wire.say(RCPT[0])[:3] for _ in range(3)] == [b"250", b"452", b"250"]
            wire.say("RSET")


def test_an_ehlo_list_of_ones_own(connected: Connected) -> None:
    text = "mx.fake.test\nSIZE 1\nSTARTTLS"
    fault = {"at": "ehlo[1]", "do": "reply", "code": 250, "text": text}
    with connected(**WORDS, faults=[fault]) as (_, wire):
        wire.reply()
        assert wire.say("EHLO me.example") == b"250-mx.fake.test\r\n250-SIZE 1\r\n250 STARTTLS\r\n"
        assert wire.say(MAIL[0]).startswith(b"250"), "the EHLO was taken"


def test_data_that_is_answered_otherwise_begins_no_body(connected: Connected, facts: Facts) -> None:
    with connected(**WORDS, faults=[{"at": "data", "do": "reply", "code": 250}]) as (fake, wire):
        go_to(wire, "data")
        assert wire.reply() == b"250\r\n"
        assert wire.say("Subject: x").startswith(b"500")
    assert facts(fake, Command)[-1].line == b"Subject: x"
    assert not facts(fake, Body)


# times, then, connection


def replies_to_noop(wire: Any, count: int) -> list[bytes]:
    return [wire.say("NOOP")[:3] for _ in range(count)]


def test_a_fault_acts_so_many_times_and_then_otherwise(connected: Connected, facts: Facts) -> None:
    fault = {
        "at": "noop", "do": "reply", "code": 451, "times": 2,
        "then": {"do": "honest", "times": 1, "then": {"do": "reply", "code": 452, "times": 1}},
    }  # fmt: skip
    with connected(**WORDS, faults=[fault]) as (fake, wire):
        wire.reply()
        assert replies_to_noop(wire, 5) == [b"451", b"451", b"250", b"452", b"250"]
    assert [fact.moment for fact in facts(fake, FaultActed)] == ["noop[1]", "noop[2]", "noop[4]"]


def test_times_are_counted_over_all_connections(connected: Connected, dial: Dial) -> None:
    fault = {"at": "greeting", "do": "reply", "code": 421, "close": True, "times": 2}
    with connected(**WORDS, faults=[fault]) as (fake, wire):
        assert wire.rest() == b"421\r\n"
        assert dial(fake).rest() == b"421\r\n"
        assert dial(fake).reply().startswith(b"220")


def test_a_fault_can_be_for_one_connection(connected: Connected, dial: Dial) -> None:
    fault = {"at": "greeting", "do": "reply", "code": 421, "connection": 2}
    with connected(**WORDS, faults=[fault]) as (fake, wire):
        assert wire.reply().startswith(b"220")
        assert dial(fake).reply() == b"421\r\n"
        assert dial(fake).reply().startswith(b"220")


def test_what_comes_then_can_be_for_one_connection(connected: Connected, dial: Dial) -> None:
    then = {"do": "reply", "code": 452, "connection": 3}
    fault = {"at": "noop", "do": "reply", "code": 451, "times": 1, "then": then}
    with connected(**WORDS, faults=[fault]) as (fake, wire):
        wire.reply()
        assert replies_to_noop(wire, 2) == [b"451", b"250"]
        for expected in (b"250", b"452"):
            other = dial(fake)
            other.reply()
            assert replies_to_noop(other, 1) == [expected]


def test_the_first_fault_of_a_moment_goes_first(connected: Connected) -> None:
    faults = [
        {"at": "noop[2]", "do": "reply", "code": 452},
        {"at": "noop", "do": "reply", "code": 451, "times": 2},
    ]
    with connected(**WORDS, faults=faults) as (_, wire):
        wire.reply()
        assert replies_to_noop(wire, 4) == [b"451", b"452", b"451", b"250"]


def test_faults_act_the_same_in_every_run(connected: Connected, facts: Facts) -> None:
    faults = [
        {"at": "noop", "do": "drip", "every": "0s", "times": 1, "then": {"do": "garble"}},
        {"at": "ehlo", "do": "inject", "data": "x"},
    ]

    def run() -> list[Any]:
        with connected(**WORDS, faults=faults) as (fake, wire):
            wire.send(b"EHLO x\r\nNOOP\r\nNOOP\r\nQUIT\r\n")
            wire.rest()
        return facts(fake, FaultActed, Sent, Command)

    assert run() == run()


# AUTH


def test_a_235_too_early_lets_nobody_in(connected: Connected, facts: Facts) -> None:
    words = {**WORDS, "auth": {}}
    with connected(**words, faults=[{"at": "auth[1]", "do": "reply", "code": 235}]) as (fake, wire):
        wire.reply()
        wire.say("EHLO me.example")
        assert wire.say("AUTH LOGIN") == b"235\r\n"
        assert wire.say(MAIL[0]).startswith(b"530")
    assert not facts(fake, AuthOutcome)


@pytest.mark.parametrize("step", [1, 2])
def test_a_334_in_place_of_a_challenge_changes_its_words(
    connected: Connected, facts: Facts, step: int
) -> None:
    fault = {"at": f"auth[{step}]", "do": "reply", "code": 334, "text": "!!!"}
    with connected(**WORDS, faults=[fault]) as (fake, wire):
        wire.reply()
        wire.say("EHLO me.example")
        asked = [wire.say("AUTH LOGIN"), wire.say(USER)]
        assert asked.pop(step - 1) == b"334 !!!\r\n"
        assert asked[0].startswith(b"334 ")
        assert wire.say(PASSWORD).startswith(b"235")
    assert [fact.accepted for fact in facts(fake, AuthOutcome)] == [True]


def test_a_334_in_place_of_the_outcome_is_one_challenge_more(
    connected: Connected, facts: Facts
) -> None:
    fault = {"at": "auth[3]", "do": "reply", "code": 334, "text": "bW9yZQ=="}
    with connected(**WORDS, faults=[fault]) as (fake, wire):
        go_to(wire, "auth[3]")
        assert wire.reply() == b"334 bW9yZQ==\r\n"
        assert wire.say("").startswith(b"235"), "what is answered to it does not count"
    assert len(facts(fake, AuthOutcome)) == 1


@pytest.mark.parametrize(
    ("last", "outcome"), [(USER, b"235"), (b"*", b"501 5.7.0"), (b"?", b"501 5.5.2")]
)
@pytest.mark.parametrize("first", [b"AUTH PLAIN " + b64encode(b"\0user\0secret"), b"AUTH PLAIN"])
def test_challenges_go_on_as_long_as_the_fault_does(
    connected: Connected, facts: Facts, first: bytes, last: bytes, outcome: bytes
) -> None:
    fault = {"at": "auth", "do": "reply", "code": 334, "times": 5}
    with connected(**WORDS, faults=[fault]) as (fake, wire):
        wire.reply()
        wire.say("EHLO me.example")
        assert wire.say(first) == b"334 \r\n"
        for answer in (b64encode(b"\0user\0secret"), USER, last, b""):
            assert wire.say(answer) == b"334 \r\n"
        assert wire.say(b"")[: len(outcome)] == outcome, "a break-off is not forgotten"
        assert wire.say("NOOP").startswith(b"250")
    assert len(facts(fake, AuthOutcome)) == 1


@pytest.mark.parametrize("code", [421, 432, 454, 530, 534, 535, 538])
def test_a_log_in_is_refused_with_any_code(connected: Connected, facts: Facts, code: int) -> None:
    words = {**WORDS, "auth": {}}
    fault = {"at": "auth", "do": "reply", "code": code, "text": "4.7.0 no"}
    with connected(**words, faults=[fault]) as (_fake, wire):
        go_to(wire, "auth[1]")
        assert wire.reply() == f"{code} 4.7.0 no\r\n".encode()
        assert wire.say(MAIL[0]).startswith(b"530")


# The body


def test_a_fault_in_the_body_acts_at_its_octet_however_the_body_comes(
    connected: Connected, facts: Facts
) -> None:
    for pieces in ([b"1234567890\r\n.\r\n"], [b"1234", b"5678", b"90\r\n.\r\n"]):
        with connected(**WORDS, faults=[{"at": "body[7]", "do": "close"}]) as (fake, wire):
            go_to(wire, "data")
            wire.reply()
            wire.send(*pieces)
            assert wire.rest() == b""
        assert facts(fake, Body) == [Body(data=b"1234567", secure=False, complete=False)]
        assert [fact.moment for fact in facts(fake, FaultActed)] == ["body[7]"]
        assert not fake.messages


def test_a_body_without_an_octet_means_its_first(connected: Connected, facts: Facts) -> None:
    with connected(**WORDS, faults=[{"at": "body", "do": "reset"}]) as (fake, wire):
        go_to(wire, "data")
        wire.reply()
        wire.send(b"x")
        with pytest.raises(ConnectionResetError):
            wire.rest()
    assert [fact.moment for fact in facts(fake, FaultActed)] == ["body[1]"]


def test_a_body_goes_on_after_a_fault_that_leaves_the_connection(connected: Connected) -> None:
    faults = [
        {"at": "body[3]", "do": "reply", "code": 451, "text": "early"},
        {"at": "body[6]", "do": "late", "wait": "1ms"},
        {"at": "body[999]", "do": "close"},
    ]
    with connected(**WORDS, faults=faults) as (fake, wire):
        go_to(wire, "data")
        wire.reply()
        wire.send(b"1234567890\r\n.\r\n")
        assert wire.reply() == b"451 early\r\n"
        assert wire.reply().startswith(b"250")
    assert fake.messages[0].wire == b"1234567890\r\n"


def test_times_of_a_fault_in_the_body_count_bodies(connected: Connected, facts: Facts) -> None:
    fault = {"at": "body[2]", "do": "reply", "code": 451, "times": 1}
    with connected(**WORDS, faults=[fault]) as (fake, wire):
        wire.reply()
        wire.say("EHLO me.example")
        assert wire.deliver(b"one\r\n") == b"451\r\n"
        assert wire.reply().startswith(b"250")
        assert wire.deliver(b"two\r\n").startswith(b"250")
    assert len(facts(fake, FaultActed)) == 1
    assert len(fake.messages) == 2


def test_an_idle_server_can_hang_up_after_a_message(connected: Connected, facts: Facts) -> None:
    fault = {"at": "idle", "do": "reply", "code": 421, "text": "4.4.2 idle", "close": True}
    with connected(**WORDS, faults=[fault]) as (fake, wire):
        wire.reply()
        wire.say("EHLO me.example")
        assert wire.deliver(b"x\r\n").startswith(b"250")
        assert wire.rest() == b"421 4.4.2 idle\r\n"
    assert len(fake.messages) == 1


# Last words


@pytest.mark.parametrize("at", ["greeting", "ehlo", "mail", "rcpt", "data", "end-of-data"])
def test_last_words_survive_what_the_sender_was_about_to_say(
    connected: Connected, facts: Facts, at: str
) -> None:
    fault = {"at": at, "do": "reply", "code": 554, "text": "5.7.1 not from here", "close": True}
    with connected(**WORDS, faults=[fault]) as (fake, wire):
        go_to(wire, at)
        for _ in range(3):  # unread octets would make the kernel send RST instead of FIN
            wire.send(b"x" * 10_000)
            assert wire.line() in {b"554 5.7.1 not from here\r\n", b""}
        wire.send(b"QUIT\r\n")
        assert wire.rest() == b""
    assert facts(fake, Closed) == [Closed(by="fake", how="fin")]
    assert b"QUIT\r\n" in b"".join(fact.data for fact in facts(fake, Unread))
    assert b"QUIT" not in {fact.line for fact in facts(fake, Command)}
