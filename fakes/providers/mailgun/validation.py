"""What Mailgun finds wrong with a message. The texts are the vendor's (see `refusals`)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import getaddresses, parsedate_to_datetime
from functools import lru_cache
from typing import Any

from ...http.exchange import Response
from ..strict_json import NotJsonError, strict_json
from .form import Form
from .refusals import refuse

_MOST_RECIPIENTS = 1000
_LARGEST_OPTIONS = 16 * 1024
_OPTIONS = ("o:", "h:", "v:", "t:")


def objection(form: Form, *, is_mime: bool) -> Response | None:
    """The first thing that is wrong with a message."""
    return next(_objections(form, is_mime=is_mime), None)


def _objections(form: Form, *, is_mime: bool) -> Iterator[Response]:
    yield from _addresses(form, required=("to",) if is_mime else ("from", "to"))
    yield from _finished(form) if is_mime else _bodies(form)
    yield from _options(form)
    if form.get("recipient-variables") and recipient_variables(form) is None:
        yield refuse("bad-variables")


def _addresses(form: Form, *, required: tuple[str, ...]) -> Iterator[Response]:
    for name in required:
        if not form.get(name):
            yield refuse("missing", name=name)
    for name in ("from", "to", "cc", "bcc"):
        boxes = mailboxes(form, name)
        if form.get(name) and not (boxes and all(is_address(address) for _, address in boxes)):
            yield refuse("bad-address", name=name)
    if len(recipients(form)) > _MOST_RECIPIENTS:
        yield refuse("too-many-recipients")


def _finished(form: Form) -> Iterator[Response]:
    part = form.find("message")
    if part is None:
        yield refuse("missing", name="message")
    elif part.filename is None:
        yield refuse("no-file")


def _bodies(form: Form) -> Iterator[Response]:
    if not any(form.get(name) for name in ("text", "html", "amp-html", "template")):
        yield refuse("no-body")
    if form.get("html") and form.get("template"):
        yield refuse("html-and-template")


def _options(form: Form) -> Iterator[Response]:
    size = sum(
        len(part.name.encode("utf-8", "replace")) + len(part.value)
        for part in form.parts
        if part.name.startswith(_OPTIONS)
    )
    if size > _LARGEST_OPTIONS:
        yield refuse("options-too-large")
    for name, _ in form.with_prefix("h:"):
        if not name.isascii():
            yield refuse("header-name", header=name)
        elif set(name) & set("\r\n"):
            yield refuse("header-name-line-break")
    date = form.get("o:deliverytime")
    if date is not None and date_of(date) is None:
        yield refuse("bad-date", date=date)


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
