"""The NDJSON report: one JSON object a line, written as it happens.

`event` says what the line is: `run-started`, `case-started`, `case-finished`, `note`,
`run-finished`. A case has the keys that it has in the JSON report. What a run wrote before it was
killed is there, and the last `case-started` without its `case-finished` is where that was.
"""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from harness.escaping import encodable
from harness.events import CaseFinished, CaseStarted, Event, Note, RunFinished, RunStarted
from harness.model import RunResult
from harness.reports.document import (
    REPORT_VERSION,
    CaseDocument,
    RequirementDocument,
    SummaryDocument,
    case_document,
    in_utc,
    requirement_document,
    seconds,
)
from harness.reports.formats import Context, LineFormat
from harness.reports.json_report import json_text


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RunStartedLine(_Line):
    """The first line."""

    event: Literal["run-started"] = "run-started"
    report: Literal[1] = REPORT_VERSION
    harness: str
    seed: int
    sender: str
    started: AwareDatetime
    total: int


class CaseStartedLine(_Line):
    """A case is about to run."""

    event: Literal["case-started"] = "case-started"
    id: str


class CaseFinishedLine(_Line):
    """A case has its verdict."""

    event: Literal["case-finished"] = "case-finished"
    done: int
    total: int
    case: CaseDocument


class NoteLine(_Line):
    """Something for a person to read."""

    event: Literal["note"] = "note"
    text: str


class RunFinishedLine(_Line):
    """The last line: what the JSON report has besides its cases."""

    event: Literal["run-finished"] = "run-finished"
    interrupted: bool
    duration: float
    summary: SummaryDocument
    requirements: list[RequirementDocument]


def line(event: Event, context: Context) -> str:
    """Return the line of one event."""
    return json_text(_line(event, context))


def _line(event: Event, context: Context) -> _Line:
    match event:
        case RunStarted():
            return RunStartedLine(
                harness=event.harness,
                seed=event.seed,
                sender=encodable(event.sender),
                started=in_utc(event.started),
                total=event.total,
            )
        case CaseStarted():
            return CaseStartedLine(id=encodable(event.id))
        case CaseFinished():
            found = case_document(event.result, folder=context.folder)
            return CaseFinishedLine(done=event.done, total=event.total, case=found)
        case Note():
            return NoteLine(text=encodable(event.text))
        case RunFinished():
            return _last(event.result)


def _last(result: RunResult) -> RunFinishedLine:
    return RunFinishedLine(
        interrupted=not result.is_whole,
        duration=seconds(result.duration),
        summary=SummaryDocument.model_validate(result.summary),
        requirements=[requirement_document(each) for each in result.requirements],
    )


FORMAT = LineFormat(name="ndjson", about="one line an event, as it happens", line=line)
