"""/email and /email/batch: whose mail is taken, and what is answered."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from ...http.exchange import Response
from ...marks import Mark
from ..attachment import AttachedFile
from ..fields import Fields
from ..keys import domain_of
from ..refusal import Refuse
from ..rules import Outcome
from .account import PostmarkAccount, PostmarkMail
from .bounce_types import HARD, asked_for
from .mailbox import AddressWithName, mailboxes
from .refusals import JSON_UTF8, REFUSALS
from .validation import check_message, metadata_of, recipients, text_of

_MOST_IN_BATCH = 500
_LARGEST = 10_000_000
_BOUNCING = "bounce-testing.postmarkapp.com"
_HEADER_NAME = re.compile(r"[!-9;-~]+\Z")
_SEEN = "recorded responses, and django-anymail's tests (2026-07)"


def send(
    account: PostmarkAccount, item: Any, *, template: bool, test: bool, now: datetime
) -> Outcome[PostmarkAccount]:
    """One message. `test`: it came with the test token, which validates and sends nothing."""
    if not isinstance(item, dict):
        raise Refuse("not-json")
    return _take(account, item, template=template, test=test, batch=False, now=now)


def send_batch(
    account: PostmarkAccount, items: Any, *, template: bool, test: bool, now: datetime
) -> Outcome[PostmarkAccount]:
    """A batch: 200 and one answer a message, in order."""
    if template:
        items = items.get("Messages") if isinstance(items, dict) else None
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise Refuse("not-json")
    if len(items) > _MOST_IN_BATCH:
        raise Refuse("batch-too-large")
    answers: list[Response] = []
    taken: list[Any] = []
    for item in items:
        try:
            one = _take(account, item, template=template, test=test, batch=True, now=now)
        except Refuse as refused:
            answers.append(REFUSALS.told(refused))
            continue
        account = one.account
        answers.append(one.response)
        taken.extend(one.accepted)
    return Outcome(account=account, response=_batch(answers), accepted=tuple(taken))


def _batch(answers: Sequence[Response]) -> Response:
    cases = {answer.case for answer in answers}
    marks = {answer.mark for answer in answers}
    return Response(
        status=200,
        body=b"[" + b",".join(answer.body for answer in answers) + b"]",
        headers=JSON_UTF8,
        mark=Mark.SYNTHETIC if Mark.SYNTHETIC in marks else Mark.DOCUMENTED,
        source="postmarkapp.com, developer pages; " + _SEEN,
        case=cases.pop() if len(cases) == 1 else "accepted",
    )


def _take(
    account: PostmarkAccount,
    item: Mapping[str, Any],
    *,
    template: bool,
    test: bool,
    batch: bool,
    now: datetime,
) -> Outcome[PostmarkAccount]:
    # The size of one message is that as it was sent: attachments in base64.
    if len(json.dumps(item)) > _LARGEST:
        raise Refuse("too-large")
    check_message(account, item, template=template)
    if not test:
        _check_permission(account, item)
        _check_inactive(account, item, batch=batch)
    identifier, account = account.next_uuid()
    if test:
        return Outcome(account=account, response=_accepted(account, item, identifier, now, test))
    mail = _mail(account, item, identifier, now)
    response = _accepted(account, item, identifier, now, test)
    hard = {who for who, kind in mail.bounces if kind == HARD.name}
    suppressed = (*account.suppressed, *sorted(hard - set(account.suppressed)))
    account = account.model_copy(update={"suppressed": suppressed}).keep(mail)
    return Outcome(account=account, response=response, accepted=(mail,))


def _check_permission(account: PostmarkAccount, item: Mapping[str, Any]) -> None:
    """Refuse what the account may not do."""
    sender = mailboxes(text_of(item.get("From")))[0].address
    if account.suspended:
        raise Refuse("not-approved")
    if account.quota_used_up:
        raise Refuse("out-of-credits")
    if account.is_unconfirmed(sender):
        raise Refuse("unconfirmed-signature")
    if not account.may_send_from(sender):
        raise Refuse("no-signature", sender=text_of(item.get("From")))
    own = domain_of(sender)
    others = [domain_of(box.address) for box in recipients(item)]
    others = [domain for domain in dict.fromkeys(others) if domain != own]
    if account.pending and others:
        raise Refuse("pending", own=own, others=", ".join(f"'{domain}'" for domain in others))


def _check_inactive(account: PostmarkAccount, item: Mapping[str, Any], *, batch: bool) -> None:
    everyone = [box.address for box in recipients(item)]
    inactive = _inactive_ones(account, item)
    if not inactive or (len(inactive) < len(everyone) and not account.refuses_partly_inactive):
        return
    name = "inactive-in-batch" if batch else "inactive"
    raise Refuse(name, addresses=", ".join(dict.fromkeys(inactive)))


def _inactive_ones(account: PostmarkAccount, item: Mapping[str, Any]) -> list[str]:
    return [box.address for box in recipients(item) if account.inactive(box.address)]


def _accepted(
    account: PostmarkAccount, item: Mapping[str, Any], identifier: str, now: datetime, test: bool
) -> Response:
    """The answer to a message that was taken."""
    inactive = [] if test else _inactive_ones(account, item)
    message = "OK"
    if test:
        message = "Test job accepted"
    elif inactive:
        # Nothing follows the addresses since about 2020 (reports of 2020 to 2026).
        listed = ", ".join(inactive)
        message = f"Message OK, but will not deliver to these inactive addresses: {listed}"
    to = text_of(item.get("To"))
    body: dict[str, Any] = {
        **({"To": to} if to else {}),
        "SubmittedAt": stamp(now),
        "MessageID": identifier,
        "ErrorCode": 0,
        "Message": message,
    }
    if account.delayed and not test:
        message = "Message accepted, but delivery may be delayed."
        body = {"Message": message, "MessageID": identifier, "SubmittedAt": stamp(now)}
        body = {**body, **({"To": to} if to else {})}
    return Response(
        status=200,
        body=json.dumps(body, separators=(",", ":")).encode(),
        headers=JSON_UTF8,
        mark=Mark.SEEN,
        source=_SEEN,
    )


def stamp(at: datetime) -> str:
    """A time as Postmark writes it: UTC, seven digits after the point."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}0Z"


