"""Requests and responses as values."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from harness.fakes.http.exchange import Request, Response
from harness.fakes.marks import Mark

RESPONSE = Response(
    status=429,
    body=b"{}",
    headers=(("Content-Type", "application/json"),),
    mark=Mark.SEEN,
    source="a page",
    case="rate-limited",
)


def test_a_response_with_other_headers_is_the_same_in_everything_else() -> None:
    other = RESPONSE.with_headers((("Date", "today"),))

    assert other == replace(RESPONSE, headers=(("Date", "today"),))
    # Each field has another value than it has by default, or the test would not notice its loss.
    assert all(getattr(RESPONSE, each.name) != each.default for each in fields(Response))


@pytest.mark.parametrize("name", ["X-Amz-Date", "x-amz-date", "X-AMZ-DATE"])
def test_a_header_is_found_in_any_case(name: str) -> None:
    request = Request(
        method="GET",
        target="/",
        headers=(("X-Amz-Datum", "no"), ("Date", "no"), (name, "first"), ("x-amz-date", "second")),
    )

    assert request.header("X-Amz-Date") == "first"
    assert request.header("x-amz-target") is None
