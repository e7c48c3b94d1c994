"""What Mandrill finds wrong with the parameters of a send."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ..refusal import Refuse
from .refusals import validation_error

_STRINGS = ("html", "text", "subject", "from_email", "from_name", "subaccount", "bcc_address")
_LISTS = ("to", "attachments", "images", "tags", "global_merge_vars", "merge_vars")
_OBJECTS = ("headers", "metadata")
# What the vendor's client has no default for (mandrill 1.0.60).
_REQUIRED: Mapping[str, tuple[str, ...]] = {
    "messages/send": ("message",),
    "messages/send-template": ("template_name", "template_content", "message"),
    "messages/send-raw": ("raw_message",),
    "messages/info": ("id",),
    "messages/cancel-scheduled": ("id",),
    "messages/reschedule": ("id", "send_at"),
    "rejects/add": ("email",),
    "rejects/delete": ("email",),
    "templates/add": ("name",),
    "templates/info": ("name",),
    "templates/update": ("name",),
    "templates/publish": ("name",),
    "templates/delete": ("name",),
    "templates/render": ("template_name", "template_content"),
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


def check_parameters(call: str, body: Mapping[str, Any]) -> None:
    """Refuse the first parameter of a send that is wrong."""
    check_required(call, body)
    if call == "messages/send-raw":
        _check_raw(body)
    else:
        message = body.get("message")
        if not isinstance(message, dict):
            raise validation_error("invalid-field", ("message",), "not a struct")
        _check_message(message)
    if body.get("send_at") and sending_time(body) is None:
        raise validation_error("invalid-field", ("send_at",), "not a time")


def check_required(call: str, body: Mapping[str, Any]) -> None:
    """Refuse a call without a parameter that it requires: the first one."""
    for name in _REQUIRED.get(call, ()):
        if body.get(name) in (None, ""):
            raise Refuse("missing-parameter", name=name)


def sending_time(body: Mapping[str, Any]) -> datetime | None:
    """The time in `send_at`, which is UTC; None where there is none."""
    found = _WHEN.match(text_of(body.get("send_at")).strip())
    try:
        return datetime.fromisoformat(found[1]).replace(tzinfo=UTC) if found else None
    except ValueError:
        return None


def _check_raw(body: Mapping[str, Any]) -> None:
    if not isinstance(body.get("raw_message"), str):
        raise validation_error("invalid-field", ("raw_message",), "of the wrong type")
    to = body.get("to")
    if to is not None and not (isinstance(to, list) and all(isinstance(one, str) for one in to)):
        raise validation_error("invalid-field", ("to",), "not an array of strings")
    _check_sender(body, ())


def _check_message(message: Mapping[str, Any]) -> None:
    for kind, names in ((list, _LISTS), (dict, _OBJECTS), (str, _STRINGS)):
        for name in names:
            if not _fits(message.get(name), kind):
                raise validation_error("invalid-field", ("message", name), "of the wrong type")
    # A line break in a name would begin another header.
    if any(set(name) & set("\r\n") for name in message.get("headers") or {}):
        raise validation_error("invalid-field", ("message", "headers"), "a name with a line break")
    _check_sender(message, ("message",))
    _check_to(message)
    _check_tags(message)


def _fits(value: Any, kind: type) -> bool:
    """Whether a value passes; PHP's clients write an empty object as an empty array."""
    if value is None or (kind is dict and value == []):
        return True
    return isinstance(value, kind) if kind is not str else not isinstance(value, (list, dict))


def _check_sender(body: Mapping[str, Any], path: tuple[str, ...]) -> None:
    """Refuse a From that is no address. An empty one is none here: it makes `invalid-sender`."""
    if not _fits(body.get("from_email"), str):
        raise validation_error("invalid-field", (*path, "from_email"), "of the wrong type")
    address = text_of(body.get("from_email"))
    problem = address_problem(address) if address else None
    if problem is not None:
        raise validation_error(problem[0], (*path, "from_email"), problem[1])


def _check_to(message: Mapping[str, Any]) -> None:
    recipients = message.get("to")
    if not recipients:
        raise validation_error("invalid-field", ("message", "to"), "missing")
    for recipient in recipients:
        if not isinstance(recipient, dict):
            raise validation_error("invalid-field", ("message", "to"), "not an array of structs")
        if not text_of(recipient.get("email")):
            raise validation_error("invalid-field", ("message", "to", "email"), "missing")
        kind = recipient.get("type")
        if kind is not None and (not isinstance(kind, str) or kind not in _KINDS):
            raise validation_error("invalid-field", ("message", "to", "type"), "unknown")


def _check_tags(message: Mapping[str, Any]) -> None:
    for tag in message.get("tags") or []:
        if text_of(tag).startswith("_") or len(text_of(tag)) > _LONGEST_TAG:
            raise Refuse("invalid-tag-name")
