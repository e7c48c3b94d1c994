"""What SparkPost finds wrong with a transmission. The texts are the vendor's (see `refusals`)."""

from __future__ import annotations

import binascii
import json
from base64 import b64decode
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from ..refusal import Refuse
from .refusals import REFUSALS

_LARGEST_CONTENT = 20_000_000
_INLINE = ("from", "subject", "html", "text", "amp_html", "reply_to", "headers")
_BODIES = ("html", "text", "amp_html")
_LONGEST = {"campaign_id": 64, "description": 1024}
_LARGEST_DATA = 10_000
_LARGEST_SUBSTITUTION = 100_000
_FURTHEST = timedelta(days=3)
_LONGEST_NAME = 255


def check(body: Any, *, now: datetime) -> None:
    """Look for what is wrong with a decoded body, apart from its single recipients.

    Raises:
        Refuse: the first thing that is.
    """
    if not isinstance(body, dict):
        raise _wrong("JSON object expected")
    _check_recipients(body.get("recipients"))
    content = body.get("content")
    if content is None:
        raise _missing("content object or template_id required")
    check_content(content)
    _check_options(body.get("options"), now)
    _check_extras(body)


def _check_recipients(value: Any) -> None:
    if value is None:
        raise _missing("recipients or list_id required")
    if isinstance(value, dict):
        if not isinstance(value.get("list_id"), str):
            raise _missing("recipients or list_id required")
        raise _absent(f"Recipient list '{value['list_id']}' does not exist")
    if not isinstance(value, list):
        raise _wrong("Invalid recipients type - needs to be json_array or json_object")


def check_content(content: Any) -> None:
    """Refuse a content that is none."""
    if not isinstance(content, dict):
        raise _wrong_type("content", "json_object")
    if _estimated(content) > _LARGEST_CONTENT:
        raise _wrong("The estimated message size is above the 20 MB message size limit")
    if "email_rfc822" in content:
        _check_finished(content)
    elif content.get("template_id") is not None or content.get("ab_test_id") is not None:
        for name in ("template_id", "ab_test_id"):
            if not isinstance(content.get(name), str | None):
                raise _wrong_type(f"content.{name}", "string")
        if any(content.get(name) is not None for name in ("subject", *_BODIES)):
            raise Refuse("template-and-content")
    else:
        _check_inline(content)


def _check_finished(content: dict[str, Any]) -> None:
    if not isinstance(content["email_rfc822"], str):
        raise _wrong_type("content.email_rfc822", "string")
    for name in _INLINE:
        if name in content:
            description = f"content.email_rfc822 and content.{name} are mutually exclusive"
            raise Refuse("exclusive-fields", description=description)


def _check_inline(content: dict[str, Any]) -> None:
    if not content:
        raise _missing("No valid fields exist in the 'content' object")
    _check_required(content)
    for name in ("subject", *_BODIES, "reply_to"):
        if not isinstance(content.get(name), str | None):
            raise _wrong_type(f"content.{name}", "string")
    has = {name for name in (*_BODIES, "inline_images") if content.get(name)}
    if not has & set(_BODIES):
        raise _missing("No valid fields exist in the 'content' object")
    if not has & {"html", "text"}:
        raise _missing("content.amp_html requires content.html or content.text")
    if "inline_images" in has and "html" not in has:
        raise _missing("content.inline_images requires content.html")
    _check_headers(content.get("headers"))
    for name in ("attachments", "inline_images"):
        _check_files(content.get(name), f"content.{name}")


def _check_required(content: dict[str, Any]) -> None:
    for name in ("from", "subject"):
        if not content.get(name):
            raise Refuse("missing-field", field=f"content.{name}")
    sender = content.get("from")
    if isinstance(sender, dict):
        if not sender.get("email"):
            raise Refuse("missing-field", field="content.from.email")
        for name in ("email", "name"):
            if not isinstance(sender.get(name), str | None):
                raise _wrong_type(f"content.from.{name}", "string")
    elif not isinstance(sender, str):
        raise _wrong_type("content.from", "string")


def _check_headers(value: Any) -> None:
    if not isinstance(value, dict | None):
        raise _wrong_type("content.headers", "json_object")
    for name, text in (value or {}).items():
        if not isinstance(text, str):
            raise _wrong_type(f"content.headers.{name}", "string")


