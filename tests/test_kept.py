"""What is kept from one process to the next, and when it is not used."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path

import pytest

from harness import kept


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    return tmp_path / "__pycache__" / "made.kept"


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    (tmp_path / "one.yaml").write_text("1", encoding="ascii")
    return [str(tmp_path / "one.yaml")]


def test_what_was_kept_is_had_again_and_nothing_else_is_left(place: Path, files: list[str]) -> None:
    kept.keep(place, files, {"what": "came of it"})
    assert kept.kept(place, files) == {"what": "came of it"}
    assert [each.name for each in place.parent.iterdir()] == [place.name]


@pytest.mark.parametrize("octets", [b"", b"no pickle", pickle.dumps(4), pickle.dumps((b"", {}))])
def test_what_is_nothing_of_ours_is_not_used(octets: bytes, place: Path, files: list[str]) -> None:
    place.parent.mkdir()
    place.write_bytes(octets)
    assert kept.kept(place, files) is None


@pytest.mark.parametrize("others", [["2"], ["1", "1"], []])
def test_what_came_of_other_files_is_not_used(
    others: list[str], place: Path, files: list[str], tmp_path: Path
) -> None:
    kept.keep(place, files, "what")
    found = [tmp_path / f"{name}.yaml" for name in ("one", "two")]
    for file, content in zip(found, others, strict=False):
        file.write_text(content, encoding="ascii")
    assert kept.kept(place, [str(file) for file in found[: len(others)]]) is None


def test_what_another_program_made_is_not_used(
    place: Path, files: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "program"
    program.mkdir()
    monkeypatch.setattr(kept, "_PROGRAM", program)
    marks = []
    for number in range(3):
        kept._program.cache_clear()
        marks.append(kept.mark_of(files))
        (program / "module.py").write_text("#" * number, encoding="ascii")
    kept._program.cache_clear()
    assert len({*marks, kept.mark_of(files)}) == 4
    kept._program.cache_clear()


def test_nothing_is_kept_where_python_may_keep_nothing(
    place: Path, files: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    kept.keep(place, files, "what")
    assert not place.parent.exists()


def test_what_python_compiled_is_no_file_of_the_program(tmp_path: Path) -> None:
    for name in ("one.py", "__pycache__/one.pyc", "below/two.yaml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    below = str(tmp_path / "below" / "two.yaml")
    assert kept.files_below(str(tmp_path)) == [below, str(tmp_path / "one.py")]
    assert kept.files_below(str(tmp_path), ".yaml") == [below]
