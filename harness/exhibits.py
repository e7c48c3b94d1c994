"""What of a record people look at beside the conversation: handshakes, and messages as taken.

A record may hold thousands of either; a person sees the first few. Secrets are replaced by their
names.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from harness.checks.record import Record
from harness.fakes.tls.kinds import CertificateKind
from harness.fakes.transcript import (
    ClientHelloSeen,
    Event,
    MessageCaptured,
    TlsEstablished,
    TlsFailed,
)
from harness.model import SeenHandshake, TakenMessage
from harness.secrets import LONGEST_FORM, Secrets

_MOST = 10
_LARGEST = 32 * 1024


def handshakes(record: Record) -> tuple[SeenHandshake, ...]:
    """The first handshakes, each where it ended."""
    return tuple(islice(_handshakes(record), _MOST))


def taken_messages(record: Record) -> tuple[TakenMessage, ...]:
    """The first messages that were taken, and of each its beginning."""
    found = islice(record.of(MessageCaptured), _MOST)
    return tuple(_taken(event, fact, record.secrets) for event, fact in found)


def _handshakes(record: Record) -> Iterator[SeenHandshake]:
    hellos: dict[int, ClientHelloSeen] = {}
    for event in record.events:
        match event.fact:
            case ClientHelloSeen() as hello:
                hellos[event.connection] = hello
            case TlsEstablished() | TlsFailed() as end:
                yield _handshake(event, hellos.pop(event.connection, None), end)


def _handshake(
    event: Event, hello: ClientHelloSeen | None, end: TlsEstablished | TlsFailed
) -> SeenHandshake:
    seen = SeenHandshake(
        event=event.number,
        connection=event.connection,
        server_name=hello.server_name if hello else None,
        offered=hello.versions if hello else (),
    )
    if isinstance(end, TlsFailed):
        return replace(seen, failure=end.alert or end.reason)
    return replace(
        seen,
        version=end.version,
        cipher=end.cipher,
        certificate=end.certificate,
        about=_about(end.certificate),
        has_to_be_refused=end.has_to_be_refused,
    )


def _about(certificate: str) -> str:
    try:
        return CertificateKind(certificate).facts.description
    except ValueError:  # one that a test brought along
        return ""


def _taken(event: Event, fact: MessageCaptured, secrets: Secrets) -> TakenMessage:
    content = fact.message.content
    # Cut where no secret can be cut that begins before the place where it is cut again.
    beginning = secrets.redact(content[: _LARGEST + LONGEST_FORM])
    return TakenMessage(
        event=event.number,
        content=beginning[:_LARGEST],
        octets=len(content),
        mail_from=secrets.redact_text(fact.message.mail_from),
        rcpt_tos=tuple(secrets.redact_text(each) for each in fact.message.rcpt_tos),
        secure=fact.message.secure,
    )
