"""Carry out a run from beginning to end: the context, the sender, the cases, the result."""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from harness.events import Event, Listener
from harness.inquiry import Elsewhere, Inquiry
from harness.machine import Watch, jobs_that_fit
from harness.mirroring import NO_MIRROR
from harness.model import RunResult
from harness.requirements import Catalogue, load_catalogue
from harness.run_context import RunContext, prepared
from harness.runner import Options, Run
from harness.scenario.case import Case
from harness.senders import open_sender
from harness.senders.base import Sender
from harness.worker_processes import Work, forked

OpenSender = Callable[[RunContext], Sender]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOrder:
    """What to run and how. `time_scale` stretches every time-out and delay.

    `catalogue` has the requirements that the result tells of.
    """

    cases: Sequence[Case]
    catalogue: Catalogue = field(default_factory=load_catalogue)
    seed: int = 0
    time_scale: float = 1.0
    options: Options = field(default_factory=Options)


def command_line(
    sender: str,
    *,
    paths: Sequence[str] = (),
    documents: Sequence[str | Path] = (),
    seed: int = 0,
    time_scale: float = 1.0,
) -> str:
    """The command that carries out such a run again, up to what it selects; a shell can read it."""
    words = ["harness", "run", *paths]
    words += [word for document in documents for word in ("--document", str(document))]
    words += ["--sender", sender]
    words += ["--seed", str(seed)] if seed else []
    words += ["--time-scale", f"{time_scale:g}"] if time_scale != 1.0 else []
    return shlex.join(words)


def by_spec(spec: str, *, environment: Mapping[str, str], jobs: int | None = None) -> OpenSender:
    """Open the sender that a SPEC names, once the trust anchor is known."""
    return lambda context: open_sender(
        spec, trust=context.trust, environment=environment, jobs=jobs
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """What a run stands on: its context, and the other processes that ask cases for it."""

    context: RunContext
    elsewhere: Elsewhere


@contextmanager
def spread_out(order: RunOrder, open_it: OpenSender) -> Iterator[Base]:
    """The base of a run over the processors of this machine, where the sender can be several.

    Used before there is an event loop. `execute` carries out the order on it.
    """
    with prepared(seed=order.seed, time_scale=order.time_scale) as context:
        sender = open_it(context)
        options, jobs = order.options, order.options.jobs or sender.default_jobs
        if options.evidence is not None:
            options.evidence.reserve(case.id for case in order.cases)
        is_one = options.mirror is not NO_MIRROR or not sender.can_be_several
        work = Work(
            cases={case.id: case for case in order.cases},
            open_sender=lambda: open_it(context),
            inquiry=lambda opened: _inquiry(order, opened, context, jobs=jobs),
        )
        with forked(work, jobs=1 if is_one else jobs_that_fit(jobs)) as workers:
            yield Base(context=context, elsewhere=workers)


def _inquiry(order: RunOrder, sender: Sender, context: RunContext, *, jobs: int) -> Inquiry:
    """What a process beside the run's own makes of its order."""
    clock = asyncio.get_running_loop().time
    return Inquiry(
        sender=sender,
        context=context,
        catalogue=order.catalogue,
        watch=Watch(timeout=context.timeout, clock=clock),
        evidence=order.options.evidence,
        keeps_passed=order.options.keeps_passed,
        jobs=jobs,
    )


async def execute(
    order: RunOrder, open_it: OpenSender, listener: Listener, *, base: Base | None = None
) -> RunResult:
    """Run every case of an order; on a base of its own, in this process alone, without another.

    Raises:
        SenderError: the sender cannot be driven at all.
        MachineError: evidence cannot be written.
    """
    with ExitStack() as stack:
        if base is None:
            made = prepared(seed=order.seed, time_scale=order.time_scale)
            base = Base(context=stack.enter_context(made), elsewhere=Elsewhere())
        async with open_it(base.context) as sender:
            job = Run(
                cases=order.cases,
                catalogue=order.catalogue,
                sender=sender,
                context=base.context,
                listener=listener,
                options=order.options,
                elsewhere=base.elsewhere,
            )
            return await job.carry_out()


def unheard(event: Event) -> None:
    """Listen to nothing."""
    del event
