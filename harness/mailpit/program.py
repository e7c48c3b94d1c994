"""Mailpit as a program on this machine, for as long as a block lasts."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .client import MailpitClient, MailpitError
from .place import MailpitPlace

_LOOPBACK = "127.0.0.1"
_STARTING = 30.0
_ENDING = 5.0
_TRIES = 3

SETTINGS = {
    "MP_DISABLE_VERSION_CHECK": "true",  # else `info` asks GitHub for the newest version
    "MP_SMTP_DISABLE_RDNS": "true",
    "MP_MAX_MESSAGES": "0",  # nothing is pruned
    "MP_SMTP_MAX_RECIPIENTS": "1000",
    "MP_TAGS_DISABLE": "plus-addresses",
    "MP_BLOCK_REMOTE_CSS_AND_FONTS": "true",
    "MP_QUIET": "true",
    "MP_LABEL": "harness",
}
"""What a Mailpit that is started here is told, beside where it listens and keeps its mail."""


@contextmanager
def as_program(
    *, database: Path | None = None, ports: tuple[int, int] | None = None
) -> Iterator[tuple[MailpitPlace, str]]:
    """Start `mailpit` on loopback. `ports` are its web and SMTP ports, where they are free.

    Raises:
        MailpitError: there is no such program, or it does not start.
    """
    path = shutil.which("mailpit")
    if path is None:
        raise MailpitError("there is no program `mailpit` on the PATH")
    process, place = _started(path, database, ports)
    try:
        yield place, f"Mailpit ({path}) at {place.url}"
    finally:
        _end(process)


def _started(
    path: str, database: Path | None, ports: tuple[int, int] | None
) -> tuple[subprocess.Popen[bytes], MailpitPlace]:
    """Whoever is quicker takes a port that was free a moment ago: then others are tried."""
    error = MailpitError("")
    for chosen in (ports, *(None,) * _TRIES):
        web, smtp = chosen if chosen and all(map(_is_free, chosen)) else _free_ports()
        place = MailpitPlace(url=f"http://{_LOOPBACK}:{web}", smtp_host=_LOOPBACK, smtp_port=smtp)
        with tempfile.TemporaryFile() as words:
            process = subprocess.Popen(  # noqa: S603  # the program that the PATH names
                [path],
                env=_environment(place, web, database),
                stdin=subprocess.DEVNULL,
                stdout=words,
                stderr=words,
                start_new_session=True,  # Ctrl-C is for the run, which ends it when all is shown
            )
            try:
                with MailpitClient(place) as client:
                    _wait(client, process)
            except MailpitError as failed:
                _end(process)
                words.seek(0)
                said = " ".join(words.read(2000).decode("utf-8", "replace").split())[:300]
                error = MailpitError(f"{path} does not start: {said or failed}")
                continue
            except BaseException:
                _end(process)
                raise
            return process, place
    raise error


def _wait(client: MailpitClient, process: subprocess.Popen[bytes]) -> None:
    client.wait_ready(seconds=_STARTING, given_up=lambda: process.poll() is not None)


def _environment(place: MailpitPlace, web: int, database: Path | None) -> dict[str, str]:
    # Settings of the person's own Mailpit (a database!) are not for this one.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MP_")}
    told = {
        "MP_UI_BIND_ADDR": f"{_LOOPBACK}:{web}",
        "MP_SMTP_BIND_ADDR": f"{_LOOPBACK}:{place.smtp_port}",
    }
    if database is not None:
        told["MP_DATABASE"] = str(database)
    return {**kept, **SETTINGS, **told}


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(_ENDING)
        return
    process.kill()
    process.wait()


def _is_free(port: int) -> bool:
    with socket.socket() as trying:
        trying.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trying.bind((_LOOPBACK, port))
        except OSError:
            return False
        return True


def _free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as other:
        one.bind((_LOOPBACK, 0))
        other.bind((_LOOPBACK, 0))
        return one.getsockname()[1], other.getsockname()[1]
