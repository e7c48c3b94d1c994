"""What SendGrid finds wrong with attachments and parts (sendgrid/docs, v3 mail send errors)."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .complaint import Complaint

_RANKS = {"text/plain": 0, "text/html": 1}
_DISPOSITIONS = frozenset(["inline", "attachment"])
# The page has the comma among them too, which names of files have: how it is meant is not known.
_FORBIDDEN = frozenset(";\r\n")
# The one parameter that a type may have (django-anymail issue 150, 2019-12).
_INVITATION = re.compile(r"text/calendar; ?method=[A-Za-z]+")
_INJECTED = {
    "filename": "The filename of your attachment cannot contain CRLF characters.",
    # As reported from 2017 to 2026 (sendgrid-csharp issue 386, django-anymail issue 492); the page
    # has no word "attachment" here.
    "type": "The attachment type cannot contain ';', or CRLF characters.",
    "content_id": "The content ID of your attachment cannot contain CRLF characters.",
}


def attachment_complaints(value: Sequence[Mapping[str, Any]] | None) -> Iterator[Complaint]:
    """What is wrong with `attachments`."""
    for index, item in enumerate(value or ()):
        path = f"attachments.{index}"
        content = item.get("content")
        if not isinstance(content, str) or not content:
            yield Complaint(
                "The attachment content must be a string at least one character in length.",
                f"{path}.content",
            )
        elif not _is_base64(content):
            yield Complaint("The attachment content must be base64 encoded.", f"{path}.content")
        if not item.get("filename"):
            yield Complaint("filename is required.", f"{path}.filename")
        for name, words in _INJECTED.items():
            given = item.get(name) or ""
            is_invitation = name == "type" and _INVITATION.fullmatch(given)
            if _FORBIDDEN & set(given) and not is_invitation:
                yield Complaint(words, f"{path}.{name}")
        yield from _wrong_words(item, path)


def _wrong_words(item: Mapping[str, Any], path: str) -> Iterator[Complaint]:
    if item.get("type") == "":
        yield Complaint(
            "The attachment type must be a string and at least one character in length.",
            f"{path}.type",
        )
    disposition = item.get("disposition") or "attachment"
    if disposition.lower() not in _DISPOSITIONS:
        yield Complaint(
            'The disposition of your attachment can be either "inline" or "attachment". You '
            f"provided {disposition}.",
            f"{path}.disposition",
        )


def content_complaints(body: Mapping[str, Any]) -> Iterator[Complaint]:
    """What is wrong with `content`."""
    parts = body.get("content") or ()
    if not parts and not body.get("template_id"):
        yield Complaint(
            "The content param is required unless you are using a transactional template and have "
            "defined a template_ID.",
            "content",
        )
    for index, part in enumerate(parts):
        yield from _wrong_kind(part.get("type"), f"content.{index}.type")
        value = part.get("value")
        if not isinstance(value, str) or not value:
            yield Complaint(
                "The content value must be a string at least one character in length.",
                f"content.{index}.value",
            )
    ranks = [_RANKS.get(str(part.get("type")), 2) for part in parts]
    if ranks != sorted(ranks):
        yield Complaint(
            "Following RFC 1341, section 7.2, if either text/html or text/plain are to be sent in "
            "your email: text/plain needs to be first, followed by text/html, followed by any "
            "other content.",
            "content",
        )


def _wrong_kind(kind: str | None, path: str) -> Iterator[Complaint]:
    if kind is None:
        yield Complaint(
            "A content type is required, this tells email clients how to display the email.", path
        )
    elif not kind:
        yield Complaint(
            "Your content type must be a string with length of at least one character.", path
        )
    elif _FORBIDDEN & set(kind):
        # As reported in 2018 (sendgrid-java issue 552); the page has no subject.
        yield Complaint("The content type cannot contain ';', or CRLF characters.", path)


def _is_base64(value: str) -> bool:
    try:
        return bool(b64decode(value, validate=True))
    except (binascii.Error, ValueError):
        return False
