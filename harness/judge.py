"""From the record of a case to its findings, its verdict, and what it says of each row.

Pure functions. The verdict, in the order in which it is decided:

1. the fake broke: *error*;
2. the sender said unsupported: *unsupported*, unless something leaked all the same: *fail*;
3. credentials or content leaked: *fail*, even where the control failed or nothing was answered;
4. it asked for what the fake does not model, or was not done within a limit that it never stated:
   *inconclusive*;
5. the sender did not answer: *fail* where it has shown that it can answer, else *error*;
6. the control did not pass: *inconclusive*;
7. a finding at MUST or SHOULD is not met: *fail*;
8. the situation never arose: *inconclusive*;
9. *pass*.

A row gets its verdict from the findings that decide it, one by one. What is not met convicts where
the control passed; what is met proves where the situation arose as well. A leak convicts without
either, and proves nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from harness.checks import wire_checks
from harness.checks.always import always_asked
from harness.checks.claims import answers, ask_sender, sent_and_taken
from harness.checks.log_entries import ask_log
from harness.checks.loopback import BEYOND_DOUBT, relaxed_rule
from harness.checks.record import (
    AskedRecord,
    LogRecord,
    Observation,
    Reaction,
    Record,
    SendRecord,
    SettingsRecord,
    StoreRecord,
    TestRecord,
)
from harness.checks.settings import ask_settings, ask_status, stored_before
from harness.fakes.transcript import (
    Broke,
    ClientHelloSeen,
    Connected,
    FaultActed,
    MomentReached,
    NotModelled,
)
from harness.model import Finding, Level, Verdict
from harness.requirements import Catalogue
from harness.scenario.case import Case
from harness.scenario.step import Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A verdict with its findings. `level` is the highest of the findings that fail the case.

    `rows`: what the case says of each row that it decides or is meant to.
    """

    verdict: Verdict
    findings: tuple[Finding, ...]
    level: Level | None = None
    reason: str | None = None
    rows: Mapping[str, Verdict] = field(default_factory=dict)


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
    proved = (control is None or control is Verdict.PASS) and _beyond_the_harness(record) is None
    judged = _judged(case, record, catalogue, control=control, has_answered=has_answered)
    arose = _what_did_not_arise(case, record) is None
    return replace(judged, rows=_rows(case, judged, catalogue, proved=proved, arose=arose))


def undriven(case: Case, verdict: Verdict, reason: str) -> Judgement:
    """The judgement of a case that could not be asked: it says the same of all its rows."""
    rows = dict.fromkeys(case.rows, verdict)
    return Judgement(verdict=verdict, findings=(), reason=reason, rows=rows)


def _judged(
    case: Case,
    record: Record,
    catalogue: Catalogue,
    *,
    control: Verdict | None,
    has_answered: bool,
) -> Judgement:
    broke = [fact for _, fact in record.of(Broke)]
    if broke:
        reason = record.secrets.redact_text(f"the fake broke: {broke[0].error}")
        return Judgement(verdict=Verdict.ERROR, findings=(), reason=reason)
    findings = tuple(_findings(case, record, catalogue))
    if record.last.reaction is Reaction.UNSUPPORTED:
        return _unsupported(findings, record)
    failing = [f for f in findings if not f.met and f.level.fails_a_case]
    level = Level.highest(f.level for f in failing) if failing else None
    failed = Judgement(verdict=Verdict.FAIL, findings=findings, level=level)
    if any(f.leak for f in failing):
        return failed
    limit = _beyond_the_harness(record)
    if limit is not None:
        # A sender that is lost there may well hang or crash: that is nothing against it either.
        said = tuple(f for f in findings if f.met or f.check != "answers")
        return _undecided(said, limit)
    silent = next((f for f in findings if f.check == "answers" and not f.met), None)
    if silent is not None:
        if has_answered or control is Verdict.PASS:
            return failed
        return Judgement(verdict=Verdict.ERROR, findings=findings, reason=silent.observed)
    if control is not None and control is not Verdict.PASS:
        return _undecided(findings, f"its control did not pass ({control})")
    if failing:
        return failed
    missing = _what_did_not_arise(case, record)
    if missing:
        return _undecided(findings, missing)
    return Judgement(verdict=Verdict.PASS, findings=findings)


def _beyond_the_harness(record: Record) -> str | None:
    """Why nothing can be proved here, or None.

    The sender asked for what the fake does not model; or it had not come to an end of a message
    when the harness gave up waiting, after a time that the sender never stated.
    """
    asked = dict.fromkeys(fact.call for _, fact in record.of(NotModelled))
    if asked:
        return f"the fake does not model {', '.join(asked)}"
    waited = [send.unsettled for send in record.sends if send.unsettled is not None]
    waited += [log.limit for log in record.logs if not log.rested and not log.is_stated]
    if not waited:
        return None
    return (
        f"the delivery log had not come to what was waited for within {waited[0]:.0f} s"
        " (limits.deliver in a sender file says how long it may take)"
    )


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
        is_doubtful = not seen.met and doubt is not None and check not in BEYOND_DOUBT
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

    # Silence is no smaller a matter where the question is a small one; an answer proves no row.
    answered = answers(record)
    rows = () if answered.met else case.rows
    yield replace(decided("answers", answered, rows), level=Level.MUST)
    for question in always_asked(record, is_control=case.is_control):
        rows = question.rows(is_api=case.given.api is not None, case=case.rows)
        finding = decided(question.check, question.ask(record), rows)
        yield replace(finding, level=question.level) if question.level else finding
    for check, seen in _asked(case, record):
        finding = decided(check, seen, _rows_for(case, check))
        yield replace(finding, level=max(finding.level, case.level, key=lambda each: each.rank))


