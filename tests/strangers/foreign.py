"""Clients that are not ours, each in a program of its language, and the fakes that they send to.

`.ci/strangers` makes the programs. They speak the sender protocol line by line and stay up, so that
one process does all the sends of a module.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.fakes.api_fake import ApiFake
from harness.fakes.tls import Authority
from harness.protocol import Trust
from harness.senders.environment import sender_environment

from .line_program import LineProgram, running

DOMAIN = "sender.test"
PLAIN: dict[str, Any] = {
    "from": {"address": f"from@{DOMAIN}"},
    "to": [{"address": "to@recipient.test"}],
    "subject": "A letter",
    "text": "words",
}
REGION = "eu-west-1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignClient:
    """A released client, the program that has it, and the API that it is for."""

    name: str
    program: str
    provider: str
    api: str | None = None

    @property
    def column(self) -> str:
        """What the table of refusals calls it."""
        return self.program.partition("-")[0]

    def __str__(self) -> str:
        return f"{self.program}-{self.provider}{'-' + self.api if self.api else ''}"


def _clients() -> tuple[ForeignClient, ...]:
    rows = {
        "go-clients": {
            "mailgun": "mailgun-go 5.8.1",
            "postmark": "mrz1836/postmark 1.7.4",
            "sendgrid": "sendgrid-go 3.16.1",
            "ses v1": "aws-sdk-go-v2/service/ses 1.43.0",
            "ses v2": "aws-sdk-go-v2/service/sesv2 1.79.9",
        },
        "java-client": dict.fromkeys(
            ("mailgun", "mandrill", "postmark", "sendgrid", "sparkpost"), "java.net.http"
        ),
        "node-clients": {
            "mailgun": "mailgun.js 14.0.1",
            "mandrill": "@mailchimp/mailchimp_transactional 1.4.1",
            "postmark": "postmark 5.1.0",
            "sendgrid": "@sendgrid/mail 8.1.6",
            "ses v1": "@aws-sdk/client-ses 3.1169.0",
            "ses v2": "@aws-sdk/client-sesv2 3.1169.0",
            "sparkpost": "sparkpost 2.1.4",
        },
        "anymail-sender": {
            **dict.fromkeys(
                ("mailgun", "mandrill", "postmark", "sendgrid", "sparkpost"), "django-anymail 15.2"
            ),
            "ses v2": "django-anymail 15.2",
        },
    }
    return tuple(
        ForeignClient(
            name=name,
            program=program,
            provider=provider.partition(" ")[0],
            api=provider.partition(" ")[2] or None,
        )
        for program, clients in rows.items()
        for provider, name in clients.items()
    )


CLIENTS = _clients()
PROVIDERS = tuple(sorted({client.provider for client in CLIENTS}))


class ForeignStage:
    """A fake of each provider, and the programs, each started when it is first asked."""

    def __init__(self, folder: Path, *, secure: bool = True) -> None:
        self._stack = ExitStack()
        self._programs: dict[str, LineProgram] = {}
        authority = Authority.create()
        store = authority.write(folder)
        trust = Trust(
            ca_file=str(store.ca_file),
            ca_pkcs12=str(store.ca_pkcs12),
            ca_pkcs12_password=store.ca_pkcs12_password,
        )
        self._environment = sender_environment(os.environ, trust)
        self.fakes = {name: self._fake(name, authority, secure=secure) for name in PROVIDERS}

    def _fake(self, provider: str, authority: Authority, *, secure: bool) -> ApiFake[Any]:
        words: dict[str, Any] = {"region": REGION} if provider == "ses" else {}
        fake: ApiFake[Any] = ApiFake(provider, authority=authority, secure=secure, **words)
        self._stack.enter_context(fake.running())
        return fake

    def set(self, provider: str, **words: Any) -> ApiFake[Any]:
        """Give a fake a new account with a domain, and forget what came before."""
        fake = self.fakes[provider]
        made = fake.provider.account_type.model_validate({"domains": [{"name": DOMAIN}], **words})
        fake.account = fake.provider.furnished(made, fake.credentials)
        fake.requests.clear()
        fake.messages.clear()
        return fake

    def send(
        self,
        client: ForeignClient,
        path: str,
        *,
        credentials: Mapping[str, str] | None = None,
        region: str | None = None,
        domain: str = DOMAIN,
        action: str = "send",
        **message: Any,
    ) -> dict[str, Any]:
        """Have a client send one message, asking once; its program's answer.

        `path` is where the program is, `credentials` are what differs from those of the fake.
        """
        if path not in self._programs:
            program = self._stack.enter_context(running(path, self._environment))
            self._programs[path] = program
        fake = self.fakes[client.provider]
        document = {
            "protocol": 1,
            "action": action,
            "case": "strangers",
            "attempts": 1,
            "timeout": 20.0,
            "transport": {
                "kind": "api",
                "provider": client.provider,
                "api": client.api,
                "base_url": fake.base_url,
                "credentials": {**fake.credentials, **(credentials or {})},
                "region": region or (REGION if client.provider == "ses" else None),
                "domain": domain,
                "verify": True,
            },
            "message": {**PLAIN, **message},
        }
        return self._programs[path].ask(document)

    def close(self) -> None:
        """End the programs and the fakes."""
        self._stack.close()
