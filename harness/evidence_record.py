"""What the judge needs of a case beside its other evidence: `record.json`, and `run.json` of a run.

With them a verdict can be had again from the files alone (`harness.replay`). `files` has, of each
line of each other file of the case, eight digits of its SHA-256: so it can be told which line is
not as the run wrote it. That shows accidents and careless hands, and is no signature.

Secrets stand in the evidence as their names in brackets, and are known by these when it is read
again. `mimicked` are the names that the sender itself wrote in such brackets, which makes the two
hard to tell apart.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from harness import __version__
from harness.checks.record import AskedRecord, LogRecord, Reaction, Record, SendRecord, StoreRecord
from harness.delivery_protocol import DeliveryEntry
from harness.model import Level, RunResult, Verdict
from harness.scenario.case import Case

RECORD = "record.json"
RUN = "run.json"
VERSION = 2


class _EvidenceDocument(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RecordedLog(_EvidenceDocument):
    """What a delivery log said when it was waited for."""

    deliveries: tuple[DeliveryEntry, ...] | None
    rested: bool
    limit: float
    is_stated: bool
    taken_at: float
    seen: tuple[tuple[int, tuple[DeliveryEntry, ...]], ...]


class RecordedAsked(_EvidenceDocument):
    """One time that the sender was asked: what of it is in no other file.

    `kind` is the action. `answer` is how the answer was read; a log has `log` in its place.
    `server` is the label of the fake that settings which were to be stored have in use.
    """

    kind: Literal["send", "test-send", "configure", "state", "deliveries"]
    reaction: Reaction
    answer: dict[str, Any] | None
    log: RecordedLog | None
    killed: bool
    unsettled: float | None
    server: str | None
    summary: str
    first: int
    last: int
    unkept: tuple[str, ...]
    complaints: tuple[str, ...]


class RecordDocument(_EvidenceDocument):
    """One case. `fingerprint` is that of what it asks."""

    evidence: Literal[2]
    harness: str
    case: str
    fingerprint: str
    main: str
    host: str
    in_clear: bool
    verifies: bool
    has_answered: bool
    secrets: tuple[str, ...]
    guarded: tuple[str, ...]
    mimicked: tuple[str, ...]
    asked: tuple[RecordedAsked, ...]
    files: Mapping[str, tuple[str, ...]]


class RecordedCase(_EvidenceDocument):
    """One case of a run. Without a `folder` nothing was recorded, and it is as it was told."""

    id: str
    verdict: Verdict
    folder: str | None
    reason: str | None
    duration: float
    unmet_need: str | None
    lacking: tuple[str, ...]


class RunDocument(_EvidenceDocument):
    """A whole run."""

    evidence: Literal[2]
    harness: str
    seed: int
    sender: str
    started: AwareDatetime
    duration: float
    interrupted: bool
    ended_early: str | None
    total: int
    is_unnamed: bool
    cases: tuple[RecordedCase, ...]


def record_document(
    case: Case, record: Record, *, has_answered: bool, files: Mapping[str, bytes]
) -> RecordDocument:
    """What is to be kept of a case that has run; `files` are its other files."""
    secrets = record.secrets
    return RecordDocument(
        evidence=VERSION,
        harness=__version__,
        case=case.id,
        fingerprint=fingerprint(case),
        main=record.main,
        host=record.host,
        in_clear=record.in_clear,
        verifies=record.verifies,
        has_answered=has_answered,
        secrets=tuple(secrets.values),
        guarded=tuple(secrets.guarded),
        mimicked=tuple(_mimicked(record)),
        asked=tuple(_asked(each, record) for each in record.asked),
        files={name: tuple(line_digests(data)) for name, data in files.items()},
    )


def run_document(result: RunResult, folders: Mapping[str, str]) -> RunDocument:
    """What is to be kept of a run; `folders` are those of its cases, below the evidence folder."""
    return RunDocument(
        evidence=VERSION,
        harness=result.harness,
        seed=result.seed,
        sender=result.sender,
        started=result.started,
        duration=result.duration,
        interrupted=result.interrupted,
        ended_early=result.ended_early,
        total=len(result.cases) if result.total is None else result.total,
        is_unnamed=result.is_unnamed,
        cases=tuple(
            RecordedCase(
                id=case.id,
                verdict=case.verdict,
                folder=folders.get(case.id) if case.evidence else None,
                reason=case.reason,
                duration=case.duration,
                unmet_need=case.unmet_need,
                lacking=case.lacking,
            )
            for case in result.cases
        ),
    )


def fingerprint(case: Case) -> str:
    """Sixteen digits that differ where a case asks something else, or decides something else."""
    models = (case.given, *case.steps, *((case.then,) if case.then is not None else ()))
    parts = [case.id, str(case.control), *case.rows, *(each.model_dump_json() for each in models)]
    if case.level is not Level.MUST:
        parts.append(case.level)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def line_digests(data: bytes) -> Iterator[str]:
    """Eight digits for each line."""
    for line in data.split(b"\n"):
        yield hashlib.sha256(line).hexdigest()[:8]


def marker(name: str) -> str:
    """What stands in the evidence where the secret of that name stood."""
    return f"[{name}]"


def _asked(each: AskedRecord, record: Record) -> RecordedAsked:
    answer = getattr(each, "answer", None)
    read = answer.model_dump(mode="json", by_alias=True) if answer is not None else None
    return RecordedAsked(
        kind=each.request.action,
        reaction=each.reaction,
        answer=record.secrets.redact_document(read),
        log=_log(each, record) if isinstance(each, LogRecord) else None,
        killed=isinstance(each, SendRecord) and each.killed,
        unsettled=each.unsettled if isinstance(each, SendRecord) else None,
        server=each.server if isinstance(each, StoreRecord) else None,
        summary=record.secrets.redact_text(each.summary),
        first=each.first,
        last=each.last,
        unkept=each.unkept,
        complaints=tuple(map(record.secrets.redact_text, each.complaints)),
    )


def _log(log: LogRecord, record: Record) -> RecordedLog:
    def entries(deliveries: tuple[DeliveryEntry, ...]) -> tuple[DeliveryEntry, ...]:
        plain = (each.model_dump(mode="json", by_alias=True) for each in deliveries)
        return tuple(map(DeliveryEntry.model_validate, map(record.secrets.redact_document, plain)))

    return RecordedLog(
        deliveries=entries(log.deliveries) if log.deliveries is not None else None,
        rested=log.rested,
        limit=log.limit,
        is_stated=log.is_stated,
        taken_at=log.taken_at,
        seen=tuple((number, entries(deliveries)) for number, deliveries in log.seen),
    )


def _mimicked(record: Record) -> Iterator[str]:
    """The secrets whose names a sender wrote in brackets, as we do."""
    said = "\n".join(each.words for each in record.asked).encode("utf-8", "surrogatepass")
    for name in (*record.secrets.values, *record.secrets.guarded):
        shown = marker(name).encode()
        carried = (part.data for event in record.events for part in event.fact.carried)
        if shown in said or any(shown in data for data in carried):
            yield name
