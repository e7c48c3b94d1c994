"""Verdicts once more, from the evidence of a run alone: no sender is asked and no socket opened.

The cases are read from their scenarios, the record of each from its folder, and the judge is the
one of every run. Where a file is missing, or is not as the run wrote it, its case is in error and
the place is told as `file:line: reason`. What left no record (an unsupported case that was never
asked, one in which something broke) is as it was told.
"""

from __future__ import annotations

import json
from base64 import decodebytes
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from harness.baseline import Expectations
from harness.case_results import case_result
from harness.checks.record import (
    AskedRecord,
    LogRecord,
    Record,
    SendRecord,
    SettingsRecord,
    StoreRecord,
    TestRecord,
)
from harness.delivery_protocol import (
    Configured,
    ConfigureRequest,
    DeliveriesRequest,
    StateRequest,
    TestSendRequest,
)
from harness.errors import UsageError
from harness.evidence_record import (
    RECORD,
    RUN,
    VERSION,
    RecordDocument,
    RecordedAsked,
    RecordedCase,
    RunDocument,
    fingerprint,
    line_digests,
    marker,
)
from harness.fakes.transcript import Event
from harness.judge import judge, undriven
from harness.model import CaseResult, RunResult, Verdict
from harness.protocol import Answer, SendRequest
from harness.record_lines import record_lines
from harness.recorded_events import NoEventError, event_of
from harness.requirement_results import requirement_results
from harness.requirements import Catalogue
from harness.scenario.case import Case
from harness.secrets import Secrets

M = TypeVar("M", bound=BaseModel)


