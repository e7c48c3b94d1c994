from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeAlias
from urllib.parse import urlsplit

import pytest

from harness.errors import SenderError, UsageError
from harness.protocol import SendRequest
from harness.senders.base import Sender
from harness.senders.http import HttpSender
from harness.senders.outcome import (
    Answered,
    Crashed,
    Described,
    Hung,
    NoAnswer,
    Outcome,
    Unsupported,
)

pytestmark = [pytest.mark.anyio, pytest.mark.wire]

Open: TypeAlias = Callable[..., Sender]

LIMIT = 20.0
SENT = b'{\n "status": "sent"\n}'


class Service:
    """Answers each request with the same bytes, and keeps what it was asked."""

    def __init__(self, response: bytes | None) -> None:
        self.response = response
        self.head = b""
        self.body = b""
        self.done = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            self.head = await reader.readuntil(b"\r\n\r\n")
            length = next(line for line in self.head.split(b"\r\n") if b"Content-Length" in line)
            self.body = await reader.readexactly(int(length.partition(b":")[2]))
            if self.response is None:
                await self.done.wait()
            else:
                writer.write(self.response)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the look whether anybody listens, or a reader that has had enough
        finally:
            writer.close()


@asynccontextmanager
async def running(response: bytes | None) -> AsyncIterator[tuple[Service, str]]:
    service = Service(response)
    server = await asyncio.start_server(service.serve, "127.0.0.1", 0)
    try:
        yield service, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        service.done.set()
        server.close()
        await server.wait_closed()


def response(status: str, body: bytes) -> bytes:
    return b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s" % (status.encode(), len(body), body)


async def sent_to(reply: bytes | None, request: SendRequest, limit: float = LIMIT) -> Outcome:
    async with running(reply) as (_, url), HttpSender(url, urlsplit(url)) as sender:
        return await sender.send(request, limit=limit)


async def test_the_document_is_posted_and_the_body_is_the_answer(
    opened: Open, request_to_send: SendRequest
) -> None:
    async with (
        running(response("200 OK", SENT)) as (service, url),
        opened(f"{url}/mail?x=1") as sender,
    ):
        outcome = await sender.send(request_to_send, limit=LIMIT)
    assert isinstance(outcome, Answered), outcome
    assert outcome.output.stdout == SENT
    assert service.head.startswith(b"POST /mail?x=1 HTTP/1.1\r\n")
    assert b"Content-Type: application/json\r\n" in service.head
    assert json.loads(service.body) == request_to_send.model_dump(mode="json", by_alias=True)


async def test_describe_is_posted_too(opened: Open) -> None:
    async with (
        running(response("200 OK", b'{"features": ["smtp"]}')) as (service, url),
        opened(url) as sender,
    ):
        assert isinstance(await sender.describe(LIMIT), Described)
        assert sender.features == {"smtp"}
    assert service.head.startswith(b"POST / HTTP/1.1\r\n")


@pytest.mark.parametrize(
    ("reply", "kind", "words"),
    [
        (response("501 Not Implemented", b"no APIs"), Unsupported, "unsupported: no APIs"),
        (response("500 Oh", SENT), NoAnswer, "no answer: HTTP status 500"),
        (response("302 Found", b""), NoAnswer, "no answer: HTTP status 302"),
        (response("200 OK", b"sent"), NoAnswer, "no answer: the body is no JSON object"),
        (response("200 OK", b"{" + b" " * 2_000_000 + b"}"), NoAnswer, "no answer: the body"),
        (b"nonsense\r\n\r\n", Crashed, "crashed: BadStatusLine"),
        (b"", Crashed, "crashed: RemoteDisconnected"),
    ],
    ids=["501", "500", "302", "garbage", "too long", "no HTTP", "hang up"],
)
async def test_anything_but_200_with_an_answer_is_none(
    reply: bytes, kind: type[Outcome], words: str, request_to_send: SendRequest
) -> None:
    outcome = await sent_to(reply, request_to_send)
    assert isinstance(outcome, kind)
    assert outcome.words.startswith(words)


async def test_a_body_without_end_is_read_no_further_than_an_answer_may_be(
    request_to_send: SendRequest,
) -> None:
    endless = b"HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n" + b" " * 2_000_000
    outcome = await sent_to(endless, request_to_send)
    assert isinstance(outcome, NoAnswer)
    assert outcome.output.truncated
    assert len(outcome.output.stdout) < 200_000


async def test_a_hang_is_cut(request_to_send: SendRequest) -> None:
    assert isinstance(await sent_to(None, request_to_send, limit=0.3), Hung)


async def test_a_service_that_is_not_there_is_told_at_the_start(opened: Open) -> None:
    async with running(b"") as (_, url):
        pass
    with pytest.raises(SenderError, match=url):
        await opened(url).start()


async def test_a_service_that_went_away_has_crashed(
    opened: Open, request_to_send: SendRequest
) -> None:
    async with running(b"") as (_, url):
        sender = opened(url)
        await sender.start()
    outcome = await sender.send(request_to_send, limit=LIMIT)
    assert isinstance(outcome, Crashed)
    assert "refused" in outcome.how


@pytest.mark.parametrize(
    "url", ["http:", "http://", "https:///path", "http://h:0/", "http://h:99999/", "http://u:p@h/"]
)
def test_a_url_that_cannot_be_used_is_refused_and_no_password_shown(url: str, opened: Open) -> None:
    with pytest.raises(UsageError) as caught:
        opened(url)
    assert "p@" not in str(caught.value)
