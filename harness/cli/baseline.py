"""`harness baseline`: keep the file of expected failures as the sender is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from harness.baseline import Baseline, Failing, differences, updated
from harness.baseline_file import load_baseline, write_baseline
from harness.cli.running import carried_out, running
from harness.gate import AS_EXPECTED, INTERRUPTED, TROUBLE, USAGE
from harness.model import Verdict
from harness.reports.reading import read_report


@click.group("baseline", invoke_without_command=True)
@click.pass_context
def baseline(context: click.Context) -> None:
    """Keep the file of expected failures: harness run --baseline FILE is green with them."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help(), err=True)
        context.exit(USAGE)


@baseline.command("update")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@running
@click.option(
    "--from",
    "sources",
    type=click.Path(path_type=Path),
    multiple=True,
    metavar="REPORT",
    help="Take it from this JSON report instead of a run; repeatable, for shards.",
)
@click.option("--prune", is_flag=True, help="Drop the entries of cases that were not asked, too.")
def update(file: Path, sources: tuple[Path, ...], prune: bool, **words: Any) -> int:
    """Write FILE so that what fails now is expected to fail in just that way.

    Runs what the options say (as harness run does), or reads the JSON reports of runs. Entries of
    cases that were not asked, or were in error, stay; so do `reason` and `flaky` of an entry.

    Exit status: 0 written, 2 usage error, 3 written but some cases were in error or not asked, 130
    interrupted and not written.
    """
    before = load_baseline(file) if file.exists() else None
    if sources:
        cases: tuple[Failing, ...] = tuple(
            case for source in sources for case in read_report(source).cases
        )
        whole, known = True, tuple[str, ...]()
    else:
        ran = carried_out(words)
        if ran.status == INTERRUPTED or ran.result is None:
            click.echo(f"harness: {file} is not written", err=True)
            return ran.status
        cases, whole, known = ran.result.cases, ran.result.is_whole, ran.known
    after = updated(before, cases, gone=_gone(before, cases, known, words, prune=prune))
    write_baseline(file, after)
    click.echo(f"{file}: {_in_words(before, after)}")
    has_errors = any(case.verdict is Verdict.ERROR for case in cases)
    return AS_EXPECTED if whole and not has_errors else TROUBLE


def _gone(
    before: Baseline | None,
    cases: tuple[Failing, ...],
    known: tuple[str, ...],
    words: dict[str, Any],
    *,
    prune: bool,
) -> set[str]:
    """The cases whose entries go, though nothing was asked about them."""
    pinned_before = {each.case for each in before.failures} if before else set()
    if prune:
        return pinned_before - {case.id for case in cases}
    if not known:
        return set()
    scenarios = {each.partition("[")[0] for each in known}
    return {
        case
        for case in pinned_before - set(known)
        if not words["paths"] or case.partition("[")[0] in scenarios
    }


def _in_words(before: Baseline | None, after: Baseline) -> str:
    then = {each.case: each for each in before.failures} if before else {}
    now = {each.case: each for each in after.failures}
    new = len(now.keys() - then.keys())
    gone = len(then.keys() - now.keys())
    both = now.keys() & then.keys()
    otherwise = sum(any(differences(then[case], now[case])) for case in both)
    count = "1 expected failure" if len(now) == 1 else f"{len(now)} expected failures"
    return f"{count} ({new} new, {otherwise} otherwise than before, {gone} gone)"


COMMANDS = {"baseline": baseline}
