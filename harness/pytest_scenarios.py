"""Scenario files as items of pytest, one a case.

The plugin imports this module where the ini key `harness_scenarios` names files; nobody else pays
for it. An item knows its case and how it ends; the order of items, the workers that they go to and
the report that they end up in are pytest's.

The scenarios that come with the harness are collected as well, where the key names what a project
does not have itself (`scenarios/tls`). pytest never sees where they are installed: they belong to
the session and to the root directory's conftest.py, their node ids begin with `scenarios/`, and so
may arguments of the command line.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn

import pytest

from harness.embedding import Answering
from harness.errors import HarnessError, UsageError
from harness.execution import RunOrder
from harness.gate import gates, is_about_a_must
from harness.model import CaseResult, Level, Verdict
from harness.reports.case_text import first_unmet, visible_lines, what_was_found, what_was_said
from harness.requirements import Catalogue, load_catalogue
from harness.runner import Options
from harness.scenario.case import Case
from harness.scenario.library import bundled_folder, cases_of, located
from harness.selection import providers_of
from harness.standing_run import standing_run
from harness.turns import Turns

SCENARIOS_INI = "harness_scenarios"
ANY_SCENARIO = "harness_scenario"
TURNS = "harness_turns"
_TREE = "scenarios"
_SUFFIX = ".yaml"
_NO_MARK = re.compile(r"\W")

_NO_SENDER = (
    f"{SCENARIOS_INI} is set, and no sender: name one with --harness-sender or the ini key "
    "harness_sender, or return one from the hook pytest_harness_sender in conftest.py "
    "(`reference` is the sender that comes with the harness)"
)

Importing = Callable[[], AbstractContextManager[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """A file or folder with scenarios. `shown` is what the ini key calls it."""

    path: Path
    shown: str
    is_bundled: bool

    def holds(self, file: Path) -> bool:
        """Whether `file` is a scenario of it."""
        return file.suffix == _SUFFIX and file.is_relative_to(self.path)

    def files(self) -> list[Path]:
        """Its scenarios, in order."""
        if self.path.is_file():
            return [self.path]
        return sorted(file for file in self.path.rglob(f"*{_SUFFIX}") if file.is_file())

    def cases(self, file: Path, source: str, catalogue: Catalogue) -> tuple[Case, ...]:
        """The cases of one of its files, which complaints call `source`."""
        below = self.path if self.path.is_dir() else self.path.parent
        return cases_of(file, below=below, source=source, catalogue=catalogue)


class ScenarioFile(pytest.Collector):
    """A file of scenarios. No `pytest.File`, whose node id would say where we are installed."""

    def __init__(
        self,
        *,
        plugin: ScenarioItems,
        root: Root,
        file: Path,
        only: str | None = None,
        **words: Any,
    ) -> None:
        super().__init__(**words)
        self.file = file
        self._plugin = plugin
        self._root = root
        self._only = only

    def collect(self) -> Iterable[pytest.Item]:
        """An item for each of its cases, controls too."""
        with self._plugin.importing():
            try:
                cases = self._root.cases(self.file, self.nodeid, self._plugin.catalogue)
                self._plugin.add(cases, self.nodeid)
            except HarnessError as error:
                raise self.CollectError(str(error)) from None
            return [
                ScenarioItem.from_parent(
                    self, name=case.id, case=case, plugin=self._plugin, file=self.file
                )
                for case in cases
                if self._only in {None, case.id, case.scenario}
            ]


class ScenarioItem(pytest.Item):
    """One case. It is asked in its setup, so that what is no verdict is an error there."""

    def __init__(self, *, case: Case, plugin: ScenarioItems, file: Path, **words: Any) -> None:
        super().__init__(**words)
        self.case = case
        self._file = file
        self._plugin = plugin
        self._result: CaseResult | None = None
        self.add_marker(ANY_SCENARIO)
        for tag in case.tags:
            name = f"harness_{_NO_MARK.sub('_', tag)}"
            self.config.addinivalue_line("markers", f"{name}: scenarios with the tag {tag}")
            self.add_marker(name)
        # What -k can be given has no equals sign in it.
        self.extra_keyword_matches.update(f"{name}:{each}" for name, each in case.axes.items())
        self.extra_keyword_matches.update((*case.rows, *providers_of(case)))
        self.user_properties += [("case", case.id), ("title", case.title)]
        self.user_properties += [("requirement", row) for row in case.requirements]
        self.user_properties += [("situation", row) for row in case.situations]
        self.user_properties += [("tag", tag) for tag in case.tags]

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where pytest says that it is."""
        return self._file, 0, self.case.id

    def setup(self) -> None:
        """Ask the case; what this machine or a fake is to blame for is an error."""
        __tracebackhide__ = True
        try:
            result = self._result = self._plugin.ask(self)
        except HarnessError as error:
            pytest.fail(str(error), pytrace=False)
        self.user_properties = [each for each in self.user_properties if each[0] != "verdict"]
        self.user_properties.append(("verdict", result.verdict.value))
        if result.verdict is Verdict.ERROR:
            self._end(result, f"error: {result.reason}")

    def runtest(self) -> None:
        """End as the case did."""
        __tracebackhide__ = True
        assert self._result is not None
        result = self._result
        if self._plugin.gates(result):
            self._end(result, _failure(result))
        if result.verdict is Verdict.FAIL:
            self._attach(result)
            why = "expected" if result.expected_failure else f"{result.level}, does not gate"
            pytest.xfail(visible_lines([f"{why}: {first_unmet(result)}"]))
            self._end(result, _failure(result))  # --runxfail
        if result.verdict is not Verdict.PASS:
            pytest.skip(visible_lines([f"{result.verdict}: {result.reason}"]))

    def _end(self, result: CaseResult, headline: str) -> NoReturn:
        __tracebackhide__ = True
        self._attach(result)
        again = f"again:    pytest '{self.nodeid}'"
        pytest.fail(visible_lines([headline, *what_was_found(result), again]), pytrace=False)

    def _attach(self, result: CaseResult) -> None:
        answer = json.dumps(result.answer, indent=2, ensure_ascii=False) if result.answer else ""
        for name, lines in (
            ("conversation", what_was_said(result)),
            ("answer", answer.splitlines()),
            ("output of the sender", result.output.splitlines()[-100:]),
        ):
            if text := visible_lines(lines):
                self.add_report_section("call", name, text)


