"""Where reports go, and what happens when they cannot."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Never

import pytest

from harness.errors import MachineError, UsageError
from harness.events import CaseStarted, Event, Note
from harness.model import RunResult
from harness.reports import Context, Reports, ReportSpec, dispatch, open_reports, parse_report_spec
from harness.reports.targets import StreamTarget, open_file

Events = Callable[[RunResult], list[Event]]


class Places:
    """The streams of a run, and how to open reports on them."""

    def __init__(self) -> None:
        self.stdout = StringIO()
        self.stderr = StringIO()

    def open(self, *specs: str, **environ: str) -> Reports:
        return open_reports(
            [parse_report_spec(spec) for spec in specs],
            environ=environ,
            stdout=self.stdout,
            stderr=self.stderr,
        )


@pytest.fixture
def places() -> Places:
    return Places()


def tell(reports: Reports, events: list[Event]) -> None:
    for event in events:
        reports(event)


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("junit=out.xml", ReportSpec("junit", Path("out.xml"))),
        ("json=a=b.json", ReportSpec("json", Path("a=b.json"))),
        ("json", ReportSpec("json", None)),
        ("ndjson=-", ReportSpec("ndjson", None)),
    ],
)
def test_a_report_is_named_with_its_path(text: str, spec: ReportSpec) -> None:
    assert parse_report_spec(text) == spec


@pytest.mark.parametrize("text", ["htm=x.html", "", "JSON", "=x", "xml"])
def test_an_unknown_format_is_refused_with_the_choices(text: str) -> None:
    with pytest.raises(UsageError, match=r"the choices are html, json, junit, markdown, ndjson$"):
        parse_report_spec(text)


def test_an_empty_path_is_refused() -> None:
    with pytest.raises(UsageError, match="junit=PATH"):
        parse_report_spec("junit=")


def test_two_reports_in_one_place_are_refused(places: Places, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="json and ndjson both go to standard output"):
        places.open("json", "ndjson=-")
    with pytest.raises(UsageError, match="both go to"):
        places.open(f"json={tmp_path}/a", f"junit={tmp_path}/a")
    assert left_in(tmp_path) == []


def test_a_missing_folder_is_named_before_the_run(places: Places, tmp_path: Path) -> None:
    with pytest.raises(MachineError) as caught:
        places.open(f"json={tmp_path}/good.json", f"junit={tmp_path}/no/such/out.xml")
    assert f"there is no folder {tmp_path}/no/such" in str(caught.value)
    assert left_in(tmp_path) == []  # the one that could be opened leaves nothing behind


def test_a_folder_is_no_report(places: Places, tmp_path: Path) -> None:
    with pytest.raises(MachineError, match="it is a folder"):
        places.open(f"json={tmp_path}")


@pytest.mark.parametrize("name", ["json", "ndjson"])
def test_a_path_that_cannot_be_written_is_known_before_the_run_with_the_reason(
    places: Places, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: object, **_options: object) -> Never:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(Path, "open", refuse)  # root may write anywhere, so permissions do not do
    with pytest.raises(MachineError) as caught:
        places.open(f"{name}={tmp_path}/out")
    assert str(caught.value) == f"cannot write the report {tmp_path}/out: Permission denied"


@pytest.mark.skipif(getattr(os, "geteuid", lambda: 1)() == 0, reason="root may write anywhere")
def test_a_write_protected_report_is_not_replaced(places: Places, tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    path.write_text("precious")
    path.chmod(0o400)
    with pytest.raises(MachineError, match="Permission denied"):
        places.open(f"json={path}")


def test_a_report_appears_whole_and_only_at_the_end(
    places: Places, tmp_path: Path, every_verdict: RunResult, events_of: Events
) -> None:
    path = tmp_path / "out.json"
    path.write_text("the old one")
    *before, last = events_of(every_verdict)
    with places.open(f"json={path}") as reports:
        tell(reports, before)
        assert path.read_text() == "the old one"
        reports(last)
        assert path.read_text().startswith("{")
    assert left_in(tmp_path) == ["out.json"]


def test_a_run_that_broke_leaves_the_old_report(places: Places, tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    path.write_text("the old one")
    with pytest.raises(KeyError), places.open(f"json={path}"):
        raise KeyError
    assert path.read_text() == "the old one"
    assert left_in(tmp_path) == ["out.json"]


def test_a_report_keeps_the_permissions_and_the_link(
    places: Places, tmp_path: Path, empty_run: RunResult, events_of: Events
) -> None:
    real, link = tmp_path / "real.json", tmp_path / "link.json"
    real.write_text("")
    real.chmod(0o640)
    link.symlink_to(real)
    with places.open(f"json={link}") as reports:
        tell(reports, events_of(empty_run))
    assert link.is_symlink()
    assert real.read_text().startswith("{")
    assert stat.S_IMODE(real.stat().st_mode) == 0o640


def test_a_new_report_can_be_read_by_whom_the_umask_lets(
    places: Places, tmp_path: Path, empty_run: RunResult, events_of: Events
) -> None:
    (tmp_path / "usual").write_text("")
    with places.open(f"json={tmp_path}/out.json") as reports:
        tell(reports, events_of(empty_run))
    assert (tmp_path / "out.json").stat().st_mode == (tmp_path / "usual").stat().st_mode


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_written_and_not_replaced(
    places: Places, tmp_path: Path, empty_run: RunResult, events_of: Events
) -> None:
    # Never a device of this machine: a mistake here, made as root, would replace it.
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    with places.open(f"json={pipe}") as reports:
        tell(reports, events_of(empty_run))
    assert pipe.is_fifo()
    assert os.read(reader, 65_536).startswith(b"{")
    os.close(reader)


def test_two_runs_may_write_beside_each_other(tmp_path: Path) -> None:
    first, second = (open_file(tmp_path / name, growing=False) for name in "ab")
    first.write("1")
    second.write("2")
    second.finish()
    first.finish()
    assert (tmp_path / "a").read_text() + (tmp_path / "b").read_text() == "12"
    assert left_in(tmp_path) == ["a", "b"]


def test_a_report_lost_at_the_end_costs_no_other_report(
    places: Places, tmp_path: Path, every_verdict: RunResult, events_of: Events
) -> None:
    doomed = tmp_path / "doomed"
    doomed.mkdir()
    reports = places.open(f"json={doomed}/a.json", f"junit={tmp_path}/b.xml")
    shutil.rmtree(doomed)
    tell(reports, events_of(every_verdict))
    with pytest.raises(MachineError) as caught:
        reports.close()
    lost = f"the json report on {doomed}/a.json is lost: No such file or directory"
    assert str(caught.value) == lost
    assert (tmp_path / "b.xml").read_text().startswith("<?xml")
    assert f"note: {lost}" in places.stderr.getvalue()
    assert "FAIL:" in places.stdout.getvalue()


class FullDisk:
    """A place that opens and then takes nothing."""

    def write(self, _text: str) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def finish(self) -> None:
        """Never reached."""

    def discard(self) -> None:
        """Complain as a buffered file does, which tries to write once more."""
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("name", ["json", "ndjson"])
def test_a_full_disk_is_told_and_changes_the_announced_status(
    places: Places,
    tmp_path: Path,
    name: str,
    make_result: Callable[..., RunResult],
    make_case: Callable[..., object],
    events_of: Events,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    result = make_result(make_case())
    kept = open_file(tmp_path / "b.md", growing=False)
    found = iter([FullDisk(), kept])
    monkeypatch.setattr(dispatch, "open_file", lambda *_args, **_options: next(found))
    reports = places.open(f"{name}=a.full", "markdown=b.md")
    tell(reports, events_of(result))
    with pytest.raises(MachineError, match=r"a\.full is lost: No space left on device$"):
        reports.close()
    assert "exit status 3" in places.stdout.getvalue()
    assert "## PASS" in (tmp_path / "b.md").read_text()


def test_a_reader_that_went_away_has_lost_nothing(
    places: Places, every_verdict: RunResult, events_of: Events
) -> None:
    class Gone(StringIO):
        def write(self, _text: str, /) -> int:
            raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))

    places.stdout = Gone()
    with places.open() as reports:
        tell(reports, events_of(every_verdict))
    with places.open("json") as reports:
        tell(reports, events_of(every_verdict))
    assert "FAIL:" in places.stderr.getvalue()


@pytest.mark.whole
def test_a_closed_pipe_does_not_change_the_exit_status(tmp_path: Path) -> None:
    script = tmp_path / "run.py"
    script.write_text(
        "import sys, os\n"
        "from datetime import datetime, UTC\n"
        "from harness.events import RunFinished\n"
        "from harness.model import RunResult\n"
        "from harness.reports import open_reports, parse_report_spec\n"
        "result = RunResult(harness='0', seed=0, sender='s' * 300_000, duration=1.0, cases=(),\n"
        "    started=datetime(2025, 1, 1, tzinfo=UTC), requirements=())\n"
        "with open_reports([parse_report_spec('json')], environ={}) as reports:\n"
        "    sys.stdin.readline()\n"
        "    reports(RunFinished(result=result))\n"
        "sys.exit(4)\n"
    )
    with subprocess.Popen(
        [sys.executable, script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout
        assert child.stdin
        assert child.stderr
        child.stdout.close()
        child.stdin.write("go\n")
        child.stdin.close()
        errors = child.stderr.read()
    assert child.returncode == 4
    assert "NOTHING JUDGED" in errors
    assert "Traceback" not in errors
    assert "Exception ignored" not in errors


def test_results_leave_standard_output_to_a_report_that_takes_it(
    places: Places, every_verdict: RunResult, events_of: Events
) -> None:
    with places.open("junit") as reports:
        tell(reports, events_of(every_verdict))
    assert places.stdout.getvalue().startswith("<?xml")
    assert places.stdout.getvalue().endswith("</testsuites>\n")
    assert "FAIL:" in places.stderr.getvalue()


def test_a_stream_of_bytes_gets_utf8_whatever_its_encoding(tmp_path: Path) -> None:
    path = tmp_path / "out"
    with path.open("w", encoding="ascii") as stream:
        stream.write("before ")
        StreamTarget(stream).write("ü")
    assert path.read_bytes() == "before ü".encode()


def test_the_step_summary_is_appended_to(
    places: Places, tmp_path: Path, every_verdict: RunResult, events_of: Events
) -> None:
    path = tmp_path / "summary.md"
    path.write_text("what another step said\n")
    with places.open(GITHUB_STEP_SUMMARY=str(path)) as reports:
        tell(reports, events_of(every_verdict))
    assert path.read_text().startswith("what another step said\n## FAIL: 1 of 6")


def test_a_step_summary_that_cannot_be_written_is_a_note(
    places: Places, tmp_path: Path, every_verdict: RunResult, events_of: Events
) -> None:
    with places.open(GITHUB_STEP_SUMMARY=f"{tmp_path}/no/summary.md") as reports:
        tell(reports, events_of(every_verdict))
    assert "note: no step summary: GITHUB_STEP_SUMMARY=" in places.stderr.getvalue()
    assert "FAIL:" in places.stdout.getvalue()


def test_the_caller_may_know_the_status_better(
    tmp_path: Path, every_verdict: RunResult, events_of: Events
) -> None:
    stdout = StringIO()
    summary = tmp_path / "s.md"
    with open_reports(
        [],
        environ={"GITHUB_STEP_SUMMARY": str(summary)},
        stdout=stdout,
        stderr=StringIO(),
        status=lambda _result: 2,
    ) as reports:
        tell(reports, events_of(every_verdict))
    assert "exit status 2" in stdout.getvalue()
    assert "exit status 2" in summary.read_text()


def test_a_report_hears_every_event_in_order(places: Places) -> None:
    class Spy:
        name = "spy"
        status: int | None = None

        def __init__(self) -> None:
            self.heard: list[Event] = []
            self.closed = 0

        def __call__(self, event: Event) -> None:
            self.heard.append(event)

        def close(self) -> None:
            self.closed += 1

    terminal, other = Spy(), Spy()
    reports = Reports(terminal)
    reports.add(other)
    reports.add_step_summary("", Context())
    events: list[Event] = [CaseStarted(id="a"), Note(text="b")]
    with reports:
        tell(reports, events)
    assert terminal.heard == other.heard == events
    assert terminal.closed == other.closed == 1
