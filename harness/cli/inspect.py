"""`harness inspect`: the mail of a run, printed, or in Mailpit's own pages."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from threading import Event
from typing import TYPE_CHECKING

import click

from harness.escaping import inert, visible
from harness.gate import AS_EXPECTED
from harness.model import Verdict

if TYPE_CHECKING:
    from harness.mailpit.archive import Archive, KeptRun
    from harness.mailpit.models import MailpitAddress, MailpitPage, MailpitSummary
    from harness.mailpit.place import MailpitPlace

_VERDICTS = frozenset(verdict.value for verdict in Verdict)


@click.command("inspect")
@click.argument("run", required=False)
@click.option("--open", "is_opened", is_flag=True, help="Open Mailpit's page in the browser.")
@click.option(
    "--limit", type=click.IntRange(min=1), default=50, show_default=True, help="Print so many."
)
@click.option("--runs", "lists_runs", is_flag=True, help="List the runs that there are.")
def inspect(run: str | None, *, is_opened: bool, limit: int, lists_runs: bool) -> int:
    """Show the mail of a run that went to Mailpit.

    RUN is its name, as the run said it; without one, the newest is shown. Where the Mailpit was
    started for the run, it is started again from the mail that was kept, and with --open it stays
    until Ctrl-C.

    Exit status: 0 shown, 2 there is no such run, 3 its Mailpit cannot be reached or started.
    """
    from harness.mailpit.archive import archive  # noqa: PLC0415  # as is all below

    kept = archive()
    if lists_runs:
        _list_runs(kept)
        return AS_EXPECTED
    found = kept.find(run)
    with _reached(found, os.environ) as place:
        page = _mail_of(found, place, limit)
        address = place.tagged(found.name)
        for line in _shown(found, page, place):
            click.echo(inert(visible(line)))
        if is_opened:
            _open(address, stays=found.starter is not None)
    return AS_EXPECTED


def _list_runs(kept: Archive) -> None:
    for run in kept.runs():
        where = "kept" if run.starter is not None else run.url
        click.echo(inert(visible(f"{run.name}  {where}")))


@contextmanager
def _reached(run: KeptRun, environment: Mapping[str, str]) -> Iterator[MailpitPlace]:
    """The Mailpit of a run, started again where it has ended."""
    from pathlib import Path  # noqa: PLC0415
    from urllib.parse import urlsplit  # noqa: PLC0415

    from harness.mailpit.choosing import started  # noqa: PLC0415
    from harness.mailpit.place import URL_VARIABLE, read_place  # noqa: PLC0415

    if run.starter is None:
        place = read_place(run.url, environment)
        if url := environment.get(URL_VARIABLE):
            named = read_place(url, environment)
            place = named if named.url == run.url else place  # that one has the password
        yield place
        return
    ports = (urlsplit(run.url).port or 0, run.smtp_port)
    with started(run.starter, database=Path(run.database or ""), ports=ports) as (place, _):
        yield place


def _mail_of(run: KeptRun, place: MailpitPlace, limit: int) -> MailpitPage:
    from harness.mailpit.client import MailpitClient  # noqa: PLC0415

    with MailpitClient(place) as client:
        client.information()
        return client.search(f'tag:"{run.name}"', limit=limit)


def _shown(run: KeptRun, page: MailpitPage, place: MailpitPlace) -> Iterator[str]:
    count = "1 message" if page.matching == 1 else f"{page.matching:,} messages"
    yield f"{run.name}: {count}"
    for message in page.messages:
        yield from _message(run, message, place)
    if (more := page.matching - len(page.messages)) > 0:
        yield f"and {more:,} more: {place.tagged(run.name)} (or --limit)"


def _message(run: KeptRun, message: MailpitSummary, place: MailpitPlace) -> Iterator[str]:
    verdict = next((tag for tag in message.tags if tag in _VERDICTS), "")
    others = [tag for tag in message.tags if tag not in {verdict, run.name}]
    sender = "" if message.sender is None else message.sender.address
    yield ""
    yield f"{verdict:<8}{message.subject or '(no subject)'}"
    yield f"        {sender} to {_recipients(message)}"
    yield f"        {'  '.join(others)}"
    yield f"        {place.page(message.id)}"


def _recipients(message: MailpitSummary) -> str:
    def of(addresses: tuple[MailpitAddress, ...], kind: str) -> list[str]:
        return [f"{each.address}{kind}" for each in addresses]

    everyone = [*of(message.to, ""), *of(message.cc, " (cc)"), *of(message.bcc, " (bcc)")]
    return ", ".join(everyone[:10]) + (", …" if len(everyone) > 10 else "")


def _open(address: str, *, stays: bool) -> None:
    click.launch(address)
    if stays:
        click.echo(f"Mailpit shows it at {address} until Ctrl-C")
        with suppress(KeyboardInterrupt):
            Event().wait()


COMMANDS = {"inspect": inspect}
