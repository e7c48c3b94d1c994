"""`harness smoke`: whether the adapter itself is sound."""

from __future__ import annotations

import asyncio
import os

import click

from harness.cli.options import FiniteRange
from harness.escaping import inert, visible
from harness.execution import by_spec
from harness.gate import AS_EXPECTED, FAILED
from harness.reports.overview import output_ends
from harness.scenario.library import load_library
from harness.smoke import Rung, Soundness
from harness.smoke import smoke as questions

_OUTPUT_LINES = 6


@click.command("smoke")
@click.option("--sender", "spec", metavar="SPEC", required=True, help="As of harness run.")
@click.option("--time-scale", type=FiniteRange(min=0.05), default=0.5, show_default=True)
def smoke(spec: str, time_scale: float) -> int:
    """Find out whether a sender's adapter is sound, before cases are put to it.

    It is asked to describe itself, for an action that there is not, for a message, for more of
    them one after the other and together, and for what nobody answers or answers in silence. Each
    fault is told with what to do about it.

    Exit status: 0 sound, 1 something is not, 2 usage error, 3 it cannot be driven at all.
    """
    cases = load_library().cases

    async def ask() -> int:
        faults = 0
        open_it = by_spec(spec, environment=os.environ)
        async for rung in questions(open_it, cases, time_scale=time_scale):
            click.echo(inert(_shown(rung)))
            faults += rung.state is Soundness.FAULT
        return faults

    faults = asyncio.run(ask())
    if not faults:
        click.echo("sound: put cases to it with harness run")
        return AS_EXPECTED
    click.echo("1 fault" if faults == 1 else f"{faults} faults")
    return FAILED


def _shown(rung: Rung) -> str:
    lines = [f"{rung.state:<8}{rung.name:<13}{visible(rung.seen)}"]
    if rung.advice:
        lines.append(f"{'':<21}do: {rung.advice}")
    if rung.state is Soundness.FAULT:
        shown = output_ends(rung.output, _OUTPUT_LINES)
        lines += [f"{'':<21}| {visible(line)[:200]}" for line in shown]
    return "\n".join(lines)


COMMANDS = {"smoke": smoke}