def _failure(result: CaseResult) -> str:
    if result.verdict is Verdict.FAIL:
        return first_unmet(result)
    return f"{result.verdict}: {result.reason or 'not as expected'}"


class ScenarioItems:
    """The plugin of one process: what is collected, and the senders that are asked.

    `importing` makes the harness importable, whatever else has its name.
    """

    def __init__(self, config: pytest.Config, importing: Importing) -> None:
        self.importing = importing
        self.catalogue = load_catalogue(config.getini("harness_documents"))
        self._config = config
        self._roots = roots(config.getini(SCENARIOS_INI), config.rootpath)
        self._strict = bool(config.getini("harness_strict"))
        self._time_scale = _time_scale(config.getini("harness_time_scale"))
        self._files: dict[str, str] = {}
        self._cases: dict[str, Case] = {}
        self._asking: dict[str | Answering, Callable[[str], CaseResult] | HarnessError] = {}
        self._open = ExitStack()
        self._arguments: list[tuple[str, str | None]] | None = None
        self._turns: Turns | None = None
        self._folder: str | None = None

    # What pytest calls.

    def pytest_collect_file(
        self, file_path: Path, parent: pytest.Collector
    ) -> pytest.Collector | None:
        """Collect the project's own files."""
        own = (root for root in self._roots if not root.is_bundled)
        root = next((root for root in own if root.holds(file_path)), None)
        if root is None:
            return None
        shown = os.path.relpath(file_path, self._config.rootpath).replace(os.sep, "/")
        return self._file_node(parent, file_path, root, path=file_path, nodeid=shown)

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Add the bundled files to what the session collects."""
        report = yield
        if isinstance(collector, pytest.Session) and report.passed:
            report.result = [*(report.result or ()), *self._bundled_files(collector)]
        return report

    def _bundled_files(self, session: pytest.Session) -> Iterator[pytest.Collector]:
        top = self._config.rootpath
        for root in (root for root in self._roots if root.is_bundled):
            for file in root.files():
                shown = f"{_TREE}/{file.relative_to(bundled_folder().resolve()).as_posix()}"
                for only in self._wanted(shown):
                    yield self._file_node(session, file, root, path=top, nodeid=shown, only=only)

    def _wanted(self, shown: str) -> Iterable[str | None]:
        """What of a bundled file is to be collected: ids, or None for all of it, or nothing."""
        if self._arguments is None:
            return (None,)
        named = [name for place, name in self._arguments if _is_below(shown, place)]
        return (None,) if None in named else dict.fromkeys(named)

    def _file_node(
        self, parent: pytest.Collector, file: Path, root: Root, **words: Any
    ) -> pytest.Collector:
        words |= {"name": file.name, "plugin": self, "root": root, "file": file}
        node: ScenarioFile = ScenarioFile.from_parent(parent, **words)
        return node

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Refuse to judge a sender that nobody named; a worker can only say so item by item."""
        unnamed = (isinstance(item, ScenarioItem) and not self._sender(item) for item in items)
        if not hasattr(self._config, "workerinput") and any(unnamed):
            raise pytest.UsageError(_NO_SENDER)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker of pytest-xdist where all of them take their turns."""
        if self._folder is None:
            folder = tempfile.TemporaryDirectory(prefix="harness-turns-")
            self._folder = self._open.enter_context(folder)
        node.workerinput[TURNS] = self._folder

    def pytest_sessionfinish(self) -> None:
        """Close what was opened."""
        with self.importing():
            self._open.close()

    # What items ask.

    def add(self, cases: Iterable[Case], file: str) -> None:
        """Take note of the cases of a file.

        Raises:
            UsageError: another file has a scenario of the same id.
        """
        for case in cases:
            other = self._files.setdefault(case.scenario, file)
            if other != file:
                raise UsageError(f"two scenarios are called {case.scenario}: {other} and {file}")
            self._cases[case.id] = case

    def ask(self, item: ScenarioItem) -> CaseResult:
        """Put a case to the sender that is configured for it.

        Raises:
            HarnessError: the sender cannot be driven.
        """
        sender = self._sender(item)
        if sender is None:
            raise UsageError(_NO_SENDER)
        with self.importing(), self._turn():
            if sender not in self._asking:
                try:
                    self._asking[sender] = self._opened(sender, item.session.items)
                except HarnessError as error:
                    self._asking[sender] = error
            asking = self._asking[sender]
            if isinstance(asking, HarnessError):
                raise asking
            return asking(item.case.id)

    def gates(self, result: CaseResult) -> bool:
        """Whether what came of a case fails its item, as it would make `harness run` fail."""
        if gates(result, strict=self._strict):
            return True
        is_open = self._strict and result.verdict is Verdict.INCONCLUSIVE
        return is_open and is_about_a_must(result, self._musts)

    @cached_property
    def _musts(self) -> frozenset[str]:
        rows = self.catalogue.requirements
        return frozenset(row.id for row in rows if row.level is Level.MUST)

    def _sender(self, item: pytest.Item) -> str | Answering | None:
        """Option, hook, ini key: the first that names a sender. The hook may differ by folder."""
        option: str | None = self._config.getoption("--harness-sender")
        hooked: str | Answering | None = item.ihook.pytest_harness_sender(config=self._config)
        return option or hooked or self._config.getini("harness_sender") or None

    def _opened(
        self, sender: str | Answering, items: Iterable[pytest.Item]
    ) -> Callable[[str], CaseResult]:
        chosen = {item.case.id for item in items if isinstance(item, ScenarioItem)}
        chosen |= {control for each in chosen if (control := self._cases[each].control)}
        order = RunOrder(
            cases=[case for case in self._cases.values() if case.id in chosen],
            catalogue=self.catalogue,
            time_scale=self._time_scale,
            options=Options(jobs=int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))),
        )
        quiet = self._turns.alone if self._turns is not None else nullcontext
        return self._open.enter_context(
            standing_run(order, sender, environment=os.environ, quiet=quiet)
        )

    def _turn(self) -> AbstractContextManager[None]:
        """This process's turn among the workers that pytest-xdist started on this machine."""
        folder = getattr(self._config, "workerinput", {}).get(TURNS)
        if self._turns is None and folder is not None and Path(folder).is_dir():
            self._turns = self._open.enter_context(Turns(Path(folder)))
        return self._turns.among_others() if self._turns is not None else nullcontext()

    # What pytest is to collect.

    def take_arguments(self) -> None:
        """Collect all roots where no files are named, and take out what names bundled ones.

        Raises:
            UsageError: an argument names no bundled scenario that `harness_scenarios` has.
        """
        config = self._config
        top = config.invocation_params.dir
        if config.args_source is pytest.Config.ArgsSource.ARGS:
            ours = [each for each in config.args if _names_bundled(each, top)]
            config.args[:] = [each for each in config.args if each not in ours]
            self._arguments = [_split(each) for each in ours]
            for argument, (place, _) in zip(ours, self._arguments, strict=True):
                if not any(_is_below(shown, place) for shown in self._bundled_names()):
                    raise UsageError(f"{SCENARIOS_INI} has no {argument}")
        elif top == config.rootpath:
            given = [(top / each).resolve() for each in config.args]
            config.args += [
                str(root.path)
                for root in self._roots
                if not root.is_bundled and not any(root.path.is_relative_to(each) for each in given)
            ]
        else:
            self._arguments = []

    def _bundled_names(self) -> Iterator[str]:
        home = bundled_folder().resolve()
        for root in (root for root in self._roots if root.is_bundled):
            yield from (f"{_TREE}/{each.relative_to(home).as_posix()}" for each in root.files())


def roots(paths: Iterable[str], top: Path) -> tuple[Root, ...]:
    """What the ini key names, below the root directory of the project or bundled.

    Raises:
        UsageError: there is no such file or folder.
    """
    return tuple(_root(path, top) for path in paths)


def _root(path: str, top: Path) -> Root:
    place, _ = located(path, top=top)
    return Root(path=place.resolve(), shown=path, is_bundled=not (top / path).exists())


def _names_bundled(argument: str, top: Path) -> bool:
    place, _ = _split(argument)
    is_ours = place == _TREE or place.startswith(f"{_TREE}/")
    return is_ours and not (top / place).exists()


def _split(argument: str) -> tuple[str, str | None]:
    """The place and the id of an argument, which may have no id."""
    place, colons, name = argument.partition("::")
    return place.rstrip("/"), name if colons else None


def _is_below(shown: str, place: str) -> bool:
    return shown == place or shown.startswith(f"{place}/")


def _time_scale(text: str) -> float:
    try:
        scale = float(text or 1.0)
    except ValueError:
        scale = 0.0
    if not 0.05 <= scale < float("inf"):
        raise UsageError(f"harness_time_scale: {text} is no number from 0.05 upwards")
    return scale
