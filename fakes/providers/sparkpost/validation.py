"""What SparkPost finds wrong with a transmission. The texts are the vendor's (see `refusals`)."""

from __future__ import annotations

import binascii
import json
from base64 import b64decode
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from ...http.exchange import Response
from .refusals import refuse

_LARGEST_CONTENT = 20_000_000
_INLINE = ("from", "subject", "html", "text", "amp_html", "reply_to", "headers")
_BODIES = ("html", "text", "amp_html")
_LONGEST = {"campaign_id": 64, "description": 1024}
_LARGEST_DATA = 10_000
_LARGEST_SUBSTITUTION = 100_000
_FURTHEST = timedelta(days=3)
_LONGEST_NAME = 255


def objection(body: Any, *, now: datetime) -> Response | None:
    """The first thing that is wrong with a decoded body, apart from its single recipients."""
    if not isinstance(body, dict):
        return _wrong("JSON object expected")
    return next(_objections(body, now), None)


def _objections(body: dict[str, Any], now: datetime) -> Iterator[Response]:
    yield from _recipients(body.get("recipients"))
    content = body.get("content")
    if content is None:
        yield _missing("content object or template_id required")
    elif not isinstance(content, dict):
        yield _wrong_type("content", "json_object")
    else:
        yield from _content(content)
    yield from _options(body.get("options"), now)
    yield from _extras(body)


def _recipients(value: Any) -> Iterator[Response]:
    if value is None:
        yield _missing("recipients or list_id required")
    elif isinstance(value, dict):
        if not isinstance(value.get("list_id"), str):
            yield _missing("recipients or list_id required")
        else:
            yield _absent(f"Recipient list '{value['list_id']}' does not exist")
    elif not isinstance(value, list):
        yield _wrong("Invalid recipients type - needs to be json_array or json_object")


def _content(content: dict[str, Any]) -> Iterator[Response]:
    if _estimated(content) > _LARGEST_CONTENT:
        yield _wrong("The estimated message size is above the 20 MB message size limit")
    if "email_rfc822" in content:
        yield from _finished(content)
    elif "template_id" in content or "ab_test_id" in content:
        for name in ("template_id", "ab_test_id"):
            if not isinstance(content.get(name), str | None):
                yield _wrong_type(f"content.{name}", "string")
    else:
        yield from _inline(content)


def _finished(content: dict[str, Any]) -> Iterator[Response]:
    if not isinstance(content["email_rfc822"], str):
        yield _wrong_type("content.email_rfc822", "string")
    for name in _INLINE:
        if name in content:
            description = f"content.email_rfc822 and content.{name} are mutually exclusive"
            yield refuse("exclusive-fields", description=description)


def _inline(content: dict[str, Any]) -> Iterator[Response]:
    if not content:
        yield _missing("No valid fields exist in the 'content' object")
    yield from _required(content)
    for name in ("subject", *_BODIES, "reply_to"):
        if not isinstance(content.get(name), str | None):
            yield _wrong_type(f"content.{name}", "string")
    has = {name for name in (*_BODIES, "inline_images") if content.get(name)}
    if not has & set(_BODIES):
        yield _missing("No valid fields exist in the 'content' object")
    if not has & {"html", "text"}:
        yield _missing("content.amp_html requires content.html or content.text")
    if "inline_images" in has and "html" not in has:
        yield _missing("content.inline_images requires content.html")
    yield from _headers(content.get("headers"))
    for name in ("attachments", "inline_images"):
        yield from _files(content.get(name), f"content.{name}")


def _required(content: dict[str, Any]) -> Iterator[Response]:
    for name in ("from", "subject"):
        if not content.get(name):
            yield refuse("missing-field", field=f"content.{name}")
    sender = content.get("from")
    if isinstance(sender, dict):
        if not sender.get("email"):
            yield refuse("missing-field", field="content.from.email")
        for name in ("email", "name"):
            if not isinstance(sender.get(name), str | None):
                yield _wrong_type(f"content.from.{name}", "string")
    elif not isinstance(sender, str):
        yield _wrong_type("content.from", "string")


def _headers(value: Any) -> Iterator[Response]:
    if not isinstance(value, dict | None):
        yield _wrong_type("content.headers", "json_object")
        return
    for name, text in (value or {}).items():
        if not isinstance(text, str):
            yield _wrong_type(f"content.headers.{name}", "string")


def _files(value: Any, field: str) -> Iterator[Response]:
    if not isinstance(value, list | None):
        yield _wrong_type(field, "json_array")
        return
    for item in value or ():
        found = item if isinstance(item, dict) else {}
        for part in ("name", "type", "data"):
            if part not in found:
                yield refuse("missing-field", field=f"{field}.{part}")
            elif not isinstance(found[part], str):
                yield _wrong_type(f"{field}.{part}", "string")
        yield from _too_long(found.get("name"), f"{field}.name", _LONGEST_NAME)
        if not _is_base64(found.get("data")):
            yield _wrong_type(f"{field}.data", "base64")


def _options(value: Any, now: datetime) -> Iterator[Response]:
    if not isinstance(value, dict | None):
        yield _wrong_type("options", "json_object")
        return
    start = (value or {}).get("start_time")
    if start is None or start == "now":
        return
    at = moment(start)
    if at is None:
        yield _wrong("Error parsing scheduled start_time")
    elif at - now > _FURTHEST:
        yield refuse("scheduled-too-late")


def _extras(body: Mapping[str, Any]) -> Iterator[Response]:
    for name, most in _LONGEST.items():
        if not isinstance(body.get(name), str | None):
            yield _wrong_type(name, "string")
        yield from _too_long(body.get(name), name, most)
    for name in ("metadata", "substitution_data"):
        if not isinstance(body.get(name), dict | None):
            yield _wrong(f"{name} : is not of type json_object")
    if _size(body.get("metadata")) > _LARGEST_DATA:
        yield _length("metadata", _size(body["metadata"]), _LARGEST_DATA)
    if _size(body.get("substitution_data")) >= _LARGEST_SUBSTITUTION:
        yield refuse("substitution-data-too-large")
    path = body.get("return_path")
    if not isinstance(path, str | None):
        yield _wrong_type("return_path", "string")
    elif path is not None and not is_address(path):
        yield _wrong(f"return_path '{path}' is not a valid email address")


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


def _entry(response: Response) -> dict[str, str]:
    entry: dict[str, str] = json.loads(response.body)["errors"][0]
    return entry


def _missing(description: str) -> Response:
    return refuse("missing-part", description=description)


def _absent(description: str) -> Response:
    return refuse("subresource-missing", description=description)


def _wrong(description: str) -> Response:
    return refuse("wrong-type", description=description)


def _wrong_type(field: str, expected: str) -> Response:
    return _wrong(f"{field} must be '{expected}'")


def _length(field: str, length: int, most: int) -> Response:
    return _wrong(
        f"field '{field}' is of length '{length}', but needs to be of max length '{most}'"
    )


def _too_long(value: Any, field: str, most: int) -> Iterator[Response]:
    length = len(value.encode("utf-8", "replace")) if isinstance(value, str) else 0
    if length > most:
        yield _length(field, length, most)


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
