"""The archives, built once, and the Pythons with them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from .building import Archives, run_program, with_the_wheel

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


@pytest.fixture(scope="session")
def neighbours(
    archives: Archives,
    requires_program: Callable[[str], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """The Python of `.ci/strangers` with the plugins of others, and the wheel beside them.

    An environment of this worker's own: one that two workers install into has, for a moment, half
    a package.
    """
    theirs = requires_program("neighbours-python")
    return with_the_wheel(tmp_path_factory.mktemp("neighbours"), theirs, archives) / "python"
