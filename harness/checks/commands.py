"""How often the sender gave a command."""

from __future__ import annotations

from functools import partial

from harness.fakes.transcript import Command

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
# Where they are forbidden, doing them in clear, or to a peer with a certificate that has to be
# refused, shows credentials, addresses or content to the wrong one; a sender that is told to be in
# clear shows them to nobody whom its configuration does not let read them.
_EXPOSING = {"AUTH", "MAIL", "DATA"}


def _count(record: Record, wanted: Count, *, verb: str) -> Observation:
    found = [event for event, command in record.of(Command) if command.verb == verb]
    exposed = not record.in_clear and any(
        record.untrusted or not command.secure
        for _, command in record.of(Command)
        if command.verb == verb
    )
    return Observation(
        met=wanted.holds(len(found)),
        expected=f"{verb} commands: {wanted}",
        observed=f"{verb} commands: {len(found) or 'none'}",
        events=numbers(found),
        leak=verb in _EXPOSING and wanted.most == 0 and exposed,
    )


CHECKS = tuple(
    Check(
        key=verb.lower(),
        words=words,
        wanted=CountField,
        ask=partial(_count, verb=verb),
    )
    for verb, words in _WORDS.items()
)
