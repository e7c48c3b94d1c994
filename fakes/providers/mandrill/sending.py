"""messages/send, messages/send-template and messages/send-raw: one result a recipient."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from email import message_from_bytes
from email.message import Message
from email.utils import getaddresses
from typing import Any

from ...http.exchange import Response
from ...marks import Mark
from ..attachment import AttachedFile
from ..blind_copies import without_blind_copies
from ..display_name import with_display_name
from ..fields import Fields
from ..keys import domain_of, find_domain
from ..refusal import JSON, Refuse
from ..rules import Outcome
from .account import MandrillAccount, MandrillKey, MandrillMail, MandrillTemplate
from .merging import MergeTags, with_regions
from .refusals import result_item, validation_error
from .validation import address_problem, check_parameters, sending_time, text_of

_HEX = "0123456789abcdef"
_MOST_AT_ONCE = 10
_TEST_DOMAIN = "test.mandrillapp.com"
_HEADER_NAME = re.compile(r"[!-9;-~]+\Z")
_SOURCE = "mandrill 1.0.60, docstrings; array as in django-anymail's tests (2026-07)"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Given:
    """What a send is about: the message, and for whom."""

    sender: str
    recipients: tuple[str, ...]
    body: Mapping[str, Any]
    message: Mapping[str, Any]
    mime: bytes | None
    key: MandrillKey
    tags: MergeTags
    is_of_draft: bool = False


def send(
    account: MandrillAccount, call: str, body: Mapping[str, Any], key: MandrillKey, now: datetime
) -> Outcome[MandrillAccount]:
    """Judge and take one message, for each of its recipients.

    Raises:
        Refuse: it is not taken for any of them.
    """
    check_parameters(call, body)
    _check_names(account, call, body)
    if sending_time(body) and not account.positive_balance:
        raise Refuse("payment-required")
    given = _given(account, call, body, key)
    if not given.recipients:
        raise validation_error("invalid-field", ("to",), "missing")
    made = []
    for recipient in given.recipients:
        identifier, account = account.next_id(32, _HEX)
        mail = _mail(account, given, recipient, identifier, now)
        account = account.keep(mail)
        made.append(mail)
    taken = tuple(mail for mail in made if mail.counts and not mail.test)
    return Outcome(account=account, response=_answered(given, made), accepted=taken)


def _check_names(account: MandrillAccount, call: str, body: Mapping[str, Any]) -> None:
    """Refuse a subaccount or a template that the account has not."""
    message = body.get("message")
    subaccount = text_of(message.get("subaccount")) if isinstance(message, dict) else ""
    if subaccount and subaccount not in account.subaccounts:
        raise Refuse("unknown-subaccount", name=subaccount)
    template = text_of(body.get("template_name"))
    if call == "messages/send-template" and account.template(template) is None:
        raise Refuse("unknown-template", name=template)


def _given(
    account: MandrillAccount, call: str, body: Mapping[str, Any], key: MandrillKey
) -> _Given:
    if call == "messages/send-raw":
        return _given_raw(body, key)
    message = body.get("message")
    message = message if isinstance(message, dict) else {}
    template = None
    if call == "messages/send-template":
        template = account.template(text_of(body.get("template_name")))
        message = _with_template(template, body, message)
    to = message.get("to")
    boxes = [box for box in to if isinstance(box, dict)] if isinstance(to, list) else []
    return _Given(
        sender=text_of(message.get("from_email")),
        recipients=tuple(text_of(box.get("email")) for box in boxes),
        body=body,
        message=message,
        mime=None,
        key=key,
        tags=MergeTags.of(message),
        is_of_draft=template is not None and template.published is None,
    )


def _with_template(
    template: MandrillTemplate | None, body: Mapping[str, Any], message: dict[str, Any]
) -> dict[str, Any]:
    """The message with what the stored template has; where it has no HTML, the blocks are it."""
    if template is None:
        return message
    version = template.published or template.latest()
    blocks = body.get("template_content")
    given = [b for b in blocks if isinstance(b, dict)] if isinstance(blocks, list) else []
    html = with_regions(version.code, given) if version.code else ""
    plain = "\n".join(text_of(block.get("content")) for block in given)
    own = {name: value for name, value in message.items() if value is not None and value != ""}
    under = {
        "from_email": version.from_email,
        "from_name": version.from_name,
        "subject": version.subject,
        "text": version.text,
    }
    made = {**{name: value for name, value in under.items() if value}, **own}
    return {**made, "html": html or message.get("html") or plain}


def _given_raw(body: Mapping[str, Any], key: MandrillKey) -> _Given:
    mime = text_of(body.get("raw_message")).encode()
    headers = message_from_bytes(mime)
    senders = _addresses(headers, "From")
    to = body.get("to")
    named = tuple(text_of(one) for one in to if text_of(one)) if isinstance(to, list) else ()
    return _Given(
        sender=text_of(body.get("from_email")) or (senders[0] if senders else ""),
        recipients=named or _addresses(headers, "To", "Cc", "Bcc"),
        body=body,
        message={"subject": str(headers.get("Subject", ""))},
        # What it reads recipients from it does not send on; that is not documented, and fair.
        mime=mime if named else without_blind_copies(mime),
        key=key,
        tags=MergeTags(),
    )


def _addresses(headers: Message, *names: str) -> tuple[str, ...]:
    values = [str(value) for name in names for value in headers.get_all(name, [])]
    return tuple(text_of(address) for _, address in getaddresses(values) if address)


def _mail(
    account: MandrillAccount, given: _Given, recipient: str, identifier: str, now: datetime
) -> MandrillMail:
    """What becomes of the message for one recipient."""
    subject = given.tags.filled(text_of(given.message.get("subject")), recipient)
    mail = MandrillMail(
        provider_id=identifier,
        mail_from=given.sender,
        recipients=(recipient,),
        at=now,
        subject=subject,
        state="sent",
        mime=given.mime,
        fields=None if given.mime is not None else _fields(account, given, recipient, subject),
        tags=tuple(text_of(tag) for tag in given.message.get("tags") or ()),
        metadata=_metadata(given.message, recipient),
        test=given.key.test,
        send_at=sending_time(given.body),
    )
    if address_problem(recipient):
        return replace(mail, state="invalid")
    reason = _reject_reason(account, given, recipient)
    if reason is not None:
        return replace(mail, state="rejected", reject_reason=reason)
    return _waiting(account, given, mail, now)


def _metadata(message: Mapping[str, Any], recipient: str) -> dict[str, str]:
    """The metadata, and over them what is given for this recipient (`recipient_metadata`)."""
    entries = message.get("recipient_metadata")
    own = [
        entry.get("values")
        for entry in (entries if isinstance(entries, list) else ())
        if isinstance(entry, dict) and text_of(entry.get("rcpt")).lower() == recipient.lower()
    ]
    maps = [given for given in (message.get("metadata"), *own) if isinstance(given, dict)]
    return {text_of(name): text_of(value) for given in maps for name, value in given.items()}


def _reject_reason(account: MandrillAccount, given: _Given, recipient: str) -> str | None:
    sender = given.sender.lower()
    if address_problem(sender) or sender in {one.lower() for one in account.invalid_senders}:
        return "invalid-sender"
    domain = find_domain(account.domains, domain_of(sender), region="")
    if domain is None or not domain.verified:
        return "unsigned"
    if given.key.test and account.quota_used_up:
        return "test-mode-limit"
    if recipient.lower() == f"reject@{_TEST_DOMAIN}":
        return "custom"
    for entry in account.denylist():
        if entry.email.lower() == recipient.lower():
            return entry.reason
    own = find_domain(account.domains, domain_of(recipient), region="")
    if account.demo and (own is None or not own.verified):
        return "recipient-domain-mismatch"
    return None


def _waiting(
    account: MandrillAccount, given: _Given, mail: MandrillMail, now: datetime
) -> MandrillMail:
    """The message as it is sent now, or waits."""
    at = sending_time(given.body)
    if at is not None and at > now:
        return replace(mail, state="scheduled")
    if not given.key.test and account.over_quota(now):
        return replace(mail, state="queued", queued_reason="quota", indexed=False)
    if given.body.get("async") is True or len(given.recipients) > _MOST_AT_ONCE:
        return replace(mail, state="queued")
    return mail


def _fields(account: MandrillAccount, given: _Given, recipient: str, subject: str) -> Fields:
    """The fields that this recipient gets."""
    message = given.message
    shown = _shown(account, message, recipient)
    headers = message.get("headers")
    return Fields(
        sender=_named(message.get("from_name"), given.sender),
        to=shown.get("to", ()),
        cc=shown.get("cc", ()),
        subject=subject,
        text=_part(given, "text", recipient),
        html=_part(given, "html", recipient),
        headers=_header_map(headers) if isinstance(headers, dict) else {},
        attachments=_files(message),
    )


def _shown(
    account: MandrillAccount, message: Mapping[str, Any], recipient: str
) -> dict[str, tuple[str, ...]]:
    """Who stands in To and Cc: everybody, or this recipient in To, a copy's or a blind one's too.

    Source: django-anymail, docs/esps/mandrill.rst and issue 391 (2024-09).
    """
    boxes = [box for box in message.get("to") or () if isinstance(box, dict)]
    everybody = message.get("preserve_recipients")
    if everybody is None:
        everybody = account.preserve_recipients
    if not everybody:
        own = [box for box in boxes if box.get("email") == recipient][:1]
        return {"to": tuple(_named(box.get("name"), recipient) for box in own)}
    return {
        kind: tuple(
            _named(box.get("name"), text_of(box.get("email")))
            for box in boxes
            if (box.get("type") or "to") == kind
        )
        for kind in ("to", "cc")
    }


def _files(message: Mapping[str, Any]) -> tuple[AttachedFile, ...]:
    """The attachments, and the images: the name of one is its Content-ID."""
    attached, shown = (
        [
            AttachedFile.of(each, name="name", content_type="type", encoded="content")
            for each in message.get(member) or ()
        ]
        for member in ("attachments", "images")
    )
    return (*attached, *(replace(each, content_id=each.name, inline=True) for each in shown))


def _header_map(headers: Mapping[Any, Any]) -> dict[str, str]:
    """The headers that a sender can set: real names, and none of those that say what a body is."""
    given = {text_of(name): text_of(value) for name, value in headers.items()}
    return {
        name: value
        for name, value in given.items()
        if _HEADER_NAME.match(name) and not name.lower().startswith(("content-", "mime-"))
    }


def _part(given: _Given, name: str, recipient: str) -> str | None:
    return given.tags.filled(text_of(given.message.get(name)), recipient) or None


def _named(name: Any, address: str) -> str:
    return with_display_name(text_of(name), address)


def _answered(given: _Given, made: list[MandrillMail]) -> Response:
    items = [
        result_item(
            mail.recipients[0], mail.state, mail.provider_id, mail.reject_reason, mail.queued_reason
        )
        for mail in made
    ]
    guessed = given.is_of_draft
    guessed = guessed or any(mail.queued_reason or mail.state == "invalid" for mail in made)
    guessed = (
        guessed or given.tags.is_handlebars or any(_magic(mail.recipients[0]) for mail in made)
    )
    case = "accepted"
    if not any(mail.counts for mail in made):
        case = made[0].reject_reason or "invalid"
    return Response(
        status=200,
        body=json.dumps(items, separators=(",", ":")).encode(),
        headers=JSON,
        mark=Mark.SYNTHETIC if guessed else Mark.DOCUMENTED,
        source=_SOURCE,
        case=case,
    )


def _magic(recipient: str) -> bool:
    return domain_of(recipient) == _TEST_DOMAIN
