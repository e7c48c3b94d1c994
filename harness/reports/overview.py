"""What a person wants to know of a run, as values: shared by every report that people read.

Nothing here is escaped; whoever shows it escapes it for where it goes.
"""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.gate import (
    AS_EXPECTED,
    FAILED,
    INTERRUPTED,
    NOTHING,
    TROUBLE,
    USAGE,
    departs,
    unsettled_musts,
)
from harness.model import CaseResult, Finding, Level, RequirementResult, RunResult, Verdict
from harness.reports.causes import Cause, causes

# Ports of fakes differ from case to case; two reasons that differ in nothing else are alike.
_PORT = re.compile(r"\b\d{5}\b")

_END_OF_CONTENT = re.compile(r"(?:^|[s\d] )(?:C\*?: \.|-- the content broke off here)$")

_WORDS = {
    AS_EXPECTED: "PASS",
    FAILED: "FAIL",
    USAGE: "NOT RUN",
    TROUBLE: "ERROR",
    NOTHING: "NOTHING JUDGED",
    INTERRUPTED: "INTERRUPTED",
}

_WORST_FIRST = ("fail", "error", "inconclusive", "unsupported", "untestable", "not run", "pass")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Cases without a pass or fail, for one reason."""

    text: str
    cases: tuple[CaseResult, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unasked:
    """Cases that were never asked, because the sender lacks `need`.

    `alone` of them lack nothing else; the others also lack some of `further`.
    """

    need: str
    cases: tuple[CaseResult, ...]
    alone: int
    further: tuple[str, ...]

    @property
    def in_words(self) -> str:
        """How many there are, and what to do, in one line."""
        line = f"{plural(len(self.cases), 'case')}: {how_to_ask(self.need)}"
        if not self.further:
            return line
        shown = ", ".join(self.further[:4]) + (" …" if len(self.further) > 4 else "")
        rest = len(self.cases) - self.alone
        count = "all" if not self.alone else str(rest)
        return f"{line} ({count} need{'s' if count == '1' else ''} more: {shown})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """A line of a conversation, or the number of lines left out in its place."""

    event: int | None = None
    line: str = ""
    cited: bool = False
    left_out: int = 0


def outcome(status: int) -> str:
    """Return the one word for a whole run."""
    return _WORDS[status]


def headline(result: RunResult, status: int) -> str:
    """Return the run in one line: its outcome, then the figures that explain it."""
    said = "; ".join([", ".join(_figures(result, status)), *result.caveats])
    return f"{outcome(status)}: {said}"


def last_line(result: RunResult, status: int, counts: str) -> str:
    """Return what a run ends in, for who reads no more: whose outcome it is, and the counts."""
    whose = " (the reference sender)" if result.is_unnamed else ""
    return f"{outcome(status)}{whose}: {counts}"


def grouped_failures(result: RunResult) -> tuple[Cause, ...]:
    """Return the causes of the failures that no baseline expects."""
    return causes(case for case in result.cases if not case.expected_failure)


def failures(result: RunResult) -> tuple[CaseResult, ...]:
    """Return the failed cases that no baseline expects."""
    return tuple(case for case in cases_with(result, Verdict.FAIL) if not case.expected_failure)


def expected_failures(result: RunResult) -> tuple[CaseResult, ...]:
    """Return the cases that fail as the baseline says."""
    return tuple(case for case in cases_with(result, Verdict.FAIL) if case.expected_failure)


def changed(result: RunResult) -> tuple[CaseResult, ...]:
    """Return the cases that are not as the baseline expects."""
    return tuple(case for case in result.cases if departs(case))


def departure(case: CaseResult) -> str:
    """Return how a case is not as the baseline expects."""
    return case.departure or "it passes now"


def cases_with(result: RunResult, verdict: Verdict) -> tuple[CaseResult, ...]:
    """Return the cases of one verdict, in the order of the run."""
    return tuple(case for case in result.cases if case.verdict is verdict)


def remarks(case: CaseResult) -> tuple[Finding, ...]:
    """Return the unmet findings that are shown and fail nothing."""
    return tuple(finding for finding in case.unmet if not finding.level.fails_a_case)


def reasons(cases: Iterable[CaseResult]) -> tuple[Reason, ...]:
    """Group cases by the reason given, the most frequent first."""
    grouped: dict[str, list[CaseResult]] = {}
    for case in cases:
        text = case.reason or "no reason was given"
        grouped.setdefault(_PORT.sub("#", text), []).append(case)
    found = [
        Reason(text=group[0].reason or text, cases=tuple(group)) for text, group in grouped.items()
    ]
    return tuple(sorted(found, key=lambda reason: -len(reason.cases)))


def how_to_ask(need: str) -> str:
    """Return what to do so that cases with this unmet need are asked."""
    word = need.lstrip("-")
    if word == "proxy":
        return "run with --proxy"
    if word == "isolated":
        return "run with --isolated (Linux)"
    return f"let the sender declare the feature {word}"


def never_asked(case: CaseResult) -> bool:
    """Whether the case was not put to the sender at all, for want of a feature or a mode."""
    return case.verdict is Verdict.UNSUPPORTED and bool(case.lacking or case.unmet_need)


def unasked(cases: Iterable[CaseResult]) -> tuple[Unasked, ...]:
    """Group the cases that were never asked by what the sender lacks, the most useful first.

    A case belongs to the most basic thing that it lacks: who speaks SMTP only is not told to
    declare `connect_to` for the sake of APIs.
    """
    grouped: dict[str, list[CaseResult]] = {}
    for case in cases:
        if never_asked(case):
            lacking = case.lacking or (case.unmet_need or "",)
            grouped.setdefault(min(lacking, key=_basic), []).append(case)
    found = [_unasked(need, group) for need, group in grouped.items()]
    return tuple(sorted(found, key=lambda each: (-len(each.cases), each.need)))


def _basic(need: str) -> tuple[int, str]:
    kind = need.partition(":")[0]
    order = ("smtp", "api", "security")
    return (order.index(kind) if kind in order else len(order), need)


def _unasked(need: str, group: list[CaseResult]) -> Unasked:
    further = Counter(
        each for case in group for each in case.lacking if each != need and case.lacking
    )
    return Unasked(
        need=need,
        cases=tuple(group),
        alone=sum(set(case.lacking) <= {need} for case in group),
        further=tuple(each for each, _ in further.most_common()),
    )


def by_urgency(requirements: Iterable[RequirementResult]) -> tuple[RequirementResult, ...]:
    """Return requirements worst first, MUST before SHOULD, then by id."""
    return tuple(
        sorted(requirements, key=lambda row: (_badness(row.verdict), row.level.rank, row.id))
    )


def document_of(row: str) -> str:
    """Return the document that a requirement is of: what is before the last hyphen of its id."""
    return row.rpartition("-")[0] or row


def cases_alike(row: RequirementResult, cases: Mapping[str, CaseResult]) -> int:
    """How many of a requirement's cases say of it what its verdict says. `cases` are by id."""
    said = (cases[case].rows.get(row.id) for case in row.cases if case in cases)
    return sum(verdict == row.verdict for verdict in said)


