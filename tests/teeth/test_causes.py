"""What the wrong senders do is told apart: one thing that is wrong is one cause, two are two."""

from __future__ import annotations

from itertools import combinations

import pytest

from harness.model import CaseResult, Verdict
from harness.reports.causes import causes
from harness.run_context import RunContext
from harness.scenario.case import Case

from .gallery import WRONG
from .judging import judged_by, with_controls
from .proof import opened

pytestmark = [pytest.mark.whole, pytest.mark.timeout(600)]

# Each takes one kind of certificate that is wrong, out of all those in one file.
CERTIFICATES = (
    "IgnoresExpiry",
    "IgnoresNameConstraints",
    "IgnoresTheFirstDay",
    "IgnoresThePurpose",
)
# What each says or does is wrong in many scenarios.
BROAD = ("ConnectsTwice", "SaysThatItFailed")


def results(
    name: str, scenarios: set[str], library: tuple[Case, ...], context: RunContext
) -> dict[str, CaseResult]:
    wrong = next(each for each in WRONG if each.name == name)
    wanted = scenarios or {case.partition("[")[0] for case in wrong.cases(library)}
    cases = with_controls([case for case in library if case.scenario in wanted], library)
    return judged_by(opened(wrong), cases, context)


def failed(of: dict[str, CaseResult]) -> set[str]:
    return {name for name, result in of.items() if result.verdict is Verdict.FAIL}


@pytest.mark.parametrize("name", BROAD)
def test_one_thing_that_is_wrong_everywhere_is_one_cause(
    name: str, library: tuple[Case, ...], context: RunContext
) -> None:
    found = results(name, set(), library, context)
    assert len(failed(found)) > 10
    (cause,) = causes(found.values())
    assert {case.id for case in cause.cases} == failed(found)


def test_two_things_that_are_wrong_are_two_causes_and_each_goes_alone(
    library: tuple[Case, ...], context: RunContext
) -> None:
    each = {name: results(name, {"tls/certificate"}, library, context) for name in CERTIFICATES}
    for one, other in combinations(CERTIFICATES, 2):
        both = {**each[one], **{name: each[other][name] for name in failed(each[other])}}
        groups = {frozenset(case.id for case in cause.cases) for cause in causes(both.values())}
        assert groups == {frozenset(failed(each[one])), frozenset(failed(each[other]))}
