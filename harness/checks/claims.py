"""What the sender says, against what it should say, what the wire shows and what was captured."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    StrictBool,
    StrictInt,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from harness.fakes.transcript import (
    Acknowledged,
    Event,
    Flooded,
    RecipientRefused,
)
from harness.protocol import ErrorClass, Phase, RefusedRecipient, SendError

from .counts import CountField
from .handed_over import acknowledgements_of, came_too_late, entries_of
from .record import Observation, Reaction, Record, SendRecord, TestRecord, numbers

T = TypeVar("T")


def _listed(value: object) -> object:
    """A tuple, which a strict model takes as well."""
    return tuple(value) if isinstance(value, list | tuple) else (value,)


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"{text!r} is no regular expression: {error}") from error
    return text


class _OneOrMoreSchema:
    """Tells editors that a single value may stand without a list."""

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        listed = handler(schema)
        return {"anyOf": [listed["items"], listed]}


Pattern = Annotated[str, AfterValidator(_pattern)]
OneOrMore = Annotated[tuple[T, ...], BeforeValidator(_listed), _OneOrMoreSchema]
Status = Literal["sent", "queued", "failed"]


class ErrorClause(BaseModel):
    """What an honest error says. Everything that is listed is honest; a sender may say less."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    phase: OneOrMore[Phase] = ()
    """Where it failed: one phase, or a list of those that are honest."""

    class_: OneOrMore[ErrorClass] = Field(default=(), alias="class")
    """What kind of failure it was: one class, or a list of those that are honest. A parent is as
    good as its child, and a child as its parent."""

    temporary: StrictBool | None = None
    """Whether trying again later can help."""

    reply_code: Annotated[StrictInt, Field(ge=200, le=599)] | None = None
    """The server's reply code."""

    says: OneOrMore[Pattern] = ()
    """Regular expressions (any case; `<host>` is the host that the sender was told) that have to be
    found in the sender's own words: one that says nothing does not meet them. An address of
    `connect_to` counts as the one that it stands for."""


class RefusedClause(BaseModel):
    """A recipient whom the sender has to name as refused, beside those who got the message."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    address: str
    """The recipient's address."""

    reply_code: Annotated[StrictInt, Field(ge=200, le=599)] | None = None
    """The server's reply code for that recipient, where the sender tells one."""

    says: OneOrMore[Pattern] = ()
    """Regular expressions that have to be found in what it tells of that recipient."""


