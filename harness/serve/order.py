"""What is to be served: fakes, each in its state, as somebody writes them.

On the command line `smtp:security=starttls,certificate=expired`: the kind, and behind a colon words
with their values. A value is read as in a YAML file, so lists and mappings are written
`faults=[{at: rcpt, do: reply, code: 550, text: no}]`, and a dot leads into a mapping,
`auth.required=false`. In a file the same words stand one below the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator

from harness.errors import ScenarioError, UsageError
from harness.fakes.providers.registry import provider_names, vendor
from harness.fakes.providers.webhook import webhook_rules
from harness.fakes.smtp.state import SmtpState
from harness.protocol import ProviderName
from harness.scenario.given import ProvidersApi
from harness.scenario.hints import choose_from
from harness.scenario.loading import YamlDocument, complaints, load, loads

SMTP = "smtp"
SUBMISSION = "submission"
Words = dict[str, Any]

_NAME = re.compile(r"[a-z][a-z0-9-]*\Z")
_OPENING = {"[": "]", "{": "}"}
_PLACE = frozenset(["fake", "name", "port"])
_LASTING = frozenset([*_PLACE, "timeout", "credentials"])
_OF_A_VALUE = re.compile(r"value:\d+: (?:file: )?")
_MOST_FAKES = 50


class ServedPlace(BaseModel):
    """Where a fake is found, and by which name."""

    name: str | None = None
    """What it is called. Default: its kind, with `-2` and so on for further ones."""

    port: int = Field(default=0, ge=0, le=65535)
    """The port that it listens at, on this machine. Default: any free one."""

    timeout: float = Field(default=1.0, gt=0, le=3600, strict=False)
    """How many seconds `x` means in the durations of faults."""

    @field_validator("name")
    @classmethod
    def _is_name(cls, name: str | None) -> str | None:
        if name is not None and not _NAME.match(name):
            raise ValueError(f"{name!r} is no name: small letters, digits and hyphens are")
        return name


class ServedSmtp(ServedPlace, SmtpState):
    """An SMTP server: the words of `given: smtp:`, and where it is found."""

    fake: str = SMTP
    """The kind of fake."""


class ServedSubmission(SmtpState):
    """A provider's SMTP service: words laid over what the vendor does, and its port."""

    port: int = Field(default=0, ge=0, le=65535)
    """The port that it listens at. Default: any free one."""


# The provider comes first, so that it is known when the words of `account` are read.
class ServedApi(ServedPlace, ProvidersApi):
    """A provider's API and its SMTP service: the words of `given: api:`, and some more."""

    provider: ProviderName = Field(alias="fake")
    """The kind of fake."""

    credentials: dict[str, str] = Field(default_factory=dict)
    """What a sender is handed, by the names of the sender protocol. Default: made up."""

    smtp: ServedSubmission = ServedSubmission()
    """Words for its SMTP service."""

    webhook: dict[str, Any] | None = None
    """Where events are posted, in the words of that vendor's webhook. Default: nowhere."""

    @field_validator("credentials")
    @classmethod
    def _that_the_vendor_has(cls, given: Any, info: ValidationInfo) -> Any:
        if "provider" in info.data and given:
            names = [each.name for each in vendor(info.data["provider"]).credentials]
            if strange := sorted(set(given) - set(names)):
                choices = choose_from(strange[0], names)
                raise ValueError(f"there is no credential {strange[0]!r}{choices}")
            if missing := [name for name in names if name not in given]:
                raise ValueError(f"{', '.join(missing)} belongs to it, too")
        return given

    @field_validator("webhook")
    @classmethod
    def _in_the_vendors_words(cls, words: Any, info: ValidationInfo) -> Any:
        if words is not None and "provider" in info.data:
            rules = webhook_rules(info.data["provider"])
            if rules is None:
                raise ValueError(f"the fake of {info.data['provider']} posts nothing")
            rules.webhook_type.model_validate(words)
        return words


@dataclass(frozen=True, slots=True, kw_only=True)
class FakeOrder:
    """One fake that is asked for. `words` are those of its constructor that say its state."""

    kind: str
    name: str
    port: int
    timeout: float
    words: Mapping[str, Any]
    smtp_port: int = 0


