"""Reading a JSON report again, whoever's run it is of."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from harness.errors import UsageError
from harness.reports.document import REPORT_VERSION, ReportDocument

# A whole library, failing in every case, takes a fifth of this.
_LARGEST = 256 * 1_048_576


def read_report(path: Path) -> ReportDocument:
    """Read a JSON report.

    Raises:
        UsageError: it cannot be read, is none, or is one of another version: one line.
    """
    data = _json(path)
    if not isinstance(data, dict) or "report" not in data:
        raise UsageError(f"{path} is no JSON report of a run (harness run --report json={path})")
    if data["report"] != REPORT_VERSION or isinstance(data["report"], bool):
        raise UsageError(
            f"{path} is a report of version {data['report']!r}; this harness reads {REPORT_VERSION}"
        )
    try:
        return ReportDocument.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UsageError(f"{path} is no JSON report of a run: {where}: {first['msg']}") from error


def _json(path: Path) -> Any:
    try:
        with path.open("rb") as file:
            octets = file.read(_LARGEST + 1)
    except OSError as error:
        raise UsageError(f"cannot read the report {path}: {error.strerror}") from error
    if len(octets) > _LARGEST:
        raise UsageError(f"the report {path} is larger than {_LARGEST // 1_048_576} MiB")
    try:
        return json.loads(octets)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} is no JSON report of a run: {error}") from error
