"""The archives that are tested, and how programs are run with them."""

from __future__ import annotations

import os
import subprocess
import sys
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


def with_the_wheel(place: Path, python: str | Path, archives: Archives) -> Path:
    """A new virtual environment at `place`, for nobody else: the wheel, and what `python` has."""
    run_program(python, "-m", "venv", "--without-pip", place)
    pip = (sys.executable, "-m", "pip", "--python", place, "--disable-pip-version-check")
    run_program(*pip, "install", "--quiet", "--no-deps", "--no-index", archives.wheel)
    # A folder named in a .pth comes behind the new environment's own, and the .pth files in it
    # are not read: not the one either that leads to this checkout.
    (_packages(place / "bin" / "python") / "dependencies.pth").write_text(
        str(_packages(python)), encoding="utf-8"
    )
    return place / "bin"


def _packages(python: str | Path) -> Path:
    said = run_program(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))")
    return Path(said.strip())
