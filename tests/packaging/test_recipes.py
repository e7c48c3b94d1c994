"""The recipes of docs/pytest-recipes.md, each as the test that it shows.

What a recipe needs beside ours is in the neighbours' Python (`.ci/strangers`), but for boto3, which
a plain installation must not have: that one runs with the Python of these tests.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from .building import clean_environment

pytestmark = [pytest.mark.whole, pytest.mark.timeout(600)]

_PAGE = Path(__file__).resolve().parents[2] / "docs" / "pytest-recipes.md"
_FILES = dict(
    re.findall(
        r"^```\w+ file=(\S+)\n(.*?)^```$", _PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
)
_DJANGO = "SECRET_KEY = 'x'\n"
_INI = "[pytest]\npythonpath = .\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in _FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text(_INI, encoding="utf-8")
    return tmp_path


def run(python: str | Path, project: Path, recipe: str, *more: str) -> str:
    done = subprocess.run(
        [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", recipe, *more],
        cwd=project,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    return said


@pytest.mark.parametrize("recipe", ["test_flask_mail.py", "test_fastapi.py"])
def test_web_frameworks_of_others(recipe: str, project: Path, neighbours: Path) -> None:
    assert "1 passed" in run(neighbours, project, recipe)


def test_django(project: Path, neighbours: Path) -> None:
    (project / "settings.py").write_text(_DJANGO, encoding="utf-8")
    assert "1 passed" in run(neighbours, project, "test_django.py", "--ds=settings")


def test_a_worker_that_sends_later(project: Path) -> None:
    assert "2 passed" in run(sys.executable, project, "test_later.py")


def test_boto3(project: Path) -> None:
    assert "1 passed" in run(sys.executable, project, "test_boto3.py")


@pytest.mark.needs("node")
def test_a_service_in_node(project: Path) -> None:
    assert "2 passed" in run(sys.executable, project, "test_node.py")


def test_every_recipe_is_run() -> None:
    text = Path(__file__).read_text("utf-8")
    shown = [name for name in _FILES if name.startswith("test_")]
    assert shown
    assert [name for name in shown if f'"{name}"' not in text] == []
