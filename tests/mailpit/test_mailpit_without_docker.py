"""`--mailpit docker` where there is none: one line that names the other ways."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.mailpit.archive import Archive, KeptRun
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


@pytest.mark.wire
@pytest.mark.parametrize("verb", [["run", "--mailpit", "auto"], ["inspect"]], ids=" ".join)
def test_without_httpx_the_extra_is_named(verb: list[str], tmp_path: Path) -> None:
    kept = Archive(root=tmp_path)
    kept.note(KeptRun(name="run-1", url="http://127.0.0.1:1", smtp_host="x", smtp_port=1))
    call = f"import sys; sys.modules['httpx'] = None\nfrom harness.cli import main\nmain({verb})"
    done = subprocess.run(
        [sys.executable, "-c", call],
        env={**os.environ, "HARNESS_MAIL_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == "harness: Mailpit needs httpx: pip install 'mail-harness[mailpit]'\n"


def test_without_testcontainers_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "testcontainers.core.container", None)
    with (
        pytest.raises(MailpitError, match=r"pip install 'mail-harness\[mailpit\]'"),
        opened("docker"),
    ):
        pass
