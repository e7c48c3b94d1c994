"""HTTP/1.1 on one connection of a fake."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

from ..answer import OutgoingAnswer
from ..connection import Connection
from ..fault_injector import FaultInjector
from ..faults import Action, FaultPlan, Stage
from ..faults.actions.standard import AnswerWithRefusal
from ..handshake import HandshakeFailed
from ..marks import Mark
from ..tls.client_hello import ClientHello
from ..tls.layer import ServedTls
from ..transcript import Acknowledged, Body, Broke, Unread
from .exchange import Request, Response, Served
from .facts import HttpRequested, HttpResponded, decision
from .parser import BadRequest, RequestParser, read_response, serialised, status_of

# The largest request that any vendor takes has 52.4 MiB (an OpenAPI description of 2026-11).
_LARGEST_BODY = 64 * 1024 * 1024
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_UNFINISHED = "the request never became complete"
_BEHIND_JUNK = "came behind what is no HTTP"

Contexts = Callable[[ClientHello | None], ServedTls]


class HttpConversation:
    """Reads requests, lets `respond` answer them, writes the responses, in order.

    `note` is told each request when it has come, and gives its number among those of the fake, for
    faults at `request[n]`. `respond` gets the request and the connection, `refuse` the request and
    the fault that says how. Without `contexts` it is plain HTTP.
    """

    def __init__(
        self,
        *,
        plan: FaultPlan,
        nth: int,
        timeout: float,
        contexts: Contexts | None,
        respond: Callable[[Request, Connection], Served],
        refuse: Callable[[Request, AnswerWithRefusal], Served],
        note: Callable[[Request], int],
    ) -> None:
        self._plan = plan
        self._nth = nth
        self._timeout = timeout
        self._contexts = contexts
        self._respond = respond
        self._refuse_as_told = refuse
        self._note = note
        self._parser = self._new_parser()
        self._waiting: asyncio.Queue[tuple[int, Request] | BadRequest] = asyncio.Queue()
        self._spoilt = False
        self._worker: asyncio.Task[None] | None = None
        self._idle = False
        self._shaped: _ShapedAnswer | None = None
        self._connection: Connection
        self._injector: FaultInjector

    def _new_parser(self) -> RequestParser:
        return RequestParser(limit=_LARGEST_BODY, secure=self._contexts is not None)

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
        """Take octets; each request that is complete waits for its turn, and so does junk."""
        if self._spoilt:
            self._note_unread(data, _BEHIND_JUNK)
            return
        problem = None
        try:
            complete = self._parser.feed(data)
        except BadRequest as refused:
            problem = refused
            complete = self._parser.take_complete()
        if self._parser.expects_continue:
            self._parser.expects_continue = False
            self._connection.send(_CONTINUE)
        numbered = [(self._came(request), request) for request in complete]
        if self._idle and len(numbered) == 1 and self._waiting.empty() and problem is None:
            self._answer_at_once(numbered[0][1])
            return
        for each in numbered:
            self._waiting.put_nowait(each)
        if problem is not None:
            self._spoilt = True
            self._note_unfinished()
            self._waiting.put_nowait(problem)

    def hung_up(self) -> None:
        """Note what of a request has come, ahead of what comes too late."""
        self._note_unfinished()

    def ended(self) -> None:
        """The connection is gone."""
        if self._worker is not None:
            self._worker.cancel()
        if self._shaped is not None:
            self._shaped.end()
        self._note_unfinished()

    def close_if_idle(self) -> None:
        """Close the connection where nobody waits for anything."""
        is_ready = self._contexts is None or self._connection.secure
        is_busy = self._shaped is not None or not self._waiting.empty()
        if is_ready and not is_busy and not any(self._parser.unfinished):
            self._connection.close()

    async def finished(self) -> None:
        """Wait until the conversation's task has ended."""
        if self._worker is not None:
            await asyncio.wait([self._worker])

    async def _work(self) -> None:
        try:
            await self._injector.fault(Stage.CONNECT)
            if self._contexts is not None:
                await self._injector.start_tls(self._contexts, implicit=True)
            # Where no fault can act nothing is waited for, and a task's turns are saved.
            self._idle = not self._plan.faults
            while True:
                came = await self._waiting.get()
                if isinstance(came, BadRequest):
                    self._refuse(came)
                else:
                    await self._answer(*came)
        except HandshakeFailed:
            return
        except Exception as error:  # noqa: BLE001  # a bug of the fake's is no fault of the sender's
            self._break_off(error)

    # Requests.

    def _came(self, request: Request) -> int:
        self._connection.record(HttpRequested(request=request, secure=self._connection.secure))
        return self._note(request)

    def _note_unfinished(self) -> None:
        """What came of a request without becoming one: its head, and what there is of its body."""
        (head, body), left = self._parser.unfinished, self._parser.left
        self._parser = self._new_parser()
        self._note_unread(head, _UNFINISHED)
        if body:
            secure = self._connection.secure
            self._connection.record(Body(data=body, secure=secure, complete=False))
        self._note_unread(left, _BEHIND_JUNK)

    def _note_unread(self, data: bytes, why: str) -> None:
        if data:
            secure = self._connection.secure
            self._connection.record(Unread(data=data, secure=secure, why=why, repeated=False))

    # Answers.

    async def _answer(self, number: int, request: Request) -> None:
        action = self._injector.act(Stage.REQUEST, number)
        if action is None:
            self._answer_honestly(request)
            return
        served = None
        if isinstance(action, AnswerWithRefusal):
            served = self._refuse_as_told(request, action)
        elif action.honest_first(Stage.REQUEST):
            served = self._respond(request, self._connection)
        self._shaped = _ShapedAnswer(self._connection, request, served, action)
        await self._injector.carry_out(action, self._written(request, served))
        self._shaped.end()
        self._shaped = None
        if served is not None:
            self._close_after_the_last()

    def _answer_at_once(self, request: Request) -> None:
        try:
            self._answer_honestly(request)
        except Exception as error:  # noqa: BLE001  # as in `_work`
            self._break_off(error)

    def _answer_honestly(self, request: Request) -> None:
        served = self._respond(request, self._connection)
        octets = self._written(request, served)
        if self._connection.closing:
            return
        self._connection.record(
            HttpResponded(response=served.response, secure=self._connection.secure)
        )
        self._connection.send(octets, recorded=True)
        self._decided(served)
        self._close_after_the_last()

    def _decided(self, served: Served) -> None:
        for fact in decision(served, served.response.status):
            self._connection.record(fact)

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

    def _written(self, request: Request, served: Served | None) -> bytes:
        if served is None:
            return b""
        return serialised(served.response, method=request.method, close=self._is_the_last)

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


