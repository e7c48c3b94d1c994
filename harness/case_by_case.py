"""A run in which somebody else says which case comes next: a test runner with items of its own.

What `harness.runner` does for many cases side by side is done here for one at a time, with the same
questions, the same judge and the same patience: a control is asked before the cases that need it,
the plainest request of a kind before the rest of it, and what this machine may be to blame for is
asked again while nothing else is.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import Self

from harness.case_results import blamed
from harness.errors import SenderError
from harness.execution import OpenSender, RunOrder, unheard
from harness.first_request import trials, why_not_drivable
from harness.inquiry import Inquiry
from harness.machine import Watch
from harness.model import CaseResult
from harness.refused_kinds import plainest
from harness.run_context import prepared
from harness.scenario.case import Case

Quiet = Callable[[], AbstractAsyncContextManager[object]]


class CaseByCase:
    """Cases of one run, asked as they are called for.

    `quiet` keeps others of this run, in other processes, from asking anything while its body runs.
    """

    def __init__(self, order: RunOrder, inquiry: Inquiry, *, quiet: Quiet) -> None:
        self._cases = {case.id: case for case in order.cases}
        self._expectations = order.options.expectations
        self._mirror = order.options.mirror
        self._inquiry = inquiry
        self._quiet = quiet
        self._told: set[str] = set()

    @classmethod
    @asynccontextmanager
    async def opened(
        cls, order: RunOrder, open_it: OpenSender, *, quiet: Quiet = nullcontext
    ) -> AsyncIterator[Self]:
        """Open the sender, and keep it and what it needs until the body is left.

        The `jobs` of the order are how many processes ask at a time, each one case.

        Raises:
            SenderError: the sender cannot be driven at all, or answers nothing.
        """
        with prepared(seed=order.seed, time_scale=order.time_scale) as context:
            async with open_it(context) as sender:
                inquiry = Inquiry(
                    sender=sender,
                    context=context,
                    catalogue=order.catalogue,
                    watch=Watch(timeout=context.timeout, clock=asyncio.get_running_loop().time),
                    plainest=plainest(order.cases),
                    mirror=order.options.mirror,
                    jobs=order.options.jobs or 1,
                )
                async with inquiry.watch.watching():
                    found = cls(order, inquiry, quiet=quiet)
                    await found._begin()
                    yield found

    async def ask(self, case: str) -> CaseResult:
        """The result of a case, by its id.

        One that was asked for another's sake has it already; whoever wants it a second time has
        it asked again.
        """
        if case in self._told or case not in self._inquiry.results:
            await self._ask(self._cases[case])
        self._told.add(case)
        return self._inquiry.results[case]

    async def _begin(self) -> None:
        await self._inquiry.describe(unheard)
        if self._inquiry.has_answered:
            return
        tried = trials(self._cases.values())
        for case in tried:
            await self._ask(case)
        reason = why_not_drivable(self._inquiry.results[case.id] for case in tried)
        if reason is not None:
            raise SenderError(reason)

    async def _ask(self, case: Case) -> None:
        for name in self._inquiry.asked_before(case):
            if name not in self._inquiry.results:
                await self._ask(self._cases[name])
        result, doubt = await self._inquiry.attempt(case)
        if doubt is not None:
            async with self._quiet():
                result, doubt = await self._inquiry.attempt(case, alone=True)
            result = result if doubt is None else blamed(case, result, doubt)
        if self._expectations is not None:
            result = self._expectations.held_against(result)
        self._inquiry.results[case.id] = result
        self._mirror.judged(result)
