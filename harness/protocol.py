"""The sender protocol, version 1: the documents that a sender under test reads and writes.

The request is ours, so it is strict. The answer comes from other people's programs: fields that
we do not know are ignored, and only `status` is required.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

PROTOCOL_VERSION = 1


class Phase(StrEnum):
    """Where a send failed, in the order of a session. `message`: refused before connecting."""

    CONFIG = "config"
    MESSAGE = "message"
    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    GREETING = "greeting"
    EHLO = "ehlo"
    STARTTLS = "starttls"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    END_OF_DATA = "end-of-data"
    QUIT = "quit"
    API = "api"


class ErrorClass(StrEnum):
    """What kind of failure it was: a closed list, explained by `harness explain errors`."""

    CONFIG_INVALID = "config-invalid"
    ADDRESS_INVALID = "address-invalid"
    HEADER_INJECTION = "header-injection"
    SMTPUTF8_REQUIRED = "smtputf8-required"
    MESSAGE_TOO_LARGE = "message-too-large"
    NAME_NOT_FOUND = "name-not-found"
    DNS_TEMPORARY = "dns-temporary"
    CONNECTION_REFUSED = "connection-refused"
    CONNECTION_TIMEOUT = "connection-timeout"
    CONNECTION_RESET = "connection-reset"
    UNREACHABLE = "unreachable"
    CERTIFICATE_INVALID = "certificate-invalid"
    CERTIFICATE_EXPIRED = "certificate-expired"
    CERTIFICATE_NOT_YET_VALID = "certificate-not-yet-valid"
    CERTIFICATE_HOSTNAME_MISMATCH = "certificate-hostname-mismatch"
    CERTIFICATE_UNTRUSTED = "certificate-untrusted"
    CERTIFICATE_UNSUITABLE = "certificate-unsuitable"
    CERTIFICATE_REVOKED = "certificate-revoked"
    PROTOCOL_VERSION = "protocol-version"
    HANDSHAKE_FAILED = "handshake-failed"
    GREETING_REFUSED = "greeting-refused"
    EHLO_REFUSED = "ehlo-refused"
    STARTTLS_UNAVAILABLE = "starttls-unavailable"
    STARTTLS_REFUSED = "starttls-refused"
    AUTH_UNAVAILABLE = "auth-unavailable"
    AUTH_REJECTED = "auth-rejected"
    AUTH_TEMPORARY = "auth-temporary"
    SENDER_REFUSED = "sender-refused"
    RECIPIENT_REFUSED = "recipient-refused"
    DATA_REFUSED = "data-refused"
    MESSAGE_REFUSED = "message-refused"
    SERVICE_UNAVAILABLE = "service-unavailable"
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    INVALID_REQUEST = "invalid-request"
    NOT_FOUND = "not-found"
    RATE_LIMITED = "rate-limited"
    QUOTA_EXCEEDED = "quota-exceeded"
    SERVER_ERROR = "server-error"
    UNEXPECTED_RESPONSE = "unexpected-response"
    REDIRECTED = "redirected"
    CONNECTION_LOST = "connection-lost"
    PROTOCOL_ERROR = "protocol-error"
    STALLED = "stalled"
    OUTCOME_UNKNOWN = "outcome-unknown"

    @property
    def parent(self) -> ErrorClass | None:
        """`certificate-invalid` for each of its children; None otherwise."""
        is_child = self.value.startswith("certificate-") and self is not self.CERTIFICATE_INVALID
        return ErrorClass.CERTIFICATE_INVALID if is_child else None


class Security(StrEnum):
    """How a connection is secured. `starttls` means that the upgrade is required."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


# What a sender that does not know `describe` is taken to have.
ASSUMED_FEATURES = frozenset(
    [
        "smtp",
        "api:ses",
        "api:sendgrid",
        "api:sparkpost",
        "api:mailgun",
        "api:mandrill",
        "api:postmark",
        "security:none",
        "security:starttls",
        "security:tls",
        "verify:false",
        "server_name",
        "timeout",
        "attachments",
        "headers",
    ]
)

# What a sender has only when it says so. `uri`: it reads `transport.uri`, so that the grammar of
# URIs can be asked of it; where a URI is refused there are no fields to agree with, and a sender
# that reads only the fields has nothing to refuse.
DECLARED_FEATURES = frozenset(
    [
        "connect_to",
        "uri",
        "envelope_from",
        "ehlo_name",
        "access_token",
        "state",
        "configure",
        "test-send",
        "delivery-log",
    ]
)

