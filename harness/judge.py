"""From the record of a case to its findings and its verdict: pure functions.

The verdict, in the order in which it is decided:

1. the fake broke: *error*;
2. the sender said unsupported: *unsupported*, unless something leaked all the same: *fail*;
3. credentials or content leaked: *fail*, even where the control failed or nothing was answered;
4. the sender did not answer: *fail* where it has shown that it can answer, else *error*;
5. the control did not pass: *inconclusive*;
6. a finding at MUST or SHOULD is not met: *fail*;
7. the situation never arose: *inconclusive*;
8. *pass*.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from harness.checks import wire_checks
from harness.checks.claims import answers, ask_sender, discretion, honesty, sent_and_taken
from harness.checks.exposure import content_in_clear, credentials_in_clear
from harness.checks.loopback import relaxed_rule
from harness.checks.record import Observation, Reaction, Record
from harness.checks.reported import reported
from harness.fakes.transcript import Broke, ClientHelloSeen, Connected, FaultActed
from harness.model import Finding, Level, Verdict
from harness.requirements import Catalogue
from harness.scenario.case import Case

# What the name of the host has no part in, whatever a library does at localhost.
_BEYOND_DOUBT = {"answers", "discretion", "honesty"}
# What the questions that are put to every case decide.
_HONESTY_ROWS = ("ORY-045", "DLV-02", "DLV-03")
_EXPOSURE_ROWS = ("MODE-02", "STLS-17")
_DISCRETION_ROWS = ("AUTH-30", "DLV-09")
_REPORTED_ROWS = {"sender.error.http_status": ("DLV-08",), "sender.provider_id": ("DLV-10",)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A verdict with its findings. `level` is the highest of the findings that fail the case."""

    verdict: Verdict
    findings: tuple[Finding, ...]
    level: Level | None = None
    reason: str | None = None


def judge(
    case: Case,
    record: Record,
    catalogue: Catalogue,
    *,
    control: Verdict | None,
    has_answered: bool,
) -> Judgement:
    """Judge one case.

    `control` is the verdict of its control, None where it has none. `has_answered`: the sender
    answered the harness's first request, so that silence is its fault and not the adapter's.
    """
    broke = [fact for _, fact in record.of(Broke)]
    if broke:
        reason = record.secrets.redact_text(f"the fake broke: {broke[0].error}")
        return Judgement(verdict=Verdict.ERROR, findings=(), reason=reason)
    findings = tuple(_findings(case, record, catalogue))
    if record.last.reaction is Reaction.UNSUPPORTED:
        return _unsupported(findings, record)
    failing = [f for f in findings if not f.met and f.level.fails_a_case]
    level = Level.highest(f.level for f in failing) if failing else None
    if any(f.leak for f in failing):
        return Judgement(verdict=Verdict.FAIL, findings=findings, level=level)
    silent = next((f for f in findings if f.check == "answers" and not f.met), None)
    if silent is not None:
        if has_answered or control is Verdict.PASS:
            return Judgement(verdict=Verdict.FAIL, findings=findings, level=level)
        return Judgement(verdict=Verdict.ERROR, findings=findings, reason=silent.observed)
    if control is not None and control is not Verdict.PASS:
        reason = f"its control did not pass ({control})"
        return _undecided(findings, reason)
    if failing:
        return Judgement(verdict=Verdict.FAIL, findings=findings, level=level)
    missing = _what_did_not_arise(case, record)
    if missing:
        return _undecided(findings, missing)
    return Judgement(verdict=Verdict.PASS, findings=findings)


def _undecided(findings: tuple[Finding, ...], reason: str) -> Judgement:
    """Nothing is proved; the level is that of what would have been decided."""
    return Judgement(
        verdict=Verdict.INCONCLUSIVE,
        findings=findings,
        level=Level.highest(finding.level for finding in findings if finding.rows),
        reason=reason,
    )


def _unsupported(findings: tuple[Finding, ...], record: Record) -> Judgement:
    leaks = tuple(f for f in findings if f.leak and not f.met)
    if leaks:
        level = Level.highest(f.level for f in leaks)
        return Judgement(verdict=Verdict.FAIL, findings=leaks, level=level)
    reason = record.secrets.redact_text(record.last.summary) or "the sender says so"
    return Judgement(verdict=Verdict.UNSUPPORTED, findings=(), reason=reason)


# Findings.


