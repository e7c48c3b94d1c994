"""What Mailgun tells of each recipient of a message: the events, page by page.

Shapes: Mailgun's OpenAPI 3.1 document (2026) and mailgun/documentation, source (2024-07).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message
from email.parser import BytesParser
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode

from ...http.exchange import Request
from ..accepted_mail import AcceptedMail
from ..keys import domain_of
from ..webhook import what_became_of
from .account import MailgunAccount, MailgunDomain
from .event_data import LISTS, event_data
from .sending import TEST_MODE

_HOSTS = {"us": "api.mailgun.net", "eu": "api.eu.mailgun.net"}
_MOST = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class MailgunQuestion:
    """A question to an account."""

    account: MailgunAccount
    request: Request
    region: str
    now: datetime


def base_url(asked: MailgunQuestion) -> str:
    """Where the next question goes: to where this one came, so that a key goes nowhere else."""
    return asked.request.origin or f"https://{_HOSTS[asked.region]}"


def mail_of(account: MailgunAccount, domain: MailgunDomain) -> list[AcceptedMail]:
    """The messages of a domain, as the account took them."""
    name = f"@{domain.name}>".lower()
    return [mail for mail in account.accepted if mail.provider_id.lower().endswith(name)]


def events_page(
    asked: MailgunQuestion, domain: MailgunDomain, token: str | None
) -> dict[str, Any] | None:
    """A page of events, the first or that of a token; None where the token is none."""
    query = dict(asked.request.query) if token is None else _query_of(token)
    if query is None:
        return None
    found = [
        event
        for mail in mail_of(asked.account, domain)
        for event in events_of(asked, mail, domain)
        if _wanted(event, query) and _within(event, query)
    ]
    found.sort(key=lambda event: event["timestamp"], reverse=query.get("ascending") != "yes")
    size = min(_number(query.get("limit"), 100) or 100, _MOST)
    first = _number(query.get("offset"), 0)
    base = f"{base_url(asked)}/v3/{domain.name}/events"
    paging = {
        name: f"{base}/{_token(query, offset=offset)}"
        for name, offset in (("next", first + size), ("previous", max(0, first - size)))
    }
    return {"items": found[first : first + size], "paging": paging}


def _token(query: Mapping[str, str], *, offset: int) -> str:
    """The rest of a question, as one segment of a path (decoded once on its way here)."""
    return quote(quote(urlencode({**query, "offset": offset}, errors="replace"), safe=""), safe="")


def _query_of(token: str) -> dict[str, str] | None:
    """The question that a token stands for; None for what no page has given."""
    query = dict(parse_qsl(unquote(token), keep_blank_values=True))
    return query if re.fullmatch("[0-9]{1,9}", query.get("offset", "")) else None


def events_of(
    asked: MailgunQuestion, mail: AcceptedMail, domain: MailgunDomain
) -> list[dict[str, Any]]:
    """What has happened to a message, for each of its recipients."""
    events = []
    for recipient in mail.recipients:
        event = accepted_event(mail, recipient, domain=domain.name, base=base_url(asked))
        events.append(event)
        became = what_became_of(asked.account, mail, recipient)
        events += [event_data(event, each) for each in became]
        if recipient in mail.dropped and mail.state != TEST_MODE and not became:
            listed = suppression(asked.account, recipient) or LISTS["bounces"]
            _, reason, code, words = listed
            told = {"attempt-no": 1, "message": "", "code": code, "description": words}
            events.append(
                {
                    **event,
                    "event": "failed",
                    "id": digest(f"failed:{event['id']}")[:22],
                    "log-level": "error",
                    "severity": "permanent",
                    "reason": reason,
                    "delivery-status": {**told, "session-seconds": 0.0},
                }
            )
    return events


def suppression(account: MailgunAccount, recipient: str) -> tuple[str, str, int, str] | None:
    """The list that a recipient is on, as it is in `LISTS`."""
    for entry in LISTS.values():
        if recipient.lower() in {address.lower() for address in getattr(account, entry[0])}:
            return entry
    return None


def accepted_event(mail: AcceptedMail, recipient: str, *, domain: str, base: str) -> dict[str, Any]:
    """The event of a message that was taken; `base` is where what is stored can be had."""
    key = storage_key(mail)
    url = f"{base}/v3/domains/{domain}/messages/{key}"
    headers = {
        "to": ", ".join(mail.fields.to) if mail.fields is not None else recipient,
        "message-id": mail.provider_id.strip("<>"),
        "from": mail.fields.sender if mail.fields is not None else mail.mail_from,
        "subject": mail.subject,
    }
    return {
        "event": "accepted",
        "id": digest(f"{mail.provider_id}:{recipient}")[:22],
        "timestamp": mail.at.timestamp(),
        "log-level": "info",
        "method": "http",
        "envelope": {"sender": mail.mail_from, "transport": "smtp", "targets": recipient},
        "flags": {
            "is-routed": False,
            "is-authenticated": True,
            "is-system-test": False,
            "is-test-mode": mail.state == TEST_MODE,
        },
        "message": {
            "headers": headers,
            "attachments": _files(mail),
            "size": len(mail.content),
            # As django-anymail's live test reads it (2026-07).
            **({} if mail.send_at is None else {"scheduled-for": mail.send_at.timestamp()}),
        },
        "storage": {"url": url, "key": key},
        "recipient": recipient,
        "recipient-domain": domain_of(recipient),
        "campaigns": [],
        "tags": list(mail.tags),
        "user-variables": dict(mail.metadata),
    }


def _files(mail: AcceptedMail) -> list[dict[str, Any]]:
    """The files of a message that was accepted. The members are documented.

    Inline ones are among them, and come first; types have no parameters (django-anymail issue 172
    and its live test, 2019-12).
    """
    if mail.fields is not None:
        return [
            {
                "filename": each.name,
                "content-type": each.content_type.partition(";")[0].strip(),
                "size": len(each.octets),
            }
            for each in sorted(mail.fields.attachments, key=lambda file: not file.inline)
        ]
    parts = BytesParser().parsebytes(mail.content).walk()
    return [
        {
            "filename": name,
            "content-type": part.get_content_type(),
            "size": _size(part),
        }
        for part in parts
        if (name := _filename(part))
    ]


def _size(part: Message) -> int:
    payload = part.get_payload(decode=True)
    return len(payload) if isinstance(payload, bytes) else 0


def _filename(part: Message) -> str:
    try:
        return part.get_filename() or ""
    except (LookupError, TypeError, ValueError):  # parameters that are no parameters
        return ""


def _wanted(event: dict[str, Any], query: Mapping[str, str]) -> bool:
    message = event["message"]
    told: dict[str, str] = {
        "event": event["event"],
        "severity": event.get("severity", ""),
        "recipient": event["recipient"],
        "recipients": event["recipient"],
        # What was opened and clicked tells of the message's id alone.
        **dict.fromkeys(["subject", "from", "to"], ""),
        **message["headers"],
        "tags": " ".join(event["tags"]),
        "attachment": " ".join(each["filename"] for each in message.get("attachments", ())),
    }
    return all(
        _matches(text, query[name].strip("<>")) for name, text in told.items() if query.get(name)
    )


def _matches(text: str, wanted: str) -> bool:
    """Whether one of several words (parted by OR) is the text, or within it."""
    return any(word.strip().lower() in text.lower() for word in wanted.split(" OR "))


def _within(event: dict[str, Any], query: Mapping[str, str]) -> bool:
    """`begin` and `end` in either order: which is the earlier depends on `ascending`."""
    limits = [moment for name in ("begin", "end") if (moment := _moment(query.get(name)))]
    if len(limits) == 2:
        return bool(min(limits) <= event["timestamp"] <= max(limits))
    is_from = query.get("ascending") == "yes" or not query.get("begin")
    return all(
        event["timestamp"] >= moment if is_from else event["timestamp"] <= moment
        for moment in limits
    )


def _moment(text: str | None) -> float | None:
    if text is None:
        return None
    if re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,6})?", text):
        return float(text)
    try:
        found = parsedate_to_datetime(text)
        aware = found if found.tzinfo is not None else found.replace(tzinfo=UTC)
        return aware.timestamp()
    except (IndexError, OverflowError, TypeError, ValueError):
        return None


def _number(text: str | None, default: int) -> int:
    return int(text) if text is not None and re.fullmatch("[0-9]{1,9}", text) else default


def storage_key(mail: AcceptedMail) -> str:
    """What a stored message is asked for by."""
    return digest(f"{mail.provider_id}:{mail.recipients}")


def digest(text: str) -> str:
    """An id made of a text: hexadecimal digits, the same for the same text."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
