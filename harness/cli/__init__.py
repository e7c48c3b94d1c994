"""The command `harness`: a module a verb, imported when the verb is used."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import click

from harness import __version__
from harness.errors import HarnessError, UsageError
from harness.gate import TROUBLE, USAGE

# Verb, its module below this package, and the line that `--help` shows without importing it.
_VERBS = {
    "run": ("run", "Run scenarios against a sender and report what each proves."),
    "list": ("scenarios", "List the cases that a selection holds."),
    "show": ("scenarios", "Show one case: what is given, what is asked, what must come out."),
    "validate": ("scenarios", "Check scenario files without running them."),
    "requirements": ("catalogue", "List the documented requirements and what checks them."),
    "explain": ("catalogue", "Explain a requirement, a situation, or the error classes."),
    "send": ("send", "Send one message with the reference sender."),
    "schema": ("schema", "Print the JSON Schema of scenario files, sender documents, reports."),
}


class _Verbs(click.Group):
    """A group that imports a verb's module only when that verb is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _VERBS:
            return None
        module = importlib.import_module(f"harness.cli.{_VERBS[cmd_name][0]}")
        command: click.Command = module.COMMANDS[cmd_name]
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(verb, about) for verb, (_, about) in _VERBS.items()])


@click.group(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="harness")
def harness() -> None:
    """Find out whether software that sends email does what its providers' documents say."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit. Every trouble of a known kind ends in plain words."""
    try:
        status: Any = harness.main(args=arguments, prog_name="harness", standalone_mode=False)
    except click.exceptions.Exit as leave:
        sys.exit(leave.exit_code)
    except click.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(USAGE)
    except HarnessError as error:
        click.echo(f"harness: {error}", err=True)
        sys.exit(USAGE if isinstance(error, UsageError) else TROUBLE)
    except KeyboardInterrupt:
        sys.exit(130)
    sys.exit(status if isinstance(status, int) else 0)
