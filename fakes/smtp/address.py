"""The paths of MAIL and RCPT: `<local-part@domain>`, and what follows them."""

from __future__ import annotations

import re

# Quoted local parts may hold what ends an unquoted one (RFC 5321 section 4.1.2). A source route
# is taken and ignored (appendix C), and so are missing angle brackets, as most servers do.
_MAILBOX = r'(?P<mailbox>(?:"(?:[^"\\]|\\.)*"|[^"<>\s])%s)'
_PATH = re.compile(rf"\s*<(?:@[^:<>]*:)?{_MAILBOX % '*'}>(?P<rest>.*)\Z")
_BARE = re.compile(rf"\s*{_MAILBOX % '+'}(?P<rest>(?:\s.*)?)\Z")

NULL_PATH = "<>"


def split_path(argument: str) -> tuple[str, str] | None:
    """The mailbox and the parameters behind it; the mailbox of a null path is `<>`.

    None where there is no path, or one with control characters or octets that are no UTF-8.
    """
    match = _PATH.match(argument) or _BARE.match(argument)
    if match is None or not match["mailbox"].isprintable():
        return None
    mailbox = match["mailbox"] or NULL_PATH
    local_part, at, domain = mailbox.rpartition("@")
    if at and not (local_part and domain):
        return None
    return mailbox, match["rest"]
