r"""Making text from the wire safe to show.

Servers, senders and their messages are hostile by assumption: an escape sequence must not reach
a terminal, a NUL must not reach XML, and a bidirectional override must not reorder a report.
`visible` turns whatever would not print into an escape that a person can read. A backslash stays
as it is, so that text escaped twice reads as text escaped once. CI servers carry out what a log
tells them to; the marks that such commands begin with are broken by an escape too.
"""

from __future__ import annotations

import json
import re

_SHORT = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}

# `##[error]` and `##vso[…]` anywhere (Azure Pipelines; GitHub's runner knows the first), as
# `##teamcity[…]`; `::error …::…` where a line of GitHub's begins, after blanks, and long lines are
# broken after they have come through here. Sources: actions/runner, `ActionCommand.TryParse` and
# `TryParseV2`; Azure Pipelines, "Logging commands"; TeamCity, "Service messages".
_COMMAND = re.compile(
    r"#(?=#\w*\[)|(?<!\w):(?=:(?:add-mask|add-matcher|add-path|debug|echo|endgroup|error|group|notice"
    r"|remove-matcher|save-state|set-env|set-output|stop-commands|warning)\b)",
    re.IGNORECASE,
)
# The same where lines are finished: GitHub's begin with two colons, blanks before them or not.
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
    if "##" in text or "::" in text:
        text = _COMMAND.sub(lambda match: f"\\x{ord(match[0]):02x}", text)
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in keep else _escape(c) for c in text)


def is_inert(data: bytes) -> bool:
    """Whether octets can be written to a terminal, or to the log of a CI server, as they are."""
    try:
        text = data.decode().replace("\r\n", "\n")
    except UnicodeDecodeError:
        return False
    return visible(text, keep="\n\t") == text


def inert_json(text: str) -> str:
    """A JSON text with escapes of JSON for what `visible` would escape: it says the same."""
    text = _COMMAND.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
    if text.replace("\n", "").isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text)


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
