"""Every situation is covered by scenarios or has a reason why not, never both."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from harness.errors import UsageError
from harness.requirements import Situation, Waiting, bundled, load_catalogue
from harness.scenario.library import load_library
from harness.situation_coverage import SituationCoverage, situation_coverage

Harness = Callable[..., Any]
UNCOVERED = "harness/requirements/situations/uncovered.yaml"


@pytest.fixture(scope="module")
def rows() -> list[SituationCoverage]:
    families = situation_coverage(load_catalogue(), load_library().cases)
    return [row for family in families for row in family.situations]


def test_every_situation_of_the_catalogue_is_listed_once(rows: list[SituationCoverage]) -> None:
    assert [row.situation for row in rows] == list(load_catalogue().situations)


def test_what_scenarios_cover_has_no_reason_why_they_do_not(rows: list[SituationCoverage]) -> None:
    both = [row.situation.id for row in rows if row.scenarios and row.situation.waits_for]
    assert not both, f"take these out of {UNCOVERED}"


def test_what_no_scenario_covers_has_a_reason(rows: list[SituationCoverage]) -> None:
    neither = [row.situation.id for row in rows if not (row.scenarios or row.situation.waits_for)]
    assert not neither, f"put these into {UNCOVERED}, below a reason"


def test_a_control_covers_nothing() -> None:
    controls = [case for case in load_library().cases if case.is_control]
    families = situation_coverage(load_catalogue(), controls)
    assert controls
    assert sum(family.covered for family in families) == 0


@pytest.mark.parametrize(
    ("uncovered", "words"),
    [
        ({"not yet": ["NET-99"]}, "no situation has the id NET-99"),
        ({"not yet": ["NET-01"], "needs DNS": ["NET-01"]}, "NET-01 is there twice"),
        ({"no idea": ["NET-01"]}, "'no idea' is not a valid Waiting"),
    ],
)
def test_a_mistake_in_the_list_of_reasons_is_refused(
    uncovered: dict[str, list[str]], words: str
) -> None:
    situations: tuple[Situation, ...] = load_catalogue().situations
    with pytest.raises(ValueError, match=words):
        bundled._with_reasons(situations, uncovered)


def test_each_reason_says_what_it_means() -> None:
    assert all(reason.meaning for reason in Waiting)


def test_a_glob_that_means_no_situation_names_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"did you mean SPAM-\*"):
        situation_coverage(load_catalogue(), (), globs=["spm-*"])
    with pytest.raises(UsageError, match="did you mean NET-25"):
        situation_coverage(load_catalogue(), (), globs=["NET-26"])
    with pytest.raises(UsageError, match="there are MODE-"):
        situation_coverage(load_catalogue(), (), globs=["xyzzy"])


def test_the_command_prints_every_situation_and_a_total_for_each_family(harness: Harness) -> None:
    ended = harness("list", "--catalogue")
    assert ended.status == 0
    assert all(f"  {row.id} " in ended.out for row in load_catalogue().situations)
    assert "Security modes: 12 of 12 covered" in ended.out
    assert "NET-07    (needs DNS) IPv6 broken, IPv4 fine" in ended.out
    assert "MODE-01   STARTTLS with verification, and a server in order: 2 cases of " in ended.out
    assert "of 312 situations covered" in ended.out


def test_the_command_chooses_families_and_speaks_json(harness: Harness) -> None:
    ended = harness("list", "--catalogue", "--json", "--situation", "mode-*")
    document = json.loads(ended.out)
    assert (document["total"], document["covered"]) == (12, 12)
    (family,) = document["families"]
    assert family["family"] == "MODE"
    first = family["situations"][0]
    assert first["id"] == "MODE-01"
    assert first["cases"] == sum(first["scenarios"].values()) > 0
    assert first["reason"] is None


def test_other_options_say_which_cases_count(harness: Harness) -> None:
    ended = harness("list", "--catalogue", "--select", "modes/**", "--situation", "CERT-01")
    assert "modes/other-name-only" in ended.out
    assert "tls/certificate-good" not in ended.out
    elsewhere = harness("list", "--catalogue", "--select", "modes/**", "--situation", "API-01")
    assert "(not by these scenarios)" in elsewhere.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--catalogue", "--ids"), "choose one"),
        (("--json",), "--json goes with --catalogue"),
        (("--catalogue", "--situation", "NETT-*"), "did you mean NET-*"),
    ],
)
def test_what_makes_no_sense_is_told(
    harness: Harness, arguments: tuple[str, ...], words: str
) -> None:
    ended = harness("list", *arguments)
    assert ended.status == 2
    assert words in ended.err


def test_explain_says_what_a_situation_waits_for(harness: Harness) -> None:
    assert "none: needs DNS (" in harness("explain", "NET-07").out
