"""Runs of scenarios that are written down in a test."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness.execution import RunOrder, execute, unheard
from harness.model import RunResult
from harness.reference.sender import handle as right
from harness.runner import Options
from harness.scenario.library import load_library
from harness.senders.in_process import InProcessSender

Handle = Callable[[dict[str, Any]], dict[str, Any]]


def judge(
    folder: Path, scenarios: dict[str, str], handle: Handle = right, *, time_scale: float = 0.25
) -> RunResult:
    """Write scenarios into a folder, each in a file of its own, and run them."""
    for name, text in scenarios.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    order = RunOrder(
        cases=load_library((str(folder),)).cases,
        seed=5,
        time_scale=time_scale,
        options=Options(jobs=8),
    )
    return asyncio.run(execute(order, lambda _: InProcessSender("made up", handle), unheard))
