"""The JSON report, version 1: the document, its models, and its JSON Schema.

Other people's programs read it, so its keys are fixed: a key is neither renamed nor given another
meaning within version 1.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from harness.escaping import encodable
from harness.model import CaseResult, Finding, Level, RequirementResult, RunResult, Verdict

REPORT_VERSION: Final = 1
SCHEMA_DIALECT = "https://json-schema.org/draft/2020-12/schema"

# A sender's answer is foreign and may be nested without end; what is deeper is shown as "…".
_DEEPEST = 40


class _ReportDocument(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FindingDocument(_ReportDocument):
    """One question put to the record of a case, and its answer."""

    check: str = Field(description="the name of the check")
    met: bool = Field(description="whether the answer is the one that was expected")
    level: Level = Field(description="the highest level of the rows that this decides")
    expected: str = Field(description="what a right sender does, for a person")
    observed: str = Field(description="what this one did, for a person")
    events: list[int] = Field(description="numbers of the transcript events that show it")


class CaseDocument(_ReportDocument):
    """One case: a scenario with its axes filled in. Controls are cases too."""

    id: str = Field(description="unique in the report")
    scenario: str = Field(description="the scenario's path without suffix")
    axes: dict[str, str] = Field(description="the values that make a case of the scenario")
    tags: list[str] = Field(description="the scenario's own words for it")
    requirements: list[str] = Field(description="ids of the requirements that it verifies")
    situations: list[str] = Field(description="ids of the failure situations that it verifies")
    verdict: Verdict = Field(description="what came of it")
    level: Level | None = Field(description="the highest level among the unmet findings, or null")
    reason: str | None = Field(
        description="why it is neither a pass nor a fail, or what a baseline makes of it"
    )
    control: str | None = Field(description="id of the case that must succeed for this to count")
    expected_failure: bool = Field(description="whether a baseline has it fail, as it does, or did")
    findings: list[FindingDocument] = Field(description="every question, with its answer")
    answer: dict[str, Any] | None = Field(description="the sender's answer, redacted, or null")
    duration: float = Field(description="seconds", ge=0)
    evidence: str | None = Field(description="the evidence folder, relative to the report")


class RequirementDocument(_ReportDocument):
    """A requirement's verdict: the worst of its cases'."""

    id: str = Field(description="the requirement's id")
    level: Level = Field(description="how binding the document makes it")
    verdict: Literal[
        "pass", "fail", "inconclusive", "unsupported", "error", "untestable", "not run"
    ] = Field(description="the worst of its cases', or why there is none")
    cases: list[str] = Field(description="ids of the cases that verify it")


class SummaryDocument(_ReportDocument):
    """How many cases ended in each verdict, controls included."""

    passed: int = Field(alias="pass", ge=0, description="all that was asked was met")
    fail: int = Field(ge=0, description="something was not met")
    inconclusive: int = Field(ge=0, description="the situation never arose, or the control failed")
    unsupported: int = Field(ge=0, description="the sender cannot do this at all")
    error: int = Field(ge=0, description="the sender could not be driven, or a fake broke")


class ReportDocument(_ReportDocument):
    """What a run of the harness found out about one sender."""

    report: Literal[1] = Field(description="the version of this document")
    harness: str = Field(description="the version of the harness")
    seed: int = Field(description="the seed that makes the run repeatable")
    sender: str = Field(description="the sender that was judged, as given to --sender")
    started: AwareDatetime = Field(description="ISO 8601, UTC")
    duration: float = Field(description="seconds", ge=0)
    interrupted: bool = Field(description="whether it ended before all cases had run")
    total: int = Field(description="how many cases were to run", ge=0)
    summary: SummaryDocument = Field(description="how many cases ended in each verdict")
    requirements: list[RequirementDocument] = Field(description="the verdict of each requirement")
    cases: list[CaseDocument] = Field(description="every case, controls included")


def to_document(result: RunResult, *, folder: Path | None = None) -> ReportDocument:
    """Return the report of a run; `evidence` is relative to `folder`, or to the current one."""
    return ReportDocument(
        report=REPORT_VERSION,
        harness=result.harness,
        seed=result.seed,
        sender=encodable(result.sender),
        started=in_utc(result.started),
        duration=seconds(result.duration),
        interrupted=not result.is_whole,
        total=len(result.cases) if result.total is None else result.total,
        summary=SummaryDocument.model_validate(result.summary),
        requirements=[requirement_document(each) for each in result.requirements],
        cases=[case_document(each, folder=folder) for each in result.cases],
    )


def requirement_document(requirement: RequirementResult) -> RequirementDocument:
    """Return one requirement of the report."""
    return RequirementDocument.model_validate(
        {
            "id": requirement.id,
            "level": requirement.level,
            "verdict": str(requirement.verdict),
            "cases": _texts(requirement.cases),
        }
    )


def case_document(case: CaseResult, *, folder: Path | None = None) -> CaseDocument:
    """Return one case of the report."""
    return CaseDocument(
        id=encodable(case.id),
        scenario=encodable(case.scenario),
        axes=_json_ready(case.axes),
        tags=_texts(case.tags),
        requirements=_texts(case.requirements),
        situations=_texts(case.situations),
        verdict=case.verdict,
        level=case.level,
        reason=_text(case.reason),
        control=_text(case.control),
        expected_failure=case.expected_failure,
        findings=[_finding_document(each) for each in case.findings],
        answer=None if case.answer is None else _json_ready(case.answer),
        duration=seconds(case.duration),
        evidence=_text(relative(case.evidence, folder)),
    )


def report_schema() -> dict[str, Any]:
    """Return the JSON Schema of the report, for `harness schema report`."""
    schema = ReportDocument.model_json_schema(mode="serialization", by_alias=True)
    return {"$schema": SCHEMA_DIALECT, **schema}


def relative(path: str | None, folder: Path | None) -> str | None:
    """Return `path` relative to `folder`, with `/`; as it is where no relative path leads there."""
    if path is None:
        return None
    try:
        found = os.path.relpath(path, folder or Path())
    except ValueError:  # another drive
        found = path
    return found.replace(os.sep, "/")


def in_utc(moment: datetime) -> datetime:
    """Return `moment` in UTC; one without a zone is taken to be in UTC already."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def seconds(duration: float) -> float:
    """Return a duration to the microsecond, never negative."""
    return round(max(duration, 0.0), 6)


def _finding_document(finding: Finding) -> FindingDocument:
    return FindingDocument(
        check=encodable(finding.check),
        met=finding.met,
        level=finding.level,
        expected=encodable(finding.expected),
        observed=encodable(finding.observed),
        events=list(finding.events),
    )


def _text(text: str | None) -> str | None:
    return None if text is None else encodable(text)


def _texts(texts: tuple[str, ...]) -> list[str]:
    return [encodable(text) for text in texts]


def _json_ready(value: Any, depth: int = 0) -> Any:
    """Return a foreign value with what JSON readers cannot take turned into text."""
    if depth > _DEEPEST:
        return "…"
    if isinstance(value, str):
        return encodable(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, Mapping):
        return {encodable(str(key)): _json_ready(each, depth + 1) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_json_ready(each, depth + 1) for each in value]
    return value if value is None or isinstance(value, int) else encodable(str(value))
