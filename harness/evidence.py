"""`--evidence DIR`: a folder a case, with everything that its verdict rests on.

    request.json       what the sender was asked (one a send, in a list)
    answers.json       what it answered
    conversation.txt   the transcript for people
    transcript.jsonl   the transcript for programs, an event a line
    tls.json           every handshake: offered, negotiated, or why not
    message-N.eml      each message that was taken, octet for octet
    output.txt         what the sender wrote beside its answer, for people
    output.json        the same for programs, octet for octet (one a send, in a list)
    complaints.json    what its author got wrong in its answers, where there is any
    record.json        what else the judge needs, for `harness replay`

Beside these folders `run.json` tells of the run as a whole, once it has ended.

Secrets are replaced by their names in every file. Each can be written to a terminal, or to the log
of a CI server, as it is: what is hostile is escaped in the texts and the JSON documents, which say
the same. A message that would not be harmless is not there as `message-N.eml`, but escaped as
`message-N.txt` and octet for octet in `message-N.eml.base64`.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from base64 import encodebytes
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from harness.checks.record import Record
from harness.errors import MachineError
from harness.escaping import inert_json, is_inert, visible
from harness.evidence_record import RECORD, RUN, record_document, run_document
from harness.fakes.transcript import (
    ClientHelloSeen,
    Event,
    Fact,
    Received,
    TlsEstablished,
    TlsFailed,
)
from harness.model import RunResult
from harness.scenario.case import Case
from harness.secrets import NO_SECRETS, Secrets
from harness.senders.outcome import Outcome
from harness.steps import words_of

_UNSAFE = re.compile(r"[^A-Za-z0-9._=/-]")
_LONGEST = 120
_TLS_FACTS = (ClientHelloSeen, TlsEstablished, TlsFailed)


@dataclass(slots=True)
class EvidenceFolder:
    """The folder that evidence goes to; it is made when this is."""

    root: Path
    _taken: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            (self.root / RUN).unlink(missing_ok=True)  # of an older run
        except OSError as error:
            raise MachineError(f"cannot make the folder {self.root}: {error.strerror}") from error

    def reserve(self, cases: Iterable[str]) -> None:
        """Choose the folders of these cases, so that they do not depend on which comes first."""
        for case in cases:
            self._name(case)

    def write(
        self,
        case: Case,
        record: Record,
        outcomes: Sequence[Outcome],
        lines: Iterable[tuple[int, str]],
        *,
        has_answered: bool = True,
    ) -> str:
        """Write one case's evidence and return its folder.

        `has_answered`: the sender answered the harness's own first request.

        Raises:
            MachineError: it cannot be written.
        """
        folder = self.root / self._name(case.id)
        files = _files(record, outcomes, lines)
        kept = record_document(case, record, has_answered=has_answered, files=files)
        files[RECORD] = _json(kept.model_dump(mode="json"), NO_SECRETS)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for old in folder.iterdir():
                if old.is_file():
                    old.unlink()
            for name, data in files.items():
                (folder / name).write_bytes(data)
        except OSError as error:
            raise MachineError(f"cannot write evidence to {folder}: {error.strerror}") from error
        return str(folder)

    def finish(self, result: RunResult) -> None:
        """Write what is to be known of the run as a whole.

        Raises:
            MachineError: it cannot be written.
        """
        written = {case.id: self._name(case.id) for case in result.cases if case.evidence}
        kept = run_document(result, written)
        try:
            (self.root / RUN).write_bytes(_json(kept.model_dump(mode="json"), NO_SECRETS))
        except OSError as error:
            raise MachineError(f"cannot write evidence to {self.root}: {error.strerror}") from error

    def _name(self, case: str) -> str:
        """A folder's name for a case; two cases never share one."""
        name = folder_name(case)
        # Folded, because some file systems take `A` and `a` for one.
        if self._taken.setdefault(name.casefold(), case) != case:
            name = f"{name[: _LONGEST - 9]}-{_hash(case)}"
            self._taken[name.casefold()] = case
        return name


def folder_name(case: str) -> str:
    """A case's id as a relative path: safe characters, no `..`, at most 120 octets."""
    parts = [part for part in _UNSAFE.sub("_", case).split("/") if part]
    safe = "/".join(part if part.strip(".") else "_" * len(part) for part in parts) or "_"
    return safe if len(safe) <= _LONGEST else f"{safe[: _LONGEST - 9]}-{_hash(case)}"


def _hash(case: str) -> str:
    return hashlib.sha256(case.encode()).hexdigest()[:8]


