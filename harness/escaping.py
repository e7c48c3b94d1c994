r"""Making text from the wire safe to show.

Servers, senders and their messages are hostile by assumption: an escape sequence must not reach
a terminal, a NUL must not reach XML, and a bidirectional override must not reorder a report.
`visible` turns whatever would not print into an escape that a person can read. A backslash stays
as it is, so that text escaped twice reads as text escaped once.
"""

from __future__ import annotations

import re

_SHORT = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}
# What runners of CI take for commands where a job prints it: GitHub's `::name::` at the start of a
# line, blanks or not, and `##[`, `##vso[`, `##teamcity[` anywhere in it (Azure, GitHub, TeamCity).
_COMMAND_AT_START = re.compile(r"^(\s*):(?=:)", re.MULTILINE)
_COMMAND_ANYWHERE = re.compile(r"##(?=\w*\[)")
_SURROGATE = re.compile("[\ud800-\udfff]")


def visible(text: str | bytes, *, keep: str = "") -> str:
    r"""Return `text` with each character that does not print as `\n`, `\x1b` or `\u202e`.

    That covers control bytes, bidirectional and zero-width controls, every space but the plain
    one, line separators, lone surrogates and code points without a character. The characters in
    `keep` are left alone. Bytes are read as UTF-8; a byte that is not becomes `\xff`.
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8", "backslashreplace")
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in keep else _escape(c) for c in text)


def encodable(text: str) -> str:
    """Return `text` with only its lone surrogates escaped: no UTF-8 and no JSON reader has them."""
    return _SURROGATE.sub(lambda match: _escape(match[0]), text)


def inert(text: str, *, colon: str = r"\x3a", hash_sign: str = r"\x23") -> str:
    """Return printed lines without what a CI runner would take for a command of the job's.

    It is the last thing that is done to a text, because wrapping moves words to the start of a
    line. `colon` and `hash_sign` are how these two are written instead: a format that can write a
    character in two ways loses nothing by it.
    """
    text = _COMMAND_AT_START.sub(lambda match: f"{match[1]}{colon}", text)
    return _COMMAND_ANYWHERE.sub(lambda _: f"#{hash_sign}", text)


def shortened(text: str, limit: int) -> str:
    """Return at most `limit` characters of `text`, and how many more there were."""
    if len(text) <= limit:
        return text
    return f"{text[:limit]}… ({len(text) - limit} more characters)"


def _escape(character: str) -> str:
    if character in _SHORT:
        return _SHORT[character]
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that `surrogateescape` carried through
        code -= 0xDC00
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
