"""An honest session: what is taken, what is refused, and what is kept."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest

from harness.fakes.smtp.facts import Command
from harness.fakes.transcript import Body, Closed, MessageCaptured, Received, Sent, Unread

pytestmark = pytest.mark.wire

Connected = Callable[..., AbstractContextManager[tuple[Any, Any]]]
Facts = Callable[..., list[Any]]

PLAIN = {"security": "none", "auth": {"offer": "never"}}


@pytest.fixture
def session(connected: Connected) -> Connected:
    """A session in clear, greeted and introduced."""

    @contextmanager
    def begin(**words: Any) -> Any:
        with connected(**{**PLAIN, **words}) as (fake, wire):
            assert wire.reply() == b"220 mx.fake.test ESMTP\r\n"
            assert wire.say("EHLO me.example").startswith(b"250-mx.fake.test\r\n")
            yield fake, wire

    return begin


def test_a_message_is_kept_octet_for_octet(session: Connected) -> None:
    body = b"Subject: x\r\n\r\n..stuffed\r\nNUL \0, high \xff, bare CR \r and LF \n in a line\r\n"
    with session() as (fake, wire):
        assert wire.deliver(body) == b"250 2.0.0 Ok: queued as FAKE0000\r\n"
    [message] = fake.messages
    assert message.wire == body
    assert message.content == body.replace(b"\r\n..", b"\r\n.")
    assert message.mail_from == "a@one.example"
    assert message.rcpt_tos == ("b@two.example",)
    assert message.username is None
    assert message.secure is False
    assert message.connection == 1


def test_the_record_of_a_plain_session_is_complete_and_in_order(
    session: Connected, facts: Facts
) -> None:
    with session() as (fake, wire):
        wire.deliver(b"hello\r\n")
        assert wire.say("QUIT") == b"221 Bye\r\n"
        assert wire.rest() == b""
    commands = [fact.line for fact in facts(fake, Command)]
    assert commands == [
        b"EHLO me.example", b"MAIL FROM:<a@one.example>", b"RCPT TO:<b@two.example>", b"DATA",
        b"QUIT",
    ]  # fmt: skip
    assert all(not fact.secure for fact in facts(fake, Command, Received, Sent, Body))
    received = b"".join(fact.data for fact in facts(fake, Received))
    assert received == b"".join(line + b"\r\n" for line in commands)
    assert [fact.data for fact in facts(fake, Body)] == [b"hello\r\n"]
    kinds = [type(event.fact) for event in fake.transcript]
    body = kinds.index(Body)
    assert kinds[body : body + 3] == [Body, MessageCaptured, Sent]
    assert facts(fake, Sent)[0].data == b"220 mx.fake.test ESMTP\r\n"
    assert facts(fake, Sent)[-1].data == b"221 Bye\r\n"
    assert facts(fake, Closed) == [Closed(by="fake", how="fin")]


def test_ehlo_lists_what_the_fake_does_and_nothing_else(session: Connected) -> None:
    with session(size=4096, smtputf8=True, ehlo=("X-OWN one", "XSTARTTLS")) as (_, wire):
        assert wire.say("EHLO again.example") == (
            b"250-mx.fake.test\r\n250-SIZE 4096\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n"
            b"250-X-OWN one\r\n250 XSTARTTLS\r\n"
        )


def test_two_messages_go_through_one_session(session: Connected) -> None:
    with session() as (fake, wire):
        wire.deliver(b"one\r\n")
        assert wire.deliver(b"two\r\n") == b"250 2.0.0 Ok: queued as FAKE0001\r\n"
    assert [message.wire for message in fake.messages] == [b"one\r\n", b"two\r\n"]


def test_rset_and_a_new_ehlo_forget_the_envelope(session: Connected) -> None:
    with session() as (fake, wire):
        for forget in ("RSET", "EHLO me.example"):
            wire.envelope("wrong@two.example")
            assert wire.say(forget).startswith(b"250")
            assert wire.say("RCPT TO:<b@two.example>").startswith(b"503")
        wire.envelope("right@two.example")
        wire.say("DATA")
        assert wire.say("x\r\n.").startswith(b"250")
    assert fake.messages[0].rcpt_tos == ("right@two.example",)


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        (("MAIL FROM:<a@one.example>", "MAIL FROM:<a@one.example>"), b"503"),
        (("RCPT TO:<b@two.example>",), b"503"),
        (("DATA",), b"503"),
        (("MAIL FROM:<a@one.example>", "DATA"), b"503"),
        (("MAIL FROM:<a@one.example>", "RCPT TO:<>"), b"553"),
        (("MAIL FROM:<a@one.example>", "RCPT TO:"), b"501"),
        (("MAIL FROM:<a@one.example>", "RCPT TO:<b@two.example> X=1"), b"555"),
        (("MAIL a@one.example",), b"501"),
        (("MAIL",), b"501"),
        (("MAIL FROM:<a@one.example",), b"553"),
        (("MAIL FROM:<a@one.example> SIZE=nan",), b"501"),
        (("MAIL FROM:<a@one.example> SIZE=33554433",), b"552"),
        (("MAIL FROM:<a@one.example> BODY=9BIT",), b"501"),
        (("MAIL FROM:<a@one.example> SMTPUTF8",), b"501"),
        (("MAIL FROM:<a@one.example> AUTH=<>",), b"555"),
        (("MAIL FROM:<j\u00f6@one.example>",), b"500"),
        (("QUIT now",), b"501"),
        (("RSET now",), b"501"),
        (("DATA now",), b"503"),
        (("EHLO",), b"501"),
        (("HELO",), b"501"),
        (("STARTTLS",), b"500"),
        (("AUTH PLAIN",), b"500"),
        (("BDAT 1 LAST",), b"500"),
        (("VRFY b",), b"252"),
        (("EXPN b",), b"502"),
        (("HELP",), b"214"),
        (("NOOP anything",), b"250"),
        (("",), b"500"),
        (("\u00e9HLO",), b"500"),
    ],
)
def test_what_is_out_of_turn_or_malformed_is_refused(
    session: Connected, lines: tuple[str, ...], code: bytes
) -> None:
    with session() as (fake, wire):
        for line in lines[:-1]:
            assert wire.say(line).startswith(b"250")
        assert wire.say(lines[-1])[:3] == code
        assert wire.say("NOOP").startswith(b"250"), "the session goes on"
    assert not fake.messages


@pytest.mark.parametrize(
    ("path", "mailbox"),
    [
        ("<a@one.example>", "a@one.example"),
        (" <a@one.example> ", "a@one.example"),
        ("a@one.example", "a@one.example"),
        ("<>", ""),
        ('<"a b"@one.example>', '"a b"@one.example'),
        ('<"a>b"@one.example>', '"a>b"@one.example'),
        ("<@relay.example:a@one.example>", "a@one.example"),
        ("<a@[127.0.0.1]>", "a@[127.0.0.1]"),
        ("<postmaster>", "postmaster"),
        ("<a@one.example> SIZE=5 BODY=8BITMIME", "a@one.example"),
    ],
)
def test_envelope_senders_are_kept_as_sent(session: Connected, path: str, mailbox: str) -> None:
    with session() as (fake, wire):
        assert wire.say(f"MAIL FROM:{path}").startswith(b"250")
        assert wire.say("RCPT TO:<b@two.example>").startswith(b"250")
        wire.say("DATA")
        wire.say(".")
    assert fake.messages[0].mail_from == mailbox


def test_addresses_beyond_ascii_need_smtputf8(session: Connected) -> None:
    with session(smtputf8=True) as (fake, wire):
        assert wire.say("MAIL FROM:<j\u00f6@one.example> SMTPUTF8").startswith(b"250")
        assert wire.say("RCPT TO:<\u00fc@two.example>").startswith(b"250")
        assert wire.say(b"RCPT TO:<\xff@two.example>").startswith(b"553")
        wire.say("DATA")
        assert wire.say(".").startswith(b"250")
    assert fake.messages[0].mail_from == "j\u00f6@one.example"
    assert fake.messages[0].rcpt_tos == ("\u00fc@two.example",)


def test_a_parameter_of_mail_that_only_looks_like_digits_is_refused(session: Connected) -> None:
    with session(smtputf8=True) as (_, wire):
        assert wire.say("MAIL FROM:<a@one.example> SIZE=\u00b2").startswith(b"501")


def test_helo_gives_no_extensions(session: Connected) -> None:
    with session() as (fake, wire):
        assert wire.say("HELO old.example") == b"250 mx.fake.test\r\n"
        assert wire.say("MAIL FROM:<a@one.example> SIZE=5").startswith(b"501")
        assert wire.deliver(b"x\r\n").startswith(b"250")
    assert len(fake.messages) == 1


def test_mail_needs_a_hello(connected: Connected) -> None:
    with connected(**PLAIN) as (_, wire):
        wire.reply()
        assert wire.say("MAIL FROM:<a@one.example>").startswith(b"503")


def test_a_command_of_any_case_and_with_a_bare_lf_is_taken(
    session: Connected, facts: Facts
) -> None:
    with session() as (fake, wire):
        wire.send(b"nOoP\n")
        assert wire.reply().startswith(b"250")
        assert wire.say("mail from:<a@one.example>").startswith(b"250")
    assert facts(fake, Command)[1].line == b"nOoP"
    assert facts(fake, Command)[1].verb == "NOOP"
    assert facts(fake, Received)[1].data == b"nOoP\n"


def test_commands_in_one_segment_are_answered_in_order(session: Connected, facts: Facts) -> None:
    with session() as (fake, wire):
        wire.send(
            b"MAIL FROM:<a@one.example>\r\nRCPT TO:<b@two.example>\r\nDATA\r\n"
            b"body\r\n.\r\nNOOP\r\nQUIT\r\nNOOP\r\n"
        )
        assert [wire.reply()[:3] for _ in range(6)] == [
            b"250", b"250", b"354", b"250", b"250", b"221",
        ]  # fmt: skip
        assert wire.rest() == b""
    assert fake.messages[0].wire == b"body\r\n"
    unread = facts(fake, Unread)
    assert [fact.data for fact in unread] == [b"NOOP\r\n"]
    assert len(facts(fake, Received)) == 2, "the octets are in the record once"


def test_what_follows_a_body_in_its_segment_is_in_the_record(
    session: Connected, facts: Facts
) -> None:
    with session() as (fake, wire):
        wire.envelope()
        wire.say("DATA")
        wire.send(b"body\r\n.\r\nAUTH PLAIN c2VjcmV0\r\n")
        assert wire.reply().startswith(b"250")
        assert wire.reply().startswith(b"500")
    assert facts(fake, Received)[-1].data == b"AUTH PLAIN c2VjcmV0\r\n"
    assert facts(fake, Command)[-1].line == b"AUTH PLAIN c2VjcmV0"


def test_part_of_a_pipelined_body_is_not_recorded_twice(session: Connected, facts: Facts) -> None:
    with session() as (fake, wire):
        wire.envelope()
        wire.send(b"DATA\r\nbo")
        assert wire.reply().startswith(b"354")
        wire.send(b"dy\r\n.\r\nNOOP\r\n")
        assert wire.reply().startswith(b"250")
        assert wire.reply().startswith(b"250")
    data = [fact.data for fact in facts(fake, Received)][-2:]
    assert data == [b"DATA\r\nbo", b"NOOP\r\n"]


@pytest.mark.parametrize("length", [513, 2000, 12_500, 40_000])
def test_a_command_that_is_too_long_is_refused_once_and_the_session_goes_on(
    session: Connected, facts: Facts, length: int
) -> None:
    with session() as (fake, wire):
        assert wire.say("NOOP " + "x" * (length - 5)).startswith(b"500")
        assert wire.say("NOOP").startswith(b"250")
    commands = [fact.line for fact in facts(fake, Command)]
    assert len(commands) == 3
    assert len(commands[1]) == min(length, 12_352)


def test_mail_may_be_longer_than_other_commands(session: Connected) -> None:
    mailbox = "x" * 900 + "@one.example"
    with session() as (fake, wire):
        for _ in range(30):  # with bare aiosmtpd the limit grows with each EHLO
            wire.say("EHLO me.example")
        wire.envelope(sender=mailbox)
        assert wire.say("RSET").startswith(b"250")
        assert wire.say(f"MAIL FROM:<{'x' * 1100}@one.example>").startswith(b"500")
    assert not fake.messages


def test_words_from_the_sender_cannot_forge_a_reply(session: Connected) -> None:
    with session() as (_, wire):
        reply = wire.say(b"FOO\r250 BAR\x00\x1b")
        assert reply.startswith(b"500 ")
        assert reply.count(b"\r") == 1
        assert b"\x1b" not in reply
        assert b"\x00" not in reply


def test_too_many_unknown_commands_end_the_session(session: Connected, facts: Facts) -> None:
    with session() as (fake, wire):
        replies = [wire.say("WHAT") for _ in range(5)]
        assert [reply[:3] for reply in replies] == [b"500"] * 4 + [b"502"]
        assert wire.rest() == b""
    assert facts(fake, Closed) == [Closed(by="fake", how="fin")]


def test_a_sender_that_leaves_in_the_middle_of_a_line_is_recorded(
    session: Connected, facts: Facts, settled: Callable[[Any], None]
) -> None:
    with session() as (fake, wire):
        wire.send(b"MAIL FR")
        wire.close()
        settled(fake)
    [unread] = facts(fake, Unread)
    assert unread.data == b"MAIL FR"
    assert facts(fake, Closed) == [Closed(by="sender", how="fin")]


def test_a_sender_that_leaves_in_the_middle_of_a_body_is_recorded(
    session: Connected, facts: Facts, settled: Callable[[Any], None]
) -> None:
    with session() as (fake, wire):
        wire.envelope()
        wire.say("DATA")
        wire.send(b"half a mess")
        wire.close()
        settled(fake)
    assert facts(fake, Body) == [Body(data=b"half a mess", secure=False, complete=False)]
    assert not fake.messages
