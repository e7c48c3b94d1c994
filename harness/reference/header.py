"""Header fields: encoded and folded into lines that every receiver takes.

The standard library's folder is not used: of several Python releases that the product runs on, some
write a line break from a value into the header, and some drop the quotes of a long display name, so
that one mailbox becomes two. Here a field is a list of tokens, a line break goes only between two
of them, and what a token may hold is checked before.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Sequence
from urllib.parse import quote

_LINE = 76
_LONGEST_LINE = 998
_ENCODED_WORD = 75
_ENCODED_WORD_FRAME = len("=?utf-8?B??=")
_SHORTEST_WORD_ROOM = 30
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_Q_SAFE = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!*+-/")


def unstructured(name: str, value: str, *, longest_word: int = _LINE) -> str:
    """A field of free text. A word longer than `longest_word` makes it encoded-words."""
    words = re.findall(r" *[^ ]+", value)
    plain = (
        value.isascii()
        and "=?" not in value
        and value == value.strip(" ")
        and all(len(word.strip(" ")) <= longest_word for word in words)
        and len(name) + max((len(word) for word in words), default=0) < _LONGEST_LINE
    )
    if plain:
        return fold(name, [word.removeprefix(" ") for word in words])
    return fold(name, encoded_words(value, room=_LINE - len(name) - 2))


def mailboxes(name: str, boxes: Iterable[tuple[str, str]]) -> str:
    """A field of (display name, address) pairs."""
    tokens: list[str] = []
    for display_name, address in boxes:
        if tokens:
            tokens[-1] += ","
        room = _ENCODED_WORD if tokens else _LINE - len(name) - 2
        words = phrase(display_name, room=room)
        tokens += [*words, f"<{address}>"] if words else [address]
    return fold(name, tokens)


def phrase(text: str, *, room: int) -> list[str]:
    """A display name as the tokens that it may be folded between. `room`: see `encoded_words`."""
    if not text:
        return []
    short = len(text) <= _LINE - 20
    if short and text.isascii() and "=?" not in text:
        if _ATOMS.fullmatch(text):
            return text.split(" ")
        escaped = text.replace("\\", "\\\\").replace('"', '\\"')
        return [f'"{escaped}"']
    return encoded_words(text, room=room)


def encoded_words(text: str, *, room: int) -> list[str]:
    """RFC 2047 words of at most 75 characters, none of which splits a character.

    `room` is what the first line has left for the first of them.
    """
    octets = text.encode()
    base = sum(octet > 127 for octet in octets) * 4 > len(octets)
    words: list[str] = []
    chunk = b""
    limit = room if room >= _SHORTEST_WORD_ROOM else _ENCODED_WORD
    for char in text:
        grown = chunk + char.encode()
        if chunk and _encoded_length(grown, base=base) > limit:
            words.append(_encoded_word(chunk, base=base))
            grown, limit = char.encode(), _ENCODED_WORD
        chunk = grown
    return [*words, _encoded_word(chunk, base=base)] if chunk else words


def fold(name: str, tokens: Sequence[str]) -> str:
    """The field `name` with its tokens, broken between tokens, CRLF in every fold."""
    lines = [f"{name}:"]
    for index, token in enumerate(tokens):
        fits = len(lines[-1].encode()) + 1 + len(token.encode()) <= _LINE
        # The first token stays beside the name: an empty first line confuses some receivers.
        if fits or (index == 0 and len(name) + len(token.encode()) + 2 <= _LONGEST_LINE):
            lines[-1] += f" {token}"
        else:
            lines.append(f" {token}")
    return "\r\n".join(lines) if tokens else f"{name}: "


def parameter(name: str, value: str) -> list[str]:
    """A parameter of a MIME field as `;`-less pieces: plain, quoted, or in RFC 2231's form."""
    if value.isascii() and len(value) <= _LINE - len(name) - 6:
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return [f'{name}="{escaped}"']
    encoded = f"utf-8''{quote(value, safe='')}"
    # A piece ends between two characters of the encoded form, never inside %XX.
    pieces = re.findall(rf"(?:%..|[^%]){{1,{(_LINE - len(name) - 8) // 3}}}", encoded)
    if len(pieces) == 1:
        return [f"{name}*={encoded}"]
    return [f"{name}*{number}*={piece}" for number, piece in enumerate(pieces)]


def _encoded_length(octets: bytes, *, base: bool) -> int:
    if base:
        return _ENCODED_WORD_FRAME + (len(octets) + 2) // 3 * 4
    return _ENCODED_WORD_FRAME + sum(
        1 if octet in _Q_SAFE or octet == ord(" ") else 3 for octet in octets
    )


def _encoded_word(octets: bytes, *, base: bool) -> str:
    if base:
        return f"=?utf-8?B?{base64.b64encode(octets).decode()}?="
    q = "".join(
        chr(octet) if octet in _Q_SAFE else "_" if octet == ord(" ") else f"={octet:02X}"
        for octet in octets
    )
    return f"=?utf-8?Q?{q}?="
