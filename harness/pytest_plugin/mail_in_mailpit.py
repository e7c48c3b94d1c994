"""The mail of a test session in Mailpit, where `--harness-mailpit` or the ini key asks for it.

What the fakes of a test took is shown when the test has its verdict. Several workers of
pytest-xdist share one Mailpit, which their controller has opened, and which it tells of.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Generator, Iterable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, cast

import pytest

from .names import Names

if TYPE_CHECKING:
    from harness.mailpit.for_session import SessionMail
    from harness.mirroring import Mirror

    from .fakes_in_use import FakesInUse

_KEY = "harness_mailpit"
_SECTION = "the mail in Mailpit"


class MailInMailpit:
    """The plugin of one process. `word` says which Mailpit; `fakes` tells of those in use."""

    def __init__(
        self, config: pytest.Config, word: str, *, fakes: Callable[[], FakesInUse | None]
    ) -> None:
        self._config = config
        self._word = word
        self._fakes = fakes
        self._names = Names()
        self._open = ExitStack()
        self._mail: SessionMail | None = None

    def show(self, taken: Iterable[Any]) -> tuple[str, ...]:
        """Show what was taken in scenario items; its pages."""
        if self._mail is None:
            return ()
        with self._names.ours():
            return tuple(page for each in taken for page in self._mail.show(each))

    def mirror(self) -> AbstractContextManager[Mirror]:
        """The mirror of a whole run; to be called and used where the harness can be imported."""
        assert self._mail is not None
        told = self._mail.words()
        # Not what was imported here: the run may have the modules of another import.
        made = importlib.import_module("harness.mailpit.for_session").mirror_beside(told)
        return cast("AbstractContextManager[Mirror]", made)

    # What pytest calls.

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        """Open Mailpit, before xdist starts its workers."""
        if self._config.option.collectonly:
            return
        with self._names.ours():
            known = importlib.import_module("harness.errors").HarnessError
            told = getattr(self._config, "workerinput", {}).get(_KEY)
            try:
                for_session = importlib.import_module("harness.mailpit.for_session")
                opened = (
                    for_session.session_mail(self._word)
                    if told is None
                    else for_session.mail_beside(told)
                )
                self._mail = self._open.enter_context(opened)
            except known as error:
                raise pytest.UsageError(f"{_KEY}: {error}") from None

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Show the mail of a test, and tell where it is if the test failed."""
        report = yield
        fakes = self._fakes()
        is_decided = report.when == "call" or (report.when == "setup" and not report.passed)
        if self._mail is not None and fakes is not None and is_decided:
            with self._names.ours():
                pages = [
                    page
                    for label, messages, secrets in fakes.mail()
                    for page in self._mail.show_taken(
                        messages,
                        provider=label,
                        test=item.nodeid,
                        verdict=_verdict(report),
                        secrets=secrets,
                    )
                ]
            if pages and report.failed:
                report.sections.append((_SECTION, "\n".join(pages)))
        return report

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker of pytest-xdist where Mailpit is."""
        if self._mail is not None:
            node.workerinput[_KEY] = self._mail.words()

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Add what a worker has shown to what is told."""
        if self._mail is not None:
            self._mail.tally.add(**getattr(node, "workeroutput", {}).get(_KEY, {}))

    def pytest_sessionfinish(self) -> None:
        """Tell the controller what was shown here."""
        output = getattr(self._config, "workeroutput", None)
        if output is not None and self._mail is not None:
            output[_KEY] = asdict(self._mail.tally)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Tell where the mail is, and what is missing there."""
        if self._mail is not None:
            for line in self._mail.lines():
                terminalreporter.write_line(f"harness: {line}")

    def pytest_unconfigure(self) -> None:
        """Leave Mailpit, and end one that was started for this session."""
        self._mail = None
        with self._names.ours():
            self._open.close()


def _verdict(report: pytest.TestReport) -> str:
    """In the words of a run, as far as it has them."""
    if hasattr(report, "wasxfail"):
        return "xfail" if report.skipped else "xpass"
    return {"passed": "pass", "failed": "fail"}.get(report.outcome, report.outcome)
