"""No skip goes unseen: what `conftest.py` at the top makes of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

_CONFTEST = Path(__file__).parent.parent / "conftest.py"
_NOBODY_HAS = "a-program-that-nobody-has"


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Run tests under our conftest; give the status and what was printed."""

    def run(
        tests: str, *arguments: str, expected: str | None = None, tox: str | None = None
    ) -> str:
        pytester.makeconftest(_CONFTEST.read_text(encoding="utf-8"))
        pytester.makepyfile(test_it=f"import pytest\n{tests}")
        for name, content in (("HARNESS_EXPECTED_SKIPS", expected), ("HARNESS_TOX_RESULT", tox)):
            monkeypatch.delenv(name, raising=False)
            if content is not None:
                monkeypatch.setenv(name, name.lower())
                (pytester.path / name.lower()).write_text(content)
        # Without the plugins that happen to be installed: importing them takes seconds a run.
        monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
        result = pytester.runpytest(*arguments, "-p", "no:cacheprovider")
        return f"{result.stdout}\nexit {int(result.ret)}"

    return run


_NEEDY = f"""
@pytest.mark.needs({_NOBODY_HAS!r})
@pytest.mark.parametrize("n", [1, 2])
def test_needy(n): raise AssertionError
"""
_WELL = "def test_well(): pass\n"


@pytest.mark.parametrize("workers", [(), ("-p", "xdist", "-n1")])
def test_what_is_missing_is_one_line_with_a_count(
    run: Callable[..., str], workers: tuple[str, ...]
) -> None:
    printed = run(_NEEDY, *workers)
    assert f"not tested here: {_NOBODY_HAS} is not installed (2 tests)" in printed
    assert "2 skipped" in printed
    assert "exit 0" in printed


def test_a_fixture_gives_the_path_of_a_program_or_skips(run: Callable[..., str]) -> None:
    printed = run(
        f"def test_there(requires_program): assert requires_program('sh').endswith('/sh')\n"
        f"def test_not(requires_program): requires_program({_NOBODY_HAS!r})\n"
    )
    assert f"not tested here: {_NOBODY_HAS} is not installed (1 test)" in printed
    assert "1 passed, 1 skipped" in printed


def test_nothing_is_said_where_nothing_is_missing(run: Callable[..., str]) -> None:
    assert "this machine" not in run(_WELL)


@pytest.mark.parametrize("workers", [(), ("-p", "xdist", "-n1")])
def test_a_skip_that_is_not_listed_is_an_error(
    run: Callable[..., str], workers: tuple[str, ...]
) -> None:
    printed = run(_NEEDY + _WELL, *workers, expected="# none\n")
    assert f"ERROR test_it.py::test_needy[1] - skipped, {_NOBODY_HAS} is" in printed
    assert "1 passed, 2 skipped, 2 errors" in printed
    assert "exit 1" in printed


def test_a_listed_skip_is_none(run: Callable[..., str]) -> None:
    printed = run(_NEEDY, expected=f"test_it.py::test_needy[*] | {_NOBODY_HAS} is not installed\n")
    assert "2 skipped" in printed
    assert "exit 0" in printed


def test_brackets_in_a_list_stand_for_themselves(run: Callable[..., str]) -> None:
    printed = run(_NEEDY, expected="test_it.py::test_needy[1] | *\n")
    assert "ERROR test_it.py::test_needy[2] - skipped" in printed
    assert "ERROR test_it.py::test_needy[1]" not in printed


def test_a_skip_for_another_reason_is_not_the_listed_one(run: Callable[..., str]) -> None:
    printed = run(_NEEDY, expected="test_it.py::test_needy* | the moon is full\n")
    assert "ERROR test_it.py::test_needy[1] - skipped" in printed
    assert "nothing is skipped that fits `test_it.py::test_needy* | the moon is full`" in printed
    assert "exit 1" in printed


def test_an_entry_that_no_skip_needs_is_an_error(run: Callable[..., str]) -> None:
    printed = run(_WELL, expected="test_it.py::test_well | it was ill\n")
    assert "nothing is skipped that fits `test_it.py::test_well | it was ill`" in printed
    assert "exit 1" in printed


def test_entries_are_not_held_against_a_part_of_the_tests(run: Callable[..., str]) -> None:
    listed = "test_it.py::test_needy* | *\n"
    assert "exit 0" in run(_WELL + _NEEDY, "-k", "well", expected=listed)


def test_a_line_that_is_no_entry_is_shown(run: Callable[..., str]) -> None:
    printed = run(_WELL, expected="test_it.py::test_well\n")
    assert "exit 0" not in printed


def _tox(**outcomes: dict[str, bool]) -> str:
    names = {name: name[2:].replace("_", ".", 1).replace("_", "-") for name in outcomes}
    tried = {names[name]: {"result": its} for name, its in outcomes.items()}
    return json.dumps({"testenvs": {**tried, "not-tried": {}, ".pkg": {"python": {}}}})


_PASSED = {"success": True, "skipped": False}
_FAILED = {"success": False, "skipped": False}
_MISSING = {"success": True, "skipped": True}


def test_another_python_is_one_line_whether_it_is_there_or_not(run: Callable[..., str]) -> None:
    printed = run(_WELL, tox=_tox(py3_12_pure=_PASSED, py3_13=_PASSED, py3_14=_MISSING))
    assert "the pure tests on Python 3.12: passed" in printed
    assert "the pure and wire tests on Python 3.13: passed" in printed
    assert "not tested here: Python 3.14 is not installed" in printed
    assert "exit 0" in printed


def test_a_failure_on_another_python_fails_this_run(run: Callable[..., str]) -> None:
    printed = run(_WELL, tox=_tox(py3_12=_PASSED, py3_13=_FAILED))
    assert "ERROR Python 3.13 - the pure and wire tests fail there" in printed
    assert "exit 1" in printed


def test_a_tox_that_came_to_no_end_fails_this_run(run: Callable[..., str]) -> None:
    printed = run(_WELL, tox="{")
    assert "ERROR another Python - the pure and wire tests fail there" in printed
    assert "exit 1" in printed
