"""A run that is stopped in the middle: what had run is reported, and nothing is left running."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.whole

SCENARIO = """\
title: A message is sent and taken
verifies: [ORY-035]
axes: {n: [1, 2, 3, 4]}
when: {send: {ehlo_name: "n{n}.example"}}
then: {sender: {status: sent}, wire: {messages: once}}
"""
# Answers the first case, says that it has got to the second, and stays there, with a child.
PROGRAM = """
import json, os, subprocess, sys, time
request = json.load(sys.stdin)
if request["action"] == "describe":
    features = ["smtp", "security:starttls", "ehlo_name"]
    print(json.dumps({"features": features}))
elif "n=1" in request["case"]:
    print(json.dumps({"status": "failed"}))
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


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="there is no /proc here")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_reports_what_had_run_and_leaves_nobody_behind(
    number: signal.Signals, tmp_path: Path
) -> None:
    (tmp_path / "one.yaml").write_text(SCENARIO, encoding="utf-8")
    (tmp_path / "program.py").write_text(PROGRAM, encoding="utf-8")
    os.mkfifo(tmp_path / "fifo")
    sender = "command:" + shlex.join([sys.executable, "program.py", "fifo"])
    words = ["run", "one.yaml", "--sender", sender, "--jobs", "1", "--report", "json=report.json"]
    running = subprocess.Popen(
        [sys.executable, "-m", "harness", *words],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    pids = [int(word) for word in (tmp_path / "fifo").read_text(encoding="utf-8").split()]
    assert all(is_running(pid) for pid in pids)
    running.send_signal(number)
    out, err = running.communicate(timeout=60)
    assert running.returncode == 130
    assert out.rstrip().endswith("exit status 130: interrupted")
    assert "Traceback" not in err
    document = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert [case["id"] for case in document["cases"]] == ["one[n=1]"]
    assert not any(is_running(pid) for pid in pids)
