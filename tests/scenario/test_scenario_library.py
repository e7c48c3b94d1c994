"""Where scenarios are looked for, and what they are called."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from harness.errors import ScenarioError, UsageError
from harness.requirements import load_catalogue
from harness.scenario.library import load_library
from harness.scenario.places import bundled_folder

TEXT = """\
title: A message is sent and taken
verifies: [ORY-035]
when: {send: {}}
then: {sender: {status: sent}, wire: {messages: once}}
"""
Write = Callable[..., Path]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def write(folder: Path) -> Write:
    def write_one(name: str, text: str = TEXT) -> Path:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    return write_one


def ids(*paths: str) -> list[str]:
    return [case.id for case in load_library(paths).cases]


def test_without_a_path_the_bundled_scenarios_are_read(folder: Path) -> None:
    library = load_library()
    assert library.notes == ()
    assert {case.scenario for case in library.cases} == {
        file.relative_to(bundled_folder()).with_suffix("").as_posix()
        for file in bundled_folder().rglob("*.yaml")
    }
    assert all(case.source.startswith("scenarios/") for case in library.cases)


def test_bundled_scenarios_are_read_once_and_a_projects_own_each_time(
    folder: Path, write: Write
) -> None:
    write("one.yaml")
    [own, bundled] = [load_library([path]).cases for path in ("one.yaml", "scenarios")]
    assert all(map(operator.is_, load_library(["scenarios"]).cases, bundled))
    assert own[0].title == "A message is sent and taken"
    write("one.yaml", TEXT.replace("is sent and taken", "is sent or taken"))
    assert {case.title for case in load_library(["one.yaml"]).cases} == {
        "A message is sent or taken"
    }


def test_a_bundled_scenario_is_held_against_the_catalogue_that_is_given(folder: Path) -> None:
    assert load_library(["scenarios/modes"]).cases
    whole = load_catalogue()
    little = replace(whole, rows={"ORY-035": whole.row("ORY-035")})
    with pytest.raises(ScenarioError, match="no requirement or situation has the id"):
        load_library(["scenarios/modes"], catalogue=little)


def test_every_id_of_the_bundled_scenarios_is_there_once() -> None:
    cases = load_library().cases
    assert len({case.id for case in cases}) == len(cases)
    controls = {case.id for case in cases if case.is_control}
    assert {case.control for case in cases if case.control} == controls


def test_an_id_is_the_path_below_the_folder_that_was_named(write: Write) -> None:
    write("mine/b.yaml")
    write("mine/sub/a.yaml")
    assert ids("mine") == ["b", "sub/a"]


def test_an_id_is_the_path_below_a_folder_called_scenarios(write: Write) -> None:
    write("scenarios/tls/own.yaml")
    assert ids("scenarios") == ids("scenarios/tls") == ["tls/own"]
    assert ids("scenarios/tls/own.yaml") == ["tls/own"]


def test_a_single_file_is_called_by_its_name(write: Write) -> None:
    write("mine/sub/a.yaml")
    assert ids("mine/sub/a.yaml") == ["a"]


def test_the_same_file_named_twice_is_read_once(write: Write) -> None:
    write("scenarios/tls/own.yaml")
    assert ids("scenarios", "scenarios/tls", "./scenarios/tls/own.yaml") == ["tls/own"]


def test_two_files_of_one_id_are_refused(write: Write) -> None:
    write("one/a.yaml")
    write("two/a.yaml")
    with pytest.raises(UsageError) as caught:
        load_library(("one", "two"))
    assert str(caught.value) == "two scenarios are called a: one/a.yaml and two/a.yaml"


def test_bundled_scenarios_are_found_where_the_folder_is_not_here(folder: Path) -> None:
    library = load_library(("scenarios/tls",))
    assert library.notes == ("scenarios/tls is not in this folder: using the bundled scenarios",)
    assert {case.scenario.partition("/")[0] for case in library.cases} == {"tls"}
    assert {str(Path(case.source).parent) for case in library.cases} == {"scenarios/tls"}


def test_a_single_bundled_scenario_is_found_too(folder: Path) -> None:
    library = load_library(("./scenarios/tls/certificate.yaml",))
    assert len(library.notes) == 1
    assert {case.scenario for case in library.cases} == {"tls/certificate"}


def test_the_users_own_folder_wins(write: Write) -> None:
    write("scenarios/tls/own.yaml")
    library = load_library(("scenarios/tls",))
    assert library.notes == ()
    assert [case.id for case in library.cases] == ["tls/own"]


def test_bundled_and_own_scenarios_can_be_named_together(write: Write) -> None:
    write("scenarios/tls/own.yaml")
    found = ids("scenarios", "scenarios/tls/certificate.yaml")
    assert "tls/own" in found
    assert "tls/certificate[mode=tls,control]" in found


@pytest.mark.parametrize(
    "path", ["nowhere", "scenarios/nowhere", "scenarios/../harness", "tls/certificate.yaml"]
)
def test_a_path_that_is_nowhere_is_refused(path: str, folder: Path) -> None:
    with pytest.raises(UsageError, match=f"^there is no scenario file or folder {path}(;|$)"):
        load_library((path,))


def test_a_folder_without_scenarios_is_refused(folder: Path, write: Write) -> None:
    write("empty/notes.txt")
    (folder / "empty/odd.yaml").mkdir()
    with pytest.raises(UsageError, match=r"^there is no scenario \(\*\.yaml\) in empty$"):
        load_library(("empty",))


def test_mistakes_of_all_files_are_told_together(write: Write) -> None:
    write("mine/a.yaml", TEXT + "tags: off\n")
    write("mine/b.yaml")
    write("mine/c.yaml", "title: short\n")
    with pytest.raises(ScenarioError) as caught:
        load_library(("mine",))
    assert str(caught.value).splitlines() == [
        "mine/a.yaml:5: tags: off could be a boolean: write true or false, or quote it",
        "mine/c.yaml:1: title: at least 10 characters are due",
        "mine/c.yaml:1: when: this is missing",
        "mine/c.yaml:1: then: this is missing",
    ]


def test_a_device_is_no_scenario(folder: Path) -> None:
    with pytest.raises(UsageError, match=r"^there is no scenario \(\*\.yaml\) in /dev/null$"):
        load_library(("/dev/null",))
