"""Octets to requests and responses and back, by httptools."""

from __future__ import annotations

import re
from dataclasses import dataclass
from http import HTTPStatus

import httptools

from .exchange import Headers, Request, Response

_MOST_HEADERS = 200
# A header value costs httptools the square of its length; no client of an API comes near this.
_LONGEST_HEAD = 64 * 1024
_END_OF_HEAD = b"\r\n\r\n"
# RFC 9110 section 7.8: a server may ignore an offer to upgrade, and clients make it unasked.
_OFFER = re.compile(rb"(?<=\r\n)upgrade(?=:)", re.IGNORECASE)
_UNOFFERED = b"Upgrade-Not-Taken"
_NO_BODY = frozenset([204, 304])
_PHRASES = {int(status): status.phrase for status in HTTPStatus}


class BadRequest(Exception):  # noqa: N818 - it is what the peer sent, not an error of ours
    """What came in is no HTTP, or is larger than the limit; `status` is the answer to it."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class RequestParser:
    """Feeds on octets and gives whole requests. `limit`: octets that a body may have.

    `secure`: whether they come inside TLS.

    `keeps_alive`: whether the last request lets the connection stay open.
    """

    def __init__(self, *, limit: int, secure: bool = True) -> None:
        self._limit = limit
        self._secure = secure
        self._complete: list[Request] = []
        self.keeps_alive = True
        self._left = b""
        self._begin_anew()
        self._reset()

    def _begin_anew(self) -> None:
        self._parser = httptools.HttpRequestParser(self)

    def _reset(self) -> None:
        self._head = bytearray()
        self._in_head = True
        self._missing: int | None = None
        self._target = bytearray()
        self._headers: list[tuple[str, str]] = []
        self._body = bytearray()
        self.expects_continue = False

    @property
    def unfinished(self) -> tuple[bytes, bytes]:
        """What there is of the head and of the body of a request that is not complete."""
        return bytes(self._head), bytes(self._body)

    @property
    def left(self) -> bytes:
        """What came from the place on at which this was no HTTP any more, if that was in a body.

        Where it was in a head, that is in `unfinished`, and this is what came behind it.
        """
        return self._left

    def feed(self, data: bytes) -> list[Request]:
        """The requests that are complete now.

        Each is parsed up to its end and no further, so that what comes behind it cannot spoil it.

        Raises:
            BadRequest: this is no HTTP/1, or too much of it; `take_complete` has what came before.
        """
        while data:
            end = self._end_of_piece(data)
            piece, data = data[:end], data[end:]
            begun, was_in_head = len(self._body), self._in_head
            try:
                if was_in_head:
                    self._take_head(piece)
                self._parse(piece)
            except BadRequest:
                del self._body[begun:]
                self._left = data if was_in_head else piece + data
                raise
        return self.take_complete()

    def take_complete(self) -> list[Request]:
        """The requests that are complete and were not taken yet."""
        complete, self._complete = self._complete, []
        return complete

    def _end_of_piece(self, data: bytes) -> int:
        """Where the head ends in these octets, or the body; their end where neither does.

        In a chunked body it is the end of a line, because with one the body ends.
        """
        if not self._in_head:
            if self._missing is not None:
                return min(self._missing, len(data))
            return data.find(b"\n") + 1 or len(data)
        before = bytes(self._head[1 - len(_END_OF_HEAD) :])
        end = (before + data).find(_END_OF_HEAD)
        return len(data) if end < 0 else end + len(_END_OF_HEAD) - len(before)

    def _take_head(self, piece: bytes) -> None:
        self._head += piece
        if len(self._head) > _LONGEST_HEAD:
            del self._head[_LONGEST_HEAD:]
            if b"\r\n" in self._head:
                raise BadRequest(431, "the headers are too large")
            raise BadRequest(414, "the target is too long")

    def _parse(self, piece: bytes) -> None:
        head, complete = bytes(self._head), len(self._complete)
        try:
            self._parser.feed_data(piece)
        except httptools.HttpParserUpgrade:
            # httptools takes the end of this head for the end of HTTP.
            del self._complete[complete:]
            self._begin_anew()
            self._reset()
            self._head += head
            self._parse(_OFFER.sub(_UNOFFERED, head))
        except httptools.HttpParserError as error:
            cause = error.__context__
            if isinstance(cause, BadRequest):
                raise cause from None
            raise BadRequest(400, str(error)) from None

    # What httptools calls.

    def on_url(self, url: bytes) -> None:
        """Take a part of the target."""
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take one header."""
        if len(self._headers) >= _MOST_HEADERS:
            raise BadRequest(431, "too many headers")
        if name == _UNOFFERED:
            name = b"Upgrade"
        self._headers.append((name.decode("latin-1"), value.decode("latin-1")))
        lowered = name.lower()
        if lowered == b"expect" and value.lower() == b"100-continue":
            self.expects_continue = True
        elif lowered == b"content-length" and value.isdigit():
            self._missing = int(value)
        elif lowered == b"transfer-encoding":
            self._missing = None

    def on_headers_complete(self) -> None:
        """What follows is the body, if there is one."""
        self._in_head = False

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        if len(self._body) + len(body) > self._limit:
            raise BadRequest(413, "the body is too large")
        self._body += body
        if self._missing is not None:
            self._missing -= len(body)

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
                secure=self._secure,
            )
        )
        self._reset()


class _ResponseParser:
    """What httptools calls while it reads a response."""

    def __init__(self) -> None:
        self.headers: list[tuple[str, str]] = []
        self.body = bytearray()
        self.in_body = self.is_whole = False

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.decode("latin-1"), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        self.in_body = True

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.is_whole = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseRead:
    """What some octets say as a response. `whole`: its last octet is among them."""

    status: int
    headers: Headers = ()
    body: bytes = b""
    whole: bool = True


def status_of(octets: bytes, *, method: str = "POST") -> int | None:
    """The status of the whole response that some octets begin with; None while it is not whole.

    Interim responses before it are passed over. A response to HEAD ends with its head.
    """
    read = read_response(octets, method=method)
    return read.status if read is not None and read.whole else None


def read_response(octets: bytes, *, method: str = "POST") -> ResponseRead | None:
    """The response that some octets begin with, or as much of it; None where no head is whole."""
    head, end, rest = octets.partition(_END_OF_HEAD)
    if not end:
        return None
    reader = _ResponseParser()
    parser = httptools.HttpResponseParser(reader)
    try:
        parser.feed_data(head + end)
        status = int(parser.get_status_code())
        if 100 <= status < 200:
            return read_response(rest, method=method)
        if method == "HEAD" or status in _NO_BODY:
            return ResponseRead(status=status, headers=tuple(reader.headers))
        if not reader.is_whole:
            parser.feed_data(rest)
    except httptools.HttpParserError:
        # Junk behind a whole response is no part of it; junk in place of one is no response.
        if not reader.in_body:
            return None
        status = int(parser.get_status_code())
    return ResponseRead(
        status=status,
        headers=tuple(reader.headers),
        body=bytes(reader.body),
        whole=reader.is_whole,
    )


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
