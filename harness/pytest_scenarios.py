"""Scenario files as items of pytest, one a case.

The plugin imports this module where the ini key `harness_scenarios` names files, and this one
imports what is heavy (`harness.collected`) when the first of them is collected: nobody else pays
for it. An item knows its case and how it ends; the order of items, the workers that they go to and
the report that they end up in are pytest's.

The scenarios that come with the harness are collected as well, where the key names what a project
does not have itself (`scenarios/tls`). pytest never sees where they are installed: they belong to
the session and to the root directory's conftest.py, their node ids begin with `scenarios/`, and so
may arguments of the command line.
"""

from __future__ import annotations

import importlib
import os
import re
import tempfile
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from harness.errors import HarnessError, UsageError
from harness.scenario.places import SUFFIX, TREE, located, resolved_bundled_folder

if TYPE_CHECKING:
    from harness.collected import CollectedCases, Ending
    from harness.embedding import Answering
    from harness.scenario.case import Case

SCENARIOS_INI = "harness_scenarios"
ANY_SCENARIO = "harness_scenario"
TURNS = "harness_turns"
_NO_MARK = re.compile(r"\W")
_NO_SENDER = (
    f"{SCENARIOS_INI} is set, and no sender: name one with --harness-sender or the ini key "
    "harness_sender, or return one from the hook pytest_harness_sender in conftest.py "
    "(`reference` is the sender that comes with the harness)"
)