def _files(
    record: Record, outcomes: Sequence[Outcome], lines: Iterable[tuple[int, str]]
) -> dict[str, bytes]:
    secrets = record.secrets
    events = _without_split_secrets(record)
    requests = [each.request.model_dump(mode="json", by_alias=True) for each in record.asked]
    answers = [getattr(outcome, "document", None) or {} for outcome in outcomes]
    tls = [_event(event, secrets) for event in events if isinstance(event.fact, _TLS_FACTS)]
    files = {
        "request.json": _json(requests, secrets),
        "answers.json": _json([dict(answer) for answer in answers], secrets),
        "conversation.txt": _text(f"{number:4} {line}" for number, line in lines),
        "transcript.jsonl": _text(
            inert_json(json.dumps(_event(event, secrets), ensure_ascii=False)) for event in events
        ),
        "tls.json": _json(tls, secrets),
        "output.txt": _shown(
            secrets.redact("\n".join(map(words_of, outcomes)).encode("utf-8", "surrogatepass"))
        ),
        "output.json": _json([_octets_of(outcome, secrets) for outcome in outcomes], NO_SECRETS),
    }
    complaints = [each.complaints for each in record.asked]
    if any(complaints):
        files["complaints.json"] = _json(complaints, secrets)
    for index, message in enumerate(record.messages):
        files |= _message_files(f"message-{index}", secrets.redact(message.content))
    return files


def _octets_of(outcome: Outcome, secrets: Secrets) -> dict[str, str]:
    """Both outputs as Latin-1, which keeps each octet."""
    output = outcome.output
    streams = {"stdout": output.stdout, "stderr": output.stderr}
    return {name: secrets.redact(data).decode("latin-1") for name, data in streams.items()}


def _message_files(name: str, content: bytes) -> dict[str, bytes]:
    if is_inert(content):
        return {f"{name}.eml": content}
    return {f"{name}.txt": _shown(content), f"{name}.eml.base64": encodebytes(content)}


def _shown(data: bytes) -> bytes:
    """Foreign octets as lines that do nothing where they are shown."""
    text = data.decode("utf-8", "backslashreplace").replace("\r\n", "\n")
    return visible(text, keep="\n\t").encode()


def _without_split_secrets(record: Record) -> list[Event]:
    """The events, with secrets taken out of segments that hold only a part of one."""
    streams: dict[int, list[Event]] = {}
    for event in record.events:
        if isinstance(event.fact, Received):
            streams.setdefault(event.connection, []).append(event)
    cleaned = {
        event.number: event
        for segments in streams.values()
        for event in _cleaned(segments, record.secrets)
    }
    return [cleaned.get(event.number, event) for event in record.events]


def _cleaned(segments: Sequence[Event], secrets: Secrets) -> Iterator[Event]:
    pieces = [event.fact.data for event in segments if isinstance(event.fact, Received)]
    spans = list(secrets.spans(b"".join(pieces)))
    begin = 0
    for event, piece in zip(segments, pieces, strict=True):
        kept, at = b"", 0
        for span in spans:
            start, end = max(span.start - begin, 0), min(span.end - begin, len(piece))
            if start < end:
                # The name stands where the secret begins.
                name = f"[{span.name}]".encode() if span.start >= begin else b""
                kept, at = kept + piece[at:start] + name, end
        begin += len(piece)
        yield dataclasses.replace(event, fact=_with_data(event.fact, kept + piece[at:]))


def _with_data(fact: Fact, data: bytes) -> Fact:
    return dataclasses.replace(fact, data=data) if isinstance(fact, Received) else fact


def _event(event: Event, secrets: Secrets) -> dict[str, Any]:
    fact = {
        spec.name: _plain(getattr(event.fact, spec.name), secrets)
        for spec in dataclasses.fields(event.fact)
    }
    return {
        "number": event.number,
        "at": round(event.at, 6),
        "connection": event.connection,
        "fact": type(event.fact).__name__,
        **fact,
    }


def _plain(value: Any, secrets: Secrets) -> Any:
    """A field of a fact as JSON; octets as Latin-1, which keeps each of them."""
    if isinstance(value, bytes):
        return secrets.redact(value).decode("latin-1")
    if isinstance(value, str):
        return secrets.redact_text(value)
    if isinstance(value, tuple | list):
        return [_plain(item, secrets) for item in value]
    if isinstance(value, Mapping):
        return {str(key): _plain(item, secrets) for key, item in value.items()}
    if isinstance(value, datetime):
        return value.isoformat()
    if dataclasses.is_dataclass(value):
        return {
            spec.name: _plain(getattr(value, spec.name), secrets)
            for spec in dataclasses.fields(value)
        }
    return value


def _json(data: Any, secrets: Secrets) -> bytes:
    shown = secrets.redact_document(data)
    text = inert_json(json.dumps(shown, indent=2, ensure_ascii=False))
    return f"{text}\n".encode("utf-8", "replace")


def _text(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "replace")
