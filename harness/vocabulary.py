"""Every word that people and senders write, with what it means: for `harness explain` and docs/.

Words stand in sections. A section is a model, whose words are its fields, or a list of values.
Their paths are those of a file, as `given.smtp.auth.offer`, `faults.do` or
`sendgrid.account.domains`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType
from typing import Any, get_args

from pydantic import BaseModel

from harness import features
from harness.checks.claims import ErrorClause, RefusedClause, SenderClause
from harness.checks.log_entries import EntryClause
from harness.checks.settings import ShownSettings
from harness.delivery_protocol import (
    Configured,
    ConfigureRequest,
    Deliveries,
    DeliveriesRequest,
    DeliveryAttempt,
    DeliveryEntry,
    StateRequest,
    TestSendRequest,
)
from harness.error_classes import CLASSES, PHASES
from harness.fakes.faults import Action, Fault, Stage
from harness.fakes.listener import Network
from harness.fakes.providers.registry import account_type, provider_names, vendors
from harness.fakes.providers.webhook import webhook_rules
from harness.fakes.smtp.state import AuthState
from harness.fakes.tls import CertificateKind
from harness.field_descriptions import descriptions, summary
from harness.protocol import (
    Answer,
    ApiTransport,
    Attachment,
    Description,
    ErrorClass,
    Mailbox,
    Message,
    Phase,
    RefusedRecipient,
    SendError,
    SendRequest,
    SmtpTransport,
    Trust,
)
from harness.scenario.given import AlsoApi, ApiGiven, Given, SmtpGiven
from harness.scenario.hints import members
from harness.scenario.model import Expanded, Then, WireClause
from harness.scenario.schema import AXES
from harness.scenario.step import (
    Change,
    ConfigureStep,
    DeliveriesStep,
    SendStep,
    StateStep,
    Step,
    TestSendStep,
)
from harness.scenario.submission import SubmissionGiven
from harness.senders.file_words import Actions, MapEntry, SenderFile, SenderLimits
from harness.senders.product_words import (
    AttemptPlaces,
    Call,
    LogCall,
    SendCall,
    Service,
    SettingsCall,
    SettingsFiles,
)
from harness.word_forms import default_of, form_of, kinds_in

# Enumerations whose members have a section of their own.
_LISTED: Mapping[Any, str] = MappingProxyType(
    {CertificateKind: "certificate", Network: "network", Phase: "phase", ErrorClass: "class"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One word.

    `form` says how its value is written; None where it is a value itself. `values` is the path of
    the section that lists them.
    """

    path: str
    meaning: str
    form: str | None = None
    default: str | None = None
    values: str | None = None

    @property
    def name(self) -> str:
        """The word as it stands in a file."""
        return self.path.rpartition(".")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Words that stand together. `path` is what they stand below; "" at the top of a file."""

    path: str
    title: str
    words: tuple[Term, ...]


@cache
def scenario_sections() -> tuple[Section, ...]:
    """The words of a scenario file, the accounts apart."""
    top = _of_model("", "A scenario", Expanded)
    axes = Term(path="axes", meaning=AXES["description"], form="a mapping")
    also = _of_model("given.also", "", AlsoApi)
    host = tuple(word for word in also.words if word.name == "host")
    return (
        Section(path="", title=top.title, words=(top.words[0], axes, *top.words[1:])),
        _of_model("given", "The state of the fakes", Given),
        _of_model("given.smtp", "An SMTP server", SmtpGiven),
        _of_model("given.smtp.auth", "How it authenticates", AuthState),
        _of_model("given.submission", "A provider's SMTP service", SubmissionGiven),
        _of_model("given.api", "A provider's API", ApiGiven),
        Section(path="given.also", title="One more API: the words of `given.api`, and", words=host),
        *_fault_sections(),
        _of_values("network", "What a port does", descriptions(Network)),
        _of_values(
            "certificate",
            "Kinds of certificate",
            {kind.value: kind.facts.description for kind in CertificateKind},
        ),
        _of_model("when", "A step", Step),
        _of_model("when.send", "A send", SendStep),
        *_message_sections("when.send.message"),
        _of_model("when.configure", "Settings to be stored", ConfigureStep),
        _of_model("when.configure.shows", "What settings have to show", ShownSettings),
        _of_model("when.state", "Settings, read back", StateStep),
        _of_model("when.test-send", "A test message", TestSendStep),
        _of_model("when.deliveries", "The delivery log", DeliveriesStep),
        _of_model("when.deliveries.show", "What the log says of a message", EntryClause),
        _of_model("when.change", "A change between two sends", Change),
        _of_model("then", "What has to come out", Then),
        _of_model("then.sender", "What the sender reports", SenderClause),
        _of_model("then.sender.error", "What an honest error says", ErrorClause),
        _of_model("then.sender.refused", "A recipient whom it has to name", RefusedClause),
        _of_model("then.wire", "What the record shows", WireClause),
    )


@cache
def account_sections() -> Mapping[str, tuple[Section, ...]]:
    """The words of each provider's account, by provider."""
    return {
        name: tuple(_nested(f"{name}.account", account_type(name))) for name in provider_names()
    }


@cache
def webhook_sections() -> Mapping[str, Section]:
    """The words of each provider's webhook, by provider: of those whose fakes post events."""
    found = {name: webhook_rules(name) for name in provider_names()}
    return {
        name: _of_model(
            f"{name}.webhook", _without_stop(summary(rules.webhook_type)), rules.webhook_type
        )
        for name, rules in found.items()
        if rules is not None
    }


