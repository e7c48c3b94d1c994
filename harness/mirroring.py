"""What a run tells a mirror: somewhere that people look at the messages. It is never the judge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from harness.checks.record import Record
from harness.fakes.message import Captured
from harness.fakes.transcript import MessageCaptured
from harness.model import CaseResult
from harness.scenario.case import Case
from harness.scenario.given import Given
from harness.secrets import Secrets


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


@dataclass(frozen=True, slots=True, kw_only=True)
class MailOfCase:
    """What was taken in one case that has its verdict."""

    provider: str
    case: str
    verdict: str
    messages: tuple[Captured, ...]
    secrets: Secrets


@dataclass(slots=True)
class MailKept(Mirror):
    """Keeps the mail of each case until somebody else shows it, who asks case by case."""

    _taken: dict[str, tuple[str, tuple[Captured, ...], Secrets]] = field(default_factory=dict)
    _judged: list[MailOfCase] = field(default_factory=list)

    def take(self, case: Case, record: Record) -> None:
        """Keep what was taken."""
        messages = tuple(fact.message for _, fact in record.of(MessageCaptured))
        self._taken[case.id] = (provider_of(case.given), messages, record.secrets)

    def judged(self, result: CaseResult) -> None:
        """Have the mail of this case ready."""
        provider, messages, secrets = self._taken.pop(result.id, ("", (), Secrets({})))
        if messages:
            self._judged.append(
                MailOfCase(
                    provider=provider,
                    case=result.id,
                    verdict=result.verdict.value,
                    messages=messages,
                    secrets=secrets,
                )
            )

    def handed_out(self) -> tuple[MailOfCase, ...]:
        """What became ready since this was asked last."""
        found, self._judged = tuple(self._judged), []
        return found


def provider_of(given: Given) -> str:
    """Whose API or SMTP service a case is about; `smtp` where it is a server like any other."""
    if given.api is not None:
        return given.api.provider
    return given.submission.provider if given.submission is not None else "smtp"
