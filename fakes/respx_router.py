"""The provider rules as routes of respx, for tests of httpx users in their own process."""

from __future__ import annotations

from typing import Protocol

import httpx
import respx

from .http.exchange import Request, Served
from .http.facts import HttpRequested, HttpResponded, decision
from .transcript import Transcript


class Answering(Protocol):
    """A fake whose rules answer requests."""

    transcript: Transcript

    def hosts(self) -> tuple[str, ...]:
        """Every host name that is the provider's."""

    def answer(self, request: Request, *, connection: int = 0, secure: bool = True) -> Served:
        """Put a request to the rules, and keep what came of it."""


def router(fake: Answering, *, outward: str | None = None) -> respx.MockRouter:
    """Routes for the provider's hosts and for the fake's own address.

    A context manager and a decorator, as respx has them; no route has to be called. What goes to
    the URL `outward` is not answered here, but goes on its way.
    """
    made = respx.MockRouter(assert_all_called=False)
    if outward is not None:
        made.route(url=outward).pass_through()
    for host in (*fake.hosts(), "localhost"):
        made.route(host=host).mock(side_effect=lambda request: _answered(fake, request))
    return made


def _answered(fake: Answering, given: httpx.Request) -> httpx.Response:
    request = Request(
        method=given.method,
        target=given.url.raw_path.decode("ascii"),
        headers=tuple(
            (name.decode("latin-1"), value.decode("latin-1")) for name, value in given.headers.raw
        ),
        body=given.read(),
    )
    connection = fake.transcript.open_connection()
    secure = given.url.scheme == "https"
    fake.transcript.record(connection, HttpRequested(request=request, secure=secure))
    served = fake.answer(request, connection=connection, secure=secure)
    response = served.response
    fake.transcript.record(connection, HttpResponded(response=response, secure=secure))
    for fact in decision(served, response.status):
        fake.transcript.record(connection, fact)
    return httpx.Response(response.status, headers=list(response.headers), content=response.body)
