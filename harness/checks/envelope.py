"""What stands in the commands of a transaction: paths and parameters. This module knows SMTP."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Literal

from harness.fakes.message import CapturedMessage
from harness.fakes.smtp.facts import Command
from harness.fakes.transcript import Event, MessageCaptured

from .check import Check
from .counts import Count, CountField
from .record import Observation, Record, SendRecord, numbers

# RFC 5321 section 3.3: no blank on either side of the colon; section 4.1.2: angle brackets always.
_PATH = re.compile(
    r'(?:MAIL FROM|RCPT TO):<(?:[^<>"\s]|"(?:[^"\\]|\\.)*")*>'
    r"(?: +[A-Za-z0-9][A-Za-z0-9-]*(?:=[^ =]+)?)* *",
    re.IGNORECASE,
)
_UNASKED = frozenset(["RET", "ENVID", "NOTIFY", "ORCPT", "REQUIRETLS", "MT-PRIORITY"])


def mail_syntax(record: Record, wanted: Literal["as-specified"]) -> Observation:
    """Whether MAIL and RCPT are written as RFC 5321 has them: `FROM:<a>`, without a blank."""
    del wanted
    odd = {
        command.line.decode("utf-8", "replace"): event
        for event, command in record.of(Command)
        if command.verb in {"MAIL", "RCPT"}
        and not _PATH.fullmatch(command.line.decode("utf-8", "replace"))
    }
    return Observation(
        met=not odd,
        expected="MAIL FROM:<a> and RCPT TO:<b>, with brackets and without a blank at the colon",
        observed="; ".join(odd) or "so it is",
        events=numbers(list(odd.values())),
    )


def envelope(record: Record, wanted: Literal["as-asked"]) -> Observation:
    """Whether MAIL and RCPT name whom they were asked to, each once, unchanged.

    In any order: some senders sort them by domain. Several transactions count together. Domains may
    be in A-labels, and in any case.
    """
    del wanted
    wrong: dict[str, None] = {}
    cited: list[int] = []
    for send in record.sends:
        taken = list(record.captured_in(send))
        if not taken:
            continue
        cited += [event.number for event, _ in taken]
        asked = list(dict.fromkeys(map(_alike, send.request.message.recipients)))
        named = [each for _, message in taken for each in message.rcpt_tos]
        if sorted(map(_alike, named)) != sorted(asked):
            wrong[f"recipients {', '.join(named)}"] = None
        sender = _envelope_sender(send)
        strange = [each.mail_from for _, each in taken if _alike(each.mail_from) != _alike(sender)]
        wrong |= dict.fromkeys(f"sender <{each}>" for each in strange)
    return Observation(
        met=not wrong,
        expected="sender and recipients as they were asked for",
        observed="; ".join(wrong) or "as asked for",
        events=tuple(cited),
    )


def _envelope_sender(send: SendRecord) -> str:
    asked = send.request.message
    return asked.from_.address if asked.envelope_from is None else asked.envelope_from


def _alike(address: str) -> tuple[str, str]:
    """What makes two addresses one: the local part as it stands, the domain in A-labels."""
    local, _, domain = address.rpartition("@")
    with suppress(UnicodeError):  # what has no A-labels is compared as it stands
        domain = domain.encode("idna").decode("ascii")
    return local, domain.lower()


def declared_sizes(record: Record, wanted: Literal["enough"]) -> Observation:
    """Whether no message is larger than MAIL declared it (RFC 1870 section 5).

    The dots of dot-stuffing do not count. Nobody has to declare a size.
    """
    del wanted
    wrong = {
        f"SIZE={declared[0]} for {len(message.content)} octets": event
        for event, message, parameters in _transactions(record)
        if (declared := [value for name, value in parameters if name == "SIZE"])
        and not (declared[0].isdigit() and int(declared[0]) >= len(message.content))
    }
    return Observation(
        met=not wrong,
        expected="a declared size that is no less than the message's",
        observed="; ".join(wrong) or "so it is",
        events=numbers(list(wrong.values())),
    )


def smtputf8(record: Record, wanted: Count) -> Observation:
    """How often MAIL asked for SMTPUTF8."""
    found = [
        event
        for event, command in record.of(Command)
        if command.verb == "MAIL" and "SMTPUTF8" in dict(_parameters(command))
    ]
    return Observation(
        met=wanted.holds(len(found)),
        expected=f"MAIL with SMTPUTF8: {wanted}",
        observed=f"MAIL with SMTPUTF8: {len(found) or 'none'}",
        events=numbers(found),
    )


def unasked_parameters(record: Record, wanted: Count) -> Observation:
    """How often MAIL or RCPT had a parameter of DSN, REQUIRETLS or MT-PRIORITY.

    A request cannot ask for any of these, so that each is one that nobody asked for.
    """
    found = {
        f"{command.verb} with {name}": event
        for event, command in record.of(Command)
        if command.verb in {"MAIL", "RCPT"}
        for name, _ in _parameters(command)
        if name in _UNASKED
    }
    return Observation(
        met=wanted.holds(len(found)),
        expected=f"parameters that nobody asked for: {wanted}",
        observed=", ".join(found) or "none",
        events=numbers(list(found.values())),
    )


def eight_bit(record: Record, wanted: Literal["declared"]) -> Observation:
    """Whether octets above 127 come only where MAIL has declared them.

    In commands that takes SMTPUTF8 (RFC 6531), in a message BODY=8BITMIME (RFC 6152) or SMTPUTF8.
    """
    del wanted
    found: dict[str, Event] = {}
    for event, command in record.of(Command):
        is_declared = "SMTPUTF8" in dict(_parameters(command)) or _asked_for_utf8(event, record)
        if not command.line.isascii() and not is_declared:
            found[f"in {command.verb}"] = event
    for event, message, parameters in _transactions(record):
        said = dict(parameters)
        if not message.wire.isascii() and said.get("BODY") != "8BITMIME" and "SMTPUTF8" not in said:
            found["in a message"] = event
    return Observation(
        met=not found,
        expected="octets above 127 only where they were declared",
        observed=f"undeclared octets above 127 {' and '.join(found)}" if found else "so it is",
        events=numbers(list(found.values())),
    )


def _asked_for_utf8(event: Event, record: Record) -> bool:
    """Whether the MAIL before this event has declared SMTPUTF8."""
    mails = [
        command
        for each, command in record.of(Command)
        if command.verb == "MAIL"
        and each.connection == event.connection
        and each.number < event.number
    ]
    return bool(mails) and "SMTPUTF8" in dict(_parameters(mails[-1]))


def _transactions(
    record: Record,
) -> Iterator[tuple[Event, CapturedMessage, list[tuple[str, str]]]]:
    """Every message that was taken, with the parameters of its MAIL."""
    mails: dict[int, Command] = {}
    for event in record.events:
        fact = event.fact
        if isinstance(fact, Command) and fact.verb == "MAIL":
            mails[event.connection] = fact
        elif isinstance(fact, MessageCaptured) and isinstance(fact.message, CapturedMessage):
            mail = mails.get(event.connection)
            yield event, fact.message, list(_parameters(mail)) if mail else []


def _parameters(command: Command) -> Iterator[tuple[str, str]]:
    """The parameters behind the path, in upper case; "" where one has no value."""
    for word in command.argument.rpartition(">")[2].upper().split():
        name, _, value = word.partition("=")
        yield name, value


CHECKS = (
    Check(
        key="mail-syntax",
        words="whether MAIL and RCPT are written as RFC 5321 has them",
        wanted=Literal["as-specified"],
        ask=mail_syntax,
    ),
    Check(
        key="envelope",
        words="whether MAIL and RCPT name whom they were asked to, each once and unchanged",
        wanted=Literal["as-asked"],
        ask=envelope,
    ),
    Check(
        key="declared-sizes",
        words="whether no message is larger than it was declared",
        wanted=Literal["enough"],
        ask=declared_sizes,
    ),
    Check(
        key="smtputf8",
        words="how often MAIL asked for SMTPUTF8",
        wanted=CountField,
        ask=smtputf8,
    ),
    Check(
        key="unasked-parameters",
        words="how often MAIL or RCPT used DSN, REQUIRETLS or MT-PRIORITY unasked",
        wanted=CountField,
        ask=unasked_parameters,
    ),
    Check(
        key="eight-bit",
        words="whether octets above 127 come only where they were declared",
        wanted=Literal["declared"],
        ask=eight_bit,
    ),
)
