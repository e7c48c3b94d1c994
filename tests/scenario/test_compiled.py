"""The bundled cases as they are kept from one process to the next."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.scenario import compiled
from harness.scenario.library import load_library

pytestmark = pytest.mark.wire


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    found = tmp_path / "__pycache__" / "library.cases"
    monkeypatch.setattr(compiled, "_place", lambda: found)
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    compiled.kept_cases.cache_clear()
    yield found
    compiled.kept_cases.cache_clear()


def test_what_is_kept_is_what_was_read(place: Path) -> None:
    cases = load_library(("scenarios/modes", "scenarios/log")).cases
    compiled.keep(cases)
    compiled.kept_cases.cache_clear()
    kept = compiled.kept_cases()
    assert tuple(case for part in kept.values() for case in compiled.cases_in(part)) == cases
    assert place.exists()
    assert [each.name for each in place.parent.iterdir()] == [place.name]


@pytest.mark.parametrize("octets", [b"", b"no pickle", pickle.dumps(4), pickle.dumps((b"", {}))])
def test_what_is_no_library_is_not_used(octets: bytes, place: Path) -> None:
    place.parent.mkdir()
    place.write_bytes(octets)
    assert compiled.kept_cases() == {}


def test_what_came_of_another_state_is_not_used(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled.keep(load_library(("scenarios/modes",)).cases)
    monkeypatch.setattr(compiled, "_mark", lambda: b"another state")
    compiled.kept_cases.cache_clear()
    assert place.exists()
    assert compiled.kept_cases() == {}


def test_a_scenario_or_module_that_changes_is_another_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program, scenarios = tmp_path / "program", tmp_path / "scenarios"
    for folder in (program, scenarios):
        folder.mkdir()
    monkeypatch.setattr(compiled, "_PROGRAM", program)
    monkeypatch.setattr(compiled, "bundled_folder", lambda: scenarios)
    marks = []
    for file in (program / "module.py", scenarios / "one.yaml", scenarios / "one.yaml"):
        compiled._mark.cache_clear()
        marks.append(compiled._mark())
        file.write_text(f"{len(marks)}", encoding="ascii")
    compiled._mark.cache_clear()
    assert len({*marks, compiled._mark()}) == 4
    compiled._mark.cache_clear()


def test_nothing_is_kept_where_python_may_keep_nothing(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    compiled.keep(load_library(("scenarios/modes",)).cases)
    assert not place.parent.exists()


def test_a_process_reads_what_the_one_before_it_kept(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(tmp_path)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    program = (
        "from harness.scenario import compiled; from harness.scenario.library import load_library; "
        "cases = load_library().cases; print(len(compiled.kept_cases()), len(cases))"
    )
    told = [
        subprocess.run(
            [sys.executable, "-c", program],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        for _ in range(2)
    ]
    assert told[0][0] == "0"
    assert int(told[1][0]) > 400
    assert told[0][1] == told[1][1]
