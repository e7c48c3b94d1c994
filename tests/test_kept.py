"""What is kept from one process to the next, and when it is not used."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from harness import kept


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    return tmp_path / "__pycache__" / "made.kept"


MARK = kept.mark_of([])


def test_what_was_kept_is_had_again_and_nothing_else_is_left(place: Path) -> None:
    kept.keep(place, MARK, {"what": "came of it"})
    assert kept.kept(place, MARK) == {"what": "came of it"}
    assert [each.name for each in place.parent.iterdir()] == [place.name]


@pytest.mark.parametrize("octets", [b"", b"no pickle", MARK, MARK + b"no pickle"])
def test_what_is_nothing_of_ours_is_not_used(octets: bytes, place: Path) -> None:
    place.parent.mkdir()
    place.write_bytes(octets)
    assert kept.kept(place, MARK) is None


def test_nothing_is_unpickled_under_another_mark(place: Path) -> None:
    """It may be of a version whose classes are not there any more."""
    place.parent.mkdir()
    place.write_bytes(bytes(len(MARK)) + b"charness.gone\nGone\n.")
    assert kept.kept(place, MARK) is None
    with pytest.raises(ModuleNotFoundError):
        kept.kept(place, bytes(len(MARK)))


@pytest.mark.parametrize("others", [["2"], ["1", "1"], []])
def test_other_files_have_another_mark(others: list[str], tmp_path: Path) -> None:
    found = [tmp_path / f"{name}.yaml" for name in ("one", "two")]
    found[0].write_text("1", encoding="ascii")
    mark = kept.mark_of([str(found[0])])
    for file, content in zip(found, others, strict=False):
        file.write_text(content, encoding="ascii")
    assert kept.mark_of([str(file) for file in found[: len(others)]]) != mark


def test_another_program_has_another_mark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "_PROGRAM", tmp_path)
    marks = []
    for number in range(3):
        kept._program.cache_clear()
        marks.append(kept.mark_of([]))
        (tmp_path / "module.py").write_text("#" * number, encoding="ascii")
    kept._program.cache_clear()
    assert len({*marks, kept.mark_of([])}) == 4
    kept._program.cache_clear()


def test_nothing_is_kept_where_python_may_keep_nothing(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    kept.keep(place, MARK, "what")
    assert not place.parent.exists()


def test_what_python_compiled_is_no_file_of_the_program(tmp_path: Path) -> None:
    for name in ("one.py", "__pycache__/one.pyc", "below/two.yaml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    below = str(tmp_path / "below" / "two.yaml")
    assert kept.files_below(str(tmp_path)) == [below, str(tmp_path / "one.py")]
    assert kept.files_below(str(tmp_path), ".yaml") == [below]
