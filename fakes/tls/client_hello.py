"""Read a ClientHello: what the sender offered before anything was decided.

OpenSSL would tell the server name too, but it refuses malformed ones before it tells; a fake must
show what was really sent. Layout: RFC 8446 section 4.1.2 and RFC 6066 section 3.
"""

from __future__ import annotations

from dataclasses import dataclass

_HANDSHAKE_RECORD = 22
_CLIENT_HELLO = 1
_RECORD_HEADER = 5
_MESSAGE_HEADER = 4
_SERVER_NAME = 0
_SUPPORTED_VERSIONS = 43
_NAMES = {
    0x0300: "SSLv3",
    0x0301: "TLSv1.0",
    0x0302: "TLSv1.1",
    0x0303: "TLSv1.2",
    0x0304: "TLSv1.3",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientHello:
    """What was offered. `versions` are names such as `TLSv1.3`, highest first.

    `server_name` is what the sender put there, octet for octet as Latin-1, sense or nonsense;
    None where the extension is missing. A hello without the extension for versions states only its
    highest; the older ones that the client would take as well cannot be told from it. `random` is
    what the session's secrets are logged under.
    """

    server_name: str | None
    versions: tuple[str, ...]
    random: bytes = b""


class _OctetReader:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, count: int) -> bytes:
        if self.at + count > len(self.data):
            raise ValueError("the ClientHello ends too early")
        self.at += count
        return self.data[self.at - count : self.at]

    def number(self, octets: int) -> int:
        return int.from_bytes(self.take(octets), "big")

    def vector(self, length_octets: int) -> bytes:
        return self.take(self.number(length_octets))

    def more(self) -> bool:
        return self.at < len(self.data)


def handshake_message(data: bytes) -> bytes | None:
    """The first handshake message in these records, or None while it is not complete.

    Raises:
        ValueError: these are no handshake records.
    """
    gathered = bytearray()
    at = 0
    while True:
        wanted = _MESSAGE_HEADER + int.from_bytes(gathered[1:_MESSAGE_HEADER], "big")
        if len(gathered) >= wanted:
            return bytes(gathered[:wanted])
        header = data[at : at + _RECORD_HEADER]
        if header[:1] not in {b"", bytes([_HANDSHAKE_RECORD])}:
            raise ValueError("these are no records of a TLS handshake")
        if len(header) < _RECORD_HEADER:
            return None
        length = int.from_bytes(header[3:], "big")
        gathered += data[at + _RECORD_HEADER : at + _RECORD_HEADER + length]
        at += _RECORD_HEADER + length


def parse_client_hello(message: bytes) -> ClientHello:
    """Read a handshake message.

    Raises:
        ValueError: it is no ClientHello.
    """
    if message[:1] != bytes([_CLIENT_HELLO]):
        raise ValueError("this is no ClientHello")
    reader = _OctetReader(message[_MESSAGE_HEADER:])
    version = reader.number(2)
    random = reader.take(32)
    reader.vector(1)  # session id
    reader.vector(2)  # cipher suites
    reader.vector(1)  # compression methods
    extensions = dict(_extensions(reader.vector(2))) if reader.more() else {}
    versions = _versions(extensions.get(_SUPPORTED_VERSIONS)) or (version,)
    return ClientHello(
        server_name=_server_name(extensions.get(_SERVER_NAME)),
        versions=tuple(_NAMES[v] for v in sorted(versions, reverse=True) if v in _NAMES),
        random=random,
    )


def _extensions(data: bytes) -> list[tuple[int, bytes]]:
    reader = _OctetReader(data)
    found = []
    while reader.more():
        kind = reader.number(2)
        found.append((kind, reader.vector(2)))
    return found


def _server_name(data: bytes | None) -> str | None:
    if data is None:
        return None
    try:
        reader = _OctetReader(_OctetReader(data).vector(2))
        reader.take(1)  # name type: host_name is the only one there is
        name = reader.vector(2)
    except ValueError:
        # A list that is no list is not the same as none: show what came.
        name = data
    return name.decode("latin-1")


def _versions(data: bytes | None) -> tuple[int, ...]:
    if not data:
        return ()
    reader = _OctetReader(_OctetReader(data).vector(1))
    found = []
    while reader.more():
        found.append(reader.number(2))
    return tuple(found)
