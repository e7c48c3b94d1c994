"""The links of a message, and what its HTML shows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from typing import Self
from urllib.parse import parse_qs, urlsplit

# Bounded where they look ahead: a text may be long, and without blanks.
_IN_TEXT = re.compile(r"\b[a-z][a-z0-9+.-]{1,30}://[^\s<>\"]+", re.IGNORECASE)
_OF_MAIL = re.compile(r"[^\s@]{1,64}@\S+")
_AFTER_A_LINK = ".,;:!?'*_"
_CLOSING = {")": "(", "]": "["}
_LONGEST = 1_048_576
_LINKS = frozenset(["a", "area"])
_UNSEEN = frozenset(["script", "style", "title", "template"])
# What stands on a line of its own (HTML, "Rendering", the elements that are `display: block`).
# fmt: off
_BLOCKS = frozenset([
    "address", "article", "aside", "blockquote", "body", "br", "center", "dd", "div", "dl", "dt",
    "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol",
    "p", "pre", "section", "table", "tbody", "td", "th", "tr", "ul",
])
# fmt: on


class MailLink(str):
    """The address of a link, as a text that any client takes.

    `text` are the words that it stands on, "" for an address in plain text. `attributes` are those
    of its element, by their names in lower case.
    """

    __slots__ = ("attributes", "text")

    text: str
    attributes: Mapping[str, str]

    def __new__(
        cls, address: str, *, text: str = "", attributes: Mapping[str, str] | None = None
    ) -> Self:
        """Take an address, with what is known of it."""
        made = super().__new__(cls, address)
        made.text = text
        made.attributes = dict(attributes or {})
        return made

    @property
    def query(self) -> dict[str, str]:
        """Its parameters, decoded; of one that comes several times, the last."""
        try:
            return {name: values[-1] for name, values in self._parameters.items()}
        except ValueError:  # what is no URL has none
            return {}

    @property
    def _parameters(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit(str(self)).query, keep_blank_values=True)

    def __repr__(self) -> str:
        on = f", text={self.text!r}" if self.text else ""
        return f"{type(self).__name__}({str(self)!r}{on})"


class HtmlReader(HTMLParser):
    """Reads HTML: `links`, and `words`, which are what it shows, a line for each block."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[MailLink] = []
        self._open: MailLink | None = None
        self._begun = 0
        self._pieces: list[str] = []
        self._unseen: str | None = None
        # What no bracket closes takes the parser a time that grows with the square of its length.
        shown, bracket, rest = html[:_LONGEST].rpartition(">")
        try:
            self.feed(shown + bracket + rest.partition("<")[0])
            self.close()
        except Exception:  # noqa: BLE001  # of marked sections, old ones fail in assertions
            self._pieces.append("\n")
        self._end_link()

    @property
    def words(self) -> str:
        """What is shown, with a line end where a block begins or ends."""
        return "".join(self._pieces)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin an element."""
        if tag in _UNSEEN:
            self._unseen = tag
        elif tag in _BLOCKS:
            self._pieces.append("\n")
        elif tag in _LINKS:
            self._end_link()
            given = {name: value or "" for name, value in attrs}
            address = given.get("href", "").strip()
            if address and not address.startswith("#"):
                self._open, self._begun = MailLink(address, attributes=given), len(self._pieces)
                self.links.append(self._open)
                if tag == "area":
                    self.links[-1].text, self._open = given.get("alt", ""), None

    def handle_endtag(self, tag: str) -> None:
        """End an element."""
        if tag == self._unseen:
            self._unseen = None
        elif tag in _BLOCKS:
            self._pieces.append("\n")
        elif tag == "a":
            self._end_link()

    def handle_data(self, data: str) -> None:
        """Take what stands between elements."""
        if self._unseen is None:
            self._pieces.append(re.sub(r"\s+", " ", data))

    def _end_link(self) -> None:
        if self._open is not None:
            self._open.text = "".join(self._pieces[self._begun :]).strip()
        self._open = None


def links_in_text(text: str) -> Iterator[MailLink]:
    """The addresses with a scheme and `//` in plain text, without what ends their sentence."""
    for found in _IN_TEXT.finditer(text):
        yield MailLink(found[0][: _length(found[0])])


def _length(address: str) -> int:
    """How much of it is the address: no sign that ends a sentence, and no bracket around it."""
    outside = {end: address.count(end) - address.count(begin) for end, begin in _CLOSING.items()}
    length = len(address)
    while address[length - 1] in _AFTER_A_LINK or outside.get(address[length - 1], 0) > 0:
        length -= 1
        if address[length] in outside:
            outside[address[length]] -= 1
    return length


def without_links(text: str) -> str:
    """Plain text, with a blank in the place of each address of the web and of mail."""
    return _OF_MAIL.sub(" ", _IN_TEXT.sub(" ", text))