def _check_files(value: Any, field: str) -> None:
    if not isinstance(value, list | None):
        raise _wrong_type(field, "json_array")
    for item in value or ():
        found = item if isinstance(item, dict) else {}
        for part in ("name", "type", "data"):
            if part not in found:
                raise Refuse("missing-field", field=f"{field}.{part}")
            if not isinstance(found[part], str):
                raise _wrong_type(f"{field}.{part}", "string")
        _check_length(found.get("name"), f"{field}.name", _LONGEST_NAME)
        if not _is_base64(found.get("data")):
            raise _wrong_type(f"{field}.data", "base64")


def _check_options(value: Any, now: datetime) -> None:
    if not isinstance(value, dict | None):
        raise _wrong_type("options", "json_object")
    start = (value or {}).get("start_time")
    if start is None or start == "now":
        return
    at = moment(start)
    if at is None:
        raise _wrong("Error parsing scheduled start_time")
    if at - now > _FURTHEST:
        raise Refuse("scheduled-too-late")


def _check_extras(body: Mapping[str, Any]) -> None:
    for name, most in _LONGEST.items():
        if not isinstance(body.get(name), str | None):
            raise _wrong_type(name, "string")
        _check_length(body.get(name), name, most)
    for name in ("metadata", "substitution_data"):
        if not isinstance(body.get(name), dict | None):
            raise _wrong(f"{name} : is not of type json_object")
    if _size(body.get("metadata")) > _LARGEST_DATA:
        raise _length("metadata", _size(body["metadata"]), _LARGEST_DATA)
    if _size(body.get("substitution_data")) >= _LARGEST_SUBSTITUTION:
        raise Refuse("substitution-data-too-large")
    path = body.get("return_path")
    if not isinstance(path, str | None):
        raise _wrong_type("return_path", "string")
    if path is not None and not is_address(path):
        raise _wrong(f"return_path '{path}' is not a valid email address")


def recipient_error(recipient: Any) -> dict[str, str] | None:
    """What is wrong with one recipient: an entry of `rcpt_to_errors`."""
    given = recipient if isinstance(recipient, dict) else {}
    email = recipient_email(given)
    if not email:
        return _entry(_missing("address.email is required for each recipient"))
    if not is_address(email):
        return _entry(_wrong(f"invalid recipient address.email: {email}"))
    tags = given.get("tags")
    if not isinstance(tags, list | None):
        return _entry(_wrong_type("tags", "json_array"))
    return None  # tags beyond the tenth are passed over


def recipient_email(recipient: Mapping[str, Any]) -> str:
    """The address of a recipient, in whichever form; "" where there is none."""
    address = recipient.get("address")
    if isinstance(address, dict):
        address = address.get("email")
    return address if isinstance(address, str) else ""


def is_address(value: Any) -> bool:
    """Whether it looks like an address: one @ with something on both sides, no white space."""
    if not isinstance(value, str) or not value.isprintable() or " " in value:
        return False
    local, at, domain = value.rpartition("@")
    return bool(local and at and domain.strip(".")) and not set(value) & set("<>,")


def _entry(refused: Refuse) -> dict[str, str]:
    response = REFUSALS.told(refused)
    entry: dict[str, str] = json.loads(response.body)["errors"][0]
    return entry


def _missing(description: str) -> Refuse:
    return Refuse("missing-part", description=description)


def _absent(description: str) -> Refuse:
    return Refuse("subresource-missing", description=description)


def _wrong(description: str) -> Refuse:
    return Refuse("wrong-type", description=description)


def _wrong_type(field: str, expected: str) -> Refuse:
    return _wrong(f"{field} must be '{expected}'")


def _length(field: str, length: int, most: int) -> Refuse:
    return _wrong(
        f"field '{field}' is of length '{length}', but needs to be of max length '{most}'"
    )


def _check_length(value: Any, field: str, most: int) -> None:
    length = len(value.encode("utf-8", "replace")) if isinstance(value, str) else 0
    if length > most:
        raise _length(field, length, most)


def _size(value: Any) -> int:
    try:
        return len(json.dumps(value)) if isinstance(value, dict) else 0
    except RecursionError:  # deep enough to be called large
        return _LARGEST_SUBSTITUTION


def _estimated(content: dict[str, Any]) -> int:
    """How large the message will be: its texts and its files."""
    files = [*_listed(content.get("attachments")), *_listed(content.get("inline_images"))]
    parts = [content.get(name) for name in (*_BODIES, "email_rfc822")]
    parts += [item.get("data") for item in files if isinstance(item, dict)]
    return sum(len(part) for part in parts if isinstance(part, str))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def moment(value: Any) -> datetime | None:
    """The time that is written with its offset; None where it is written otherwise."""
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo is not None else None


def _is_base64(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(b64decode(value, validate=True))
    except (binascii.Error, ValueError):
        return False
