"""What a run tells a mirror: somewhere that people look at the messages. It is never the judge."""

from __future__ import annotations

from collections.abc import Sequence

from harness.checks.record import Record
from harness.model import CaseResult
from harness.scenario.case import Case


class Mirror:
    """No mirror at all. One that is one does its work where it delays nobody, and raises nothing.

    `take` comes with each attempt at a case, `judged` once, with its verdict; `finish` waits, for a
    bounded time, until everything is shown. What is told afterwards: `notes`, a line each, and in
    `linked` where the messages of each case are.
    """

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of it, when all is over."""
        return ()

    def take(self, case: Case, record: Record) -> None:
        """Keep what was taken in a case, in place of what an earlier attempt at it took."""

    def judged(self, result: CaseResult) -> None:
        """Show what was kept of this case."""

    async def finish(self) -> None:
        """Wait until everything is shown."""

    def linked(self, results: Sequence[CaseResult]) -> Sequence[CaseResult]:
        """The results with the addresses at which their messages can be seen."""
        return results


NO_MIRROR = Mirror()
