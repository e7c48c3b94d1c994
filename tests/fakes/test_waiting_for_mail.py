"""Waiting for mail from any thread and from coroutines, and beginning anew."""

from __future__ import annotations

import asyncio
import re
import smtplib
import threading
from collections.abc import Callable
from typing import Any

import pytest

from harness.fakes import FakeError, Postmark, Smtp
from harness.fakes.fake import Fake
from harness.fakes.mail.wanted import MissingMailError

pytestmark = pytest.mark.wire

PLAIN: dict[str, Any] = {"security": "none", "auth": {"offer": "never"}}


def send(fake: Fake[Any], to: str = "you@a.test", subject: str = "Welcome") -> None:
    octets = f"From: shop@a.test\r\nTo: {to}\r\nSubject: {subject}\r\n\r\ntext of it\r\n"
    with smtplib.SMTP(fake.host, fake.port) as client:
        client.sendmail("bounces@a.test", [to, "audit@a.test"], octets)


def send_to_each(fake: Fake[Any], names: str) -> None:
    for name in names:
        send(fake, to=f"{name}@a.test")


def later(do: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=do)
    thread.start()
    return thread


def test_mail_that_comes_while_a_test_waits() -> None:
    with Smtp(**PLAIN).running() as fake:
        sending = later(lambda: send_to_each(fake, "abc"))
        (mail,) = fake.wait_for(to="C@a.test")
        assert mail.to == ("c@a.test",)
        assert len(fake.wait_for(3, to="audit@a.test")) == 3, "by its envelope, too"
        sending.join()


@pytest.mark.parametrize(
    "wanted",
    [
        {"to": "you@a.test", "subject": "elco", "text": "text of", "from_": "shop@a.test"},
        {"to": re.compile("@a[.]test$"), "subject": re.compile("^W"), "from_": "bounces@a.test"},
        {"where": lambda message: message.subject == "Welcome"},
        {},
    ],
)
def test_what_is_there_already_counts(wanted: dict[str, Any]) -> None:
    with Smtp(**PLAIN).running() as fake:
        send(fake)
        assert fake.wait_for(**wanted, timeout=0) == fake.messages


def test_waiting_in_vain_shows_what_came_and_the_nearest_miss() -> None:
    with Smtp(**PLAIN).running() as fake:
        send(fake, to="her@a.test", subject="Goodbye")
        send(fake, subject="Welcom to it")
        with pytest.raises(AssertionError) as caught:
            fake.wait_for(to="you@a.test", subject="Welcome", timeout=0)
    assert str(caught.value).splitlines() == [
        "no 1 message with to='you@a.test', subject='Welcome' in 0 s: 2 came",
        "  <message 'Goodbye' from shop@a.test to her@a.test, audit@a.test>",
        "  <message 'Welcom to it' from shop@a.test to you@a.test, audit@a.test>",
        "the nearest miss:",
        "  <message 'Welcom to it' from shop@a.test to you@a.test, audit@a.test>",
        "    subject: 'Welcom to it' does not hold 'Welcome' (63% alike)",
    ]


def test_where_and_patterns_are_named_in_a_complaint() -> None:
    def is_signed(message: Any) -> bool:
        return "dkim-signature" in message.headers

    with Smtp(**PLAIN).running() as fake:
        with pytest.raises(MissingMailError, match=r"in 0 s: nothing came$"):
            fake.wait_for(timeout=0)
        send(fake)
        with pytest.raises(MissingMailError) as caught:
            fake.wait_for(where=is_signed, subject=re.compile("^Good"), timeout=0)
        with pytest.raises(MissingMailError, match=r"2 messages .*: 1 came, 1 of them as wanted"):
            fake.wait_for(2, to="you@a.test", timeout=0)
    assert "no 1 message with subject=/^Good/, where=is_signed" in str(caught.value)
    assert "    where: is_signed is not true of it" in str(caught.value)


def test_a_coroutine_waits_in_the_loop_of_the_fake() -> None:
    async def whole() -> None:
        async with Smtp(**PLAIN).serve() as fake:
            waiting = asyncio.create_task(fake.wait_for_async(2, to="you@a.test"))
            for _ in range(2):
                await asyncio.to_thread(send, fake)
            assert len(await waiting) == 2
            with pytest.raises(FakeError, match="wait_for_async"):
                fake.wait_for(timeout=0)
            with pytest.raises(MissingMailError, match="nearest miss"):
                await fake.wait_for_async(to="nobody@a.test", timeout=0)

    asyncio.run(whole())


def test_a_coroutine_waits_in_another_loop_than_the_fake() -> None:
    with Smtp(**PLAIN).running() as fake:
        sending = later(lambda: send(fake))
        (mail,) = asyncio.run(fake.wait_for_async())
        sending.join()
    assert mail.subject == "Welcome"


def test_clearing_forgets_what_was_and_undoes_changes() -> None:
    with Smtp(**PLAIN).running() as fake:
        fake.change(faults=[{"at": "noop", "do": "reply", "code": 450}])
        with smtplib.SMTP(fake.host, fake.port) as standing:
            send(fake)
            before, port = fake.messages, fake.port
            fake.clear()
            assert (fake.messages, fake.port) == ([], port)
            assert len(fake.transcript) < 2, "how the sender's connection ended may come after that"
            assert len(before) == 1, "who holds it has it still"
            standing.noop()
        with smtplib.SMTP(fake.host, fake.port) as client:
            assert client.noop()[0] == 250
        assert [event.number for event in fake.transcript] == list(
            range(1, len(fake.transcript) + 1)
        )


def test_clearing_a_provider_puts_its_account_back_and_repeats_no_id() -> None:
    with Postmark(account={"senders": ["a@b.test"]}).running() as fake:
        ids = []
        for _ in range(2):
            with smtplib.SMTP("localhost", fake.smtp.port) as client:
                client.login(fake.smtp.username, fake.smtp.password)
                client.sendmail("a@b.test", ["c@d.test"], "From: a@b.test\r\n\r\nx\r\n")
            (message,) = fake.wait_for()
            ids.append(message.provider_id)
            fake.change(account={"suspended": True})
            fake.clear()
            assert not fake.account.suspended
            assert not any([fake.messages, fake.smtp.messages, fake.requests])
        assert len(set(ids)) == 2


def test_a_fake_says_what_it_is() -> None:
    fake = Smtp(security="none", hostname="x" * 99)
    assert repr(fake).startswith("<Smtp security='none' hostname='xxx")
    assert repr(fake).endswith(" that does not run, 0 messages>")
    with fake.running():
        assert repr(fake).endswith(f" on 127.0.0.1 port {fake.port}, 0 messages>")


def test_mail_counts_as_unseen_until_somebody_asks() -> None:
    with Smtp(**PLAIN).running() as fake:
        send(fake)
        assert fake.unseen == 1
        fake.wait_for(timeout=0)
        assert fake.unseen == 0
