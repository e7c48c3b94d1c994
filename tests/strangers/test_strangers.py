"""The reference sender delivers to servers that are not ours, and gives them nothing undue."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.fakes.tls import Authority

from .stranger import OTHER_NAME, UNKNOWN, Stranger

pytestmark = [
    pytest.mark.whole,
    # Inside implicit TLS aiosmtpd cannot tell that it is not in clear.
    pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS"),
]

Send = Callable[..., dict[str, Any]]

# The modes with verification, by the port that has them: 1, 4, and 6 with its other name.
_MODES = [
    pytest.param("starttls", {}, id="mode-1"),
    pytest.param("tls", {}, id="mode-4"),
    pytest.param("renamed", {"server_name": OTHER_NAME}, id="mode-6"),
]


@pytest.mark.parametrize(("port", "words"), _MODES)
def test_a_message_arrives(
    stranger: Stranger, send: Send, port: str, words: dict[str, Any]
) -> None:
    answer = send(port, **words)
    assert answer["status"] == "sent", answer
    arrival = stranger.inbox.next()
    assert arrival.mail_from == "from@sender.test"
    assert arrival.recipients == ("to@recipient.test",)
    assert arrival.message["Subject"] == "A letter"
    assert arrival.message["From"] == "Somebody <from@sender.test>"
    assert arrival.message["Message-ID"] == answer["message_id"]
    assert arrival.message.get_content() == "words\r\n"


def test_the_final_reply_is_the_one_that_can_be_looked_for_in_the_servers_log(
    stranger: Stranger, send: Send
) -> None:
    answer = send("starttls")
    stranger.inbox.next()
    assert answer["final_reply"].startswith("250 2.0.0 Ok: queued as")


def test_letters_dots_and_long_lines_arrive_as_they_were(stranger: Stranger, send: Send) -> None:
    text = "\n".join([".", "..", ".leading", "Grüße, 手紙", "x" * 2000, "end", ""])
    assert send("tls", subject="Über 手紙 " * 20, text=text)["status"] == "sent"
    message = stranger.inbox.next().message
    assert message.get_content().replace("\r\n", "\n") == text
    assert message["Subject"].split() == ["Über", "手紙"] * 20


def test_a_recipient_that_is_refused_is_told_and_the_others_get_it(
    stranger: Stranger, send: Send
) -> None:
    answer = send("starttls", cc=[{"address": UNKNOWN}])
    assert stranger.inbox.next().recipients == ("to@recipient.test",)
    assert answer["status"] == "sent"
    assert [refused["address"] for refused in answer["refused"]] == [UNKNOWN]
    assert answer["refused"][0]["reply_code"] // 100 == 5


@pytest.mark.parametrize(("port", "words"), _MODES)
def test_a_wrong_password_is_an_authentication_failure(
    stranger: Stranger, send: Send, port: str, words: dict[str, Any]
) -> None:
    answer = send(port, password="not this one", **words)
    assert answer["status"] == "failed"
    assert (answer["error"]["phase"], answer["error"]["class"]) == ("auth", "auth-rejected")
    assert answer["error"]["reply_code"] == 535
    assert stranger.inbox.is_empty


@pytest.mark.parametrize(("port", "words"), _MODES)
def test_a_server_of_an_unknown_authority_is_refused(
    stranger: Stranger, send: Send, tmp_path: Path, port: str, words: dict[str, Any]
) -> None:
    another = Authority.create().write(tmp_path).ca_file
    answer = send(port, ca_file=another, **words)
    assert answer["status"] == "failed"
    assert (answer["error"]["phase"], answer["error"]["class"]) == ("tls", "certificate-untrusted")
    assert stranger.inbox.is_empty


@pytest.mark.parametrize(
    ("port", "server_name"), [("renamed", None), ("tls", OTHER_NAME), ("starttls", OTHER_NAME)]
)
def test_a_server_of_another_name_is_refused(
    stranger: Stranger, send: Send, port: str, server_name: str | None
) -> None:
    answer = send(port, server_name=server_name)
    assert answer["status"] == "failed"
    assert answer["error"]["class"] == "certificate-hostname-mismatch"
    assert stranger.inbox.is_empty


def test_a_server_that_demands_tls_gets_nothing_without_it(stranger: Stranger, send: Send) -> None:
    answer = send("starttls", security="none")
    assert answer["status"] == "failed"
    assert answer["error"]["phase"] in {"auth", "mail"}
    assert stranger.inbox.is_empty
