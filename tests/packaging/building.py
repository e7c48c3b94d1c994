"""The archives that are tested, and how programs are run with them."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True, slots=True, kw_only=True)
class Archives:
    """The sdist, the wheel that was built from it, and the wheel that was built from the tree."""

    sdist: Path
    wheel: Path
    wheel_of_tree: Path


def run_program(*command: str | Path, cwd: Path | None = None) -> str:
    done = subprocess.run(
        command, cwd=cwd, env=clean_environment(), capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        pytest.fail(f"{command[0]}: status {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def clean_environment() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}


def with_the_wheel(python: str, archives: Archives) -> str:
    """The neighbours' Python, with the wheel as it is now."""
    pip = (python, "-m", "pip", "--quiet", "--disable-pip-version-check", "install")
    run_program(*pip, "--no-deps", "--no-index", "--force-reinstall", archives.wheel)
    return python
