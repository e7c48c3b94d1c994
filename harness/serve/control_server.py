"""HTTP in front of the control API, on this machine's loopback alone.

Whoever has the token may do everything here, so nobody gets in without it; a page in a browser that
was led here by a name of its own (DNS rebinding) has the wrong Host, and there is no CORS.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any
from urllib.parse import parse_qsl, unquote

from pydantic import BaseModel

from harness.errors import MachineError
from harness.fakes.errors import FakeError
from harness.fakes.http.exchange import Request, Response
from harness.fakes.http.parser import BadRequest, RequestParser, serialised
from harness.fakes.listener import bind
from harness.fakes.marks import Mark

from .control import CALLS, Control
from .control_call import Answered, Asked, ControlCall, ControlError
from .openapi import openapi

_HOSTS = frozenset(["127.0.0.1", "localhost", "[::1]"])
_LARGEST_BODY = 1024 * 1024
_MOST_CONNECTIONS = 100
_IDLE = 60.0
_LAST_ANSWERS = 5.0
_SOURCE = "the control API of harness serve"
_DESCRIPTION = "/v1/openapi.json"

Routed = tuple[ControlCall, Mapping[str, str]]


@asynccontextmanager
async def control_server(control: Control, *, port: int, token: str) -> AsyncIterator[int]:
    """Serve the control API; the port.

    Raises:
        MachineError: the port is taken.
    """
    try:
        bound = bind("127.0.0.1", port)
    except FakeError as error:
        raise MachineError(f"control API: {error}; choose another") from error
    connections: set[_ControlConnection] = set()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: _ControlConnection(control, token=token, among=connections), sock=bound
    )
    try:
        yield bound.getsockname()[1]
    finally:
        server.close()
        for connection in list(connections):
            connection.abort()
        await asyncio.gather(
            *(each.worker for each in connections if each.worker), return_exceptions=True
        )


class _ControlConnection(asyncio.Protocol):
    """One connection: requests one after the other, each answered before the next is begun."""

    def __init__(self, control: Control, *, token: str, among: set[_ControlConnection]) -> None:
        self._control = control
        self._token = token
        self._among = among
        self._parser = RequestParser(limit=_LARGEST_BODY)
        self._waiting: asyncio.Queue[Request | BadRequest | None] = asyncio.Queue()
        self._transport: asyncio.Transport | None = None
        self.worker: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        if len(self._among) >= _MOST_CONNECTIONS:
            transport.abort()
            return
        self._among.add(self)
        self.worker = asyncio.get_running_loop().create_task(self._work())

    def data_received(self, data: bytes) -> None:
        try:
            complete = self._parser.feed(data)
            problem = None
        except BadRequest as refused:
            complete, problem = self._parser.take_complete(), refused
        if self._parser.expects_continue and problem is None:
            self._parser.expects_continue = False
            self._write(b"HTTP/1.1 100 Continue\r\n\r\n")
        for request in complete:
            self._waiting.put_nowait(request)
        if problem is not None:
            self._waiting.put_nowait(problem)

    def eof_received(self) -> bool:
        """The other side has said all that it has to say, and may wait for answers still."""
        self._waiting.put_nowait(None)
        # More probably it went away while it waited for a message.
        asyncio.get_running_loop().call_later(_LAST_ANSWERS, self.abort)
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        self._among.discard(self)
        if self.worker is not None:
            self.worker.cancel()

    def abort(self) -> None:
        """End it at once."""
        if self._transport is not None:
            self._transport.abort()

    async def _work(self) -> None:
        with suppress(TimeoutError):
            while True:
                came = await asyncio.wait_for(self._waiting.get(), _IDLE)
                if came is None:
                    break
                if isinstance(came, BadRequest):
                    error = ControlError(came.status, "no-http", str(came))
                    self._write(serialised(_refused(error), close=True))
                    break
                response = await respond(self._control, came, token=self._token)
                last = not self._parser.keeps_alive and self._waiting.empty()
                self._write(serialised(response, method=came.method, close=last))
                if last:
                    break
        if self._transport is not None:
            self._transport.close()

    def _write(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)


async def respond(control: Control, request: Request, *, token: str) -> Response:
    """What a request is answered with; never raises."""
    try:
        _admit(request, token)
        if request.path == _DESCRIPTION and request.method == "GET":
            return _answered(json.dumps(openapi()).encode(), "application/json")
        call, path = route(request.method, request.path)
        asked = Asked(path=path, query=_query(request), body=_body(request, call))
        return _told(call, await control.answer(call, asked))
    except ControlError as error:
        return _refused(error)
    except Exception as error:  # noqa: BLE001  # one bad call is not to end the fakes
        return _refused(ControlError(500, "broke", f"{type(error).__name__}: {error}"))


def _admit(request: Request, token: str) -> None:
    host = (request.header("host") or "").lower()
    if re.sub(r":\d+\Z", "", host) not in _HOSTS:
        raise ControlError(403, "host", "the Host has to be 127.0.0.1 or localhost")
    scheme, _, given = (request.header("authorization") or "").partition(" ")
    right = hmac.compare_digest(given.strip().encode("latin-1", "replace"), token.encode())
    if scheme.lower() != "bearer" or not right:
        wrong = "wrong" if given else "missing"
        raise ControlError(
            401, "token", f"the token is {wrong}: it is due as Authorization: Bearer TOKEN"
        )


def route(method: str, path: str) -> Routed:
    """The call that is meant, and what stands in its path.

    Raises:
        ControlError: there is no such path, or it has no such method.
    """
    path = path.rstrip("/") or "/"
    fitting = [(call, found) for call in CALLS if (found := _fits(call.path, path)) is not None]
    # A path without a name in it is meant before one that has it.
    fitting.sort(key=lambda each: len(each[1]))
    fitting = [each for each in fitting if len(each[1]) == len(fitting[0][1])]
    for call, found in fitting:
        if call.method == ("GET" if method == "HEAD" else method):
            return call, found
    if fitting:
        methods = ", ".join(call.method for call, _ in fitting)
        raise ControlError(405, "method", f"{path} has no {method} (choose from {methods})")
    raise ControlError(
        404, "no-such-path", f"there is no {path}; {_DESCRIPTION} lists what there is"
    )


def _fits(pattern: str, path: str) -> dict[str, str] | None:
    parts, given = pattern.split("/"), path.split("/")
    if len(parts) != len(given):
        return None
    found: dict[str, str] = {}
    for part, said in zip(parts, given, strict=True):
        if part.startswith("{"):
            found[part.strip("{}")] = unquote(said)
        elif part != said:
            return None
    return found


def _query(request: Request) -> dict[str, str]:
    pairs = parse_qsl(request.target.partition("?")[2], keep_blank_values=True)
    if twice := {name for name, _ in pairs if [each for each, _ in pairs].count(name) > 1}:
        raise ControlError(400, "query", f"{min(twice)}: it stands there twice")
    return dict(pairs)


def _body(request: Request, call: ControlCall) -> Any:
    if call.body is None:
        return None
    if request.content_type != "application/json":
        raise ControlError(415, "content-type", "the Content-Type has to be application/json")
    try:
        return json.loads(request.body, parse_constant=_refuse_constant)
    except RecursionError:
        raise ControlError(400, "json", "this JSON is nested too deep") from None
    except ValueError as error:
        raise ControlError(400, "json", f"this is no JSON: {error}") from error


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number")


def _told(call: ControlCall, answered: Answered) -> Response:
    if isinstance(answered, BaseModel):
        told = answered.model_dump_json(by_alias=True).encode()
        return _answered(told, "application/json")
    assert isinstance(call.answer, str)
    if isinstance(answered, str):
        return _answered(answered.encode(), f"{call.answer}; charset=utf-8")
    return _answered(answered, call.answer)


def _refused(error: ControlError) -> Response:
    told = json.dumps({"error": {"code": error.code, "message": str(error)}}).encode()
    more = (("WWW-Authenticate", "Bearer"),) if error.status == 401 else ()
    return _answered(told, "application/json", status=error.status, more=more)


def _answered(
    body: bytes, kind: str, *, status: int = 200, more: tuple[tuple[str, str], ...] = ()
) -> Response:
    headers = (
        ("Content-Type", kind),
        ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"),
        *more,
    )
    return Response(status=status, body=body, headers=headers, mark=Mark.SYNTHETIC, source=_SOURCE)
