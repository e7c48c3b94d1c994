"""`--mailpit docker` where there is none: one line that names the other ways."""

from __future__ import annotations

import sys

import pytest

from harness.mailpit.choosing import opened
from harness.mailpit.client import MailpitError


def test_without_an_engine_the_other_ways_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/socket")
    with pytest.raises(MailpitError) as error, opened("docker"):
        pass
    assert "there is no Docker to start axllent/mailpit:" in str(error.value)
    assert "a program `mailpit` on the PATH" in str(error.value)
    assert "\n" not in str(error.value)


def test_without_testcontainers_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "testcontainers.core.container", None)
    with (
        pytest.raises(MailpitError, match=r"pip install 'mail-harness\[mailpit\]'"),
        opened("docker"),
    ):
        pass
