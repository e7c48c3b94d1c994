"""What a step of `when` may say: what the sender is asked, and what happens meanwhile."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from harness.checks.claims import OneOrMore, SenderClause
from harness.checks.log_entries import EachEntry
from harness.checks.settings import ShownSettings
from harness.protocol import Mailbox

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
    """Parts of the message, in place of the default one's. `<octets:N>` as the content of an
    attachment is so many octets; `<boundary>` in a text is the boundary of the message before."""

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

    until: Literal["final", "tried", "tried again", "quiet", "now"] = "final"
    """What is waited for: `final`, each message is sent or abandoned; `tried`, there was an attempt
    for each; `tried again`, there were three for each that is not final; `quiet`, as `tried`, or
    that it stays as it is for as long as a time-out; `now`, nothing."""

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
