"""A run that is stopped in the middle: what had run is reported, and nothing is left running."""

from __future__ import annotations

import errno
import json
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from harness.cli import main
from harness.cli.signals import stopped_by_signals
from harness.leftovers import clean, temporary_folder

pytestmark = pytest.mark.whole

SCENARIO = """\
title: A message is sent and taken
verifies: [ORY-035]
axes: {n: [1, 2, 3, 4]}
when: {send: {ehlo_name: "n{n}.example"}}
then: {sender: {status: sent}, wire: {messages: once}}
"""
# Sends in the first case (what passes is never put down to a busy machine), says that it has got to
# the second, and stays there, with a child.
PROGRAM = """
import json, os, subprocess, sys, time
request = json.load(sys.stdin)
if request["action"] == "describe":
    features = ["smtp", "security:starttls", "ehlo_name"]
    print(json.dumps({"features": features}))
elif "n=1" in request["case"]:
    from harness.reference.sender import handle
    print(json.dumps(handle(request)))
else:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    with open(sys.argv[1], "w") as fifo:
        fifo.write(f"{os.getpid()} {child.pid}")
    time.sleep(600)
"""


def is_running(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


# As a program in the foreground begins: `nohup` and a shell's `&` let us inherit other things.
ATTENTIVE = """
import signal, sys

signal.signal(signal.SIGINT, signal.default_int_handler)
for number in (signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, signal.SIG_DFL)
"""
HARNESS = f"{ATTENTIVE}\nfrom harness.cli import main\nmain(sys.argv[1:])\n"


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="there is no /proc here")
@pytest.mark.parametrize(
    "numbers",
    [
        (signal.SIGINT,),
        (signal.SIGTERM,),
        (signal.SIGHUP,),
        (signal.SIGINT, signal.SIGINT, signal.SIGTERM),
    ],
    ids=lambda numbers: "-".join(number.name for number in numbers),
)
def test_an_interrupted_run_reports_what_had_run_and_leaves_nobody_behind(
    numbers: tuple[signal.Signals, ...], tmp_path: Path
) -> None:
    (tmp_path / "one.yaml").write_text(SCENARIO, encoding="utf-8")
    (tmp_path / "program.py").write_text(PROGRAM, encoding="utf-8")
    os.mkfifo(tmp_path / "fifo")
    sender = "command:" + shlex.join([sys.executable, "program.py", "fifo"])
    words = ["run", "one.yaml", "--sender", sender, "--jobs", "1", "--report", "json=report.json"]
    running = subprocess.Popen(
        [sys.executable, "-c", HARNESS, *words],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    pids = [int(word) for word in (tmp_path / "fifo").read_text(encoding="utf-8").split()]
    assert all(is_running(pid) for pid in pids)
    for number in numbers:
        running.send_signal(number)
    out, err = running.communicate(timeout=60)
    assert running.returncode == 130
    assert out.rstrip().endswith("exit status 130: interrupted after 1 of 4 cases")
    assert "Traceback" not in err
    document = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert [case["id"] for case in document["cases"]] == ["one[n=1]"]
    assert (document["interrupted"], document["total"]) == (True, 4)
    assert "1 of 4 cases ran" in out.splitlines()[0]
    assert list(tmp_path.glob(".harness-report-*")) == []
    assert not any(is_running(pid) for pid in pids)


STARTING = """
import os, signal, sys
import harness.cli.options as options
from harness.cli import main

def stopped(*_, **__):
    os.kill(os.getpid(), signal.Signals[sys.argv[1]])

options.load_library = stopped
main(["run"])
"""


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_run_that_is_stopped_while_it_starts_says_so(name: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", ATTENTIVE + STARTING, name],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (130, "")
    assert ended.stderr.strip() == "harness: interrupted"


def test_what_is_ignored_when_a_command_starts_stays_so() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stopped_by_signals() as stop:
            os.kill(os.getpid(), signal.SIGHUP)
            assert not stop.was_called
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


# What a killed run leaves behind.

KILLED = """
import os, sys, signal
from pathlib import Path
from harness.leftovers import temporary_folder
from harness.reports.targets import open_file

report = open_file(Path("report.json"), growing=False)
with temporary_folder() as folder:
    print(folder, flush=True)
    sys.stdin.read() if sys.argv[1] == "wait" else os.kill(os.getpid(), signal.SIGKILL)
"""


def test_the_next_run_cleans_up_after_one_that_was_killed_and_after_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp/harness-of-somebody").mkdir(parents=True)
    environment = {**os.environ, "TMPDIR": str(tmp_path / "tmp")}
    words = [sys.executable, "-c", KILLED]
    killed = subprocess.run(
        [*words, "kill"], cwd=tmp_path, env=environment, capture_output=True, check=False
    )
    gone = Path(killed.stdout.decode().strip())
    [part] = tmp_path.glob(".harness-report-*.part")
    assert gone.is_dir()
    with subprocess.Popen(
        [*words, "wait"],
        cwd=tmp_path,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as alive:
        assert alive.stdout is not None
        there = Path(alive.stdout.readline().strip())
        # It has cleaned up already; and nobody cleans up after it.
        assert not gone.exists()
        assert not part.exists()
        with temporary_folder() as mine:
            clean(tmp_path, ".harness-report-*.part")
            assert there.is_dir()
            assert len(list(tmp_path.glob(".harness-report-*.part"))) == 1
        assert not mine.exists()
        assert (tmp_path / "tmp/harness-of-somebody").is_dir()


def test_a_machine_without_a_place_for_temporary_files_is_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def nowhere() -> str:
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/tmp']")

    monkeypatch.setattr("tempfile.gettempdir", nowhere)
    with pytest.raises(SystemExit) as ended:
        main(["run", "--sender", "reference", "--select", "modes/starttls*"])
    assert ended.value.code == 3
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("harness: there is no folder for temporary files: mount one at /tmp")


# Trouble in the middle.


@pytest.mark.parametrize("told", ["page", "report"])
def test_a_disk_that_is_full_is_told_in_the_page_and_the_status_alike(
    told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "one.yaml").write_text(SCENARIO, encoding="utf-8")

    write = Path.write_bytes

    def full(self: Path, data: bytes) -> int:
        if "n=2" in str(self):
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(self, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(SystemExit) as left:
        main(["run", "one.yaml", "--jobs", "1", "--evidence", "e", "--report", "json=r.json"])
    out, err = capsys.readouterr()
    assert left.value.code == 3
    if told == "page":
        assert out.startswith("ERROR: 1 case")
        assert "No space left on device; 1 of 4 cases ran" in " ".join(out.split())
        assert out.rstrip().endswith("No space left on device")
        assert "No space left on device" in err.splitlines()[-1]
    else:
        document = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
        assert (document["interrupted"], document["total"]) == (True, 4)
