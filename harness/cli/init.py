"""`harness init`: a first sender, and all that a project needs to ask it."""

from __future__ import annotations

from pathlib import Path

import click

from harness.errors import MachineError, UsageError
from harness.starter import (
    CI_SERVICES,
    FIRST_CASE,
    FOLDER,
    LANGUAGES,
    Language,
    StarterFile,
    ci_service_of,
    languages_of,
    starter,
)

_SENDER = f"file:{FOLDER}/sender.yaml"
_PYTEST = f"""\
or, in a project with pytest, as its own tests; in pyproject.toml:
  [tool.pytest.ini_options]
  harness_scenarios = ["scenarios"]
  harness_sender = "{_SENDER}"
"""


@click.command("init")
@click.option("--language", type=click.Choice(list(LANGUAGES)), help="Default: the project's.")
@click.option("--ci", type=click.Choice(CI_SERVICES), help="Default: the project's, or github.")
def init(language: str | None, ci: str | None) -> int:
    """Write a starter into the project that is the current directory, and ask it one case.

    A sender that works at once, how it is driven, a baseline, a CI job. Nothing that is there is
    overwritten.

    Exit status: that of the case, or 2 where nothing was written, 3 where it could not be.
    """
    project = Path()
    chosen = LANGUAGES[language] if language else _language_of(project)
    files = tuple(starter(chosen, ci or ci_service_of(project)))
    there = [str(file.path) for file in files if file.path.exists()]
    if there:
        raise UsageError(f"nothing is written: {', '.join(there)} is there already")
    for file in files:
        _write(file)
        click.echo(f"wrote {file.path}: {file.purpose}")
    return _asked(chosen)


def _language_of(project: Path) -> Language:
    found = languages_of(project)
    if len(found) == 1:
        return found[0]
    if found:
        which = "this is a project in " + " and in ".join(each.name for each in found)
    else:
        signs = ", ".join(sign for each in LANGUAGES.values() for sign in each.signs)
        which = f"no file here tells the language of the project ({signs})"
    raise UsageError(f"{which}; say which with --language {'|'.join(LANGUAGES)}")


def _write(file: StarterFile) -> None:
    try:
        file.path.parent.mkdir(parents=True, exist_ok=True)
        with file.path.open("x", encoding="utf-8") as opened:
            opened.write(file.content)
    except OSError as error:
        raise MachineError(f"cannot write {file.path}: {error.strerror}") from error


def _asked(language: Language) -> int:
    from harness.embedding import run  # noqa: PLC0415  # not before there is something to run
    from harness.gate import exit_status  # noqa: PLC0415  # as above

    click.echo(f"\nasking it {FIRST_CASE}")
    report = run([FIRST_CASE], sender=_SENDER)
    status = exit_status(report.result)
    if status != 0:
        click.echo(str(report))
        click.echo(f"\nwhen that is mended: harness run --sender {_SENDER}")
        return status
    click.echo("pass: it is driven, and a message arrived\n")
    click.echo(f"next: your own code in the place of `send` in {FOLDER}/{language.sender}; then")
    click.echo(f"  harness run --sender {_SENDER}")
    click.echo("what fails is mended, or expected from now on:")
    click.echo(f"  harness baseline update {FOLDER}/baseline.yaml --sender {_SENDER}")
    if language.name == "python":
        click.echo(_PYTEST, nl=False)
    return status


COMMANDS = {"init": init}