def by_document(requirements: Iterable[RequirementResult]) -> tuple[tuple[str, int], ...]:
    """Count requirements by the document that they are of."""
    return tuple(sorted(Counter(document_of(row.id) for row in requirements).items()))


def excerpt(
    conversation: Sequence[tuple[int, str]],
    cited: Iterable[int],
    *,
    around: int = 2,
    most: int = 30,
) -> tuple[Excerpt, ...]:
    """Return the lines of a conversation around the cited events, and what was left out.

    A message's own lines are left out where they are not cited themselves. Where nothing is cited
    the end is shown, because that is where things went wrong.
    """
    marks = frozenset(cited)
    content = _content(conversation) - marks
    kept = [index for index, (event, _) in enumerate(conversation) if event not in content]
    is_cited = [conversation[index][0] in marks for index in kept]
    found: list[Excerpt] = []
    last = -1
    for index in (kept[place] for place in _chosen(is_cited, around, most)):
        if index - last > 1:
            found.append(Excerpt(left_out=index - last - 1))
        event, line = conversation[index]
        found.append(Excerpt(event=event, line=line, cited=event in marks))
        last = index
    if len(conversation) - last > 1:
        found.append(Excerpt(left_out=len(conversation) - last - 1))
    return tuple(found)


def _content(conversation: Sequence[tuple[int, str]]) -> frozenset[int]:
    """The events that are the content of a message: they end with the dot or where it broke off."""
    return frozenset(event for event, line in conversation if _END_OF_CONTENT.search(line))


def again(case: CaseResult, result: RunResult, command: str | Callable[[str], str] | None) -> str:
    """Return the line that runs just this case: `command` makes it, or is what stands before it."""
    if callable(command):
        return command(case.id)
    select = f"--select {shlex.quote(case.id)}"
    if command is not None:
        return f"{command} {select}"
    sender = "" if result.sender == "reference" else f" --sender {shlex.quote(result.sender)}"
    return f"harness run {select}{sender}"


