"""Octets to requests and responses to octets, by httptools."""

from __future__ import annotations

from http import HTTPStatus

import httptools

from .exchange import Headers, Request, Response

_MOST_HEADERS = 200
_NO_BODY = frozenset([204, 304])
_PHRASES = {int(status): status.phrase for status in HTTPStatus}


class BadRequest(Exception):  # noqa: N818 - it is what the peer sent, not an error of ours
    """What came in is no HTTP, or is larger than the limit; `status` is the answer to it."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class RequestParser:
    """Feeds on octets and gives whole requests. `limit`: octets that a body may have.

    `keeps_alive`: whether the last request lets the connection stay open.
    """

    def __init__(self, *, limit: int) -> None:
        self._limit = limit
        self._parser = httptools.HttpRequestParser(self)
        self._complete: list[Request] = []
        self.keeps_alive = True
        self._reset()

    def _reset(self) -> None:
        self._target = bytearray()
        self._headers: list[tuple[str, str]] = []
        self._body = bytearray()
        self.expects_continue = False

    def feed(self, data: bytes) -> list[Request]:
        """The requests that are complete now.

        Raises:
            BadRequest: this is no HTTP/1, or too much of it.
        """
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            raise BadRequest(400, "no upgrades here") from None
        except httptools.HttpParserError as error:
            cause = error.__context__
            if isinstance(cause, BadRequest):
                raise cause from None
            raise BadRequest(400, str(error)) from None
        complete, self._complete = self._complete, []
        return complete

    # What httptools calls.

    def on_url(self, url: bytes) -> None:
        """Take a part of the target."""
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take one header."""
        if len(self._headers) >= _MOST_HEADERS:
            raise BadRequest(431, "too many headers")
        self._headers.append((name.decode("latin-1"), value.decode("latin-1")))
        if name.lower() == b"expect" and value.lower() == b"100-continue":
            self.expects_continue = True

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        if len(self._body) + len(body) > self._limit:
            raise BadRequest(413, "the body is too large")
        self._body += body

    def on_message_complete(self) -> None:
        """Finish a request."""
        # It is known only now: behind this call the parser is at the next request.
        self.keeps_alive = bool(self._parser.should_keep_alive())
        self._complete.append(
            Request(
                method=self._parser.get_method().decode("latin-1"),
                target=self._target.decode("latin-1"),
                headers=tuple(self._headers),
                body=bytes(self._body),
            )
        )
        self._reset()


def serialised(response: Response, *, method: str = "POST", close: bool = False) -> bytes:
    """A response as octets. Content-Length is added; HEAD gets no body."""
    headers: Headers = response.headers
    if response.status not in _NO_BODY and response.header("content-length") is None:
        headers = (*headers, ("Content-Length", str(len(response.body))))
    if close:
        headers = (*headers, ("Connection", "close"))
    head = "".join([f"{name}: {value}\r\n" for name, value in headers])
    body = b"" if method == "HEAD" or response.status in _NO_BODY else response.body
    phrase = _PHRASES.get(response.status, "Unknown")
    return f"HTTP/1.1 {response.status} {phrase}\r\n{head}\r\n".encode("latin-1") + body
