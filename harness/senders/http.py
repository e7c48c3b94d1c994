"""`http://...` and `https://...`: a sender that is asked over HTTP.

Each document is POSTed as `application/json` to that URL. Status 200 carries the answer, 501 means
unsupported (the reason is the body), anything else is no answer. Redirects are not followed, and
no proxy is used. Its own certificate is verified against this machine's trust store: the run's
trust anchor is for the fakes. Several cases are asked side by side, and tell different addresses
for one host: a service that keeps connections under the name alone is run with `--jobs 1`.
"""

from __future__ import annotations

import http.client
import math
import ssl
from collections.abc import Mapping
from typing import Any
from urllib.parse import SplitResult, urlsplit

import anyio
import anyio.to_thread

from harness.errors import SenderNotFoundError, UsageError

from .base import Sender, Surroundings
from .capture import LONGEST_ANSWER, Ends, answer_keys, json_object, words_of
from .outcome import Crashed, Hung, NoAnswer, Outcome, Output, Replied, Unsupported
from .program import json_line

SCHEMES = ("http", "https")

CONNECT_LIMIT = 10.0


class HttpSender(Sender):
    """Posts to a URL."""

    def __init__(self, name: str, url: SplitResult) -> None:
        super().__init__(name)
        self._url = url
        self._threads = anyio.CapacityLimiter(math.inf)
        self._context = ssl.create_default_context() if url.scheme == "https" else None

    async def start(self) -> None:
        """See whether anything listens there."""
        port = self._url.port or (443 if self._context else 80)
        try:
            with anyio.fail_after(CONNECT_LIMIT):
                stream = await anyio.connect_tcp(self._url.hostname or "", port)
        except (OSError, TimeoutError) as problem:
            raise SenderNotFoundError(f"{self.name}: nothing answers there") from problem
        await stream.aclose()

    async def exchange(self, document: Mapping[str, Any], *, limit: float) -> Outcome:
        """Post `document`."""
        with anyio.move_on_after(limit):
            return await anyio.to_thread.run_sync(
                self._post, dict(document), limit, abandon_on_cancel=True, limiter=self._threads
            )
        return Hung(limit=limit)

    def _post(self, document: dict[str, Any], limit: float) -> Outcome:
        connection = self._connection(limit)
        path = f"{self._url.path or '/'}{'?' if self._url.query else ''}{self._url.query}"
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        try:
            connection.request("POST", path, body=json_line(document), headers=headers)
            response = connection.getresponse()
            body = response.read(LONGEST_ANSWER + 1)
        except TimeoutError:
            return Hung(limit=limit)
        except (OSError, http.client.HTTPException) as problem:
            return Crashed(how=f"{type(problem).__name__}: {problem}")
        finally:
            connection.close()
        return response_outcome(response.status, body, action=document.get("action"))

    def _connection(self, limit: float) -> http.client.HTTPConnection:
        host, port = self._url.hostname or "", self._url.port
        if self._context is None:
            return http.client.HTTPConnection(host, port, timeout=limit)
        return http.client.HTTPSConnection(host, port, timeout=limit, context=self._context)


def response_outcome(status: int, body: bytes, *, action: object) -> Outcome:
    """What a response with this status and body answers."""
    kept = Ends()
    kept.feed(body)
    output = Output(stdout=kept.content(), truncated=kept.truncated)
    if status == http.client.NOT_IMPLEMENTED:
        return Unsupported(reason=words_of(body), output=output)
    if status != http.client.OK:
        return NoAnswer(why=f"HTTP status {status}", output=output)
    document = json_object(body) if len(body) <= LONGEST_ANSWER else None
    keys = answer_keys(action)
    if document is None or not any(key in document for key in keys):
        told = " or ".join(f"`{key}`" for key in keys)
        return NoAnswer(why=f"the body is no JSON object with {told}", output=output)
    return Replied(document=document, output=output)


def open_spec(scheme: str, rest: str, surroundings: Surroundings) -> Sender:
    """Open a URL."""
    del surroundings
    name = f"{scheme}:{rest}"
    try:
        url = urlsplit(name)
        usable = bool(url.hostname) and url.port != 0
    except ValueError as problem:
        raise UsageError(f"{name}: {problem}") from problem
    if not usable:
        raise UsageError(f"{name}: names no host; write {scheme}://HOST:PORT/PATH")
    if url.username is not None:
        raise UsageError(f"{scheme}://{url.hostname}: a URL with credentials is shown in reports")
    return HttpSender(name, url)
