"""The copy of a message that goes to Mailpit: its octets, below headers that say where it is from.

`X-Tags` is read by Mailpit; `X-Harness-…` are for people, because tags keep few characters. A
message that Mailpit could not read is sent as a file inside one that says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP

# internal/tools/tags.go of v1.33.1: any other character becomes a blank, and 100 are kept.
_NOT_IN_TAGS = re.compile(r"[^A-Za-z0-9 ._@-]")
_LONGEST_TAG = 100
_LINE = 900
_NOT_PRINTABLE = re.compile(r"[^\x21-\x7e]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorLabels:
    """What a person finds a message by.

    `provider` is whose API or SMTP service took it, else `smtp`; `case` and `verdict` are a run's;
    `group` is what all messages of one run share.
    """

    provider: str
    case: str = ""
    verdict: str = ""
    group: str = ""

    @property
    def tags(self) -> tuple[str, ...]:
        """As Mailpit's tags."""
        texts = (self.provider, case_tag(self.case), self.verdict, self.group)
        return tuple(dict.fromkeys(tag for text in texts if (tag := as_tag(text))))


def as_tag(text: str) -> str:
    """A text in the characters that Mailpit keeps in a tag."""
    return " ".join(_NOT_IN_TAGS.sub("_", text).split())[:_LONGEST_TAG].strip()


def case_tag(case: str) -> str:
    """A case's id as a tag: the name of its evidence folder with dots for slashes."""
    from harness.evidence import folder_name  # noqa: PLC0415  # not light

    if not case:
        return ""
    name = folder_name(case).replace("/", ".").replace("=", "-")
    if len(name) <= _LONGEST_TAG:
        return name
    return f"{name[: _LONGEST_TAG - 9]}-{_digest(case)}"


def mirror_copy(
    content: bytes, labels: MirrorLabels, *, mail_from: str, rcpt_tos: Sequence[str]
) -> bytes:
    """The octets of a message below the mirror's headers."""
    return _headers(labels, mail_from=mail_from, rcpt_tos=rcpt_tos) + content


def enclosed(
    content: bytes, labels: MirrorLabels, *, mail_from: str, rcpt_tos: Sequence[str], why: str
) -> bytes:
    """A message that has the octets as a file, for what Mailpit does not take as it is."""
    message = EmailMessage(policy=SMTP)
    message["Subject"] = "(harness: a message that Mailpit does not take as it is)"
    said = "".join(character if character.isprintable() else "?" for character in why)
    message.set_content(
        f"Mailpit said: {said}\n\nThe message is attached, octet for octet as it was taken.\n"
    )
    message.add_attachment(
        content, maintype="application", subtype="octet-stream", filename="message.eml"
    )
    return _headers(labels, mail_from=mail_from, rcpt_tos=rcpt_tos) + message.as_bytes()


def begins_with_a_header(content: bytes) -> bool:
    """Whether headers can stand above it: its first line does not continue another one."""
    return content[:1] not in {b" ", b"\t", b""}


def envelope_address(address: str) -> str:
    """An address as it can stand between angle brackets; what cannot becomes `?`."""
    return re.sub(r"[\x00-\x20<>\x7f-\x9f]", "?", address.encode("utf-8", "replace").decode())


def _headers(labels: MirrorLabels, *, mail_from: str, rcpt_tos: Sequence[str]) -> bytes:
    lines = [
        ("X-Tags", ", ".join(labels.tags)),
        ("X-Harness-Case", labels.case),
        ("X-Harness-Provider", labels.provider),
        ("X-Harness-Verdict", labels.verdict),
        ("X-Harness-Mail-From", f"<{mail_from}>"),
        ("X-Harness-Rcpt-To", f"<{'>, <'.join(rcpt_tos)}>"),
    ]
    return b"".join(_folded(name, value) for name, value in lines if value)


def _folded(name: str, value: str) -> bytes:
    """A header in lines of printable ASCII, folded at its blanks."""
    words = _NOT_PRINTABLE.sub(" ", value.encode("ascii", "backslashreplace").decode()).split()
    lines = [f"{name}:"]
    for word in _within(words):
        if len(lines[-1]) + len(word) >= _LINE:
            lines.append("")
        lines[-1] += f" {word}"
    return "".join(f"{line}\r\n" for line in lines).encode()


def _within(words: Iterable[str]) -> Iterable[str]:
    return (word if len(word) < _LINE else f"{word[: _LINE - 20]}..." for word in words)


def _digest(case: str) -> str:
    import hashlib  # noqa: PLC0415

    return hashlib.sha256(case.encode()).hexdigest()[:8]