class ControlOrder(BaseModel):
    """The control API."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    port: int = Field(default=0, ge=0, le=65535)
    """The port that it listens at, on this machine. Default: any free one."""

    token: str | None = Field(default=None, min_length=16, max_length=200, pattern=r"^[!-~]+$")
    """What a request has to name as `Authorization: Bearer …`. Default: made up."""


class ServeFile(BaseModel):
    """A file for `harness serve --config`."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    fakes: tuple[dict[str, Any], ...] = Field(strict=False, min_length=1, max_length=_MOST_FAKES)
    """The fakes: each a mapping with `fake`, which is `smtp` or a provider, and with the words for
    it."""

    control: ControlOrder = ControlOrder()
    """The control API."""

    domains: tuple[str, ...] | None = Field(default=None, strict=False)
    """Domains that are verified at every provider whose `account` names none. Default:
    `example.com`."""


def kinds() -> tuple[str, ...]:
    """Everything that can be served."""
    return (SMTP, *provider_names())


def read_arguments(arguments: Sequence[str]) -> list[FakeOrder]:
    """The fakes that the command line asks for.

    Raises:
        UsageError: they make no sense; one clause a mistake.
    """
    return _named([_read_argument(each) for each in arguments[:_MOST_FAKES]])


def read_file(path: Any) -> tuple[ServeFile, list[FakeOrder]]:
    """A file, and the fakes that it asks for.

    Raises:
        ScenarioError: it makes no sense; one line a mistake.
    """
    document = load(path)
    if not isinstance(document.data, dict):
        raise ScenarioError(document.complaint((), "a mapping is due, with the key fakes"))
    try:
        file = ServeFile.model_validate(document.data)
    except ValidationError as error:
        raise ScenarioError("\n".join(complaints(document, error, ServeFile))) from error
    orders, mistakes = [], []
    for place, words in enumerate(file.fakes):
        try:
            orders.append(_order(words, document, at=("fakes", place)))
        except ScenarioError as error:
            mistakes.append(str(error))
    if mistakes:
        raise ScenarioError("\n".join(mistakes))
    try:
        return file, _named(orders)
    except UsageError as error:
        raise ScenarioError(document.complaint(("fakes",), str(error))) from error


def _read_argument(argument: str) -> FakeOrder:
    kind, _, rest = argument.partition(":")
    try:
        words = {"fake": kind, **_nested(_pairs(rest))} if kind in kinds() else {"fake": kind}
        lines = dict.fromkeys(_paths(words, ()), 1)
        return _order(words, YamlDocument(argument, words, lines))
    except ScenarioError as error:
        told = "; ".join(
            line.removeprefix(f"{argument}:1: ").removeprefix("file: ")
            for line in str(error).splitlines()
        )
        raise UsageError(told if kind not in kinds() else f"{kind}: {told}") from error


def _order(words: Words, document: YamlDocument, *, at: tuple[str | int, ...] = ()) -> FakeOrder:
    kind = words.get("fake")
    if kind not in kinds():
        wrong = "this is missing" if kind is None else f"there is no fake {kind!r}"
        raise ScenarioError(
            document.complaint((*at, "fake"), f"{wrong}{choose_from(kind, kinds())}")
        )
    model: type[ServedSmtp | ServedApi] = ServedSmtp if kind == SMTP else ServedApi
    try:
        read = model.model_validate(words)
    except ValidationError as error:
        raise ScenarioError("\n".join(complaints(document, error, model, at=at))) from error
    state = {word: said for word, said in words.items() if word not in {*_PLACE, "timeout"}}
    smtp_port = read.smtp.port if isinstance(read, ServedApi) else 0
    if isinstance(state.get("smtp"), dict):
        state["smtp"] = {word: said for word, said in state["smtp"].items() if word != "port"}
    return FakeOrder(
        kind=kind,
        name=read.name or "",
        port=read.port,
        timeout=read.timeout,
        words=state,
        smtp_port=smtp_port,
    )


