"""What a sender file says of a product that has an interface of its own: calls, and their answers.

A call is a URL or a command. In it placeholders stand for what is asked (`filling.py`); in what
comes back paths (`json_path.py`) and words tell what it means.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    model_validator,
)

from .filling import OF_REQUEST, check, names_in
from .json_path import parse_path

Seconds: TypeAlias = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Method: TypeAlias = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
State: TypeAlias = Literal["queued", "processing", "sent", "abandoned"]


def _with_placeholders(written: Any) -> Any:
    check(written)
    return written


def _usable_path(text: str) -> str:
    parse_path(text)
    return text


def usable_pattern(pattern: str) -> str:
    """The pattern, if it is a regular expression."""
    try:
        re.compile(pattern)
    except re.error as problem:
        raise ValueError(f"no regular expression: {problem}") from problem
    return pattern


def _kept_under(name: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise ValueError(f"no name for a placeholder: {name!r}")
    if name in OF_REQUEST:
        raise ValueError(f"{{{name}}} stands for a part of the request already")
    return name


Path: TypeAlias = Annotated[str, AfterValidator(_usable_path)]
Filled: TypeAlias = Annotated[str, AfterValidator(_with_placeholders)]
Status: TypeAlias = Annotated[int, Field(ge=100, le=599)]


def form_of(written: Any) -> str:
    """Which member of a union is meant: known at once, so that only its mistakes are told."""
    if isinstance(written, Mapping):
        return "<files>" if "write" in written else "<mapping>"
    if isinstance(written, BaseModel):
        return "<files>" if "write" in type(written).model_fields else "<mapping>"
    return "<text>"


class Written(BaseModel):
    """A part of a sender file."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Part(Written):
    """A part of a text: what a pattern finds in it."""

    path: Path
    """Where the text stands."""

    pattern: Annotated[str, AfterValidator(usable_pattern)]
    """A regular expression; its first group is the value, or all that it matches."""


Place: TypeAlias = Annotated[
    Annotated[Path, Tag("<text>")] | Annotated[Part, Tag("<mapping>")], Discriminator(form_of)
]


class Call(Written):
    """One thing that a product is asked: a URL or a command, one of the two."""

    url: Filled | None = None
    """The URL; placeholders in it are escaped."""

    method: Method | None = None
    """The method. Default: POST where there is a body, else GET."""

    headers: dict[str, Filled] = Field(default_factory=dict)
    """The fields of the request's header."""

    body: Annotated[Any, AfterValidator(_with_placeholders)] = None
    """The body, as JSON."""

    form: dict[str, Filled] | None = None
    """The body, as the fields of a form."""

    command: Filled | None = None
    """A command line, split by POSIX shell rules; each placeholder stays within its word."""

    good: tuple[Status, ...] = ()
    """Statuses other than 2xx with which all is well."""

    keep: dict[Annotated[str, AfterValidator(_kept_under)], Path] = Field(default_factory=dict)
    """Names for parts of the answer: placeholders of the calls that follow."""

    @model_validator(mode="after")
    def _is_one_call(self) -> Self:
        if (self.url is None) == (self.command is None):
            raise ValueError("a url or a command is due, one of the two")
        if self.command is not None and (self.method or self.headers or self.good):
            raise ValueError("method, headers and good are for a url")
        if self.body is not None and self.form is not None:
            raise ValueError("body or form, one of the two")
        return self


class SendCall(Call):
    """How a product is made to send a message, and what its answer means."""

    first: tuple[Call, ...] = ()
    """What has to be asked before, in order."""

    means: Literal["queued", "sent"] = "queued"
    """What it means that all went well; where that is `queued`, the delivery log tells the rest."""

    statuses: dict[Status, Literal["queued", "sent", "failed"]] = Field(default_factory=dict)
    """What single statuses mean, in place of that."""

    message_id: Place | None = None
    """The message's name in the delivery log."""

    provider_id: Place | None = None
    """The id that the provider gave it."""

    words: Place | None = None
    """The words of an error. Default: all that it answered."""


class SettingsCall(Call):
    """How settings are stored or read back."""

    settings: Path = "$"
    """Where the settings stand in the answer."""

    words: Place | None = None
    """The words of a refusal. Default: all that it answered."""


class SettingsFiles(Written):
    """Settings that a product reads from files, when it starts."""

    write: dict[Filled, Annotated[Any, AfterValidator(_with_placeholders)]] = Field(min_length=1)
    """From each path to what is written there: a text, or data, which becomes JSON (and so
    YAML)."""

    then: Filled | None = None
    """A command that makes the product read them. Default: `service` is started again."""


class AttemptPlaces(Written):
    """Where the attempts stand in an entry of the log, and what they say."""

    items: Path
    """Where the attempts are."""

    newest_first: bool = False
    """Whether the newest one comes first."""

    at: Place | None = None
    """When it was."""

    failed: Place | None = None
    """What tells whether it failed."""

    failures: tuple[str, ...] = ()
    """The words there for a failure. Default: any."""

    words: Place | None = None
    """The words of the failure, which the error map turns into a class."""

    reply_code: Place | None = None
    """The server's reply code."""

    enhanced_code: Place | None = None
    """The server's enhanced status code."""

    host: Place | None = None
    """The server that was tried."""

    queue_id: Place | None = None
    """The id that the server gave the message."""


class LogCall(Call):
    """How a product is asked for its delivery log, and how that is read."""

    items: Path
    """Where the messages are."""

    each: Call | None = None
    """What is asked for each of them, to learn more; `{id}` is its id. Its answer is then read in
    place of the item."""

    id: Place
    """A message's id, which is its name in the log."""

    state: Place
    """Where the state of a message stands."""

    states: dict[str, State]
    """What the product's words for a state mean; every word that it has."""

    to: Path | None = None
    """The addresses that a message is for."""

    attempts: AttemptPlaces | None = None
    """The attempts to hand it over."""

    most_pages: Annotated[int, Field(ge=1, le=1000)] = 100
    """How many pages are read where the answer's header links to a next one."""


class Service(Written):
    """What there has to be while a product is asked: a folder, and a program that is up.

    Each case has its own. The program is started when something is asked, and anew when its
    settings change.
    """

    command: Filled | None = None
    """The command line that starts the program, which stays up. Default: there is none."""

    prepare: tuple[Filled, ...] = ()
    """Commands that are run once, to fill the folder `{state}` that each case gets a copy of."""

    ready: Filled | None = None
    """A URL that answers 2xx when it is ready. Default: it is ready at once."""

    start: Seconds = 30
    """How many seconds it may take until then."""


_WITH_PLACEHOLDERS = frozenset(
    ["url", "headers", "body", "form", "command", "write", "then", "prepare", "ready"]
)


def placeholders_in(*parts: BaseModel | None) -> frozenset[str]:
    """The placeholders of parts of a sender file, and of the parts in them."""
    return frozenset(name for part in parts if part for name in _placeholders(part))


def _placeholders(part: BaseModel) -> Iterator[str]:
    for name in type(part).model_fields:
        value = getattr(part, name)
        if name in _WITH_PLACEHOLDERS:
            yield from names_in(value)
        for inner in value if isinstance(value, tuple) else (value,):
            if isinstance(inner, BaseModel):
                yield from _placeholders(inner)


def kept_in(*parts: BaseModel | None) -> frozenset[str]:
    """The names under which calls, and what is asked before them, keep parts of their answers."""
    calls = [part for part in parts if isinstance(part, Call)]
    asked = [*calls, *(each for call in calls if isinstance(call, SendCall) for each in call.first)]
    return frozenset(name for call in asked for name in call.keep)
