"""What stands in a message: who, to whom, what about, and what its reader is to click or type."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser

_URL = re.compile(r"https?://[^\s<>\"'\\^`{|}]+", re.IGNORECASE)
_TRAILING = ".,;:!?)]»”’"
# A code is asked for by name, or stands alone in its line.
_ASKED_FOR = re.compile(r"\b(?:code|pin|otp|passcode|password|token|verif\w+)\b", re.IGNORECASE)
_CODE = re.compile(r"(?<![\w.,/=&#-])(?:\d{3}[ -]\d{3}|\d{4,8})(?![\w/=&-])")
_MOST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedFile:
    """A file in a message."""

    filename: str | None
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedMail:
    """A message as its reader sees it. Addresses stand as they do in the header."""

    subject: str = ""
    sender: str = ""
    to: str = ""
    cc: str = ""
    text: str = ""
    html: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    files: tuple[ParsedFile, ...] = ()
    links: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()


def parsed(content: bytes) -> ParsedMail:
    """Read a message; never raises."""
    try:
        message = message_from_bytes(content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        text, html, files = _bodies(message)
        headers = tuple(_headers(message))
    except Exception:  # noqa: BLE001  # the library raises a dozen things for what is no mail
        return ParsedMail(text=content.decode("utf-8", "replace"))
    page = _Page.of(html)
    seen = text or page.text
    links = [*page.links, *_links_in(text), *([] if page.links else _links_in(page.text))]
    first = {name.lower(): value for name, value in reversed(headers)}
    return ParsedMail(
        subject=first.get("subject", ""),
        sender=first.get("from", ""),
        to=first.get("to", ""),
        cc=first.get("cc", ""),
        text=text,
        html=html,
        headers=headers,
        files=files,
        links=tuple(dict.fromkeys(links))[:_MOST],
        codes=tuple(dict.fromkeys(_codes_in(f"{first.get('subject', '')}\n{seen}")))[:_MOST],
    )


def head_of(content: bytes) -> ParsedMail:
    """Only what stands in the header, which is quickly read; never raises."""
    return parsed(content.partition(b"\r\n\r\n")[0] + b"\r\n\r\n")


def _headers(message: EmailMessage) -> Iterator[tuple[str, str]]:
    for name, raw in message.raw_items():
        try:
            value = str(message.policy.header_fetch_parse(name, raw))
        except Exception:  # noqa: BLE001  # as above, for one header
            value = str(raw)
        yield _sound(name), _sound(value)


def _sound(text: str) -> str:
    """A text without the lone surrogates that the library makes of octets that are no text."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _bodies(message: EmailMessage) -> tuple[str, str, tuple[ParsedFile, ...]]:
    """Text, HTML and files of a message."""
    found: dict[str, str] = {}
    files = []
    for part in message.walk():
        if part.is_multipart():
            continue
        kind = part.get_content_type()
        named = part.get_filename()
        octets = part.get_payload(decode=True)
        content = octets if isinstance(octets, bytes) else b""
        shown = kind in {"text/plain", "text/html"} and named is None
        if shown and part.get_content_disposition() != "attachment" and kind not in found:
            found[kind] = _decoded(content, part.get_content_charset("utf-8"))
        else:
            name = _sound(named) if named is not None else None
            files.append(ParsedFile(filename=name, content_type=_sound(kind), content=content))
    return found.get("text/plain", ""), found.get("text/html", ""), tuple(files)


def _decoded(content: bytes, charset: str) -> str:
    try:
        return content.decode(charset, "replace")
    except LookupError:
        return content.decode("utf-8", "replace")


def _links_in(text: str) -> Iterator[str]:
    for match in _URL.finditer(text):
        yield match[0].rstrip(_TRAILING)


def _codes_in(text: str) -> Iterator[str]:
    """One-time codes: numbers of four to eight digits, where one is spoken of or stands alone."""
    lines = [_URL.sub(" ", line) for line in text.splitlines()]
    asked = False
    for line in lines:
        asked = bool(_ASKED_FOR.search(line)) or (asked and not line.strip())
        alone = _CODE.fullmatch(line.strip())
        if asked or alone:
            for match in _CODE.finditer(line):
                yield match[0].replace(" ", "").replace("-", "")


class _Page(HTMLParser):
    """The links of a page, and what is read in it."""

    _BLOCKS = frozenset(["br", "p", "div", "tr", "td", "h1", "h2", "h3", "li", "table"])

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[str] = []
        self._pieces: list[str] = []
        self._hidden = 0

    @classmethod
    def of(cls, html: str) -> _Page:
        """A page, as far as it can be read; never raises."""
        page = cls()
        with suppress(AssertionError, ValueError, RecursionError):
            page.feed(html)
            page.close()
        return page

    @property
    def text(self) -> str:
        """What is read."""
        return "".join(self._pieces)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"style", "script", "head"}:
            self._hidden += 1
        if tag in self._BLOCKS:
            self._pieces.append("\n")
        href = dict(attrs).get("href") if tag in {"a", "area"} else None
        if href and _URL.match(href):
            self.links.append(href)

    def handle_endtag(self, tag: str) -> None:
        if tag in {"style", "script", "head"}:
            self._hidden = max(0, self._hidden - 1)
        if tag in self._BLOCKS:
            self._pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self._pieces.append(data)
