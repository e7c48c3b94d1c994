"""What a sender does for being told `localhost`, and nowhere else. This module knows SMTP."""

from __future__ import annotations

from harness.fakes.smtp.facts import Command

from .record import Reaction, Record

# The names for which Go's `net/smtp` gives a password away in clear, by PLAIN and by nothing else.
_EXCEPTED = {"localhost", "127.0.0.1", "::1", "[::1]"}
# Checks in whose answer the name of the host has no part, whatever a library does at localhost.
BEYOND_DOUBT = frozenset(["answers", "discretion", "flood", "honesty"])
_WORDS = (
    "the sender was told {host}, where some libraries (Go's) allow PLAIN in clear and nowhere else:"
    " a sender with the feature connect_to is told another name, which decides it"
)


def relaxed_rule(record: Record) -> str | None:
    """Why what followed a log-in in clear may be an artefact of the loopback, or None.

    PLAIN alone is excepted by libraries, so that a sender which logs in by anything else, or says
    MAIL without a log-in, is in no doubt. Nor is one that was told to be in clear: it may; nor one
    that calls unsupported what it then does: no library does that for it.
    """
    if record.in_clear or record.host.lower() not in _EXCEPTED:
        return None
    if record.last.reaction is Reaction.UNSUPPORTED:
        return None
    logins = [
        command
        for _, command in record.of(Command)
        if command.verb == "AUTH" and not command.secure
    ]
    by_plain = all(login.argument.split(" ")[0].upper() == "PLAIN" for login in logins)
    return _WORDS.format(host=record.host) if logins and by_plain else None
