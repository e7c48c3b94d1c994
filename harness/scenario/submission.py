"""`given: submission`: a provider's SMTP service, and what a scenario may tell a sender of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Literal

from pydantic import BaseModel, Field, ValidationInfo, field_validator, model_validator

from harness.fakes.providers.registry import mistaken_replies_of, vendor
from harness.fakes.providers.vendor import Vendor
from harness.fakes.server_state import ServerState
from harness.protocol import ProviderName

from .accounts import check_account
from .complaints import refuse_all
from .hints import choose_from

# Words that say whose service it is, and where.
PLACE = frozenset(["provider", "region", "security", "port"])
_PLACEHOLDER = re.compile(r"<([^<>]*)>")


class _ProvidedService(BaseModel):
    provider: ProviderName
    """Whose SMTP service it is."""


# The provider comes first, so that it is known when the other words are read.
class SubmissionGiven(ServerState, _ProvidedService):
    """A provider's SMTP service: its hosts, ports and words, in front of a customer's account."""

    account: dict[str, Any] = Field(default_factory=dict)
    """What a customer has set up there, in the words of that provider's account: who may log in,
    and what is taken. Default: one key with every permission, and no domain."""

    region: str | None = None
    """The region whose host the sender is told, and for which its password is made. Default: the
    provider's first."""

    security: Literal["starttls", "tls"] = "starttls"
    """How connections are secured: by the STARTTLS upgrade, or by TLS from the first octet where
    the provider has a port for that."""

    port: int | None = None
    """Which of the provider's ports a sender with `connect_to` is told. Default: the usual one for
    `security`."""

    @field_validator("account")
    @classmethod
    def _in_the_providers_words(cls, words: Any, info: ValidationInfo) -> Any:
        """Checked, and left as it is written: a world adds to it what the scenario leaves open."""
        if "provider" in info.data:  # else that is complained of already
            check_account(info.data["provider"], words)
        return words

    @field_validator("region")
    @classmethod
    def _one_that_it_has(cls, region: str | None, info: ValidationInfo) -> str | None:
        if region is not None and "provider" in info.data:
            check_region(vendor(info.data["provider"]), region)
        return region

    @field_validator("faults")
    @classmethod
    def _refusals_that_it_has(cls, faults: Any, info: ValidationInfo) -> Any:
        if (name := info.data.get("provider")) is not None:
            refuse_all(mistaken_replies_of(name, faults), of="faults")
        return faults

    @model_validator(mode="after")
    def _on_a_port_of_theirs(self) -> SubmissionGiven:
        ports = self.ports
        if not ports:
            raise ValueError(f"security: {self.vendor.title} has no port with implicit TLS")
        if self.port is not None and self.port not in ports:
            choices = ", ".join(map(str, ports))
            raise ValueError(f"port: with {self.security} {self.vendor.title} has {choices}")
        return self

    @property
    def vendor(self) -> Vendor:
        """Whose service it is."""
        return vendor(self.provider)

    @property
    def ports(self) -> tuple[int, ...]:
        """The provider's ports with this security, the usual one first."""
        smtp = self.vendor.smtp
        return smtp.tls if self.security == "tls" else smtp.starttls

    @property
    def told_names(self) -> tuple[str, ...]:
        """What may stand in angle brackets in a user name or a password."""
        credentials = (each.name for each in self.vendor.credentials)
        return ("username", "password", *credentials, "password:REGION")

    def region_of(self, said: str | None) -> str:
        """The region of a send that says `said`."""
        return said or self.region or self.vendor.region


def check_region(of: Vendor, region: str) -> None:
    """Refuse a region that a vendor has not.

    Raises:
        ValueError: it has not; the nearest and the choices are named.
    """
    if region in of.regions:
        return
    if not of.regions:
        raise ValueError(f"there is no region to choose: {of.title} has one host")
    choices = choose_from(region, of.regions)
    raise ValueError(f"{of.title} has no region {region!r}{choices}")


def told(text: str, value: Callable[[str], str]) -> str:
    """A user name or a password with what stands in angle brackets filled in."""
    return _PLACEHOLDER.sub(lambda match: value(match[1]), text)


def strange_words(
    given: SubmissionGiven, *, region: str | None, **texts: str | None
) -> Iterator[tuple[str, str]]:
    """What cannot be told of this service: the word of the send, and why."""
    if region is not None:
        try:
            check_region(given.vendor, region)
        except ValueError as error:
            yield "region", str(error)
    for word, text in texts.items():
        for name in _PLACEHOLDER.findall(text or ""):
            reason = _strange(given, name)
            if reason is not None:
                yield word, reason


def _strange(given: SubmissionGiven, name: str) -> str | None:
    plain, _, region = name.partition(":")
    if plain == "password" and region:
        try:
            check_region(given.vendor, region)
        except ValueError as error:
            return f"<{name}>: {error}"
        return None
    if name in given.told_names:
        return None
    return f"<{name}>: there is nothing of that name{choose_from(name, given.told_names)}"
