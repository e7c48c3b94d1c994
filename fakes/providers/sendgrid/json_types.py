"""Which JSON types a mail send request has, and the complaint about any other.

The wording was seen on the wire for one field; it is that of the JSON Schema library gojsonschema,
after which the names of types are chosen here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .validation import Complaint

_BOX = {"email": "string", "name": "string"}
_PERSONALIZATION = {
    "to": [_BOX],
    "cc": [_BOX],
    "bcc": [_BOX],
    "from": _BOX,
    "subject": "string",
    "headers": "object",
    "substitutions": "object",
    "dynamic_template_data": "object",
    "custom_args": "object",
    "send_at": "integer",
}
# What a word stands for: a type by name, a list of one thing, an object with these members.
_BODY: dict[str, Any] = {
    "personalizations": [_PERSONALIZATION],
    "from": _BOX,
    "reply_to": _BOX,
    "reply_to_list": [_BOX],
    "subject": "string",
    # What a part or an attachment holds has complaints of its own.
    "content": [{"type": "string"}],
    "attachments": [
        {"filename": "string", "type": "string", "disposition": "string", "content_id": "string"}
    ],
    "template_id": "string",
    "headers": "object",
    "categories": ["string"],
    "custom_args": "object",
    "send_at": "integer",
    "batch_id": "string",
    "asm": "object",
    "ip_pool_name": "string",
    "mail_settings": {"sandbox_mode": {"enable": "boolean"}},
    "tracking_settings": "object",
}
_NAMES = {dict: "object", list: "array", str: "string", bool: "boolean", type(None): "null"}


def wrong_types(body: dict[str, Any]) -> list[Complaint]:
    """A complaint about each value of the wrong type; a member that is null counts as absent."""
    return list(_walk(body, _BODY, ""))


def _walk(value: Any, wanted: Any, path: str) -> Iterator[Complaint]:
    expected = (
        wanted if isinstance(wanted, str) else "array" if isinstance(wanted, list) else "object"
    )
    found = _name(value)
    if found != expected:
        text = f"Invalid type. Expected: {expected}, given: {found}."
        yield Complaint(text, path)
    elif isinstance(wanted, list):
        for index, each in enumerate(value):
            yield from _walk(each, wanted[0], f"{path}.{index}")
    elif isinstance(wanted, dict):
        for name, kind in wanted.items():
            if value.get(name) is not None:
                yield from _walk(value[name], kind, f"{path}.{name}" if path else name)


def _name(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return "integer"
    number = "integer" if isinstance(value, int) else "number"
    return _NAMES.get(type(value), number)
