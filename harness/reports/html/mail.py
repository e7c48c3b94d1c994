"""A message that was taken, for a person: its fields, texts and files, and what stood on the wire.

Its HTML is shown in a frame that may do nothing: no scripts, no forms, no way out; and the page's
own policy, which the frame inherits, lets it load nothing. Nothing is left in it that would try
(`mail_html`).
"""

from __future__ import annotations

from collections.abc import Iterable
from email import message_from_bytes, policy
from email.message import EmailMessage

from harness.escaping import shortened
from harness.model import TakenMessage
from harness.reports.html.elements import Child, Html, Verbatim, element
from harness.reports.html.mail_html import harmless
from harness.reports.overview import plural

_FIELDS = ("From", "To", "Cc", "Reply-To", "Subject", "Date", "Message-ID")
_LONGEST_FIELD = 500
_LONGEST_TEXT = 8_000
_LONGEST_HTML = 16_000
_LONGEST_SOURCE = 12_000
_LONGEST_LINE = 500
_MOST_RECIPIENTS = 20


def shown_message(number: int, message: TakenMessage) -> Html:
    """Show one message, which is the `number`th that was taken."""
    parsed = message_from_bytes(message.content, policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    texts, files = _parts(parsed)
    fields = [
        ("Envelope from", message.mail_from or "<>"),
        ("Envelope to", _several(message.rcpt_tos)),
        *_fields(parsed),
        ("Files", "; ".join(files)),
    ]
    return element(
        "section",
        element("h4", f"Message {number}", _about(message)),
        element(
            "dl",
            ([element("dt", name), element("dd", said)] for name, said in fields if said),
            class_="fields",
        ),
        texts,
        _folded("As it came", lines_of(message.content.decode("utf-8", "backslashreplace"))),
        class_="mail",
    )


def lines_of(text: str, *, most: int = _LONGEST_SOURCE) -> Html:
    """A text in lines, each made visible, in a box that scrolls."""
    lines = text[:most].rstrip().replace("\r\n", "\n").split("\n")
    shown: list[Child] = [element("span", shortened(line, _LONGEST_LINE)) for line in lines]
    if len(text) > most:
        shown.append(element("span", f"({len(text) - most} more characters)", class_="gap"))
    return element("pre", shown, tabindex=0)


def _about(message: TakenMessage) -> Html:
    how = "inside TLS" if message.secure else "in clear"
    return element("small", f" {plural(message.octets, 'octet')}, {how}")


def _several(addresses: tuple[str, ...]) -> str:
    more = len(addresses) - _MOST_RECIPIENTS
    shown = ", ".join(addresses[:_MOST_RECIPIENTS])
    return f"{shown} and {more} more" if more > 0 else shown


def _fields(message: EmailMessage) -> Iterable[tuple[str, str]]:
    for name in _FIELDS:
        try:
            values = [str(field) for field in message.get_all(name, [])]
        except Exception:  # noqa: BLE001  # there is no single error for what a parser trips over
            values = ["(cannot be read)"]
        yield name, shortened("; ".join(values), _LONGEST_FIELD)


def _parts(message: EmailMessage) -> tuple[list[Html], list[str]]:
    """The texts, and what the files are called; what cannot be read is left to the source."""
    texts, files = [], []
    for part in message.walk():
        if part.is_multipart():
            continue
        try:
            name, kind = part.get_filename(), part.get_content_type()
            if name is None and kind.startswith("text/"):
                texts.append(_text(kind, str(part.get_content())))
            else:
                octets = part.get_payload(decode=True)
                size = len(octets) if isinstance(octets, bytes) else 0
                files.append(f"{name or 'without a name'} ({kind}, {size} octets)")
        except Exception:  # noqa: BLE001  # as above
            files.append("a part that cannot be read")
    return texts, files


def _text(kind: str, text: str) -> Html:
    if kind != "text/html":
        return _folded(f"Text ({kind})", lines_of(text, most=_LONGEST_TEXT), is_open=True)
    frame = element(
        "iframe",
        sandbox=True,
        referrerpolicy="no-referrer",
        title="The message as HTML: nothing is loaded, no link leads anywhere",
        srcdoc=Verbatim(harmless(text[:_LONGEST_HTML])),
    )
    source = _folded("HTML source", lines_of(text, most=_LONGEST_HTML))
    return element("div", _folded("HTML (text/html)", frame), source)


def _folded(summary: str, *inside: Child, is_open: bool = False) -> Html:
    return element("details", element("summary", summary), inside, open=is_open)
