"""The sender protocol, version 1: the documents that a sender under test reads and writes.

The request is ours, so it is strict. The answer comes from other people's programs: fields that
we do not know are ignored, and only `status` is required.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from harness import features
from harness.fakes.providers.registry import api_versions, provider_names
from harness.protocol_base import ForeignDocument, ProtocolDocument

PROTOCOL_VERSION = 1

if TYPE_CHECKING:
    ProviderName = str
    ApiVersion = str
else:
    # What providers there are is found, so that a new one touches nothing here.
    ProviderName = Literal[provider_names()]
    ApiVersion = Literal[api_versions()]


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


# What a sender that does not know `describe` is taken to have; what one has only when it says so.
ASSUMED_FEATURES = frozenset(features.ASSUMED)
DECLARED_FEATURES = frozenset(features.DECLARED)
KNOWN_FEATURES = ASSUMED_FEATURES | DECLARED_FEATURES


class Mailbox(ProtocolDocument):
    """A display name and an address."""

    name: str = ""
    """The display name, or ""."""

    address: str
    """The address."""


class Attachment(ProtocolDocument):
    """A file to attach."""

    filename: str
    """Its name."""

    content_type: str = "application/octet-stream"
    """Its media type."""

    content: str
    """What is in it, in base64."""


class Message(ProtocolDocument):
    """What to send."""

    from_: Mailbox = Field(alias="from")
    """Whom it is from."""

    to: tuple[Mailbox, ...]
    """The recipients in To."""

    cc: tuple[Mailbox, ...] = ()
    """The recipients in Cc."""

    bcc: tuple[Mailbox, ...] = ()
    """Recipients whom no other one gets to see."""

    reply_to: tuple[Mailbox, ...] = ()
    """Where answers go."""

    sender: Mailbox | None = None
    """Who hands it in, where that is not `from`: the header Sender."""

    envelope_from: str | None = None
    """The address for MAIL FROM; "" is the null sender. Default: that of `from`."""

    subject: str = ""
    """The subject."""

    text: str | None = ""
    """The plain text; null is none."""

    html: str | None = None
    """The HTML; null is none."""

    headers: dict[str, str] = Field(default_factory=dict)
    """Headers of the caller's own, by name."""

    attachments: tuple[Attachment, ...] = ()
    """Files to attach."""

    @property
    def recipients(self) -> tuple[str, ...]:
        """Every envelope recipient, in order, each once."""
        return tuple(dict.fromkeys(box.address for box in (*self.to, *self.cc, *self.bcc)))


class SmtpTransport(ProtocolDocument):
    """An SMTP configuration. `uri` and the fields always agree."""

    kind: Literal["smtp"] = "smtp"
    """An SMTP server."""

    uri: str
    """All of it as a connection URI."""

    host: str
    """The server's name, or its address; IPv6 without brackets."""

    port: int
    """The port to connect to."""

    username: str | None = None
    """The account's name; null where no account is configured."""

    password: str | None = None
    """The account's password; null where no account is configured."""

    security: Security
    """How the connection is secured; `starttls` means that the upgrade is required."""

    verify: bool = True
    """Whether the server's certificate is to be verified."""

    server_name: str | None = None
    """Both the SNI and the name that is verified; null means `host`."""

    ehlo_name: str | None = None
    """The name to give with EHLO; null leaves it to the sender."""

    access_token: str | None = None
    """A token to log in with, in place of a password (XOAUTH2)."""


class ApiTransport(ProtocolDocument):
    """A provider API configuration."""

    kind: Literal["api"] = "api"
    """A provider's API."""

    provider: ProviderName
    """Whose API it is."""

    api: ApiVersion | None = None
    """Which of its APIs, where the provider has several; null leaves it to the sender."""

    credentials: dict[str, str]
    """What the sender authenticates with, by names that are the provider's (`harness explain
    provider`): `api_key` for most."""

    region: str | None = None
    """The region, by the provider's own name for it; null where it has none, or none is
    configured."""

    domain: str | None = None
    """The sending domain, where the provider wants it named."""

    verify: bool = True
    """Whether the server's certificate is to be verified."""

    base_url: str | None = None
    """Where the API is found: an origin without a path. Null: under its real host names, which
    stand in `connect_to`."""


Transport = Annotated[SmtpTransport | ApiTransport, Field(discriminator="kind")]


class Trust(ProtocolDocument):
    """Where the run's only trust anchor lies."""

    ca_file: str
    """The path of a PEM file."""

    ca_pkcs12: str
    """The path of a PKCS#12 file, for Java."""

    ca_pkcs12_password: str
    """The password of the PKCS#12 file."""


class SendRequest(ProtocolDocument):
    """The request to send one message."""

    protocol: Literal[1] = 1
    """The version of the sender protocol."""

    action: Literal["send"] = "send"
    """What is asked for: to send."""

    case: str
    """The id of the case, for the sender's own log."""

    transport: Transport | None
    """By which way it is to go, and with which configuration; null: the one that is stored."""

    connect_to: dict[str, str] = Field(default_factory=dict)
    """From each `host:port` that the sender is told to the address to dial instead."""

    trust: Trust
    """The trust anchor."""

    message: Message
    """What to send."""

    timeout: float = 2.0
    """Seconds for each single operation: connecting, each reply, each write."""


class DescribeRequest(ProtocolDocument):
    """The request to say what the sender is and can do."""

    protocol: Literal[1] = 1
    """The version of the sender protocol."""

    action: Literal["describe"] = "describe"
    """What is asked for: what the sender is."""


class Description(ForeignDocument):
    """The answer to `describe`."""

    name: str = ""
    """What it is called."""

    version: str = ""
    """Its version."""

    features: tuple[str, ...]
    """What it can do; it is asked nothing else."""


class RefusedRecipient(ForeignDocument):
    """A recipient that the server refused while it took others."""

    address: str
    """The recipient's address."""

    reply_code: int | None = None
    """The server's reply code."""

    message: str | None = None
    """What the server, or the sender, said of it."""


class SendError(ForeignDocument):
    """Why a send failed. Only what the sender says is judged."""

    phase: Phase | None = None
    """Where it failed."""

    class_: ErrorClass | None = Field(default=None, alias="class")
    """What kind of failure it was."""

    temporary: bool | None = None
    """Whether trying again later can help."""

    reply_code: int | None = None
    """The SMTP server's reply code, as 535."""

    enhanced_code: str | None = None
    """The SMTP server's enhanced status code, as 5.7.8."""

    http_status: int | None = None
    """The status of the provider's response."""

    provider_code: str | int | None = None
    """The provider's own code for the error."""

    message: str | None = None
    """The sender's own words; nothing secret may be in them."""


class Answer(ForeignDocument):
    """The answer to `send` and `test-send`. `sent` with `refused` is partial success."""

    status: Literal["sent", "queued", "failed", "unsupported"]
    """What became of it; `queued`: the sender has it, and its delivery log will tell;
    `unsupported`: the sender cannot do this at all."""

    reason: str | None = None
    """Why it is unsupported."""

    message_id: str | None = None
    """The Message-ID that the message went out with, in its angle brackets."""

    provider_id: str | None = None
    """The id that the provider gave it."""

    final_reply: str | None = None
    """The server's reply to the end of the data."""

    attempts: int | None = None
    """How many connections it made over SMTP, or how many requests by an API."""

    refused: tuple[RefusedRecipient, ...] = ()
    """Recipients that the server refused while it took others."""

    error: SendError | None = None
    """Why it failed."""

    def document(self) -> dict[str, Any]:
        """The answer as JSON-ready data, without the fields that were not given."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)
