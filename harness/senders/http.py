"""`http://...` and `https://...`: a sender that is asked over HTTP.

Each document is POSTed as `application/json` to that URL. Status 200 carries the answer, 501 means
unsupported (the reason is the body), anything else is no answer. Redirects are not followed, and
no proxy is used. Its own certificate is verified against this machine's trust store: the run's
trust anchor is for the fakes. Several cases are asked side by side, and tell different addresses
for one host: a service that keeps connections under the name alone is run with `--jobs 1`.
"""

from __future__ import annotations

import asyncio
import http.client
import ssl
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import SplitResult, urlsplit

from harness.errors import SenderError, UsageError
from harness.secrets import NO_SECRETS, Secrets

from .base import Sender, Surroundings
from .capture import KEPT_AT_EACH_END, LONGEST_ANSWER, Ends, answer_keys, words_of
from .exit_status import replied
from .http_request import ask_url
from .json_object import json_object
from .outcome import Crashed, Hung, NoAnswer, Outcome, Output, Unsupported
from .program import json_line, secrets_told
from .threads import in_thread

SCHEMES = ("http", "https")

CONNECT_LIMIT = 10.0
# How long one address may be silent before the next is tried beside it (RFC 8305 section 5).
_HEAD_START = 0.25


class HttpSender(Sender):
    """Posts to a URL."""

    def __init__(self, name: str, url: SplitResult) -> None:
        super().__init__(name)
        self._url = url
        self._context = ssl.create_default_context() if url.scheme == "https" else None

    async def start(self) -> None:
        """See whether anything listens there."""
        port = self._url.port or (443 if self._context else 80)
        try:
            async with asyncio.timeout(CONNECT_LIMIT):
                _, stream = await asyncio.open_connection(
                    self._url.hostname or "", port, happy_eyeballs_delay=_HEAD_START
                )
        except (OSError, TimeoutError) as problem:
            raise SenderError(f"{self.name}: nothing answers there") from problem
        stream.close()
        with suppress(OSError):
            await stream.wait_closed()

    async def exchange(self, document: Mapping[str, Any], *, limit: float) -> Outcome:
        """Post `document`."""
        with suppress(TimeoutError):
            async with asyncio.timeout(limit):
                return await in_thread(self._post, dict(document), limit)
        return Hung(limit=limit)

    def _post(self, document: dict[str, Any], limit: float) -> Outcome:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        try:
            response = ask_url(
                self._url,
                method="POST",
                headers=headers,
                body=json_line(document),
                limit=limit,
                context=self._context,
            )
        except TimeoutError:
            return Hung(limit=limit)
        except (OSError, http.client.HTTPException) as problem:
            return Crashed(how=f"{type(problem).__name__}: {problem}")
        return response_outcome(
            response.status,
            response.body,
            action=document.get("action"),
            told=secrets_told(document),
        )


def response_outcome(
    status: int, body: bytes, *, action: object, told: Secrets = NO_SECRETS
) -> Outcome:
    """What a response with this status and body answers."""
    output = _kept(body, told)
    if status == http.client.NOT_IMPLEMENTED:
        return Unsupported(reason=words_of(body, told), output=output)
    if status != http.client.OK:
        return NoAnswer(why=f"HTTP status {status}", output=output)
    if len(body) > LONGEST_ANSWER:
        return NoAnswer(why=f"the body is longer than {LONGEST_ANSWER} bytes", output=output)
    read = json_object(body)
    keys = answer_keys(action)
    if read is None or not any(key in read.document for key in keys):
        names = " or ".join(f"`{key}`" for key in keys)
        return NoAnswer(why=f"the body is no JSON object with {names}", output=output)
    return replied(read, output)


def _kept(body: bytes, told: Secrets) -> Output:
    """What is kept of a body. Of one that was not read to its end only the beginning is."""
    if len(body) > LONGEST_ANSWER:
        # Redacted first: what a border cuts through would not be known for a secret.
        beginning = told.redact(body)[:KEPT_AT_EACH_END]
        return Output(stdout=beginning, truncated=True, found=told.found_in(body), told=told)
    kept = Ends(told=told)
    kept.feed(body)
    return Output(stdout=kept.content(), truncated=kept.truncated, found=kept.found, told=told)


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
