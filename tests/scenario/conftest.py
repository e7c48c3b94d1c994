"""Scenarios as texts."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from typing import Any, TypeAlias

import pytest

from harness.errors import ScenarioError
from harness.scenario.case import Case
from harness.scenario.expansion import expand
from harness.scenario.loading import loads

Expand: TypeAlias = Callable[..., tuple[Case, ...]]
Refused: TypeAlias = Callable[..., list[str]]

_PARTS = {
    "title": "A title that is long enough",
    "axes": "{}",
    "verifies": "[ORY-035]",
    "situations": "[]",
    "tags": "[]",
    "needs": "[]",
    "smtp": "{certificate: expired}",
    "when": "{send: {}}",
    "sender": "{status: failed}",
    "wire": "{}",
    "decides": "{}",
    "levels": "{}",
    "control": "{smtp: {certificate: good}}",
    "more": "",
}
# A part a line, so that a line tells which part a complaint is about.
_FORM = """\
title: "@title@"
axes: @axes@
verifies: @verifies@
situations: @situations@
tags: @tags@
needs: @needs@
given:
  smtp: @smtp@
when: @when@
then:
  sender: @sender@
  wire: @wire@
  decides: @decides@
  levels: @levels@
control: @control@
@more@
"""
LINES = {part: 1 + _FORM.partition(f"@{part}@")[0].count("\n") for part in _PARTS}


def scenario_text(**parts: str) -> str:
    """A scenario in which only the parts named differ from a right one."""
    text = _FORM
    for name, usual in _PARTS.items():
        text = text.replace(f"@{name}@", parts.pop(name, usual))
    assert not parts
    return text


@pytest.fixture
def cases() -> Expand:
    """The cases of a scenario called `folder/name`, from the parts that differ."""

    def read(**parts: str) -> tuple[Case, ...]:
        return expand(loads(scenario_text(**parts), source="name.yaml"), "folder/name")

    return read


@pytest.fixture
def refused(cases: Expand) -> Refused:
    """Each complaint about a scenario, as `line part-of-the-path: reason`."""

    def read(**parts: str) -> list[str]:
        with pytest.raises(ScenarioError) as caught:
            cases(**parts)
        return [line.removeprefix("name.yaml:") for line in str(caught.value).splitlines()]

    return read


@pytest.fixture
def line_of() -> Callable[[str], int]:
    return LINES.__getitem__


@pytest.fixture
def dedented() -> Callable[[str], Any]:
    return textwrap.dedent
