"""A message's HTML, with nothing left in it that could run, load, or lead anywhere.

The frame that it is shown in is a sandbox and inherits a policy that forbids every load; both hold
by themselves. But browsers open a connection for a frame, or a hint, that they then refuse
(Chromium 156 does), and that would tell a stranger who reads the report. So only elements and
attributes that are listed here are written, from their names and values, never from the source.
"""

from __future__ import annotations

import re
from html import escape
from html.parser import HTMLParser

from harness.escaping import encodable

_VOID = frozenset(["br", "hr"])
_WRITTEN = _VOID | frozenset(
    [
        "a", "abbr", "address", "article", "aside", "b", "big", "blockquote", "body",
        "caption", "center", "cite", "code", "col", "colgroup", "dd", "del", "div", "dl", "dt",
        "em", "font", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "i", "ins",
        "kbd", "li", "main", "nav", "ol", "p", "pre", "q", "s", "samp", "section", "small",
        "span", "strike", "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th",
        "thead", "tr", "tt", "u", "ul", "var",
    ]
)  # fmt: skip
_ATTRIBUTES = frozenset(
    [
        "align", "bgcolor", "border", "cellpadding", "cellspacing", "class", "color",
        "colspan", "dir", "face", "height", "id", "lang", "rowspan", "size", "start", "style",
        "title", "valign", "width",
    ]
)  # fmt: skip
# What is inside these is not for people.
_SWALLOWED = frozenset(
    ["math", "noscript", "object", "script", "style", "svg", "template", "title"]
)
# What a style could load with, and the escapes that it could hide that behind.
_LOADING = re.compile(r"url|image|import|src|\\", re.IGNORECASE)


def harmless(source: str) -> str:
    """The HTML of a message, as a document for a frame."""
    cleaner = _Cleaner()
    cleaner.feed(source)
    cleaner.close()
    own = "body{font:14px/1.5 sans-serif;background:#fff}a{color:#1a4fa0;text-decoration:underline}"
    head = f'<meta name="color-scheme" content="light"><style>{own}</style>'
    return f"<!DOCTYPE html>{head}{''.join(cleaner.parts)}"


class _Cleaner(HTMLParser):
    """Reads the source, and writes what is listed."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._inside: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._inside is not None:
            return
        if tag in _SWALLOWED:
            self._inside = tag
        elif tag == "img":
            words = dict(attrs).get("alt") or "without a text"
            self.parts.append(_text(f"[image: {words}]"))
        elif tag in _WRITTEN:
            written = "".join(_attribute(name, value or "") for name, value in attrs)
            self.parts.append(f"<{tag}{written}>")

    def handle_endtag(self, tag: str) -> None:
        if self._inside is not None:
            self._inside = None if tag == self._inside else self._inside
        elif tag in _WRITTEN - _VOID:
            self.parts.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if self._inside is None:
            self.parts.append(_text(data))
        elif self._inside == "style" and "<" not in data and not _LOADING.search(data):
            self.parts.append(f"<style>{_readable(data)}</style>")


def _attribute(name: str, value: str) -> str:
    """An attribute as it is written; where a link leads is told and not gone to."""
    if name == "href":
        return f' title="{_text(value)}"'
    if name not in _ATTRIBUTES or (name == "style" and _LOADING.search(value)):
        return ""
    return f' {name}="{_text(value)}"'


def _text(text: str) -> str:
    return escape(_readable(text))


def _readable(text: str) -> str:
    return encodable(text).replace("\x00", "\ufffd")
