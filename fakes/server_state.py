"""The state that any server can be put in, whatever it speaks."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from .faults import Fault
from .listener import Network
from .tls import CertificateKind
from .tls.names import references

TlsVersion = Literal["TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"]


class ServerState(BaseModel):
    """What can be chosen of any server, whatever it speaks.

    `certificate`: its kind, made for `names` (default: the names that the sender is told).
    `default_certificate`: the kind served to a sender whose SNI names none of them. `network`: what
    the port does.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    certificate: CertificateKind = Field(default=CertificateKind("good"), strict=False)
    names: tuple[str, ...] | None = Field(default=None, strict=False)
    default_certificate: CertificateKind | None = Field(default=None, strict=False)
    client_certificate: Literal["unasked", "optional", "required"] = "unasked"
    tls_versions: tuple[TlsVersion, TlsVersion] | None = Field(default=None, strict=False)
    network: Network = Field(default=Network.OPEN, strict=False)
    faults: tuple[Fault, ...] = Field(default=(), strict=False)

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
