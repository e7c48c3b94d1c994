"""The header fields of a message, decoded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from email.header import decode_header, make_header


class MailHeaders(Mapping[str, str]):
    """Header fields by their names in any case, decoded and in one line each.

    Where a field comes several times, `headers["Received"]` is the first; `get_all` has them all.
    """

    def __init__(self, fields: Sequence[tuple[str, str]]) -> None:
        self._fields = tuple(fields)

    def __getitem__(self, name: str) -> str:
        found = self.get_all(name)
        if not found:
            raise KeyError(f"{name} (the message has {', '.join(self) or 'no header'})")
        return found[0]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and bool(self.get_all(name))

    def __iter__(self) -> Iterator[str]:
        """Each name once, as it is written where it first stands."""
        seen: set[str] = set()
        for name, _ in self._fields:
            if name.lower() not in seen:
                seen.add(name.lower())
                yield name

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def get_all(self, name: str) -> list[str]:
        """What each field of that name says, in order; none: an empty list."""
        return [value for each, value in self._fields if each.lower() == name.lower()]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({list(self._fields)!r})"


def shown(octets: str) -> str:
    """Text as the `email` package hands it on: octets beyond ASCII are read as UTF-8."""
    return octets.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def decoded(value: str) -> str:
    """A field in one line, its encoded words decoded (RFC 2047); what cannot be, as it stands."""
    line = shown(value).replace("\r", "").replace("\n", "").strip()
    try:
        return shown(str(make_header(decode_header(line))))
    except Exception:  # noqa: BLE001  # character sets and base64 fail in many ways
        return line
