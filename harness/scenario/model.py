"""What a scenario file may say. Every key is listed here; anything else is refused."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model, field_validator, model_validator

from harness.checks import wire_checks
from harness.checks.claims import SenderClause
from harness.checks.counts import Count
from harness.model import Level
from harness.protocol import KNOWN_FEATURES

from .given import Given
from .hints import choose_from
from .step import SendStep, Step

_STRICT = ConfigDict(frozen=True, extra="forbid", strict=True)


# One optional field a check, so that a new check is a new key without a second place to say so.
_NAMES = {key: key.replace("-", "_") for key in wire_checks()}
_FIELDS: dict[str, Any] = {
    _NAMES[key]: (
        check.wanted | None,
        Field(default=None, alias=key, description=f"{check.words[:1].upper()}{check.words[1:]}."),
    )
    for key, check in wire_checks().items()
}
WireClause: type[BaseModel] = create_model(
    "WireClause", __config__=ConfigDict(frozen=True, extra="forbid"), **_FIELDS
)


class Then(BaseModel):
    """What has to come out."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sender: SenderClause | None = None
    """What the last send has to report."""

    wire: WireClause | None = None
    """What the record has to show, a check a key."""

    decides: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """The rows that a clause decides, by its name, where that is not all of the scenario's: the key
    of a check (`auth`, or `wire.auth`), `sender.status`, `sender.error`, `sender.error.says` and so
    on. The other clauses then decide the remaining rows."""

    levels: dict[str, Level] = Field(default_factory=dict)
    """A lower level for a clause, for what every case is asked (`honesty`) or for the control
    (`control: SHOULD`), by its name, where the documents leave two readings; the note says
    which."""

    arises: tuple[Literal["connected", "hello", "faults", "asked"], ...] | None = None
    """What has to have happened for the case to prove anything, where that is not plain from
    `given`: a connection, a TLS handshake that began (`hello`), a fault that acted, or nothing but
    the question (`asked`)."""

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
        written = self.wire.model_fields_set
        wanted = {key: getattr(self.wire, name) for key, name in _NAMES.items() if name in written}
        return {key: value for key, value in wanted.items() if value is not None}


class Expanded(BaseModel):
    """A scenario with its axes filled in."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    keys_beside: ClassVar = ("axes",)  # they are filled in already

    title: str = Field(min_length=10)
    """What a right sender does, in a sentence for its author."""

    note: str | None = None
    """Why it is judged so, where that is not plain: for readers of the file."""

    verifies: tuple[str, ...] = ()
    """Ids of the requirements that it verifies."""

    situations: tuple[str, ...] = ()
    """Ids of the rows of the catalogue of failures that it verifies; these or `verifies` name one
    at least."""

    tags: tuple[str, ...] = ()
    """Words by which a run can select it."""

    needs: tuple[str, ...] = ()
    """Features that a sender must have to be asked this, beside those that follow from the rest
    (modes, `verify:false`, `server_name`, `ehlo_name`, `envelope_from`, `attachments`)."""

    given: Given = Given()
    """The state of the fakes."""

    when: tuple[Step, ...]
    """What the sender is asked, and what changes meanwhile: one step, or a list."""

    then: Then
    """What has to come out."""

    control: dict[str, Any] | None = None
    """The twin that differs in this one value and has to succeed: `smtp`, `submission`, `api` and
    `also` as in `given`, `send` as in `when`. A scenario whose right outcome is a failure needs
    one."""

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
        if not any(step.asks_something for step in self.when):
            raise ValueError("when: has no send, nor anything else that the sender is asked")
        unknown = sorted(set(self.needs) - KNOWN_FEATURES)
        if unknown:
            choices = choose_from(unknown[0], sorted(KNOWN_FEATURES))
            raise ValueError(f"needs: there is no feature {unknown[0]!r}{choices}")
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
        if ("sent",) in statuses or any(map(_is_sent_by_the_log, self.when)):
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


def _is_sent_by_the_log(step: Step) -> bool:
    """Whether the log has to say of some message that it was sent."""
    return step.deliveries is not None and any(
        entry.state == ("sent",) for entry in step.deliveries.show
    )


# Checks, counts apart, that a silent sender does not meet.
_NEEDS_A_CONNECTION = frozenset(
    ["message", "sni", "first-octets", "tls-versions", "hosts", "paths"]
)
