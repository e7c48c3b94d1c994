"""Fakes, messages and notices as the documents that tell of them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from harness.fakes.mail.readable import ReadableMessage
from harness.fakes.providers.message import ApiMessage
from harness.fakes.smtp.fake import Smtp
from harness.fakes.submission_server import SubmissionServer

from .documents import (
    AttachmentDocument,
    FakeDocument,
    FakeStateDocument,
    FaultDocument,
    MessageDocument,
    NoticeDocument,
    SmtpPlaceDocument,
    WholeMessageDocument,
)
from .fakes_watch import Notice
from .kept_mail import KeptMail, KeptMessage
from .running import ServedFake
from .told import url_of


def in_utc(at: datetime) -> str:
    """A time as `2026-11-30T12:00:00.123Z`."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def fake_document(served: ServedFake, mailbox: KeptMail) -> FakeDocument:
    """A fake, and where it is found."""
    return FakeDocument(**_of_fake(served, mailbox))


def fake_state_document(served: ServedFake, mailbox: KeptMail) -> FakeStateDocument:
    """A fake with the state that it is in."""
    api = served.api
    hidden = {"faults", "account"}
    state = served.server.state.model_dump(mode="json", exclude_unset=True, exclude=hidden)
    return FakeStateDocument(
        **_of_fake(served, mailbox),
        state=state,
        smtp_state=None
        if api is None
        else served.smtp.state.model_dump(mode="json", exclude_unset=True, exclude={"faults"}),
        account=None if api is None else api.account.model_dump(mode="json"),
        webhook=None
        if api is None or api.webhook is None
        else {**api.webhook.model_dump(mode="json"), **_public_key(api.webhook)},
        faults=fault_documents(served.server),
    )


def _public_key(webhook: Any) -> dict[str, str]:
    key = getattr(webhook, "public_key", None)
    return {"public_key": str(key)} if key is not None else {}


def fault_documents(server: Any) -> tuple[FaultDocument, ...]:
    """The faults of a server, and how often each has acted."""
    return tuple(
        FaultDocument(number=place + 1, fault=written(fault), acted=server.plan.times_acted(place))
        for place, fault in enumerate(server.plan.faults)
    )


def written(fault: Any) -> dict[str, Any]:
    """A fault as it is written in a scenario file: flat."""
    said = fault.model_dump(mode="json", exclude_none=True, exclude_unset=True)
    action = said.pop("action", {})
    then = fault.then
    rest = {key: value for key, value in said.items() if key not in {"at", "then"}}
    found = {"at": fault.at, "do": fault.action.do, **action, **rest}
    if then is not None:
        found["then"] = {
            key: value for key, value in written(then).items() if key not in {"at", "connection"}
        }
    return found


def _of_fake(served: ServedFake, mailbox: KeptMail) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": served.name,
        "kind": served.order.kind,
        "title": "SMTP server",
        "smtp": place_of(served.smtp),
        "messages": sum(each.fake == served.name for each in mailbox.messages),
    }
    if (api := served.api) is not None:
        found |= {
            "title": api.vendor.title,
            "base_url": api.base_url,
            "credentials": api.credentials,
            "region": api.region if api.vendor.regions else None,
            "domains": tuple(each.name for each in getattr(api.account, "domains", ())),
        }
    return found


def place_of(server: Smtp) -> SmtpPlaceDocument:
    """Where an SMTP server is found."""
    return SmtpPlaceDocument(
        host="localhost",
        port=server.port,
        security=server.state.security,
        username=server.username,
        password=server.password,
        url=url_of(server),
    )


def message_document(message: KeptMessage, served: ServedFake | None) -> MessageDocument:
    """A message without its text."""
    return MessageDocument(**_of_message(message, served))


def whole_message_document(message: KeptMessage, served: ServedFake | None) -> WholeMessageDocument:
    """A message with its text."""
    mail = readable(message)
    return WholeMessageDocument(
        **_of_message(message, served),
        text=mail.text,
        html=mail.html,
        headers=tuple(
            (name, value) for name in mail.headers for value in mail.headers.get_all(name)
        ),
    )


def readable(message: KeptMessage) -> ReadableMessage:
    """A message as something to read, which it is whichever way it came."""
    assert isinstance(message.captured, ReadableMessage)
    return message.captured


def _of_message(message: KeptMessage, served: ServedFake | None) -> dict[str, Any]:
    mail = readable(message)
    captured = message.captured
    found: dict[str, Any] = {
        "id": message.id,
        "fake": message.fake,
        "by": message.by,
        "at": in_utc(message.at),
        "from": mail.headers.get("from", ""),
        "to": mail.headers.get("to", ""),
        "cc": mail.headers.get("cc", ""),
        "subject": mail.subject,
        "mail_from": captured.mail_from,
        "recipients": captured.rcpt_tos,
        "links": tuple(map(str, mail.links)),
        "codes": mail.codes,
        "attachments": tuple(
            AttachmentDocument(
                number=number,
                filename=file.filename or None,
                content_type=file.content_type,
                size=len(file.content),
            )
            for number, file in enumerate(mail.attachments, 1)
        ),
        "size": len(message.content),
        "secure": captured.secure,
        "remarks": message.remarks,
        "username": captured.username,
        "provider_id": captured.provider_id,
        "connection": captured.connection,
    }
    held = _as_the_vendor_has_it(message, served)
    if held is not None:
        found |= {
            "provider_id": held.provider_id,
            "tags": held.tags,
            "metadata": dict(held.metadata),
            "send_at": in_utc(held.send_at) if held.send_at is not None else None,
        }
    return found


def _as_the_vendor_has_it(message: KeptMessage, served: ServedFake | None) -> ApiMessage | None:
    """What a provider made of a message; None where no provider took it, or made several."""
    captured = message.captured
    if isinstance(captured, ApiMessage):
        return captured
    if served is None or served.api is None or not isinstance(served.smtp, SubmissionServer):
        return None
    made = [each for each in served.api.messages if getattr(each, "captured", None) is captured]
    return made[0] if len(made) == 1 else None


def notice_document(notice: Notice) -> NoticeDocument:
    """A notice."""
    return NoticeDocument(
        event=notice.event,
        at=in_utc(notice.at),
        fake=notice.fake,
        connection=notice.connection,
        what=notice.what,
        words=notice.words,
    )