KNOWN_FEATURES = ASSUMED_FEATURES | DECLARED_FEATURES


class _ProtocolDocument(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class _Foreign(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class Mailbox(_ProtocolDocument):
    """A display name, or "", and an address."""

    name: str = ""
    address: str


class Attachment(_ProtocolDocument):
    """A file to attach. `content` is base64."""

    filename: str
    content_type: str = "application/octet-stream"
    content: str


class Message(_ProtocolDocument):
    """What to send. `envelope_from` None means the address of `from`; "" is the null sender."""

    from_: Mailbox = Field(alias="from")
    to: tuple[Mailbox, ...]
    cc: tuple[Mailbox, ...] = ()
    bcc: tuple[Mailbox, ...] = ()
    reply_to: tuple[Mailbox, ...] = ()
    sender: Mailbox | None = None
    envelope_from: str | None = None
    subject: str = ""
    text: str | None = ""
    html: str | None = None
    headers: dict[str, str] = Field(default_factory=dict)
    attachments: tuple[Attachment, ...] = ()

    @property
    def recipients(self) -> tuple[str, ...]:
        """Every envelope recipient, in order, each once."""
        return tuple(dict.fromkeys(box.address for box in (*self.to, *self.cc, *self.bcc)))


class SmtpTransport(_ProtocolDocument):
    """An SMTP configuration. `uri` and the fields always agree.

    `server_name` is both the SNI and the name that is verified. `username` and `password` are
    both None where no credentials are configured.
    """

    kind: Literal["smtp"] = "smtp"
    uri: str
    host: str
    port: int
    username: str | None = None
    password: str | None = None
    security: Security
    verify: bool = True
    server_name: str | None = None
    ehlo_name: str | None = None
    access_token: str | None = None


class ApiTransport(_ProtocolDocument):
    """A provider API configuration. `base_url` is an origin without a path."""

    kind: Literal["api"] = "api"
    provider: Literal["ses", "sendgrid", "sparkpost", "mailgun", "mandrill", "postmark"]
    api: Literal["v1", "v2"] | None = None
    credentials: dict[str, str]
    region: str | None = None
    domain: str | None = None
    verify: bool = True
    base_url: str | None = None


Transport = Annotated[SmtpTransport | ApiTransport, Field(discriminator="kind")]


class Trust(_ProtocolDocument):
    """Where the run's only trust anchor lies: PEM, and PKCS#12 for Java."""

    ca_file: str
    ca_pkcs12: str
    ca_pkcs12_password: str


class SendRequest(_ProtocolDocument):
    """The request to send one message. `timeout` is seconds for each single operation."""

    protocol: Literal[1] = 1
    action: Literal["send"] = "send"
    case: str
    transport: Transport | None
    connect_to: dict[str, str] = Field(default_factory=dict)
    trust: Trust
    message: Message
    timeout: float = 2.0


class DescribeRequest(_ProtocolDocument):
    """The request to say what the sender is and can do."""

    protocol: Literal[1] = 1
    action: Literal["describe"] = "describe"


class Description(_Foreign):
    """The answer to `describe`."""

    name: str = ""
    version: str = ""
    features: tuple[str, ...]


class RefusedRecipient(_Foreign):
    """A recipient that the server refused while it took others."""

    address: str
    reply_code: int | None = None
    message: str | None = None


class SendError(_Foreign):
    """Why a send failed. Only what the sender says is judged."""

    phase: Phase | None = None
    class_: ErrorClass | None = Field(default=None, alias="class")
    temporary: bool | None = None
    reply_code: int | None = None
    enhanced_code: str | None = None
    http_status: int | None = None
    provider_code: str | int | None = None
    message: str | None = None


class Answer(_Foreign):
    """The answer to `send`. `sent` with `refused` is partial success."""

    status: Literal["sent", "failed", "unsupported"]
    reason: str | None = None
    message_id: str | None = None
    provider_id: str | None = None
    final_reply: str | None = None
    attempts: int | None = None
    refused: tuple[RefusedRecipient, ...] = ()
    error: SendError | None = None

    def document(self) -> dict[str, Any]:
        """The answer as JSON-ready data, without the fields that were not given."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)
