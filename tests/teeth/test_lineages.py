"""What the wrong senders of a lineage are made of is right where they are convicted."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from harness.model import CaseResult, Verdict
from harness.run_context import RunContext
from harness.scenario.case import Case

from .gallery import WRONG
from .judging import InProcess, failing, judged_by, story, with_controls
from .lineage_aiosmtplib import OnAiosmtplib
from .lineage_node import OnNodemailer
from .on_aiosmtplib import AsyncSender
from .second import Second

pytestmark = [pytest.mark.whole, pytest.mark.timeout(600)]

# What the libraries are convicted of by themselves, and why, is told where their senders are.
OF_ITSELF = {OnAiosmtplib.__name__, OnNodemailer.__name__, "PlainSmtplib"}


def convicting(lineage: str, library: tuple[Case, ...]) -> dict[str, set[str]]:
    """The cases that convict a wrong sender of this lineage, with the checks by which."""
    found: dict[str, set[str]] = {}
    for wrong in WRONG:
        if wrong.lineage == lineage and wrong.name not in OF_ITSELF:
            for case, checks in wrong.cases(library).items():
                found.setdefault(case, set()).update(checks)
    return found


@pytest.mark.parametrize("base", [AsyncSender, Second])
def test_a_base_is_right_where_its_wrong_senders_are_convicted(
    base: type[AsyncSender | Second], library: tuple[Case, ...], patient_context: RunContext
) -> None:
    expected = convicting(base.lineage, library)
    cases = with_controls([case for case in library if case.id in expected], library)
    sender = InProcess(base.__name__, lambda request: base(request).answer())
    results = judged_by(sender, cases, patient_context)
    assert not accused(results.values(), expected), story(accused(results.values(), expected))


def test_nodemailer_is_right_where_wrong_senders_on_it_are_convicted(
    library: tuple[Case, ...],
    patient_context: RunContext,
    requires_node_module: Callable[[str], str],
) -> None:
    requires_node_module("nodemailer")
    expected = convicting(OnNodemailer.lineage, library)
    cases = with_controls([case for case in library if case.id in expected], library)
    results = judged_by(OnNodemailer.opened(), cases, patient_context)
    assert not accused(results.values(), expected), story(accused(results.values(), expected))


def accused(results: Iterable[CaseResult], expected: dict[str, set[str]]) -> list[CaseResult]:
    """Those in which it fails by what has to convict the others."""
    return [
        result
        for result in results
        if result.verdict is Verdict.UNSUPPORTED
        or {finding.check for finding in failing(result)} & expected.get(result.id, set())
    ]
