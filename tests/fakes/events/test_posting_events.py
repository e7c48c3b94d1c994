"""Posting events: from where, to whom, and what is said where it cannot be done."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from harness.fakes import FakeError, SendGrid
from harness.fakes.http.facts import WebhookPosted

from .test_sendgrid_events import send
from .webhook_handler import Handler

pytestmark = pytest.mark.wire

ACCOUNT = {"domains": [{"name": "example.com"}]}


@pytest.fixture
def fake(handler: Handler) -> Iterator[SendGrid]:
    with SendGrid(account=ACCOUNT, webhook={"url": handler.url}).running() as running:
        yield running


def test_what_was_posted_and_answered_is_in_the_record(fake: SendGrid, handler: Handler) -> None:
    send(fake, "b@example.net")
    handler.statuses = [503]
    posted = fake.deliver(fake.messages[0])
    assert (posted.status, posted.ok, posted.answer) == (503, False, b"ok")
    assert [fact for _, fact in fake.transcript.of(WebhookPosted)] == [posted]
    assert fake.posts == [posted]


def test_the_id_that_the_api_gave_names_a_message(fake: SendGrid, handler: Handler) -> None:
    assert fake.deliver(send(fake, "b@example.net")).ok
    assert len(handler.came) == 1


def test_a_repeated_event_is_the_same_octets(fake: SendGrid, handler: Handler) -> None:
    send(fake, "b@example.net")
    handler.statuses = [500]
    again = fake.repeat(fake.bounce(fake.messages[0]))
    assert again.ok
    assert handler.came[0].body == handler.came[1].body
    assert handler.came[0].headers == handler.came[1].headers


def test_of_several_recipients_one_is_named(fake: SendGrid) -> None:
    send(fake, "b@example.net", "c@example.net")
    with pytest.raises(FakeError, match=r"it has several .choose from b@.*, c@example\.net"):
        fake.bounce(fake.messages[0])
    assert fake.bounce(fake.messages[0], recipient="C@example.net").recipient == "c@example.net"
    with pytest.raises(FakeError, match=r"x@example\.net is none of"):
        fake.bounce(fake.messages[0], recipient="x@example.net")


def test_a_message_that_was_not_taken_is_refused_with_those_that_were(fake: SendGrid) -> None:
    with pytest.raises(FakeError, match=r"'nope': the fake took no such message .*none"):
        fake.deliver("nope")
    identifier = send(fake, "b@example.net")
    with pytest.raises(FakeError, match=re.escape(identifier)):
        fake.deliver("nope")


def test_a_handler_that_is_not_there_is_said_to_be_missing(fake: SendGrid) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and never listens
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/hook"
        fake.change(webhook={"url": url})
        send(fake, "b@example.net")
        with pytest.raises(FakeError, match=f"webhook: nobody answers at {re.escape(url)}: "):
            fake.deliver(fake.messages[0])
    assert fake.posts[0].status is None


def test_a_handler_that_does_not_answer_is_not_waited_for(fake: SendGrid) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        fake.change(webhook={"url": url, "timeout": 0.2})
        send(fake, "b@example.net")
        with pytest.raises(FakeError, match=r"no answer from .* in 0\.2 s"):
            fake.deliver(fake.messages[0])


def test_without_a_webhook_it_is_said_how_to_set_one_up(fake: SendGrid) -> None:
    fake.change(webhook=None)
    send(fake, "b@example.net")
    with pytest.raises(FakeError, match="none is set up; make the fake with webhook="):
        fake.deliver(fake.messages[0])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"url": "localhost:80"}, r"webhook\.url: .*http://127\.0\.0\.1:8000/hook is due"),
        ({"url": "http://h/", "sigend": True}, r"webhook\.sigend: .*did you mean signed\?"),
        ({}, r"webhook\.url: Field required"),
        ({"url": "http://h/", "private_key": "x"}, r"webhook\.private_key: "),
        ("http://h/", "webhook: "),
    ],
)
def test_words_that_make_no_sense_are_named(words: Any, said: str) -> None:
    with pytest.raises(FakeError, match=said):
        SendGrid(webhook=words)


def test_credentials_in_the_url_are_sent_and_not_shown(fake: SendGrid, handler: Handler) -> None:
    fake.change(webhook={"url": handler.url.replace("//", "//me:p%40ss@")})
    send(fake, "b@example.net")
    posted = fake.deliver(fake.messages[0])
    assert handler.last.headers["authorization"] == "Basic bWU6cEBzcw=="
    assert handler.last.path == "/hook"
    assert "p%40ss" not in posted.request.target


def test_a_fake_that_only_stands_behind_respx_posts_too(handler: Handler) -> None:
    fake = SendGrid(account=ACCOUNT, webhook={"url": handler.url})
    with fake.respx_router():
        httpx.post(
            "https://api.sendgrid.com/v3/mail/send",
            json={
                "personalizations": [{"to": [{"email": "b@example.net"}]}],
                "from": {"email": "a@example.com"},
                "subject": "s",
                "content": [{"type": "text/plain", "value": "t"}],
            },
            headers={"Authorization": f"Bearer {fake.credentials['api_key']}"},
        )
        assert fake.deliver(fake.messages[0]).ok
    assert len(handler.came) == 1


def test_in_the_fakes_own_event_loop_it_says_what_to_do(handler: Handler) -> None:
    async def both() -> None:
        fake = SendGrid(account=ACCOUNT, webhook={"url": handler.url})
        async with fake.serve():
            await asyncio.to_thread(send, fake, "b@example.net")
            with pytest.raises(FakeError, match=r"await asyncio\.to_thread\(fake\.deliver"):
                fake.deliver(fake.messages[0])
            assert (await asyncio.to_thread(fake.deliver, fake.messages[0])).ok

    asyncio.run(both())


def test_a_post_under_way_ends_with_the_fake(handler: Handler) -> None:
    async def stopped() -> None:
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            silent.listen()
            silent.setblocking(False)
            url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
            fake = SendGrid(account=ACCOUNT, webhook={"url": url, "timeout": 60})
            async with fake.serve():
                await asyncio.to_thread(send, fake, "b@example.net")
                waiting = asyncio.create_task(asyncio.to_thread(fake.deliver, fake.messages[0]))
                async with asyncio.timeout(10):
                    accepted, _ = await asyncio.get_running_loop().sock_accept(silent)
            with accepted, pytest.raises(FakeError, match="the fake was stopped while it posted"):
                await waiting

    asyncio.run(stopped())
