"""One row of a catalogue, and the words that it is made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from harness.model import Level


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceDocument:
    """Where requirements are written. The id of each begins with `prefix` and a hyphen.

    `date` is that of the edition which was read, as exactly as it is known: a year, a month
    (`2025-10`) or a day.
    """

    prefix: str
    title: str
    address: str
    date: str


class Kind(StrEnum):
    """What sort of statement a requirement is."""

    REQUIREMENT = "requirement"
    SETUP_STEP = "setup step"
    SECURITY_MODE = "security mode"
    TROUBLESHOOTING = "troubleshooting"
    NOTE = "note"


class State(StrEnum):
    """Whether scenarios judge a requirement: they do, they do not yet, or nothing ever can."""

    CHECKED = "checked"
    NOT_YET = "not yet"
    UNTESTABLE = "untestable"


class Waiting(StrEnum):
    """What has to be there before a scenario can ask a situation."""

    WORLD = "needs the isolated world"
    DNS = "needs DNS"
    RECEIVER = "needs a receiving side"
    DNS_AND_RECEIVER = "needs DNS and a receiving side"
    CHECK = "needs `harness check`"
    INSIDE = "a sender's inside, which nobody can ask"
    NOT_YET = "not yet"

    @property
    def meaning(self) -> str:
        """What that is, for people."""
        return _WAITING[self]


class Severity(StrEnum):
    """How bad it is to get a situation wrong."""

    C = "C"
    H = "H"
    M = "M"
    L = "L"

    @property
    def meaning(self) -> str:
        """What is at stake, for people."""
        return _MEANINGS[self]

    @property
    def level(self) -> Level:
        """The level that a situation of this severity has."""
        return _LEVELS[self]


class Expectation(StrEnum):
    """What a right sender does with a kind of certificate in a security mode."""

    ACCEPT = "accept"
    REFUSE = "refuse"
    BY_OVERRIDE = "by override"
    """Accept exactly when the certificate has the name of the override."""
    EITHER = "either"
    """Both are right, and which it was is recorded."""
    POLICY = "policy"
    """The sender's own choice, as it states it; which it was is recorded."""
    NOT_ASKED = "not asked"
    """The case does not arise in this mode."""


_MEANINGS = {
    Severity.C: "secrets or content leak, or mail can be forged",
    Severity.H: "a message gets lost or sent twice, or its fate is told wrongly",
    Severity.M: "it fails without need, or the error helps nobody",
    Severity.L: "small matters",
}

_WAITING = {
    Waiting.WORLD: "a network of its own, with other hosts and low ports in it",
    Waiting.DNS: "names that resolve as the case wants it, over the sender's own resolver",
    Waiting.RECEIVER: "somebody who takes the message and judges it as receivers do",
    Waiting.DNS_AND_RECEIVER: "a zone, and a receiver who judges by it: SPF, DKIM and DMARC",
    Waiting.CHECK: "it is about a real server or zone, whatever the sender does",
    Waiting.INSIDE: "it begins in the program, by means that no request to a sender has",
    Waiting.NOT_YET: "it can be asked, and no scenario does",
}

_LEVELS = {
    Severity.C: Level.MUST,
    Severity.H: Level.MUST,
    Severity.M: Level.SHOULD,
    Severity.L: Level.MAY,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectationByMode:
    """The expected outcome for a kind of certificate, by how the sender verifies.

    `verify`: STARTTLS or implicit TLS with verification. `skip`: either, with `skip_ssl_verify`.
    `named`: implicit TLS with the name override `server_name`.
    """

    verify: Expectation
    skip: Expectation
    named: Expectation


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One statement of a document, in our words.

    `section` is where in the document it stands, where that is worth telling. `reason` says
    why nothing checks it: always where it is untestable, and where it is not checked yet, what that
    waits for. `note` says how the row is judged, or what the nearest check is
    where the statement itself cannot be run.
    """

    id: str
    document: SourceDocument
    section: str | None = None
    statement: str
    level: Level
    kind: Kind
    state: State
    reason: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """One way in which software that sends email goes wrong.

    `family` is the first part of the id. `fake` is what the sender meets, `right` what a right
    sender does about it, `decides` the text that says so, where there is one. `modes` belongs to
    the kinds of certificate alone. `severity_derived` marks a severity that is ours. `waits_for`
    says why no bundled scenario covers it, and is None where one does.
    """

    id: str
    family: str
    title: str
    fake: str
    right: str
    severity: Severity
    decides: str | None = None
    severity_derived: bool = False
    modes: ExpectationByMode | None = None
    note: str | None = None
    waits_for: Waiting | None = None

    @property
    def level(self) -> Level:
        """How binding it is; follows from the severity."""
        return self.severity.level


Row: TypeAlias = Requirement | Situation
"""Whatever has an id, a level and a place in a catalogue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SituationFamily:
    """A group of situations; `key` is the first part of their ids."""

    key: str
    title: str


def prefixes(
    documents: Iterable[SourceDocument], families: Iterable[SituationFamily]
) -> Mapping[str, str]:
    """Whose ids begin with what: by prefix, without the hyphen."""
    return {
        **{document.prefix: document.title for document in documents},
        **{each.key: f"the situations: {each.title}" for each in families},
    }
