"""The words of a verdict: levels, findings, verdicts, and what a run produced.

Plain values, made by the judge and read by every report. Nothing here does I/O.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Level(StrEnum):
    """How binding a row is. Ordered: MUST is the highest."""

    MUST = "MUST"
    SHOULD = "SHOULD"
    MAY = "MAY"
    INFO = "INFO"

    @property
    def rank(self) -> int:
        """0 for MUST, 3 for INFO."""
        return _RANKS[self]

    @property
    def fails_a_case(self) -> bool:
        """Whether an unmet finding of this level fails its case."""
        return self.rank <= Level.SHOULD.rank

    @classmethod
    def highest(cls, levels: Iterable[Level]) -> Level:
        """The most binding of `levels`; INFO when there is none."""
        return min(levels, key=lambda level: level.rank, default=cls.INFO)


_RANKS = {level: rank for rank, level in enumerate(Level)}


class Verdict(StrEnum):
    """The outcome of a case."""

    PASS = "pass"
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    UNSUPPORTED = "unsupported"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One question put to the record of a case, and its answer.

    `events` are numbers of transcript events, the evidence. `rows` are the ids of the
    requirements and situations that the question decides; `level` is the highest of theirs.
    `leak` marks a finding about credentials or content exposed, which convicts a sender even
    where its control failed.
    """

    check: str
    met: bool
    level: Level
    expected: str
    observed: str
    events: tuple[int, ...] = ()
    rows: tuple[str, ...] = ()
    leak: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenHandshake:
    """A TLS handshake, as the fake saw it; `event` is where it ended.

    `server_name` is the SNI, None without one; `offered` are the sender's versions. `failure` is
    None where TLS was established; elsewhere `version` and `cipher` are empty. `certificate` is the
    kind that was presented, `about` tells what is wrong with it, `has_to_be_refused` whether a
    sender that verifies turns it down.
    """

    event: int
    connection: int
    server_name: str | None
    offered: tuple[str, ...]
    version: str = ""
    cipher: str = ""
    certificate: str = ""
    about: str = ""
    has_to_be_refused: bool = False
    failure: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenMessage:
    """A message that a fake took, redacted.

    `content` is the beginning of it as MIME, of `octets` in all; `event` is where it was taken.
    """

    event: int
    content: bytes
    octets: int
    mail_from: str
    rcpt_tos: tuple[str, ...]
    secure: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseResult:
    """What became of one case.

    `answer` is the sender's answer document (redacted, JSON-ready) or None when it gave none.
    `conversation` is the transcript as redacted lines for a person, `(event number, line)`.
    `unmet_need` names the mode in which a case could have been asked that was unsupported here
    (`connect_to`, …), `lacking` everything that the sender would have to declare for it, so that
    it was never asked. `duration` is in seconds. `rows`: what the case says of each requirement
    and situation that it decides. `complaints` are what the author of the sender got wrong in its
    answers, redacted; they decide nothing. `departure` says how the case departs from what a
    baseline expects of it; `expected_failure` holds where the baseline has it fail, as it does or
    did. `handshakes` and `messages` are for people to look at, the first of each.
    `mail` are the pages that show the messages which were taken, where a mirror did.
    """

    id: str
    scenario: str
    title: str
    axes: Mapping[str, str]
    tags: tuple[str, ...]
    requirements: tuple[str, ...]
    situations: tuple[str, ...]
    verdict: Verdict
    level: Level | None
    reason: str | None
    control: str | None
    is_control: bool = False
    expected_failure: bool = False
    findings: tuple[Finding, ...] = ()
    answer: Mapping[str, Any] | None = None
    duration: float = 0.0
    evidence: str | None = None
    unmet_need: str | None = None
    lacking: tuple[str, ...] = ()
    source: str | None = None
    conversation: tuple[tuple[int, str], ...] = ()
    output: str = ""
    rows: Mapping[str, Verdict] = field(default_factory=dict)
    complaints: tuple[str, ...] = ()
    departure: str | None = None
    handshakes: tuple[SeenHandshake, ...] = ()
    messages: tuple[TakenMessage, ...] = ()
    mail: tuple[str, ...] = ()

    @property
    def unmet(self) -> tuple[Finding, ...]:
        """The findings that are not met, most binding first."""
        return tuple(
            sorted((f for f in self.findings if not f.met), key=lambda finding: finding.level.rank)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RequirementResult:
    """A requirement's verdict: the worst that its cases say of it, or why there is none.

    `verdict` is a `Verdict` value, "untestable" or "not run"; `reason` says why for those two.
    """

    id: str
    level: Level
    verdict: str
    cases: tuple[str, ...] = ()
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """A whole run. `interrupted` holds when it was cut short; what had run is in `cases`.

    `total` is how many cases were to run; None: those that did. `trouble` says what cut it short,
    where that was neither a person nor a signal, and `ended_early` why no more was asked.
    `is_unnamed`: nobody named a sender, so the one that comes with the harness was judged.
    `complaints` are what the author of the sender got wrong in its description of itself. `stale`
    has a line for each entry of the baseline that is about no case.
    """

    harness: str
    seed: int
    sender: str
    started: datetime
    duration: float
    cases: tuple[CaseResult, ...]
    requirements: tuple[RequirementResult, ...]
    strict: bool = False
    interrupted: bool = False
    notes: tuple[str, ...] = field(default=())
    complaints: tuple[str, ...] = ()
    total: int | None = None
    trouble: str | None = None
    ended_early: str | None = None
    is_unnamed: bool = False
    stale: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether everything that was to run has run."""
        return not self.interrupted and self.ended_early is None

    @property
    def caveats(self) -> tuple[str, ...]:
        """What nobody who reads one line of the run may miss."""
        found = [self.ended_early, self.trouble]
        if not self.is_whole and self.total is not None:
            found.append(f"{len(self.cases)} of {self.total} cases ran")
        if self.is_unnamed:
            found.append("no sender was named: this is about the reference sender")
        return tuple(text for text in found if text)

    @property
    def summary(self) -> dict[str, int]:
        """How many cases ended in each verdict; controls are counted as cases."""
        counts = dict.fromkeys((verdict.value for verdict in Verdict), 0)
        for case in self.cases:
            counts[case.verdict.value] += 1
        return counts
