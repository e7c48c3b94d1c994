"""The documents of `harness serve`, version 1: what it prints with `--json`, and its control API.

What others send is read strictly; what it tells may get more members within version 1.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

VERSION = 1


class ServeDocument(BaseModel):
    """A document that is told."""

    model_config = ConfigDict(frozen=True)


class ServeRequest(BaseModel):
    """A document that is asked with."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class SmtpPlaceDocument(ServeDocument):
    """Where an SMTP server is found, and who may log in."""

    host: str
    """The name to connect to, which is in its certificate."""

    port: int
    """Its port."""

    security: str
    """`none`, `starttls` or `tls`."""

    username: str
    """The user name."""

    password: str
    """The password."""

    url: str
    """All of it as one URL: `smtp://` or `smtps://`."""


class FakeDocument(ServeDocument):
    """A fake, and where it is found."""

    name: str
    """What it is called."""

    kind: str
    """`smtp` or the name of a provider."""

    title: str
    """How people write that."""

    smtp: SmtpPlaceDocument
    """The SMTP server, or the provider's SMTP service."""

    base_url: str | None = None
    """Where a provider's API is: the origin that stands in place of its own."""

    credentials: dict[str, str] = Field(default_factory=dict)
    """What a sender is handed for the API, by the names of the sender protocol."""

    region: str | None = None
    """The region that answers there, where the provider has several."""

    domains: tuple[str, ...] = ()
    """The domains that mail may be sent from, as far as they are set up."""

    messages: int = 0
    """How many messages of it are kept."""


class FaultDocument(ServeDocument):
    """A fault that is armed."""

    number: int
    """Its place, from 1."""

    fault: dict[str, Any]
    """The fault, in the words of scenario files."""

    acted: int
    """How often it has acted."""


class FakeStateDocument(FakeDocument):
    """A fake with the state that it is in."""

    state: dict[str, Any]
    """The words that were said of it, as it is now; what stands in none has its default."""

    smtp_state: dict[str, Any] | None = None
    """The same of a provider's SMTP service."""

    account: dict[str, Any] | None = None
    """The account at the provider, as it is now."""

    webhook: dict[str, Any] | None = None
    """Where events are posted, with the key to verify them by; null where that is nowhere."""

    faults: tuple[FaultDocument, ...] = ()
    """The faults that are armed, in order: the first that has something to do at a moment acts."""


class AttachmentDocument(ServeDocument):
    """A file in a message."""

    number: int
    """Its place, from 1."""

    filename: str | None
    """Its name, where it has one."""

    content_type: str
    """Its type."""

    size: int
    """How many octets it has."""


class MessageDocument(ServeDocument):
    """A message that was taken, without its text."""

    id: int
    """Its number, over all fakes, from 1; `/v1/messages/ID` is the whole message."""

    fake: str
    """The fake that took it."""

    by: Literal["smtp", "api"]
    """The way it came: over SMTP or by a provider's API."""

    at: str
    """When, in UTC."""

    sender: str = Field(alias="from")
    """The From header."""

    to: str
    """The To header."""

    cc: str
    """The Cc header."""

    subject: str
    """The Subject."""

    mail_from: str
    """The sender of the envelope; empty for the null sender."""

    recipients: tuple[str, ...]
    """Everybody it goes to: the recipients of the envelope, or of the API's request."""

    links: tuple[str, ...]
    """Where it leads, each address once: first the links of its HTML, then addresses in its
    text."""

    codes: tuple[str, ...]
    """One-time codes, without blanks or hyphens; first those that stand alone in a line."""

    attachments: tuple[AttachmentDocument, ...]
    """The files in it."""

    size: int
    """How many octets it has as MIME."""

    secure: bool
    """Whether it came inside TLS."""

    remarks: tuple[str, ...]
    """What was wrong with it, or with how it came, though it was taken."""

    username: str | None
    """The user that had logged in, over SMTP."""

    provider_id: str | None
    """The id that the provider's API answered with."""

    connection: int
    """The connection that it came on, as in `/v1/conversation`."""

    tags: tuple[str, ...] = ()
    """Tags or categories that a provider was given with it."""

    metadata: dict[str, str] = Field(default_factory=dict)
    """What else a provider was given with it: metadata, custom arguments, variables."""

    send_at: str | None = None
    """When it is to go out, where it is not at once."""


class WholeMessageDocument(MessageDocument):
    """A message with its text."""

    text: str
    """The text, decoded; empty where there is none."""

    html: str
    """The HTML, decoded; empty where there is none."""

    headers: tuple[tuple[str, str], ...]
    """Every header, name and decoded value; those of one name together."""


class NoticeDocument(ServeDocument):
    """Something that went wrong, or was made to."""

    event: str
    """`refused`: an answer of 4xx or 5xx; `not-modelled`: a call that the fake has not; `in-clear`:
    a password or key without TLS; `unverified`: a sender that took a certificate that it has to
    refuse; `tls-failed`; `left`: a sender that went without sending; `fault`: one that acted;
    `posted`: an event, to a webhook; `broke`: the fake itself failed."""

    at: str
    """When, in UTC."""

    fake: str
    """Whose: a fake, or `NAME-smtp`, a provider's SMTP service."""

    connection: int
    """On which connection."""

    what: str
    """What it was about: a command, a request, a moment."""

    words: str
    """What was said of it."""


class ControlDocument(ServeDocument):
    """Where the control API is."""

    url: str
    """Where its paths begin, the version in it."""

    token: str
    """What a request names as `Authorization: Bearer …`."""


class ReadyDocument(ServeDocument):
    """Everything that runs, and how to reach it."""

    event: Literal["ready"] = "ready"
    """The first line of `--json`; also the content of `--ready-file`."""

    version: int = VERSION
    """The version of these documents."""

    fakes: tuple[FakeDocument, ...]
    """The fakes."""

    control: ControlDocument
    """The control API."""

    ca_file: str
    """The trust anchor alone, as PEM."""

    ca_bundle: str
    """The trust anchor, and what this machine trusts, as PEM."""

    environment: dict[str, str]
    """What to set in the environment of a program."""
