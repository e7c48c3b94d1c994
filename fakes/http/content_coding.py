"""Content codings of requests (RFC 9110, section 8.4): the body without its gzip."""

from __future__ import annotations

import zlib

from .exchange import Request

_GZIP = frozenset(["gzip", "x-gzip"])
_MOST_MEMBERS = 100
# zlib's word for gzip, with the largest window.
_GZIP_FORMAT = 31


class ContentCodingError(ValueError):
    """A body is not what its Content-Encoding says, or in another coding than gzip."""


def plain_body(request: Request, *, most: int) -> bytes:
    """The body of a request without the codings that its Content-Encoding names.

    Whatever a small body unfolds into, no more than `most + 1` octets of it are made.

    Raises:
        ContentCodingError: it is not in these codings, or one of them is not known.
    """
    given = [value for name, value in request.headers if name.lower() == "content-encoding"]
    codings = [each.strip().lower() for each in ",".join(given).split(",")]
    body = request.body
    for coding in reversed(codings):
        if coding in _GZIP:
            body = _unzipped(body, most)
        elif coding not in {"", "identity"}:
            raise ContentCodingError(f"the content coding {coding!r} is not known; gzip is")
    return body


def _unzipped(octets: bytes, most: int) -> bytes:
    plain = b""
    for _ in range(_MOST_MEMBERS):
        unzipper = zlib.decompressobj(wbits=_GZIP_FORMAT)
        try:
            plain += unzipper.decompress(octets, most + 1 - len(plain))
        except zlib.error as error:
            raise ContentCodingError(f"the body is no gzip: {error}") from None
        if len(plain) > most:
            return plain
        if not unzipper.eof:
            raise ContentCodingError("the body is gzip that ends too early")
        octets = unzipper.unused_data
        if not octets:
            return plain
    raise ContentCodingError(f"the body is gzip of more than {_MOST_MEMBERS} members")
