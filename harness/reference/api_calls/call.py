"""A provider's API as two pure functions: from message to call, from reply to outcome."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from harness.protocol import ApiTransport, ErrorClass, Message, Phase
from harness.reference.failure import ConfigError, DeliveryError

_MOST_WORDS = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiCall:
    """One HTTP request. `host` is the provider's, by region; `path` may hold a query."""

    host: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    method: str = "POST"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiReply:
    """What came back. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text, not too much of it."""
        return self.body.decode("utf-8", "replace")[:_MOST_WORDS]

    def json(self) -> Any:
        """The body as JSON; None where it is none."""
        try:
            return json.loads(self.body.decode("utf-8"))
        except (ValueError, RecursionError):
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedByApi:
    """A recipient whom the provider refused while it took the message for others."""

    address: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """The provider's word that it took the message: its id, and for whom it did not."""

    provider_id: str
    refused: tuple[RefusedByApi, ...] = ()


class ReferenceApi(Protocol):
    """What a module of this package has."""

    def call(self, transport: ApiTransport, message: Message, mime: bytes) -> ApiCall:
        """The request that sends `message`; `mime` is the same message, finished.

        Raises:
            ConfigError: something of the configuration is missing or unknown.
        """

    def accepted(self, reply: ApiReply, recipients: Sequence[str]) -> Acceptance:
        """What the provider says of a message that it took.

        Raises:
            DeliveryError: it was not, in the provider's own words.
        """


def named_in(words: str, recipients: Sequence[str]) -> Iterator[str]:
    """The recipients that a provider's words name."""
    for address in recipients:
        if re.search(rf"(?<![\w.+-]){re.escape(address)}(?![\w-]|\.\w)", words, re.IGNORECASE):
            yield address


def credential(transport: ApiTransport, name: str) -> str:
    """A credential that has to be there. Blanks around it are a mistake that no key survives."""
    value = transport.credentials.get(name, "")
    words = name.replace("_", " ")
    if not value:
        raise ConfigError(f"the {words} is missing")
    if value != value.strip() or not value.isprintable():
        raise ConfigError(f"the {words} has white space or control characters in it")
    return value


def host_of(transport: ApiTransport, hosts: Mapping[str, str]) -> str:
    """The host of the configured region.

    Raises:
        ConfigError: there is no region, or none of that name.
    """
    region = transport.region or ""
    if region in hosts:
        return hosts[region]
    known = ", ".join(hosts)
    what = f"no region {region!r}" if region else "no region is configured"
    raise ConfigError(f"{transport.provider}: {what}; choose from {known}")


def refused(
    reply: ApiReply,
    words: str,
    *,
    class_: ErrorClass | None = None,
    temporary: bool | None = None,
    code: str | int | None = None,
) -> DeliveryError:
    """The failure that a response stands for; its class follows from the status unless given."""
    guess, may_pass = _by_status(reply.status)
    said = words.strip() or reply.text.strip() or "it gave no reason"
    return DeliveryError(
        f"the provider refused the message: {said} (HTTP {reply.status})",
        phase=Phase.API,
        class_=class_ or guess,
        temporary=may_pass if temporary is None else temporary,
        http_status=reply.status,
        provider_code=code,
        retry_after=reply.headers.get("retry-after"),
    )


def unexpected(reply: ApiReply) -> DeliveryError:
    """A response that the provider never gives: somebody else answered."""
    return DeliveryError(
        f"HTTP {reply.status} with something that is no answer of the provider's: "
        f"{reply.text[:200]!r}",
        phase=Phase.API,
        class_=ErrorClass.UNEXPECTED_RESPONSE,
        temporary=None,
        http_status=reply.status,
    )


def _by_status(status: int) -> tuple[ErrorClass, bool]:
    classes = {
        401: (ErrorClass.UNAUTHORIZED, False),
        403: (ErrorClass.FORBIDDEN, False),
        404: (ErrorClass.NOT_FOUND, False),
        413: (ErrorClass.MESSAGE_TOO_LARGE, False),
        420: (ErrorClass.QUOTA_EXCEEDED, True),
        429: (ErrorClass.RATE_LIMITED, True),
    }
    if status in classes:
        return classes[status]
    if status >= 500:
        return ErrorClass.SERVER_ERROR, True
    return ErrorClass.INVALID_REQUEST, False