@cache
def sender_sections() -> tuple[Section, ...]:
    """The words of a sender file, and of the documents of the sender protocol."""
    return (
        _of_model("sender-file", "A sender file", SenderFile),
        _of_model("sender-file.limits", "Its limits", SenderLimits),
        _of_model("sender-file.error_map", "An entry of its error map", MapEntry),
        _of_model("sender-file.actions", "Its actions", Actions),
        _of_model("sender-file.actions.*", "A call, as every action but describe can be", Call),
        _of_own("sender-file.actions.send", "Of send and test-send, beside", SendCall),
        _of_own("sender-file.actions.configure", "Of configure and state, beside", SettingsCall),
        _of_model("sender-file.actions.configure", "Or settings in files", SettingsFiles),
        _of_own("sender-file.actions.deliveries", "Of deliveries, beside", LogCall),
        _of_model("sender-file.actions.deliveries.attempts", "The attempts", AttemptPlaces),
        _of_model("sender-file.service", "A program that has to be up", Service),
        _of_model("request", "The request to send", SendRequest),
        _of_model("request.transport", "By SMTP", SmtpTransport),
        _of_model("request.transport", "By a provider's API", ApiTransport),
        _of_values(
            "provider",
            "Providers, and what a sender needs for each",
            {name: described.in_words for name, described in vendors().items()},
        ),
        _of_model("request.trust", "The trust anchor", Trust),
        *_message_sections("request.message"),
        _of_model("answer", "The answer to it", Answer),
        _of_model("answer.refused", "A refused recipient", RefusedRecipient),
        _of_model("answer.error", "An error", SendError),
        _of_values("phase", "Phases", _sentences(PHASES)),
        *(
            _of_values("class", f"Classes of errors: {where}", _sentences(classes))
            for where, classes in CLASSES.items()
        ),
        _of_model("description", "The answer to describe", Description),
        _of_model("request-to-configure", "The request to store settings", ConfigureRequest),
        _of_model("request-for-state", "The request to read settings back", StateRequest),
        _of_model("settings", "The answer to either", Configured),
        _of_model("request-to-test", "The request for a test message", TestSendRequest),
        _of_model("request-for-the-log", "The request for the delivery log", DeliveriesRequest),
        _of_model("log", "The answer to it", Deliveries),
        _of_model("log.deliveries", "A message in the log", DeliveryEntry),
        _of_model("log.deliveries.attempts", "An attempt", DeliveryAttempt),
        _of_values("feature", "Features that a sender is taken to have", features.ASSUMED),
        _of_values(
            "feature",
            "Features that a sender has when it says so",
            features.DECLARED,
        ),
    )


def sections() -> Iterator[Section]:
    """All of them."""
    yield from scenario_sections()
    for each in account_sections().values():
        yield from each
    yield from webhook_sections().values()
    yield from sender_sections()


def _fault_sections() -> Iterator[Section]:
    own = _of_model("faults", "A fault", Fault)
    actions = {get_args(kind.model_fields["do"].annotation)[0]: kind for kind in _actions()}
    does = Term(
        path="faults.do",
        meaning="What it does; the words of that action stand beside it.",
        form="an action",
        default="required",
        values="faults.do",
    )
    at, _, *rest = own.words
    when = replace(at, form="a moment", values="faults.at")
    yield Section(path="faults", title=own.title, words=(when, does, *rest))
    yield _of_values("faults.at", "Moments", descriptions(Stage))
    yield _of_values(
        "faults.do", "Actions", {name: summary(kind) for name, kind in actions.items()}
    )
    for name, kind in actions.items():
        section = _of_model(f"faults.{name}", f"The action `{name}`", kind)
        words = tuple(word for word in section.words if word.name != "do")
        if words:
            yield Section(path=section.path, title=section.title, words=words)


def _actions() -> tuple[type[BaseModel], ...]:
    kinds: tuple[type[BaseModel], ...] = tuple(members(Action))
    return kinds


def _message_sections(path: str) -> Iterator[Section]:
    yield _of_model(path, "A message", Message)
    yield _of_model(f"{path}.to", "A mailbox", Mailbox)
    yield _of_model(f"{path}.attachments", "An attachment", Attachment)


def _nested(path: str, model: type[BaseModel]) -> Iterator[Section]:
    """A model, and each that is reached from its fields."""
    yield _of_model(path, _without_stop(summary(model)), model)
    for name, field in model.model_fields.items():
        for inside in kinds_in(field):
            if isinstance(inside, type) and issubclass(inside, BaseModel) and not field.exclude:
                yield from _nested(f"{path}.{field.alias or name}", inside)


def _of_model(path: str, title: str, model: type[BaseModel]) -> Section:
    said = descriptions(model)
    words = []
    for name, field in model.model_fields.items():
        if field.exclude:
            continue
        meaning, _, default = said.get(name, "").partition(" Default: ")
        words.append(
            Term(
                path=f"{path}.{field.alias or name}".lstrip("."),
                meaning=meaning,
                form=form_of(field),
                default=_without_stop(default) or default_of(field),
                values=next((_LISTED[kind] for kind in kinds_in(field) if kind in _LISTED), None),
            )
        )
    return Section(path=path, title=title, words=tuple(words))


def _of_own(path: str, title: str, model: type[BaseModel]) -> Section:
    """The words of a call that not every call has."""
    section = _of_model(path, title, model)
    own = tuple(word for word in section.words if word.name not in Call.model_fields)
    return replace(section, words=own)


def _of_values(path: str, title: str, meanings: Mapping[str, str]) -> Section:
    words = tuple(Term(path=f"{path}.{name}", meaning=text) for name, text in meanings.items())
    return Section(path=path, title=title, words=words)


def _sentences(meanings: Mapping[Any, str]) -> dict[str, str]:
    return {str(name): f"{text[:1].upper()}{text[1:]}." for name, text in meanings.items()}


def _without_stop(text: str) -> str:
    return text.removesuffix(".")
