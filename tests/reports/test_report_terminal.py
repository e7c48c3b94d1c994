"""The terminal's report: what a person sees."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path

import pytest

from harness.events import CaseFinished, CaseStarted, Event, Note, RunFinished, RunStarted
from harness.gate import exit_status
from harness.model import CaseResult, Finding, Level, RequirementResult, RunResult, Verdict
from harness.reports import Context
from harness.reports.terminal import TerminalReport, summary_text
from harness.reports.terminal.page import Page, wants_colour, width_of
from harness.reports.terminal.progress import PlainProgress

MakeCase = Callable[..., CaseResult]
MakeFinding = Callable[..., Finding]
MakeResult = Callable[..., RunResult]
Events = Callable[[RunResult], list[Event]]

ANSI = re.compile(r"\x1b\[[0-9;]*m")


class Terminal(StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


class Ticks:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def shown(
    result: RunResult,
    *,
    width: int = 100,
    colour: bool = False,
    describe: Callable[[str], str] = lambda row: f"what {row} says",
) -> str:
    context = Context(folder=Path.cwd(), describe_row=describe)
    return summary_text(
        result, status=exit_status(result), width=width, colour=colour, context=context
    )


def sections(text: str) -> list[str]:
    return re.findall(r"^([A-Z]{4,})  ", text, re.MULTILINE)


def test_the_outcome_is_first_and_last(every_verdict: RunResult) -> None:
    lines = shown(every_verdict).splitlines()
    assert lines[0].startswith("FAIL: 1 of 6 cases failed, 1 in error,")
    assert lines[1] == "sender reference, harness 0.1.0, seed 4242"
    counts = "1 pass, 2 fail (1 expected), 1 inconclusive, 1 unsupported, 1 error"
    assert lines[-2] == f"FAIL: {counts} in 12.3 s, seed 4242"
    assert lines[-1] == "exit status 1: 1 case failed at MUST"


def test_the_sections_are_in_order(every_verdict: RunResult) -> None:
    assert sections(shown(every_verdict)) == [
        "FAILED",
        "EXPECTED",
        "REQUIREMENTS",
        "INCONCLUSIVE",
        "UNSUPPORTED",
        "ERRORS",
    ]


def test_a_good_run_is_short(make_case: MakeCase, make_result: MakeResult) -> None:
    rows = (RequirementResult(id="ORY-035", level=Level.MUST, verdict="pass", cases=("a",)),)
    text = shown(make_result(make_case("a"), requirements=rows))
    assert text.startswith("PASS: 1 case, 1 requirement met\n")
    assert sections(text) == ["REQUIREMENTS"]
    assert "met         1 (1 MUST): ORY 1" in text
    assert len(text.splitlines()) < 10


def test_a_failure_has_all_that_is_needed_to_act(every_verdict: RunResult) -> None:
    text = shown(every_verdict)
    block = text[text.index("FAILED") : text.index("EXPECTED")]
    assert " 1. MUST  An expired certificate is refused before credentials are sent\n" in block
    assert "    tls/certificate[mode=tls]\n" in block
    assert "    ORY-035     what ORY-035 says\n" in block
    assert "    CERT-02     what CERT-02 says\n" in block
    assert "      expected  no AUTH before a verified handshake\n" in block
    assert "      observed  AUTH PLAIN was sent in clear\n" in block
    assert "    answered  sent: 250 2.0.0 queued as 4F2A\n" in block
    assert "    evidence  evidence/tls/certificate\n" in block
    assert "    again     harness run --select 'tls/certificate[mode=tls]'\n" in block


def test_the_conversation_is_cut_to_what_is_cited(every_verdict: RunResult) -> None:
    text = shown(every_verdict)
    assert "    > 5  C: AUTH PLAIN ***\n" in text
    assert "      4     handshake failed: certificate has expired\n" in text
    assert re.search(r"^ +\(2 lines left out\)$", text, re.MULTILINE)
    assert "EHLO" not in text


def test_sixty_failures_with_one_cause_are_one_page(
    make_failure: MakeCase, make_finding: MakeFinding, make_result: MakeResult
) -> None:
    cases = [make_failure(f"tls/certificate[n={number}]") for number in range(59)]
    cases.append(make_failure("smtp/other[n=1]"))
    text = shown(make_result(*cases))
    assert "FAILED  60 cases, one cause" in text
    assert text.count("expected  ") == 1
    assert "also      in 59 more cases, always where ORY-035 is asked:" in text.replace(
        "CERT-02", "ORY-035"
    )
    assert all(f"[n={number}]" in text for number in range(59))
    assert "smtp/other  [n=1]" in text
    assert len(text.splitlines()) < 60


def test_a_case_with_two_causes_stands_in_both_and_names_the_other(
    make_case: MakeCase, make_failure: MakeCase, make_finding: MakeFinding, make_result: MakeResult
) -> None:
    good, bad = make_finding(met=True), make_finding()
    lie = make_finding(check="lie", expected="the truth", observed="a lie")
    truth = make_finding(check="lie", expected="the truth", observed="it", met=True)
    text = shown(
        make_result(
            make_failure("tls/a[kind=x,n=1]", findings=(bad, lie)),
            make_failure("tls/a[kind=x,n=2]", findings=(bad, truth)),
            make_case("tls/a[kind=y,n=1]", findings=(good, truth)),
        )
    )
    assert "FAILED  2 cases, 2 causes" in text
    assert "also      in 1 more case, always where kind=x:" in text
    assert "tls/a  [kind=x,n=1] (and 2)" in text
    assert "and       for another cause (see 1): credentials-in-clear" in text


def test_several_causes_are_a_line_each_before_any_of_them(
    make_failure: MakeCase, make_finding: MakeFinding, make_result: MakeResult
) -> None:
    def text_of(count: int) -> list[str]:
        cases = [
            make_failure(f"a/b{n}", findings=(make_finding(check=f"kind-{n}", observed="x" * 99),))
            for n in range(count)
        ]
        return shown(make_result(*cases)).splitlines()

    lines = text_of(4)
    first = next(n for n, line in enumerate(lines) if line.startswith(" 1. "))
    assert [line[:33] for line in lines[first : first + 4]] == [
        f" {n + 1}. MUST       1 case  kind-{n}: xx" for n in range(4)
    ]
    assert all(len(line) <= 100 for line in lines[first : first + 4])
    assert lines[first + 4] == ""
    assert not any("kind-0: x" in line for line in text_of(3))


def test_many_causes_are_bounded_and_none_is_hidden(
    make_failure: MakeCase, make_finding: MakeFinding, make_result: MakeResult
) -> None:
    cases = [
        make_failure(f"a/b{number}", findings=(make_finding(check=f"kind-{number}"),))
        for number in range(70)
    ]
    text = shown(make_result(*cases))
    assert "FAILED  70 cases, 70 causes" in text
    assert text.count("observed  ") == 25
    assert "45 more causes" in text
    assert all(f"a/b{number}" in text for number in range(70))


def test_a_leak_is_named(
    make_failure: MakeCase, make_finding: MakeFinding, make_result: MakeResult
) -> None:
    text = shown(make_result(make_failure(findings=(make_finding(leak=True),))))
    assert "credentials-in-clear  LEAK  (ORY-035)" in text


def test_what_a_failed_case_shows_besides_its_failure(
    make_failure: MakeCase, make_finding: MakeFinding, make_result: MakeResult
) -> None:
    findings = (make_finding(), make_finding(check="wording", level=Level.MAY, observed="terse"))
    text = shown(make_result(make_failure(findings=findings, answer=None, output="a\nboom")))
    assert "(MAY)     wording: terse" in text
    assert "output    | boom" in text


def test_requirements_are_listed_worst_first_and_the_met_are_summed() -> None:
    def row(name: str, level: Level, verdict: str) -> RequirementResult:
        return RequirementResult(id=name, level=level, verdict=verdict)

    rows = (
        row("ORY-001", Level.MUST, "pass"),
        row("ORY-002", Level.SHOULD, "pass"),
        row("AUTH0-001", Level.MUST, "pass"),
        row("ORY-009", Level.SHOULD, "fail"),
        row("ORY-010", Level.MUST, "fail"),
        row("ORY-011", Level.MUST, "inconclusive"),
        row("ORY-012", Level.MUST, "error"),
        row("ORY-013", Level.MUST, "unsupported"),
        row("ORY-014", Level.INFO, "untestable"),
        row("AUTH0-015", Level.MUST, "not run"),
    )
    result = RunResult(
        harness="0", seed=0, sender="s", started=_started(), duration=1.0, cases=(),
        requirements=rows,
    )  # fmt: skip
    text = shown(result)
    assert "REQUIREMENTS  2 of 5 judged are not met" in text
    listed = re.findall(r"^  ((?:ORY|AUTH0)-\d+) ", text, re.MULTILINE)
    assert listed == ["ORY-010", "ORY-009", "ORY-012", "ORY-011"]
    assert "met         3 (2 MUST, 1 SHOULD): AUTH0 1, ORY 2" in text
    assert "unsupported 1: ORY 1" in text
    assert "untestable  1: ORY 1" in text
    assert "not run     1: AUTH0 1" in text


def test_what_could_not_be_asked_comes_with_the_way_to_ask_it(
    make_case: MakeCase, make_result: MakeResult
) -> None:
    def unasked(name: str, need: str | None, reason: str) -> CaseResult:
        return make_case(name, verdict=Verdict.UNSUPPORTED, unmet_need=need, reason=reason)

    cases = [unasked(f"api/r{n}", "connect_to", "no other host") for n in range(5)]
    cases += [unasked("net/port25", "isolated", "needs a namespace"), unasked("x", None, "no")]
    text = shown(make_result(*cases))
    assert "UNSUPPORTED  7 cases could not be asked of this sender" in text
    assert sections_of(text, "UNSUPPORTED") == [
        "  5 cases: let the sender declare the feature connect_to",
        "  1 case: run with --isolated (Linux)",
        "  1 case: no",
    ]


def test_a_thousand_cases_that_were_not_asked_are_a_few_lines(
    make_case: MakeCase, make_result: MakeResult
) -> None:
    declined = [
        make_case(f"s/d{number}", verdict=Verdict.UNSUPPORTED, reason=f"no {number % 40} here")
        for number in range(1_000)
    ]
    lines = sections_of(shown(make_result(*declined)), "UNSUPPORTED")
    assert len(lines) == 7
    assert lines[-1] == "  850 cases for 34 other reasons"


def sections_of(text: str, word: str) -> list[str]:
    """The lines of one section, without its heading."""
    block = text[text.index(f"{word}  ") :].split("\n\n", maxsplit=1)[0]
    return block.splitlines()[1:]


def test_an_error_shows_the_last_words_of_the_sender(every_verdict: RunResult) -> None:
    text = shown(every_verdict)
    block = text[text.index("ERRORS") :]
    assert "a fake broke" in block
    assert "| boom" in block
    assert "again     harness run --select api/ses" in block


def test_an_expected_failure_that_passes_is_told(
    make_case: MakeCase, make_result: MakeResult
) -> None:
    text = shown(make_result(make_case("a/b", expected_failure=True)))
    assert text.startswith("FAIL: 1 case, 1 baseline entry changed\n")
    assert "CHANGED  not as the baseline says; harness baseline update accepts it" in text
    assert "  a/b\n    it passes now\n" in text


def test_an_empty_run_and_an_interrupted_one(
    empty_run: RunResult, every_verdict: RunResult
) -> None:
    assert shown(empty_run).startswith("NOTHING JUDGED: no case was selected\n")
    assert "exit status 4" in shown(empty_run)
    cut = shown(replace(every_verdict, interrupted=True))
    assert cut.startswith("INTERRUPTED: 1 of 6 cases failed")
    assert "exit status 130: interrupted" in cut


@pytest.mark.parametrize("width", [40, 80, 100, 120])
def test_lines_are_wrapped_to_the_width_except_what_is_copied(
    every_verdict: RunResult, width: int
) -> None:
    long = replace(every_verdict.cases[1], title="word " * 60, reason="x" * 500)
    result = replace(every_verdict, cases=(long, *every_verdict.cases), sender="y" * 250)
    for line in shown(result, width=width).splitlines():
        copied = line.lstrip().startswith(("again ", "evidence "))
        assert copied or len(line) <= width


@pytest.mark.parametrize("colour", [False, True])
def test_hostile_text_cannot_act_on_the_terminal(hostile_run: RunResult, colour: bool) -> None:
    hostile = hostile_run.notes[0]
    text = shown(hostile_run, colour=colour, describe=lambda _row: hostile)
    rest = ANSI.sub("", text) if colour else text
    assert {character for character in rest if not character.isprintable()} <= {"\n"}
    assert r"\x1b[2J" in rest
    assert r"\u202e" in rest
    rest.encode()
    assert max(map(len, rest.splitlines())) < 1_000


def test_hostile_text_cannot_style_the_report(
    make_failure: MakeCase, make_result: MakeResult
) -> None:
    text = shown(make_result(make_failure(title="[red]x[/red] :smile: [link=http://x]")))
    assert "[red]x[/red] :smile: [link=http://x]" in text


def test_colour_changes_nothing_but_the_colour(every_verdict: RunResult) -> None:
    coloured = shown(every_verdict, colour=True)
    assert "\x1b[1;31mFAIL" in coloured
    assert ANSI.sub("", coloured) == shown(every_verdict)


@pytest.mark.parametrize(
    ("stream", "environ", "wanted"),
    [
        (StringIO(), {}, False),
        (Terminal(), {}, True),
        (Terminal(), {"NO_COLOR": "1"}, False),
        (Terminal(), {"NO_COLOR": ""}, True),
        (Terminal(), {"TERM": "dumb"}, False),
        (StringIO(), {"FORCE_COLOR": "1"}, True),
        (StringIO(), {"FORCE_COLOR": "0"}, False),
        (StringIO(), {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ],
)
def test_colour_is_for_those_who_want_it(
    stream: StringIO, environ: Mapping[str, str], wanted: bool
) -> None:
    assert wants_colour(stream, environ) is wanted


@pytest.mark.parametrize(
    ("stream", "columns", "width"),
    [
        (StringIO(), "", 100),
        (StringIO(), "60", 60),
        (StringIO(), "300", 100),
        (StringIO(), "nonsense", 100),
        (Terminal(), "", 80),
        (Terminal(), "110", 110),
        (Terminal(), "300", 120),
        (Terminal(), "3", 40),
    ],
)
def test_the_width_is_the_terminals_and_bounded(stream: StringIO, columns: str, width: int) -> None:
    assert width_of(stream, {"COLUMNS": columns}) == width


def test_a_page_escapes_whatever_is_put_on_it() -> None:
    page = Page(width=80, colour=False)
    page.add("a\x1b[2J", ("b\nc", "red"), label="d ")
    assert page.text() == "d a\\x1b[2Jb\\nc\n"


def test_a_stream_that_lacks_a_character_gets_an_escape(
    every_verdict: RunResult, make_case: MakeCase
) -> None:
    raw = BytesIO()
    stream = TextIOWrapper(raw, encoding="ascii")
    title = "Übermut " + "x" * 700
    case = replace(every_verdict.cases[1], title=title, reason=None)
    TerminalReport(results=stream, progress=StringIO(), environ={})(
        RunFinished(result=replace(every_verdict, cases=(case,)))
    )
    assert b"\\xdcbermut" in raw.getvalue()


def test_results_and_progress_go_to_their_streams(
    every_verdict: RunResult, events_of: Events
) -> None:
    results, progress = StringIO(), StringIO()
    report = TerminalReport(results=results, progress=progress, environ={})
    *before, last = events_of(every_verdict)
    for event in before:
        report(event)
    assert results.getvalue() == ""
    report(last)
    assert results.getvalue().startswith("FAIL:")
    lines = progress.getvalue().splitlines()
    assert lines == [
        "harness 0.1.0: 6 cases for reference, seed 4242",
        "FAIL tls/certificate[mode=tls]: AUTH PLAIN was sent in clear",
        "ERROR api/ses: a fake broke",
    ]


def test_a_note_is_told_once(empty_run: RunResult) -> None:
    results, progress = StringIO(), StringIO()
    report = TerminalReport(results=results, progress=progress, environ={})
    report(Note(text="the bundled scenarios are used"))
    notes = ("the bundled scenarios are used", "another")
    report(RunFinished(result=replace(empty_run, notes=notes)))
    assert progress.getvalue() == "note: the bundled scenarios are used\n"
    assert re.findall("^note: (.*)$", results.getvalue(), re.MULTILINE) == ["another"]


def started(total: int) -> RunStarted:
    return RunStarted(harness="0", sender="s", seed=0, total=total, started=_started())


def progress_lines(
    total: int, *, step: float = 0.0, failing: int = 0, case: CaseResult
) -> list[str]:
    stream, clock = StringIO(), Ticks()
    progress = PlainProgress(stream, clock=clock)
    progress.run_started(started(total))
    for done in range(1, total + 1):
        clock.now += step
        verdict = Verdict.FAIL if done <= failing else Verdict.PASS
        progress.case_started(CaseStarted(id=case.id))
        progress.case_finished(
            CaseFinished(result=replace(case, verdict=verdict), done=done, total=total)
        )
    return stream.getvalue().splitlines()[1:]


def test_plain_progress_is_a_line_each_tenth(make_case: MakeCase) -> None:
    lines = progress_lines(300, case=make_case())
    assert len(lines) == 10
    assert lines[0] == "30 of 300 cases, 0 failed, 0 s"
    assert lines[-1] == "300 of 300 cases, 0 failed, 0 s"


def test_plain_progress_of_a_short_run_says_nothing_unless_it_is_slow(make_case: MakeCase) -> None:
    assert progress_lines(20, case=make_case()) == []
    assert progress_lines(4, step=20.0, case=make_case()) == [
        "2 of 4 cases, 0 failed, 40 s",
        "4 of 4 cases, 0 failed, 80 s",
    ]


def test_plain_progress_tells_the_first_failures_and_counts_the_rest(
    make_failure: MakeCase,
) -> None:
    lines = progress_lines(300, failing=50, case=make_failure())
    failures = [line for line in lines if line.startswith("FAIL ")]
    assert len(failures) == 20
    assert failures[-1].endswith("(further ones are only counted)")
    assert "300 of 300 cases, 50 failed, 0 s" in lines


def test_progress_escapes_what_it_shows(make_failure: MakeCase, make_finding: MakeFinding) -> None:
    case = make_failure("a\x1b[2J", findings=(make_finding(observed="b\nc\x1b"),))
    lines = progress_lines(1, failing=1, case=case)
    assert lines == ["FAIL a\\x1b[2J: b\\nc\\x1b"]


def test_live_progress_shows_what_runs_and_leaves_only_the_failures(
    every_verdict: RunResult, events_of: Events
) -> None:
    results, progress = StringIO(), Terminal()
    report = TerminalReport(results=results, progress=progress, environ={"NO_COLOR": "1"})
    for event in events_of(every_verdict):
        report(event)
    text = progress.getvalue()
    assert "FAIL tls/certificate[mode=tls]: AUTH PLAIN was sent in clear" in text
    assert text.count("\x1b[?25l") == text.count("\x1b[?25h") == 1  # the cursor comes back
    assert not ANSI.search(text)


def test_live_progress_is_taken_away_when_the_run_breaks() -> None:
    progress = Terminal()
    report = TerminalReport(results=StringIO(), progress=progress, environ={})
    report(started(5))
    report(CaseStarted(id="a"))
    report.close()
    report.close()
    assert progress.getvalue().count("\x1b[?25h") == 1


def test_live_progress_escapes_what_it_shows(make_failure: MakeCase) -> None:
    progress = Terminal()
    report = TerminalReport(results=StringIO(), progress=progress, environ={"NO_COLOR": "1"})
    report(started(2))
    report(CaseStarted(id="a\x1b]0;owned\x07[red]"))
    report(CaseFinished(result=make_failure("b\x1b]0;owned\x07"), done=1, total=2))
    report(Note(text="c\x1b]0;owned\x07"))
    report.close()
    assert "\x07" not in progress.getvalue()
    assert "\x1b]" not in progress.getvalue()
    assert "FAIL b\\x1b]0;owned\\x07" in progress.getvalue()


def test_nothing_is_drawn_where_it_would_be_torn(
    every_verdict: RunResult, events_of: Events
) -> None:
    progress = Terminal()
    report = TerminalReport(results=StringIO(), progress=progress, environ={}, may_draw=False)
    for event in events_of(every_verdict):
        report(event)
    assert "\x1b" not in progress.getvalue()


@pytest.mark.whole
@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs pseudo-terminals")
def test_a_real_terminal_gets_colour_its_own_width_and_its_cursor_back(tmp_path: Path) -> None:
    script = tmp_path / "run.py"
    script.write_text(_SCRIPT)
    reader, writer = os.openpty()
    environ = {"PATH": os.environ["PATH"], "TERM": "xterm", "COLUMNS": "60"}
    with subprocess.Popen(
        [sys.executable, script], stdin=writer, stdout=writer, stderr=writer, env=environ
    ) as child:
        os.close(writer)
        text = _read_all(reader)
    assert child.returncode == 0
    assert text.rindex("\x1b[?25h") > text.rindex("\x1b[?25l")
    results = text[text.rindex("\x1b[?25h") :]
    assert "\x1b[1;32mPASS" in results
    assert max(len(line) for line in ANSI.sub("", results).splitlines()) <= 60 + len("\x1b[?25h")


_SCRIPT = """
import os
from datetime import UTC, datetime
from harness.events import CaseFinished, CaseStarted, RunFinished, RunStarted
from harness.model import CaseResult, RunResult, Verdict
from harness.reports import open_reports

now = datetime(2025, 1, 1, tzinfo=UTC)
case = CaseResult(
    id="a/b", scenario="a/b", title="t " * 80, axes={}, tags=(), requirements=(), situations=(),
    verdict=Verdict.PASS, level=None, reason=None, control=None,
)
result = RunResult(
    harness="0", seed=0, sender="s " * 80, started=now, duration=1.0, cases=(case,),
    requirements=(), notes=("n " * 80,),
)
with open_reports([], environ=os.environ) as reports:
    reports(RunStarted(harness="0", sender="s", seed=0, total=1, started=now))
    reports(CaseStarted(id="a/b"))
    reports(CaseFinished(result=case, done=1, total=1))
    reports(RunFinished(result=result))
"""


def _read_all(descriptor: int) -> str:
    found = b""
    while True:
        try:
            piece = os.read(descriptor, 65_536)
        except OSError:  # Linux says so when the other end is closed
            piece = b""
        if not piece:
            os.close(descriptor)
            return found.decode()
        found += piece


def _started() -> datetime:
    return datetime(2025, 1, 1, tzinfo=UTC)
