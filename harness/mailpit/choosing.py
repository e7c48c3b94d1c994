"""`--mailpit auto|docker|URL`: the Mailpit that this means, started where it has to be.

One that is started here listens on loopback, asks nobody outside, and is ended with the block. Its
mail stays in a file of its own, from which `harness inspect` shows it again.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .client import MailpitError
from .container import in_container
from .inbox import MailpitInbox
from .place import URL_VARIABLE, MailpitPlace, read_place
from .program import as_program

AUTO = "auto"
DOCKER = "docker"
PROGRAM = "mailpit"
STARTERS = {PROGRAM: as_program, DOCKER: in_container}


@dataclass(frozen=True, slots=True, kw_only=True)
class MailpitChoice:
    """What to do for a Mailpit: use the one at `url`, or start one by `starter`."""

    url: str | None = None
    starter: str | None = None


def choose(
    word: str,
    environment: Mapping[str, str],
    *,
    which: Callable[[str], str | None] = shutil.which,
) -> MailpitChoice:
    """What `word` means here: a URL is that one, `docker` a container.

    `auto` is the one that `MAILPIT_URL` names, else a program `mailpit` on the PATH, else a
    container.
    """
    if word == DOCKER:
        return MailpitChoice(starter=DOCKER)
    if word != AUTO:
        return MailpitChoice(url=word)
    if url := environment.get(URL_VARIABLE):
        return MailpitChoice(url=url)
    return MailpitChoice(starter=PROGRAM if which(PROGRAM) else DOCKER)


@contextmanager
def opened(
    word: str, *, environment: Mapping[str, str] = os.environ, database: Path | None = None
) -> Iterator[MailpitInbox]:
    """The Mailpit that `word` means, ready; one that is started here ends with the block.

    `database` is the file that one that is started here keeps its mail in; None: nowhere.

    Raises:
        UsageError: `word` means nothing.
        MailpitError: it cannot be used or started; the text says what to do.
    """
    choice = choose(word, environment)
    if choice.starter is None:
        assert choice.url is not None
        with MailpitInbox(read_place(choice.url, environment)) as inbox:
            yield inbox
        return
    with (
        started(choice.starter, database=database) as (place, about),
        MailpitInbox(place, about=about) as inbox,
    ):
        yield inbox


@contextmanager
def started(
    starter: str, *, database: Path | None = None, ports: tuple[int, int] | None = None
) -> Iterator[tuple[MailpitPlace, str]]:
    """Start one; where it is, and a line about it. `ports` are those that it had before."""
    try:
        with STARTERS[starter](database=database, ports=ports) as found:
            yield found
    except MailpitError as error:
        if starter == DOCKER and error.__cause__ is not None:
            raise MailpitError(
                f"{error} (other ways to have one: --mailpit URL, MAILPIT_URL, a program "
                f"`mailpit` on the PATH)"
            ) from error.__cause__
        raise
