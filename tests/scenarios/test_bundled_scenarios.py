"""The bundled scenarios hold together, match both catalogues, and the reference sender passes."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import yaml

from harness.embedding import run
from harness.model import Verdict
from harness.requirements import Catalogue, State, load_catalogue
from harness.scenario.case import Case
from harness.scenario.library import load_library
from harness.scenario.places import bundled_folder

# Situations that nothing asks about yet, in families of which everything else is asked.
_NOT_YET = {"CERT-40"}


@pytest.fixture(scope="module")
def cases() -> tuple[Case, ...]:
    return load_library().cases


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue()


def _files() -> list[Path]:
    return sorted(bundled_folder().rglob("*.yaml"))


def _verified(cases: tuple[Case, ...]) -> set[str]:
    return {row for case in cases for row in case.rows}


def test_every_requirement_that_is_called_checked_has_a_scenario(
    cases: tuple[Case, ...], catalogue: Catalogue
) -> None:
    checked = {row.id for row in catalogue.requirements if row.state is State.CHECKED}
    assert sorted(checked - _verified(cases)) == []


def test_every_requirement_that_has_a_scenario_is_called_checked(
    cases: tuple[Case, ...], catalogue: Catalogue
) -> None:
    others = {row.id for row in catalogue.requirements if row.state is not State.CHECKED}
    assert sorted(others & _verified(cases)) == []


def test_the_first_families_of_situations_are_covered(
    cases: tuple[Case, ...], catalogue: Catalogue
) -> None:
    whole = {row.id for row in catalogue.situations if row.family in {"MODE", "CERT", "STLS"}}
    promised = (whole - _NOT_YET) | {f"AUTH-{number:02}" for number in range(1, 15)}
    assert sorted(promised - _verified(cases)) == []


def test_what_is_called_uncovered_is(cases: tuple[Case, ...]) -> None:
    assert not _NOT_YET & _verified(cases)


def test_no_two_scenarios_have_one_title() -> None:
    titles = Counter(yaml.safe_load(file.read_text(encoding="utf-8"))["title"] for file in _files())
    assert [title for title, count in titles.items() if count > 1] == []


def test_no_two_cases_have_one_id(cases: tuple[Case, ...]) -> None:
    assert [name for name, count in Counter(case.id for case in cases).items() if count > 1] == []


def test_every_file_makes_a_case(cases: tuple[Case, ...]) -> None:
    named = {file.relative_to(bundled_folder()).with_suffix("").as_posix() for file in _files()}
    assert named == {case.scenario for case in cases}


def test_every_case_in_which_sending_would_be_wrong_has_its_control(
    cases: tuple[Case, ...],
) -> None:
    known = {case.id for case in cases if case.is_control}
    for case in cases:
        status = case.then.sender.status if case.then and case.then.sender else ()
        # An earlier send of the same case that has to succeed is as good as a control.
        has_succeeded = any(step.expect and step.expect.status == ("sent",) for step in case.steps)
        if "failed" in status and "sent" not in status and not has_succeeded:
            assert case.control in known, case.id


@pytest.mark.whole
@pytest.mark.timeout(600)
def test_the_reference_sender_passes_everything(cases: tuple[Case, ...]) -> None:
    report = run(time_scale=3)  # not to be taken for late on a busy machine
    others = {case.id: case.reason for case in report.cases if case.verdict is not Verdict.PASS}
    assert not others, str(report)
    assert len(report.cases) == len(cases)
