"""Posting to a webhook handler over HTTP, and what it answers."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress
from functools import cache
from urllib.parse import SplitResult, urlsplit

import httptools
import idna

from .http.exchange import Headers, Request
from .http.facts import WebhookPosted
from .loop_thread import surely
from .providers.webhook import EventPost, Webhook

_MOST = 65_536


class _NobodyAnswers(Exception):  # noqa: N818  # it is told, and raised no further
    """There is no connection to the handler."""


async def handed_over(
    webhook: Webhook, post: EventPost, *, event: str, recipient: str
) -> WebhookPosted:
    """Post, and tell what came of it; where nobody answers, that too is told and not raised."""
    request, status, answer, problem = post.request, None, b"", None
    try:
        async with asyncio.timeout(webhook.timeout):
            status, answer = await _exchanged(webhook, request)
            if status == 401 and post.on_challenge:
                request = _with(request, post.on_challenge)
                status, answer = await _exchanged(webhook, request)
    except TimeoutError:
        problem = f"no answer from {webhook.target} in {webhook.timeout:g} s"
    except _NobodyAnswers as error:
        problem = f"nobody answers at {webhook.target}: {error}"
    except (OSError, EOFError, ValueError, httptools.HttpParserError) as error:
        problem = f"posting to {webhook.target} failed: {error!r}"
    return WebhookPosted(
        event=event,
        recipient=recipient,
        request=request,
        status=status,
        answer=answer,
        problem=problem,
        mark=post.mark,
        source=post.source,
    )


def _with(request: Request, headers: Headers) -> Request:
    return Request(
        method=request.method,
        target=request.target,
        headers=(*request.headers, *headers),
        body=request.body,
    )


async def _exchanged(webhook: Webhook, request: Request) -> tuple[int, bytes]:
    """The status of the answer, and as much of its body as is kept."""
    url = urlsplit(request.target)
    reader, writer = await _connected(url, _trust(webhook.ca_file))
    try:
        writer.write(_octets(url, request))
        answer = _Answer(has_body=request.method != "HEAD")
        parser = httptools.HttpResponseParser(answer)
        while not answer.is_complete and len(answer.kept) < _MOST:
            octets = await reader.read(_MOST)
            if not octets:
                if not answer.ends_with_connection:
                    raise EOFError("the connection ended before the answer")
                break
            parser.feed_data(octets)
        return parser.get_status_code(), answer.kept[:_MOST]
    finally:
        writer.transport.abort()  # nothing of the answer is wanted any more
        with suppress(OSError):
            await surely(writer.wait_closed())


async def _connected(
    url: SplitResult, trust: ssl.SSLContext
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    is_secure = url.scheme == "https"
    try:
        return await asyncio.open_connection(
            _host(url),
            url.port or (443 if is_secure else 80),
            ssl=trust if is_secure else None,
        )
    except (OSError, UnicodeError, idna.IDNAError) as error:
        raise _NobodyAnswers(str(error) or type(error).__name__) from error


def _host(url: SplitResult) -> str:
    host = url.hostname or ""
    return host if host.isascii() else idna.encode(host, uts46=True).decode("ascii")


def _octets(url: SplitResult, request: Request) -> bytes:
    """The request as it goes out, with no header but what it needs beside its own."""
    host = f"[{_host(url)}]" if ":" in _host(url) else _host(url)
    needed = {
        "Host": f"{host}:{url.port}" if url.port else host,
        "Content-Length": str(len(request.body)),
        "Connection": "close",
    }
    own = {name.lower() for name, _ in request.headers}
    added = [(name, value) for name, value in needed.items() if name.lower() not in own]
    headers = [*added[:1], *request.headers, *added[1:]]
    target = (url.path or "/") + (f"?{url.query}" if url.query else "")
    lines = [f"{request.method} {target} HTTP/1.1", *(f"{n}: {v}" for n, v in headers), "", ""]
    return "\r\n".join(lines).encode("utf-8") + request.body


class _Answer:
    """What httptools reads of an answer. One to HEAD ends with its head, whatever that says."""

    def __init__(self, *, has_body: bool) -> None:
        self._has_body = has_body
        self.kept = b""
        self.is_complete = False
        self.ends_with_connection = False
        self._is_measured = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header of the answer."""
        del value
        self._is_measured |= name.lower() in {b"content-length", b"transfer-encoding"}

    def on_headers_complete(self) -> None:
        """Its head is there: without a measure, its body goes on to the end of the connection."""
        self.ends_with_connection = not self._is_measured
        self.is_complete |= not self._has_body

    def on_body(self, octets: bytes) -> None:
        """Part of its body."""
        self.kept += octets

    def on_message_complete(self) -> None:
        """All of it is there."""
        self.is_complete = True


@cache
def _trust(ca_file: str | None) -> ssl.SSLContext:
    """What a handler's certificate is verified by; it takes long to make."""
    return ssl.create_default_context(cafile=ca_file)
