"""The state that any server can be put in, whatever it speaks."""

from __future__ import annotations

import ssl
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from .faults import Fault
from .listener import Network
from .tls import CertificateKind
from .tls.names import references

TlsVersion = Literal["TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"]
VERSIONS = {
    "TLSv1.0": ssl.TLSVersion.TLSv1,
    "TLSv1.1": ssl.TLSVersion.TLSv1_1,
    "TLSv1.2": ssl.TLSVersion.TLSv1_2,
    "TLSv1.3": ssl.TLSVersion.TLSv1_3,
}
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

    client_certificate: Literal["unasked", "optional", "required"] = "unasked"
    """Whether the sender is asked for a certificate of its own, and has to have one."""

    tls_versions: tuple[TlsVersion, TlsVersion] | None = Field(default=None, strict=False)
    """The lowest and the highest TLS version, as `[TLSv1.2, TLSv1.3]`. Default: OpenSSL's own."""

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
