"""/emails and /emails/batch: whose mail is taken, and what is answered."""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import unquote, urlsplit

from ...http.exchange import Response
from ...marks import Mark
from ..attachment import AttachedFile
from ..fields import Fields
from ..keys import domain_of, find_domain
from ..rules import Outcome
from .account import SHARED_DOMAIN, ResendAccount, ResendKey, ResendMail
from .idempotency import KeyedRequest
from .mailbox import NamedAddress, mailbox, mailboxes, strings, text_of
from .refusals import JSON_UTF8, refuse
from .templates import with_template
from .validation import LISTS, time_of, wrong_message

Answer = Outcome[ResendAccount]
_MOST_IN_BATCH = 100
_SENT = "resend.com/docs, api-reference/emails/send-email (read 2026-11); answers that were seen"
_BATCH = "resend.com/docs, api-reference/emails/send-batch-emails (read 2026-11)"
_PERMISSIVE = "the SDKs' types (resend-node 6.22.0, resend-python 2.39.0)"
_REMOTE = "taken, while the remote file was not fetched"
# What test addresses stand for (resend.com/docs, dashboard/emails/send-test-emails, 2026-11).
_EVENTS = {"bounced": "bounced", "complained": "complained", "suppressed": "suppressed"}
_TEST_ADDRESSES = frozenset(["delivered", *_EVENTS])


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """A call that sends: whose account, with which key, as which request, when."""

    account: ResendAccount
    key: ResendKey
    request: KeyedRequest
    now: datetime


def send(sending: Sending, item: Any) -> Answer:
    """One message, or the answer that the same request had before."""
    return _once(sending) or _kept(sending, _sent(sending, item))


def send_batch(sending: Sending, items: Any, *, permissive: bool) -> Answer:
    """A batch: all of it or nothing; where it is `permissive`, whatever is right in it."""
    return _once(sending) or _kept(sending, _batch(sending, items, permissive=permissive))


def _once(sending: Sending) -> Answer | None:
    """What a request is answered whose idempotency key was used before."""
    account, before = sending.account, sending.request.before(sending.account)
    if before is None:
        in_progress = sending.request.key and account.same_key_in_progress
        return _refused(account, refuse("same-key-in-progress")) if in_progress else None
    if before.digest != sending.request.digest:
        return _refused(account, refuse("other-payload"))
    found = before.answer.get("data", [before.answer])
    again = tuple(one["id"] for one in found)
    return Outcome(account=account, response=_answer(before.answer), again=again)


def _kept(sending: Sending, outcome: Answer) -> Answer:
    """The outcome, remembered where something was taken."""
    if not outcome.accepted or not sending.request.key:
        return outcome
    answer = json.loads(outcome.response.body)
    return replace(outcome, account=sending.request.kept(outcome.account, answer))


def _sent(sending: Sending, item: Any) -> Answer:
    account = sending.account
    mail = _judged(sending, account, item)
    if isinstance(mail, Response):
        return _refused(account, mail)
    mail, account = _numbered(account, mail)
    response = _answer({"id": mail.provider_id}, is_known=not _has_remote_files(item))
    return Outcome(account=account.keep(mail), response=response, accepted=(mail,))


def _batch(sending: Sending, items: Any, *, permissive: bool) -> Answer:
    account = sending.account
    if not isinstance(items, list):
        return _refused(account, refuse("not-json"))
    if not 1 <= len(items) <= _MOST_IN_BATCH:
        return _refused(account, refuse("batch-size"))
    judged = [_judged(sending, account, item, in_batch=True) for item in items]
    wrong = {n: found for n, found in enumerate(judged) if isinstance(found, Response)}
    if wrong and not permissive:
        return _refused(account, next(iter(wrong.values())))
    taken: list[ResendMail] = []
    for found in judged:
        if isinstance(found, ResendMail):
            mail, account = _numbered(account, found)
            taken.append(mail)
    answer: dict[str, Any] = {"data": [{"id": mail.provider_id} for mail in taken]}
    if permissive:
        answer["errors"] = [
            {"index": number, "message": json.loads(response.body)["message"]}
            for number, response in wrong.items()
        ]
    return Outcome(account=account.keep(*taken), response=_answer(answer), accepted=tuple(taken))


def _refused(account: ResendAccount, response: Response) -> Answer:
    return Outcome(account=account, response=response)


def _answer(found: Mapping[str, Any], *, is_known: bool = True) -> Response:
    source = (_PERMISSIVE if "errors" in found else _BATCH) if "data" in found else _SENT
    return Response(
        status=200,
        body=json.dumps(found, separators=(",", ":")).encode(),
        headers=JSON_UTF8,
        mark=Mark.DOCUMENTED if is_known else Mark.SYNTHETIC,
        source=source if is_known else _REMOTE,
    )


def _judged(
    sending: Sending, account: ResendAccount, item: Any, *, in_batch: bool = False
) -> ResendMail | Response:
    """The message that is taken, as yet without an id, or why it is not."""
    if not isinstance(item, dict):
        return refuse("not-json")
    if in_batch and item.get("attachments"):
        return refuse("attachments-in-batch")
    whole = with_template(account, item)
    if isinstance(whole, Response):
        return whole
    refused = wrong_message(whole, now=sending.now) or _not_allowed(account, sending.key, whole)
    return refused or _mail(account, whole, sending.now)


