"""One description a vendor: who it is, where it is found, and what a sender needs to use it.

Whatever has to know which vendors there are reads this, and nothing else names one: the sender
protocol, `given` in scenarios, `harness.fakes`, the pytest plugin, the environment of a program
under test, the conversation in a report. It is a value, and imports nothing, so that all of them
can have it at once; the rules behind it are imported when they are used (`registry`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """One part of what a sender is handed for an API.

    `name` is the sender protocol's. What is no secret is a name, which the vendor repeats and each
    request shows.
    """

    name: str
    meaning: str
    is_secret: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpService:
    """Where a vendor takes mail over SMTP, and as whom one logs in there.

    `hosts` are its real host names by region, as `Vendor.hosts`. `starttls` and `tls` are the ports
    of each, the usual one first. `username` and `password` say in a few words what they are.
    """

    hosts: Mapping[str, str]
    starttls: tuple[int, ...]
    tls: tuple[int, ...] = ()
    username: str
    password: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderVariables:
    """What of a program's environment is this vendor's: its SDKs and quick starts read it.

    `prefixes` begin the names of variables that hold keys, hosts or regions (in capitals), but for
    those that are `harmless`. `instead` are variables that keep an SDK from looking for keys
    anywhere else. `ca_file` are those in which it looks for its trust anchor.

    `told` are the usual names for each credential, by the names of the sender protocol, and for
    `region`, `domain` and `base_url`: those that an SDK reads by itself, else the one that its
    documents use. What has none is told by nobody's environment.
    """

    prefixes: tuple[str, ...]
    harmless: tuple[str, ...] = ()
    instead: Mapping[str, str] = field(default_factory=dict)
    ca_file: tuple[str, ...] = ()
    told: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """A vendor.

    `name` is the word for it everywhere (`provider: sendgrid`), `title` how people write it,
    `class_name` its class in `harness.fakes`, `api` what its API is called. `hosts` are the API's
    real host names by region, the first one the default; the region is `""` where one host serves
    all. `versions` are the versions of its API, where a sender has a choice. `has_sender_domain`:
    the domain that mail is sent from is a setting of the sender's own. `telling_headers` are
    headers of a request that show who asks, in lower case, beside those that every vendor has.
    """

    name: str
    title: str
    class_name: str
    api: str
    hosts: Mapping[str, str]
    credentials: tuple[Credential, ...]
    smtp: SmtpService
    variables: SenderVariables
    versions: tuple[str, ...] = ()
    has_sender_domain: bool = False
    telling_headers: tuple[str, ...] = ()

    @property
    def regions(self) -> tuple[str, ...]:
        """The regions that can be named; none where one host serves all."""
        return tuple(region for region in self.hosts if region)

    @property
    def in_words(self) -> str:
        """What a sender needs in order to use it, in a few sentences."""
        told = ", ".join(f"`{each.name}` ({each.meaning})" for each in self.credentials)
        said = [f"{self.title}, {self.api}", f"Credentials: {told}"]
        if self.regions:
            said.append(f"Regions: {', '.join(f'`{region}`' for region in self.regions)}")
        if self.has_sender_domain:
            said.append("The sending domain is told, too")
        smtp = self.smtp
        implicit = f"TLS at {_counted(smtp.tls)}" if smtp.tls else "no port with implicit TLS"
        ports = f"STARTTLS at {_counted(smtp.starttls)}, {implicit}"
        said.append(f"By SMTP the user is {smtp.username}, the password {smtp.password}; {ports}")
        return ". ".join(said) + "."

    @property
    def context(self) -> Mapping[str, object]:
        """What the words of an account are read with: `model_validate(words, context=…)`."""
        return {"regions": self.regions}

    @property
    def region(self) -> str:
        """The region of whoever names none."""
        return next(iter(self.hosts))


def _counted(ports: tuple[int, ...]) -> str:
    return ", ".join(map(str, ports))
