"""`harness run`: the main job."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from harness.cli.running import carried_out, running


@click.command("run")
@running
@click.option(
    "--baseline",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Expected failures; harness baseline update writes it.",
)
@click.option(
    "--mailpit", metavar="auto|docker|URL", help="Show every message that is taken in Mailpit."
)
def run(**words: Any) -> int:
    """Run scenarios against a sender and report what each proves.

    PATH is a scenario file or a folder of them; without one, the bundled scenarios run. The
    sender is `reference`, `python:module:callable`, `command:PROGRAM`, `command+lines:PROGRAM`,
    `http://…`, `https://…`, `template:PROGRAM {host} {port} …` or `file:PATH`.

    Exit status: 0 all as expected, 1 a requirement failed or a baseline entry changed, 2 usage or
    scenario error, 3 harness or environment trouble, or ended before everything was asked, 4
    nothing selected or nothing decided, 130 interrupted.
    """
    return carried_out(words).status


COMMANDS = {"run": run}
