"""The bundled cases as they are kept from one process to the next."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.scenario import compiled, library
from harness.scenario.case import Case
from harness.scenario.library import load_library
from harness.scenario.places import bundled_folder

pytestmark = pytest.mark.wire


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    found = tmp_path / "__pycache__" / "library.cases"
    monkeypatch.setattr(compiled, "_place", lambda: found)
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    compiled.kept_cases.cache_clear()
    yield found
    _forget()


def _whole(case: Case) -> dict[str, object]:
    """Everything about a case, whether it was read or kept."""
    parts = {each.name: getattr(case, each.name) for each in dataclasses.fields(Case)}
    return {**parts, "content": (case.given, case.steps, case.then)}


@pytest.mark.usefixtures("place")
def test_what_is_kept_is_what_was_read() -> None:
    cases = load_library(("scenarios/modes", "scenarios/log")).cases
    compiled.keep_cases(cases)
    compiled.kept_cases.cache_clear()
    kept = [case for scenario in compiled.kept_cases().values() for case in scenario]
    assert [_whole(case) for case in kept] == [_whole(case) for case in cases]


@pytest.mark.usefixtures("place")
def test_what_changed_behind_its_reading_is_not_taken_for_what_was_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "bundled" / "plain.yaml"
    file.parent.mkdir()
    file.write_bytes((bundled_folder() / "auth" / "login-only.yaml").read_bytes())
    for module in (compiled, library):
        monkeypatch.setattr(module, "bundled_folder", lambda: file.parent)
    monkeypatch.setattr(library, "resolved_bundled_folder", lambda: file.parent)
    _forget()
    read = library._read_in

    def reading_late(*words: Any) -> tuple[Case, ...]:
        cases = read(*words)
        file.write_bytes(file.read_bytes() + b"# more\n")
        return cases

    monkeypatch.setattr(library, "_read_in", reading_late)
    assert len(load_library().cases) == 2
    compiled.kept_cases.cache_clear()
    assert len(compiled.kept_cases()) == 1  # by the mark that was made in this process
    _forget()
    assert not compiled.kept_cases()


def _forget() -> None:
    """What this process found out about the bundled scenarios."""
    compiled.kept_cases.cache_clear()
    compiled._mark.cache_clear()
    library._bundled_cases.cache_clear()


def _said(folder: Path, program: str, *words: str) -> str:
    """What a process prints that keeps compiled modules in `folder`."""
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(folder)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    return subprocess.run(
        [sys.executable, "-c", program, *words],
        cwd=Path(__file__).parents[2],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_a_process_reads_what_the_one_before_it_kept(tmp_path: Path) -> None:
    """As many cases in the same order, whether all or the folder of all is asked for."""
    program = (
        "import operator; from harness.scenario import compiled; "
        "from harness.scenario.library import load_library; "
        "cases = load_library().cases; print(len(compiled.kept_cases()), len(cases)); "
        "print([(case.id, case.source) for case in cases]); "
        "assert all(map(operator.is_, cases, load_library(('scenarios',)).cases))"
    )
    told = [_said(tmp_path, program).split("\n", 1) for _ in range(2)]
    assert told[0][0].startswith("0 ")
    assert int(told[1][0].split()[0]) > 400
    assert told[0][0].split()[1] == told[1][0].split()[1]
    assert told[0][1] == told[1][1]


@pytest.mark.parametrize("words", [("list",), ("list", "--catalogue"), ("explain", "ORY-035")])
def test_whoever_only_looks_at_what_there_is_imports_no_model(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    program = (
        "import sys; from harness.cli import main\n"
        "try:\n    main(sys.argv[1:])\n"
        "finally:\n    print(sorted({'pydantic', 'yaml'} & {*sys.modules}))"
    )
    for heavy in (["pydantic", "yaml"], []):
        assert _said(tmp_path, program, *words).splitlines()[-1] == str(heavy)
