"""What a scenario file may say. Every key is listed here; anything else is refused."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model, field_validator, model_validator

from harness.checks import wire_checks
from harness.checks.claims import SenderClause
from harness.checks.counts import Count
from harness.model import Level
from harness.protocol import KNOWN_FEATURES

from .given import Given

_STRICT = ConfigDict(frozen=True, extra="forbid", strict=True)


class SendStep(BaseModel):
    """How the sender is configured and what it is to send.

    What is left out is what fits the fake: its security mode, its host and port, its account.
    `credentials: none` configures no account; for an API it may be a mapping, which replaces
    single ones (`{api_key: …}`). `region` and `domain` are an API's; "" stands for none at all.
    `uri`: the URI as it is given to the sender, where `<username>`, `<password>` (both
    percent-encoded), `<host>` and `<port>` stand for the world's. `message`: parts of the message
    in place of the default one's.
    """

    model_config = _STRICT

    security: Literal["starttls", "tls", "none"] | None = None
    verify: bool = True
    server_name: str | None = None
    host: str | None = None
    port: int | None = Field(default=None, ge=1, le=65535)
    username: str | None = None
    password: str | None = None
    credentials: Literal["none", "given"] | dict[str, str] = "given"
    region: str | None = None
    domain: str | None = None
    uri: str | None = None
    ehlo_name: str | None = None
    message: dict[str, Any] = Field(default_factory=dict)


class Change(BaseModel):
    """A change of the world between two sends: parts of the fake's state, replaced."""

    model_config = _STRICT

    smtp: dict[str, Any] | None = None
    api: dict[str, Any] | None = None

    @property
    def words(self) -> dict[str, Any]:
        """The parts that are replaced."""
        return self.smtp or self.api or {}

    @model_validator(mode="after")
    def _one_of_two(self) -> Change:
        if (self.smtp is None) == (self.api is None):
            raise ValueError("a change is of smtp or of api")
        return self


class Step(BaseModel):
    """One step of `when`: either a `send`, with what the sender has to report, or a `change`."""

    model_config = _STRICT

    send: SendStep | None = None
    expect: SenderClause | None = None
    change: Change | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> Step:
        if (self.send is None) == (self.change is None):
            raise ValueError("a step is either a send or a change")
        return self


# One optional field a check, so that a new check is a new key without a second place to say so.
_FIELDS: dict[str, Any] = {
    key.replace("-", "_"): (check.wanted | None, Field(default=None, alias=key, title=check.words))
    for key, check in wire_checks().items()
}
WireClause: type[BaseModel] = create_model(
    "WireClause", __config__=ConfigDict(frozen=True, extra="forbid"), **_FIELDS
)


class Then(BaseModel):
    """What has to come out.

    `sender`: what the (last) send reports. `wire`: what the record shows, a check a key.
    `decides`: which rows a clause decides, where that is not all of the scenario's; keys are the
    names of checks, `sender.status`, `sender.error`, `sender.error.says`, `auth` and so on
    (`wire.auth` is the same).
    `levels`: a lower level for a clause, where the documents leave two readings; the scenario's
    note says which. `arises`: what has to have happened for the case to prove anything, where
    that is not plain from `given`: `connected`, `hello` (a TLS handshake began), `faults` (one
    of them acted) or `asked` (nothing but the question).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    sender: SenderClause | None = None
    wire: WireClause | None = None
    decides: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    levels: dict[str, Level] = Field(default_factory=dict)
    arises: tuple[Literal["connected", "hello", "faults", "asked"], ...] | None = None

    @field_validator("decides", "levels", mode="before")
    @classmethod
    def _plain_names(cls, data: Any) -> Any:
        """`wire.auth` is where a clause stands, `auth` what it is called."""
        if not isinstance(data, dict):
            return data
        return {str(clause).removeprefix("wire."): said for clause, said in data.items()}

    def asked(self) -> dict[str, Any]:
        """The wire checks asked, by key, with what is wanted."""
        if self.wire is None:
            return {}
        wanted = {key: getattr(self.wire, key.replace("-", "_")) for key in wire_checks()}
        return {key: value for key, value in wanted.items() if value is not None}


class Expanded(BaseModel):
    """A scenario with its axes filled in."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str = Field(min_length=10)
    note: str | None = None
    verifies: tuple[str, ...] = ()
    situations: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    given: Given = Given()
    when: tuple[Step, ...]
    then: Then
    control: dict[str, Any] | None = None

    @model_validator(mode="before")
    @classmethod
    def _single_step(cls, data: Any) -> Any:
        if isinstance(data, dict) and isinstance(data.get("when"), dict):
            return {**data, "when": [data["when"]]}
        return data

    @model_validator(mode="after")
    def _makes_sense(self) -> Expanded:
        if not self.verifies and not self.situations:
            raise ValueError("verifies: this or situations has to name at least one row")
        if not any(step.send for step in self.when):
            raise ValueError("when: has no send")
        unknown = sorted(set(self.needs) - KNOWN_FEATURES)
        if unknown:
            choices = ", ".join(sorted(KNOWN_FEATURES))
            raise ValueError(f"needs: there is no feature {unknown[0]!r}; choose from {choices}")
        if self.is_negative and self.control is None:
            raise ValueError("control: a negative scenario needs its twin that succeeds")
        return self

    @property
    def sends(self) -> tuple[SendStep, ...]:
        """Every send, in order."""
        return tuple(step.send for step in self.when if step.send is not None)

    @property
    def is_negative(self) -> bool:
        """Whether a sender that never sends anything could pass, so that it needs a control.

        A step that has to be reported as sent is a control of its own.
        """
        statuses = [step.expect.status for step in self.when if step.expect is not None]
        if ("sent",) in statuses:
            return False
        last = self.then.sender.status if self.then.sender else ()
        captured = self.then.asked().get("messages")
        if captured is not None and captured.most == 0:
            return True
        return (bool(last) and "sent" not in last) or not self._demands_something

    @property
    def _demands_something(self) -> bool:
        """Whether any clause is unmet where nothing has happened at all."""
        if self.then.sender is not None and self.then.sender.status == ("sent",):
            return True
        return any(
            wanted.least > 0 if isinstance(wanted, Count) else key in _NEEDS_A_CONNECTION
            for key, wanted in self.then.asked().items()
        )


# Checks, counts apart, that a silent sender does not meet.
_NEEDS_A_CONNECTION = frozenset(
    ["message", "sni", "first-octets", "tls-versions", "hosts", "paths"]
)
