"""Lists of addresses as Postmark takes them: `Name <address>`, with commas between."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from ..display_name import with_display_name
from ..refusal import Refuse

_DOMAIN = re.compile(r"[\w.-]+\Z")
_PIECE = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*(?:"|\\?\Z))+', re.DOTALL)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"\Z', re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ANGLE = re.compile(r"(.*)<([^<>]*)>\s*\Z", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressWithName:
    """One address and the name before it, where there is one."""

    name: str
    address: str

    @property
    def shown(self) -> str:
        """As it stands in a header."""
        return with_display_name(self.name, self.address)


# The rules ask for the same lists several times.
@lru_cache(maxsize=256)
def mailboxes(text: str) -> tuple[AddressWithName, ...]:
    """The mailboxes of a list; empty places between commas do not count."""
    found = []
    for piece in _pieces(text):
        angle = _ANGLE.match(piece)
        name, address = (angle[1], angle[2]) if angle else ("", piece)
        found.append(AddressWithName(name=_meant(name.strip()), address=address.strip()))
    return tuple(found)


def _meant(name: str) -> str:
    """A display name as people read it: without the quotation marks around it, and no escapes."""
    quoted = _QUOTED.match(name)
    return _ESCAPE.sub(r"\1", quoted[1]).strip() if quoted else name


def check_address(address: str, field: str) -> None:
    """Refuse what is no address."""
    local, at, domain = address.rpartition("@")
    if not at:
        raise Refuse("address-without-at", field=field, address=address)
    if not _DOMAIN.match(domain):
        raise Refuse("address-domain", field=field, address=address, domain=domain)
    labels = domain.split(".")
    is_sound = local and not any(character.isspace() for character in local)
    if not is_sound or len(labels) < 2 or not all(labels):
        raise Refuse("invalid-address", field=field, address=address)


def _pieces(text: str) -> list[str]:
    """Split at the commas that are not inside quotes; a last quote may stay open."""
    return [bare for piece in _PIECE.findall(text) if (bare := piece.strip())]
