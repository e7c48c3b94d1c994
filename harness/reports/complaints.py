"""What the author of a sender got wrong in its answers, once each: it decides nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from harness.model import RunResult
from harness.reports.overview import plural

# Of a sender that is wrong in a way of its own in each case.
MOST_SHOWN = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """One mistake, and in how many cases it was made; none: where the sender describes itself."""

    text: str
    cases: int

    @property
    def where(self) -> str:
        """In how many cases it was made, for a person."""
        return f"in {plural(self.cases, 'case')}" if self.cases else "in its description of itself"


def remarks_on_answers(result: RunResult) -> tuple[Remark, ...]:
    """Each mistake once: those of the description, then the most frequent first."""
    counts = Counter(text for case in result.cases for text in case.complaints)
    described = [Remark(text=text, cases=0) for text in dict.fromkeys(result.complaints)]
    return (*described, *(Remark(text=text, cases=count) for text, count in counts.most_common()))
