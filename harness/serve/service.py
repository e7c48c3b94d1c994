"""One `harness serve`, from the first port to the last."""

from __future__ import annotations

import asyncio
import json
import ssl
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from pydantic import BaseModel
from rich.console import Console

from harness.errors import MachineError, UsageError
from harness.escaping import inert_json, visible

from .control import Control
from .control_server import control_server
from .documents import ControlDocument, ReadyDocument
from .fakes_watch import Notice, has_to_do_with_the_sender
from .kept_mail import KeptMessage
from .line_writer import LineWriter
from .order import SMTP, ControlOrder, FakeOrder
from .program import run_program
from .running import ServedFake, ServedFakes
from .shown import ServeText
from .told import dotenv, variables, write_private
from .views import fake_document, message_document, notice_document

if TYPE_CHECKING:
    from .mailpit_copies import MailpitCopies

_LOOKED_AFTER_EVERY = 200
# How long, in seconds, what has come is still told when all is over.
_LAST_WORDS = 2.0
_MOST_PORTS = 65_535
URL_VARIABLE = "HARNESS_SERVE_URL"
TOKEN_VARIABLE = "HARNESS_SERVE_TOKEN"
_HINT = "mail may come from {}; --domain, or PATCH /v1/fakes/{}, verifies another domain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """What is to be served, and where it is told.

    `program` runs beside it; then it ends. `copies` puts what comes into a Mailpit.
    """

    orders: tuple[FakeOrder, ...]
    control: ControlOrder
    as_json: bool = False
    env_file: Path | None = None
    ready_file: Path | None = None
    trust: Path | None = None
    program: tuple[str, ...] = ()
    copies: MailpitCopies | None = None

    def with_ports(self, first: int) -> Serving:
        """With fixed ports from `first` on; what has one already keeps it.

        Raises:
            UsageError: there are not so many.
        """
        ports = iter(range(first, _MOST_PORTS + 1))
        try:
            control = self.control.model_copy(update={"port": self.control.port or next(ports)})
            orders = tuple([_with_ports(order, ports) for order in self.orders])
        except StopIteration:
            raise UsageError(f"ports: there are not so many from {first} on") from None
        return replace(self, control=control, orders=orders)


def _with_ports(order: FakeOrder, ports: Iterator[int]) -> FakeOrder:
    port = order.port or next(ports)
    smtp_port = order.smtp_port or (next(ports) if order.kind != SMTP else 0)
    return replace(order, port=port, smtp_port=smtp_port)


async def serve_until(
    told: asyncio.Event, serving: Serving, *, write: Callable[[str], object], stream: TextIO
) -> int:
    """Serve until `told` is set or the program has ended, and write what comes; the exit status.

    Raises:
        UsageError: the words of a fake make no sense.
        MachineError: a port is taken, or a file cannot be written.
    """
    loop = asyncio.get_running_loop()
    came: asyncio.Queue[Notice | KeptMessage] = asyncio.Queue()
    with _trust_folder(serving.trust) as folder:
        fakes = ServedFakes(serving.orders, came.put_nowait)
        trust = _written_trust(fakes.authority.certificate_pem, folder)
        async with fakes.serve(trust[0]), _control(serving, fakes) as control:
            lines = LineWriter(write, lambda: loop.call_soon_threadsafe(told.set))
            try:
                teller = Teller(serving, fakes, lines, stream)
                ready = _ready(fakes, control, *trust)
                teller.ready(ready)
                work = _work(serving, ready, told)
                status = await _while_telling(work, teller, came)
                teller.stopped()
            finally:
                lines.end()
                _remove(serving.ready_file)
    return status


class Teller:
    """Tells of what happens, in lines for a person or in JSON."""

    def __init__(
        self, serving: Serving, fakes: ServedFakes, lines: LineWriter, stream: TextIO
    ) -> None:
        self._serving = serving
        self._fakes = fakes
        self._lines = lines
        self._text = ServeText(Console(file=stream, highlight=False))
        self._hinted: set[str] = set()

    def ready(self, ready: ReadyDocument) -> None:
        """Tell that everything runs, in files first: whoever waits for one may then read it."""
        env_file = self._serving.env_file
        _write_file(env_file, dotenv(ready.environment))
        _write_file(self._serving.ready_file, f"{ready.model_dump_json(indent=2)}\n")
        if self._serving.as_json:
            self._as_json(ready)
            return
        if self._serving.program:
            return  # it is told in its environment, and its user wants to see it, not us
        states = [_said_of(order) for order in self._serving.orders]
        self._lines(self._text.ready(ready, states, str(env_file) if env_file else None))
        if self._serving.copies is not None:
            self._lines(f"copies of all mail are at {visible(self._serving.copies.url)}\n")

    async def follow(self, came: asyncio.Queue[Notice | KeptMessage]) -> None:
        """Tell of each thing that comes."""
        count = 0
        while True:
            thing = await came.get()
            count += 1
            if count % _LOOKED_AFTER_EVERY == 0:
                self._fakes.look_after()
            if isinstance(thing, KeptMessage):
                await self._message(thing)
            else:
                self._notice(thing)
            came.task_done()

    async def _message(self, message: KeptMessage) -> None:
        # A large message takes long to read, and nobody is to wait for that.
        served = self._fakes.fakes.get(message.fake)
        document = await asyncio.to_thread(message_document, message, served)
        if self._serving.as_json:
            self._as_json(document, event="message")
        else:
            self._lines(self._text.message(document))
        if self._serving.copies is not None and self._serving.copies.problem is None:
            await self._copy(message, self._serving.copies)

    async def _copy(self, message: KeptMessage, copies: MailpitCopies) -> None:
        page = await copies.page(message)
        if self._serving.as_json:
            told = {"event": "copy", "id": message.id, "page": page, "problem": copies.problem}
            self._lines(f"{inert_json(json.dumps(told, ensure_ascii=False))}\n")
        else:
            self._lines(f"page {visible(page)}\n" if page else f"{visible(copies.problem or '')}\n")

    def _notice(self, notice: Notice) -> None:
        document = notice_document(notice)
        if self._serving.as_json:
            self._as_json(document)
        else:
            self._lines(self._text.notice(document, self._hint(notice)))

    def _hint(self, notice: Notice) -> str | None:
        """What to do about a sender that is not verified, the first time."""
        served: ServedFake | None = self._fakes.fakes.get(notice.fake.removesuffix("-smtp"))
        if served is None or served.api is None or served.name in self._hinted:
            return None
        if not has_to_do_with_the_sender(notice):
            return None
        self._hinted.add(served.name)
        domains = [each.name for each in getattr(served.api.account, "domains", ())]
        return _HINT.format(", ".join(domains) or "nobody", served.name)

    def stopped(self) -> None:
        """Tell that it ends."""
        if self._serving.as_json:
            self._lines(f"{json.dumps({'event': 'stopped', 'lines_lost': self._lines.lost})}\n")
        elif not self._serving.program:
            self._lines("stopped\n")

    def _as_json(self, document: BaseModel, **more: Any) -> None:
        told = {**more, **document.model_dump(mode="json", by_alias=True)}
        self._lines(f"{inert_json(json.dumps(told, ensure_ascii=False))}\n")


def _said_of(order: FakeOrder) -> str:
    """The state of a fake, as it was asked for."""
    left_out = {"account", "username", "password", "credentials", "webhook"}
    said = [
        f"{word} {json.dumps(value) if isinstance(value, dict | list) else value}"
        for word, value in order.words.items()
        if word not in left_out
    ]
    return ", ".join(said)


def _ready(
    fakes: ServedFakes, control: ControlDocument, ca_file: Path, bundle: Path
) -> ReadyDocument:
    return ReadyDocument(
        fakes=tuple(fake_document(each, fakes.mailbox) for each in fakes.fakes.values()),
        control=control,
        ca_file=str(ca_file),
        ca_bundle=str(bundle),
        environment={
            **variables(fakes.fakes, ca_file=ca_file, bundle=bundle),
            URL_VARIABLE: control.url,
            TOKEN_VARIABLE: control.token,
        },
    )


async def _work(serving: Serving, ready: ReadyDocument, told: asyncio.Event) -> int:
    """What the fakes are there for: a program, or whoever stops them."""
    if serving.program:
        return await run_program(serving.program, ready.environment, told)
    await told.wait()
    return 0


async def _while_telling(
    work: Coroutine[Any, Any, int], teller: Teller, came: asyncio.Queue[Notice | KeptMessage]
) -> int:
    """Tell what comes while `work` goes on, and what had come when it ended."""
    working = asyncio.create_task(work)
    telling = asyncio.create_task(teller.follow(came))
    try:
        await asyncio.wait([working, telling], return_when=asyncio.FIRST_COMPLETED)
        if telling.done():
            telling.result()
        with suppress(TimeoutError):
            async with asyncio.timeout(_LAST_WORDS):
                await came.join()
        return await working
    finally:
        for each in (working, telling):
            each.cancel()
        await asyncio.gather(working, telling, return_exceptions=True)


@contextmanager
def _trust_folder(given: Path | None) -> Iterator[Path]:
    if given is not None:
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="harness-serve-") as folder:
        yield Path(folder)


def _written_trust(anchor: bytes, folder: Path) -> tuple[Path, Path]:
    """The anchor alone, and with what this machine trusts.

    Raises:
        MachineError: the folder cannot be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        ca_file, bundle = folder.resolve() / "ca.pem", folder.resolve() / "bundle.pem"
        ca_file.write_bytes(anchor)
        bundle.write_bytes(anchor + _trusted_here())
    except OSError as error:
        raise MachineError(f"{folder}: {error.strerror}") from error
    return ca_file, bundle


def _trusted_here() -> bytes:
    """What this machine trusts, as PEM."""
    found = ssl.create_default_context().get_ca_certs(binary_form=True)
    return "".join(ssl.DER_cert_to_PEM_cert(each) for each in found).encode()


def _write_file(path: Path | None, text: str) -> None:
    if path is None:
        return
    try:
        write_private(path, text)
    except OSError as error:
        raise MachineError(f"{path}: {error.strerror}") from error


def _remove(path: Path | None) -> None:
    if path is not None:
        with suppress(OSError):
            path.unlink()


@asynccontextmanager
async def _control(serving: Serving, fakes: ServedFakes) -> AsyncIterator[ControlDocument]:
    token = serving.control.token
    assert token is not None
    server = control_server(Control(fakes), port=serving.control.port, token=token)
    async with server as port:
        yield ControlDocument(url=f"http://127.0.0.1:{port}/v1", token=token)
