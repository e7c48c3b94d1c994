"""What a case costs the processor: `harness run` of a bundled folder, the sender in process."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent


def _run(*arguments: str) -> tuple[float, float]:
    """User and system seconds of a run of the harness and of all its processes; and wall time."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    ended = subprocess.run(
        [sys.executable, "-m", "harness", *arguments], cwd=ROOT, capture_output=True, check=False
    )
    wall = time.perf_counter() - began
    if ended.returncode > 1:
        raise RuntimeError(ended.stderr.decode()[-2000:])
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return cpu, wall


def a_case(folder: str) -> tuple[int, float, float]:
    """Cases of a bundled folder, and milliseconds of processor and wall time for each."""
    with tempfile.TemporaryDirectory() as temporary:
        report = Path(temporary) / "report.json"
        cpu, wall = _run(
            "run", "--sender", "reference", "--report", f"json={report}", f"scenarios/{folder}"
        )
        cases = len(json.loads(report.read_text(encoding="utf-8"))["cases"])
    return cases, cpu / cases * 1000, wall / cases * 1000
