"""Each wrong sender over SMTP is convicted by its cases, and right in their controls."""

from __future__ import annotations

import pytest

from harness.run_context import RunContext
from harness.scenario.case import Case

from .convictions import Wrong
from .gallery import WRONG
from .on_node import NodeSender
from .proof import prove

pytestmark = [pytest.mark.whole, pytest.mark.timeout(600)]


# A file of tests stays with one worker of pytest-xdist: two files are judged side by side.
@pytest.mark.parametrize(
    "wrong",
    [
        each
        for each in WRONG
        if not each.is_about_apis and not each.is_a_courier and each.lineage != NodeSender.lineage
    ],
    ids=lambda wrong: wrong.name,
)
def test_a_wrong_sender_is_convicted_for_what_it_does_wrong(
    wrong: Wrong, library: tuple[Case, ...], context: RunContext
) -> None:
    prove(wrong, library, context)
