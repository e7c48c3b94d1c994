"""Made-up records: what a case could have left behind."""

from __future__ import annotations

from typing import Any, TypeAlias

from harness.checks.record import Reaction, Record, SendRecord
from harness.fakes.message import CapturedMessage
from harness.fakes.transcript import Event, Fact, MessageCaptured
from harness.protocol import Answer, SendRequest
from harness.secrets import Secrets

PASSWORD = "pw-0123456789abcdef"
Facts: TypeAlias = Fact | tuple[int, Fact]

MESSAGE = (
    b"From: Harness <sender@harness.test>\r\nTo: recipient@harness.test\r\n"
    b"Subject: Harness message\r\n\r\nHello.\r\n"
)


def make_request(**message: Any) -> SendRequest:
    return SendRequest.model_validate(
        {
            "case": "smtp/plain",
            "transport": {
                "kind": "smtp",
                "uri": "smtp://localhost:2525/",
                "host": "localhost",
                "port": 2525,
                "username": "u",
                "password": PASSWORD,
                "security": "starttls",
            },
            "trust": {"ca_file": "ca.pem", "ca_pkcs12": "ca.p12", "ca_pkcs12_password": "x"},
            "message": {
                "from": {"name": "Harness", "address": "sender@harness.test"},
                "to": [{"address": "recipient@harness.test"}],
                "subject": "Harness message",
                "text": "Hello.\n",
                **message,
            },
        }
    )


def make_send(
    answer: dict[str, Any] | None = None,
    *,
    words: str = "",
    reaction: Reaction | None = None,
    first: int = 1,
    last: int = 1000,
    summary: str = "",
    **message: Any,
) -> SendRecord:
    read = Answer.model_validate(answer) if answer is not None else None
    usual = Reaction.ANSWERED if read else Reaction.NO_ANSWER
    return SendRecord(
        request=make_request(**message),
        reaction=reaction or usual,
        answer=read,
        words=words,
        summary=summary,
        first=first,
        last=last,
    )


def make_record(*facts: Facts, **changes: Any) -> Record:
    """Facts in order, each on connection 1 unless a number stands before it."""
    events = []
    for number, given in enumerate(facts, start=1):
        connection, fact = given if isinstance(given, tuple) else (1, given)
        events.append(Event(number=number, at=number / 10, connection=connection, fact=fact))
    values: dict[str, Any] = {
        "events": tuple(events),
        "asked": (make_send({"status": "sent"}),),
        "secrets": Secrets({"password": PASSWORD}),
        "main": "smtp",
        "host": "localhost",
        "in_clear": False,
    }
    return Record(**{**values, **changes})


def make_captured(wire: bytes = MESSAGE, **changes: Any) -> MessageCaptured:
    values: dict[str, Any] = {
        "wire": wire,
        "mail_from": "sender@harness.test",
        "rcpt_tos": ("recipient@harness.test",),
        "username": "u",
        "secure": True,
        "connection": 1,
    }
    return MessageCaptured(index=0, message=CapturedMessage(**{**values, **changes}))
