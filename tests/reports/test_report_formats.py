"""Which formats there are, and what every one of them must bear."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest

from harness.events import Event
from harness.model import RunResult
from harness.reports import open_report, parse_report_spec, report_formats
from harness.reports.formats import by_name

Events = Callable[[RunResult], list[Event]]

FORMATS = sorted(report_formats())


def render(result: RunResult, name: str, events: list[Event]) -> str:
    stdout = StringIO()
    report = open_report(parse_report_spec(name), stdout=stdout)
    for event in events:
        report(event)
    report.close()
    return stdout.getvalue()


def test_the_formats_are_those_that_the_command_line_promises() -> None:
    assert FORMATS == ["html", "json", "junit", "markdown", "ndjson"]
    assert all(form.about for form in report_formats().values())


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_renders_an_empty_run(name: str, empty_run: RunResult, events_of: Events) -> None:
    assert render(empty_run, name, events_of(empty_run)).endswith("\n")


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_shows_every_case_of_a_run_that_was_interrupted(
    name: str, every_verdict: RunResult, events_of: Events
) -> None:
    cut = replace(every_verdict, interrupted=True)
    text = render(cut, name, events_of(cut))
    if name == "html":  # an id is in several elements, so that it may be broken between
        text = re.sub("<[^>]*>", "", text)
    # A pass has no line of its own for people; what was never asked is a line a reason.
    hidden = {
        "markdown": {"smtp/plain", "api/region"},
        "junit": {"api/region"},
    }.get(name, set())
    assert {case.id for case in cut.cases if case.id not in text} == hidden


COMMANDS = re.compile(r"^\s*::|##\w*\[", re.MULTILINE)


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_holds_nothing_that_a_ci_runner_takes_for_a_command(
    name: str, hostile_run: RunResult, events_of: Events
) -> None:
    text = render(commanding(hostile_run), name, events_of(commanding(hostile_run)))
    assert "error" in text
    assert COMMANDS.findall(text) == []


def commanding(run: RunResult) -> RunResult:
    """Wherever a sender can put words, commands of CI runners, at the start of lines."""
    words = "\n".join(["::error file=x::y", "  ::stop-commands::t", "##[error]z", "a ##vso[b]c"])
    case = replace(
        run.cases[0],
        title=words,
        reason=words,
        answer={"status": "failed", "reason": words},
        findings=(replace(run.cases[0].findings[0], observed=words, expected=words),),
        conversation=tuple(enumerate(words.split("\n"), start=1)),
        output=words,
    )
    error = replace(run.cases[-1], reason=words, output=words)
    return replace(run, cases=(case, error), notes=tuple(words.split("\n")), sender=words)


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_leaves_no_byte_in_that_a_terminal_acts_on(
    name: str, hostile_run: RunResult, events_of: Events
) -> None:
    text = render(hostile_run, name, events_of(hostile_run))
    text.encode("utf-8")
    injector = {character for character in text if not character.isprintable()} - {"\n"}
    assert injector == set()


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_gives_the_same_bytes_on_standard_output_and_in_a_file(
    name: str,
    every_verdict: RunResult,
    events_of: Events,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    report = open_report(parse_report_spec(f"{name}={tmp_path / 'out'}"))
    for event in events_of(every_verdict):
        report(event)
    written = (tmp_path / "out").read_text("utf-8")
    assert written == render(every_verdict, name, events_of(every_verdict))


def test_importing_the_reports_loads_nothing_heavy() -> None:
    code = "import sys, harness.reports; print(sorted({'rich', 'pydantic'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


def test_two_formats_of_one_name_are_refused() -> None:
    first, *_ = report_formats().values()
    with pytest.raises(ValueError, match=f"two report formats are called {first.name}"):
        by_name([first, replace(first, about="another")])
