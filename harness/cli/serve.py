"""`harness serve`: fakes that stay up, for a person at work and for tests in any language."""

from __future__ import annotations

import asyncio
import os
import secrets
import sys
from functools import partial
from pathlib import Path
from typing import Any, TextIO

import click
from pydantic import ValidationError

from harness.cli.signals import Stop
from harness.errors import UsageError
from harness.fakes.loop_thread import SteadyLoop
from harness.serve.order import ControlOrder, kinds, read_arguments, read_file, with_domains
from harness.serve.program import check_program
from harness.serve.service import TOKEN_VARIABLE, Serving, serve_until

_PROGRAM = "harness.serve.program"
_DOMAINS = ("example.com",)
_MOST_PORTS = 65_535


class _BesideAProgram(click.Command):
    """A command whose last words, behind `--`, are a program to run."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if "--" in args:
            at = args.index("--")
            args, program = args[:at], args[at + 1 :]
            check_program(program)
            ctx.meta[_PROGRAM] = tuple(program)
        return super().parse_args(ctx, args)

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        return [*super().collect_usage_pieces(ctx), "[-- PROGRAM [ARGUMENT]...]"]


@click.command("serve", cls=_BesideAProgram)
@click.argument("fakes", nargs=-1, metavar="[FAKE]...")
@click.option("--config", type=click.Path(path_type=Path), metavar="FILE", help="Fakes in YAML.")
@click.option(
    "--domain",
    "domains",
    multiple=True,
    metavar="NAME",
    help="Verified at every provider; repeatable.  [default: example.com]",
)
@click.option(
    "--ports",
    type=click.IntRange(1, _MOST_PORTS),
    metavar="FIRST",
    help="Fixed ports, one after the other: the control API, then each server of the table.",
)
@click.option("--json", "as_json", is_flag=True, help="A JSON object a line, for programs.")
@click.option(
    "--env-file", type=click.Path(path_type=Path), metavar="FILE", help="Write the environment."
)
@click.option(
    "--ready-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write, once everything runs, how to reach it, as JSON.",
)
@click.option(
    "--trust",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write ca.pem and bundle.pem here.  [default: a folder of its own]",
)
@click.option(
    "--mailpit", metavar="auto|docker|URL", help="Put a copy of all mail that comes into Mailpit."
)
def serve(**words: Any) -> int:
    """Serve fakes until told to stop, and show the mail that comes.

    FAKE is `smtp` or a provider, with words: smtp:security=tls,certificate=expired. Without one,
    all of them are served. Providers have their API and their SMTP service. `name=` and `port=` are
    words of each, `smtp.port=` is one of a provider's; the others are those of `given` in a
    scenario.

    PROGRAM is run with the environment set that is shown otherwise, and with it the fakes end.

    The token of the control API is made up, or HARNESS_SERVE_TOKEN.

    Exit status: the program's; without one 0 when stopped by Ctrl-C or SIGTERM, or by whoever reads
    the output; 2 words that make no sense; 3 a port that is taken, a file that cannot be written.
    """
    orders, control, domains = _asked_for(words)
    serving = Serving(
        orders=tuple(with_domains(order, domains) for order in orders),
        control=control,
        as_json=words["as_json"],
        env_file=words["env_file"],
        ready_file=words["ready_file"],
        trust=words["trust"],
        program=click.get_current_context().meta.get(_PROGRAM, ()),
        copies=_copies(words["mailpit"]),
    )
    if words["ports"] is not None:
        serving = serving.with_ports(words["ports"])
    stop = click.get_current_context().find_object(Stop) or Stop()
    with asyncio.Runner(loop_factory=SteadyLoop) as runner:
        return runner.run(_served(serving, stop))


def _copies(word: str | None) -> Any:
    """What puts mail into the Mailpit that was asked for, which ends with this command."""
    if word is None:
        return None
    from harness.mailpit.choosing import opened  # noqa: PLC0415  # only when used
    from harness.serve.mailpit_copies import MailpitCopies  # noqa: PLC0415  # as above

    return MailpitCopies(click.get_current_context().with_resource(opened(word)))


def _asked_for(words: dict[str, Any]) -> tuple[Any, ControlOrder, tuple[str, ...]]:
    """The fakes, the control API and the domains that were asked for."""
    control, domains = ControlOrder(), words["domains"]
    if words["config"] is not None:
        if words["fakes"]:
            raise UsageError("give FAKEs or --config, not both")
        file, orders = read_file(words["config"])
        control, domains = file.control, domains or file.domains
    else:
        orders = read_arguments(words["fakes"] or kinds())
    token = os.environ.get(TOKEN_VARIABLE) or control.token or secrets.token_urlsafe(24)
    try:
        control = ControlOrder(port=control.port, token=token)
    except ValidationError:
        due = "at least 16 characters of ASCII, without blanks, are due"
        raise UsageError(f"{TOKEN_VARIABLE}: {due}") from None
    return orders, control, domains if domains is not None and domains != () else _DOMAINS


async def _served(serving: Serving, stop: Stop) -> int:
    loop, told = asyncio.get_running_loop(), asyncio.Event()
    stop.instead = lambda: loop.call_soon_threadsafe(told.set)
    # What a program prints is its own.
    stream = sys.stderr if serving.program else sys.stdout
    try:
        return await serve_until(told, serving, write=partial(_write, stream), stream=stream)
    finally:
        stop.instead = lambda: None


def _write(stream: TextIO, text: str) -> None:
    """Past Python's own buffer: at the end of the process nobody may hang in its lock."""
    octets = text.encode(stream.encoding or "utf-8", "backslashreplace")
    while octets:
        octets = octets[os.write(stream.fileno(), octets) :]


COMMANDS = {"serve": serve}
