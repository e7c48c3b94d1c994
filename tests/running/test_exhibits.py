"""Handshakes and messages as people are shown them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from harness.checks.record import Record
from harness.conversation import conversation
from harness.conversation_lines import ConversationLine, Speaker, read_line
from harness.execution import RunOrder, execute, unheard
from harness.exhibits import handshakes, taken_messages
from harness.fakes.message import CapturedMessage
from harness.fakes.smtp.facts import Command
from harness.fakes.transcript import (
    ClientHelloSeen,
    Event,
    Fact,
    MessageCaptured,
    Sent,
    TlsEstablished,
    TlsFailed,
)
from harness.model import CaseResult, SeenHandshake
from harness.reference.sender import handle as right
from harness.scenario.library import load_library
from harness.secrets import Secrets
from harness.senders.in_process import InProcessSender

SECRETS = Secrets({"password": "correct horse battery"})
HELLO = ClientHelloSeen(server_name="mx.test", versions=("TLSv1.3", "TLSv1.2"), implicit=False)


def recorded(*facts: tuple[int, Fact]) -> Record:
    events = tuple(
        Event(number=number, at=0.25 * number, connection=connection, fact=fact)
        for number, (connection, fact) in enumerate(facts, start=1)
    )
    return Record(
        events=events, asked=(), secrets=SECRETS, main="smtp", host="mx.test", in_clear=False
    )


def captured(content: bytes, index: int = 0) -> MessageCaptured:
    message = CapturedMessage(
        wire=content,
        mail_from="a@x.test",
        rcpt_tos=("b@x.test",),
        username=None,
        secure=True,
        connection=1,
    )
    return MessageCaptured(index=index, message=message)


def test_a_handshake_tells_what_was_offered_agreed_and_presented() -> None:
    end = TlsEstablished(version="TLSv1.3", cipher="AES", certificate="expired")
    [seen] = handshakes(recorded((1, HELLO), (1, end)))
    assert seen == SeenHandshake(
        event=2,
        connection=1,
        server_name="mx.test",
        offered=("TLSv1.3", "TLSv1.2"),
        version="TLSv1.3",
        cipher="AES",
        certificate="expired",
        about=seen.about,
        has_to_be_refused=True,
    )
    assert seen.about


def test_a_failed_handshake_tells_why_and_each_connection_has_its_own_hello() -> None:
    other = ClientHelloSeen(server_name=None, versions=("TLSv1.2",), implicit=True)
    failed = TlsFailed(reason="the peer closed", alert="bad_certificate")
    end = TlsEstablished(version="TLSv1.2", cipher="AES", certificate="of my own")
    first, second = handshakes(recorded((1, HELLO), (2, other), (2, end), (1, failed)))
    assert (first.connection, first.server_name, first.about) == (2, None, "")
    assert (second.server_name, second.failure) == ("mx.test", "bad_certificate")


@pytest.mark.parametrize("before", [0, 20, 32 * 1024 - 10, 32 * 1024])
def test_no_part_of_a_secret_is_in_a_message_wherever_it_is_cut(before: int) -> None:
    content = b"x" * before + b"correct horse battery" + b"y" * 100_000
    [message] = taken_messages(recorded((1, captured(content))))
    assert b"corr" not in message.content
    assert b"horse" not in message.content
    assert message.octets == len(content)
    assert len(message.content) <= 32 * 1024


def test_only_the_first_of_many_are_shown() -> None:
    many = [(1, captured(b"x", index)) for index in range(50)]
    assert len(taken_messages(recorded(*many))) == 10


def lines_of(*facts: Fact, connections: Sequence[int] = (1,)) -> list[ConversationLine]:
    pairs = [(connections[number % len(connections)], fact) for number, fact in enumerate(facts)]
    return [read_line(*line) for line in conversation(recorded(*pairs).events, SECRETS)]


def test_a_line_of_a_conversation_can_be_taken_apart() -> None:
    said, heard, remark = lines_of(
        Command(line=b"EHLO S: x", secure=False),
        Sent(data=b"250 ok\r\n", secure=True),
        TlsFailed(reason="why", alert=None),
    )
    assert said == ConversationLine(
        event=1, at=0.25, connection=0, speaker=Speaker.SENDER, secure=False, text="EHLO S: x"
    )
    assert (heard.speaker, heard.secure, heard.text) == (Speaker.SERVER, True, "250 ok")
    assert (remark.speaker, remark.text) == (Speaker.NOBODY, "TLS failed: why")


def test_the_connection_is_told_where_there_are_several() -> None:
    lines = lines_of(*[Command(line=b"NOOP", secure=True)] * 2, connections=(1, 2))
    assert [line.connection for line in lines] == [1, 2]


@pytest.mark.parametrize(
    "octets", [b"9.000s S: 250", b"\r\n  1.0s #7 S*: x", b"-- TLS established"]
)
def test_no_octets_pass_for_another_speaker(octets: bytes) -> None:
    [line] = lines_of(Command(line=octets, secure=False))
    assert (line.speaker, line.secure, line.connection) == (Speaker.SENDER, False, 0)


def test_a_line_of_another_make_is_a_remark() -> None:
    assert read_line(3, "whatever").speaker is Speaker.NOBODY


@pytest.mark.wire
@pytest.mark.parametrize(
    "case", ["modes/starttls", "api/any/accepted[provider=sendgrid]"], ids=["smtp", "api"]
)
def test_a_run_keeps_them(case: str) -> None:
    def handle(request: dict[str, Any]) -> Any:
        return right(request)

    cases = [each for each in load_library().cases if each.id.startswith(case)][:1]
    assert cases
    result = asyncio.run(
        execute(RunOrder(cases=cases), lambda _: InProcessSender("x", handle), unheard)
    )
    [found] = result.cases
    assert isinstance(found, CaseResult)
    assert [seen.failure for seen in found.handshakes] == [None]
    [message] = found.messages
    assert b"Subject:" in message.content
    assert message.secure
