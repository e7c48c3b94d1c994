"""The mail of a test session in Mailpit: what its fakes took, and what its scenario items took.

Each test's mail is shown when the test has its verdict, in the thread that runs tests. A Mailpit
that goes away or is slow holds up one test, by a few seconds, and changes no verdict.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass
from typing import Any

from harness.fakes.message import Captured
from harness.mirroring import MailOfCase
from harness.secrets import Secrets

from .client import MailpitError
from .for_run import kept_inbox
from .inbox import MailpitInbox
from .mirror import MailpitMirror, counted
from .mirror_copy import MirrorLabels
from .place import MailpitPlace
from .submission import MailpitRefusedError


@dataclass(slots=True, kw_only=True)
class MailTally:
    """How much of a session's mail is in Mailpit; `trouble` is why there is no more of it."""

    shown: int = 0
    refused: int = 0
    left_out: int = 0
    trouble: str | None = None

    def add(self, **counts: Any) -> None:
        """Add what another process counted, which is what `asdict` makes of a tally."""
        other = MailTally(**counts)
        self.shown += other.shown
        self.refused += other.refused
        self.left_out += other.left_out
        self.trouble = self.trouble or other.trouble

    def lines(self, where: str) -> Iterator[str]:
        """What a person should know of it."""
        yield f"{counted(self.shown)} of this session in Mailpit: {where}"
        if self.trouble is not None:
            yield f"{counted(self.left_out)} could not be shown in Mailpit: {self.trouble}"
        if self.refused:
            yield f"{counted(self.refused)} refused by Mailpit, and not shown there"


class SessionMail:
    """Shows the mail of one process of a session. Nothing in here raises; what fails is counted.

    `group` is the tag that all of it has; `ends` tells that the Mailpit ends with the session.
    """

    def __init__(self, inbox: MailpitInbox | None, *, group: str, ends: bool = False) -> None:
        self.group = group
        self.tally = MailTally()
        self._inbox = inbox
        self._ends = ends

    def show(self, mail: MailOfCase) -> tuple[str, ...]:
        """Put copies of these messages into Mailpit; the pages of those that it took."""
        labels = MirrorLabels(
            provider=mail.provider, case=mail.case, verdict=mail.verdict, group=self.group
        )
        pages = (self._page(message, labels, mail.secrets) for message in mail.messages)
        return tuple(page for page in pages if page is not None)

    def show_taken(
        self, messages: Iterable[Captured], *, provider: str, test: str, verdict: str, secrets: Any
    ) -> tuple[str, ...]:
        """As `show`, of what a fake took in a test."""
        return self.show(
            MailOfCase(
                provider=provider,
                case=test,
                verdict=verdict,
                messages=tuple(messages),
                secrets=secrets,
            )
        )

    def lines(self) -> list[str]:
        """What to tell at the end of the session."""
        assert self._inbox is not None
        place = self._inbox.place.tagged(self.group)
        return list(self.tally.lines(f"harness inspect {self.group}" if self._ends else place))

    def words(self) -> dict[str, Any]:
        """What another process of this session needs, in plain values."""
        assert self._inbox is not None
        return {"place": asdict(self._inbox.place), "group": self.group, "ends": self._ends}

    def _page(self, message: Captured, labels: MirrorLabels, secrets: Secrets) -> str | None:
        if self._inbox is None or self.tally.trouble is not None:
            self.tally.left_out += 1
            return None
        try:
            page = self._inbox.show(message, labels, secrets=secrets)
        except MailpitRefusedError:
            self.tally.refused += 1
            return None
        except Exception as error:  # noqa: BLE001  # a mirror breaks nothing but itself
            known = isinstance(error, MailpitError)
            self.tally.trouble = str(error) if known else f"{type(error).__name__}: {error}"
            self.tally.left_out += 1
            return None
        self.tally.shown += 1
        return page


@contextmanager
def session_mail(
    word: str, *, environment: Mapping[str, str] = os.environ
) -> Iterator[SessionMail]:
    """The mail of a session in the Mailpit that `word` means; see `kept_inbox`."""
    with kept_inbox(word, environment=environment) as (inbox, run):
        yield SessionMail(inbox, group=run.name, ends=run.starter is not None)


@contextmanager
def mail_beside(words: Mapping[str, Any]) -> Iterator[SessionMail]:
    """The mail of another process of a session, whose first one gave its `words`.

    Where Mailpit cannot be reached from there, as from another machine, that is a trouble.
    """
    trouble, inbox = None, None
    try:
        inbox = MailpitInbox(MailpitPlace(**words["place"]))
    except MailpitError as error:
        trouble = str(error)
    with inbox if inbox is not None else nullcontext():
        mail = SessionMail(inbox, group=words["group"], ends=words["ends"])
        mail.tally.trouble = trouble
        yield mail


@contextmanager
def mirror_beside(words: Mapping[str, Any]) -> Iterator[MailpitMirror]:
    """The mirror of a whole run within a session, which gave its `words`.

    Raises:
        MailpitError: Mailpit takes none any more.
    """
    with MailpitInbox(MailpitPlace(**words["place"])) as inbox:
        yield MailpitMirror(inbox=inbox, group=words["group"], ends=words["ends"])
