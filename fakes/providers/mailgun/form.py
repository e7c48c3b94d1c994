"""Forms as HTTP clients send them: urlencoded, or multipart with files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser
from email.utils import collapse_rfc2231_value
from urllib.parse import parse_qsl

from ...http.exchange import Request
from ..form_octets import is_utf8
from ..refusal import Refuse

MULTIPART = "multipart/form-data"
URLENCODED = "application/x-www-form-urlencoded"
_BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
# PHP and Ruby write lists as `to[]` and `attachment[0]`; recorded of mailgun-ruby (2021), and what
# Symfony's bridge sends. That every field may be written so is inferred.
_LIST = re.compile(r"(?<=.)\[[0-9]*\]\Z", re.DOTALL)
# What the header parser raises on parameters that are no parameters.
_UNREADABLE = (LookupError, TypeError, ValueError)


@dataclass(frozen=True, slots=True, kw_only=True)
class FormPart:
    """One field of a form; a file is one that has a file name, and may have a media type."""

    name: str
    value: bytes
    filename: str | None = None
    content_type: str = ""

    @property
    def text(self) -> str:
        """The value as text."""
        return self.value.decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a form in their order; a name may come several times."""

    parts: tuple[FormPart, ...]

    @property
    def is_utf8(self) -> bool:
        """Whether every field is text in UTF-8; files may be anything."""
        return all(part.filename is not None or is_utf8(part.value) for part in self.parts)

    def all(self, name: str) -> list[str]:
        """Every value of a name, but empty ones."""
        return [part.text for part in self.parts if part.name == name and part.value]

    def get(self, name: str) -> str | None:
        """The first value of a name; None where there is none or nothing in it."""
        return next(iter(self.all(name)), None)

    def find(self, name: str) -> FormPart | None:
        """The first field of a name."""
        return next((part for part in self.parts if part.name == name), None)

    def with_prefix(self, prefix: str) -> Iterator[tuple[str, str]]:
        """The fields whose name has a prefix, without it."""
        for part in self.parts:
            if part.name.startswith(prefix):
                yield part.name.removeprefix(prefix), part.text


def parsed(request: Request) -> Form:
    """The form in a request.

    Raises:
        Refuse: it is none.
    """
    if request.content_type == MULTIPART:
        return _multipart(request)
    if request.content_type != URLENCODED:
        raise Refuse("content-type", type=request.content_type)
    if _BAD_ESCAPE.search(request.body):
        raise Refuse("url-escape")
    # Octets that are no UTF-8 come through as lone surrogates, and are those octets again below.
    body = request.body.decode("utf-8", "surrogateescape")
    pairs = parse_qsl(body, keep_blank_values=True, errors="surrogateescape")
    return Form(
        tuple(
            FormPart(
                name=_plain(name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")),
                value=value.encode("utf-8", "surrogateescape"),
            )
            for name, value in pairs
        )
    )


def _plain(name: str) -> str:
    """The name of a field, without the marks of a list behind it."""
    return _LIST.sub("", name)


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _multipart(request: Request) -> Form:
    boundary = _parameter(_header(request.header("content-type")), "boundary")
    if not boundary:
        raise Refuse("malformed")
    # A delimiter is a whole line; what only begins like one belongs to the value.
    line = rb"\r\n--" + re.escape(_octets(boundary)) + rb"(--)?[ \t]*(?=\r\n|\Z)"
    body = b"\r\n" + request.body
    parts = []
    start = None
    for delimiter in re.finditer(line, body):
        if start is not None:
            parts.append(_part(body[start : delimiter.start()]))
        if delimiter[1]:
            return _form(parts)
        start = delimiter.end()
    raise Refuse("malformed" if start is None else "cut-off")


def _form(parts: list[FormPart | None]) -> Form:
    sound = tuple(part for part in parts if part is not None)
    if len(sound) < len(parts):
        raise Refuse("malformed")
    return Form(sound)


def _part(octets: bytes) -> FormPart | None:
    """A part: it begins with the end of its delimiter's line."""
    head, blank, value = octets.partition(b"\r\n\r\n")
    headers = HeaderParser().parsestr(head.decode("utf-8", "replace").lstrip("\r\n"))
    disposition = _header(headers.get("content-disposition"))
    name = _parameter(disposition, "name")
    if not blank or not name:
        return None
    return FormPart(
        name=_plain(name),
        value=value,
        filename=_parameter(disposition, "filename"),
        content_type=str(headers.get("content-type", "")),
    )


def _header(value: object) -> Message:
    """A header by itself, so that its parameters can be asked for."""
    message = Message()
    if value is not None:
        message["content-disposition"] = str(value)
    return message


def _parameter(message: Message, name: str) -> str | None:
    try:
        value = message.get_param(name, header="content-disposition")
        return None if value is None else _octets(collapse_rfc2231_value(value)).decode()
    except _UNREADABLE:
        return None
