"""What stands in a header field, read by the grammar of the RFCs and by nothing else.

This is one of two readings; the other is the library's `email.policy.default`. A sender is not to
be convicted for what one parser makes of it, so this one shares no code with the other: RFC 2047
(words beyond ASCII), RFC 5322 section 3.4 (mailboxes and groups), RFC 2231 (parameters).
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

# RFC 2231 section 5 puts a language behind the character set.
_ENCODED_WORD = re.compile(r"=\?([^\s?*]+)(?:\*[^\s?]*)?\?([QqBb])\?([^\s?]*)\?=")
_HEX = re.compile(rb"=([0-9A-Fa-f]{2})")
_BLANKS = re.compile(r"([ \t\r\n]+)")
_TOKEN = re.compile(
    r"""(?P<blank>[ \t\r\n]+)
    |"(?P<quoted>(?:[^"\\]|\\.)*)"
    |(?P<literal>\[(?:[^\[\]\\]|\\.)*\])
    |(?P<special>[<>,:;])
    |(?P<atom>[^ \t\r\n"<>,:;\[\]()]+)""",
    re.VERBOSE | re.DOTALL,
)
_CONTINUED = re.compile(r"(?P<name>[^*]+)(?:\*(?P<place>[0-9]+))?(?P<extended>\*)?")


def unfolded(text: str) -> str:
    """The field's body in one line (RFC 5322 section 2.2.3), without blanks at its ends."""
    return re.sub(r"\r?\n(?=[ \t])", "", text).strip(" \t")


def decoded(text: str) -> str:
    """A text with its encoded words decoded.

    Blanks between two of them that are adjacent belong to neither (RFC 2047 section 6.2).
    """
    pieces = _BLANKS.split(text)
    said = ""
    was_encoded = False
    for blank, piece in zip(["", *pieces[1::2]], pieces[::2], strict=True):
        word = _decoded_word(piece)
        said += ("" if was_encoded and word is not None else blank) + (
            piece if word is None else word
        )
        was_encoded = word is not None
    return said


def _decoded_word(word: str) -> str | None:
    """What an encoded word stands for; None where it is none, or cannot be decoded."""
    match = _ENCODED_WORD.fullmatch(word)
    if match is None:
        return None
    charset, encoding, text = match.groups()
    try:
        if encoding in "Bb":
            octets = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
        else:
            octets = hex_decoded(text.replace("_", " ").encode("ascii"))
        return octets.decode(charset)
    except (ValueError, LookupError):
        return None


def hex_decoded(octets: bytes) -> bytes:
    """Octets with every `=` and two hexadecimal digits replaced by what they stand for."""
    return _HEX.sub(lambda match: bytes([int(match[1], 16)]), octets)


@dataclass(frozen=True, slots=True)
class _Word:
    kind: str
    text: str
    after_blank: bool


def mailboxes(text: str) -> tuple[tuple[str, str], ...]:
    """Name and address of every mailbox of a list, those in groups among them.

    Raises:
        ValueError: it is no list of mailboxes.
    """
    found = []
    mailbox: list[_Word] = []
    for word in [*_words(text), _Word("special", ",", after_blank=False)]:
        inside = sum({"<": 1, ">": -1}.get(each.text, 0) for each in mailbox if _special(each))
        if not _special(word) or word.text in "<>" or inside:
            mailbox.append(word)
            continue
        # The name of a group goes before its colon, and is nobody's.
        if word.text != ":" and mailbox:
            found.append(_mailbox(mailbox))
        mailbox = []
    if mailbox:
        raise ValueError(f"an address in {text!r} does not end")
    return tuple(found)


def _special(word: _Word) -> bool:
    return word.kind == "special"


def _words(text: str) -> Iterator[_Word]:
    text = _without_comments(text)
    place = 0
    after_blank = False
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise ValueError(f"{text[place:]!r} is no part of a mailbox")
        place = match.end()
        kind = str(match.lastgroup)
        if kind != "blank":
            said = re.sub(r"\\(.)", r"\1", match[kind]) if kind == "quoted" else match[kind]
            yield _Word(kind, said, after_blank)
        after_blank = kind == "blank"


def _without_comments(text: str) -> str:
    """A blank in the place of each comment. Comments nest (RFC 5322 section 3.2.2)."""
    said = ""
    depth = 0
    for piece in re.findall(r'"(?:[^"\\]|\\.)*"|\\.|.', text, re.DOTALL):
        whole = [piece] if depth == 0 else list(piece)
        for each in whole:
            depth += {"(": 1, ")": -1}.get(each, 0)
            said += " " if each in "()" else "" if depth > 0 else each
    if depth:
        raise ValueError(f"a comment in {text!r} does not end")
    return said


def _mailbox(words: Sequence[_Word]) -> tuple[str, str]:
    texts = [word.text if _special(word) else "" for word in words]
    if "<" not in texts:
        return "", "".join(map(_as_written, words))
    begin = texts.index("<")
    route = words[begin + 1 : texts.index(">", begin)]
    address = "".join(map(_as_written, route))
    # A source route is to be ignored (RFC 5322 section 4.4).
    return _phrase(words[:begin]), address.rpartition(":")[2] if address[:1] == "@" else address


def _as_written(word: _Word) -> str:
    if word.kind != "quoted":
        return word.text
    return '"' + re.sub(r'(["\\])', r"\\\1", word.text) + '"'


def _phrase(words: Iterable[_Word]) -> str:
    said = ""
    was_encoded = False
    for word in words:
        plain = _decoded_word(word.text) if word.kind == "atom" else None
        joined = not said or not word.after_blank or (was_encoded and plain is not None)
        said += ("" if joined else " ") + (plain if plain is not None else word.text)
        was_encoded = plain is not None
    return said


def parameters(text: str) -> tuple[str, dict[str, str]]:
    """The value of a field in lower case, and its parameters by name, as RFC 2231 reads them.

    Raises:
        ValueError: a parameter is not in the character set that it names.
        LookupError: nobody knows that set.
    """
    # A semicolon inside quotes ends nothing.
    first, *rest = re.findall(r'(?:"(?:[^"\\]|\\.)*"|[^;"])+', unfolded(text)) or [""]
    pieces: dict[str, dict[int, _Piece]] = {}
    for part in rest:
        name, _, value = part.partition("=")
        match = _CONTINUED.fullmatch(name.strip().lower())
        if match is not None:
            piece = _Piece(_unquoted(value.strip()), match["extended"] is not None)
            pieces.setdefault(match["name"], {})[int(match["place"] or 0)] = piece
    return first.strip().lower(), {name: _joined(said) for name, said in pieces.items()}


@dataclass(frozen=True, slots=True)
class _Piece:
    """Part of a parameter. `is_extended`: percent-encoded, the first with its character set."""

    text: str
    is_extended: bool


def _unquoted(value: str) -> str:
    if value[:1] == value[-1:] == '"' and len(value) > 1:
        return re.sub(r"\\(.)", r"\1", value[1:-1])
    return value


def _joined(pieces: dict[int, _Piece]) -> str:
    octets = b""
    charset = ""
    for place, piece in sorted(pieces.items()):
        text = piece.text
        if piece.is_extended and place == 0 and text.count("'") > 1:
            charset, _, text = text.split("'", 2)
        plain = text.encode(charset or "utf-8", "surrogateescape")
        octets += unquote_to_bytes(plain) if piece.is_extended else plain
    return octets.decode(charset or "utf-8", "strict" if charset else "surrogateescape")
