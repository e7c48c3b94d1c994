"""`python -m harness.reference.courier`: one document a line in, one answer a line out."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn, TextIO

import click

from harness.errors import HarnessError, UsageError
from harness.escaping import visible
from harness.reference.courier.failures import QueueError
from harness.reference.courier.options import VARIABLE, read_options
from harness.reference.courier.program import STATE_DIR, Courier
from harness.reference.sender import Document, unsupported

_FAILED = 1


@click.command()
@click.option("--state", type=click.Path(path_type=Path), envvar=STATE_DIR, help="Its folder.")
@click.option("--workers", type=int, help="Messages on their way at once.")
@click.option("--first-retry", type=float, metavar="S", help="Seconds to the second attempt.")
@click.option("--factor", type=float, help="By what each gap is longer than the one before.")
@click.option("--longest-gap", type=float, metavar="S", help="No gap is longer.")
@click.option("--most-retries", type=int, metavar="N", help="Then a message is given up.")
@click.option("--expires", type=float, metavar="S", help="Seconds after which it is not sent.")
@click.option("--lease", type=float, metavar="S", help="Seconds until a silent worker is replaced.")
@click.option("--seed", type=int, help="Decides how far gaps depart from their length.")
def courier(state: Path | None, **given: Any) -> None:
    """Send what is queued, and answer documents of the sender protocol, one a line.

    What is not given here may be in HARNESS_COURIER, as in "first_retry=0.1 workers=2". It ends
    with its input, or by SIGTERM; what is queued then is taken up at the next start.
    """
    if state is None:
        raise UsageError(f"there is no folder for the state: give --state, or set {STATE_DIR}")
    works = Courier(state, options=read_options(os.environ.get(VARIABLE, ""), given))
    signal.signal(signal.SIGTERM, _leave)
    try:
        works.open()
    except QueueError as error:
        # Requests are answered all the same, and say so.
        click.echo(f"courier: {visible(str(error))}", err=True)
    try:
        answer_lines(works.handle, sys.stdin, sys.stdout)
    finally:
        works.stop()


def answer_lines(
    handle: Callable[[Mapping[str, Any]], Document], lines: TextIO, answers: TextIO
) -> None:
    """Answer each line, in order, until there are no more."""
    while line := lines.readline():
        try:
            request = json.loads(line)
        except ValueError:
            request = None
        is_request = isinstance(request, dict)
        answer = handle(request) if is_request else unsupported("the line is no JSON object")
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def _leave(number: int, frame: object) -> NoReturn:
    del frame
    sys.exit(128 + number)


def main() -> None:
    """Run the program, and end with one line where it cannot be run."""
    try:
        courier.main(prog_name="courier")
    except HarnessError as error:
        click.echo(f"courier: {visible(str(error))}", err=True)
        sys.exit(2 if isinstance(error, UsageError) else _FAILED)


if __name__ == "__main__":
    main()
