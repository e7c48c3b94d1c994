"""What a fake does instead of its honest reply: a few steps that its shell carries out."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SendOctets:
    """Write these octets."""

    data: bytes


@dataclass(frozen=True, slots=True)
class SendBelowTls:
    """Write these octets on the socket, in clear whether there is TLS or not."""

    data: bytes


@dataclass(frozen=True, slots=True)
class SendTlsRecord:
    """Write a record of TLS itself on the socket, as it is: no words, and not recorded as any."""

    record: bytes


@dataclass(frozen=True, slots=True)
class ChangeKeys:
    """Send a KeyUpdate of TLS 1.3, and go on in new keys; `requested` asks for one back."""

    requested: bool


@dataclass(frozen=True, slots=True)
class Wait:
    """Say nothing for so many seconds; None: until the sender leaves."""

    seconds: float | None


@dataclass(frozen=True, slots=True)
class Close:
    """End the connection in order (FIN, with close_notify inside TLS unless that is left out)."""

    close_notify: bool = True


@dataclass(frozen=True, slots=True)
class Reset:
    """End the connection with a TCP reset."""


Step = SendOctets | SendBelowTls | SendTlsRecord | ChangeKeys | Wait | Close | Reset
