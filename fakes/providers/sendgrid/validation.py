"""What SendGrid finds wrong with the body of a mail send request.

The texts are the vendor's (see `refusals`): error messages are facts of its wire format.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..keys import domain_of

_PAGE = "http://sendgrid.com/docs/API_Reference/Web_API_v3/Mail/errors.html"
_MOST_RECIPIENTS = 1000
_MOST_CATEGORIES = 10
_LONGEST_FROM = 320
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


def complaints(body: Any) -> list[Complaint]:
    """Everything that is wrong with a decoded body, in the order of its fields."""
    if not isinstance(body, dict):
        return [Complaint("Bad Request", None)]
    return [
        *_personalizations(body.get("personalizations")),
        *_sender(body.get("from")),
        *_subject(body),
        *_content(body),
        *_attachments(body.get("attachments")),
        *_extras(body),
    ]


def _personalizations(value: Any) -> Iterator[Complaint]:
    if value is not None and not isinstance(value, list):
        yield _wrong_type("array", value, "personalizations")
        return
    if not value:
        yield Complaint(
            "The personalizations field is required and must have at least one personalization.",
            "personalizations",
        )
        return
    total = 0
    for index, item in enumerate(value):
        if not isinstance(item, dict):
            yield _wrong_type("object", item, f"personalizations.{index}")
            continue
        total += sum(len(_listed(item.get(kind))) for kind in ("to", "cc", "bcc"))
        yield from _addresses(item, f"personalizations.{index}")
    if total > _MOST_RECIPIENTS:
        yield Complaint(
            "There is a limit of 1000 total recipients (to + cc + bcc) per request.",
            "personalizations",
        )


def _addresses(item: dict[str, Any], path: str) -> Iterator[Complaint]:
    if not _listed(item.get("to")):
        yield Complaint(
            "The to array is required for all personalization objects, and must have at least one "
            "email object with a valid email address.",
            f"{path}.to",
            f"{_PAGE}#message.personalizations.to",
        )
    seen: set[str] = set()
    for kind in ("to", "cc", "bcc"):
        for number, box in enumerate(_listed(item.get(kind))):
            where = f"{path}.{kind}.{number}.email"
            email = box.get("email") if isinstance(box, dict) else None
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


def _sender(value: Any) -> Iterator[Complaint]:
    email = value.get("email") if isinstance(value, dict) else None
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
    parts = [item for item in _listed(body.get("personalizations")) if isinstance(item, dict)]
    everywhere = bool(parts) and all(item.get("subject") for item in parts)
    if not body.get("subject") and not body.get("template_id") and not everywhere:
        yield Complaint(
            "The subject is required. You can get around this requirement if you use a template "
            "with a subject defined or if every personalization has a subject defined.",
            "subject",
        )


def _content(body: dict[str, Any]) -> Iterator[Complaint]:
    parts = _listed(body.get("content"))
    if not parts and not body.get("template_id"):
        yield Complaint(
            "The content param is required unless you are using a transactional template and have "
            "defined a template_ID.",
            "content",
        )
    kinds = []
    for index, part in enumerate(parts):
        value = part.get("value") if isinstance(part, dict) else None
        kinds.append(part.get("type") if isinstance(part, dict) else None)
        if not isinstance(value, str) or not value:
            yield Complaint(
                "The content value must be a string at least one character in length.",
                f"content.{index}.value",
            )
    ranks = [{"text/plain": 0, "text/html": 1}.get(str(kind), 2) for kind in kinds]
    if ranks != sorted(ranks):
        yield Complaint(
            "Following RFC 1341, section 7.2, if either text/html or text/plain are to be sent in "
            "your email: text/plain needs to be first, followed by text/html, followed by any "
            "other content.",
            "content",
        )


def _attachments(value: Any) -> Iterator[Complaint]:
    for index, item in enumerate(_listed(value)):
        found = item if isinstance(item, dict) else {}
        if not _is_base64(found.get("content")):
            yield Complaint(
                "The attachment content must be base64 encoded.", f"attachments.{index}.content"
            )
        if not found.get("filename"):
            yield Complaint("filename is required.", f"attachments.{index}.filename")


def _extras(body: dict[str, Any]) -> Iterator[Complaint]:
    headers = body.get("headers")
    for name in headers if isinstance(headers, dict) else ():
        if name.lower() in _RESERVED:
            yield Complaint("Header can not be one of the reserved keys.", "headers")
        elif not name.isascii() or " " in name:
            yield Complaint(
                "Header keys cannot contain non-ASCII characters and empty spaces.", "headers"
            )
    categories = _listed(body.get("categories"))
    if len(categories) > _MOST_CATEGORIES:
        yield Complaint(
            "There is a limit of 10 categories for each email that is sent. You provided "
            f"{len(categories)} categories.",
            "categories",
        )
    if body.get("template_id"):
        yield Complaint(
            "The Template ID must be a valid template id for your account. You provided "
            f"{body['template_id']}.",
            "template_id",
        )


def is_address(value: Any) -> bool:
    """Whether it looks like an address: one @ with something on both sides, no white space."""
    if not isinstance(value, str) or any(character.isspace() for character in value):
        return False
    local, at, domain = value.rpartition("@")
    return bool(local and at) and "." in domain.strip(".") and domain_of(value) == domain.lower()


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _is_base64(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(b64decode(value, validate=True))
    except (binascii.Error, ValueError):
        return False


def _wrong_type(expected: str, given: Any, field: str) -> Complaint:
    kind = {dict: "object", list: "array", str: "string", bool: "boolean", type(None): "null"}
    found = kind.get(type(given), "number")
    return Complaint(f"Invalid type. Expected: {expected}, given: {found}.", field)
