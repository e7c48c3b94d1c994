"""What the documents show is so: their examples are written to files and run, in order.

A fenced block is an example when it says where it goes or how it is run: `python file=NAME` and
`yaml file=NAME` are written to a file, each `$` line of a `console` block is run, and the lines
below it have to be in what it prints (`…` is anything). Its status has to be 0, or what an
`exit status` line says. `<!-- needs: NAME -->` names a program that the examples need.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.gate import MEANING

_TOP = Path(__file__).parent.parent
_DOCUMENTS = sorted([*_TOP.glob("*.md"), *(_TOP / "docs").glob("*.md")])
_FENCE = re.compile(r"^```(\S+)(?: file=(\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_NEEDS = re.compile(r"^<!-- needs: (\S+) -->$", re.MULTILINE)
_LINK = re.compile(r"\]\((?!https?:)([^)#]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A fenced block."""

    language: str
    file: str | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A command, and what the document says that it prints."""

    command: str
    lines: tuple[str, ...]

    @property
    def status(self) -> int:
        """The exit status that goes with it."""
        said = [re.match(r"exit status (\d+)", line) for line in self.lines]
        return next((int(match[1]) for match in said if match), 0)


def _blocks(document: Path) -> Iterator[Block]:
    for match in _FENCE.finditer(document.read_text(encoding="utf-8")):
        yield Block(language=match[1], file=match[2], text=match[3])


def _shown(console: str) -> Iterator[Shown]:
    for part in re.split(r"^\$ ", console, flags=re.MULTILINE)[1:]:
        lines = part.splitlines()
        length = next(n for n in range(1, len(lines) + 1) if _is_complete(lines[:n]))
        command = "\n".join(lines[:length])
        yield Shown(command=command, lines=tuple(filter(str.strip, lines[length:])))


def _is_complete(lines: list[str]) -> bool:
    """Whether a command ends here: not inside quotes."""
    try:
        shlex.split("\n".join(lines))
    except ValueError:
        return False
    return True


def _run(shown: Shown, folder: Path) -> None:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    hidden = ("GITHUB_STEP_SUMMARY", "HARNESS_EXPECTED_SKIPS", "HARNESS_TOX_RESULT", "PYTHONPATH")
    environment = {key: value for key, value in os.environ.items() if key not in hidden}
    environment["HARNESS_MAIL_DIR"] = str(folder / "mail")
    done = subprocess.run(
        ["bash", "-c", shown.command],
        cwd=folder,
        env={**environment, "PATH": path, "COLUMNS": "100"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    printed = done.stdout + done.stderr
    assert done.returncode == shown.status, f"$ {shown.command}\n{printed}"
    for line in shown.lines:
        pattern = re.escape(line.strip()).replace("…", ".*")
        assert re.search(pattern, printed), f"$ {shown.command}\nno {line.strip()!r} in\n{printed}"


# The README alone has two dozen commands, and a machine may have other things to do.
@pytest.mark.timeout(600)
@pytest.mark.whole
@pytest.mark.needs("bash", "curl")
@pytest.mark.parametrize("document", _DOCUMENTS, ids=lambda path: path.name)
def test_the_examples_of_a_document_do_what_it_says(
    document: Path, tmp_path: Path, requires_program: Callable[[str], str]
) -> None:
    for program in _NEEDS.findall(document.read_text(encoding="utf-8")):
        requires_program(program)
    for block in _blocks(document):
        if block.file is not None:
            target = tmp_path / block.file
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(block.text, encoding="utf-8")
        elif block.language == "console":
            for shown in _shown(block.text):
                _run(shown, tmp_path)


def test_the_readme_has_an_example_of_each_kind() -> None:
    blocks = list(_blocks(_TOP / "README.md"))
    assert {block.language for block in blocks} >= {"sh", "python", "yaml", "console"}
    commands = [shown.command for block in blocks for shown in _shown(block.text)]
    for way in ("python:", "command:", "template:", "file:"):
        assert any(f"--sender {way}" in command.replace('"', "") for command in commands), way


@pytest.mark.parametrize("document", _DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_to_a_file(document: Path) -> None:
    links = _LINK.findall(document.read_text(encoding="utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_what_is_made_is_a_target_of_the_makefile() -> None:
    made = [
        target
        for document in _DOCUMENTS
        for block in _blocks(document)
        if block.language == "sh"
        for target in re.findall(r"^make (\w+)", block.text, re.MULTILINE)
    ]
    targets = re.findall(r"^(\w+):", (_TOP / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert {"run", "test"} <= set(made) <= set(targets)


def test_every_exit_status_is_in_the_readme() -> None:
    readme = (_TOP / "README.md").read_text(encoding="utf-8")
    told = {int(number) for number in re.findall(r"^\| (\d+) \|", readme, re.MULTILINE)}
    assert told == set(MEANING)
