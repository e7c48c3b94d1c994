"""What is wrong with a message that a fake took over SMTP all the same, one clause each.

Only what is wrong wherever the message is handed in: a provider takes out Bcc, and puts in Date and
Message-ID (RFC 6409 section 8), so the lack of these is told of at a server like any other alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_LONGEST_LINE = 998
# RFC 5322 section 3.6: at most one of each.
_ONCE = ("From", "Date", "Message-ID", "To", "Cc", "Bcc", "Subject", "Reply-To", "Sender")
_FIELD = re.compile(rb"^([!-9;-~]+):", re.MULTILINE)


def of_content(content: bytes, *, at_provider: bool, is_utf8: bool) -> Iterator[str]:
    """What is wrong with the octets of a message; `is_utf8`: MAIL had SMTPUTF8."""
    head, _, _ = content.partition(b"\r\n\r\n")
    names = [name.decode("ascii").lower() for name in _FIELD.findall(head)]
    yield from _missing(names, at_provider=at_provider)
    for name in _ONCE:
        if (count := names.count(name.lower())) > 1:
            yield f"{name} stands there {count} times (RFC 5322 section 3.6)"
    without_ends = content.replace(b"\r\n", b"")
    if b"\n" in without_ends or b"\r" in without_ends:
        yield "lines that end in CR or LF alone (RFC 5321 section 2.3.8)"
    if any(len(line) > _LONGEST_LINE for line in content.split(b"\r\n")):
        yield f"a line of more than {_LONGEST_LINE} octets (RFC 5322 section 2.1.1)"
    if not is_utf8 and not head.isascii():
        yield "octets beyond ASCII in the header, which have to be encoded words (RFC 2047)"


def _missing(names: list[str], *, at_provider: bool) -> Iterator[str]:
    if "from" not in names:
        yield "no From header, which it has to have (RFC 5322 section 3.6)"
    if at_provider:
        return
    if "date" not in names:
        yield "no Date header, which it has to have (RFC 5322 section 3.6)"
    if "message-id" not in names:
        yield "no Message-ID header, which it should have (RFC 5322 section 3.6.4)"
    if "bcc" in names:
        yield "the Bcc header shows every reader who else gets it (RFC 5322 section 3.6.3)"
