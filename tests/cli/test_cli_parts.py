"""Parts of a library: without some cases, in shards, and as much as there is time for."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.cli.running import Duration
from harness.scenario.case import Case
from harness.scenario.library import load_library
from harness.selection import Selection, Shard

Harness = Callable[..., Any]


@pytest.fixture(scope="module")
def library() -> tuple[Case, ...]:
    return load_library().cases


@pytest.mark.parametrize("count", [1, 2, 4, 7])
def test_all_shards_together_are_the_whole_and_no_case_is_in_two(
    count: int, library: tuple[Case, ...]
) -> None:
    shards = [
        Selection(shard=Shard(number=number, count=count)).of(library)
        for number in range(1, count + 1)
    ]
    seen = Counter(case.id for shard in shards for case in shard)
    assert seen == Counter(case.id for case in library)
    for shard in shards:
        ids = {case.id for case in shard}
        assert all(case.control in ids for case in shard if case.control)
        assert len(shard) < 1.5 * len(library) / count


def test_adding_cases_moves_no_other_case_to_another_shard(library: tuple[Case, ...]) -> None:
    shard = Shard(number=2, count=4)
    without = tuple(case for case in library if case.scenario != "tls/certificate")
    before = {case.id for case in Selection(shard=shard).of(without)}
    after = {case.id for case in Selection(shard=shard).of(library)}
    assert before == {each for each in after if not each.startswith("tls/certificate[")}


def test_a_shard_is_a_part_of_what_is_selected(harness: Harness) -> None:
    def ids(*words: str) -> list[str]:
        return list(harness("list", "--select", "tls/**", "--ids", *words).out.split())

    assert sorted(ids("--shard", "1/2") + ids("--shard", "2/2")) == sorted(ids())


@pytest.mark.parametrize("shard", ["0/4", "5/4", "1", "a/b", "1/0", "-1/4", "1/4/2"])
def test_a_shard_that_makes_no_sense_is_refused(shard: str, harness: Harness) -> None:
    ended = harness("list", f"--shard={shard}")
    assert ended.status == 2
    assert f"--shard {shard} makes no sense: 1/4 to 4/4 are the four parts" in ended.err


def test_excluded_cases_are_left_out_and_controls_of_others_are_not(harness: Harness) -> None:
    listed = harness("list", "--select", "tls/certificate", "--exclude", "**=expired]", "--ids").out
    assert "certificate=expired]" not in listed
    assert "tls/certificate[mode=tls,certificate=self-signed]" in listed
    listed = harness("list", "--select", "tls/certificate", "--exclude", "**control]", "--ids").out
    assert "tls/certificate[mode=tls,control]" in listed


def test_without_the_cases_of_a_control_there_is_no_control(harness: Harness) -> None:
    whole = harness("list", "--ids").out.split()
    some = harness("list", "--ids", "--exclude", "tls/**").out.split()
    assert {each for each in whole if not each.startswith("tls/")} == set(some)


def test_an_exclusion_that_matches_nothing_is_refused_with_the_nearest(harness: Harness) -> None:
    ended = harness("list", "mine", "--exclude", "onw")
    assert ended.status == 2
    assert "--exclude onw matches no case; did you mean one?" in ended.err


SLOW = """\
title: A sender that takes its time
verifies: [ORY-035]
given: {smtp: {faults: [{at: greeting, do: stall}]}}
when: {send: {}}
then: {sender: {status: failed}}
control: {smtp: {faults: []}}
"""


def test_what_there_was_no_time_to_ask_is_told_and_is_no_pass(harness: Harness) -> None:
    Path("mine/slow.yaml").write_text(SLOW, encoding="utf-8")
    ended = harness(
        "run", "mine", "--jobs", "1", "--time-scale", "30", "--time-limit", "4s",
        "--report", "json=r.json",
    )  # fmt: skip
    assert ended.status == 3
    assert "ended after 4 s (--time-limit)" in ended.out.splitlines()[0]
    assert "of 3 cases" in ended.out.splitlines()[0]
    document = json.loads(Path("r.json").read_text("utf-8"))
    assert document["interrupted"]
    assert document["total"] == 3
    assert "slow" not in {case["id"] for case in document["cases"]}


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("1.5s", 1.5), ("10m", 600), ("1h", 3600)]
)
def test_a_time_limit_is_a_time(text: str, seconds: float) -> None:
    assert Duration().convert(text, None, None) == seconds


@pytest.mark.parametrize("text", ["0", "-1", "soon", "nan", "10x", ""])
def test_a_time_limit_that_is_no_time_is_refused(text: str, harness: Harness) -> None:
    ended = harness("run", "mine", f"--time-limit={text}")
    assert ended.status == 2
    assert "is no time: 90s, 10m and 1h are" in ended.err


def test_what_failed_in_a_report_is_asked_again_with_its_controls(harness: Harness) -> None:
    Path("mine/red.yaml").write_text(
        Path("mine/one.yaml").read_text("utf-8").replace("messages: once", "messages: 2"), "utf-8"
    )
    assert harness("run", "mine", "--report", "json=r.json").status == 1
    assert harness("list", "mine", "--failed", "r.json", "--ids").out == "red\n"
    ended = harness("list", "mine", "--failed", "nowhere.json")
    assert ended.status == 2
    assert "cannot read the report nowhere.json" in ended.err


def test_what_failed_comes_with_its_controls(library: tuple[Case, ...]) -> None:
    case = next(case for case in library if case.control)
    found = Selection(only=frozenset([case.id, "a/case/that/is/gone"])).of(library)
    assert {each.id for each in found} == {case.id, case.control}
