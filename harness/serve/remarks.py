"""What is wrong with a message that a fake took all the same, one clause each."""

from __future__ import annotations

import re
from collections.abc import Iterator

_LONGEST_LINE = 998
# RFC 5322 section 3.6: From and Date once each, Message-ID at most once and SHOULD be there.
_DUE = ("From", "Date", "Message-ID")
_ONCE = ("From", "Date", "Message-ID", "To", "Cc", "Subject", "Reply-To", "Sender")
_FIELD = re.compile(rb"^([!-9;-~]+):", re.MULTILINE)


def of_content(content: bytes) -> Iterator[str]:
    """What is wrong with the octets of a message that a sender wrote itself."""
    head, _, _ = content.partition(b"\r\n\r\n")
    names = [name.decode("ascii").lower() for name in _FIELD.findall(head)]
    for name in _DUE:
        if name.lower() not in names:
            yield f"no {name} header (RFC 5322 section 3.6)"
    for name in _ONCE:
        if (count := names.count(name.lower())) > 1:
            yield f"{name} stands there {count} times (RFC 5322 section 3.6)"
    if "bcc" in names:
        yield "the Bcc header shows every reader who else gets it (RFC 5322 section 3.6.3)"
    without_ends = content.replace(b"\r\n", b"")
    if b"\n" in without_ends or b"\r" in without_ends:
        yield "lines that end in CR or LF alone (RFC 5321 section 2.3.8)"
    if any(len(line) > _LONGEST_LINE for line in content.split(b"\r\n")):
        yield f"a line of more than {_LONGEST_LINE} octets (RFC 5322 section 2.1.1)"
    if not head.isascii():
        yield "octets beyond ASCII in the header, which have to be encoded words (RFC 2047)"
