"""Each wrong sender on nodemailer is convicted by its cases, and right in their controls."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.run_context import RunContext
from harness.scenario.case import Case

from .convictions import Wrong
from .gallery import WRONG
from .on_node import NodeSender
from .proof import prove

pytestmark = [pytest.mark.whole, pytest.mark.timeout(600)]


@pytest.mark.parametrize(
    "wrong",
    [each for each in WRONG if each.lineage == NodeSender.lineage],
    ids=lambda wrong: wrong.name,
)
def test_a_wrong_sender_is_convicted_for_what_it_does_wrong(
    wrong: Wrong,
    library: tuple[Case, ...],
    context: RunContext,
    requires_node_module: Callable[[str], str],
) -> None:
    requires_node_module("nodemailer")
    prove(wrong, library, context)
