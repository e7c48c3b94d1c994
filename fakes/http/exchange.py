"""Requests and responses as values."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote

from ..marks import Mark

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request as it came in. `target` is path and query as sent; header names keep their case.

    Where a header comes twice, both are in `headers`, and `header` gives the first. `secure`: it
    came inside TLS.
    """

    method: str
    target: str
    headers: Headers
    body: bytes = b""
    secure: bool = True

    @property
    def head(self) -> bytes:
        """The request line and the headers as octets."""
        lines = [f"{self.method} {self.target} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace")

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
    def origin(self) -> str | None:
        """The scheme and authority that it was sent to; None where it names none."""
        scheme, separator, rest = self.target.partition("://")
        if separator and scheme.isalpha():
            return f"{scheme.lower()}://{re.split('[/?#]', rest, maxsplit=1)[0]}"
        host = self.header("host")
        return f"{'https' if self.secure else 'http'}://{host}" if host else None

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
    wanted, length = name.lower(), len(name)
    for key, value in headers:
        # A name of another length is not it, and need not be put in lower case.
        if len(key) == length and key.lower() == wanted:
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

    def with_headers(self, headers: Headers) -> Response:
        """The same response with these headers in place of its own."""
        # Not `replace`, which looks at each field: every response gets a Date in this way.
        return Response(
            status=self.status,
            body=self.body,
            headers=headers,
            mark=self.mark,
            source=self.source,
            case=self.case,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A response, and what was taken with the request that it answers.

    `messages` are the indexes of what was captured; `refused` are the recipients who were turned
    down, each with the words for it, though the request as a whole was taken.
    """

    response: Response
    messages: tuple[int, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()
