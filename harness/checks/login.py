"""How the sender logged in. This module knows SMTP."""

from __future__ import annotations

from typing import Literal

from harness.fakes.smtp.facts import AuthOutcome, AuthResponse, Command
from harness.fakes.transcript import Event

from .check import Check
from .counts import Count, CountField
from .record import Observation, Record, numbers


def accepted(record: Record, wanted: Count) -> Observation:
    """How often the right credentials were presented, octet for octet."""
    attempts = [(event, outcome) for event, outcome in record.of(AuthOutcome)]
    good = [outcome for _, outcome in attempts if outcome.accepted]
    return Observation(
        met=wanted.holds(len(good)),
        expected=f"log-ins with the right credentials: {wanted}",
        observed=f"right: {len(good) or 'none'}, wrong: {len(attempts) - len(good) or 'none'}",
        events=numbers([event for event, _ in attempts]),
    )


def wrong_credentials(record: Record, wanted: Literal["never"]) -> Observation:
    """Whether other credentials than the account's were presented."""
    del wanted
    found = [event for event, outcome in record.of(AuthOutcome) if not outcome.accepted]
    return Observation(
        met=not found,
        expected="no other credentials than those configured",
        observed=f"other credentials: {len(found)} times" if found else "none",
        events=numbers(found),
    )


def mechanisms(record: Record, wanted: tuple[str, ...]) -> Observation:
    """Which mechanisms the sender tried."""
    tried = [
        (event, command.argument.split(" ")[0].upper())
        for event, command in record.of(Command)
        if command.verb == "AUTH"
    ]
    names = dict.fromkeys(name for _, name in tried)
    return Observation(
        met=set(names) <= {name.upper() for name in wanted},
        expected="no mechanism but " + " or ".join(wanted) if wanted else "no mechanism at all",
        observed="tried: " + ", ".join(names) if names else "tried none",
        events=numbers([event for event, _ in tried]),
    )


# An empty line (XOAUTH2), a Control-A or the end of the exchange (RFC 7628 section 3.2.3).
_ACKNOWLEDGED = frozenset([b"", b"AQ==", b"*"])
_BY_TOKEN = frozenset(["XOAUTH2", "OAUTHBEARER"])


def refused_token(record: Record, wanted: Literal["acknowledged"]) -> Observation:
    """Whether the document about a refused token was answered, so that the refusal can follow."""
    del wanted
    refused = [
        event
        for event, outcome in record.of(AuthOutcome)
        if outcome.mechanism in _BY_TOKEN and not outcome.accepted
    ]
    answers = [(event, _next_answer(record, event)) for event in refused]
    wrong = [event for event, line in answers if line not in _ACKNOWLEDGED]
    said = dict.fromkeys(
        "nothing" if line is None else repr(line.decode("latin-1")) for _, line in answers
    )
    return Observation(
        met=not wrong,
        expected="the 334 about a refused token answered by an empty line (or a Control-A, or `*`)",
        observed="answered by " + ", ".join(said) if said else "no token was refused",
        events=numbers(wrong or refused),
    )


def _next_answer(record: Record, outcome: Event) -> bytes | None:
    """What was said next in the exchange to which an outcome belongs; None where nothing was."""
    for event in record.events:
        if event.number <= outcome.number or event.connection != outcome.connection:
            continue
        if isinstance(event.fact, Command):
            return None
        if isinstance(event.fact, AuthResponse):
            return event.fact.line
    return None


def answers(record: Record, wanted: Count) -> Observation:
    """How many lines the sender answered to challenges, those that end the exchange included."""
    found = [event for event, _ in record.of(AuthResponse)]
    return Observation(
        met=wanted.holds(len(found)),
        expected=f"answers to challenges: {wanted}",
        observed=f"answers to challenges: {len(found) or 'none'}",
        events=numbers(found),
    )


CHECKS = (
    Check(
        key="auth-answers",
        words="how many lines the sender answered to challenges of AUTH",
        wanted=CountField,
        ask=answers,
    ),
    Check(
        key="refused-token",
        words="how the 334 that explains a refused OAuth token was answered",
        wanted=Literal["acknowledged"],
        ask=refused_token,
    ),
    Check(
        key="wrong-credentials",
        words="whether other credentials than the configured ones were presented",
        wanted=Literal["never"],
        ask=wrong_credentials,
    ),
    Check(
        key="logged-in",
        words="how often the right credentials were presented",
        wanted=CountField,
        ask=accepted,
    ),
    Check(
        key="mechanisms",
        words="which mechanisms the sender may try",
        wanted=tuple[str, ...],
        ask=mechanisms,
    ),
)
