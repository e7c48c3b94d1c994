"""The state that any server can be put in, whatever it speaks."""

from __future__ import annotations

import ssl
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from .faults import Fault
from .faults.actions.tls import UpdateKeys
from .listener import Network
from .tls import CertificateKind
from .tls.ciphers import WeakCiphers
from .tls.names import references

TlsVersion = Literal["TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"]
VERSIONS = {
    "TLSv1.0": ssl.TLSVersion.TLSv1,
    "TLSv1.1": ssl.TLSVersion.TLSv1_1,
    "TLSv1.2": ssl.TLSVersion.TLSv1_2,
    "TLSv1.3": ssl.TLSVersion.TLSv1_3,
}
OLD_VERSIONS = frozenset(["TLSv1.0", "TLSv1.1"])
CLIENT_CERTIFICATE = {
    "unasked": ssl.CERT_NONE,
    "optional": ssl.CERT_OPTIONAL,
    "required": ssl.CERT_REQUIRED,
}


class ServerState(BaseModel):
    """What can be chosen of any server, whatever it speaks."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    certificate: CertificateKind = Field(default=CertificateKind("good"), strict=False)
    """The kind of certificate that is served: good, or wrong in exactly one thing."""

    names: tuple[str, ...] | None = Field(default=None, strict=False)
    """Host names and addresses that the certificate is made for. Default: those that the sender
    is told."""

    default_certificate: CertificateKind | None = Field(default=None, strict=False)
    """The kind served to a sender whose SNI names none of `names`. Default: there is no such
    difference."""

    later_certificate: CertificateKind | None = Field(default=None, strict=False)
    """The kind that is served from the second connection on. Default: the same as on the first."""

    client_certificate: Literal["unasked", "optional", "required"] = "unasked"
    """Whether the sender is asked for a certificate of its own, and has to have one."""

    tls_versions: tuple[TlsVersion, TlsVersion] | None = Field(default=None, strict=False)
    """The lowest and the highest TLS version, as `[TLSv1.2, TLSv1.3]`. Default: OpenSSL's own."""

    weak_ciphers: WeakCiphers | None = Field(default=None, strict=False)
    """What is wrong with the only cipher suites that the server has. They are of TLS 1.2 and older,
    which is then the highest version. Default: OpenSSL's own suites."""

    session_tickets: Literal["at-once", "late"] = "at-once"
    """When TLS 1.3 hands out the tickets by which a session can be taken up again: right behind the
    handshake, or with the first octets that the server sends inside of it."""

    close_notify: bool = True
    """Whether the server ends TLS properly, by a close_notify, wherever it hangs up."""

    network: Network = Field(default=Network.OPEN, strict=False)
    """What the port does when somebody connects."""

    faults: tuple[Fault, ...] = Field(default=(), strict=False)
    """What goes wrong, and when. The first fault that has something to do at a moment does it."""

    @field_validator("names")
    @classmethod
    def _are_names(cls, names: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if names:
            references(names)
        return names

    @field_validator("tls_versions")
    @classmethod
    def _lowest_first(cls, versions: tuple[str, str] | None) -> tuple[str, str] | None:
        if versions is not None and versions[0] > versions[1]:
            raise ValueError(f"the lowest comes first: [{versions[1]}, {versions[0]}]")
        return versions

    @model_validator(mode="after")
    def _fits_the_versions(self) -> Self:
        lowest, highest = self.tls_versions or (None, None)
        if self.weak_ciphers is not None and highest == "TLSv1.3":
            raise ValueError(
                "weak_ciphers: TLS 1.3 has no weak ones: let tls_versions end with TLSv1.2"
            )
        if self.updates_keys and lowest != "TLSv1.3":
            raise ValueError(
                "faults: key-update is of TLS 1.3 alone: give tls_versions: [TLSv1.3, TLSv1.3]"
            )
        return self

    @property
    def updates_keys(self) -> bool:
        """Whether a fault changes the keys within a session."""
        return any(map(_updates_keys, self.faults))


def _updates_keys(fault: Fault) -> bool:
    return any(isinstance(each.action, UpdateKeys) for each in fault.sequence)
