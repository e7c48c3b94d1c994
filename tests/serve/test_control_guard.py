"""Who is let into the control API, and what of hostile requests becomes of it."""

from __future__ import annotations

import json
import socket
from typing import Any

import pytest

from .conftest import PATIENCE, TOKEN, Served

pytestmark = pytest.mark.wire


@pytest.mark.parametrize(
    ("headers", "token", "told"),
    [
        ({}, None, "the token is missing"),
        ({}, "another-token-of-some", "the token is wrong"),
        ({"Authorization": f"Basic {TOKEN}"}, None, "the token is wrong"),
        ({"Authorization": TOKEN}, None, "the token is missing"),
    ],
)
def test_nobody_gets_in_without_the_token(
    fresh: Served, headers: dict[str, str], token: str | None, told: str
) -> None:
    fresh.send()
    for method, path in (("GET", "/v1"), ("DELETE", "/v1/messages"), ("GET", "/nowhere")):
        answer = fresh.ask(method, path, token=token, headers=headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert told in answer.json()["error"]["message"]
    assert fresh.told("GET", "/v1/messages")["total"] == 1


@pytest.mark.parametrize("host", ["evil.test", "localhost.evil.test", "127.0.0.1.evil.test:80", ""])
def test_a_name_that_was_led_here_is_turned_away_even_with_the_token(
    served: Served, host: str
) -> None:
    answer = served.ask("GET", "/v1/messages", headers={"Host": host})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "host")


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1234", "127.0.0.1", "[::1]:80"])
def test_this_machines_own_names_are_let_in(served: Served, host: str) -> None:
    assert served.ask("GET", "/v1", headers={"Host": host}).status_code == 200


def test_no_page_of_another_origin_is_let_read(served: Served) -> None:
    asked = {"Origin": "http://evil.test", "Access-Control-Request-Method": "GET"}
    assert served.ask("OPTIONS", "/v1", headers=asked).status_code == 405
    answer = served.ask("GET", "/v1", headers=asked)
    assert not [name for name in answer.headers if name.startswith("access-control")]
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("content", "kind", "status", "told"),
    [
        (b"{", "application/json", 400, "this is no JSON"),
        (b"", "application/json", 400, "this is no JSON"),
        (b'{"a": NaN}', "application/json", 400, "NaN is no number"),
        (b"\xff", "application/json", 400, "this is no JSON"),
        (b"[" * 100_000, "application/json", 400, "this JSON is nested too deep"),
        (b"[1]", "application/json", 400, "a mapping is due"),
        (b"{}", "text/plain", 415, "Content-Type has to be application/json"),
        (b" " * (1024 * 1024 + 1), "application/json", 413, "the body is too large"),
    ],
)
def test_what_is_no_words_changes_nothing(
    fresh: Served, content: bytes, kind: str, status: int, told: str
) -> None:
    before = fresh.told("GET", "/v1/fakes/smtp")
    answer = fresh.ask("PATCH", "/v1/fakes/smtp", content=content, headers={"Content-Type": kind})
    assert answer.status_code == status
    assert told in answer.json()["error"]["message"]
    assert fresh.told("GET", "/v1/fakes/smtp") == before


def test_what_is_no_http_is_answered_and_hung_up_on(served: Served) -> None:
    assert _raw(served, b"EHLO there\r\n\r\n").startswith(b"HTTP/1.1 400 ")
    assert _raw(served, b"GET /" + b"x" * 70_000).startswith(b"HTTP/1.1 414 ")


def test_requests_that_come_at_once_are_answered_one_after_the_other(served: Served) -> None:
    head = f"Host: localhost\r\nAuthorization: Bearer {TOKEN}\r\n"
    first = f"GET /v1 HTTP/1.1\r\n{head}\r\n"
    last = f"GET /v1/fakes/smtp HTTP/1.1\r\n{head}Connection: close\r\n\r\n"
    answers = _raw(served, (first * 3 + last).encode())
    assert answers.count(b"HTTP/1.1 200 ") == 4
    assert json.loads(answers.rpartition(b"\r\n\r\n")[2])["name"] == "smtp"


def test_whoever_says_at_once_that_nothing_follows_is_answered(served: Served) -> None:
    request = f"GET /v1 HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n\r\n"
    assert _raw(served, request.encode(), is_all=True).startswith(b"HTTP/1.1 200 ")


def test_a_name_in_a_path_is_no_path(served: Served) -> None:
    answer = served.ask("GET", "/v1/fakes/..%2F..%2Fetc%2Fpasswd")
    assert answer.status_code == 404


def _raw(served: Served, octets: bytes, *, is_all: bool = False) -> bytes:
    """What comes back for some octets, until the other side hangs up.

    `is_all`: it is told that nothing follows.
    """
    address: Any = served.ready["control"]["url"].removeprefix("http://").partition("/")[0]
    host, _, port = address.partition(":")
    with socket.create_connection((host, int(port)), timeout=PATIENCE) as client:
        client.sendall(octets)
        if is_all:
            client.shutdown(socket.SHUT_WR)
        found = b""
        while data := client.recv(65536):
            found += data
    return found
