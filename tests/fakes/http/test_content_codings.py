"""The body of a request without its content codings."""

from __future__ import annotations

import gzip

import pytest

from harness.fakes.http.content_coding import ContentCodingError, plain_body
from harness.fakes.http.exchange import Request


def request(body: bytes, *codings: str) -> Request:
    headers = tuple(("Content-Encoding", coding) for coding in codings)
    return Request(method="POST", target="/", headers=headers, body=body)


def zipped(octets: bytes) -> bytes:
    """Without the time, by which one run would differ from another."""
    return gzip.compress(octets, mtime=0)


ZIPPED = zipped(b"words")


@pytest.mark.parametrize(
    ("body", "codings"),
    [
        (b"words", ()),
        (b"words", ("identity",)),
        (b"words", ("",)),
        (ZIPPED, ("gzip",)),
        (ZIPPED, ("X-GZIP",)),
        (ZIPPED, ("identity, gzip",)),
        (zipped(ZIPPED), ("gzip, gzip",)),
        (zipped(ZIPPED), ("gzip", "gzip")),
        (zipped(b"wo") + zipped(b"rds"), ("gzip",)),
    ],
)
def test_a_body_is_freed_of_the_codings_that_it_names(
    body: bytes, codings: tuple[str, ...]
) -> None:
    assert plain_body(request(body, *codings), most=100) == b"words"


@pytest.mark.parametrize(
    ("body", "coding"),
    [
        (b"words", "gzip"),
        (b"", "gzip"),
        (ZIPPED[:-1], "gzip"),
        (ZIPPED + b"more", "gzip"),
        (zipped(b"") * 101, "gzip"),
        (b"words", "br"),
        (ZIPPED, "gzip, br"),
    ],
)
def test_a_body_that_is_not_what_it_says_is_told(body: bytes, coding: str) -> None:
    with pytest.raises(ContentCodingError):
        plain_body(request(body, coding), most=100)


def test_a_small_body_cannot_become_a_vast_one() -> None:
    vast = zipped(bytes(1_000_000))
    assert len(plain_body(request(vast, "gzip"), most=1000)) == 1001
