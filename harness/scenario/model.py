"""What a scenario file may say. Every key is listed here; anything else is refused."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model, field_validator, model_validator

from harness.checks import wire_checks
from harness.checks.claims import OneOrMore, SenderClause
from harness.checks.counts import Count
from harness.checks.delivery_log import EachEntry
from harness.checks.settings import ShownSettings
from harness.model import Level
from harness.protocol import KNOWN_FEATURES, Mailbox

from .given import Given
from .hints import choose_from

_STRICT = ConfigDict(frozen=True, extra="forbid", strict=True)
# What a change is a change of.
_PARTS = ("smtp", "submission", "api")


class Told(BaseModel):
    """How the sender is configured.

    What is left out is what fits the fake: its security mode, its host and port, its account.
    """

    model_config = _STRICT

    server: str | None = None
    """The label of the server of `also` that the sender is told of. Default: the fake itself."""

    security: Literal["starttls", "tls", "none"] | None = None
    """The security mode that the sender is told. Default: the fake's."""

    verify: bool = True
    """Whether the sender is to verify certificates."""

    server_name: str | None = None
    """Another name than the host's for SNI and for the check of the certificate."""

    host: str | None = None
    """The host that the sender is told, literally. Default: the fake's."""

    port: int | None = Field(default=None, ge=1, le=65535)
    """The port that the sender is told, literally. Default: the fake's."""

    username: str | None = None
    """Another user name than the account's. Of a provider's SMTP service it may hold `<username>`,
    `<password>`, the name of one of the credentials for its API (`<api_key>`), or the password for
    another region, `<password:REGION>`."""

    password: str | None = None
    """Another password than the account's; what it may hold of a provider's SMTP service is as in
    `username`."""

    access_token: str | None = None
    """The OAuth token that the sender is told in place of a password, where `<access_token>` stands
    for the one that is good for the account. Default: none, it is told a password."""

    credentials: Literal["none", "given"] | dict[str, str] = "given"
    """Whether the sender is told the account's credentials (`given`, for controls) or none at all;
    for an API it may be a mapping, which replaces single ones (`{api_key: …}`)."""

    region: str | None = None
    """The region of the provider that the sender is told; "" is none at all. Default: the
    fake's."""

    domain: str | None = None
    """The sending domain that the sender is told, where the provider wants one; "" is none at
    all."""

    uri: str | None = None
    """The connection URI that the sender is told, literally, where `<username>` and `<password>`
    (both percent-encoded), `<host>` and `<port>` stand for the world's. Where a URI has to be
    refused, ask for the feature `uri` with `needs`."""

    ehlo_name: str | None = None
    """The name that the sender is to give with EHLO."""


class SendStep(Told):
    """How the sender is configured and what it is to send."""

    stored: bool = False
    """Whether it is to go by the settings that the sender has stored (`configure`), so that it is
    told no others."""

    message: dict[str, Any] = Field(default_factory=dict)
    """Parts of the message, in place of the default one's."""

    killed: bool = False
    """Whether the sender is killed (SIGKILL) as soon as a fault acts, and started again by whatever
    it is asked next."""

    @model_validator(mode="after")
    def _one_or_the_other(self) -> SendStep:
        said = sorted(self.model_fields_set & Told.model_fields.keys())
        if self.stored and said:
            raise ValueError(f"{said[0]}: what is stored is told by configure, not here")
        return self


class ConfigureStep(Told):
    """Settings that the sender is to store, in place of those that it has."""

    from_: Mailbox | None = Field(default=None, alias="from")
    """Whom messages are from that name nobody themselves."""

    enabled: bool = True
    """Whether the provider is to be used; `false`: it is stored, and asleep."""

    provider: Literal["none"] | None = None
    """`none`: there is to be no provider at all. Default: the one of this case."""

    status: OneOrMore[Literal["stored", "refused"]] = ("stored",)
    """What the sender may answer: one status, or both in a list."""

    shows: ShownSettings | None = None
    """What the settings that are read back have to show."""