class SenderClause(BaseModel):
    """What the sender has to report."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    status: OneOrMore[Status] = ()
    """Whether it was sent: one status, or both in a list."""

    error: ErrorClause | None = None
    """What an honest error says, where it failed."""

    attempts: CountField | None = None
    """How many connections (by an API: requests) it says it made."""

    refused: tuple[RefusedClause, ...] | None = None
    """The recipients whom it has to name as refused, no more and no fewer."""


def answers(record: Record) -> Observation:
    """Whether the sender answered each time, in the way that the protocol has."""
    silent = [
        each
        for each in record.asked
        if each.reaction not in _ANSWERS and not getattr(each, "killed", False)
    ]
    return Observation(
        met=not silent,
        expected="an answer",
        observed=silent[0].summary if silent else "it answered",
    )


_ANSWERS = {Reaction.ANSWERED, Reaction.UNSUPPORTED}


def flood(record: Record) -> Observation:
    """Whether the sender came to an end, rather than talk to the servers for ever."""
    found = list(record.of(Flooded))
    seen = [f"{fact.events} events with {fact.kept} octets" for _, fact in found]
    return Observation(
        met=not found,
        expected="as much talk as a message needs",
        observed=", ".join(seen) or "no more than that",
        events=numbers([event for event, _ in found]),
    )


def honesty(record: Record) -> Observation:
    """Whether `sent` and `failed` agree with what the server had acknowledged."""
    expected = "sent exactly where the server acknowledged the message"
    for send in record.told:
        if send.answer is None:
            continue
        within = list(record.during(send))
        if record.has_a_queue:
            # Others may be handed over at the same time.
            own = {event.number for event in acknowledgements_of(send, record)}
            within = [e for e in within if e.number in own or not isinstance(e.fact, Acknowledged)]
        positive = [(e, e.fact) for e in within if isinstance(e.fact, Acknowledged)]
        taken = [e for e, fact in positive if fact.messages and not came_too_late(e, send, record)]
        if send.answer.status == "sent" and not positive:
            observed = "the sender says sent, and no server acknowledged a message"
            cited = numbers(within[-1:])
            return Observation(met=False, expected=expected, observed=observed, events=cited)
        if send.answer.status == "failed" and taken and not _tells_who_was_refused(send, within):
            observed = "the sender says failed, and the server had acknowledged the message"
            cited = numbers(taken)
            return Observation(met=False, expected=expected, observed=observed, events=cited)
    return Observation(met=True, expected=expected, observed="they agree")


def _tells_who_was_refused(send: SendRecord | TestRecord, within: Sequence[Event]) -> bool:
    """Whether a failure is one for the recipients that it names, and they were refused.

    RFC 5321 section 3.3 leaves open what becomes of a message that only some of its recipients
    may get; some libraries call that a failure, and say for whom.
    """
    refused = {e.fact.address.lower() for e in within if isinstance(e.fact, RecipientRefused)}
    told = {each.address.lower() for each in send.answer.refused} if send.answer else set()
    return bool(told) and told <= refused


def discretion(record: Record) -> Observation:
    """Whether the sender's words are free of the secrets that it was given."""
    found = dict.fromkeys(
        name
        for send in record.asked
        for name in (*record.secrets.found_in(send.words), *send.unkept)
    )
    return Observation(
        met=not found,
        expected="no secret in what the sender says",
        observed="it says the " + " and the ".join(found) if found else "none",
        leak=bool(found),
    )


def ask_sender(
    send: SendRecord | TestRecord, wanted: SenderClause, *, host: str
) -> Iterator[tuple[str, Observation]]:
    """Each part of a sender clause that has something to say, with the check's name.

    One that reports no failure is asked nothing about an error: its status convicts it.
    """
    if send.answer is None:
        return
    answer = send.answer
    if wanted.status:
        yield "sender.status", _one_of("status", answer.status, tuple(wanted.status))
    if wanted.attempts is not None and answer.attempts is not None:
        held = wanted.attempts.holds(answer.attempts)
        yield (
            "sender.attempts",
            Observation(
                met=held,
                expected=f"attempts: {wanted.attempts}",
                observed=f"attempts: {answer.attempts}",
            ),
        )
    if wanted.refused is not None:
        yield from _ask_refused(answer.refused, wanted.refused)
    if wanted.error is not None and answer.status == "failed":
        error = answer.error or SendError()
        yield from ask_error(error, wanted.error, host=host, connect_to=send.request.connect_to)


def _ask_refused(
    told: tuple[RefusedRecipient, ...], wanted: tuple[RefusedClause, ...]
) -> Iterator[tuple[str, Observation]]:
    by_address = {each.address.lower(): each for each in told}
    names = [each.address.lower() for each in wanted]
    yield (
        "sender.refused",
        Observation(
            met=set(by_address) == set(names),
            expected=f"refused: {', '.join(names) or 'nobody'}",
            observed=f"refused: {', '.join(by_address) or 'nobody is named'}",
        ),
    )
    for want in wanted:
        named = by_address.get(want.address.lower())
        if named is None:
            continue
        if want.reply_code is not None and named.reply_code is not None:
            yield (
                "sender.refused.reply_code",
                _one_of("code", named.reply_code, (want.reply_code,)),
            )
        if want.says:
            yield "sender.refused.says", _says(named.message or "", tuple(want.says), {})


