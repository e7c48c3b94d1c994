"""Requests out of octets: whole ones, unfinished ones, and what spoils neither."""

from __future__ import annotations

import pytest

from harness.fakes.http.parser import BadRequest, RequestParser, read_response, status_of

GOOD = b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"


def parser() -> RequestParser:
    return RequestParser(limit=1_000_000)


@pytest.mark.parametrize("junk", [b"\x00\xff\x00\r\n\r\n", b"no request at all\r\n\r\n"])
def test_junk_behind_a_request_does_not_spoil_it(junk: bytes) -> None:
    reader = parser()
    with pytest.raises(BadRequest):
        reader.feed(GOOD + junk)
    assert [request.body for request in reader.take_complete()] == [b"hello"]


@pytest.mark.parametrize("cut", range(1, len(GOOD)))
def test_a_request_in_two_pieces_is_one(cut: int) -> None:
    reader = parser()
    assert reader.feed(GOOD[:cut]) == []
    head, body = reader.unfinished
    assert (head + body) == GOOD[:cut]
    [request] = reader.feed(GOOD[cut:] + GOOD[:7])
    assert (request.target, request.body) == ("/a", b"hello")
    assert reader.unfinished == (GOOD[:7], b"")


def test_an_offer_to_upgrade_is_passed_over() -> None:
    offer = b"Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMA\r\n"
    request = GOOD.replace(b"Host: x\r\n", b"Host: x\r\n" + offer)
    reader = parser()
    assert [each.body for each in reader.feed(request)] == [b"hello"]
    assert [each.body for each in reader.feed(request + GOOD)] == [b"hello", b"hello"]
    bare = request.replace(b"Content-Length: 5\r\n", b"").removesuffix(b"hello")
    assert [each.body for each in reader.feed(bare)] == [b""]


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET / HTTP/1.1\r\nX: " + b"a" * 16_000_000 + b"\r\n\r\n", 431),
        (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 300 + b"\r\n", 431),
        (b"POST / HTTP/1.1\r\nContent-Length: 2000000\r\n\r\n" + b"a" * 2_000_000, 413),
        (b"hello\r\n\r\n", 400),
    ],
)
def test_what_is_too_much_is_refused_with_its_status(request_: bytes, status: int) -> None:
    reader = parser()

    def feed() -> None:
        for start in range(0, len(request_), 65_536):
            reader.feed(request_[start : start + 65_536])

    with pytest.raises(BadRequest) as refused:
        feed()
    assert refused.value.status == status


def test_chunks_are_one_body() -> None:
    chunked = (
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    )
    reader = parser()
    assert [each.body for each in reader.feed(chunked + GOOD)] == [b"abcde", b"hello"]


@pytest.mark.parametrize(
    ("octets", "status"),
    [
        (b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n", 202),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}junk", 200),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 500 no\r\nContent-Length: 0\r\n\r\n", 500),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{", None),
        (b"HTTP/1.1 200 OK\r\nContent-Le", None),
        (b"250 2.0.0 Ok\r\n\r\n", None),
        (b"", None),
    ],
)
def test_a_response_has_a_status_when_it_is_whole(octets: bytes, status: int | None) -> None:
    assert status_of(octets) == status


def test_a_response_to_head_ends_with_its_head() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"
    assert status_of(head, method="HEAD") == 200
    assert status_of(head) is None
    read = read_response(head + b"12")
    assert read is not None
    assert (read.status, read.whole, read.body) == (200, False, b"12")
    assert read.headers == (("Content-Length", "10"),)


def everything(reader: RequestParser) -> bytes:
    """What is kept of what did not become a request."""
    head, body = reader.unfinished
    return head + body + reader.left


@pytest.mark.parametrize(
    "octets",
    [
        b"\0\r\n\r\nand what comes behind it\r\n\r\nfor as long as it likes",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nno chunk\r\n",
        b"a: b\r\n\r\n" + GOOD,
    ],
)
def test_no_octet_behind_what_is_no_http_is_lost(octets: bytes) -> None:
    reader = parser()
    with pytest.raises(BadRequest):
        reader.feed(octets)
    assert everything(reader) == octets


def test_a_request_behind_a_chunked_one_in_the_same_segment_is_one() -> None:
    chunked = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\na\nb\r\n0\r\n\r\n"
    reader = parser()
    assert [each.body for each in reader.feed(chunked + GOOD[:20])] == [b"a\nb"]
    assert everything(reader) == GOOD[:20]
    assert [each.body for each in reader.feed(GOOD[20:])] == [b"hello"]
    with pytest.raises(BadRequest):
        reader.feed(chunked + b"\0\r\n\r\n")
    assert [each.body for each in reader.take_complete()] == [b"a\nb"]
    assert everything(reader) == b"\0\r\n\r\n"
