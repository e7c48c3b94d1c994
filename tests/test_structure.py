"""The boundaries of docs/architecture.md, read from the imports of every module."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

_TOP = Path(__file__).parent.parent
_CODE = ("harness", "fakes", "tests", "conftest.py")
# Tests are lists, which are longer before they are too long.
_MOST_LINES = {"harness": 400, "fakes": 400, "tests": 600}

# Longer than a module ought to be, and why that is still the best place for all of it.
_LONG: dict[str, str] = {}

_IO = (
    "anyio", "asyncio", "http.client", "io", "multiprocessing", "os", "random", "select",
    "selectors", "shutil", "socket", "socketserver", "ssl", "subprocess", "tempfile", "threading",
    "time", "urllib.request",
)  # fmt: skip

_RUNNING = (
    "harness.case_by_case", "harness.collected", "harness.embedding", "harness.execution",
    "harness.inquiry", "harness.runner", "harness.senders", "harness.standing_run",
    "harness.steps", "harness.world",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Modules below `inside`, but for `outside`, import nothing that begins with `banned`."""

    says: str
    inside: tuple[str, ...]
    banned: tuple[str, ...]
    outside: tuple[str, ...] = ()
    bites: str

    def broken_by(self, module: str, imports: Iterable[str]) -> Iterator[str]:
        """What the module imports and must not."""
        if _below(module, self.inside) and not _below(module, self.outside):
            yield from (name for name in imports if _below(name, self.banned))


_RULES = (
    Rule(
        says="fakes know nothing of the harness, pytest or click",
        inside=("fakes",),
        banned=("harness", "pytest", "_pytest", "click"),
        bites="from harness.errors import UsageError",
    ),
    Rule(
        says="fakes have one name, harness.fakes: another one would be a second copy of each class",
        inside=("harness", "fakes", "tests", "conftest", "benchmarks"),
        banned=("fakes",),
        bites="from fakes.transcript import Transcript",
    ),
    Rule(
        says="checks do no input or output",
        inside=("harness.checks",),
        banned=_IO,
        bites="import os.path",
    ),
    Rule(
        says="faults do no input or output",
        inside=("fakes.faults",),
        banned=_IO,
        bites="from asyncio import sleep",
    ),
    Rule(
        says="reports listen, and never see what runs",
        inside=("harness.reports",),
        banned=_RUNNING,
        bites="from harness import runner",
    ),
    Rule(
        says="nobody imports the command line",
        inside=("harness", "fakes"),
        outside=("harness.cli", "harness.__main__"),
        banned=("harness.cli",),
        bites="from harness.cli import main",
    ),
    Rule(
        says="nobody imports the pytest plugin",
        inside=("harness", "fakes"),
        outside=("harness.pytest_plugin",),
        banned=("harness.pytest_plugin", "harness.pytest_scenarios"),
        bites="import harness.pytest_plugin",
    ),
    Rule(
        says="the harness does not import its tests or its pytest",
        inside=("harness",),
        outside=("harness.pytest_plugin", "harness.pytest_scenarios"),
        banned=("tests", "conftest", "pytest", "_pytest"),
        bites="import pytest",
    ),
)


def _below(name: str, roots: Iterable[str]) -> bool:
    return any(name == root or name.startswith(f"{root}.") for root in roots)


def _modules(*roots: str) -> Iterator[Path]:
    """Every module below `roots`. `harness/fakes` is a link, and is not followed."""
    for root in roots:
        place = _TOP / root
        found = [place] if place.is_file() else sorted(place.rglob("*.py"))
        yield from (file for file in found if "harness/fakes/" not in file.as_posix())


def _name(file: Path) -> str:
    parts = file.relative_to(_TOP).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imports(source: str, module: str, *, is_package: bool = False) -> Iterator[str]:
    """The absolute name of everything that is imported anywhere in a module.

    Inside `fakes`, a relative import is one of `fakes`' own and is left out.
    """
    package = module.split(".") if is_package else module.split(".")[:-1]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level and package[0] == "fakes" and node.level <= len(package):
                continue
            start = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*start, *([node.module] if node.module else [])])
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


@cache
def _imports_of(file: Path) -> set[str]:
    source = file.read_text(encoding="utf-8")
    return set(_imports(source, _name(file), is_package=file.stem == "__init__"))


@pytest.mark.parametrize("rule", _RULES, ids=lambda rule: rule.says)
def test_a_boundary_is_kept(rule: Rule) -> None:
    broken = {
        f"{file.relative_to(_TOP)} imports {name}"
        for file in _modules(*_CODE, "benchmarks")
        for name in rule.broken_by(_name(file), _imports_of(file))
    }
    assert not broken, f"{rule.says}: {sorted(broken)}"


@pytest.mark.parametrize("rule", _RULES, ids=lambda rule: rule.says)
def test_a_boundary_bites(rule: Rule) -> None:
    module = f"{rule.inside[0]}.some_module"
    assert list(rule.broken_by(module, _imports(rule.bites, module)))


