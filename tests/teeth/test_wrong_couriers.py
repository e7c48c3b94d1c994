"""Each wrong courier is convicted by its cases, and right in their controls."""

from __future__ import annotations

import pytest

from harness.run_context import RunContext
from harness.scenario.case import Case

from .convictions import Wrong
from .gallery import WRONG
from .proof import prove

pytestmark = [pytest.mark.whole, pytest.mark.timeout(600)]


@pytest.mark.parametrize(
    "wrong", [each for each in WRONG if each.is_a_courier], ids=lambda wrong: wrong.name
)
def test_a_wrong_courier_is_convicted_for_what_it_does_wrong(
    wrong: Wrong, library: tuple[Case, ...], context: RunContext
) -> None:
    prove(wrong, library, context)