class _ShapedAnswer:
    """What a fault lets out in answer to a request. `served` is what an honest server would say."""

    def __init__(
        self, connection: Connection, request: Request, served: Served | None, action: Action
    ) -> None:
        self._connection = connection
        self._method = request.method
        self._served = served
        self._action = action
        self._answer = OutgoingAnswer(
            status_of=partial(status_of, method=request.method), when_whole=self._whole
        )
        connection.begin_answer(self._answer)

    def _whole(self, status: int, octets: bytes) -> None:
        self._record(status, octets, whole=True)
        if self._served is not None:
            for fact in decision(self._served, status):
                self._connection.record(fact)
        elif status < 300:
            self._connection.record(Acknowledged(messages=(), answer=f"HTTP {status}"))

    def end(self) -> None:
        """Nothing more will come of it."""
        self._connection.begin_answer(None)
        if self._answer.status is None:
            self._answer.status = -1
            read = read_response(bytes(self._answer.octets), method=self._method)
            if read is not None:
                self._record(read.status, bytes(self._answer.octets), whole=False)

    def _record(self, status: int, octets: bytes, *, whole: bool) -> None:
        read = read_response(octets, method=self._method)
        honest = self._served.response if self._served is not None else None
        is_honest = honest is not None and honest.status == status
        self._connection.record(
            HttpResponded(
                response=Response(
                    status=status,
                    headers=read.headers if read is not None else (),
                    body=read.body if read is not None else b"",
                    mark=honest.mark if is_honest and honest else Mark.SYNTHETIC,
                    source=honest.source if is_honest and honest else "a fault",
                    case=honest.case if is_honest and honest else "fault",
                ),
                secure=self._connection.secure,
                shaped_by=self._action.do,
                whole=whole,
            )
        )