def _asked(case: Case, record: Record) -> Iterator[tuple[str, Observation]]:
    """What this case asks, beside what every case is asked."""
    if case.then is None:
        yield from sent_and_taken(record)
        return
    asking = [step for step in case.steps if step.asks_something]
    for step, asked in zip(asking, record.asked, strict=False):
        yield from _step_asked(step, asked, record)
    if case.then.sender is not None and record.last_told is not None:
        yield from ask_sender(record.last_told, case.then.sender, host=record.host)
    for key, wanted in case.then.asked().items():
        is_word = isinstance(wanted, str)
        meant = wanted.replace("<host>", record.host) if is_word else wanted
        check = wire_checks()[key]
        if check.applies(meant):
            yield key, check.ask(record, meant)


def _step_asked(
    step: Step, asked: AskedRecord, record: Record
) -> Iterator[tuple[str, Observation]]:
    """What a step expects of what the sender said to it."""
    match asked:
        case SendRecord() | TestRecord() if step.expect is not None:
            yield from ask_sender(asked, step.expect, host=record.host)
        case StoreRecord() if step.configure is not None:
            yield from ask_status(asked, step.configure.status)
            if step.configure.shows is not None:
                yield from ask_settings(asked, step.configure.shows, asked)
        case SettingsRecord() if step.state is not None and step.state.shows is not None:
            yield from ask_settings(asked, step.state.shows, stored_before(asked, record))
        case LogRecord() if step.deliveries is not None:
            yield from ask_log(asked, step.deliveries.show, record)


def _rows_for(case: Case, check: str) -> tuple[str, ...]:
    """The rows that a check decides: those named for it, else those named for nothing else."""
    decides = case.then.decides if case.then is not None else {}
    named = [clause for clause in decides if check == clause or check.startswith(f"{clause}.")]
    if named:
        return decides[max(named, key=len)]
    taken = {row for rows in decides.values() for row in rows}
    return tuple(row for row in case.rows if row not in taken) or case.rows


# Rows.


def _rows(
    case: Case, judged: Judgement, catalogue: Catalogue, *, proved: bool, arose: bool
) -> Mapping[str, Verdict]:
    """What the case says of its own rows, and of those for which it convicts beside them.

    `proved`: the control passed, so that findings convict; where the situation `arose` as well,
    they prove.
    """
    if judged.verdict in {Verdict.ERROR, Verdict.UNSUPPORTED}:
        return dict.fromkeys(case.rows, judged.verdict)
    rows = dict.fromkeys((*case.rows, *(row for each in judged.findings for row in each.rows)))
    said = {
        row: row_verdict(judged.findings, row, catalogue.level(row), proved=proved, arose=arose)
        for row in rows
    }
    # Nobody set out to verify the others here, so that it only shows where they are broken.
    return {
        row: verdict for row, verdict in said.items() if row in case.rows or verdict is Verdict.FAIL
    }


def row_verdict(
    findings: Iterable[Finding], row: str, level: Level, *, proved: bool, arose: bool
) -> Verdict:
    """What these findings say of a row of that level.

    Those that do not decide it say nothing; one whose level was lowered convicts nothing above it.
    """
    deciding = [finding for finding in findings if row in finding.rows]
    unmet = [
        finding
        for finding in deciding
        if not finding.met and finding.level.fails_a_case and finding.level.rank <= level.rank
    ]
    if any(finding.leak or finding.check == "answers" for finding in unmet):
        return Verdict.FAIL
    if proved and unmet:
        return Verdict.FAIL
    proves = proved and arose and any(finding.met for finding in deciding)
    return Verdict.PASS if proves else Verdict.INCONCLUSIVE


# Whether the situation arose.


def _what_did_not_arise(case: Case, record: Record) -> str | None:
    """Why the case proves nothing, or None."""
    for wanted in _has_to_arise(case):
        if wanted == "connected" and not any(record.of(Connected)):
            return "the sender never connected"
        if wanted == "hello" and not any(record.of(ClientHelloSeen)):
            return "no TLS handshake began"
        if wanted == "faults" and not _came_to_a_fault(case, record):
            return "the sender never came to the moment of the fault"
    return None


def _came_to_a_fault(case: Case, record: Record) -> bool:
    """Whether one acted; where all of them are to be honest, whether the moment of one came."""
    if any(record.of(FaultActed)):
        return True
    server = case.given.server
    is_all_honest = all(
        each.action.do == "honest" for fault in server.faults for each in fault.sequence
    )
    return is_all_honest and any(record.of(MomentReached))


def _has_to_arise(case: Case) -> tuple[str, ...]:
    if case.then is None:
        return ()
    if case.then.arises is not None:
        return case.then.arises
    given = case.given
    server = given.server
    if server.network != "open":
        return ()
    uses_tls = given.api.secure if given.api else given.smtp_server.security != "none"
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
