"""What `given` may say: the servers of a case, and what tells them apart."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from harness.fakes.http.state import ApiState
from harness.fakes.smtp.state import SmtpState
from harness.fakes.tls.names import references

# What the record calls the server that the sender is told of.
SMTP_LABEL = "smtp"
API_LABEL = "api"


def _host_name(name: str) -> str:
    if not references((name,)).hosts:
        raise ValueError(f"a host name is due, and {name!r} is an address")
    return name.lower()


class SmtpGiven(SmtpState):
    """A fake SMTP server, and the name and port by which a sender with `connect_to` knows it."""

    host: str | None = None
    port: int | None = Field(default=None, ge=1, le=65535)


class _ProvidersApi(ApiState):
    provider: Literal["ses", "sendgrid", "sparkpost", "mailgun", "mandrill", "postmark"]


class ApiGiven(_ProvidersApi):
    """A provider's API. `version`: which of its two, for Amazon SES."""

    version: Literal["v1", "v2"] | None = None


class AlsoApi(_ProvidersApi):
    """One more API. A sender with `connect_to` finds it as `host`, at port 443.

    Any other sender finds it only where a fault of the API that it is told of points there.

    `host` may be anybody's name, or one of the hosts of the provider that the sender is told of,
    which this server then has in its place. Default: the hosts of its own provider.
    """

    host: Annotated[str, AfterValidator(_host_name)] | None = None


AlsoGiven = SmtpGiven | AlsoApi


class Given(BaseModel):
    """The state of the fakes.

    `smtp`: the server that the sender is told of; `api`: a provider's API in its place. `also`:
    more servers of the same kind, by label, that it is not told of.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    smtp: SmtpGiven = SmtpGiven()
    api: ApiGiven | None = None
    also: dict[str, AlsoGiven] = Field(default_factory=dict)

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
            _refuse(_misplaced(data))
            found = {**_SMTP_SERVERS.validate_python(data)}
        else:
            apis = _APIS.validate_python(data)
            _refuse(_hosts_twice(api, apis))
            found = {**apis}
        _refuse(_called_alike(SMTP_LABEL if api is None else API_LABEL, found))
        return found

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

_Mistakes = Iterator[tuple[tuple[str, ...], str]]


def _misplaced(data: dict[str, Any]) -> _Mistakes:
    """APIs where the sender is told of an SMTP server."""
    for label, words in data.items():
        for word in ("provider", "api"):
            if isinstance(words, dict) and word in words:
                yield (label, word), "only beside api: all servers of a case are of one kind"


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


def _refuse(mistakes: _Mistakes) -> None:
    found = [
        InitErrorDetails(
            type=PydanticCustomError("given_also", "{reason}", {"reason": reason}),
            loc=path,
            input=None,
        )
        for path, reason in mistakes
    ]
    if found:
        raise ValidationError.from_exception_data("also", found)
