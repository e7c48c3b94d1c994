"""What Mailgun finds wrong with a message. The texts are the vendor's (see `refusals`)."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import getaddresses, parsedate_to_datetime
from functools import lru_cache
from typing import Any

from ..refusal import Refuse
from ..strict_json import NotJsonError, strict_json
from .form import Form

_MOST_RECIPIENTS = 1000
_LARGEST_OPTIONS = 16 * 1024
_OPTIONS = ("o:", "h:", "v:", "t:")


def check(form: Form, *, is_mime: bool) -> None:
    """Look for what is wrong with a message.

    Raises:
        Refuse: the first thing that is.
    """
    _check_addresses(form, required=("to",) if is_mime else ("from", "to"))
    if is_mime:
        _check_finished(form)
    else:
        _check_bodies(form)
    _check_options(form)
    if form.get("recipient-variables") and recipient_variables(form) is None:
        raise Refuse("bad-variables")


def _check_addresses(form: Form, *, required: tuple[str, ...]) -> None:
    for name in required:
        if not form.get(name):
            raise Refuse("missing", name=name)
    for name in ("from", "to", "cc", "bcc"):
        boxes = mailboxes(form, name)
        if form.get(name) and not (boxes and all(is_address(address) for _, address in boxes)):
            raise Refuse("bad-address", name=name)
    if len(recipients(form)) > _MOST_RECIPIENTS:
        raise Refuse("too-many-recipients")


def _check_finished(form: Form) -> None:
    part = form.find("message")
    if part is None:
        raise Refuse("missing", name="message")
    if part.filename is None:
        raise Refuse("no-file")


def _check_bodies(form: Form) -> None:
    if not any(form.get(name) for name in ("text", "html", "amp-html", "template")):
        raise Refuse("no-body")
    if form.get("html") and form.get("template"):
        raise Refuse("html-and-template")


def _check_options(form: Form) -> None:
    size = sum(
        len(part.name.encode("utf-8", "replace")) + len(part.value)
        for part in form.parts
        if part.name.startswith(_OPTIONS)
    )
    if size > _LARGEST_OPTIONS:
        raise Refuse("options-too-large")
    for name, _ in form.with_prefix("h:"):
        if not name.isascii():
            raise Refuse("header-name", header=name)
        if set(name) & set("\r\n"):
            raise Refuse("header-name-line-break")
    date = form.get("o:deliverytime")
    if date is not None and date_of(date) is None:
        raise Refuse("bad-date", date=date)


def mailboxes(form: Form, name: str) -> list[tuple[str, str]]:
    """Names and addresses of a field, which may come several times and be parted by commas."""
    return [box for value in form.all(name) for box in _boxes(value)]


# The rules ask for the same fields several times.
@lru_cache(maxsize=256)
def _boxes(value: str) -> tuple[tuple[str, str], ...]:
    return tuple(getaddresses([value]))


def recipients(form: Form) -> tuple[str, ...]:
    """Everybody whom the message is for."""
    return tuple(address for name in ("to", "cc", "bcc") for _, address in mailboxes(form, name))


def recipient_variables(form: Form) -> dict[str, Any] | None:
    """The recipient variables; None where there are none, or no JSON object."""
    try:
        found = strict_json(form.get("recipient-variables") or "")
    except NotJsonError:
        return None
    return found if isinstance(found, dict) else None


def is_address(value: str) -> bool:
    """Whether it looks like an address: an @ between a name and a domain with a dot, no blanks."""
    local, at, domain = value.rpartition("@")
    whole = bool(local and at and "." in domain.strip(".")) and value.isprintable()
    return whole and not set(value) & set(" <>,")


def date_of(text: str) -> datetime | None:
    """A time as RFC 5322 writes it, in UTC where it says no zone; None where it is none."""
    try:
        found = parsedate_to_datetime(text)
        return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
    except (IndexError, OverflowError, TypeError, ValueError):
        return None
