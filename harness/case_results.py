"""What becomes of a case, as a result: judged, or for one reason or another not."""

from __future__ import annotations

from harness.judge import Judgement, undriven
from harness.model import CaseResult, Verdict
from harness.scenario.case import Case


def takes_time(result: CaseResult) -> bool:
    """Whether a verdict may be otherwise where there is time enough.

    A leak stays one, and so does a flood, which is what made this machine busy.
    """
    is_open = result.verdict in {Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.ERROR}
    return is_open and not any(finding.leak or finding.check == "flood" for finding in result.unmet)


def is_trouble(result: CaseResult) -> bool:
    """Whether it counts for `--max-fail`."""
    unexpected = result.verdict is Verdict.FAIL and not result.expected_failure
    return unexpected or result.verdict is Verdict.ERROR


def blamed(case: Case, result: CaseResult, doubt: str) -> CaseResult:
    """A case that this machine could not decide, with what was seen of it."""
    reason = f"{doubt}, when asked alone too; fewer --jobs or a larger --time-scale may help"
    return case_result(
        case,
        undriven(case, Verdict.ERROR, reason),
        duration=result.duration,
        evidence=result.evidence,
        answer=result.answer,
        conversation=result.conversation,
        output=result.output,
        handshakes=result.handshakes,
        messages=result.messages,
    )


def not_asked_again(case: Case, plain: CaseResult) -> CaseResult:
    """A case to which the answer to another one of its kind is the answer too."""
    reason = f"{plain.reason} (asked once, in {plain.id})"
    return case_result(case, undriven(case, Verdict.UNSUPPORTED, reason))


def case_result(case: Case, judgement: Judgement, **more: object) -> CaseResult:
    """The result of a case; `more` is what its judgement does not have."""
    return CaseResult(
        id=case.id,
        scenario=case.scenario,
        title=case.title,
        axes=dict(case.axes),
        tags=case.tags,
        requirements=case.requirements,
        situations=case.situations,
        verdict=judgement.verdict,
        level=judgement.level,
        reason=judgement.reason,
        control=case.control,
        is_control=case.is_control,
        findings=judgement.findings,
        rows=judgement.rows,
        source=f"{case.source}:{case.line}",
        **more,  # type: ignore[arg-type]  # only what the caller above names
    )
