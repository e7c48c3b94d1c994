"""The words of a sender file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Self, TypeAlias

from pydantic import AfterValidator, Discriminator, Field, Tag, model_validator

from harness.protocol import KNOWN_FEATURES, ErrorClass, Phase

from .complaints import nearest
from .error_map import Rule
from .filling import OF_REQUEST
from .product_words import (
    LogCall,
    Seconds,
    SendCall,
    Service,
    SettingsCall,
    SettingsFiles,
    Written,
    form_of,
    kept_in,
    placeholders_in,
    usable_pattern,
)

Line: TypeAlias = Annotated[str, Tag("<text>")]
BySend: TypeAlias = Annotated[Line | Annotated[SendCall, Tag("<mapping>")], Discriminator(form_of)]
BySettings: TypeAlias = Annotated[
    Line | Annotated[SettingsFiles, Tag("<files>")] | Annotated[SettingsCall, Tag("<mapping>")],
    Discriminator(form_of),
]
ByState: TypeAlias = Annotated[
    Line | Annotated[SettingsCall, Tag("<mapping>")], Discriminator(form_of)
]
ByLog: TypeAlias = Annotated[Line | Annotated[LogCall, Tag("<mapping>")], Discriminator(form_of)]
Asked: TypeAlias = SendCall | SettingsCall | SettingsFiles | LogCall

# A sender has a feature when its file names a program of its own for that action.
_IMPLIED: Mapping[str, str] = {
    "configure": "configure",
    "test-send": "test-send",
    "deliveries": "delivery-log",
}


def _known_feature(feature: str) -> str:
    if feature not in KNOWN_FEATURES:
        near = nearest(feature, KNOWN_FEATURES)
        meant = f"did you mean {near}? " if near else ""
        choices = ", ".join(sorted(KNOWN_FEATURES))
        raise ValueError(f"unknown feature; {meant}Choose from {choices}")
    return feature


class MapEntry(Written):
    """What a sender's own words mean: a phase, a class, or both."""

    pattern: Annotated[str, AfterValidator(usable_pattern)]
    """A regular expression that is looked for in the sender's own words."""

    phase: Phase | None = None
    """The phase that such words mean."""

    class_: ErrorClass | None = Field(default=None, alias="class")
    """The class of error that such words mean."""

    @model_validator(mode="after")
    def _says_something(self) -> MapEntry:
        if self.phase is None and self.class_ is None:
            raise ValueError("a phase or a class is due")
        return self

    def rule(self) -> Rule:
        """The entry, ready for use."""
        return Rule(pattern=re.compile(self.pattern), phase=self.phase, class_=self.class_)


class SenderLimits(Written):
    """How long the sender may take, in seconds."""

    case: Seconds | None = None
    """Seconds for each case. Default: the usual limit, which follows from the time-out."""

    deliver: Seconds | None = None
    """Seconds within which its delivery log has a final state of each message, so that it can be
    held to that. Default: the usual limit of a case, after which nothing is decided."""

    start: Seconds | None = None
    """Seconds to start and to describe itself. Default: the usual limit."""


class Actions(Written):
    """How single actions are asked.

    Each by a SPEC or a command line that speaks the protocol, or by a call of a product that does
    not.
    """

    describe: str | None = None
    """A SPEC or a command that says what the sender is."""

    send: BySend | None = None
    """How it is made to send a message. Where it is told a transport, `configure` is done first,
    if that is a call or files."""

    test_send: BySend | None = Field(default=None, alias="test-send")
    """How it is made to send a test message."""

    configure: BySettings | None = None
    """How settings are stored."""

    state: ByState | None = None
    """How settings are read back."""

    deliveries: ByLog | None = None
    """How it is asked for its delivery log."""

    @property
    def programs(self) -> dict[str, str]:
        """Those that are asked in the protocol."""
        return {name: each for name, each in self._given().items() if isinstance(each, str)}

    @property
    def calls(self) -> dict[str, Asked]:
        """Those that are not."""
        return {name: each for name, each in self._given().items() if not isinstance(each, str)}

    def _given(self) -> dict[str, Any]:
        fields = type(self).model_fields
        given = {field.alias or name: getattr(self, name) for name, field in fields.items()}
        return {name: each for name, each in given.items() if each is not None}


class SenderFile(Written):
    """A sender, and all that has to be known to drive it."""

    sender: str | None = None
    """How it is driven: what `--sender` takes, but for `file:`. Default: as `actions` say, which
    then have `send`."""

    environment: dict[str, str] = Field(default_factory=dict)
    """Added to a program's environment, and overrides it."""

    features: tuple[Annotated[str, AfterValidator(_known_feature)], ...] | None = None
    """What it has, whatever it says of itself. Default: what it says."""

    error_map: tuple[MapEntry, ...] = ()
    """What its own words mean; the first entry that matches decides."""

    limits: SenderLimits = SenderLimits()
    """How long it may take."""

    actions: Actions = Actions()
    """A way of its own to be driven, for single actions."""

    service: Service | None = None
    """What there has to be while it is asked, where nobody else has started it."""

    @model_validator(mode="after")
    def _can_send(self) -> Self:
        if self.sender is None and self.actions.send is None:
            raise ValueError("sender: this is missing")
        if self.sender is None and self.features is None:
            raise ValueError("features: without `sender`, they have to be listed")
        if self.service is not None and not self.actions.calls:
            raise ValueError("service: it is for actions that are calls, and there are none")
        return self

    @model_validator(mode="after")
    def _every_placeholder_has_a_value(self) -> Self:
        parts = (*self.actions.calls.values(), self.service)
        known = {*OF_REQUEST, "id", *kept_in(*parts)}
        for name in sorted(placeholders_in(*parts) - known):
            if not name.startswith(("$", "port:")):
                meant = nearest(name, known)
                hint = f"did you mean {{{meant}}}? " if meant else ""
                choices = ", ".join(f"{{{each}}}" for each in sorted(known))
                raise ValueError(f"actions: no placeholder: {{{name}}}; {hint}There is {choices}")
        return self

    @property
    def declared(self) -> frozenset[str] | None:
        """The features listed, or None."""
        return None if self.features is None else frozenset(self.features)

    @property
    def implied(self) -> frozenset[str]:
        """The features that follow from the actions."""
        given = {**self.actions.programs, **self.actions.calls}
        return frozenset(_IMPLIED[action] for action in given if action in _IMPLIED)