class StateStep(BaseModel):
    """The settings, read back."""

    model_config = _STRICT

    shows: ShownSettings | None = None
    """What they have to show."""


class TestSendStep(BaseModel):
    """A test message by the stored settings."""

    __test__: ClassVar = False  # pytest takes the name for its own
    model_config = _STRICT

    to: str = "operator@harness.test"
    """The address that it goes to."""


class DeliveriesStep(BaseModel):
    """The delivery log, waited for within the bound that the sender states, and read."""

    model_config = _STRICT

    until: Literal["final", "tried", "tried again", "now"] = "final"
    """What is waited for: `final`, each message is sent or abandoned; `tried`, there was an attempt
    for each; `tried again`, there were three for each that is not final; `now`, nothing."""

    show: EachEntry = ()
    """What the log has to say: an entry for each message in the order of sending, or one for all
    of them."""


class Change(BaseModel):
    """A change of the world between two sends: parts of the fake's state, replaced."""

    model_config = _STRICT

    smtp: dict[str, Any] | None = None
    """Words of `given.smtp`, for the SMTP server that the sender is told of."""

    api: dict[str, Any] | None = None
    """Words of `given.api`, for the API that the sender is told of."""

    submission: dict[str, Any] | None = None
    """Words of `given.submission`, for the SMTP service that the sender is told of."""

    @property
    def part(self) -> str:
        """The part of `given` that changes."""
        return next(name for name in _PARTS if getattr(self, name) is not None)

    @property
    def words(self) -> dict[str, Any]:
        """The parts that are replaced."""
        words: dict[str, Any] = getattr(self, self.part)
        return words

    @model_validator(mode="after")
    def _only_one(self) -> Change:
        if sum(getattr(self, name) is not None for name in _PARTS) != 1:
            raise ValueError("a change is of smtp, of submission or of api")
        return self


class Step(BaseModel):
    """One step of `when`: what the sender is asked, or what happens to it or to the fake."""

    model_config = _STRICT

    send: SendStep | None = None
    """A message to be sent, and how the sender is configured for it."""

    test_send: TestSendStep | None = Field(default=None, alias="test-send")
    """A test message that the sender has to send by the settings that it has stored."""

    expect: SenderClause | None = None
    """What the sender has to report of this `send` or `test-send`, as in `then.sender`."""

    change: Change | None = None
    """Another state for the fake that the sender is told of, on the same port."""

    configure: ConfigureStep | None = None
    """Settings that the sender has to store."""

    state: StateStep | None = None
    """The settings that the sender has stored, read back from it."""

    deliveries: DeliveriesStep | None = None
    """The sender's delivery log."""

    restart: Literal["terminate", "kill"] | None = None
    """The sender is ended, by SIGTERM or by SIGKILL, and started again on the same state."""

    instances: int | None = Field(default=None, ge=1, le=4)
    """How many copies of the sender are up on the same state from here on; they are asked in
    turn."""

    @model_validator(mode="after")
    def _one_thing(self) -> Step:
        done = {name for name in self.model_fields_set if getattr(self, name) is not None}
        deeds = sorted(name.replace("_", "-") for name in done - {"expect"})
        if len(deeds) != 1:
            said = " and ".join(deeds) or "nothing"
            raise ValueError(f"a step does one thing, and here is {said}: choose from {_DEEDS}")
        if self.expect is not None and self.send is None and self.test_send is None:
            raise ValueError(f"expect: is of a send or a test-send, not of {deeds[0]}")
        return self

    @property
    def asks_something(self) -> bool:
        """Whether the sender has to answer here."""
        asked = (self.send, self.test_send, self.configure, self.state, self.deliveries)
        return any(each is not None for each in asked)

    @property
    def told(self) -> Told | None:
        """The configuration that this step tells the sender."""
        if self.send is not None:
            return None if self.send.stored else self.send
        if self.configure is not None and self.configure.provider is None:
            return self.configure
        return None


_DEEDS = "send, test-send, change, configure, state, deliveries, restart, instances"


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
    """A lower level for a clause, by its name, where the documents leave two readings; the note
    says which."""

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
