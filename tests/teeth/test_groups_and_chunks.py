"""Who sends in groups and in chunks is right by itself, wherever that is offered or not."""

from __future__ import annotations

import pytest

from harness.run_context import RunContext
from harness.scenario.case import Case

from .careful import Careful, handler
from .judging import judged, not_passed, story
from .wrong_groups import Chunking, Pipelining

pytestmark = [pytest.mark.whole, pytest.mark.timeout(600)]


@pytest.mark.parametrize("hook", [Chunking, Pipelining])
def test_groups_and_chunks_are_right_by_themselves(
    hook: type[Careful], library: tuple[Case, ...], patient_context: RunContext
) -> None:
    cases = [case for case in library if case.scenario.startswith("extensions/")]
    results = judged(hook.__name__, handler(hook), cases, patient_context)
    assert not not_passed(results), story(not_passed(results))
