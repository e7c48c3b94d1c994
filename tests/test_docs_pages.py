"""The pages of docs/ that are made from the code are what the code makes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

_DOCS = Path(__file__).resolve().parent.parent / "docs"
_MAKE = """
import importlib.util, json, pathlib, sys
sys.path.insert(0, str(pathlib.Path(sys.argv[1]).parent))
spec = importlib.util.spec_from_file_location("generate", sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
made = {name: make() for name, make in module.PAGES.items()}
pathlib.Path(sys.argv[2]).write_text(json.dumps(made), "utf-8")
"""


@pytest.mark.whole
def test_the_made_pages_are_up_to_date(tmp_path: Path) -> None:
    # In a process of its own: the page on SDKs imports the tests that its rows come from.
    pages = tmp_path / "pages.json"
    subprocess.run(
        [sys.executable, "-c", _MAKE, str(_DOCS / "generate.py"), str(pages)],
        check=True,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
    )
    made = json.loads(pages.read_text("utf-8"))
    assert made
    for name, text in made.items():
        assert (_DOCS / name).read_text("utf-8") == text, f"run: python docs/generate.py ({name})"
