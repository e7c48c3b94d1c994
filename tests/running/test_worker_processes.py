"""A run over several processes: the same verdicts and evidence, and an end in every case."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = [
    pytest.mark.wire,
    pytest.mark.skipif(sys.platform != "linux", reason="processes are forked off on Linux alone"),
]

# The sender is a function of the process that asks it, and notes which one that is.
PROGRAM = """\
import os, sys
from pathlib import Path
from harness import worker_processes
from harness.cli import main
from harness.reference.sender import handle
from harness.senders import reference
from harness.senders.in_process import InProcessSender

worker_processes.processors = lambda: int(sys.argv[1])
mine, noted = os.getpid(), Path(sys.argv[2])

class Noting(InProcessSender):
    can_be_several = True

def asked(request):
    with noted.open("a") as file:
        file.write(f"{os.getpid()}\\n")
    if os.getpid() != mine and request["action"] == "send":
        {deed}
    return handle(request)

reference.open_spec = lambda *_: Noting("reference", asked)
main(["run", *sys.argv[3:]])
"""
SELECTED = ("scenarios/config",)


def ran(
    folder: Path, *options: str, processors: int, deed: str = "pass"
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            *(sys.executable, "-c", PROGRAM.replace("{deed}", deed)),
            *(str(processors), str(folder / "asked-by")),
            *options,
        ],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def asked_by(folder: Path) -> set[str]:
    return set((folder / "asked-by").read_text(encoding="ascii").split())


def told(report: Path) -> list[Any]:
    cases = json.loads(report.read_text(encoding="utf-8"))["cases"]
    return [
        (case["id"], case["verdict"], [(each["check"], each["met"]) for each in case["findings"]])
        for case in cases
    ]


def kept(evidence: Path) -> list[str]:
    return sorted(str(file.relative_to(evidence)) for file in evidence.rglob("*.*"))


def test_the_number_of_processes_changes_neither_verdicts_nor_evidence(tmp_path: Path) -> None:
    reports, kept_by = [], []
    for processors in (1, 3):
        folder = tmp_path / str(processors)
        folder.mkdir()
        evidence, report = folder / "evidence", folder / "report.json"
        done = ran(
            folder,
            *SELECTED,
            *("--jobs", "6", "--seed", "11", "--evidence", str(evidence)),
            *("--report", f"json={report}"),
            processors=processors,
        )
        assert done.returncode == 0, done.stderr
        assert len(asked_by(folder)) == processors
        reports.append(told(report))
        kept_by.append(kept(evidence))
        assert json.loads((evidence / "run.json").read_text(encoding="utf-8"))
    assert reports[0] == reports[1]
    assert kept_by[0] == kept_by[1]


def test_a_process_that_is_killed_is_told_as_the_machines_trouble(tmp_path: Path) -> None:
    done = ran(tmp_path, *SELECTED, processors=2, deed="os.kill(os.getpid(), 9)")
    assert done.returncode == 3
    assert "a process that asked cases for this run has gone" in done.stderr


def test_a_few_cases_are_asked_by_one_process(tmp_path: Path) -> None:
    done = ran(tmp_path, "scenarios/modes", processors=4)
    assert done.returncode == 0, done.stderr
    assert len(asked_by(tmp_path)) == 1
