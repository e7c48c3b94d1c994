"""A product's webhook handler, as the tests of events have it, and mail to tell it of."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

from harness.fakes.apis import ProviderFake
from harness.fakes.providers.registry import provider_names
from harness.fakes.providers.webhook import webhook_rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """A request as the handler got it; header names are in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Handler:
    """A webhook handler that keeps what comes, and answers `statuses` one by one, then 200."""

    url: str
    came: list[Came] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def last(self) -> Came:
        return self.came[-1]


VENDORS = tuple(name for name in provider_names() if webhook_rules(name) is not None)
ACCOUNT: dict[str, Any] = {"domains": [{"name": "example.com"}]}


def send_over_smtp(
    fake: ProviderFake, *recipients: str, headers: Mapping[str, str] | None = None
) -> str:
    """Send a message by the vendor's SMTP service; the id that the vendor gave it."""
    message = EmailMessage()
    message["From"] = "A <a@example.com>"
    message["To"] = ", ".join(recipients)
    message["Subject"] = "A letter"
    for name, value in (headers or {}).items():
        message[name] = value
    message.set_content("words")
    service = fake.smtp
    with smtplib.SMTP(service.host, service.port, timeout=10) as client:
        client._host = "localhost"  # type: ignore[attr-defined]  # the name in the certificate
        client.starttls(context=trust_in(fake))
        client.login(str(service.username), str(service.password))
        client.send_message(message)
    return str(fake.messages[-1].provider_id)


def trust_in(fake: ProviderFake) -> ssl.SSLContext:
    """A client's context that trusts the fake alone."""
    return ssl.create_default_context(cafile=str(fake.ca_file))
