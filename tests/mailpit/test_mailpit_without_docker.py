"""`--mailpit docker` where there is none: one line that names the other ways."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.mailpit.choosing import opened
from harness.mailpit.client import MailpitError


@pytest.mark.wire
def test_without_an_engine_the_other_ways_are_named(tmp_path: Path) -> None:
    # In a process of its own: Docker's client leaves a socket open where nobody answers it.
    done = subprocess.run(
        [sys.executable, "-m", "harness", "run", "--mailpit", "docker"],
        env={
            **os.environ,
            "DOCKER_HOST": "unix:///nowhere/socket",
            "HARNESS_MAIL_DIR": str(tmp_path),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (3, "")
    assert "there is no Docker to start axllent/mailpit:" in done.stderr
    assert "a program `mailpit` on the PATH" in done.stderr
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_without_testcontainers_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "testcontainers.core.container", None)
    with (
        pytest.raises(MailpitError, match=r"pip install 'mail-harness\[mailpit\]'"),
        opened("docker"),
    ):
        pass