def check_change(kind: str, words: Words) -> None:
    """Check that a running fake of this kind, or SUBMISSION, can be changed with these words.

    Raises:
        UsageError: it cannot; one clause a mistake.
    """
    lasting = _LASTING & words.keys()
    if kind != SUBMISSION:
        lasting |= {"smtp"} & words.keys()
    if lasting:
        raise UsageError(f"{', '.join(sorted(lasting))}: holds as long as the fake runs")
    models: dict[str, type[BaseModel]] = {SMTP: ServedSmtp, SUBMISSION: ServedSubmission}
    model = models.get(kind, ServedApi)
    said = words if kind in {SMTP, SUBMISSION} else {"fake": kind, **words}
    document = YamlDocument("", said, dict.fromkeys(_paths(said, ()), 1))
    try:
        model.model_validate(said)
    except ValidationError as error:
        found = [line.removeprefix(":1: ") for line in complaints(document, error, model)]
        raise UsageError("; ".join(found)) from error


def _named(orders: list[FakeOrder]) -> list[FakeOrder]:
    """The orders, each with a name of its own; none is another's SMTP service's."""
    taken = {order.name for order in orders if order.name}
    found: list[FakeOrder] = []
    for order in orders:
        name = order.name or next(each for each in _numbered(order.kind) if each not in taken)
        taken.add(name)
        found.append(replace(order, name=name))
    names = [each for order in found for each in _names_of(order)]
    if twice := sorted({each for each in names if names.count(each) > 1}):
        raise UsageError(f"name: two fakes cannot both be called {twice[0]}")
    return found


def _names_of(order: FakeOrder) -> tuple[str, ...]:
    return (order.name,) if order.kind == SMTP else (order.name, f"{order.name}-smtp")


def _numbered(kind: str) -> Iterator[str]:
    yield kind
    for number in range(2, _MOST_FAKES + 2):
        yield f"{kind}-{number}"


def with_domains(order: FakeOrder, domains: Sequence[str]) -> FakeOrder:
    """The order with these domains in the account, where it names none of its own."""
    account = order.words.get("account", {})
    if order.kind == SMTP or not domains or "domains" in account:
        return order
    listed = [{"name": each} for each in domains]
    words = {**order.words, "account": {**account, "domains": listed}}
    return replace(order, words=words)


def _pairs(text: str) -> Iterator[tuple[str, Any]]:
    """Each word with what it is set to."""
    for part in _split(text):
        word, equals, value = part.partition("=")
        if not equals or not word.strip():
            raise ScenarioError(
                f"{part.strip() or text!r}: words are written word=value,word=value"
            )
        try:
            yield word.strip(), loads(value, source="value").data
        except ScenarioError as error:
            reason = _OF_A_VALUE.sub("", str(error).splitlines()[0])
            raise ScenarioError(f"{word.strip()}: {reason}") from error


def _split(text: str) -> Iterator[str]:
    """At commas that are in no bracket and no quotes."""
    part, closing, quote = "", [""], ""
    for character in text:
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'" and part.rstrip().endswith(("=", ":", ",", "[", "{")):
            quote = character
        elif character in _OPENING:
            closing.append(_OPENING[character])
        elif character == closing[-1]:
            closing.pop()
        elif character == "," and len(closing) == 1:
            yield part
            part = ""
            continue
        part += character
    if text:
        yield part


def _nested(pairs: Iterator[tuple[str, Any]]) -> Words:
    """`auth.required` as a mapping in a mapping."""
    found: Words = {}
    for word, value in pairs:
        *around, last = word.split(".")
        inside = found
        for part in around:
            inside = inside.setdefault(part, {})
            if not isinstance(inside, dict):
                raise ScenarioError(f"{word}: {part} has a value already")
        if last in inside:
            raise ScenarioError(f"{word}: this word stands here twice")
        inside[last] = value
    return found


def _paths(data: Any, at: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    yield at
    inside = data.items() if isinstance(data, dict) else ()
    for key, value in [*inside, *(enumerate(data) if isinstance(data, list) else ())]:
        yield from _paths(value, (*at, key))
