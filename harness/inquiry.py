"""Put single cases to a sender, and judge what comes of each.

Which case comes when, and how many at a time, is for whoever asks: `harness.runner` has a whole run
carried out, `harness.case_by_case` waits for somebody who wants to know.
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from harness.case_results import case_result, not_asked_again, takes_time
from harness.checks.record import Record
from harness.errors import HarnessError
from harness.events import Note
from harness.evidence import EvidenceFolder
from harness.exhibits import handshakes, taken_messages
from harness.fakes.errors import FakeError, UnreachableError
from harness.first_request import first_answer, shows_that_it_answers
from harness.judge import Judgement, judge, undriven
from harness.machine import Watch
from harness.mirroring import NO_MIRROR, Mirror
from harness.model import CaseResult, Verdict
from harness.protocol import DECLARED_FEATURES
from harness.record_lines import record_lines
from harness.refused_kinds import follows, kind_of
from harness.requirements import Catalogue
from harness.run_context import RunContext
from harness.scenario.case import Case
from harness.secrets import Secrets
from harness.senders.base import Sender
from harness.senders.outcome import Outcome
from harness.steps import asked_in_its_own_state, run_steps, shown_output
from harness.world import opened

_NOT_OURS_TO_END = (
    "the sender is ended and started again here, or there are two of it, and the harness did not "
    "start this one: command:, command+lines: and python: can be asked that"
)
_NO_SECOND_ONE = "there are two of the sender here, and its file starts one of it"


def _why_it_cannot_be(case: Case, sender: Sender) -> str | None:
    """Why a case cannot be asked of a sender, by the way in which it is driven; None if it can."""
    if case.ends_the_sender and not sender.has_own_state:
        return _NOT_OURS_TO_END
    return _NO_SECOND_ONE if case.has_several_senders and not sender.can_be_several else None


Attempted: TypeAlias = tuple[CaseResult, str | None]


class Place(Protocol):
    """A place other than this process in which a case can be put to the sender."""

    async def attempt(self, case: str, control: Verdict | None) -> Attempted:
        """As `Inquiry.put`, for the case of that id."""


class Elsewhere:
    """Such places: none."""

    def freest(self, *, jobs: int, here: int) -> Place | None:
        """The one with most room, where `jobs` cases are asked in all, `here` of them just now."""
        del jobs, here
        return None

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[None]:
        """Be at hand while the body runs, which is in an event loop."""
        yield


@dataclass(slots=True, kw_only=True)
class Inquiry:
    """One sender, and what is known of it by now.

    `plainest` names a case for each kind of request (`harness.refused_kinds`), `jobs` is how many
    cases are asked at a time, here and `elsewhere`. `results` are the verdicts so far, by case:
    whoever asks puts them in. Not `keeps_passed`: nobody reads what was said in a case that passed.
    `complaints` are about the sender's description of itself.
    """

    sender: Sender
    context: RunContext
    catalogue: Catalogue
    watch: Watch
    plainest: Mapping[frozenset[str], str] = field(default_factory=dict)
    evidence: EvidenceFolder | None = None
    mirror: Mirror = NO_MIRROR
    jobs: int = 1
    elsewhere: Elsewhere = field(default_factory=Elsewhere)
    keeps_passed: bool = True
    results: dict[str, CaseResult] = field(default_factory=dict)
    has_answered: bool = False
    complaints: tuple[str, ...] = ()
    _running: int = 0

    async def describe(self, tell: Callable[[Note], None]) -> None:
        """Put the first request, what the sender can do."""
        described = await first_answer(
            self.sender, timeout=self.context.timeout, watch=self.watch, tell=tell
        )
        self.complaints = getattr(described, "complaints", ())
        self.has_answered = shows_that_it_answers(described)

    def asked_before(self, case: Case) -> tuple[str, ...]:
        """The cases that this one waits for, because something follows from what comes of them."""
        names = (case.control, self.plainest.get(kind_of(case)))
        return tuple(name for name in names if name is not None and name != case.id)

    async def attempt(self, case: Case, *, alone: bool = False) -> Attempted:
        """Ask a case; and why this machine may be to blame for what came of it, or None.

        `alone`: nothing else is asked meanwhile.
        """
        refusal = self._refusal(case)
        if refusal is not None:
            return not_asked_again(case, refusal), None
        control = self.results.get(case.control) if case.control else None
        verdict = control.verdict if control is not None else None
        place = None if alone else self.elsewhere.freest(jobs=self.jobs, here=self._running)
        if place is not None:
            return await place.attempt(case.id, verdict)
        return await self.put(case, verdict, alone=alone)

    async def put(self, case: Case, control: Verdict | None, *, alone: bool = False) -> Attempted:
        """As `attempt`, in this process, and nothing follows from other cases but by `control`.

        That is what its control came to, None where it has none.
        """
        clock = asyncio.get_running_loop().time
        began = clock()
        self._running += 1
        try:
            result = await self._judged(case, control, lambda: clock() - began)
        finally:
            self._running -= 1
        if not takes_time(result):
            return result, None
        return result, self.watch.doubt(began, clock()) or self._crowd(result, alone=alone)

    def _crowd(self, result: CaseResult, *, alone: bool) -> str | None:
        """Whether a sender that was cut off may have lacked the processors that others had."""
        is_cut = result.duration >= self.sender.limit_for(self.context.timeout)
        if alone or self.jobs <= self.sender.default_jobs or not is_cut:
            return None
        return f"{self.jobs} cases ran at a time, and {self.sender.default_jobs} suit this sender"

    def _refusal(self, case: Case) -> CaseResult | None:
        """What came of the plainest case of this kind, where that is the answer to this one too."""
        plain = self.results.get(self.plainest.get(kind_of(case), ""))
        if plain is None or plain.id == case.id or not follows(case, self.sender.features):
            return None
        is_refused = plain.verdict is Verdict.UNSUPPORTED and plain.unmet_need is None
        return plain if is_refused else None

    async def _judged(
        self, case: Case, control: Verdict | None, duration: Callable[[], float]
    ) -> CaseResult:
        """Ask a case and judge it; whatever goes wrong in it is this case's alone."""
        lacking = sorted(case.needs - self.sender.features)
        if lacking:
            reason = f"the sender does not have: {', '.join(lacking)}"
            unasked = undriven(case, Verdict.UNSUPPORTED, reason)
            # What cannot be declared alone comes first: declaring the rest would change nothing.
            need = min(lacking, key=lambda feature: feature in DECLARED_FEATURES)
            return case_result(case, unasked, unmet_need=need, lacking=tuple(lacking))
        verdict, output = Verdict.ERROR, ""
        try:
            return await self._asked(case, control, duration)
        except UnreachableError as error:
            verdict, reason = Verdict.INCONCLUSIVE, str(error)
        except FakeError as error:
            self.watch.note_shortage(error)
            reason = str(error)
        except HarnessError as error:
            if not self.watch.note_shortage(error):
                raise
            reason = str(error)
        except Exception as error:  # noqa: BLE001  # the other cases are asked all the same
            if not self.watch.note_shortage(error):
                output = "".join(traceback.format_exception(error, limit=-20))
            said = " ".join(f"{type(error).__name__}: {error}".split())[:200]
            reason = f"a mistake in the harness itself, please report it: {said}"
        secrets = Secrets({}, self.context.family)
        broken = undriven(case, verdict, secrets.redact_text(reason))
        return case_result(case, broken, duration=duration(), output=secrets.redact_text(output))

    async def _asked(
        self, case: Case, control: Verdict | None, duration: Callable[[], float]
    ) -> CaseResult:
        logical = "connect_to" in self.sender.features
        # The sender is given back last: what it keeps open leads to these fakes until then.
        async with (
            asked_in_its_own_state(self.sender, case, self.context) as sender,
            opened(case, self.context, logical=logical) as world,
        ):
            if reason := _why_it_cannot_be(case, sender):
                return case_result(case, undriven(case, Verdict.UNSUPPORTED, reason))
            record, outcomes = await run_steps(case, world, sender)
            # What the fakes write while they are taken down is not the sender's doing.
        judgement = judge(
            case, record, self.catalogue, control=control, has_answered=self.has_answered
        )
        return self._with_evidence(case, judgement, record, outcomes, duration())

    def _with_evidence(
        self,
        case: Case,
        judgement: Judgement,
        record: Record,
        outcomes: Sequence[Outcome],
        duration: float,
    ) -> CaseResult:
        self.mirror.take(case, record)
        is_read = self.keeps_passed or judgement.verdict is not Verdict.PASS
        lines = record_lines(record) if is_read or self.evidence is not None else ()
        folder = None
        if self.evidence is not None:
            folder = self.evidence.write(
                case, record, outcomes, lines, has_answered=self.has_answered
            )
        answer = record.last_told.answer if record.last_told is not None else None
        return case_result(
            case,
            judgement,
            duration=duration,
            evidence=folder,
            answer=record.secrets.redact_document(answer.document()) if answer else None,
            conversation=lines,
            output=shown_output(outcomes[-1], record.secrets),
            handshakes=handshakes(record) if is_read else (),
            messages=taken_messages(record) if is_read else (),
            complaints=tuple(
                dict.fromkeys(
                    record.secrets.redact_text(complaint)
                    for each in record.asked
                    for complaint in each.complaints
                )
            ),
        )
