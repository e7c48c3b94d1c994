"""`harness deliveries`: what became of the messages of a courier."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.errors import UsageError
from harness.escaping import inert, inert_json, visible
from harness.gate import AS_EXPECTED, NOTHING

if TYPE_CHECKING:
    from harness.reference.courier.decision import LogEntry
    from harness.reference.courier.log import LoggedMessage

_STATES = ("queued", "processing", "sent", "abandoned")


@click.command("deliveries")
@click.argument("message_id", metavar="[MESSAGE-ID]", required=False)
@click.option(
    "--state",
    "folder",
    type=click.Path(path_type=Path),
    envvar="HARNESS_STATE_DIR",
    help="The courier's folder; without it, the one that HARNESS_STATE_DIR names.",
)
@click.option("--json", "is_json", is_flag=True, help="As the sender protocol has it.")
def deliveries(message_id: str | None, *, folder: Path | None, is_json: bool) -> int:
    """Show what became of the messages of a reference courier.

    Without MESSAGE-ID, a line for each message: when it was queued, its state, attempts, Message-ID
    and recipients, and the last words said of it. With one, each attempt to hand it over. `sent`
    means that a server took it, and nothing more.

    Exit status: 0 shown, 2 there is no such folder, or no courier ever used it, 3 its queue cannot
    be read or is of another version, 4 there is no such message.
    """
    messages = _read(folder)
    if message_id is not None:
        messages = tuple(each for each in messages if _is_meant(each, message_id))
    if is_json:
        _print_json(messages)
    elif message_id is not None:
        _print(line for each in messages for line in _in_full(each))
    else:
        _print(_table(messages))
    if message_id is not None and not messages:
        click.echo(f"harness: the log has no message {visible(message_id)}", err=True)
        return NOTHING
    return AS_EXPECTED


def _read(folder: Path | None) -> tuple[LoggedMessage, ...]:
    from contextlib import closing  # noqa: PLC0415  # as is all below

    from harness.reference.courier.database import NAME, open_to_read  # noqa: PLC0415
    from harness.reference.courier.failures import queue_errors  # noqa: PLC0415
    from harness.reference.courier.log import read_log  # noqa: PLC0415

    if folder is None:
        raise UsageError("there is no folder to look in: give --state, or set HARNESS_STATE_DIR")
    if not folder.is_dir():
        raise UsageError(f"there is no folder {folder}")
    if not (folder / NAME).exists():
        raise UsageError(f"{folder} is no folder of a courier: there is no {NAME} in it")
    with closing(open_to_read(folder)) as database, queue_errors(folder / NAME):
        return read_log(database)


def _is_meant(message: LoggedMessage, message_id: str) -> bool:
    return message.message_id.strip("<>") == message_id.strip("<>")


def _print_json(messages: tuple[LoggedMessage, ...]) -> None:
    import json  # noqa: PLC0415

    document = {"deliveries": [each.document() for each in messages]}
    click.echo(inert_json(json.dumps(document, indent=2, ensure_ascii=False)))


def _print(lines: Iterator[str]) -> None:
    for line in lines:
        click.echo(inert(visible(line)))


def _table(messages: tuple[LoggedMessage, ...]) -> Iterator[str]:
    for each in messages:
        words = _last_words(each)
        yield f"{_time(each.queued_at)}  {_in_brief(each)}{f'  {words}' if words else ''}"
    counts = ((state, sum(each.state == state for each in messages)) for state in _STATES)
    told = ", ".join(f"{count} {state}" for state, count in counts if count)
    many = "1 message" if len(messages) == 1 else f"{len(messages):,} messages"
    yield f"{many}: {told}" if told else many


def _in_brief(message: LoggedMessage) -> str:
    tries = f"{len(message.attempts)}x"
    return f"{message.state:<10}  {tries:>4}  {message.message_id}  to {', '.join(message.to)}"


def _last_words(message: LoggedMessage) -> str:
    return (message.attempts[-1].words or "") if message.attempts else ""


def _in_full(message: LoggedMessage) -> Iterator[str]:
    yield message.message_id
    yield f"  to        {', '.join(message.to)}"
    yield f"  queued    {_time(message.queued_at)}"
    yield f"  state     {message.state}"
    if message.state == "queued":
        yield f"  next      {_time(message.due_at)}"
    for entry in message.attempts:
        yield f"  {_time(entry.at)}  {'  '.join(_facts(entry))}"
        if entry.words:
            yield f"            {entry.words}"


def _facts(entry: LogEntry) -> Iterator[str]:
    failed = [part for part in (entry.phase, entry.class_) if part]
    yield f"failed: {' '.join(failed)}" if failed else "handed over"
    if entry.host:
        yield f"host {entry.host}"
    if entry.reply_code:
        yield f"reply {entry.reply_code}{f' {entry.enhanced_code}' if entry.enhanced_code else ''}"
    if entry.http_status:
        yield f"HTTP {entry.http_status}"
    if entry.queue_id:
        yield f"queue id {entry.queue_id}"


def _time(moment: float) -> str:
    from harness.reference.courier.schedule import iso  # noqa: PLC0415

    return iso(moment)


COMMANDS = {"deliveries": deliveries}
