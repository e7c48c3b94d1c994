"""What Mandrill finds wrong with the parameters of a send."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ...http.exchange import Response
from .refusals import REFUSALS, validation_error

_STRINGS = ("html", "text", "subject", "from_email", "from_name", "subaccount", "bcc_address")
_LISTS = ("to", "attachments", "images", "tags", "global_merge_vars", "merge_vars")
_OBJECTS = ("headers", "metadata")
# What the vendor's client has no default for (mandrill 1.0.60).
_REQUIRED: Mapping[str, tuple[str, ...]] = {
    "messages/send": ("message",),
    "messages/send-template": ("template_name", "template_content", "message"),
    "messages/send-raw": ("raw_message",),
    "messages/info": ("id",),
    "senders/check-domain": ("domain",),
    "senders/add-domain": ("domain",),
    "senders/verify-domain": ("domain", "mailbox"),
}
_KINDS = frozenset(["to", "cc", "bcc"])
_LONGEST_TAG = 50
_USERNAME = re.compile(r"[\w!#$%&'*+\-/=?^`{|}~.]+\Z", re.ASCII)
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]\Z")
_PORTION = "The {} portion of the email address is invalid (the portion {} the @: {})"
_WHEN = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)\Z", re.ASCII)


def text_of(value: Any) -> str:
    """A scalar as text; "" for null and for what is no scalar. Lone surrogates are replaced."""
    if value is None or isinstance(value, (list, dict)):
        return ""
    return str(value).encode("utf-8", "replace").decode("utf-8")


def address_problem(address: str) -> tuple[str, str] | None:
    """The refusal's name and the validator's words for what is no address."""
    local, _, domain = address.rpartition("@")
    if address.count("@") != 1:
        return "from-without-at", "An email address must contain a single @"
    if not _USERNAME.match(local):
        return "from-syntax", _PORTION.format("username", "before", local)
    if not _DOMAIN.match(domain.lower()):
        return "from-syntax", _PORTION.format("domain", "after", domain)
    return None


def wrong_parameter(call: str, body: Mapping[str, Any]) -> Response | None:
    """The refusal of the first parameter that is wrong; None where all are right."""
    missing = missing_parameter(call, body)
    if missing is not None:
        return missing
    if call == "messages/send-raw":
        return _wrong_raw(body) or _wrong_time(body)
    message = body.get("message")
    if not isinstance(message, dict):
        return validation_error("invalid-field", ("message",), "not a struct")
    return _wrong_message(message) or _wrong_time(body)


def missing_parameter(call: str, body: Mapping[str, Any]) -> Response | None:
    """The refusal of the first parameter that a call requires and has not."""
    for name in _REQUIRED.get(call, ()):
        if body.get(name) in (None, ""):
            return REFUSALS.refuse("missing-parameter", name=name)
    return None


def sending_time(body: Mapping[str, Any]) -> datetime | None:
    """The time in `send_at`, which is UTC; None where there is none."""
    found = _WHEN.match(text_of(body.get("send_at")).strip())
    try:
        return datetime.fromisoformat(found[1]).replace(tzinfo=UTC) if found else None
    except ValueError:
        return None


def _wrong_time(body: Mapping[str, Any]) -> Response | None:
    if body.get("send_at") and sending_time(body) is None:
        return validation_error("invalid-field", ("send_at",), "not a time")
    return None


def _wrong_raw(body: Mapping[str, Any]) -> Response | None:
    if not isinstance(body.get("raw_message"), str):
        return validation_error("invalid-field", ("raw_message",), "of the wrong type")
    to = body.get("to")
    if to is not None and not (isinstance(to, list) and all(isinstance(one, str) for one in to)):
        return validation_error("invalid-field", ("to",), "not an array of strings")
    return _wrong_sender(body, ())


def _wrong_message(message: Mapping[str, Any]) -> Response | None:
    for kind, names in ((list, _LISTS), (dict, _OBJECTS), (str, _STRINGS)):
        for name in names:
            if not _fits(message.get(name), kind):
                return validation_error("invalid-field", ("message", name), "of the wrong type")
    # A line break in a name would begin another header.
    if any(set(name) & set("\r\n") for name in message.get("headers") or {}):
        return validation_error("invalid-field", ("message", "headers"), "a name with a line break")
    return _wrong_sender(message, ("message",)) or _wrong_to(message) or _wrong_tags(message)


def _fits(value: Any, kind: type) -> bool:
    """Whether a value passes; PHP's clients write an empty object as an empty array."""
    if value is None or (kind is dict and value == []):
        return True
    return isinstance(value, kind) if kind is not str else not isinstance(value, (list, dict))


def _wrong_sender(body: Mapping[str, Any], path: tuple[str, ...]) -> Response | None:
    """An empty From is no error here: it makes `invalid-sender`."""
    if not _fits(body.get("from_email"), str):
        return validation_error("invalid-field", (*path, "from_email"), "of the wrong type")
    address = text_of(body.get("from_email"))
    problem = address_problem(address) if address else None
    return validation_error(problem[0], (*path, "from_email"), problem[1]) if problem else None


def _wrong_to(message: Mapping[str, Any]) -> Response | None:
    recipients = message.get("to")
    if not recipients:
        return validation_error("invalid-field", ("message", "to"), "missing")
    for recipient in recipients:
        if not isinstance(recipient, dict):
            return validation_error("invalid-field", ("message", "to"), "not an array of structs")
        if not text_of(recipient.get("email")):
            return validation_error("invalid-field", ("message", "to", "email"), "missing")
        kind = recipient.get("type")
        if kind is not None and (not isinstance(kind, str) or kind not in _KINDS):
            return validation_error("invalid-field", ("message", "to", "type"), "unknown")
    return None


def _wrong_tags(message: Mapping[str, Any]) -> Response | None:
    for tag in message.get("tags") or []:
        if text_of(tag).startswith("_") or len(text_of(tag)) > _LONGEST_TAG:
            return REFUSALS["invalid-tag-name"].response()
    return None