def _mail(
    account: PostmarkAccount, item: Mapping[str, Any], identifier: str, now: datetime
) -> PostmarkMail:
    boxes = {field: mailboxes(text_of(item.get(field))) for field in ("From", "To", "Cc", "Bcc")}
    active = [box.address for box in recipients(item) if not account.inactive(box.address)]
    bounces = tuple((who, kind) for who in active for kind in _bounce(who, item))
    fields = _fields(item, boxes)
    return PostmarkMail(
        provider_id=identifier,
        mail_from=boxes["From"][0].address,
        recipients=tuple(active),
        at=now,
        subject=fields.subject,
        state="bounced" if bounces else "sent",
        fields=fields,
        sender=text_of(item.get("From")),
        to=boxes["To"],
        cc=boxes["Cc"],
        bcc=boxes["Bcc"],
        text=fields.text,
        html=fields.html,
        tag=text_of(item.get("Tag")),
        tags=(text_of(item.get("Tag")),) if item.get("Tag") else (),
        metadata=metadata_of(item),
        stream=text_of(item.get("MessageStream")) or "outbound",
        track_opens=item.get("TrackOpens") is True,
        track_links=text_of(item.get("TrackLinks")) or "None",
        attachments=tuple(text_of(each["Name"]) for each in item.get("Attachments") or ()),
        sandboxed=account.delivery == "Sandbox",
        bounces=bounces,
    )


def _fields(item: Mapping[str, Any], boxes: Mapping[str, Sequence[AddressWithName]]) -> Fields:
    """What stands in the message; `boxes` are the mailboxes of its fields of addresses."""
    return Fields(
        sender=boxes["From"][0].shown,
        to=_shown(boxes["To"]),
        cc=_shown(boxes["Cc"]),
        subject=text_of(item.get("Subject")),
        text=text_of(item.get("TextBody")) or None,
        html=text_of(item.get("HtmlBody")) or None,
        headers=_headers(item),
        attachments=tuple(_attached(each) for each in item.get("Attachments") or ()),
    )


def _attached(item: Mapping[str, Any]) -> AttachedFile:
    """A file; one with a ContentID, `cid:` and its name in the HTML, is shown there."""
    file = AttachedFile.of(
        item, name="Name", content_type="ContentType", encoded="Content", content_id="ContentID"
    )
    is_shown = bool(file.content_id)
    return replace(file, content_id=file.content_id.removeprefix("cid:"), inline=is_shown)


def _shown(boxes: Sequence[AddressWithName]) -> tuple[str, ...]:
    return tuple(box.shown for box in boxes)


def _bounce(address: str, item: Mapping[str, Any]) -> tuple[str, ...]:
    """The type of bounce that an address of the bounce-testing domain asks for."""
    local, _, domain = address.rpartition("@")
    if domain.lower() != _BOUNCING:
        return ()
    given = {each["Name"].lower(): each["Value"] for each in item.get("Headers") or ()}
    asked = asked_for(local, given.get("x-pm-bounce-type", ""))
    return () if asked is None else (asked.name,)


def _headers(item: Mapping[str, Any]) -> dict[str, str]:
    """The headers that a sender can set: real names, and none of those that say what a body is."""
    given = {text_of(each["Name"]): text_of(each["Value"]) for each in item.get("Headers") or ()}
    found = {
        name: value
        for name, value in given.items()
        if _HEADER_NAME.match(name) and not name.lower().startswith(("content-", "mime-"))
    }
    reply_to = mailboxes(text_of(item.get("ReplyTo")))
    return {**found, **({"Reply-To": ", ".join(_shown(reply_to))} if reply_to else {})}
