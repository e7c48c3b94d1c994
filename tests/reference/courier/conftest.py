"""A courier without threads, a clock that is moved by hand, and a server that is not ours."""

from __future__ import annotations

import asyncio
import email
import email.policy
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import Message
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from anyio.from_thread import BlockingPortal

from harness.reference.courier.options import CourierOptions
from harness.reference.courier.program import Courier
from harness.reference.courier.workers import Workers

START = 1_700_000_000.0
TRUST = {"ca_file": "", "ca_pkcs12": "x", "ca_pkcs12_password": "x"}
CANARY = "canary-pa55wörd+/="

Document = dict[str, Any]


class HandClock:
    """Seconds since 1970 that go on when somebody says so."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now


def smtp(port: int, **fields: Any) -> Document:
    """A transport that leads to a port of this machine."""
    return {
        "kind": "smtp",
        "uri": f"smtp://127.0.0.1:{port}/?disable_starttls=true",
        "host": "127.0.0.1",
        "port": port,
        "security": "none",
        **fields,
    }


def message(*to: str, **fields: Any) -> Document:
    """A message document."""
    boxes = [{"address": address} for address in to or ("a@one.example",)]
    return {
        "from": {"address": "courier@sender.example"},
        "to": boxes,
        "subject": "Hi",
        "text": "there",
        **fields,
    }


class Bench:
    """A courier whose workers work when they are told to, by a clock that stands."""

    def __init__(self, folder: Path, clock: HandClock, **options: Any) -> None:
        self.folder = folder
        self.clock = clock
        self.options = CourierOptions(**{"first_retry": 10.0, **options})
        self.couriers: list[Courier] = []
        self.start()

    def start(self) -> None:
        """As after a restart: nothing but the folder is kept."""
        self.courier = Courier(self.folder, options=self.options, clock=self.clock, works=False)
        self.couriers.append(self.courier)

    def close(self) -> None:
        """Give back what every courier had open."""
        for courier in self.couriers:
            courier.stop(patience=0.0)

    @property
    def workers(self) -> Workers:
        return self.courier.open()[1]

    def to_port(self, port: int, **fields: Any) -> Document:
        """Configure a server on this machine."""
        return self.configure(smtp(port, **fields))

    def ask(self, action: str, **fields: Any) -> Document:
        request = {"protocol": 1, "action": action, "case": "a/b", **fields}
        return self.courier.handle(request)

    def configure(self, transport: Document | None, **fields: Any) -> Document:
        fields = {"trust": TRUST, "from": {"address": "me@sender.example"}, **fields}
        return self.ask("configure", transport=transport, **fields)

    def send(self, *to: str, **fields: Any) -> Document:
        return self.ask("send", transport=None, trust=TRUST, message=message(*to, **fields))

    def work(self) -> int:
        """Deal with everything that is due; how many times."""
        count = 0
        while self.workers.work_once():
            count += 1
        return count

    def work_until_still(self) -> None:
        """Go on to each moment at which something is due, until nothing is."""
        queue, workers = self.courier.open()
        workers.look_after()
        while (due := queue.next_due()) is not None:
            self.clock.now = max(self.clock.now, due)
            workers.work_once()

    def deliveries(self) -> list[Document]:
        found: list[Document] = self.ask("deliveries")["deliveries"]
        return found

    def only(self) -> Document:
        (one,) = self.deliveries()
        return one


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def bench(tmp_path: Path, clock: HandClock) -> Iterator[Callable[..., Bench]]:
    made: list[Bench] = []

    def make(**options: Any) -> Bench:
        made.append(Bench(tmp_path / "state", clock, **options))
        return made[-1]

    yield make
    for each in made:
        each.close()


class Stranger:
    """A bare aiosmtpd that keeps what it takes. `rcpt` and `data` may answer in its place."""

    def __init__(self) -> None:
        self.port = 0
        self.envelopes: list[Envelope] = []
        self.rcpt: Callable[[str], str | None] = lambda _: None
        self.data: Callable[[int], str] = lambda _: "250 2.0.0 Ok: queued as 77"
        self.pause: Callable[[], float] = lambda: 0.0
        self.transactions = 0

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        await asyncio.sleep(self.pause())
        refusal = self.rcpt(address)
        if refusal is None:
            envelope.rcpt_tos.append(address)
        return refusal or "250 2.1.5 Ok"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        self.transactions += 1
        reply = self.data(self.transactions)
        if reply.startswith("2"):
            self.envelopes.append(envelope)
        await asyncio.sleep(self.pause())
        return reply

    @property
    def messages(self) -> list[Message[str, str]]:
        """The headers of each message that was taken."""
        return [
            email.message_from_bytes(each.original_content or b"", policy=email.policy.default)
            for each in self.envelopes
        ]

    @property
    def counts(self) -> Counter[str]:
        """How often each Message-ID was taken."""
        return Counter(str(each["Message-ID"]) for each in self.messages)


@contextmanager
def strange_server(portal: BlockingPortal) -> Iterator[Stranger]:
    stranger = Stranger()

    async def begin() -> asyncio.Server:
        loop = asyncio.get_running_loop()
        return await loop.create_server(
            lambda: SMTP(stranger, hostname="mx.example", loop=loop), "127.0.0.1", 0
        )

    async def end(server: asyncio.Server) -> None:
        server.close()

    server = portal.call(begin)
    stranger.port = server.sockets[0].getsockname()[1]
    try:
        yield stranger
    finally:
        portal.call(end, server)


@pytest.fixture
def stranger(portal: BlockingPortal) -> Iterator[Stranger]:
    with strange_server(portal) as running:
        yield running


@pytest.fixture
def other(portal: BlockingPortal) -> Iterator[Stranger]:
    with strange_server(portal) as running:
        yield running
