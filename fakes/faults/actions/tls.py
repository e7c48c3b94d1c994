"""What a server does within TLS, beneath the words."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from ..moments import Stage
from ..steps import ChangeKeys, Close, SendOctets, SendTlsRecord, Step
from .base import FaultAction

_ALERT_RECORD = bytes([21, 3, 3, 0, 2])
_FATAL = 2

# RFC 8446 appendix B.2, without those of older versions and those that end nothing.
_ALERTS = {
    "unexpected_message": 10,
    "bad_record_mac": 20,
    "record_overflow": 22,
    "handshake_failure": 40,
    "illegal_parameter": 47,
    "access_denied": 49,
    "decode_error": 50,
    "decrypt_error": 51,
    "protocol_version": 70,
    "insufficient_security": 71,
    "internal_error": 80,
    "inappropriate_fallback": 86,
    "missing_extension": 109,
    "unsupported_extension": 110,
    "unrecognized_name": 112,
    "no_application_protocol": 120,
}
if TYPE_CHECKING:
    AlertName = str
else:
    AlertName = Literal[tuple(_ALERTS)]


class SendAlert(FaultAction):
    """A fatal alert of TLS in place of the server's part of the handshake, and the end."""

    only_at: ClassVar[frozenset[Stage]] = frozenset([Stage.HANDSHAKE])
    in_place_of_the_honest = True
    do: Literal["alert"]
    alert: AlertName
    """Which, by its name in RFC 8446."""

    def steps(self, honest: bytes, *, timeout: float) -> list[Step]:
        return [SendTlsRecord(_ALERT_RECORD + bytes([_FATAL, _ALERTS[self.alert]])), Close()]


class UpdateKeys(FaultAction):
    """A KeyUpdate of TLS 1.3 ahead of the honest reply: from then on the server has new keys."""

    only_at: ClassVar[frozenset[Stage]] = frozenset(Stage) - {
        Stage.CONNECT, Stage.HANDSHAKE, Stage.STARTTLS, Stage.REQUEST,
    }  # fmt: skip
    do: Literal["key-update"]
    requested: bool = False
    """Whether the sender is asked for new keys of its own as well."""

    def steps(self, honest: bytes, *, timeout: float) -> list[Step]:
        return [ChangeKeys(requested=self.requested), SendOctets(honest)]
