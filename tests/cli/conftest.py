"""The command line as it is called, in this process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeAlias

import pytest

from harness.cli import main


class Ended(NamedTuple):
    """How a command ended."""

    status: object
    out: str
    err: str


Harness: TypeAlias = Callable[..., Ended]

SCENARIO = """\
title: A message is sent and taken once
verifies: [ORY-035]
tags: [made-up]
when: {send: {}}
then: {sender: {status: sent}, wire: {messages: once}}
"""


@pytest.fixture
def harness(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Harness:
    """Call `harness` in an empty folder with one scenario in `mine/one.yaml`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/one.yaml").write_text(SCENARIO, encoding="utf-8")

    def call(*arguments: str) -> Ended:
        with pytest.raises(SystemExit) as left:
            main(list(arguments))
        out, err = capsys.readouterr()
        return Ended(left.value.code, out, err)

    return call
