"""What Resend finds wrong with one message, in the order in which it was seen to look."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from ...http.exchange import Response
from ..keys import domain_of
from .mailbox import mailbox, mailboxes, strings, text_of
from .refusals import refuse

LISTS = ("to", "cc", "bcc", "reply_to")
_STRINGS = ("from", "subject", "html", "text", "scheduled_at", "topic_id")
_MOST_RECIPIENTS = 50
_MOST_TAGS = 75
_LARGEST = 40_000_000
_FURTHEST = timedelta(days=30)
_TAG = re.compile(r"[A-Za-z0-9_-]{1,256}\Z")
_HEADER_NAME = re.compile(r"[!-9;-~]+\Z")
_RESERVED = frozenset(["example.com", "example.invalid"])


def wrong_message(item: Mapping[str, Any], *, now: datetime) -> Response | None:
    """The refusal of a message that is none, whoever sends it; None where it is one.

    What a template has is in it already.
    """
    wrong = next((name for name, fits in _TYPES.items() if not _fits(item.get(name), fits)), None)
    if wrong is not None:
        return refuse("wrong-type", field=wrong)
    return (
        _missing(item)
        or _wrong_addresses(item)
        or _wrong_headers(item)
        or _wrong_attachments(item)
        or _wrong_tags(item)
        or wrong_time(item, now)
    )


def _fits(value: Any, fits: Callable[[Any], bool]) -> bool:
    return value is None or fits(value)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_texts(value: Any) -> bool:
    return _is_text(value) or (isinstance(value, list) and all(map(_is_text, value)))


def _are_headers(value: Any) -> bool:
    """Resend wants strings, and no numbers (django-anymail, its Resend backend, 2023-10)."""
    return isinstance(value, dict) and all(map(_is_text, value.values()))


def _are_tags(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(each, dict) and _is_text(each.get("name")) and _is_text(each.get("value"))
        for each in value
    )


def _are_attachments(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(each, dict)
        and all(isinstance(each.get(part), str | None) for part in _PARTS)
        and _is_content(each.get("content"))
        for each in value
    )


def _is_content(value: Any) -> bool:
    """Base64; or octets as numbers, as SDKs send buffers."""
    given = value.get("data") if isinstance(value, dict) else value
    if isinstance(given, list):
        return all(type(each) is int and 0 <= each < 256 for each in given)
    return isinstance(given, str | None) and not isinstance(value, dict)


_PARTS = ("filename", "path", "content_type", "content_id")
_TYPES: Mapping[str, Callable[[Any], bool]] = {
    **dict.fromkeys(_STRINGS, _is_text),
    **dict.fromkeys(LISTS, _is_texts),
    "headers": _are_headers,
    "attachments": _are_attachments,
    "tags": _are_tags,
}


def _missing(item: Mapping[str, Any]) -> Response | None:
    if not strings(item.get("to")):
        return refuse("missing-field", field="to")
    if not (item.get("html") or item.get("text")):
        return refuse("no-body")
    for field in ("subject", "from"):
        if not item.get(field):
            return refuse("missing-field", field=field)
    return None


def _wrong_addresses(item: Mapping[str, Any]) -> Response | None:
    for field in ("from", *LISTS):
        if any(mailbox(text) is None for text in strings(item.get(field))):
            return refuse("invalid-address", field=field)
    for field in ("to", "cc", "bcc"):
        if any(domain_of(box.address) in _RESERVED for box in mailboxes(item.get(field))):
            return refuse("reserved-recipient", field=field)
    too_many = len(strings(item.get("to"))) > _MOST_RECIPIENTS
    return refuse("too-many-recipients", field="to") if too_many else None


def _wrong_headers(item: Mapping[str, Any]) -> Response | None:
    for name, value in (item.get("headers") or {}).items():
        if not _HEADER_NAME.match(name) or set(value) & set("\r\n"):
            return refuse("bad-header")
    return None


def _wrong_attachments(item: Mapping[str, Any]) -> Response | None:
    size = 0
    for each in item.get("attachments") or ():
        content = each.get("content")
        if content is None and not each.get("path"):
            return refuse("attachment-without-content")
        size += len(content) if isinstance(content, str) else 0
    if size > _LARGEST:
        return refuse("too-large")
    scheduled = bool(item.get("attachments")) and bool(item.get("scheduled_at"))
    return refuse("schedule-and-attachments") if scheduled else None


def _wrong_tags(item: Mapping[str, Any]) -> Response | None:
    tags = item.get("tags") or ()
    if len(tags) > _MOST_TAGS:
        return refuse("bad-tag")
    right = all(_TAG.match(each["name"]) and _TAG.match(each["value"]) for each in tags)
    return None if right else refuse("bad-tag")


def wrong_time(item: Mapping[str, Any], now: datetime) -> Response | None:
    """The refusal of a time that is too far ahead."""
    at = time_of(text_of(item.get("scheduled_at")))
    return refuse("bad-schedule") if at is not None and at > now + _FURTHEST else None


def time_of(text: str) -> datetime | None:
    """A time in ISO 8601; None for words such as `in 1 hour`, which Resend reads as well."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
