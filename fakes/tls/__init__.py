"""Certificates for the fakes: a trust anchor, and leaves that are right or wrong in one thing.

    authority = Authority.create()
    trust = authority.write(folder)
    certificate = authority.issue("expired", names=["mail.example.test"])
    certificate.server_context()

`CertificateKind` is the list of what can be issued.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .facts import ExpectedReaction, Facts, VerifyCode
from .kinds import CertificateKind

if TYPE_CHECKING:
    from .authority import DEFAULT_NAMES, Authority
    from .certificates import Certificate
    from .truststore import TrustStore

__all__ = [
    "DEFAULT_NAMES",
    "Authority",
    "Certificate",
    "CertificateKind",
    "ExpectedReaction",
    "Facts",
    "TrustStore",
    "VerifyCode",
]


def __getattr__(name: str) -> Any:
    """Import what makes certificates when it is used: a list of scenarios needs the words only."""
    if name in {"DEFAULT_NAMES", "Authority"}:
        return getattr(import_module(".authority", __name__), name)
    if name == "Certificate":
        return import_module(".certificates", __name__).Certificate
    if name == "TrustStore":
        return import_module(".truststore", __name__).TrustStore
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
