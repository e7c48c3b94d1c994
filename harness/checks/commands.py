"""How often the sender gave a command. This module knows SMTP."""

from __future__ import annotations

from functools import partial

from harness.fakes.smtp.facts import Command
from harness.fakes.smtp.order import Verb
from harness.fakes.transcript import Closed, Connected

from .check import Check
from .counts import Count, CountField
from .record import Observation, Record, numbers

# The commands that say something about a sender; the key is the verb in lower case.
_WORDS = {
    "EHLO": "how often the sender said EHLO",
    "HELO": "how often the sender said HELO",
    "STARTTLS": "how often the sender asked for STARTTLS",
    "AUTH": "how often the sender tried to log in",
    "MAIL": "how often the sender began a message",
    "DATA": "how often the sender sent content",
    "QUIT": "how often the sender said goodbye",
}
# Where they are forbidden, doing them to somebody who is not to read them shows credentials,
# addresses or content.
_EXPOSING = {"AUTH", "MAIL", "DATA"}
_VERBS = frozenset(Verb)


def _count(record: Record, wanted: Count, *, verb: str) -> Observation:
    found = [event for event, command in record.of(Command) if command.verb == verb]
    exposed = any(record.is_exposed(event) for event in found)
    if verb == "QUIT" and not found and not _left(record):
        # A session may go on: only who ends it has to say goodbye.
        return Observation(met=True, expected=f"QUIT commands: {wanted}", observed="it goes on")
    return Observation(
        met=wanted.holds(len(found)),
        expected=f"{verb} commands: {wanted}",
        observed=f"{verb} commands: {len(found) or 'none'}",
        events=numbers(found),
        leak=verb in _EXPOSING and wanted.most == 0 and exposed,
    )


def _unknown(record: Record, wanted: Count) -> Observation:
    """Lines that no server could take for a command, as a password where none was asked for."""
    found = [event for event, command in record.of(Command) if command.verb not in _VERBS]
    return Observation(
        met=wanted.holds(len(found)),
        expected=f"lines that are no command: {wanted}",
        observed=f"lines that are no command: {len(found) or 'none'}",
        events=numbers(found),
    )


def _left(record: Record) -> bool:
    """Whether the sender has ended a connection itself, or never had one."""
    connected = {event.connection for event, _ in record.of(Connected)}
    return not connected or any(closed.by == "sender" for _, closed in record.of(Closed))


_COUNTED = (
    Check(key=verb.lower(), words=words, wanted=CountField, ask=partial(_count, verb=verb))
    for verb, words in _WORDS.items()
)
CHECKS = (
    *_COUNTED,
    Check(
        key="unknown-commands",
        words="how often the sender gave a command that there is not",
        wanted=CountField,
        ask=_unknown,
    ),
)