Importing = Callable[[], AbstractContextManager[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """A file or folder with scenarios."""

    path: Path
    is_bundled: bool

    @property
    def folder(self) -> Path:
        """What ids are relative to."""
        return self.path if self.path.is_dir() else self.path.parent

    def holds(self, file: Path) -> bool:
        """Whether `file` is a scenario of it."""
        return file.suffix == SUFFIX and file.is_relative_to(self.path)

    def bundled_files(self) -> Iterator[tuple[str, Path]]:
        """What comes with the harness and is meant by it: the short name and the place of each."""
        if not self.is_bundled:
            return
        found = [self.path] if self.path.is_file() else sorted(self.path.rglob(f"*{SUFFIX}"))
        for file in found:
            yield f"{TREE}/{file.relative_to(resolved_bundled_folder()).as_posix()}", file


class ScenarioFile(pytest.Collector):
    """A file of scenarios. No `pytest.File`, whose node id would say where we are installed.

    `only`: the id of a case or scenario, where no other is wanted.
    """

    def __init__(
        self,
        *,
        plugin: ScenarioItems,
        file: Path,
        below: Path,
        only: str | None = None,
        **words: Any,
    ) -> None:
        super().__init__(**words)
        self.file = file
        self._below = below
        self._plugin = plugin
        self._only = only

    def collect(self) -> Iterable[pytest.Item]:
        """An item for each of its cases, controls too."""
        with self._plugin.importing():
            try:
                cases = self._plugin.cases.read(self.file, below=self._below, source=self.nodeid)
            except HarnessError as error:
                raise self.CollectError(str(error)) from None
            words = {"plugin": self._plugin, "file": self.file}
            return [
                ScenarioItem.from_parent(self, name=case.id, case=case, **words)
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
        self._ending: Ending | None = None
        self.add_marker(ANY_SCENARIO)
        for tag in case.tags:
            name = f"harness_{_NO_MARK.sub('_', tag)}"
            self.config.addinivalue_line("markers", f"{name}: scenarios with the tag {tag}")
            self.add_marker(name)
        collected = importlib.import_module("harness.collected")
        self.extra_keyword_matches |= collected.keywords(case)
        self.user_properties += collected.properties(case)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where pytest says that it is."""
        return self._file, 0, self.case.id

    def setup(self) -> None:
        """Ask the case; what this machine or a fake is to blame for is an error."""
        __tracebackhide__ = True
        try:
            ending = self._ending = self._plugin.ask(self)
        except HarnessError as error:
            raise pytest.fail.Exception(str(error), pytrace=False) from None
        self.user_properties = [each for each in self.user_properties if each[0] != "verdict"]
        self.user_properties.append(("verdict", ending.verdict))
        for name, text in ending.sections:
            self.add_report_section("call", name, text)
        if ending.end == "error":
            self._fail(ending.text)

    def runtest(self) -> None:
        """End as the case did."""
        __tracebackhide__ = True
        assert self._ending is not None
        text = self._ending.text
        match self._ending.end:
            case "skipped":
                pytest.skip(text)
            case "let pass":
                pytest.xfail(text.partition("\n")[0])
                self._fail(text)  # --runxfail
            case "failed":
                self._fail(text)

    def _fail(self, text: str) -> NoReturn:
        __tracebackhide__ = True
        pytest.fail(f"{text}\nagain:    pytest '{self.nodeid}'", pytrace=False)


class ScenarioItems:
    """The plugin of one process. `importing` makes the harness importable, whatever has its name.

    `named_sender` is the one that is configured for an item, None where none is.

    Raises:
        UsageError: the ini key names no scenarios.
    """

    def __init__(
        self,
        config: pytest.Config,
        importing: Importing,
        named_sender: Callable[[pytest.Item], str | Answering | None],
    ) -> None:
        self.importing = importing
        self._named_sender = named_sender
        self._config = config
        self._roots = [_root(path, config.rootpath) for path in config.getini(SCENARIOS_INI)]
        self._arguments: list[tuple[str, str | None]] | None = None
        self._mailpit: Any = config.pluginmanager.get_plugin("harness_mail_in_mailpit")
        self._open = ExitStack()
        self._folder: str | None = None

    @cached_property
    def cases(self) -> CollectedCases:
        """The cases that were collected here.

        Raises:
            UsageError: another ini key makes no sense.
        """
        turns = getattr(self._config, "workerinput", {}).get(TURNS)
        baseline = self._config.getini("harness_baseline")
        words = {
            "documents": self._config.getini("harness_documents"),
            "strict": self._config.getini("harness_strict"),
            "baseline": self._config.rootpath / baseline if baseline else None,
            "time_scale": self._config.getini("harness_time_scale"),
            "jobs": int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")),
            # Workers may be on another machine.
            "turns": Path(turns) if turns and Path(turns).is_dir() else None,
            "keeps_mail": self._mailpit is not None,
        }
        cases: CollectedCases = importlib.import_module("harness.collected").CollectedCases(**words)
        self._open.callback(cases.close)
        return cases

    def ask(self, item: ScenarioItem) -> Ending:
        """Put a case to the sender that is configured for it.

        Raises:
            HarnessError: there is none, or it cannot be driven.
        """
        sender = self._named_sender(item)
        if sender is None:
            raise UsageError(_NO_SENDER)
        among = (each.case.id for each in item.session.items if isinstance(each, ScenarioItem))
        with self.importing():
            return self._shown(self.cases.ask(item.case.id, sender, among=among))

    def _shown(self, ending: Ending) -> Ending:
        """The ending, and where the mail can be seen, if somebody wants to see it."""
        pages = self._mailpit.show(ending.mail) if ending.mail else ()
        if not pages or not ending.sections:
            return ending
        section = ("the mail in Mailpit", "\n".join(pages))
        return replace(ending, sections=(*ending.sections, section))

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
        return self._node(parent, file_path, root, path=file_path, nodeid=shown)

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Add the bundled files to what the session collects."""
        report = yield
        if isinstance(collector, pytest.Session) and report.passed:
            report.result = [*(report.result or ()), *self._bundled(collector)]
        return report

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Refuse to judge a sender that nobody named; a worker can only say so item by item."""
        unnamed = (
            isinstance(item, ScenarioItem) and not self._named_sender(item) for item in items
        )
        if not hasattr(self._config, "workerinput") and any(unnamed):
            raise pytest.UsageError(_NO_SENDER)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Tell of a skipped case where its file is, and not where in this module it was skipped."""
        report = yield
        if isinstance(item, ScenarioItem) and report.skipped and isinstance(report.longrepr, tuple):
            shown = item.nodeid.partition("::")[0]
            report.longrepr = (shown, 1, report.longrepr[2])
        return report

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

    def _bundled(self, session: pytest.Session) -> Iterator[pytest.Collector]:
        top = self._config.rootpath
        for root in self._roots:
            for shown, file in root.bundled_files():
                for only in self._wanted(shown):
                    yield self._node(session, file, root, path=top, nodeid=shown, only=only)

    def _wanted(self, shown: str) -> Iterable[str | None]:
        """What of a bundled file is to be collected: ids, or None for all of it, or nothing."""
        if self._arguments is None:
            return (None,)
        named = [name for place, name in self._arguments if _is_below(shown, place)]
        return (None,) if None in named else dict.fromkeys(named)

    def _node(
        self, parent: pytest.Collector, file: Path, root: Root, **words: Any
    ) -> pytest.Collector:
        words |= {"name": file.name, "plugin": self, "file": file, "below": root.folder}
        node: ScenarioFile = ScenarioFile.from_parent(parent, **words)
        return node

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
            names = [name for root in self._roots for name, _ in root.bundled_files()]
            for argument, (place, _) in zip(ours, self._arguments, strict=True):
                if not any(_is_below(name, place) for name in names):
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


def _root(path: str, top: Path) -> Root:
    """What the ini key calls `path`: it is below the root directory of the project, or bundled."""
    place, _ = located(path, top=top)
    return Root(path=place.resolve(), is_bundled=not (top / path).exists())


def _names_bundled(argument: str, top: Path) -> bool:
    place, _ = _split(argument)
    return _is_below(place, TREE) and not (top / place).exists()


def _split(argument: str) -> tuple[str, str | None]:
    """The place and the id of an argument, which may have no id."""
    place, colons, name = argument.partition("::")
    return place.rstrip("/"), name if colons else None


def _is_below(shown: str, place: str) -> bool:
    return shown == place or shown.startswith(f"{place}/")
