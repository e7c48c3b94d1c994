"""What SendGrid finds wrong with the words that go along: arguments, substitutions, categories.

The texts are those of the page of errors (sendgrid/docs, v3 mail send errors, 93478d0b2).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .complaint import Complaint

_LARGEST_ARGUMENTS = 10_000
_MOST_SUBSTITUTIONS = 10_000
_MOST_CATEGORIES = 10
_LONGEST_CATEGORY = 255
_RESERVED = frozenset(
    [
        "x-sg-id", "x-sg-eid", "received", "dkim-signature", "content-type",
        "content-transfer-encoding", "to", "from", "subject", "reply-to", "cc", "bcc",
    ]
)  # fmt: skip


def argument_complaints(body: Mapping[str, Any]) -> Iterator[Complaint]:
    """`custom_args` that are too large for a personalization, and too many substitutions.

    How their octets are counted is not known; here it is names and values, and no more.
    """
    for index, item in enumerate(body.get("personalizations") or ()):
        merged = {**(body.get("custom_args") or {}), **(item.get("custom_args") or {})}
        size = sum(len(_octets(name)) + len(_octets(value or "")) for name, value in merged.items())
        if size > _LARGEST_ARGUMENTS:
            yield Complaint(
                "The combined size of both global and personalization custom arguments may not "
                "exceed 10,000 bytes per personalization.",
                f"personalizations.{index}.custom_args",
            )
        if len(item.get("substitutions") or ()) > _MOST_SUBSTITUTIONS:
            yield Complaint(
                "You are limited to 10,000 substitutions.",
                f"personalizations.{index}.substitutions",
            )


def section_complaints(sections: Mapping[str, Any] | None) -> Iterator[Complaint]:
    """What is wrong with `sections`."""
    if not _are_strings(sections):
        yield Complaint("The section values must be strings.", "sections")


def header_complaints(
    headers: Mapping[str, Any] | None, path: str, *, own: bool = False
) -> Iterator[Complaint]:
    """What is wrong with the headers of a message, or of a personalization (`own`)."""
    for name in headers or ():
        if name.lower() in _RESERVED:
            yield Complaint("Header can not be one of the reserved keys.", path)
        elif not name.isascii() or " " in name:
            yield Complaint(
                "Header keys cannot contain non-ASCII characters and empty spaces.", path
            )
    if not _are_strings(headers):
        words = "All values of the headers object" if own else "The header values"
        yield Complaint(f"{words} must be strings.", path)


def category_complaints(categories: Sequence[str] | None) -> Iterator[Complaint]:
    """What is wrong with `categories`."""
    given = categories or ()
    if len(given) > _MOST_CATEGORIES:
        yield Complaint(
            "There is a limit of 10 categories for each email that is sent. You provided "
            f"{len(given)} categories.",
            "categories",
        )
    repeated = next((each for n, each in enumerate(given) if each in given[:n]), None)
    if repeated is not None:
        yield Complaint(
            "The categories must be a unique list, and you have included "
            f"{repeated} more than once.",
            "categories",
        )
    for each in given:
        if len(each) > _LONGEST_CATEGORY:
            yield Complaint(
                f"Each category must not be longer than 255 characters. {each} exceeds this limit",
                "categories",
            )
    if not all(each.isascii() for each in given):
        yield Complaint("Categories can not contain non-ASCII characters.", "categories")


def _are_strings(values: Mapping[str, Any] | None) -> bool:
    """Whether each value is a string; null counts as absent."""
    return all(isinstance(value, str | None) for value in (values or {}).values())


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "replace")