def answer_line(case: CaseResult) -> str | None:
    """Return what the sender said, in one line, or None when it said nothing."""
    if case.answer is None:
        return None
    error = case.answer.get("error")
    details: list[Any] = []
    if isinstance(error, Mapping):
        details += [error.get(key) for key in ("phase", "class", "message")]
    details += [case.answer.get(key) for key in ("final_reply", "reason")]
    refused = case.answer.get("refused")
    if isinstance(refused, list):
        details.append(f"{len(refused)} of the recipients refused" if refused else None)
    said = "; ".join(str(detail) for detail in details if detail)
    status = str(case.answer.get("status", "no status"))
    return f"{status}: {said}" if said else status


def place(source: str) -> tuple[str, str | None]:
    """Split `path:line`; the line is None where there is none."""
    path, _, line = source.rpartition(":")
    return (path, line) if path and line.isdecimal() else (source, None)


def plural(count: int, noun: str) -> str:
    """Return `1 case`, `2 cases`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def in_words(seconds: float) -> str:
    """Return a duration for a person: `0.42 s`, `12.3 s`, `3 min 12 s`."""
    if seconds < 10:
        return f"{seconds:.2f} s"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s"


def described(rows: Iterable[str], describe: Callable[[str], str]) -> tuple[tuple[str, str], ...]:
    """Return each id once, with its paraphrase or ""."""
    return tuple((row, describe(row)) for row in dict.fromkeys(rows))


def _figures(result: RunResult, status: int) -> Iterable[str]:
    counts, total = result.summary, len(result.cases)
    failed = len(failures(result))
    if not total:
        yield "no case was selected" if status == NOTHING else "no case has run"
        return
    if failed and status == AS_EXPECTED:
        yield f"{failed} of {plural(total, 'case')} failed at SHOULD (gates under --strict only)"
    elif failed:
        yield f"{failed} of {plural(total, 'case')} failed"
    elif counts["pass"] == total:
        yield plural(total, "case")
    elif counts["pass"]:
        yield f"{counts['pass']} of {plural(total, 'case')} passed"
    else:
        or_failed = " or failed" if status == NOTHING else ""
        yield f"0 of {plural(total, 'case')} passed{or_failed}"
    if counts["error"]:
        yield f"{counts['error']} in error"
    yield from _baseline_figures(result)
    yield from _requirement_figures(result)
    if result.strict and (unsettled := unsettled_musts(result)):
        yield f"{len(unsettled)} inconclusive at MUST (gates under --strict)"


def _baseline_figures(result: RunResult) -> Iterable[str]:
    if expected := expected_failures(result):
        yield plural(len(expected), "expected failure")
    if count := len(changed(result)) + len(result.stale):
        yield "1 baseline entry changed" if count == 1 else f"{count} baseline entries changed"


def _requirement_figures(result: RunResult) -> Iterable[str]:
    met = sum(1 for row in result.requirements if row.verdict == Verdict.PASS)
    failed = [row.level for row in result.requirements if row.verdict == Verdict.FAIL]
    unmet = Counter(level for level in failed if level.fails_a_case)
    if unmet:
        levels = " and ".join(f"{unmet[level]} {level}" for level in Level if unmet[level])
        noun = "requirement" if unmet.total() == 1 else "requirements"
        yield f"{levels} {noun} not met"
    if met:
        yield f"{met} met" if unmet else f"{plural(met, 'requirement')} met"


def _badness(verdict: str) -> int:
    return _WORST_FIRST.index(verdict) if verdict in _WORST_FIRST else len(_WORST_FIRST)


def _chosen(is_cited: Sequence[bool], around: int, most: int) -> list[int]:
    size = len(is_cited)
    cited = [index for index, yes in enumerate(is_cited) if yes]
    if not cited:
        return list(range(max(0, size - most), size))
    near: set[int] = set()
    for index in cited:
        if len(near) >= most:
            break
        near.update(range(max(0, index - around), min(size, index + around + 1)))
    return sorted(near)


def output_ends(output: str, most: int) -> tuple[str, ...]:
    """At most `most` lines of what a sender wrote, from both its ends, without the empty ones.

    What went wrong stands above the trace of a crash in some languages, and below it in others.
    """
    lines = [line for line in output.splitlines() if line.strip()]
    if len(lines) <= most:
        return tuple(lines)
    head = (most - 1) // 2
    tail = most - 1 - head
    gap = f"({len(lines) - head - tail} lines left out)"
    return (*lines[:head], gap, *lines[-tail:])
