"""A server that is not ours, as a sender is told of it, and the inbox behind it."""

from __future__ import annotations

import queue
from collections.abc import Mapping
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

HOST = "localhost"
OTHER_NAME = "mx.stranger.test"
USERNAME = "mailer@stranger.test"
PASSWORD = "p@ss: ?#%+&= word"
UNKNOWN = "nobody@recipient.test"

_PATIENCE = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Stranger:
    """Where a server listens, and the trust anchor of its certificates.

    `ports`: `starttls` and `tls` have a certificate for `HOST`; `renamed`, implicit TLS as well,
    has one for `OTHER_NAME` alone.
    """

    ports: Mapping[str, int]
    ca_file: Path
    inbox: Inbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What came out at the end: the content as it came, with what servers put on top of it."""

    mail_from: str
    recipients: tuple[str, ...]
    content: bytes

    @property
    def message(self) -> EmailMessage:
        """The content, parsed."""
        return message_from_bytes(self.content, policy=policy.SMTP)


class Inbox:
    """Takes messages, but for one recipient; a handler for aiosmtpd."""

    def __init__(self) -> None:
        self._arrivals: queue.Queue[Arrival] = queue.Queue()

    def next(self) -> Arrival:
        """The next message, waited for."""
        return self._arrivals.get(timeout=_PATIENCE)

    @property
    def is_empty(self) -> bool:
        """Whether nothing has arrived that was not asked for."""
        return self._arrivals.empty()

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address == UNKNOWN:
            return "550 5.1.1 nobody of that name"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(  # noqa: N802  # aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        assert isinstance(envelope.content, bytes)
        self._arrivals.put(
            Arrival(
                mail_from=envelope.mail_from or "",
                recipients=tuple(envelope.rcpt_tos),
                content=envelope.content,
            )
        )
        return "250 2.0.0 Ok: queued as 4F2A"
