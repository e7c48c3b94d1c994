"""Which extensions are offered, and that what is not offered is not taken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest

pytestmark = pytest.mark.wire

Connected = Callable[..., AbstractContextManager[tuple[Any, Any]]]


@pytest.fixture
def introduced(connected: Connected) -> Callable[..., AbstractContextManager[tuple[bytes, Any]]]:
    """The reply to EHLO in clear, and the session behind it."""

    @contextmanager
    def begin(**words: Any) -> Iterator[tuple[bytes, Any]]:
        with connected(security="none", auth={"offer": "never"}, **words) as (_, wire):
            wire.reply()
            yield wire.say("EHLO me.example"), wire

    return begin


@pytest.mark.parametrize(("words", "line"), [("", b"SIZE"), ("0", b"SIZE 0"), ("x", b"SIZE x")])
def test_what_stands_behind_size_is_what_the_state_says(
    introduced: Any, words: str, line: bytes
) -> None:
    with introduced(size_words=words) as (listed, wire):
        assert b"250-" + line + b"\r\n" in listed
        assert wire.say("MAIL FROM:<a@one.example> SIZE=500").startswith(b"250")


def test_body_is_refused_where_8bitmime_is_not_offered(introduced: Any) -> None:
    with introduced(eightbitmime=False) as (listed, wire):
        assert b"8BITMIME" not in listed
        assert wire.say("MAIL FROM:<a@one.example> BODY=8BITMIME").startswith(b"555")
        assert wire.say("MAIL FROM:<a@one.example>").startswith(b"250")


def test_the_parameters_of_offered_extensions_are_taken(introduced: Any) -> None:
    with introduced(extensions=["DSN", "REQUIRETLS", "MT-PRIORITY"]) as (listed, wire):
        assert all(word in listed for word in (b"DSN", b"REQUIRETLS", b"MT-PRIORITY"))
        mail = "MAIL FROM:<a@one.example> RET=HDRS REQUIRETLS MT-PRIORITY=3"
        assert wire.say(mail).startswith(b"250")
        assert wire.say("RCPT TO:<b@two.example> NOTIFY=NEVER").startswith(b"250")


def test_the_parameters_of_others_are_refused(introduced: Any) -> None:
    with introduced() as (_, wire):
        assert wire.say("MAIL FROM:<a@one.example> RET=HDRS").startswith(b"555")
