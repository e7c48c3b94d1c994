"""Why a send failed: one exception, raised anywhere, turned into an answer in one place."""

from __future__ import annotations

from dataclasses import dataclass

from harness.errors import UsageError
from harness.protocol import ErrorClass, Phase


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedCommand:
    """A recipient that the server did not take, with its words.

    `temporary` None means that nobody knows, or that the message may have gone to them.
    """

    address: str
    reply_code: int | None
    message: str
    temporary: bool | None = None


class DeliveryError(Exception):
    """The message was not sent, or nobody knows.

    Its text is for the operator: what happened, at which host and port, in the server's own
    words, and never a secret. `temporary` None means that nothing can be said about a retry.
    `refused` holds each recipient where it was them that were refused, `retry_after` the header of
    that name of a provider's response.
    """

    def __init__(
        self,
        message: str,
        *,
        phase: Phase,
        class_: ErrorClass | None,
        temporary: bool | None = None,
        reply_code: int | None = None,
        enhanced_code: str | None = None,
        http_status: int | None = None,
        provider_code: str | int | None = None,
        refused: tuple[RefusedCommand, ...] = (),
        retry_after: str | None = None,
    ) -> None:
        super().__init__(message)
        self.phase = phase
        self.class_ = class_
        self.temporary = temporary
        self.reply_code = reply_code
        self.enhanced_code = enhanced_code
        self.http_status = http_status
        self.provider_code = provider_code
        self.refused = refused
        self.retry_after = retry_after


class MissingLibraryError(UsageError):
    """What this sender needs for a provider is not installed. The text says what to install."""


class ConfigError(DeliveryError, UsageError):
    """The configuration cannot be used. Its text quotes nothing of what was configured."""

    def __init__(self, message: str) -> None:
        super().__init__(
            message, phase=Phase.CONFIG, class_=ErrorClass.CONFIG_INVALID, temporary=False
        )


class MessageError(DeliveryError):
    """The message cannot be put on the wire as it is."""

    def __init__(self, message: str, *, class_: ErrorClass | None = None) -> None:
        super().__init__(message, phase=Phase.MESSAGE, class_=class_, temporary=False)