class EvidenceError(UsageError):
    """Evidence that cannot be used; the text is `file:line: reason`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """A run, judged again. `problems` are what is wrong with its evidence, a line each.

    `otherwise`: cases whose verdict is not the one that the run told, with that.
    """

    result: RunResult
    problems: tuple[str, ...]
    otherwise: Mapping[str, Verdict]


def replay(
    root: Path,
    cases: Sequence[Case],
    catalogue: Catalogue,
    *,
    strict: bool,
    expectations: Expectations | None = None,
    stale: tuple[str, ...] = (),
) -> Replay:
    """Judge a run again from the folder that `--evidence` filled.

    `expectations` are those of a baseline, `stale` a line for each entry that is about no case.

    Raises:
        EvidenceError: the folder holds no evidence of a whole run.
    """
    run = _document(root / RUN, RunDocument)
    judging = _Judging(root=root, cases={case.id: case for case in cases}, catalogue=catalogue)
    for recorded in run.cases:
        judging.take(recorded)
    results = tuple(judging.results.values())
    if expectations is not None:
        results = tuple(map(expectations.held_against, results))
    result = RunResult(
        harness=run.harness,
        seed=run.seed,
        sender=run.sender,
        started=run.started,
        duration=run.duration,
        cases=results,
        requirements=requirement_results(catalogue, results),
        strict=strict,
        interrupted=run.interrupted,
        total=run.total,
        ended_early=run.ended_early,
        is_unnamed=run.is_unnamed,
        stale=stale,
    )
    broken = judging.problems.keys()
    return Replay(
        result=result,
        problems=tuple(judging.problems.values()),
        otherwise={
            told.id: told.verdict
            for told in run.cases
            if told.id not in broken and judging.results[told.id].verdict is not told.verdict
        },
    )


@dataclass(slots=True, kw_only=True)
class _Judging:
    """Results so far, and what is wrong with the evidence, by the id of the case."""

    root: Path
    cases: Mapping[str, Case]
    catalogue: Catalogue
    results: dict[str, CaseResult] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)

    def take(self, recorded: RecordedCase) -> None:
        """Judge a case; a control comes before its cases."""
        case = self.cases.get(recorded.id)
        if case is None:
            problem = f"{self.root / RUN}:1: there is no case {recorded.id} in these scenarios"
            self.problems[recorded.id] = problem
            self.results[recorded.id] = _unknown(recorded, problem)
            return
        try:
            self.results[case.id] = self._judged(case, recorded)
        except EvidenceError as error:
            self.problems[case.id] = str(error)
            broken = undriven(case, Verdict.ERROR, f"its evidence cannot be used: {error}")
            self.results[case.id] = case_result(case, broken)

    def _judged(self, case: Case, recorded: RecordedCase) -> CaseResult:
        if recorded.folder is None or recorded.verdict is Verdict.ERROR:
            told = undriven(case, recorded.verdict, recorded.reason or "")
            return case_result(
                case,
                told,
                duration=recorded.duration,
                unmet_need=recorded.unmet_need,
                lacking=recorded.lacking,
            )
        folder = _below(self.root, recorded.folder, said_in=self.root / RUN)
        record, kept = read_record(folder, case)
        control = self.results.get(case.control) if case.control else None
        judgement = judge(
            case,
            record,
            self.catalogue,
            control=control.verdict if control else None,
            has_answered=kept.has_answered,
        )
        answer = record.last_told.answer if record.last_told is not None else None
        return case_result(
            case,
            judgement,
            duration=recorded.duration,
            evidence=str(folder),
            answer=answer.document() if answer else None,
            conversation=record_lines(record),
            output=_read(folder / "output.txt").decode("utf-8", "replace"),
            complaints=tuple(
                dict.fromkeys(complaint for each in record.asked for complaint in each.complaints)
            ),
        )


def read_record(folder: Path, case: Case) -> tuple[Record, RecordDocument]:
    """The record of a case from its folder, and what was kept beside it.

    Raises:
        EvidenceError: something is missing, is not as it was written, or is of another case.
    """
    kept = _document(folder / RECORD, RecordDocument)
    if kept.case != case.id:
        raise EvidenceError(f"{folder / RECORD}:1: this is of the case {kept.case}, not {case.id}")
    if kept.fingerprint != fingerprint(case):
        raise EvidenceError(f"{folder / RECORD}:1: {case.id} asks something else than it did then")
    if kept.mimicked:
        raise EvidenceError(
            f"{folder / RECORD}:1: the sender wrote {marker(kept.mimicked[0])} itself, which is how"
            " a secret is shown here: this case cannot be judged again"
        )
    files = {
        name: _unchanged(_below(folder, name, said_in=folder / RECORD), lines)
        for name, lines in kept.files.items()
    }
    return _record(folder, kept, files), kept


def _record(folder: Path, kept: RecordDocument, files: Mapping[str, bytes]) -> Record:
    requests = _json_list(folder / "request.json", files)
    answers = _json_list(folder / "answers.json", files)
    outputs = _json_list(folder / "output.json", files)
    try:
        asked = tuple(
            _asked(each, *told) for each, *told in zip(kept.asked, requests, answers, outputs,
                                                        strict=True)
        )  # fmt: skip
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise EvidenceError(f"{folder / 'request.json'}:1: {_first_line(error)}") from error
    return Record(
        events=tuple(_events(folder, files)),
        asked=asked,
        secrets=Secrets(
            {name: marker(name) for name in kept.secrets},
            guarded={name: marker(name) for name in kept.guarded},
        ),
        main=kept.main,
        host=kept.host,
        in_clear=kept.in_clear,
        verifies=kept.verifies,
    )


def _asked(
    kept: RecordedAsked, request: dict[str, Any], answer: dict[str, Any], output: dict[str, str]
) -> AskedRecord:
    streams = [output[name].encode("latin-1").decode("utf-8", "replace") for name in output]
    words = [str(answer)] if answer else []
    said: dict[str, Any] = {
        "reaction": kept.reaction,
        "words": "\n".join(part for part in (*words, *streams) if part),
        "summary": kept.summary,
        "first": kept.first,
        "last": kept.last,
        "complaints": kept.complaints,
        "unkept": kept.unkept,
    }
    match kept.kind:
        case "send":
            return SendRecord(
                request=SendRequest.model_validate(request),
                answer=_read_as(Answer, kept.answer),
                killed=kept.killed,
                unsettled=kept.unsettled,
                **said,
            )
        case "test-send":
            asked = TestSendRequest.model_validate(request)
            return TestRecord(request=asked, answer=_read_as(Answer, kept.answer), **said)
        case "configure":
            return StoreRecord(
                request=ConfigureRequest.model_validate(request),
                answer=_read_as(Configured, kept.answer),
                server=kept.server,
                **said,
            )
        case "state":
            read = StateRequest.model_validate(request)
            return SettingsRecord(request=read, answer=_read_as(Configured, kept.answer), **said)
    if kept.log is None:
        raise ValueError("an answer to deliveries without its log")
    log = {name: getattr(kept.log, name) for name in type(kept.log).model_fields}
    return LogRecord(request=DeliveriesRequest.model_validate(request), **log, **said)


def _read_as(model: type[M], answer: dict[str, Any] | None) -> M | None:
    return model.model_validate(answer) if answer is not None else None


def _events(folder: Path, files: Mapping[str, bytes]) -> Iterator[Event]:
    path = folder / "transcript.jsonl"
    contents = iter(_contents(files))
    lines = files.get(path.name, b"").decode("utf-8", "replace").splitlines()
    for number, line in enumerate(lines, start=1):
        try:
            yield event_of(line, number, contents)
        except NoEventError as error:
            raise EvidenceError(f"{path}:{number}: {error}") from error


def _contents(files: Mapping[str, bytes]) -> Iterator[bytes]:
    """The messages that were taken, in order."""
    number = 0
    while True:
        if (whole := files.get(f"message-{number}.eml")) is not None:
            yield whole
        elif (encoded := files.get(f"message-{number}.eml.base64")) is not None:
            yield decodebytes(encoded)
        else:
            return
        number += 1


def _below(folder: Path, name: str, *, said_in: Path) -> Path:
    """What a file names, where it lies below its folder; nothing else is read."""
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise EvidenceError(f"{said_in}:1: {name} is not below {folder}")
    return path


def _unchanged(path: Path, digests: Sequence[str]) -> bytes:
    """A file, each line of which is as the run wrote it."""
    data = _read(path)
    found = list(line_digests(data))
    for number, digest in enumerate(digests, start=1):
        if number > len(found):
            raise EvidenceError(f"{path}:{number}: the file ends before this line")
        if found[number - 1] != digest:
            raise EvidenceError(f"{path}:{number}: this line is not as the run wrote it")
    if len(found) > len(digests):
        raise EvidenceError(f"{path}:{len(digests) + 1}: this line is none of the run's")
    return data


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise EvidenceError(f"{path}:1: {error.strerror}") from error


def _json_list(path: Path, files: Mapping[str, bytes]) -> list[Any]:
    data = _parsed(path, files.get(path.name, b""))
    if not isinstance(data, list):
        raise EvidenceError(f"{path}:1: a list is due")
    return data


def _parsed(path: Path, data: bytes) -> Any:
    try:
        return json.loads(data)
    except json.JSONDecodeError as error:
        raise EvidenceError(f"{path}:{error.lineno}: no JSON: {error.msg}") from error
    except (ValueError, RecursionError) as error:
        raise EvidenceError(f"{path}:1: no JSON: {error}") from error


def _document(path: Path, model: type[M]) -> M:
    data = _parsed(path, _read(path))
    version = data.get("evidence") if isinstance(data, dict) else None
    if version != VERSION or isinstance(version, bool):
        told = f"evidence of version {version}" if version is not None else "no evidence of a run"
        raise EvidenceError(f"{path}:1: {told}; this harness reads version {VERSION}")
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise EvidenceError(f"{path}:1: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False)[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return f"{type(error).__name__}: {error}"


def _unknown(recorded: RecordedCase, problem: str) -> CaseResult:
    return CaseResult(
        id=recorded.id,
        scenario=recorded.id.partition("[")[0],
        title="",
        axes={},
        tags=(),
        requirements=(),
        situations=(),
        verdict=Verdict.ERROR,
        level=None,
        reason=problem,
        control=None,
    )