@pytest.mark.parametrize(
    ("line", "module", "expected"),
    [
        ("from .. import runner", "harness.reports.json_report", "harness.runner"),
        ("from ..runner import Run", "harness.reports.json_report", "harness.runner"),
        ("from ...harness import errors", "fakes.smtp.fake", "harness.errors"),
        ("def f():\n    import harness.cli.run", "harness.gate", "harness.cli.run"),
    ],
)
def test_no_way_of_importing_is_overlooked(line: str, module: str, expected: str) -> None:
    assert expected in set(_imports(line, module))


def test_the_pytest_plugin_imports_nothing_of_ours_before_it_is_used() -> None:
    found: list[str] = []
    own = ("harness.pytest_plugin.names", "harness.pytest_plugin.scenario_files")
    for file in ("__init__", "names", "scenario_files"):
        tree = ast.parse((_TOP / f"harness/pytest_plugin/{file}.py").read_text(encoding="utf-8"))
        at_once = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
        source = ast.unparse(ast.Module(body=list(at_once), type_ignores=[]))
        found += _imports(source, "harness.pytest_plugin", is_package=True)
    heavy = ("harness", "fakes", "aiosmtpd", "click", "cryptography", "pydantic", "rich", "yaml")
    theirs = [name for name in found if not _below(name, own)]
    assert not [name for name in theirs if _below(name, heavy)]


@pytest.mark.parametrize("folder", ["harness/checks", "fakes/faults"])
def test_what_is_pure_opens_and_prints_nothing(folder: str) -> None:
    calls = [
        f"{file.relative_to(_TOP)}:{node.lineno} {node.func.id}"
        for file in _modules(folder)
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in {"open", "print", "input", "exec", "eval"}
    ]
    assert not calls


def test_scenarios_hold_nothing_but_scenarios() -> None:
    strange = [
        str(path.relative_to(_TOP))
        for path in (_TOP / "scenarios").rglob("*")
        if path.is_file() and path.suffix != ".yaml"
    ]
    assert not strange


def test_the_fakes_are_linked_to_their_public_place() -> None:
    link = _TOP / "harness" / "fakes"
    assert link.is_symlink()
    assert link.resolve() == (_TOP / "fakes").resolve()


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        str(file.relative_to(_TOP))
        for file in _modules("harness", "fakes")
        if not ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))
    ]
    assert not silent


@pytest.mark.parametrize(("folder", "most"), _MOST_LINES.items())
def test_no_module_is_long_without_a_reason(folder: str, most: int) -> None:
    long = {
        file.relative_to(_TOP).as_posix()
        for file in _modules(folder)
        if len(file.read_text(encoding="utf-8").splitlines()) > most
    }
    assert sorted(long - set(_LONG)) == []


def test_one_class_name_stands_for_one_thing() -> None:
    places: dict[str, list[str]] = {}
    for file in _modules("harness", "fakes"):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef):
                places.setdefault(node.name, []).append(file.relative_to(_TOP).as_posix())
    assert not {name: where for name, where in places.items() if len(where) > 1}


def test_no_module_of_tests_is_skipped_as_a_whole() -> None:
    """With several workers pytest loses such skips, so the account of them would be wrong."""
    words = re.compile(r"\bimport" + r"orskip\b|\ballow_module" + r"_level\b")
    assert not [
        str(file.relative_to(_TOP))
        for file in _modules("tests")
        if words.search(file.read_text(encoding="utf-8"))
    ]


# The text of the repository.

_OF_A_MACHINE = {
    "a folder of somebody's machine": re.compile(r"(?<![\w.<])/(?:home|work|root|farm|Users)/\w"),
    "a place to install from": re.compile(
        r"(?:index-url|find-links|trusted-host)\b|https?://[^\s/]*\b(?:artifactory|nexus|pypi)\b"
    ),
}


def _texts() -> Iterator[tuple[str, str]]:
    """Every tracked file, and every file that is about to be."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=_TOP,
            capture_output=True,
            check=True,
            text=True,
        ).stdout.split("\0")
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this is no checkout")
    for name in filter(None, listed):
        path = _TOP / name
        if path.is_file() and not path.is_symlink():
            yield name, path.read_text(encoding="utf-8", errors="replace")


@pytest.mark.needs("git")
def test_no_file_names_a_place_of_one_machine() -> None:
    found = [
        f"{name}:{number}: {what}: {match[0]}"
        for name, text in _texts()
        for number, line in enumerate(text.splitlines(), 1)
        for what, pattern in _OF_A_MACHINE.items()
        for match in pattern.finditer(line)
        if name != "tests/test_structure.py"
    ]
    assert not found


@pytest.mark.parametrize(
    "line", ["cd /" + "work/main", "(/" + "home/me/x)", "pip --index" + "-url https://x/simple"]
)
def test_a_place_of_one_machine_is_seen(line: str) -> None:
    assert any(pattern.search(line) for pattern in _OF_A_MACHINE.values())
