"""Addresses as the envelope and the header fields need them.

Checked only so far as is needed to keep one address one address: what is odd but in use
(`foo.@example.jp`, `"a b"@example.com`) passes.
"""

from __future__ import annotations

import re
import unicodedata

from harness.protocol import ErrorClass
from harness.reference.failure import MessageError
from harness.reference.names import helo_name

# RFC 5321 section 4.5.3.1, in octets; a path of 256 counts its angle brackets.
_LONGEST_LOCAL_PART = 64
_LONGEST_DOMAIN = 255
_LONGEST_ADDRESS = 254

# Dots are allowed anywhere in an unquoted local part: some providers handed such addresses out.
_UNQUOTED = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.\-\u0080-\U0010ffff]+")
_QUOTED = re.compile(r'"(?:[ !#-\[\]-~\u0080-\U0010ffff]|\\[ -~])*"')


def check_line(text: str, what: str) -> str:
    """`text`, which is going into one line of the message or of the conversation.

    Raises `MessageError` for a line break or control character, of whatever script: some software
    takes U+2028 for a line end. A TAB becomes a blank.
    """
    text = text.replace("\t", " ")
    for char in text:
        category = unicodedata.category(char)
        if category in ("Cc", "Zl", "Zp"):
            raise MessageError(
                f"{what} holds a line break or control character (U+{ord(char):04X})",
                class_=ErrorClass.HEADER_INJECTION,
            )
        if category == "Cs":
            raise MessageError(f"{what} holds half a surrogate pair, which is no character")
    return text


def wire_address(address: str, what: str) -> str:
    """The address with its domain in A-labels. The local part stays as it is, case and all.

    Raises `MessageError`, class `header-injection` or `address-invalid`.
    """
    check_line(address, what)
    local, at, domain = address.rpartition("@")
    if not at:
        raise _invalid(what, "it has no @")
    if not (_UNQUOTED.fullmatch(local) or _QUOTED.fullmatch(local)):
        raise _invalid(what, "the part before the @ is empty or needs quotes")
    try:
        domain = helo_name(domain)
    except ValueError as error:
        raise _invalid(what, f"of the part after the @, {error}") from None
    whole = f"{local}@{domain}"
    if (
        len(local.encode()) > _LONGEST_LOCAL_PART
        or len(domain) > _LONGEST_DOMAIN
        or len(whole.encode()) > _LONGEST_ADDRESS
    ):
        raise _invalid(what, "it is longer than SMTP allows (64 octets before the @, 254 in all)")
    return whole


def envelope_key(address: str) -> tuple[str, str]:
    """What makes two envelope addresses one: the local part exactly, the domain in any case."""
    local, _, domain = address.rpartition("@")
    return local, domain.lower()


def _invalid(what: str, reason: str) -> MessageError:
    return MessageError(
        f"{what} is not an address that can be used: {reason}", class_=ErrorClass.ADDRESS_INVALID
    )
