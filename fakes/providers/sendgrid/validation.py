"""What SendGrid finds wrong with the body of a mail send request.

The texts are the vendor's (see `refusals`): error messages are facts of its wire format.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

_PAGE = "http://sendgrid.com/docs/API_Reference/Web_API_v3/Mail/errors.html"
_KINDS = ("to", "cc", "bcc")
_MOST_RECIPIENTS = 1000
_MOST_CATEGORIES = 10
_LONGEST_FROM = 320
_FURTHEST = 72 * 60 * 60
_LOCAL = re.compile(r"[^\s()<>\[\]:;,@\\\"]+\Z")
_DOMAIN = re.compile(r"[\w.-]+\Z")
_RANKS = {"text/plain": 0, "text/html": 1}
_RESERVED = frozenset(
    [
        "x-sg-id", "x-sg-eid", "received", "dkim-signature", "content-type",
        "content-transfer-encoding", "to", "from", "subject", "reply-to", "cc", "bcc",
    ]
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Complaint:
    """One entry of the `errors` array."""

    message: str
    field: str | None
    help: str | None = None

    def entry(self) -> dict[str, str | None]:
        """As it stands in the response."""
        return {"message": self.message, "field": self.field, "help": self.help}


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
        *_content(body),
        *_attachments(body.get("attachments")),
        *_header_names(body.get("headers"), "headers"),
        *_extras(body, templates, ip_pools),
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
        yield from _header_names(item.get("headers"), f"{path}.headers")
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
            f"{_PAGE}#message.personalizations.to",
        )
    seen: set[str] = set()
    for kind in _KINDS:
        for number, box in enumerate(item.get(kind) or ()):
            where = f"{path}.{kind}.{number}.email"
            email = box.get("email")
            if not email:
                yield Complaint(f"The {kind} email parameter is required.", where)
            elif not is_address(email):
                yield Complaint(
                    "Does not contain a valid address.",
                    where,
                    f"{_PAGE}#message.personalizations.to",
                )
            elif email.lower() in seen:
                yield Complaint(
                    "Each email address in the personalization block should be unique between to, "
                    f"cc, and bcc. We found the first duplicate instance of [{email}] in the "
                    f"{path}.{kind} field.",
                    path,
                )
            else:
                seen.add(email.lower())


def _sender(value: dict[str, Any] | None) -> Iterator[Complaint]:
    email = (value or {}).get("email")
    if not email:
        yield Complaint(
            "The from object must be provided for every email send. It is an object that requires "
            "the email parameter, but may also contain a name parameter.  e.g. "
            '{"email" : "example@example.com"}  or {"email" : "example@example.com", "name" : '
            '"Example Recipient"}.',
            "from.email",
            f"{_PAGE}#message.from",
        )
    elif not is_address(email):
        yield Complaint("The from email does not contain a valid address.", "from.email")
    elif len(email) > _LONGEST_FROM:
        yield Complaint(
            "The From email exceeds the maximum total length of 320 characters", "from.email"
        )


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


def _content(body: dict[str, Any]) -> Iterator[Complaint]:
    parts = body.get("content") or ()
    if not parts and not body.get("template_id"):
        yield Complaint(
            "The content param is required unless you are using a transactional template and have "
            "defined a template_ID.",
            "content",
        )
    kinds = []
    for index, part in enumerate(parts):
        value = part.get("value")
        kinds.append(part.get("type"))
        if not isinstance(value, str) or not value:
            yield Complaint(
                "The content value must be a string at least one character in length.",
                f"content.{index}.value",
            )
    ranks = [_RANKS.get(str(kind), 2) for kind in kinds]
    if ranks != sorted(ranks):
        yield Complaint(
            "Following RFC 1341, section 7.2, if either text/html or text/plain are to be sent in "
            "your email: text/plain needs to be first, followed by text/html, followed by any "
            "other content.",
            "content",
        )


def _attachments(value: Any) -> Iterator[Complaint]:
    for index, item in enumerate(value or ()):
        if not _is_base64(item.get("content")):
            yield Complaint(
                "The attachment content must be base64 encoded.", f"attachments.{index}.content"
            )
        if not item.get("filename"):
            yield Complaint("filename is required.", f"attachments.{index}.filename")


def _header_names(headers: dict[str, Any] | None, path: str) -> Iterator[Complaint]:
    for name in headers or ():
        if name.lower() in _RESERVED:
            yield Complaint("Header can not be one of the reserved keys.", path)
        elif not name.isascii() or " " in name:
            yield Complaint(
                "Header keys cannot contain non-ASCII characters and empty spaces.", path
            )


def _time(value: float | None, path: str, now: float) -> Iterator[Complaint]:
    if value is not None and value > now + _FURTHEST:
        yield Complaint("Scheduling more than 72 hours in advance is forbidden.", path)


def _extras(
    body: dict[str, Any], templates: Sequence[str], ip_pools: Sequence[str]
) -> Iterator[Complaint]:
    categories = body.get("categories") or ()
    if len(categories) > _MOST_CATEGORIES:
        yield Complaint(
            "There is a limit of 10 categories for each email that is sent. You provided "
            f"{len(categories)} categories.",
            "categories",
        )
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


def _is_base64(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(b64decode(value, validate=True))
    except (binascii.Error, ValueError):
        return False
