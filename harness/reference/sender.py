"""The reference sender behind the sender protocol: a document in, a document out."""

from __future__ import annotations

import copy
import math
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from harness import __version__
from harness.protocol import PROTOCOL_VERSION, ApiTransport, Phase, SendRequest, SmtpTransport
from harness.reference import apis
from harness.reference.failure import ConfigError, DeliveryError, MissingLibraryError
from harness.reference.message import build
from harness.reference.reply import printable
from harness.reference.settings import SmtpSettings, smtp_settings
from harness.reference.smtp import Delivery, send_message
from harness.reference.uri import parse_smtp_uri

FEATURES = (
    "smtp",
    "security:none",
    "security:starttls",
    "security:tls",
    "verify:false",
    "server_name",
    "timeout",
    "attachments",
    "headers",
    "connect_to",
    "envelope_from",
    "ehlo_name",
    "access_token",
    "auth:oauthbearer",
    "auth:scram-sha-256",
    "auth:scram-sha-256-plus",
    "uri",
    *(f"api:{name}" for name in apis.names()),
)

Document = dict[str, Any]
M = TypeVar("M", bound=BaseModel)


def _now() -> datetime:
    return datetime.now(UTC)


def _unique() -> str:
    return secrets.token_hex(16)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceSender:
    """Answers requests. `now` gives an aware time, `unique` the left side of a Message-ID."""

    now: Callable[[], datetime] = _now
    unique: Callable[[], str] = _unique

    def handle(self, request: Mapping[str, Any]) -> Document:
        """The answer to a `describe` or `send` document; `unsupported` to any other."""
        if request.get("protocol", PROTOCOL_VERSION) != PROTOCOL_VERSION:
            return unsupported(f"this sender speaks version {PROTOCOL_VERSION} of the protocol")
        match request.get("action"):
            case "describe":
                return {"name": "reference", "version": __version__, "features": list(FEATURES)}
            case "send":
                return self._send(request)
            case _:
                return unsupported("the actions are describe and send")

    def _send(self, document: Mapping[str, Any]) -> Document:
        try:
            request = read_request(document)
        except ValidationError as error:
            return unsupported(unreadable(error))
        match request.transport:
            case SmtpTransport() as transport:
                return self._send_by_smtp(request, transport)
            case ApiTransport() as transport:
                return self._send_by_api(request, transport)
            case _:
                return unsupported("this sender stores no configuration")

    def _send_by_api(self, request: SendRequest, transport: ApiTransport) -> Document:
        from harness.reference.api_calls.send import redactor_for, send_by_api  # noqa: PLC0415

        message_id: str | None = None
        attempts = 0
        # A provider may send back what it was sent.
        redactor = redactor_for(transport)
        try:
            message = build(request.message, unique=self.unique(), date=self.now())
            message_id, attempts = message.message_id, 1
            mime = message.data
            taken = send_by_api(request, transport, mime, now=self.now())
        except MissingLibraryError as lack:
            return unsupported(str(lack))
        except DeliveryError as failure:
            answer = failed(
                failure, message_id, attempts=0 if failure.phase is Phase.CONFIG else attempts
            )
            answer["error"]["message"] = printable(redactor.clean(answer["error"]["message"]))
            return answer
        return {
            "status": "sent",
            "message_id": message_id,
            "provider_id": taken.provider_id,
            "attempts": 1,
            "refused": [
                {"address": refused.address, "message": printable(redactor.clean(refused.message))}
                for refused in taken.refused
            ],
        }

    def _send_by_smtp(self, request: SendRequest, transport: SmtpTransport) -> Document:
        message_id: str | None = None
        attempts = 0
        try:
            settings = settings_of(transport)
            if not (math.isfinite(request.timeout) and request.timeout > 0):
                raise ConfigError("the timeout is not a number of seconds above zero")
            message = build(request.message, unique=self.unique(), date=self.now())
            message_id, attempts = message.message_id, 1
            delivery = send_message(
                settings,
                message,
                timeout=request.timeout,
                ca_file=request.trust.ca_file,
                connect_to=request.connect_to,
                ehlo_name=transport.ehlo_name,
            )
        except DeliveryError as failure:
            unconnected = failure.phase in (Phase.CONFIG, Phase.DNS)
            return failed(failure, message_id, attempts=0 if unconnected else attempts)
        return _sent(delivery, message_id)


def handle(request: Mapping[str, Any]) -> Document:
    """Answer one document of the sender protocol. Blocks; keeps nothing between two calls."""
    return ReferenceSender().handle(request)


def read_request(document: Mapping[str, Any]) -> SendRequest:
    """The request to send, without the fields that a later protocol may have added."""
    return read_as(SendRequest, document)


def read_as(kind: type[M], document: Mapping[str, Any]) -> M:
    """A document of the sender protocol, without the fields that it does not know.

    Raises pydantic's ValidationError.
    """
    try:
        return kind.model_validate(document)
    except ValidationError as error:
        unknown = [fault["loc"] for fault in error.errors() if fault["type"] == "extra_forbidden"]
    known = copy.deepcopy(dict(document))
    for place in unknown:
        _remove(known, place)
    return kind.model_validate(known)


def unreadable(error: ValidationError) -> str:
    """Where a request cannot be read: pydantic's own text would quote the password in it."""
    places = ", ".join(".".join(map(str, fault["loc"])) for fault in error.errors())
    return f"the request cannot be read at: {places}"


def _remove(document: Any, place: tuple[Any, ...]) -> None:
    """Drop what is at `place`, which also names the members of unions on its way."""
    *way, last = place
    for step in way:
        if isinstance(document, list) or (isinstance(document, dict) and step in document):
            document = document[step]
    if isinstance(document, dict):
        document.pop(last, None)


def settings_of(transport: SmtpTransport) -> SmtpSettings:
    """What the URI says. The fields, which always agree, serve where there is none.

    And where a token is to be used, because the grammar of URIs has no place for one.
    """
    if transport.uri and transport.access_token is None:
        return parse_smtp_uri(transport.uri)
    return smtp_settings(
        host=transport.host,
        port=transport.port,
        username=transport.username,
        password=transport.password,
        security=transport.security,
        verify=transport.verify,
        server_name=transport.server_name,
        access_token=transport.access_token,
    )


def unsupported(reason: str) -> Document:
    """The answer to what cannot be asked."""
    return {"status": "unsupported", "reason": reason}


def _sent(delivery: Delivery, message_id: str | None) -> Document:
    return {
        "status": "sent",
        "message_id": message_id,
        "final_reply": delivery.final_reply,
        "attempts": 1,
        "refused": [
            {
                "address": refused.address,
                "reply_code": refused.reply_code,
                "message": refused.message,
            }
            for refused in delivery.refused
        ],
    }


def failed(failure: DeliveryError, message_id: str | None, *, attempts: int) -> Document:
    """The answer to a send that failed."""
    error: Document = {
        "phase": failure.phase.value,
        "class": failure.class_.value if failure.class_ else None,
        "temporary": failure.temporary,
        "reply_code": failure.reply_code,
        "enhanced_code": failure.enhanced_code,
        "http_status": failure.http_status,
        "provider_code": failure.provider_code,
        "message": str(failure),
    }
    return {
        "status": "failed",
        "message_id": message_id,
        "attempts": attempts,
        "error": {key: value for key, value in error.items() if value is not None},
    }
