"""What a sender that keeps state is asked beside sending: its settings, a test message, its log.

Part of the sender protocol, version 1. As there, the requests are strict because they are ours, and
of the answers only what can be used is read.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from harness.protocol import (
    ErrorClass,
    Mailbox,
    Phase,
    SendError,
    Transport,
    Trust,
)
from harness.protocol_base import ForeignDocument, ProtocolDocument

# What becomes of a message, in that order; the last two are final.
STATES = ("queued", "processing", "sent", "abandoned")
FINAL_STATES = frozenset({"sent", "abandoned"})


class ConfigureRequest(ProtocolDocument):
    """The request to store settings, in place of those that are stored."""

    protocol: Literal[1] = 1
    """The version of the sender protocol."""

    action: Literal["configure"] = "configure"
    """What is asked for: to store settings."""

    case: str
    """The id of the case, for the sender's own log."""

    transport: Transport | None
    """The provider by which everything is to go from now on; null is none at all."""

    from_: Mailbox | None = Field(default=None, alias="from")
    """Whom messages are from that name nobody themselves; null leaves it to the sender."""

    enabled: bool = True
    """Whether the provider is to be used; false: it is stored, and asleep."""

    connect_to: dict[str, str] = Field(default_factory=dict)
    """From each `host:port` that the sender is told to the address to dial instead."""

    trust: Trust
    """The trust anchor."""

    timeout: float = 2.0
    """Seconds for each single operation of a later send."""


class StateRequest(ProtocolDocument):
    """The request to read the settings back, and to change nothing."""

    protocol: Literal[1] = 1
    """The version of the sender protocol."""

    action: Literal["state"] = "state"
    """What is asked for: the settings as they are stored."""

    case: str
    """The id of the case, for the sender's own log."""


class TestSendRequest(ProtocolDocument):
    """The request to send a test message with the stored settings, and to say what came of it."""

    __test__ = False  # pytest takes the name for its own

    protocol: Literal[1] = 1
    """The version of the sender protocol."""

    action: Literal["test-send"] = "test-send"
    """What is asked for: a test message."""

    case: str
    """The id of the case, for the sender's own log."""

    to: str
    """The address that it goes to."""

    connect_to: dict[str, str] = Field(default_factory=dict)
    """From each `host:port` that the sender is told to the address to dial instead."""

    trust: Trust
    """The trust anchor."""

    timeout: float = 2.0
    """Seconds for each single operation."""


class DeliveriesRequest(ProtocolDocument):
    """The request to show the delivery log."""

    protocol: Literal[1] = 1
    """The version of the sender protocol."""

    action: Literal["deliveries"] = "deliveries"
    """What is asked for: what became of the messages."""

    case: str
    """The id of the case, for the sender's own log."""


class Configured(ForeignDocument):
    """The answer to `configure` and `state`."""

    status: Literal["stored", "refused"] = "stored"
    """Whether the settings are stored; `refused`: they are not, and the ones before hold."""

    settings: dict[str, Any] | None = None
    """The settings as they are read back, with every secret masked; null: there are none."""

    reason: str | None = None
    """Why they were refused."""

    error: SendError | None = None
    """Why they were refused, as a failed send has it."""


class DeliveryAttempt(ForeignDocument):
    """One attempt to hand a message over. Without `class` and `phase` it succeeded."""

    at: str | float | None = None
    """When it ended: ISO 8601, or seconds since 1970."""

    phase: Phase | None = None
    """Where it failed."""

    class_: ErrorClass | None = Field(default=None, alias="class")
    """What kind of failure it was."""

    reply_code: int | None = None
    """The SMTP server's reply code."""

    enhanced_code: str | None = None
    """The SMTP server's enhanced status code."""

    http_status: int | None = None
    """The status of the provider's response."""

    host: str | None = None
    """The server that was tried, as it was configured."""

    message: str | None = None
    """The server's words, or the sender's own; nothing secret may be in them."""

    queue_id: str | None = None
    """The id that the server gave the message."""


class DeliveryEntry(ForeignDocument):
    """What the log says of one message."""

    message_id: str | None = None
    """Its Message-ID, in angle brackets, or another name of the sender's for it."""

    state: str
    """Where it is: `queued`, `processing`, `sent` or `abandoned`."""

    to: tuple[str, ...] = ()
    """Whom it is for: addresses."""

    attempts: tuple[DeliveryAttempt, ...] | None = None
    """The attempts to hand it over, the first one first; null: the log does not tell."""

    @property
    def is_final(self) -> bool:
        """Whether nothing will change any more."""
        return self.state in FINAL_STATES

    @property
    def last(self) -> DeliveryAttempt | None:
        """The last attempt."""
        return self.attempts[-1] if self.attempts else None


class Deliveries(ForeignDocument):
    """The answer to `deliveries`."""

    deliveries: tuple[DeliveryEntry, ...]
    """An entry for each message, in any order."""
