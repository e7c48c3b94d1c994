"""What every test shares: what a test needs of the machine, and an account of what was skipped.

A test says what it needs with `@pytest.mark.needs("swaks", "root")`, or asks for the path of a
program with the fixture `requires_program`. Whatever is skipped is one line for each reason in
the summary. Where `HARNESS_EXPECTED_SKIPS` names a file, nothing but what that file lists may be
skipped, and for no other reason.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# No test depends on the clock, and so on how busy this machine is.
settings.register_profile("without a deadline", settings(), deadline=None)
settings.load_profile("without a deadline")

pytest_plugins = ["pytester"]

EXPECTED_SKIPS = "HARNESS_EXPECTED_SKIPS"
OTHER_PYTHONS = "HARNESS_TOX_RESULT"

# Servers are installed where only root's PATH leads.
_PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "needs(*things): programs by name, or `root`")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests come first: one worker would be left with them when all others end."""
    slow = {item.path for item in items if item.get_closest_marker("whole")}
    items.sort(key=lambda item: item.path not in slow)


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker in item.iter_markers("needs"):
        for thing in marker.args:
            _located(thing)


@pytest.fixture(scope="session")
def requires_program() -> Callable[[str], str]:
    """Give the path of a program, or skip the test that needs it."""
    return _located


@pytest.fixture(scope="session")
def requires_node_module() -> Callable[[str], str]:
    """Give the path of Node where it finds this module, or skip the test that needs it."""

    def node_with(module: str) -> str:
        node = _located("node")
        asked = [node, "-e", f"require.resolve({module!r})"]
        found = subprocess.run(asked, capture_output=True, check=False)  # noqa: S603  # our words
        if found.returncode != 0:
            pytest.skip(f"{module} is not installed for Node")
        return node

    return node_with


def _located(thing: str) -> str:
    if thing == "root":
        if getattr(os, "geteuid", lambda: 1)() != 0:
            pytest.skip("only root may do this")
        return thing
    path = shutil.which(thing, path=_PATH)
    if path is None:
        pytest.skip(f"{thing} is not installed")
    return path


# The account of what was not tested.


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Make an error of every skip that nobody expects, and of every other Python that failed."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or hasattr(session.config, "workerinput"):
        return
    wrong = [
        *_surprises(session, _skips(reporter)),
        *(
            (name, f"the {tests} tests fail there")
            for name, tests, outcome in _other_pythons()
            if outcome == "failed"
        ),
    ]
    if wrong:
        errors = reporter.stats.setdefault("error", [])
        errors += [_error(place, text) for place, text in wrong]
        if session.exitstatus in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any) -> None:
    reasons = Counter(reason for _, reason in _skips(terminalreporter))
    lines = [
        f"not tested here: {reason} ({count} test{'s' if count > 1 else ''})"
        for reason, count in sorted(reasons.items())
    ]
    for name, tests, outcome in _other_pythons():
        missing = outcome == "missing"
        lines.append(
            f"not tested here: {name} is not installed"
            if missing
            else f"the {tests} tests on {name}: {outcome}"
        )
    if lines:
        terminalreporter.section("this machine")
        for line in lines:
            terminalreporter.line(line)


def _error(place: str, text: str) -> pytest.TestReport:
    return pytest.TestReport(
        nodeid=place,
        location=(place, None, place),
        keywords={},
        outcome="failed",
        longrepr=text,
        when="teardown",
    )


def _skips(reporter: Any) -> list[tuple[str, str]]:
    """The id of every test that was skipped, and the reason that it gave."""
    return [
        (report.nodeid, str(report.longrepr[2]).removeprefix("Skipped: "))
        for report in reporter.stats.get("skipped", [])
    ]


def _surprises(
    session: pytest.Session, skips: Iterable[tuple[str, str]]
) -> Iterator[tuple[str, str]]:
    """What the list of skips and the skips themselves do not agree on: the place, and why."""
    name = os.environ.get(EXPECTED_SKIPS)
    if not name:
        return
    expected = list(_expected(Path(name)))
    used = set()
    for test, reason in skips:
        fitting = {entry for entry in expected if _fits(entry, test, reason)}
        used |= fitting
        if not fitting:
            yield test, f"skipped, {reason}: {name} does not list that"
    option = session.config.option
    is_whole = not (option.markexpr or option.keyword or option.file_or_dir)
    if is_whole and not session.shouldstop and not session.shouldfail:
        for entry in expected:
            if entry not in used:
                yield name, f"nothing is skipped that fits `{' | '.join(entry)}`"


def _expected(file: Path) -> Iterator[tuple[str, str]]:
    """The entries of a list of skips: a line `test | reason` each, with `*` for anything."""
    for line in file.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            test, separator, reason = line.partition(" | ")
            if not separator:
                raise pytest.UsageError(f"{file}: {line!r} is no `test | reason`")
            yield test.strip(), reason.strip()


def _fits(entry: tuple[str, str], *said: str) -> bool:
    # Not fnmatch: the square brackets of a test's parameters would be its character classes.
    patterns = [re.escape(pattern).replace(r"\*", ".*") for pattern in entry]
    return all(
        re.fullmatch(pattern, text, re.DOTALL) for pattern, text in zip(patterns, said, strict=True)
    )


# What tox found out before this run, where `make test` had it try the other Pythons.


def _other_pythons() -> Iterator[tuple[str, str, str]]:
    """Each other Python, the tests tried there, and how they ended: passed, failed or missing."""
    file = os.environ.get(OTHER_PYTHONS)
    if not file:
        return
    try:
        document = json.loads(Path(file).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        yield "another Python", "pure and wire", "failed"
        return
    for name, tried in document["testenvs"].items():
        if result := tried.get("result"):
            version, _, pure = name.partition("-")
            yield f"Python {version}", pure or "pure and wire", _outcome(result)


def _outcome(result: dict[str, bool]) -> str:
    if result["skipped"]:
        return "missing"
    return "passed" if result["success"] else "failed"
