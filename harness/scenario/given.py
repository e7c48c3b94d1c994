"""What `given` may say: the servers of a case, and what tells them apart."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationInfo,
    field_validator,
    model_validator,
)

from harness.fakes.faults.actions.standard import SendResponse
from harness.fakes.faults.plan import Fault
from harness.fakes.faults.refusals import refusals_of_nobody
from harness.fakes.http.state import ApiState
from harness.fakes.providers.registry import mistaken_refusals_of, vendor
from harness.fakes.smtp.state import SmtpState
from harness.fakes.tls.names import references
from harness.protocol import ApiVersion, ProviderName

from .accounts import check_account
from .complaints import refuse_all
from .submission import SubmissionGiven, check_region

# What the record calls the server that the sender is told of.
SMTP_LABEL = "smtp"
API_LABEL = "api"
_ORIGIN = re.compile(r"<origin:([^<>]*)>")


def _host_name(name: str) -> str:
    if not references((name,)).hosts:
        raise ValueError(f"a host name is due, and {name!r} is an address")
    return name.lower()


class SmtpGiven(SmtpState):
    """A fake SMTP server, and the name and port by which a sender with `connect_to` knows it."""

    host: str | None = None
    """The name that a sender with `connect_to` is told. Default: `mail.harness.test`."""

    port: int | None = Field(default=None, ge=1, le=65535)
    """The port that a sender with `connect_to` is told. Default: 587, or 465 with `tls`."""

    @field_validator("faults")
    @classmethod
    def _no_refusals_of_a_provider(cls, faults: Any) -> Any:
        refuse_all(refusals_of_nobody(faults), of="faults")
        return faults


class _Provided(BaseModel):
    provider: ProviderName
    """Whose API it is."""


# The provider comes first, so that it is known when the words of `account` are read.
class ProvidersApi(ApiState, _Provided):
    """A provider's API in the words of that provider."""

    @field_validator("account")
    @classmethod
    def _in_the_providers_words(cls, words: Any, info: ValidationInfo) -> Any:
        """Checked, and left as it is written: a world adds to it what the scenario leaves open."""
        if "provider" in info.data:  # else that is complained of already
            check_account(info.data["provider"], words)
        return words

    @field_validator("region")
    @classmethod
    def _one_of_the_providers(cls, region: str | None, info: ValidationInfo) -> str | None:
        if region is not None and "provider" in info.data:
            check_region(vendor(info.data["provider"]), region)
        return region

    @field_validator("faults")
    @classmethod
    def _refusals_that_it_has(cls, faults: Any, info: ValidationInfo) -> Any:
        if (name := info.data.get("provider")) is not None:
            refuse_all(mistaken_refusals_of(name, faults), of="faults")
        return faults


class ApiGiven(ProvidersApi):
    """A provider's API."""

    version: ApiVersion | None = None
    """Which of its APIs the sender is told, where the provider has several. Default: the sender's
    choice."""

    @field_validator("version")
    @classmethod
    def _one_that_it_has(cls, version: str | None, info: ValidationInfo) -> str | None:
        name = info.data.get("provider")
        if version is not None and name is not None:
            versions = vendor(name).versions
            if version not in versions:
                known = f"those of {name}: {', '.join(versions)}" if versions else f"{name} has one"
                raise ValueError(f"there is no version {version!r} to choose ({known})")
        return version


class AlsoApi(ProvidersApi):
    """One more API. A sender with `connect_to` finds it as `host`, at port 443.

    Any other sender finds it only where a fault of the API that it is told of leads there.
    """

    host: Annotated[str, AfterValidator(_host_name)] | None = None
    """The name under which it is found: anybody's, or one of the hosts of the provider that the
    sender is told of, which this server then has in its place. Default: the hosts of its own
    provider."""


AlsoGiven = SmtpGiven | AlsoApi


