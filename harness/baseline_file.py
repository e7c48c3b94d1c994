"""A baseline as a file: read with the line of each mistake, and written so that a diff can be read.

YAML, because people review it, cut it and write their reasons into it: an entry is a few lines in
the order of the ids, and nothing in it changes that did not change. Comments are not kept when it
is written again; the key `reason` is.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from harness.baseline import VERSION, Baseline, Expectations, ExpectedFailure
from harness.errors import MachineError, UsageError
from harness.scenario.loading import YamlDocument, loads, validate

_HEAD = """\
# Expected failures, for `harness run --baseline`. `harness baseline update` writes this file.
# `reason` and `flaky: true` are yours to add to an entry, and are kept.
"""
# Ten times the library, failing in every case.
_LARGEST = 16 * 1_048_576


class _Dumper(yaml.SafeDumper):
    """Writes the rows of an entry into one line."""


class _Rows(list[str]):
    """The rows of an entry."""


def _in_one_line(dumper: yaml.SafeDumper, rows: _Rows) -> yaml.SequenceNode:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", rows, flow_style=True)


_Dumper.add_representer(_Rows, _in_one_line)


def load_expectations(path: Path) -> Expectations:
    """Read a baseline, for a run.

    Raises:
        UsageError: there is none, or it is of another version; `file:line: path: reason`.
    """
    document = _document(path)
    baseline = _validated(document)
    lines: dict[str, int] = {}
    for number, entry in enumerate(baseline.failures):
        if entry.case in lines:
            raise UsageError(document.complaint(("failures", number), f"{entry.case} stands twice"))
        lines[entry.case] = document.line(("failures", number))
    return Expectations(
        source=str(path), entries={each.case: each for each in baseline.failures}, lines=lines
    )


def expected(
    path: str | Path | None, ids: Sequence[str], *, is_everything: bool
) -> tuple[Expectations | None, tuple[str, ...]]:
    """What a baseline expects, if there is one, and a line for each entry that is about no case.

    `ids`, `is_everything`: see `Expectations.naming_nothing`.

    Raises:
        UsageError: `path` is no baseline.
    """
    if path is None:
        return None, ()
    expectations = load_expectations(Path(path))
    return expectations, expectations.naming_nothing(ids, is_everything=is_everything)


def load_baseline(path: Path) -> Baseline:
    """Read a baseline, to bring it up to date; as `load_expectations`."""
    expectations = load_expectations(path)
    return Baseline(baseline=VERSION, failures=tuple(expectations.entries.values()))


def write_baseline(path: Path, baseline: Baseline) -> None:
    """Write a baseline in one step: it is there whole, or as it was.

    Raises:
        MachineError: it cannot be written.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_text(baseline_text(baseline), encoding="utf-8")
        part.replace(path)
    except OSError as error:
        raise MachineError(f"cannot write the baseline {path}: {error.strerror}") from error
    finally:
        part.unlink(missing_ok=True)


def baseline_text(baseline: Baseline) -> str:
    """The file's content."""
    out = io.StringIO()
    out.write(f"{_HEAD}baseline: {baseline.baseline}\n")
    entries = [_plain(each) for each in baseline.failures]
    yaml.dump({"failures": entries}, out, Dumper=_Dumper, sort_keys=False, allow_unicode=True,
              width=10_000)  # fmt: skip
    return out.getvalue()


def _plain(entry: ExpectedFailure) -> dict[str, Any]:
    """An entry without what is not said."""
    plain = entry.model_dump(mode="json", exclude_defaults=True)
    return {key: _Rows(value) if key == "verifies" else value for key, value in plain.items()}


def _document(path: Path) -> YamlDocument:
    try:
        with path.open("rb") as file:
            octets = file.read(_LARGEST + 1)
    except FileNotFoundError:
        raise UsageError(
            f"there is no baseline {path}; harness baseline update {path} writes one"
        ) from None
    except OSError as error:
        raise UsageError(f"cannot read the baseline {path}: {error.strerror}") from error
    if len(octets) > _LARGEST:
        raise UsageError(f"{path}:1: file: larger than {_LARGEST // 1_048_576} MiB")
    try:
        return loads(octets.decode("utf-8"), source=str(path))
    except UnicodeDecodeError as error:
        line = octets.count(b"\n", 0, error.start) + 1
        raise UsageError(f"{path}:{line}: file: not UTF-8 at octet {error.start}") from error


def _validated(document: YamlDocument) -> Baseline:
    data = document.data
    if not isinstance(data, dict) or "baseline" not in data:
        raise UsageError(f"{document.source}:1: file: no baseline of the harness: it begins with"
                         f" `baseline: {VERSION}`")  # fmt: skip
    version = data["baseline"]
    if version != VERSION or isinstance(version, bool):
        reason = f"a baseline of version {version}; this harness reads version {VERSION}"
        raise UsageError(document.complaint(("baseline",), reason))
    return validate(document, Baseline)
