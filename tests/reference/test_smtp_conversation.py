"""The conversation, against a server that speaks from a table."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from harness.protocol import Security
from harness.reference.message import BuiltMessage
from harness.reference.smtp import Delivery

pytestmark = pytest.mark.wire

Play = Callable[..., AbstractContextManager[Any]]
Send = Callable[..., Delivery]
MakeContext = Callable[..., ssl.SSLContext]
MakeMessage = Callable[..., BuiltMessage]

STARTTLS = {"security": Security.STARTTLS}
BARE = {"credentials": False}


def test_a_good_server_takes_the_message_in_the_order_of_the_book(play: Play, send: Send) -> None:
    with play() as seen:
        delivery = send(seen.port)
    assert delivery.final_reply == "250 2.0.0 Ok: queued as 4F2A"
    assert seen.verbs == ["EHLO", "AUTH", "MAIL", "RCPT", "RCPT", "DATA", "QUIT"]
    assert seen.lines[2:5] == [
        "MAIL FROM:<courier@sender.example>",
        "RCPT TO:<a@one.example>",
        "RCPT TO:<b@two.example>",
    ]
    assert b"\r\n\r\nFirst line\r\n..second line\r\n.\r\n" in seen.bodies[0]


def test_starttls_comes_before_anything_that_matters(
    play: Play, send: Send, good_context: MakeContext
) -> None:
    with play(context=good_context("mail.example.com")) as seen:
        send(seen.port, **STARTTLS)
    assert [line.split()[0] for line in seen.in_clear] == ["EHLO", "STARTTLS"]
    assert seen.verbs[2:4] == ["EHLO", "AUTH"]
    assert seen.names == ["mail.example.com"]