def _not_allowed(
    account: ResendAccount, key: ResendKey, item: Mapping[str, Any]
) -> Response | None:
    """What the key and the team may not do."""
    domain = domain_of(text_of(item["from"]))
    if key.domain is not None:
        own = find_domain(account.domains, key.domain.lower(), region="")
        if own is None or not own.verified:
            return refuse("keys-domain-not-verified")
        if domain != key.domain.lower():
            return refuse("other-domain", domain=domain)
    if domain == SHARED_DOMAIN:
        strangers = [one for one in _everyone(item) if not _is_for_tests(account, one)]
        if strangers:
            return refuse("only-to-the-owner", owner=account.owner)
    elif not account.has_domain(text_of(item["from"])):
        return refuse("domain-not-verified", domain=domain)
    return refuse(f"{account.quota}-quota") if account.quota_used_up else None


def _everyone(item: Mapping[str, Any]) -> list[str]:
    return [box.address for field in ("to", "cc", "bcc") for box in mailboxes(item.get(field))]


def _is_for_tests(account: ResendAccount, address: str) -> bool:
    return address.lower() == account.owner.lower() or test_address(address) is not None


def test_address(address: str) -> str | None:
    """The word of a test address, which may have a label; None for every other address."""
    local, _, domain = address.lower().rpartition("@")
    word = local.partition("+")[0]
    return word if domain == SHARED_DOMAIN and word in _TEST_ADDRESSES else None


def _numbered(account: ResendAccount, mail: ResendMail) -> tuple[ResendMail, ResendAccount]:
    identifier, account = account.next_uuid()
    return replace(mail, provider_id=identifier), account


def _mail(account: ResendAccount, item: Mapping[str, Any], now: datetime) -> ResendMail:
    sender = mailbox(text_of(item["from"])) or NamedAddress(name="", address="")
    shown = {field: tuple(box.shown for box in mailboxes(item.get(field))) for field in LISTS}
    everyone = tuple(_everyone(item))
    skipped = tuple(one for one in everyone if _is_skipped(account, one))
    scheduled = text_of(item.get("scheduled_at")) or None
    subject, text, html = (text_of(item.get(part)) for part in ("subject", "text", "html"))
    return ResendMail(
        provider_id="",
        mail_from=sender.address,
        recipients=everyone,
        at=now,
        subject=subject,
        state="scheduled" if scheduled else _outcome(everyone, skipped),
        fields=Fields(
            sender=sender.shown,
            to=shown["to"],
            cc=shown["cc"],
            subject=subject,
            text=text or None,
            html=html or None,
            headers=_headers(item, shown["reply_to"]),
            attachments=tuple(_file(each) for each in item.get("attachments") or ()),
        ),
        sender=text_of(item["from"]),
        to=strings(item.get("to")),
        cc=strings(item.get("cc")),
        bcc=strings(item.get("bcc")),
        reply_to=strings(item.get("reply_to")),
        text=text or None,
        html=html or None,
        metadata={each["name"]: each["value"] for each in item.get("tags") or ()},
        scheduled_at=scheduled,
        send_at=time_of(scheduled or ""),
        dropped=skipped,
    )


def _is_skipped(account: ResendAccount, address: str) -> bool:
    return account.is_suppressed(address) or test_address(address) == "suppressed"


def last_event(mail: ResendMail, now: datetime) -> str:
    """What Resend says of a message: what is scheduled in words that are not read stays so."""
    gone = mail.state == "scheduled" and mail.send_at is not None and mail.send_at <= now
    return _outcome(mail.recipients, mail.dropped) if gone else mail.state


def _outcome(everyone: Sequence[str], skipped: Sequence[str]) -> str:
    """What has become of it in the end: nothing here takes time."""
    if len(skipped) == len(everyone):
        return "suppressed"
    words = {test_address(address) for address in everyone}
    return next((event for word, event in _EVENTS.items() if word in words), "delivered")


def _headers(item: Mapping[str, Any], reply_to: Sequence[str]) -> dict[str, str]:
    """The headers that a sender can set: none of those that say what a body is."""
    found = {
        text_of(name): text_of(value)
        for name, value in (item.get("headers") or {}).items()
        if not name.lower().startswith(("content-", "mime-"))
    }
    return {**found, **({"Reply-To": ", ".join(reply_to)} if reply_to else {})}


def _has_remote_files(item: Any) -> bool:
    files = item.get("attachments") if isinstance(item, dict) else None
    return any(each.get("content") is None for each in files or ())


def _file(item: Mapping[str, Any]) -> AttachedFile:
    """A file; one with a content id is shown in the HTML. Octets may be numbers in a list."""
    content = item.get("content")
    content = content.get("data") if isinstance(content, dict) else content
    path = text_of(item.get("path")) if content is None else ""
    name = text_of(item.get("filename")) or unquote(urlsplit(path).path.rpartition("/")[2])
    given = text_of(item.get("content_type"))
    guessed = mimetypes.guess_type(name, strict=True)[0]
    identifier = text_of(item.get("content_id"))
    return AttachedFile(
        name=name,
        content_type=given or guessed or "application/octet-stream",
        encoded=content if isinstance(content, str) else "",
        raw=bytes(content) if isinstance(content, list) else None,
        content_id=identifier,
        description=path,
        inline=bool(identifier),
    )
