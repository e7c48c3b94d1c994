"""Mailpit's API: a client that is strict about whom it talks to and what it deletes.

Nothing here follows a redirect: on a write it would lose the body, and Mailpit takes a DELETE
without a body as an order to delete everything (`server/apiv1/messages.go`, v1.33.1).
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, ValidationError

from harness.errors import MachineError

from .closed_afterwards import ClosedAfterwards
from .models import MailpitInformation, MailpitMessage, MailpitPage
from .place import MailpitPlace

try:
    import httpx
except ImportError as error:  # an extra, which a plain installation does without
    raise MachineError("Mailpit needs httpx: pip install 'mail-harness[mailpit]'") from error

M = TypeVar("M", bound=BaseModel)

OLDEST: Final = (1, 20, 0)
"""Since 1.18.1 the reply to a message over SMTP has its id, since 1.20.0 `X-Tags` is read well."""

_VERSION = re.compile(r"v?(\d+)\.(\d+)\.(\d+)\b")
_BETWEEN_TRIES = 0.05
_LONGEST_WORDS = 200


class MailpitError(MachineError):
    """A Mailpit that cannot be used, and what to do. Exit status 3."""


class MailpitClient(ClosedAfterwards):
    """A client of one Mailpit, to be closed. `timeout` is seconds for each step of a request.

    `transport` is what carries the requests; None: sockets.

    Every method raises `MailpitError`, in one line, where this is no Mailpit that can be used.
    """

    def __init__(
        self,
        place: MailpitPlace,
        *,
        timeout: float = 5.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.place = place
        auth = None
        if place.username is not None:
            auth = httpx.BasicAuth(place.username, place.password or "")
        # Nobody's proxy: this is a server of the person's own, mostly on this very machine.
        self._http = httpx.Client(
            auth=auth,
            timeout=timeout,
            transport=transport,
            follow_redirects=False,
            trust_env=False,
        )

    def close(self) -> None:
        """Give up its connections."""
        self._http.close()

    def information(self) -> MailpitInformation:
        """What it says of itself, once it has been found to be a Mailpit that is new enough."""
        found = self._read(MailpitInformation, "api/v1/info", is_first=True)
        version = _VERSION.match(found.version)
        if version is not None and tuple(map(int, version.groups())) < OLDEST:
            oldest = ".".join(map(str, OLDEST))
            raise MailpitError(
                f"the Mailpit at {self.place.url} is {found.version}: v{oldest} or newer is needed"
            )
        return found

    def wait_ready(
        self, *, seconds: float, given_up: Callable[[], bool] = lambda: False
    ) -> MailpitInformation:
        """Wait until one that was just started answers; then as `information`.

        `given_up` tells when there is nothing to wait for any more.
        """
        until = time.monotonic() + seconds
        while True:
            try:
                if self._http.get(self._url("readyz")).status_code == httpx.codes.OK:
                    return self.information()
            except httpx.TransportError:
                pass
            if time.monotonic() >= until or given_up():
                raise MailpitError(f"the Mailpit at {self.place.url} does not become ready")
            time.sleep(_BETWEEN_TRIES)

    def messages(self, *, start: int = 0, limit: int = 50) -> MailpitPage:
        """What is there, newest first: a part of the list."""
        return self._read(MailpitPage, "api/v1/messages", start=start, limit=limit)

    def search(self, query: str, *, start: int = 0, limit: int = 50) -> MailpitPage:
        """What Mailpit's search finds, newest first; words are found as parts of others."""
        return self._read(MailpitPage, "api/v1/search", query=query, start=start, limit=limit)

    def message(self, message: str) -> MailpitMessage:
        """A message, which is marked as read by that."""
        return self._read(MailpitMessage, f"api/v1/message/{_named(message)}")

    def raw(self, message: str) -> bytes:
        """A message octet for octet as Mailpit keeps it: with headers that it has added."""
        return self._asked("GET", f"api/v1/message/{_named(message)}/raw").content

    def headers(self, message: str) -> dict[str, list[str]]:
        """The headers of a message, each with all its values."""
        found: dict[str, list[str]] = self._json(f"api/v1/message/{_named(message)}/headers")
        return found

    def tags(self) -> list[str]:
        """Every tag that some message has."""
        found: list[str] = self._json("api/v1/tags")
        return found

    def set_tags(self, messages: Sequence[str], tags: Sequence[str]) -> None:
        """Give these messages these tags in place of what they had."""
        self._asked("PUT", "api/v1/tags", {"IDs": _some(messages), "Tags": list(tags)})

    def delete(self, messages: Sequence[str]) -> None:
        """Delete these messages. There is no way here to delete anything that is not named.

        Raises:
            ValueError: none is named, which Mailpit would take for all.
        """
        self._asked("DELETE", "api/v1/messages", {"IDs": _some(messages)})

    def _read(self, model: type[M], path: str, *, is_first: bool = False, **query: Any) -> M:
        found = self._json(path, is_first=is_first, **query)
        try:
            return model.model_validate(found)
        except ValidationError as error:
            where = ".".join(map(str, error.errors()[0]["loc"]))
            raise self._stranger(f"/{path} has no {where} as Mailpit's would") from error

    def _json(self, path: str, *, is_first: bool = False, **query: Any) -> Any:
        response = self._asked("GET", path, is_first=is_first, **query)
        try:
            return response.json()
        except ValueError as error:
            raise self._stranger(f"/{path} is no JSON") from error

    def _asked(
        self, method: str, path: str, body: object = None, *, is_first: bool = False, **query: Any
    ) -> httpx.Response:
        try:
            response = self._http.request(method, self._url(path), params=query or None, json=body)
        except httpx.TimeoutException as error:
            raise MailpitError(
                f"the Mailpit at {self.place.url} does not answer in time"
            ) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            said = " ".join(str(error).split()) or type(error).__name__
            raise MailpitError(f"no Mailpit answers at {self.place.url}: {said}") from error
        if response.status_code != httpx.codes.OK:
            raise self._refused(response, path, is_first=is_first)
        return response

    def _refused(self, response: httpx.Response, path: str, *, is_first: bool) -> MailpitError:
        url, status = self.place.url, response.status_code
        challenge = response.headers.get("WWW-Authenticate", "").casefold()
        if status == httpx.codes.UNAUTHORIZED and challenge.startswith("basic"):
            how = "http://USER:PASSWORD@HOST:PORT"
            wanted = "wants another" if self.place.username is not None else "wants a"
            return MailpitError(f"the Mailpit at {url} {wanted} password: give it as {how}")
        if response.is_redirect:
            target = response.headers.get("Location", "?")[:_LONGEST_WORDS]
            return MailpitError(f"{url} leads to {target}: give the address that Mailpit is at")
        said = " ".join(response.text[:_LONGEST_WORDS].split())
        if is_first:
            return self._stranger(f"/{path} is answered with {status}")
        return MailpitError(f"the Mailpit at {url} answers /{path} with {status}: {said}")

    def _stranger(self, why: str) -> MailpitError:
        return MailpitError(f"what answers at {self.place.url} is no Mailpit: {why}")

    def _url(self, path: str) -> str:
        return f"{self.place.url}/{path}"


def _named(message: str) -> str:
    if not message:
        raise ValueError("a message's id is due")
    return quote(message, safe="")


def _some(messages: Sequence[str]) -> list[str]:
    if isinstance(messages, str) or not messages or not all(messages):
        raise ValueError("ids of messages are due: Mailpit takes none for all")
    return list(messages)
