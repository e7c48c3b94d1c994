"""The archives, built once."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from .building import Archives, run_program

_TOP = Path(__file__).parent.parent.parent


@pytest.fixture(scope="session")
def archives(tmp_path_factory: pytest.TempPathFactory) -> Archives:
    folder, of_tree = tmp_path_factory.mktemp("dist"), tmp_path_factory.mktemp("dist-of-tree")
    build = (sys.executable, "-m", "build", "--no-isolation", "--outdir")
    run_program(*build, folder, _TOP)
    run_program(*build, of_tree, "--wheel", _TOP)
    return Archives(
        sdist=next(folder.glob("*.tar.gz")),
        wheel=next(folder.glob("*.whl")),
        wheel_of_tree=next(of_tree.glob("*.whl")),
    )
