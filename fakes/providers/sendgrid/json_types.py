"""Which JSON types a mail send request has, and the complaint about any other.

The wording was seen on the wire for one field; it is that of the JSON Schema library gojsonschema,
after which the names of types are chosen here.
"""

from __future__ import annotations

from typing import Any

from .complaint import Complaint

# Its two texts have to be such: see `is_undecodable`.
_BOX: dict[str, Any] = {}
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
    "sections": "object",
    "categories": ["string"],
    "custom_args": "object",
    "send_at": "integer",
    "batch_id": "string",
    "asm": "object",
    "ip_pool_name": "string",
    # What they hold has words of its own.
    "mail_settings": {
        "bcc": {},
        "bypass_list_management": {},
        "footer": {},
        "sandbox_mode": {},
        "spam_check": {},
    },
    "tracking_settings": {
        "click_tracking": {},
        "open_tracking": {},
        "subscription_tracking": {},
        "ganalytics": {},
    },
}
_KINDS = ("to", "cc", "bcc")
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


def is_undecodable(body: dict[str, Any]) -> bool:
    """Whether text is of another type where the vendor says no more than `Bad Request`.

    Seen for `"email": false` and for numbers in `custom_args` and `substitutions` (2016 to 2018:
    sendgrid-nodejs issue 288, sendgrid-php issue 350, sendgrid-ruby issue 142), for which the page
    of errors has words that nobody has quoted. Null counts as absent.
    """
    people = [item for item in _listed(body, "personalizations") if isinstance(item, dict)]
    boxes = [body.get("from"), body.get("reply_to"), *_listed(body, "reply_to_list")]
    texts = [body.get("custom_args")]
    for item in people:
        boxes += [item.get("from"), *(box for kind in _KINDS for box in _listed(item, kind))]
        texts += [item.get("custom_args"), item.get("substitutions")]
    values = [box.get(name) for box in boxes if isinstance(box, dict) for name in ("email", "name")]
    values += [value for each in texts if isinstance(each, dict) for value in each.values()]
    return not all(isinstance(value, str | None) for value in values)


def _listed(given: dict[str, Any], name: str) -> list[Any]:
    value = given.get(name)
    return value if isinstance(value, list) else []


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
