"""Messages that tests can talk about, whichever way they came."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .address import NO_ADDRESS, MailAddress, addresses
from .attachment import MailAttachment
from .codes import codes_in, each_once
from .headers import MailHeaders
from .links import HtmlReader, MailLink, links_in_text, without_links
from .parts import MailParts, parts_of


class ReadableMessage:
    """What a message says, read when somebody asks, and never raising, whatever its octets are.

    For a message that an API took in fields, it is what a vendor would make of them.
    """

    __slots__ = ("_html_reader", "_parts")

    if TYPE_CHECKING:
        _parts: MailParts
        _html_reader: HtmlReader

        @property
        def content(self) -> bytes:
            """The message as MIME."""

        @property
        def mail_from(self) -> str:
            """The envelope sender."""

        @property
        def rcpt_tos(self) -> tuple[str, ...]:
            """The envelope recipients, in order."""

    @property
    def raw(self) -> bytes:
        """The message as it is, as MIME; the same as `content`."""
        return self.content

    @property
    def headers(self) -> MailHeaders:
        """The header fields, by names in any case: `message.headers["list-unsubscribe"]`."""
        return MailHeaders(self._read().fields)

    @property
    def subject(self) -> str:
        """The subject, decoded; "" where there is none."""
        return self.headers.get("subject", "")

    @property
    def from_(self) -> MailAddress:
        """Who it says that it is from: an address, with its `name`; "" where nobody is named."""
        return next(iter(self._mailboxes("from")), NO_ADDRESS)

    @property
    def reply_to(self) -> tuple[MailAddress, ...]:
        """Where answers are to go."""
        return self._mailboxes("reply-to")

    @property
    def to(self) -> tuple[MailAddress, ...]:
        """Whom the To header names."""
        return self._mailboxes("to")

    @property
    def cc(self) -> tuple[MailAddress, ...]:
        """Whom the Cc header names."""
        return self._mailboxes("cc")

    @property
    def bcc(self) -> tuple[MailAddress, ...]:
        """The recipients who get it although neither To nor Cc names them.

        A Bcc header, which everybody would see, is in `headers`.
        """
        named = {box.lower() for box in (*self.to, *self.cc)}
        return tuple(MailAddress(box) for box in self.rcpt_tos if box.lower() not in named)

    @property
    def text(self) -> str:
        r"""The plain text, "" where there is none; lines end with `\n`, the last one with nothing.

        Where several parts are plain text and no files, they stand one below the other.
        """
        return self._read().text

    @property
    def html(self) -> str:
        """The HTML, "" where there is none; otherwise as `text`."""
        return self._read().html

    @property
    def attachments(self) -> tuple[MailAttachment, ...]:
        """Every part that is neither the text nor the HTML, pictures within the HTML too."""
        return self._read().attachments

    @property
    def links(self) -> tuple[MailLink, ...]:
        """Where the message leads, each address once: first those of the HTML, then of the text.

        In HTML the `href` of each `a` and `area`, its entities decoded, as it stands there (mailto:
        and relative ones too), but for those that lead to a place in the message (`#…`). In plain
        text whatever has a scheme and `//`, without a full stop or bracket behind it.
        """
        found: dict[str, MailLink] = {}
        for link in (*self._shown().links, *links_in_text(self.text)):
            found.setdefault(str(link), link)
        return tuple(found.values())

    @property
    def codes(self) -> tuple[str, ...]:
        """The one-time codes in text and HTML, without blank or hyphen, each once.

        A code is 4 to 8 digits; two groups of three digits, or of four, with a blank or a hyphen
        between them; or 5 to 10 capital letters and digits, at least one of each, or two groups of
        3 to 5 of them with a hyphen. It has to stand by itself, in what a reader sees: no part of a
        longer word or number, of an address, an amount, a date, a time, a telephone number that
        begins with `+`, a number behind `#`, and no year behind ©. Codes that stand alone in their
        line or block come first, so `codes[0]` is the one that the message is about, as long as it
        sets it apart or mentions no other number before it.
        """
        return each_once(codes_in(without_links(f"{self._shown().words}\n{self.text}")))

    def _mailboxes(self, name: str) -> tuple[MailAddress, ...]:
        fields = [value for each, value in self._read().raw_fields if each.lower() == name]
        return tuple(addresses(fields))

    def _read(self) -> MailParts:
        try:
            return self._parts
        except AttributeError:
            # The class of messages is frozen; what was read of one is none of its fields.
            object.__setattr__(self, "_parts", parts_of(self.content))
            return self._parts

    def _shown(self) -> HtmlReader:
        try:
            return self._html_reader
        except AttributeError:
            object.__setattr__(self, "_html_reader", HtmlReader(self.html))
            return self._html_reader

    def __repr__(self) -> str:
        to = ", ".join(self.rcpt_tos[:3]) + (" …" if len(self.rcpt_tos) > 3 else "")
        count = len(self.attachments)
        files = f", with {count} file{'s' if count > 1 else ''}" if count else ""
        return f"<message {self.subject!r} from {self.from_ or self.mail_from} to {to}{files}>"
