"""`harness smoke` as it is called."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

Harness = Callable[..., Any]


def test_the_reference_sender_is_sound(harness: Harness) -> None:
    ended = harness("smoke", "--sender", "reference", "--time-scale", "0.25")
    assert ended.status == 0
    assert ended.out.splitlines()[-1] == "sound: put cases to it with harness run"
    assert [line.split()[0] for line in ended.out.splitlines()[:-1]] == ["ok"] * 7


def test_a_program_that_answers_nothing_has_its_own_words_shown(harness: Harness) -> None:
    Path("hello.sh").write_text("cat >/dev/null\nprintf '::error::hello\\033[2J\\n'\n", "utf-8")
    ended = harness("smoke", "--sender", "command:sh hello.sh", "--time-scale", "0.25")
    assert ended.status == 1
    assert "FAULT   describe" in ended.out
    assert "hello\\x1b[2J" in ended.out
    assert "\x1b" not in ended.out
    assert "\n::error" not in ended.out
    assert ended.out.endswith("5 faults\n")


def test_a_sender_that_is_not_there_is_a_usage_error(harness: Harness) -> None:
    ended = harness("smoke", "--sender", "python:nosuch:x")
    assert (ended.status, ended.out) == (2, "")
    assert harness("smoke").status == 2
