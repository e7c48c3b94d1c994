"""What Mailpit's API says, as far as we read it: `/api/v1/swagger.json` of v1.33.1 (2026-11-30).

Fields that we do not know are let pass, because a newer Mailpit may have more; those that we need
and that are missing are an error.
"""

from __future__ import annotations

from typing import Annotated, TypeVar

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

T = TypeVar("T")


def _listed(value: object) -> object:
    """Go writes a list that is nothing as `null`."""
    return () if value is None else value


Listed = Annotated[tuple[T, ...], BeforeValidator(_listed)]


class _FromMailpit(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class MailpitAddress(_FromMailpit):
    """A mailbox."""

    name: str = Field(alias="Name")
    address: str = Field(alias="Address")


class MailpitSummary(_FromMailpit):
    """A message as a list shows it. `created` is when it came, `attachments` how many it has.

    `bcc` holds the envelope's recipients that no header named: Mailpit writes them there.
    """

    id: str = Field(alias="ID")
    message_id: str = Field(alias="MessageID")
    read: bool = Field(alias="Read")
    sender: MailpitAddress | None = Field(alias="From")
    to: Listed[MailpitAddress] = Field(alias="To")
    cc: Listed[MailpitAddress] = Field(alias="Cc")
    bcc: Listed[MailpitAddress] = Field(alias="Bcc")
    reply_to: Listed[MailpitAddress] = Field(alias="ReplyTo")
    subject: str = Field(alias="Subject")
    created: AwareDatetime = Field(alias="Created")
    tags: Listed[str] = Field(alias="Tags")
    size: int = Field(alias="Size")
    attachments: int = Field(alias="Attachments")
    snippet: str = Field(alias="Snippet")


class MailpitPage(_FromMailpit):
    """A part of a list, newest first. `matching` counts all that a search or list is about."""

    total: int
    matching: int = Field(alias="messages_count")
    start: int
    tags: Listed[str]
    messages: Listed[MailpitSummary]


class MailpitAttachment(_FromMailpit):
    """A part that is a file."""

    part_id: str = Field(alias="PartID")
    file_name: str = Field(alias="FileName")
    content_type: str = Field(alias="ContentType")
    content_id: str = Field(alias="ContentID")
    size: int = Field(alias="Size")


class MailpitMessage(_FromMailpit):
    """A whole message as Mailpit understands it; its octets are `MailpitClient.raw`."""

    id: str = Field(alias="ID")
    message_id: str = Field(alias="MessageID")
    sender: MailpitAddress | None = Field(alias="From")
    to: Listed[MailpitAddress] = Field(alias="To")
    cc: Listed[MailpitAddress] = Field(alias="Cc")
    bcc: Listed[MailpitAddress] = Field(alias="Bcc")
    reply_to: Listed[MailpitAddress] = Field(alias="ReplyTo")
    return_path: str = Field(alias="ReturnPath")
    subject: str = Field(alias="Subject")
    date: AwareDatetime = Field(alias="Date")
    tags: Listed[str] = Field(alias="Tags")
    text: str = Field(alias="Text")
    html: str = Field(alias="HTML")
    size: int = Field(alias="Size")
    inline: Listed[MailpitAttachment] = Field(alias="Inline")
    attachments: Listed[MailpitAttachment] = Field(alias="Attachments")


class MailpitInformation(_FromMailpit):
    """What `/api/v1/info` says. `version` is `dev` where whoever built it gave none."""

    version: str = Field(alias="Version")
    messages: int = Field(alias="Messages")
    unread: int = Field(alias="Unread")
    tags: dict[str, int] = Field(alias="Tags")
