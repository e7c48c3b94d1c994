"""Send one message through a provider's API."""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from harness.protocol import ApiTransport, Message, SendRequest
from harness.reference.api_calls.call import Acceptance, ApiCall, ApiReply
from harness.reference.api_calls.client import exchange
from harness.reference.failure import ConfigError
from harness.reference.redact import Redactor


def redactor_for(transport: ApiTransport) -> Redactor:
    """Hides every credential but the access key's id, which is a name."""
    return Redactor(v for n, v in transport.credentials.items() if v and n != "access_key_id")


def call_of(transport: ApiTransport, message: Message, mime: bytes) -> tuple[Any, ApiCall]:
    """The provider's module, and the request that sends `message`, not signed yet.

    Raises:
        ConfigError: something of the configuration is missing or unknown.
    """
    api: Any = importlib.import_module(f"harness.reference.apis.{transport.provider}")
    call: ApiCall = api.call(transport, message, mime)
    return api, call


def ready_call(
    transport: ApiTransport, message: Message, mime: bytes, *, now: datetime
) -> tuple[Any, ApiCall]:
    """The provider's module, and the request as it goes out: signed, where the provider wants that.

    Raises:
        ConfigError: something of the configuration is missing or unknown.
        MissingLibraryError: the library that signs is not installed.
    """
    api, call = call_of(transport, message, mime)
    if hasattr(api, "signed"):
        host = urlsplit(transport.base_url).netloc if transport.base_url else call.host
        call = api.signed(call, transport, host, now)
    return api, call


def send_by_api(
    request: SendRequest,
    transport: ApiTransport,
    mime: bytes,
    *,
    now: datetime,
    before_body: Callable[[], None] | None = None,
) -> Acceptance:
    """Send, and return the provider's word that it took the message.

    `before_body` is called before the request goes out, and may raise instead.

    Raises:
        DeliveryError: it was not sent, or nobody knows; the words may still hold secrets.
    """
    if not (math.isfinite(request.timeout) and request.timeout > 0):
        raise ConfigError("the timeout is not a number of seconds above zero")
    api, call = ready_call(transport, request.message, mime, now=now)
    reply: ApiReply = exchange(
        call,
        base_url=transport.base_url,
        connect_to=request.connect_to,
        ca_file=request.trust.ca_file,
        verify=transport.verify,
        timeout=request.timeout,
        before_body=before_body,
    )
    acceptance: Acceptance = api.accepted(reply, request.message.recipients)
    return acceptance
