"""What is imported is declared, and what is installed is pinned."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

_TOP = Path(__file__).parent.parent
_OURS = {"harness", "fakes", "tests"}
# pytest is there whenever its plugin runs, and must not be installed for everybody else.
_OF_THE_HOST = {"pytest"}
_OF_TYPE_CHECKERS = {"_typeshed"}


@cache
def _project() -> dict[str, Any]:
    return tomllib.loads((_TOP / "pyproject.toml").read_text(encoding="utf-8"))


def _declared(*, dev: bool) -> set[Requirement]:
    project = _project()["project"]
    lists = [project["dependencies"], *project.get("optional-dependencies", {}).values()]
    if dev:
        lists.append(_project()["dependency-groups"]["dev"])
    return {Requirement(line) for lines in lists for line in lines}


def _pins() -> dict[str, str]:
    lines = (_TOP / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.split("==") for line in lines if line and not line.startswith("#"))
    return {canonicalize_name(name): version for name, version in pairs}


def _imported(*folders: str) -> set[str]:
    """The first name of everything that the folders import, wherever in a module."""
    found: set[str] = set()
    for folder in folders:
        for file in (_TOP / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    found.update(alias.name.partition(".")[0] for alias in node.names)
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    found.add(node.module.partition(".")[0])
    return found - set(sys.stdlib_module_names) - _OURS - _OF_TYPE_CHECKERS


def _undeclared(imported: set[str], *, dev: bool) -> set[str]:
    """The names among `imported` that no dependency that we ask for brings."""
    homes = metadata.packages_distributions()
    declared = {canonicalize_name(requirement.name) for requirement in _declared(dev=dev)}
    return {
        name
        for name in imported
        if declared.isdisjoint(canonicalize_name(home) for home in homes.get(name, ()))
    }


def test_every_import_of_the_package_is_a_declared_dependency() -> None:
    assert _undeclared(_imported("harness", "fakes"), dev=False) <= _OF_THE_HOST


def test_every_import_of_the_tests_is_a_declared_dependency() -> None:
    assert not _undeclared(_imported("tests"), dev=True)


def test_every_declared_dependency_of_the_package_is_imported() -> None:
    homes = metadata.packages_distributions()
    imported = _imported("harness", "fakes")
    used = {canonicalize_name(home) for name in imported for home in homes.get(name, ())}
    assert {canonicalize_name(each.name) for each in _declared(dev=False)} <= used


# Everything that `pip install mail-harness` brings on Linux, paid for by everybody: what is large
# and only few use belongs to an extra. Three of four MB are cryptography, pydantic and rich with
# Pygments, which pytest brings as well.
_BASE = {
    "aiosmtpd", "annotated-types", "atpublic", "attrs", "cffi", "click",
    "cryptography", "h11", "httptools", "idna", "markdown-it-py", "mdurl",
    "pycparser", "pydantic", "pydantic-core", "pygments", "pyyaml", "rich", "trustme",
    "typing-extensions", "typing-inspection",
}  # fmt: skip


def test_a_plain_install_brings_this_and_nothing_else() -> None:
    open_ = [Requirement(line) for line in _project()["project"]["dependencies"]]
    found = set[str]()
    while open_:
        requirement = open_.pop()
        name = canonicalize_name(requirement.name)
        if name in found or (requirement.marker and not requirement.marker.evaluate({"extra": ""})):
            continue
        found.add(name)
        open_ += [Requirement(line) for line in metadata.distribution(name).requires or ()]
    assert found == _BASE


def test_the_versions_that_run_here_are_the_pinned_ones() -> None:
    """Everything that our dependencies bring along has its line in constraints.txt."""
    pins, open_, closed = _pins(), list(_declared(dev=True)), set[str]()
    strays = []
    while open_:
        requirement = open_.pop()
        name = canonicalize_name(requirement.name)
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        if name in closed:
            continue
        closed.add(name)
        distribution = metadata.distribution(name)
        if pins.get(name) != distribution.version:
            strays.append(f"{name}=={distribution.version}")
        open_ += [Requirement(line) for line in distribution.requires or ()]
    assert not strays


def test_the_build_is_pinned_like_everything_else() -> None:
    wanted = {Requirement(line).name: line for line in _project()["build-system"]["requires"]}
    assert {name: f"{name}=={_pins()[name]}" for name in wanted} == wanted


def test_the_oldest_python_is_told_the_same_everywhere() -> None:
    oldest = _project()["project"]["requires-python"].removeprefix(">=")
    tox = (_TOP / "tox.ini").read_text(encoding="utf-8")
    tried = re.search(r"^env_list = all, (.+)$", tox, re.MULTILINE)
    assert tried
    assert tried[1].split(", ")[0] == oldest
    assert f"({oldest.replace('.', ', ')})" in (_TOP / "Makefile").read_text(encoding="utf-8")
    assert _project()["tool"]["ruff"]["target-version"] == f"py{oldest.replace('.', '')}"