def ask_error(
    error: SendError, wanted: ErrorClause, *, host: str, connect_to: Mapping[str, str]
) -> Iterator[tuple[str, Observation]]:
    """Each part of what an honest error says."""
    if wanted.phase and error.phase is not None:
        yield "sender.error.phase", _one_of("phase", error.phase, wanted.phase)
    if wanted.class_ and error.class_ is not None:
        yield "sender.error.class", _class(error.class_, wanted.class_)
    if wanted.temporary is not None and error.temporary is not None:
        yield "sender.error.temporary", _one_of("temporary", error.temporary, (wanted.temporary,))
    if wanted.reply_code is not None and error.reply_code is not None:
        yield "sender.error.reply_code", _one_of("code", error.reply_code, (wanted.reply_code,))
    if wanted.says:
        patterns = tuple(want.replace("<host>", re.escape(host)) for want in wanted.says)
        yield "sender.error.says", _says(error.message or "", patterns, connect_to)


def unmapped(words: str, connect_to: Mapping[str, str]) -> str:
    """What a sender says, with the addresses that it was told in place of those dialled for them.

    Nobody but the harness has put one in the place of the other, so none can be held against it.
    """
    told: dict[str, str] = {}
    for logical, real in connect_to.items():
        told.setdefault(real, logical)
    for real, logical in told.items():
        words = _renamed(words, _host_and_port(real), _host_and_port(logical))
    return words


def _host_and_port(address: str) -> tuple[str, str]:
    host, _, port = address.rpartition(":")
    return host.strip("[]"), port


def _renamed(words: str, dialled: tuple[str, str], told: tuple[str, str]) -> str:
    pattern = _BEFORE_A_PORT.join(map(re.escape, dialled))
    return re.sub(rf"{pattern}\b", lambda found: found["between"].join(told), words)


# As in "127.0.0.1:25", "('127.0.0.1', 25)", "127.0.0.1 port 25" and "127.0.0.1 on port 25".
_BEFORE_A_PORT = r"(?P<between>\W{1,4}(?:(?:on )?port\W{1,2})?)"


def _one_of(what: str, given: object, wanted: tuple[object, ...]) -> Observation:
    choices = " or ".join(str(choice).lower() for choice in wanted)
    return Observation(
        met=given in wanted,
        expected=f"{what} {choices}",
        observed=f"{what} {str(given).lower()}",
    )


def _class(given: ErrorClass, wanted: tuple[ErrorClass, ...]) -> Observation:
    """A parent is as good as its child, and a child as its parent."""
    met = any(given is want or given.parent is want or want.parent is given for want in wanted)
    expected = " or ".join(wanted)
    return Observation(met=met, expected=f"class {expected}", observed=f"class {given}")


def _says(message: str, wanted: tuple[str, ...], connect_to: Mapping[str, str]) -> Observation:
    meant = unmapped(message, connect_to)
    missing = [want for want in wanted if not re.search(want, meant, re.IGNORECASE)]
    return Observation(
        met=not missing,
        expected="words that match " + " and ".join(f"/{want}/" for want in wanted),
        observed=f"it says: {message}" if message else "it says nothing",
    )


def sent_and_taken(record: Record) -> Iterator[tuple[str, Observation]]:
    """What every control has to show: each send reported as sent, and taken once."""
    for send in record.told:
        status = _last_said(send, record)
        yield (
            "sender.status",
            Observation(met=status == "sent", expected="status sent", observed=f"status {status}"),
        )
    taken = record.handovers
    yield (
        "messages",
        Observation(
            met=len(taken) == len(record.told),
            expected=f"messages taken by the server: {len(record.told)}",
            observed=f"messages taken by the server: {len(taken)}",
            events=numbers([event for handover in taken for event in handover.events]),
        ),
    )


def _last_said(send: SendRecord | TestRecord, record: Record) -> str:
    """What the sender says of a message in the end: its answer, or where it queued it, its log."""
    if send.answer is None:
        return send.summary
    logs = [log.deliveries for log in record.logs if log.deliveries is not None]
    if send.answer.status == "queued" and logs:
        return next((entry.state for entry in entries_of(send, logs[-1])), "queued")
    return send.answer.status
