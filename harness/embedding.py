"""A whole run as one call, and what it returns: for tests that are written in Python."""

from __future__ import annotations

import json
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from harness.baseline_file import expected
from harness.events import Listener
from harness.evidence import EvidenceFolder
from harness.execution import OpenSender, RunOrder, by_spec, command_line, execute
from harness.fakes.loop_thread import LoopThread, loop_thread
from harness.gate import exit_status
from harness.mirroring import NO_MIRROR, Mirror
from harness.model import CaseResult, RunResult, Verdict
from harness.reports.dispatch import open_written_reports, parse_report_spec
from harness.reports.formats import Context
from harness.reports.terminal import summary_text
from harness.requirements import Catalogue, load_catalogue
from harness.runner import Options
from harness.scenario.library import load_library
from harness.selection import Selection
from harness.senders.caller_thread import CallerThread, CallerThreadSender
from harness.senders.in_process import InProcessSender

Answering = Callable[[dict[str, Any]], Mapping[str, Any] | Awaitable[Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class RunReport:
    """What a run found. It raises nothing by itself; `assert_passed` does.

    `again` is the command that asks a case again, up to its `--select`, or makes of a case's id
    the line that does.
    """

    result: RunResult
    catalogue: Catalogue = field(default_factory=load_catalogue, repr=False)
    again: str | Callable[[str], str] | None = None

    @property
    def cases(self) -> tuple[CaseResult, ...]:
        """Every case, controls too, in order."""
        return self.result.cases

    @property
    def summary(self) -> dict[str, int]:
        """How many cases ended in each verdict."""
        return self.result.summary

    @property
    def failed(self) -> tuple[CaseResult, ...]:
        """The cases that failed."""
        return tuple(case for case in self.cases if case.verdict is Verdict.FAIL)

    def __getitem__(self, identifier: str) -> CaseResult:
        """The case of that id."""
        for case in self.cases:
            if case.id == identifier:
                return case
        raise KeyError(identifier)

    def __str__(self) -> str:
        context = Context(describe_row=self.catalogue.describe, command=self.again)
        return summary_text(
            self.result, status=exit_status(self.result), width=100, colour=False, context=context
        )

    def assert_passed(self) -> None:
        """Fail, with the whole summary, unless the run is all as expected (exit status 0)."""
        __tracebackhide__ = True
        if exit_status(self.result) != 0:
            raise AssertionError(f"the sender does not pass\n{self}")


def run(
    globs: Sequence[str] = (),
    *,
    documents: Sequence[str | Path] = (),
    sender: str | Answering | None = None,
    paths: Sequence[str] = (),
    seed: int = 0,
    time_scale: float = 1.0,
    jobs: int | None = None,
    strict: bool = False,
    evidence: str | Path | None = None,
    report: str | Sequence[str] = (),
    baseline: str | Path | None = None,
    mirror: Mirror = NO_MIRROR,
) -> RunReport:
    """Run the cases that `globs` select (none: all) against a sender.

    `sender` is a SPEC (None: the reference sender), or a function, plain or `async`, from request
    document to answer document. With `jobs=1` that is called in the thread of whoever calls this,
    one request at a time: what belongs to a thread, as a database connection does, is at hand. Else
    threads of this process call it, several at a time, and each coroutine has a loop of its own.
    `paths` are scenario files and folders; none: the bundled ones. `documents` are files with
    requirements of one's own, which scenarios can then verify. `evidence` is a folder for what each
    verdict rests on, and `report` what to write besides, as `--report` has it: `junit=mail.xml`, or
    a list of such. `baseline` is a file with failures that are expected; `mirror` is shown what is
    taken.

    Raises:
        UsageError: a glob matches nothing, a path, document, baseline or SPEC makes no sense.
        SenderError: the sender cannot be driven at all.
        MachineError: evidence or a report cannot be written.
    """
    catalogue = load_catalogue(documents)
    order = RunOrder(
        cases=(),
        catalogue=catalogue,
        seed=seed,
        time_scale=time_scale,
        options=Options(
            jobs=jobs,
            strict=strict,
            evidence=EvidenceFolder(Path(evidence)) if evidence is not None else None,
            is_unnamed=sender is None,
            mirror=mirror,
        ),
    )
    order = _with_cases(order, globs, paths=paths, baseline=baseline)
    again = _again(sender, paths=paths, documents=documents, seed=seed, time_scale=time_scale)
    specs = [parse_report_spec(text) for text in ([report] if isinstance(report, str) else report)]
    context = Context(describe_row=catalogue.describe, command=again)
    # In a thread with a loop of its own, because the caller may be inside a running one.
    with open_written_reports(specs, context) as reports, loop_thread() as loop:
        return RunReport(_carried_out(order, sender, reports, loop), catalogue, again)


def _with_cases(
    order: RunOrder, globs: Sequence[str], *, paths: Sequence[str], baseline: str | Path | None
) -> RunOrder:
    """The order with the cases that are selected, and what is expected of them."""
    library = load_library(paths, catalogue=order.catalogue)
    ids = [case.id for case in library.cases]
    expectations, stale = expected(baseline, ids, is_everything=not paths)
    return replace(
        order,
        cases=Selection(globs=tuple(globs)).all_of(library.cases, catalogue=order.catalogue),
        options=replace(order.options, expectations=expectations, stale=stale, notes=stale),
    )


def _carried_out(
    order: RunOrder, sender: str | Answering | None, listener: Listener, loop: LoopThread
) -> RunResult:
    """The run; a function is called in this thread where it is asked one case at a time."""
    if sender is None or isinstance(sender, str) or order.options.jobs != 1:
        return loop.call(
            execute, order, _opened(sender or "reference", order.options.jobs), listener
        )
    with closing(CallerThread()) as thread:
        called = CallerThreadSender(name_of(sender), sender, thread)
        return thread.serve_until(loop.start(execute, order, lambda _: called, listener))


def _opened(sender: str | Answering, jobs: int | None) -> OpenSender:
    if isinstance(sender, str):
        return by_spec(sender, environment=os.environ, jobs=jobs)
    return lambda _context: InProcessSender(name_of(sender), sender)


def name_of(sender: Answering) -> str:
    """What a function is called where a SPEC would stand."""
    return getattr(sender, "__qualname__", type(sender).__name__)


def _again(sender: str | Answering | None, **words: Any) -> str | Callable[[str], str]:
    """What asks a case again: a command, or what makes a line of Python for a function."""
    if sender is None or isinstance(sender, str):
        return command_line(sender or "reference", **words)
    return partial(_python_line, name=name_of(sender), **words)


def _python_line(
    case: str,
    *,
    name: str,
    paths: Sequence[str],
    documents: Sequence[str | Path],
    seed: int,
    time_scale: float,
) -> str:
    # A function inside another one, a method or a lambda has no name that could be written here.
    given = [f"sender={name if name.isidentifier() else '...'}"]
    given += [f"paths={list(paths)!r}"] if paths else []
    given += [f"documents={[str(each) for each in documents]!r}"] if documents else []
    given += [f"seed={seed}"] if seed else []
    given += [f"time_scale={time_scale:g}"] if time_scale != 1.0 else []
    return f"harness_run({', '.join([json.dumps(case), *given])})"
