"""What SendGrid finds wrong with the body of a mail send request.

The texts are the vendor's (see `refusals`): error messages are facts of its wire format.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from .complaint import Complaint
from .files import attachment_complaints, content_complaints
from .settings import setting_complaints
from .words import (
    argument_complaints,
    category_complaints,
    header_complaints,
    section_complaints,
)

_NAMES = {"to": "To", "cc": "CC", "bcc": "BCC"}
_KINDS = tuple(_NAMES)
_MOST_RECIPIENTS = 1000
_LONGEST = 320
_FURTHEST = 72 * 60 * 60
_LOCAL = re.compile(r"[^\s()<>\[\]:;,@\\\"]+\Z")
_DOMAIN = re.compile(r"[\w.-]+\Z")


def complaints(
    body: dict[str, Any], *, templates: Sequence[str], ip_pools: Sequence[str], now: float
) -> list[Complaint]:
    """Everything that is wrong with a body whose types are right, in the order of its fields.

    `templates` and `ip_pools` are the account's; `now` is the time in seconds since 1970.
    """
    return [
        *_personalizations(body.get("personalizations"), now),
        *_sender(body.get("from")),
        *_subject(body),
        *_replies(body),
        *content_complaints(body),
        *attachment_complaints(body.get("attachments")),
        *header_complaints(body.get("headers"), "headers"),
        *section_complaints(body.get("sections")),
        *argument_complaints(body),
        *category_complaints(body.get("categories")),
        *setting_complaints(body),
        *_named(body, templates, ip_pools),
        *_time(body.get("send_at"), "send_at", now),
    ]


def _personalizations(value: list[dict[str, Any]] | None, now: float) -> Iterator[Complaint]:
    if not value:
        yield Complaint(
            "The personalizations field is required and must have at least one personalization.",
            "personalizations",
        )
        return
    total = 0
    for index, item in enumerate(value):
        path = f"personalizations.{index}"
        total += sum([len(item.get(kind) or ()) for kind in _KINDS])
        yield from _addresses(item, path)
        if item.get("from") and not is_address(item["from"].get("email")):
            yield Complaint("Does not contain a valid address.", f"{path}.from.email")
        yield from header_complaints(item.get("headers"), f"{path}.headers", own=True)
        yield from _time(item.get("send_at"), f"{path}.send_at", now)
    if total > _MOST_RECIPIENTS:
        yield Complaint(
            "There is a limit of 1000 total recipients (to + cc + bcc) per request.",
            "personalizations",
        )


def _addresses(item: dict[str, Any], path: str) -> Iterator[Complaint]:
    if not item.get("to"):
        yield Complaint(
            "The to array is required for all personalization objects, and must have at least one "
            "email object with a valid email address.",
            f"{path}.to",
        )
    for kind in _KINDS:
        for number, box in enumerate(item.get(kind) or ()):
            where = f"{path}.{kind}.{number}.email"
            email = box.get("email")
            if not email:
                yield Complaint(f"The {kind} email parameter is required.", where)
            elif not is_address(email):
                yield Complaint("Does not contain a valid address.", where)
            elif len(email) > _LONGEST:
                yield Complaint(_too_long(_NAMES[kind]), where)
    yield from _duplicates(item, path)


def _duplicates(item: dict[str, Any], path: str) -> Iterator[Complaint]:
    """The first address that comes twice; the vendor tells of no other."""
    seen: set[str] = set()
    for kind in _KINDS:
        for box in item.get(kind) or ():
            email = box.get("email") or ""
            if email and email.lower() in seen:
                yield Complaint(
                    "Each email address in the personalization block should be unique between to, "
                    f"cc, and bcc. We found the first duplicate instance of [{email}] in the "
                    f"{path}.{kind} field.",
                    path,
                    "recipient-errors",
                )
                return
            seen.add(email.lower())


def _too_long(name: str) -> str:
    return f"The {name} email exceeds the maximum total length of 320 characters"


def _sender(value: dict[str, Any] | None) -> Iterator[Complaint]:
    email = (value or {}).get("email")
    if not email:
        yield Complaint(
            "The from object must be provided for every email send. It is an object that requires "
            "the email parameter, but may also contain a name parameter.  e.g. "
            '{"email" : "example@example.com"}  or {"email" : "example@example.com", "name" : '
            '"Example Recipient"}.',
            "from.email",
        )
    elif not is_address(email):
        yield Complaint("The from email does not contain a valid address.", "from.email")
    elif len(email) > _LONGEST:
        yield Complaint(_too_long("From"), "from.email")


def _replies(body: dict[str, Any]) -> Iterator[Complaint]:
    """What is wrong with `reply_to`, and with `reply_to_list`, whose words are inferred."""
    box = body.get("reply_to")
    if box is not None and not is_address(box.get("email")):
        yield Complaint(
            "The reply_to object, when used, must at least have an email parameter with a valid "
            'email address and it may also contain a name parameter. e.g. {"email": '
            '"example@example.com"} or {"email": "example@example.com", "name": "Example '
            'Recipient"}',
            "reply_to.email",
        )
    elif box is not None and len(box["email"]) > _LONGEST:
        yield Complaint(_too_long("Reply-To"), "reply_to.email")
    for index, each in enumerate(body.get("reply_to_list") or ()):
        if not is_address(each.get("email")):
            yield Complaint("Does not contain a valid address.", f"reply_to_list.{index}.email")


def _subject(body: dict[str, Any]) -> Iterator[Complaint]:
    if body.get("subject") or body.get("template_id"):
        return
    parts = body.get("personalizations")
    if not parts or not all(item.get("subject") for item in parts):
        yield Complaint(
            "The subject is required. You can get around this requirement if you use a template "
            "with a subject defined or if every personalization has a subject defined.",
            "subject",
        )


def _time(value: float | None, path: str, now: float) -> Iterator[Complaint]:
    if value is not None and value > now + _FURTHEST:
        yield Complaint("Scheduling more than 72 hours in advance is forbidden.", path)


def _named(
    body: dict[str, Any], templates: Sequence[str], ip_pools: Sequence[str]
) -> Iterator[Complaint]:
    template, pool = body.get("template_id"), body.get("ip_pool_name")
    if template and template not in templates:
        yield Complaint(
            "The Template ID must be a valid template id for your account. You provided "
            f"{template}.",
            "template_id",
        )
    if pool and pool not in ip_pools:
        yield Complaint(
            f"The IP Pool name must be a valid pool name for your account. You provided {pool}.",
            "ip_pool_name",
        )


def is_address(value: Any) -> bool:
    """Whether it looks like an address: something, an @, and a domain with a dot in it."""
    if not isinstance(value, str) or not value.isprintable() or " " in value:
        return False
    local, _, domain = value.rpartition("@")
    labels = domain.split(".")
    return bool(_LOCAL.match(local) and _DOMAIN.match(domain)) and len(labels) > 1 and all(labels)
