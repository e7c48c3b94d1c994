"""HTTP/1.1 on one connection of a fake."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable

from ..connection import Connection
from ..fault_injector import FaultInjector
from ..faults import FaultPlan, Stage
from ..handshake import HandshakeFailed
from ..tls.client_hello import ClientHello
from ..transcript import Broke, HttpRequested, HttpResponded
from .exchange import Mark, Request, Response
from .parser import BadRequest, RequestParser, serialised

# Mailgun takes the largest requests of the six: 52.4 MiB (its OpenAPI description).
_LARGEST_BODY = 64 * 1024 * 1024
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

Contexts = Callable[[ClientHello | None], tuple[ssl.SSLContext, str]]


class HttpConversation:
    """Reads requests, lets `respond` answer them, writes the responses, in order.

    `respond` gets the request and the number of the connection; `number_request` counts the
    requests to the fake, for faults at `request[n]`. Without `contexts` it is plain HTTP.
    """

    def __init__(
        self,
        *,
        plan: FaultPlan,
        nth: int,
        timeout: float,
        contexts: Contexts | None,
        respond: Callable[[Request, Connection], Response],
        number_request: Callable[[], int],
    ) -> None:
        self._plan = plan
        self._nth = nth
        self._timeout = timeout
        self._contexts = contexts
        self._respond = respond
        self._number_request = number_request
        self._parser = RequestParser(limit=_LARGEST_BODY)
        self._waiting: asyncio.Queue[Request] = asyncio.Queue()
        self._worker: asyncio.Task[None] | None = None
        self._idle = False
        self._connection: Connection
        self._injector: FaultInjector

    def began(self, connection: Connection) -> None:
        """Begin, with the TLS handshake where there is one."""
        self._connection = connection
        self._injector = FaultInjector(
            connection=connection, plan=self._plan, nth=self._nth, timeout=self._timeout
        )
        # Requests and responses are in the record whole; the octets would be there twice.
        connection.records_segments = False
        if self._contexts is not None:
            connection.expect_tls()
        self._worker = asyncio.get_running_loop().create_task(self._work())

    def data_received(self, data: bytes) -> None:
        """Take octets; every request that is complete waits for its turn."""
        try:
            complete = self._parser.feed(data)
        except BadRequest as problem:
            self._refuse(problem)
            return
        if self._parser.expects_continue:
            self._parser.expects_continue = False
            self._connection.send(_CONTINUE)
        if self._idle and len(complete) == 1 and self._waiting.empty():
            self._answer_at_once(complete[0])
            return
        for request in complete:
            self._waiting.put_nowait(request)

    def hung_up(self) -> None:
        """Nothing to note: a request that is not complete is not in the record."""

    def ended(self) -> None:
        """The connection is gone."""
        if self._worker is not None:
            self._worker.cancel()

    async def finished(self) -> None:
        """Wait until the conversation's task has ended."""
        if self._worker is not None:
            await asyncio.wait([self._worker])

    async def _work(self) -> None:
        try:
            await self._injector.fault(Stage.CONNECT)
            if self._contexts is not None:
                await self._begin_tls(self._contexts)
            # Where no fault can act nothing is waited for, and a task's turns are saved.
            self._idle = not self._plan.faults
            while True:
                await self._answer(await self._waiting.get())
        except HandshakeFailed:
            return
        except Exception as error:  # noqa: BLE001  # a bug of the fake's is no fault of the sender's
            self._break_off(error)

    async def _begin_tls(self, contexts: Contexts) -> None:
        await self._injector.start_tls(contexts, implicit=True)

    async def _answer(self, request: Request) -> None:
        self._connection.record(HttpRequested(request=request, secure=self._connection.secure))
        action = self._injector.act(Stage.REQUEST, self._number_request())
        if action is not None and not action.honest_first(Stage.REQUEST):
            await self._injector.carry_out(action, b"")
            return
        if action is not None:
            response = self._respond(request, self._connection)
            await self._injector.carry_out(action, self._written(request, response))
            self._close_after_the_last()
        else:
            self._answer_honestly(request)

    def _answer_at_once(self, request: Request) -> None:
        self._connection.record(HttpRequested(request=request, secure=self._connection.secure))
        try:
            self._answer_honestly(request)
        except Exception as error:  # noqa: BLE001  # as in `_work`
            self._break_off(error)

    def _answer_honestly(self, request: Request) -> None:
        response = self._respond(request, self._connection)
        octets = self._written(request, response)
        self._connection.record(HttpResponded(response=response, secure=self._connection.secure))
        self._connection.send(octets, recorded=True)
        self._close_after_the_last()

    @property
    def _is_the_last(self) -> bool:
        """Whether the request that is being answered ends the connection."""
        return not self._parser.keeps_alive and self._waiting.empty()

    def _close_after_the_last(self) -> None:
        if self._is_the_last:
            self._connection.close()

    def _break_off(self, error: Exception) -> None:
        self._connection.record(Broke(error=f"{type(error).__name__}: {error}"))
        self._connection.close()

    def _written(self, request: Request, response: Response) -> bytes:
        return serialised(response, method=request.method, close=self._is_the_last)

    def _refuse(self, problem: BadRequest) -> None:
        """What is no HTTP gets a plain answer and the end of the connection."""
        response = Response(
            status=problem.status,
            body=f"{problem}\n".encode(),
            headers=(("Content-Type", "text/plain"),),
            mark=Mark.SYNTHETIC,
            source="not HTTP, or too much of it",
            case="bad-request",
        )
        self._connection.record(HttpResponded(response=response, secure=self._connection.secure))
        self._connection.send(serialised(response, close=True), recorded=True)
        self._connection.close()
