"""Requests and responses as values."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import parse_qsl, unquote

Headers = tuple[tuple[str, str], ...]


class Mark(StrEnum):
    """How well it is known that a vendor answers so."""

    DOCUMENTED = "documented"
    SEEN = "seen"
    MEASURED = "measured"
    INFERRED = "inferred"
    SYNTHETIC = "synthetic"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request as it came in. `target` is path and query as sent; header names keep their case.

    Where a header comes twice, both are in `headers`, and `header` gives the first.
    """

    method: str
    target: str
    headers: Headers
    body: bytes = b""

    @property
    def path(self) -> str:
        """The path, percent-decoded, without the query."""
        return unquote(_origin_form(self.target).partition("?")[0])

    @property
    def query(self) -> Mapping[str, str]:
        """The query's fields; the last wins."""
        return dict(parse_qsl(self.target.partition("?")[2], keep_blank_values=True))

    def header(self, name: str) -> str | None:
        """The first header of that name, in any case."""
        return _first(self.headers, name)

    @property
    def host(self) -> str:
        """The Host header without its port, in lower case."""
        return (self.header("host") or "").rpartition("@")[2].split(":")[0].lower()

    @property
    def content_type(self) -> str:
        """The media type without parameters, in lower case."""
        return (self.header("content-type") or "").split(";")[0].strip().lower()

    def basic_credentials(self) -> tuple[str, str] | None:
        """User name and password of a Basic Authorization; None where there is none."""
        scheme, _, encoded = (self.header("authorization") or "").partition(" ")
        if scheme.lower() != "basic":
            return None
        try:
            decoded = b64decode(encoded.strip(), validate=True).decode("utf-8")
        except ValueError:
            return None
        username, colon, password = decoded.partition(":")
        return (username, password) if colon else None


def _first(headers: Headers, name: str) -> str | None:
    wanted = name.lower()
    for key, value in headers:
        if key.lower() == wanted:
            return value
    return None


def _origin_form(target: str) -> str:
    """A target without scheme and authority, which proxies are sent. No parser: it cannot fail."""
    scheme, separator, rest = target.partition("://")
    if not separator or not scheme.isalpha():
        return target
    return "/" + rest.partition("/")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """One response. `mark` and `source` say how well it is known that the vendor answers so.

    They go into the record, never into the bytes. `case` is the name of the refusal, or `accepted`.
    Content-Length is added where the response is written.
    """

    status: int
    body: bytes = b""
    headers: Headers = ()
    mark: Mark
    source: str
    case: str = "accepted"

    def header(self, name: str) -> str | None:
        """The first header of that name, in any case."""
        return _first(self.headers, name)