class Given(BaseModel):
    """The state of the fakes."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    smtp: SmtpGiven = SmtpGiven()
    """The SMTP server that the sender is told of."""

    api: ApiGiven | None = None
    """The provider's API that the sender is told of, in place of an SMTP server."""

    submission: SubmissionGiven | None = None
    """The provider's SMTP service that the sender is told of, in place of an SMTP server like any
    other."""

    also: dict[str, AlsoGiven] = Field(default_factory=dict)
    """More servers of the same kind, by label, that the sender is not told of."""

    @field_validator("also", mode="before")
    @classmethod
    def _of_one_kind(cls, data: Any, info: ValidationInfo) -> Any:
        """Each read as what it has to be: a union would complain of both kinds."""
        if not isinstance(data, dict):
            return data
        if "api" not in info.data:  # it is complained of already
            return {}
        api: ApiGiven | None = info.data["api"]
        found: dict[str, AlsoGiven]
        if api is None:
            refuse_all(_misplaced(data))
            found = {**_SMTP_SERVERS.validate_python(data)}
        else:
            apis = _APIS.validate_python(data)
            refuse_all(_hosts_twice(api, apis))
            found = {**apis}
        refuse_all(_called_alike(SMTP_LABEL if api is None else API_LABEL, found))
        return found

    @model_validator(mode="after")
    def _makes_sense(self) -> Given:
        if self.submission is not None:
            refuse_all(_beside_submission(self.model_fields_set), of="given")
        if self.api is not None:
            refuse_all(_strange_origins(self.api, self.other_apis), of="given")
        return self

    @property
    def smtp_server(self) -> SmtpGiven | SubmissionGiven:
        """The server that a sender by SMTP is told of."""
        return self.submission or self.smtp

    @property
    def server(self) -> SmtpGiven | SubmissionGiven | ApiGiven:
        """The server that the sender is told of."""
        return self.api or self.smtp_server

    @property
    def other_smtp_servers(self) -> dict[str, SmtpGiven]:
        """The SMTP servers that the sender is not told of."""
        return {name: each for name, each in self.also.items() if isinstance(each, SmtpGiven)}

    @property
    def other_apis(self) -> dict[str, AlsoApi]:
        """The APIs that the sender is not told of."""
        return {name: each for name, each in self.also.items() if isinstance(each, AlsoApi)}


_SMTP_SERVERS = TypeAdapter(dict[str, SmtpGiven])
_APIS = TypeAdapter(dict[str, AlsoApi])

_Mistakes = Iterator[tuple[tuple[str | int, ...], str]]


def _misplaced(data: dict[str, Any]) -> _Mistakes:
    """APIs where the sender is told of an SMTP server."""
    for label, words in data.items():
        for word in ("provider", "api"):
            if isinstance(words, dict) and word in words:
                yield (label, word), "only beside api: all servers of a case are of one kind"


def _beside_submission(written: AbstractSet[str]) -> _Mistakes:
    """Other servers, where the sender is told of a provider's SMTP service."""
    for part in sorted(written & {"smtp", "api", "also"}):
        yield (part,), "not beside submission, which is the only server of its case"


def _called_alike(told: str, others: dict[str, AlsoGiven]) -> _Mistakes:
    """A label that the record has for the server that the sender is told of."""
    if told in others:
        yield (told,), "the server that the sender is told of has that name; choose another"


def _hosts_twice(told: ApiGiven, others: dict[str, AlsoApi]) -> _Mistakes:
    """Names that two servers would have. Whose a vendor's hosts are only its rules know."""
    taken = {f"the hosts of {told.provider}": API_LABEL}
    for label, other in others.items():
        wanted = other.host or f"the hosts of {other.provider}"
        if wanted in taken:
            yield (
                (label, "host"),
                f"{taken[wanted]} has {wanted} already; give this one a host of its own",
            )
        taken.setdefault(wanted, label)


def _strange_origins(told: ApiGiven, others: dict[str, AlsoApi]) -> _Mistakes:
    """Origins in the faults of an API that are no other server's.

    Only the API that the sender is told of starts when the others have their ports.
    """
    servers: dict[tuple[str, ...], ApiGiven | AlsoApi] = {(API_LABEL,): told}
    servers |= {("also", label): other for label, other in others.items()}
    for path, server in servers.items():
        known = sorted(others) if server is told else []
        for place, fault in enumerate(server.faults):
            for label in dict.fromkeys(_origins_in(fault)):
                if label not in known:
                    choices = f"choose from {', '.join(known)}" if known else "none can be named"
                    yield (
                        (*path, "faults", place),
                        f"<origin:{label}>: there is no other server of that label; {choices}",
                    )


def _origins_in(fault: Fault) -> Iterator[str]:
    if isinstance(fault.action, SendResponse):
        yield from _ORIGIN.findall("\n".join(fault.action.headers.values()))
    if fault.then is not None:
        yield from _origins_in(fault.then)


def with_origins(fault: Fault, origin: Callable[[str], str]) -> Fault:
    """The fault with each `<origin:label>` in its headers filled in: scheme, host and port."""
    changed: dict[str, Any] = {}
    if isinstance(fault.action, SendResponse):
        headers = {
            name: _ORIGIN.sub(lambda match: origin(match[1]), value)
            for name, value in fault.action.headers.items()
        }
        changed["action"] = fault.action.model_copy(update={"headers": headers})
    if fault.then is not None:
        changed["then"] = with_origins(fault.then, origin)
    return fault.model_copy(update=changed)
