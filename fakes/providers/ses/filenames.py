"""Names of files that SES does not send.

Sources: SES developer guide, mime-types ("Unsupported attachment types", as of 2025). The
characters: alphagov/forms-runner#1594 (2025-08-18), which sends raw content through version 2.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes, policy

from .letter import Letter

_UNSUPPORTED = frozenset(
    [
        "ade", "adp", "app", "asp", "bas", "bat", "cer", "chm", "cmd", "com", "cpl", "crt", "csh",
        "der", "exe", "fxp", "gadget", "hlp", "hta", "inf", "ins", "isp", "its", "js", "jse",
        "ksh", "lib", "lnk", "mad", "maf", "mag", "mam", "maq", "mar", "mas", "mat", "mau", "mav",
        "maw", "mda", "mdb", "mde", "mdt", "mdw", "mdz", "msc", "msh", "msh1", "msh2", "mshxml",
        "msh1xml", "msh2xml", "msi", "msp", "mst", "ops", "pcd", "pif", "plg", "prf", "prg",
        "reg", "scf", "scr", "sct", "shb", "shs", "sys", "ps1", "ps1xml", "ps2", "ps2xml", "psc1",
        "psc2", "tmp", "url", "vb", "vbe", "vbs", "vps", "vsmacros", "vss", "vst", "vsw", "vxd",
        "ws", "wsc", "wsf", "wsh", "xnk",
    ]
)  # fmt: skip
_SPECIAL = frozenset('/\\:*?"<>|')
# Most raw messages name no file, and need not be taken apart.
_NAMED = re.compile(rb"name[*0-9]*\s*=", re.IGNORECASE)


def unsent_filename(letter: Letter) -> str | None:
    """The first name of a file that SES does not send; None where there is none."""
    return next((name for name in _names(letter) if _is_unsent(name)), None)


def _is_unsent(name: str) -> bool:
    _, dot, extension = name.rpartition(".")
    is_unsupported = bool(dot) and extension.strip().lower() in _UNSUPPORTED
    return is_unsupported or not _SPECIAL.isdisjoint(name)


def _names(letter: Letter) -> Iterator[str]:
    yield from (each.name for each in letter.attachments)
    if letter.raw is not None and _NAMED.search(letter.raw.octets):
        yield from _names_in(letter.raw.octets)


def _names_in(octets: bytes) -> Iterator[str]:
    """The names in a raw message, as far as they can be read beyond doubt."""
    for part in message_from_bytes(octets, policy=policy.default).walk():
        try:
            name = part.get_filename()
        except (ValueError, LookupError, TypeError, AttributeError):
            continue  # the mail package has no single error for headers that it cannot parse
        # An encoded word that is left is one that the package could not read.
        if name and "=?" not in name and "\ufffd" not in name:
            yield str(name)
