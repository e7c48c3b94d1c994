"""Carry out a run from beginning to end: the context, the sender, the cases, the result."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness.events import Event, Listener
from harness.model import RunResult
from harness.requirements import Catalogue, load_catalogue
from harness.run_context import RunContext, prepared
from harness.runner import Options, Run
from harness.scenario.case import Case
from harness.senders import open_sender
from harness.senders.base import Sender

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


async def execute(order: RunOrder, open_it: OpenSender, listener: Listener) -> RunResult:
    """Run every case of an order.

    Raises:
        SenderError: the sender cannot be driven at all.
        MachineError: evidence cannot be written.
    """
    with prepared(seed=order.seed, time_scale=order.time_scale) as context:
        async with open_it(context) as sender:
            job = Run(
                cases=order.cases,
                catalogue=order.catalogue,
                sender=sender,
                context=context,
                listener=listener,
                options=order.options,
            )
            return await job.carry_out()


def unheard(event: Event) -> None:
    """Listen to nothing."""
    del event
