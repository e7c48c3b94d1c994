"""Requests on one connection: each gets its answer in its turn, whoever has to wait for what."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from harness.fakes import SendGrid
from harness.fakes.api_fake import ApiFake
from harness.fakes.http.facts import HttpRequested, HttpResponded
from harness.fakes.transcript import Broke

pytestmark = pytest.mark.wire

# A fault that never acts makes the fake look for one before each answer.
NEVER = [{"at": "request[99]", "do": "close"}]
WAYS = pytest.mark.parametrize("faults", [[], NEVER], ids=["no faults", "faults"])


def get(path: str, *, close: bool = False) -> bytes:
    """A request that any fake refuses: it has no key."""
    end = "Connection: close\r\n" if close else ""
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{end}\r\n".encode()


def conversed(fake: ApiFake[Any], *segments: bytes) -> bytes:
    """Send each segment when the last one has been answered; all that came until the end."""
    came = b""
    with socket.create_connection(("127.0.0.1", fake.port), 5) as talk:
        for segment in segments:
            talk.sendall(segment)
            came += talk.recv(65536)
        while more := talk.recv(65536):
            came += more
    return came


@WAYS
def test_requests_in_one_segment_are_answered_in_order(faults: list[Any]) -> None:
    segment = get("/a") + get("/b") + get("/c", close=True)
    with SendGrid(secure=False, faults=faults).running() as fake:
        came = conversed(fake, segment)
        facts = [
            fact for kind in (HttpRequested, HttpResponded) for _, fact in fake.transcript.of(kind)
        ]
    assert came.count(b"HTTP/1.1 401") == 3
    assert came.count(b"Connection: close") == 1
    assert [request.target for request in fake.requests] == ["/a", "/b", "/c"]
    assert len(facts) == 6


@WAYS
def test_the_connection_ends_after_the_last_answer(faults: list[Any]) -> None:
    with SendGrid(secure=False, faults=faults).running() as fake:
        came = conversed(fake, get("/a"), get("/b", close=True))
    first, second = came.split(b"HTTP/1.1 401")[1:]
    assert b"Connection: close" not in first
    assert b"Connection: close" in second


@WAYS
def test_a_bug_in_the_rules_ends_the_connection_and_is_recorded(
    faults: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with SendGrid(secure=False, faults=faults).running() as fake:

        def broken(*_: Any, **__: Any) -> Any:
            raise LookupError("a bug")

        monkeypatch.setattr(type(fake.provider), "answer", broken)
        with socket.create_connection(("127.0.0.1", fake.port), 5) as talk:
            talk.sendall(get("/"))
            assert talk.recv(100) == b""
        assert [fact.error for _, fact in fake.transcript.of(Broke)] == ["LookupError: a bug"]
        assert len(list(fake.transcript.of(HttpRequested))) == 1


def test_a_fault_waits_while_the_next_request_is_there() -> None:
    faults = [{"at": "request[1]", "do": "late", "wait": "0.2x"}]
    with SendGrid(secure=False, faults=faults).running() as fake:
        came = conversed(fake, get("/a") + get("/b", close=True))
    assert came.count(b"HTTP/1.1 401") == 2
    assert [request.target for request in fake.requests] == ["/a", "/b"]


@WAYS
def test_junk_behind_a_request_is_refused_after_that_has_its_answer(faults: list[Any]) -> None:
    with SendGrid(secure=False, faults=faults).running() as fake:
        came = conversed(fake, get("/a") + b"no request at all\r\n\r\n")
        answers = [fact.response.status for _, fact in fake.transcript.of(HttpResponded)]
    assert answers == [401, 400]
    assert came.index(b"HTTP/1.1 401") < came.index(b"HTTP/1.1 400")
    assert [request.target for request in fake.requests] == ["/a"]
