"""The command `harness`: a module a verb, imported when the verb is used."""

from __future__ import annotations

import importlib
import sys
from typing import Any, NoReturn

import click

from harness import __version__
from harness.cli.signals import Stop, stopped_by_signals
from harness.errors import HarnessError, ScenarioError, UsageError
from harness.escaping import visible
from harness.gate import AS_EXPECTED, INTERRUPTED, TROUBLE, USAGE
from harness.streams import forget_unread_output, open_what_is_closed

# Verb, its module below this package, and the line that `--help` shows without importing it.
_VERBS = {
    "init": ("init", "Write a starter into a project: sender, baseline, CI job; and try it."),
    "run": ("run", "Run scenarios against a sender and report what each proves."),
    "baseline": ("baseline", "Keep the file of expected failures."),
    "diff": ("diff", "Tell what got worse or better from one JSON report to the next."),
    "replay": ("replay", "Judge a run again from its evidence alone."),
    "smoke": ("smoke", "Find out whether the adapter of a sender is sound."),
    "list": ("scenarios", "List the cases that a selection holds."),
    "show": ("scenarios", "Show one case: what is given, what is asked, what must come out."),
    "validate": ("scenarios", "Check scenario files without running them."),
    "requirements": ("catalogue", "List the documented requirements and what checks them."),
    "explain": ("catalogue", "Explain a requirement, a situation, or a word of the language."),
    "inspect": ("inspect", "Show the mail of a run that went to Mailpit."),
    "deliveries": ("deliveries", "Show what became of the messages of a courier."),
    "send": ("send", "Send one message with the reference sender."),
    "serve": ("serve", "Serve fakes until told to stop, and show the mail that comes."),
    "schema": ("schema", "Print the JSON Schema of scenarios, sender protocol, report, document."),
}


class _Verbs(click.Group):
    """A group that imports a verb's module only when that verb is used."""

    def invoke(self, ctx: click.Context) -> Any:
        """Carry out a verb; a reader that went away, as `head` does, has got what it wanted."""
        try:
            status = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            forget_unread_output()
            return AS_EXPECTED
        return status

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


@click.group(
    cls=_Verbs,
    context_settings={"help_option_names": ["-h", "--help"]},
    invoke_without_command=True,
)
@click.version_option(__version__, prog_name="harness")
@click.pass_context
def harness(context: click.Context) -> None:
    """Find out whether software that sends email does what its providers' documents say."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help(), err=True)
        context.exit(USAGE)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit. Every trouble of a known kind ends in plain words."""
    open_what_is_closed()
    with stopped_by_signals() as stop:
        _carry_out(arguments, stop)


def _carry_out(arguments: list[str] | None, stop: Stop) -> NoReturn:
    try:
        status: Any = harness.main(
            args=arguments, prog_name="harness", standalone_mode=False, obj=stop
        )
    except click.exceptions.Exit as leave:
        sys.exit(leave.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("harness: interrupted", err=True)
        sys.exit(INTERRUPTED)
    except click.ClickException as error:
        _tell(_in_one_line(error))
        sys.exit(USAGE)
    except ScenarioError as error:
        click.echo(visible(str(error), keep="\n"), err=True)  # as editors read it: file:line first
        sys.exit(USAGE)
    except HarnessError as error:
        _tell(str(error))
        sys.exit(USAGE if isinstance(error, UsageError) else TROUBLE)
    except Exception:  # noqa: BLE001  # status 1 would say that the sender failed
        import traceback  # noqa: PLC0415  # not light, and hardly ever used

        traceback.print_exc()
        _tell("this is a mistake in the harness itself; please report it with the lines above")
        sys.exit(TROUBLE)
    sys.exit(status if isinstance(status, int) else 0)


def _tell(text: str) -> None:
    click.echo(f"harness: {visible(text)}", err=True)


def _in_one_line(error: click.ClickException) -> str:
    """A mistake on the command line, and where to read how it is done."""
    message = " ".join(error.format_message().split())
    context = error.ctx if isinstance(error, click.UsageError) else None
    return f"{message} (see {context.command_path} --help)" if context else message
