"""MIME parts whose every octet is 7-bit and whose every line is short enough."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from harness.reference.header import fold, parameter

_LONGEST_LINE = 998
_ENCODED_LINE = 76
_PLAIN = re.compile(rb"[\t\r\n -~]*")
_Q_UNSAFE = re.compile(rb"[^\t !-<>-~]")


@dataclass(frozen=True, slots=True, kw_only=True)
class MimePart:
    """Folded header fields and a body with CRLF line ends."""

    fields: tuple[str, ...]
    body: bytes

    def __bytes__(self) -> bytes:
        return "\r\n".join([*self.fields, "", ""]).encode() + self.body


def text_part(text: str, subtype: str) -> MimePart:
    """A text, its line ends made CRLF. Otherwise it decodes to exactly what it was."""
    octets = re.sub(r"\r\n|\r|\n", "\r\n", text).encode()
    encoding, body = _encode_text(octets)
    return MimePart(
        fields=(
            fold("Content-Type", [f"text/{subtype};", 'charset="utf-8"']),
            f"Content-Transfer-Encoding: {encoding}",
        ),
        body=body,
    )


def attachment_part(filename: str, content_type: str, content: bytes) -> MimePart:
    """A file. A `multipart` or `message` type, which may not be base64, is called octet-stream."""
    composite = content_type.lower().startswith(("multipart/", "message/"))
    names = parameter("filename", filename)
    return MimePart(
        fields=(
            fold("Content-Type", ["application/octet-stream" if composite else content_type]),
            fold(
                "Content-Disposition",
                ["attachment;", *(f"{name};" for name in names[:-1]), names[-1]],
            ),
            "Content-Transfer-Encoding: base64",
        ),
        body=base64_lines(content),
    )


def multipart(
    subtype: str, parts: Sequence[MimePart], *, boundary: Callable[[int], str]
) -> MimePart:
    """Parts one after the other. `boundary` gives candidates: the first that no part holds."""
    bodies = [bytes(part) for part in parts]
    number = 0
    while any(boundary(number).encode() in body for body in bodies):
        number += 1
    line = b"--" + boundary(number).encode()
    lines = [piece for body in bodies for piece in (line, body)]
    return MimePart(
        fields=(fold("Content-Type", [f"multipart/{subtype};", f'boundary="{boundary(number)}"']),),
        body=b"\r\n".join([*lines, line + b"--", b""]),
    )


def base64_lines(octets: bytes) -> bytes:
    """Base64 in lines of 76 characters."""
    encoded = base64.b64encode(octets)
    return b"\r\n".join(
        encoded[start : start + _ENCODED_LINE] for start in range(0, len(encoded), _ENCODED_LINE)
    )


def quoted_printable(octets: bytes) -> bytes:
    """Quoted-printable of a text with CRLF line ends."""
    return b"\r\n".join(_quoted_printable_line(line) for line in octets.split(b"\r\n"))


def _encode_text(octets: bytes) -> tuple[str, bytes]:
    lines = octets.split(b"\r\n")
    if _PLAIN.fullmatch(octets) and all(len(line) <= _LONGEST_LINE for line in lines):
        return "7bit", octets
    unsafe = sum(len(run) for run in _Q_UNSAFE.findall(octets.replace(b"\r\n", b"")))
    if unsafe * 6 > len(octets):
        return "base64", base64_lines(octets)
    return "quoted-printable", quoted_printable(octets)


def _quoted_printable_line(line: bytes) -> bytes:
    encoded = _Q_UNSAFE.sub(lambda match: b"=%02X" % match[0][0], line)
    if encoded.endswith((b" ", b"\t")):
        encoded = encoded[:-1] + b"=%02X" % encoded[-1]
    pieces: list[bytes] = []
    while len(encoded) > _ENCODED_LINE:
        cut = _ENCODED_LINE - 1
        # An escape of three characters is not cut in two.
        while b"=" in encoded[cut - 2 : cut]:
            cut -= 1
        pieces.append(encoded[:cut] + b"=")
        encoded = encoded[cut:]
    return b"".join(piece + b"\r\n" for piece in pieces) + encoded
