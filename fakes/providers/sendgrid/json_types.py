"""Which JSON types a mail send request has, and the complaint about any other.

The wording was seen on the wire for one field; it is that of the JSON Schema library gojsonschema,
after which the names of types are chosen here.
"""

from __future__ import annotations

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
_NAMES = {
    dict: "object", list: "array", str: "string", bool: "boolean", type(None): "null",
    int: "integer",
}  # fmt: skip


def wrong_types(body: dict[str, Any]) -> list[Complaint]:
    """A complaint about each value of the wrong type; a member that is null counts as absent."""
    return [
        Complaint(f"Invalid type. Expected: {expected}, given: {_name(value)}.", path)
        for value, expected, path in _misfits(body, _BODY, "")
    ]


def _misfits(value: Any, wanted: Any, path: str) -> list[tuple[Any, str, str]]:
    """Each value of the wrong type, with the type that was expected, and its path."""
    expected = wanted if isinstance(wanted, str) else _NAMES[type(wanted)]
    if _name(value) != expected:
        return [(value, expected, path)]
    found: list[tuple[Any, str, str]] = []
    if isinstance(wanted, list):
        for index, each in enumerate(value):
            found += _misfits(each, wanted[0], f"{path}.{index}")
    elif isinstance(wanted, dict):
        for name in wanted:
            if name in value and value[name] is not None:
                found += _misfits(value[name], wanted[name], f"{path}.{name}" if path else name)
    return found


def _name(value: Any) -> str:
    name = _NAMES.get(type(value))
    if name is None:
        return "integer" if value.is_integer() else "number"
    return name
