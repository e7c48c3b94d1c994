"""The tools of the gate are tests like all others, so that one command asks for everything."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

_TOP = Path(__file__).parent.parent

_TOOLS = {
    "ruff has no complaint": ("ruff", "check", "--quiet", "."),
    "every file is formatted": ("ruff", "format", "--check", "--quiet", "."),
    "the types hold": ("mypy", "--no-error-summary"),
}


@pytest.mark.whole
@pytest.mark.timeout(600)
@pytest.mark.parametrize("command", _TOOLS.values(), ids=_TOOLS)
def test_a_tool_is_content(command: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=_TOP, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        pytest.fail(f"{' '.join(command)}\n{done.stdout}{done.stderr}", pytrace=False)
