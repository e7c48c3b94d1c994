"""A run that stays open beside a caller that is not asynchronous, and is asked case by case."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import closing, contextmanager, nullcontext

from harness.case_by_case import CaseByCase, Quiet
from harness.embedding import Answering, name_of
from harness.execution import OpenSender, RunOrder, by_spec
from harness.fakes.loop_thread import loop_thread
from harness.model import CaseResult
from harness.senders.caller_thread import CallerThread, CallerThreadSender


@contextmanager
def standing_run(
    order: RunOrder,
    sender: str | Answering,
    *,
    environment: Mapping[str, str],
    quiet: Quiet = nullcontext,
) -> Iterator[Callable[[str], CaseResult]]:
    """Open a sender once, and give what asks it a case by its id, until the body is left.

    A function is called in the thread that asks, where its database connections are.

    Raises:
        UsageError: a SPEC makes no sense.
        SenderError: the sender cannot be driven at all, or answers nothing.
    """
    with closing(CallerThread()) as thread, loop_thread() as loop:
        called = _opener(sender, thread, environment)
        begun: Future[CaseByCase] = Future()
        over = asyncio.Event()

        async def stay() -> None:
            try:
                async with CaseByCase.opened(order, called, quiet=quiet) as cases:
                    begun.set_result(cases)
                    await over.wait()
            except Exception as error:
                if begun.done():
                    raise
                begun.set_exception(error)

        async def leave() -> None:
            over.set()

        def ask(case: str) -> CaseResult:
            asked = loop.start(cases.ask, case)
            try:
                return thread.serve_until(asked)
            finally:
                asked.cancel()  # where something else ended the wait

        staying = loop.start(stay)
        cases = thread.serve_until(begun)
        try:
            yield ask
        finally:
            loop.call(leave)
            staying.result()


def _opener(
    sender: str | Answering, thread: CallerThread, environment: Mapping[str, str]
) -> OpenSender:
    if isinstance(sender, str):
        return by_spec(sender, environment=environment, jobs=1)
    called = CallerThreadSender(name_of(sender), sender, thread)
    return lambda _context: called