def _findings(case: Case, record: Record, catalogue: Catalogue) -> Iterator[Finding]:
    doubt = relaxed_rule(record)

    def decided(check: str, seen: Observation, rows: tuple[str, ...]) -> Finding:
        level = Level.highest(catalogue.level(row) for row in rows) if rows else Level.MUST
        lowered = case.then.levels.get(check) if case.then is not None else None
        if lowered is not None:
            level = max(level, lowered, key=lambda each: each.rank)
        is_doubtful = not seen.met and doubt is not None and check not in _BEYOND_DOUBT
        if is_doubtful:
            level = max(level, Level.SHOULD, key=lambda each: each.rank)
        observed = f"{seen.observed}; {doubt}" if is_doubtful else seen.observed
        return Finding(
            check=check,
            met=seen.met,
            level=level,
            expected=seen.expected,
            observed=record.secrets.redact_text(observed),
            events=seen.events,
            rows=rows,
            leak=seen.leak and not is_doubtful,
        )

    # Silence is no smaller a matter where the question is a small one.
    yield replace(decided("answers", answers(record), case.rows), level=Level.MUST)
    if not record.in_clear:
        for name, seen in (
            ("credentials-in-clear", credentials_in_clear(record, "never")),
            ("content-in-clear", content_in_clear(record, "never")),
        ):
            yield decided(name, seen, _EXPOSURE_ROWS)
    yield decided("discretion", discretion(record), _DISCRETION_ROWS)
    if any(send.answer for send in record.sends):
        yield decided("honesty", honesty(record), _HONESTY_ROWS)
    # A control has to show that the message arrives, whatever the sender then calls it.
    if case.given.api is not None and case.then is not None:
        for name, seen in reported(record):
            yield replace(decided(name, seen, _REPORTED_ROWS[name]), level=Level.SHOULD)
    for check, seen in _asked(case, record):
        yield decided(check, seen, _rows_for(case, check))


def _asked(case: Case, record: Record) -> Iterator[tuple[str, Observation]]:
    """What this case asks, beside what every case is asked."""
    if case.then is None:
        yield from sent_and_taken(record)
        return
    expectations = [step.expect for step in case.steps if step.send is not None]
    for expect, send in zip(expectations, record.sends, strict=False):
        if expect is not None:
            yield from ask_sender(send, expect, host=record.host)
    if case.then.sender is not None:
        yield from ask_sender(record.last, case.then.sender, host=record.host)
    for key, wanted in case.then.asked().items():
        is_word = isinstance(wanted, str)
        meant = wanted.replace("<host>", record.host) if is_word else wanted
        check = wire_checks()[key]
        if check.applies(meant):
            yield key, check.ask(record, meant)


def _rows_for(case: Case, check: str) -> tuple[str, ...]:
    """The rows that a check decides: those named for it, else those named for nothing else."""
    decides = case.then.decides if case.then is not None else {}
    named = [clause for clause in decides if check == clause or check.startswith(f"{clause}.")]
    if named:
        return decides[max(named, key=len)]
    taken = {row for rows in decides.values() for row in rows}
    return tuple(row for row in case.rows if row not in taken) or case.rows


# Whether the situation arose.


def _what_did_not_arise(case: Case, record: Record) -> str | None:
    """Why the case proves nothing, or None."""
    for wanted in _has_to_arise(case):
        if wanted == "connected" and not any(record.of(Connected)):
            return "the sender never connected"
        if wanted == "hello" and not any(record.of(ClientHelloSeen)):
            return "no TLS handshake began"
        if wanted == "faults" and not any(record.of(FaultActed)):
            return "the sender never came to the moment of the fault"
    return None


def _has_to_arise(case: Case) -> tuple[str, ...]:
    if case.then is None:
        return ()
    if case.then.arises is not None:
        return case.then.arises
    given = case.given
    server = given.api or given.smtp
    if server.network != "open":
        return ()
    uses_tls = given.api.secure if given.api else given.smtp.security != "none"
    wanted = ["connected"]
    if uses_tls and server.certificate != "good" and not server.faults:
        wanted.append("hello")
    if server.faults:
        wanted.append("faults")
    return tuple(wanted)


# Requirements.


def requirement_verdict(verdicts: Iterable[Verdict]) -> Verdict:
    """The worst of what its cases say: fail, error, inconclusive, pass; unsupported only if all."""
    seen = set(verdicts)
    for verdict in (Verdict.FAIL, Verdict.ERROR, Verdict.INCONCLUSIVE, Verdict.PASS):
        if verdict in seen:
            return verdict
    return Verdict.UNSUPPORTED
