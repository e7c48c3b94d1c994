"""Senders that go wrong about TLS itself: its versions, and what a server may ask for in it."""

from __future__ import annotations

import ssl
import warnings
from typing import Any

from .careful import Careful
from .convictions import convicted

_CERTIFICATE_REQUEST = 13


def _old_context() -> ssl.SSLContext:
    """A context for TLS 1.1 and 1.0. Python warns of them, which is the point here."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    return context


# Made once, in the thread that imports: filters of warnings are not for several threads.
_OLD = _old_context()


@convicted("tls/old-versions", check="auth messages sender.status")
class TakesOldVersions(Careful):
    """Speaks TLS 1.0 where the server has nothing better."""

    def context(self) -> ssl.SSLContext:
        context = super().context()
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        return context


@convicted("auth0/tls-versions", check="tls-versions handshakes logged-in messages sender.status")
@convicted(
    "tls/certificate-good[mode=starttls,certificate=good]",
    "tls/certificate-good[mode=starttls,certificate=chain]",
    "tls/certificate-good[mode=tls,certificate=good]",
    "tls/certificate-good[mode=tls,certificate=chain]",
    "tls/certificate-skipped[mode=*,certificate=good]",
    "tls/certificate-skipped[mode=*,certificate=revoked]",
    "tls/certificate-skipped[mode=*,certificate=must-staple]",
    check="message",
)
@convicted("tls/offered-versions", check="tls-versions")
@convicted("tls/client-certificate", check="sender.status")
@convicted(
    "tls/address-certificate[mode=starttls-unverified]",
    "tls/address-certificate[mode=tls-unverified]",
    "tls/wildcard[mode=starttls-unverified]",
    "tls/wildcard[mode=tls-unverified]",
    check="handshakes",
)
@convicted("tls/client-certificate[mode=starttls]", check="handshakes")
class OffersOldVersionsOnly(Careful):
    """Speaks TLS 1.0 and 1.1."""

    def context(self) -> ssl.SSLContext:
        self.trust(_OLD)
        return _OLD


@convicted("tls/client-certificate", check="logged-in messages")
@convicted("tls/client-certificate-required", check="answers")
class BreaksWhereItIsAskedForACertificate(Careful):
    """Leaves where the server asks for a certificate of the sender's own."""

    is_asked = False

    def context(self) -> ssl.SSLContext:
        context = super().context()
        # There is no public way to see the message.
        context._msg_callback = self.note  # type: ignore[attr-defined]
        return context

    def note(self, *message: Any) -> None:
        self.is_asked = self.is_asked or message[4] == _CERTIFICATE_REQUEST

    def verify_peer(self) -> None:
        if self.is_asked:
            raise ssl.SSLError("no certificate of ours")
