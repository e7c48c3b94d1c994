"""The syntax of addresses, with the texts that SES has for what is wrong.

The texts that were seen are those of JavaMail's strict parser: seven of them in issue threads, the
others inferred from it (see `refusals`).
"""

from __future__ import annotations

import re
from functools import lru_cache

# A program has few addresses, and each is looked at several times a message.
_KNOWN = 1024
SEEN = frozenset(
    [
        "Missing final '@domain'",
        "Missing domain",
        "Missing local name",
        "Domain contains control or whitespace",
        "Domain contains illegal character",
        "Local address contains control or whitespace",
        "Illegal address",
    ]
)
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_COMMENT = re.compile(r"\([^()]*\)")
_BRACKETED = re.compile(r"<.*>", re.DOTALL)
_SPECIALS = frozenset('()<>,;:\\"[]@')
_UNPRINTABLE = re.compile(r"[^\x21-\x7e]")
_DOMAIN = re.compile(r"[A-Za-z0-9.-]*")


@lru_cache(maxsize=_KNOWN)
def addr_spec(text: str) -> str:
    """The address itself in `Name <address>`, `<address>` or `address`."""
    bare = _hidden(text)
    start, end = bare.find("<"), bare.rfind(">")
    return text[start + 1 : end].strip() if 0 <= start < end else text.strip()


@lru_cache(maxsize=_KNOWN)
def fault(text: str) -> str | None:
    """What is wrong with an address, with or without a name; None where nothing is."""
    bare = _hidden(text)
    if bare.count('"'):
        return "Missing '\"'"
    if "<" in bare and ">" not in bare[bare.index("<") :]:
        return "Missing '>'"
    outside = _BRACKETED.sub("", bare)
    if "," in outside:
        return "Illegal address"
    return _fault_of(addr_spec(text))


def _fault_of(address: str) -> str | None:
    hidden = _hidden(address)
    at = hidden.find("@")
    # Only what stands unquoted is looked at; a quoted local part may hold anything.
    local = hidden[:at] if at >= 0 else hidden
    wrong = _local_fault(local, has_domain=at >= 0)
    if wrong is None and at < 0:
        return "Missing final '@domain'"
    return wrong if wrong is not None else _domain_fault(address[at + 1 :])


def _local_fault(local: str, *, has_domain: bool) -> str | None:
    if has_domain and not local:
        return "Missing local name"
    if _UNPRINTABLE.search(local):
        return "Local address contains control or whitespace"
    if not _SPECIALS.isdisjoint(local):
        return "Local address contains illegal character"
    return _dots("Local address", local) if has_domain else None


def _domain_fault(domain: str) -> str | None:
    if not domain:
        return "Missing domain"
    if _UNPRINTABLE.search(domain):
        return "Domain contains control or whitespace"
    if domain.startswith("[") and domain.endswith("]"):
        return None
    if _DOMAIN.fullmatch(domain) is None:
        return "Domain contains illegal character"
    return _dots("Domain", domain)


def _dots(what: str, text: str) -> str | None:
    if not text.startswith(".") and not text.endswith(".") and ".." not in text:
        return None
    verb = {"starts with dot": text.startswith("."), "contains dot-dot": ".." in text}
    verb["ends with dot"] = text.endswith(".")
    return next((f"{what} {says}" for says, is_so in verb.items() if is_so), None)


def _hidden(text: str) -> str:
    """The text, as long as before, with quoted strings and comments made of `x`."""
    if '"' not in text and "(" not in text:
        return text
    hidden = _QUOTED.sub(lambda found: "x" * len(found[0]), text)
    return _COMMENT.sub(lambda found: "x" * len(found[0]), hidden)
