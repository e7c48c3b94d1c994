"""The mirror of a whole run: which Mailpit, under which name, and where its mail is afterwards."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager

from .archive import Archive, KeptRun, archive, run_name
from .choosing import choose, opened
from .inbox import MailpitInbox
from .mirror import MailpitMirror


@contextmanager
def mirror_for_run(
    word: str, *, environment: Mapping[str, str] = os.environ, kept_in: Archive | None = None
) -> Iterator[MailpitMirror]:
    """A mirror in the Mailpit that `--mailpit WORD` means, for as long as the block lasts.

    The rest: see `kept_inbox`.
    """
    with kept_inbox(word, environment=environment, kept_in=kept_in) as (inbox, run):
        yield MailpitMirror(inbox=inbox, group=run.name, ends=run.starter is not None)


@contextmanager
def kept_inbox(
    word: str, *, environment: Mapping[str, str] = os.environ, kept_in: Archive | None = None
) -> Iterator[tuple[MailpitInbox, KeptRun]]:
    """The Mailpit that `--mailpit WORD` means, for as long as the block lasts, and a run's name.

    Where that is started here, the mail is kept in a file when it ends (`harness inspect`).

    Raises:
        UsageError: `word` means nothing.
        MachineError: there is no such Mailpit, or its mail cannot be kept.
    """
    kept = kept_in or archive(environment)
    name = run_name()
    choice = choose(word, environment)
    database = kept.database_for(name) if choice.starter is not None else None
    with ExitStack() as stack:
        stack.callback(kept.forget_what_is_empty, name)
        inbox = stack.enter_context(opened(word, environment=environment, database=database))
        run = KeptRun(
            name=name,
            url=inbox.place.url,
            smtp_host=inbox.place.smtp_host,
            smtp_port=inbox.place.smtp_port,
            starter=choice.starter,
            database=None if database is None else str(database),
        )
        kept.note(run)
        yield inbox, run
