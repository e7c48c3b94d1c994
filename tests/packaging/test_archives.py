"""What is in the wheel and the sdist, and that the wheel works where there is no checkout."""

from __future__ import annotations

import json
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from .building import Archives, run_program, with_the_wheel

pytestmark = [pytest.mark.whole, pytest.mark.timeout(600)]

_TOP = Path(__file__).parent.parent.parent


@pytest.fixture(scope="session")
def installed(archives: Archives, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new virtual environment with the wheel; its dependencies are this environment's."""
    return with_the_wheel(tmp_path_factory.mktemp("installed"), sys.executable, archives)


def _contents(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _tracked(folder: str, below: str) -> set[str]:
    """The files of a folder of the tree, as they are to be called in the wheel."""
    return {
        f"{below}/{path.relative_to(_TOP / folder).as_posix()}"
        for path in (_TOP / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_the_wheel_installs_one_package_and_where_pytest_finds_its_plugin(
    archives: Archives,
) -> None:
    roots = {name.split("/")[0] for name in _contents(archives.wheel)}
    information = {root for root in roots if root.endswith(".dist-info")}
    assert len(information) == 1
    assert roots - information == {"harness", "mail_harness_pytest.py"}


def test_the_wheel_holds_every_file_of_the_three_folders(archives: Archives) -> None:
    inside = {name for name in _contents(archives.wheel) if name.startswith("harness/")}
    fakes = _tracked("fakes", "harness/fakes")
    scenarios = _tracked("scenarios", "harness/bundled_scenarios")
    harness = {
        name for name in _tracked("harness", "harness") if not name.startswith("harness/fakes/")
    }
    assert inside == harness | fakes | scenarios
    assert fakes
    assert scenarios


@pytest.mark.parametrize(
    "name",
    [
        "harness/py.typed",
        "harness/fakes/__init__.py",
        "harness/fakes/providers/ses/rest_refusals.toml",
        "harness/requirements/auth0.yaml",
    ],
)
def test_what_is_easily_forgotten_is_in_the_wheel(archives: Archives, name: str) -> None:
    assert name in _contents(archives.wheel)


def test_the_wheel_carries_the_licence_and_both_entry_points(archives: Archives) -> None:
    contents = {name.partition("/")[2]: data for name, data in _contents(archives.wheel).items()}
    assert contents["licenses/LICENSE"] == (_TOP / "LICENSE").read_bytes()
    entry_points = contents["entry_points.txt"].decode()
    assert "harness = harness.cli:main" in entry_points
    assert "harness = mail_harness_pytest" in entry_points


def test_the_sdist_makes_the_same_wheel_as_the_tree(archives: Archives) -> None:
    assert _contents(archives.wheel) == _contents(archives.wheel_of_tree)


def test_the_sdist_holds_the_tests_and_no_leftovers(archives: Archives) -> None:
    with tarfile.open(archives.sdist) as archive:
        names = {name.split("/", 1)[1] for name in archive.getnames()}
    assert {"conftest.py", "tox.ini", "constraints.txt", "tests/test_structure.py"} <= names
    assert not [name for name in names if "__pycache__" in name or name.startswith(".venv")]


def test_what_is_installed_is_not_the_checkout(installed: Path, tmp_path: Path) -> None:
    where = "import harness, harness.fakes as f; print(harness.__file__); print(f.__file__)"
    files = run_program(installed / "python", "-c", where, cwd=tmp_path).split()
    assert all(Path(file).is_relative_to(installed.parent) for file in files)


def _report(harness: Path, folder: Path, report: Path) -> dict[str, Any]:
    """What comes of a part of the library that has each kind of server."""
    part = ("scenarios/modes", "scenarios/api/sendgrid", "scenarios/submission/any")
    run_program(
        harness, "run", *part, "--time-scale", "3", "--report", f"json={report}", cwd=folder
    )
    document: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    return document


def _outcomes(document: dict[str, Any]) -> list[tuple[str, str, str | None]]:
    return [(case["id"], case["verdict"], case["control"]) for case in document["cases"]]


def test_an_empty_folder_gives_the_cases_and_verdicts_of_the_checkout(
    installed: Path, tmp_path: Path
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    both = ((installed / "harness", empty), (Path(sys.executable).parent / "harness", _TOP))
    there, here = (
        _report(harness, place, tmp_path / f"{number}.json")
        for number, (harness, place) in enumerate(both)
    )
    listed = [run_program(each, "list", "scenarios/", cwd=place) for each, place in both]
    assert listed[0] == listed[1]
    assert _outcomes(there) == _outcomes(here)
    assert there["requirements"] == here["requirements"]
    assert there["summary"]["pass"] > 0
