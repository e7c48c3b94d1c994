"""The fakes that run while tests do: started, cleared, and asked what is left of them."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from .names import Names

Start = Callable[[str, Mapping[str, Any]], Any]


class FakesInUse:
    """Every fake of a session that runs.

    All issue from one authority; `trust` has its files, which are written into `folder`.
    """

    def __init__(self, names: Names, folder: Path) -> None:
        self._names = names
        self._wide: list[Any] = []
        self._of_the_test: list[Any] = []
        # At once: within a test, somebody may have put another class in the place of datetime's.
        with names.ours():
            self._authority = importlib.import_module("harness.fakes.tls").Authority.create()
            self.trust = self._authority.write(folder)

    def ours(self, module: str) -> Any:
        """A module of the harness."""
        with self._names.ours():
            return importlib.import_module(module)

    @contextlib.contextmanager
    def starting(self, scope: str) -> Iterator[Start]:
        """Within, what is given starts fakes; they end with it."""
        kept = self._of_the_test if scope == "function" else self._wide
        with contextlib.ExitStack() as stack:

            def start(kind: str, words: Mapping[str, Any]) -> Any:
                fake = self._started(kind, words, stack)
                kept.append(fake)
                stack.callback(kept.remove, fake)
                return fake

            yield start

    def _started(self, kind: str, words: Mapping[str, Any], stack: contextlib.ExitStack) -> Any:
        own = {"authority": self._authority, "ca_file": self.trust.ca_file}
        if "authority" in words or "ca_file" in words:
            own = {}
        fixtures = self.ours("harness.testing.fixtures")
        with self._names.ours():
            fake = stack.enter_context(fixtures.fake_class(kind)(**own, **words).running())
            if self._names.are_shadowed():
                getattr(fake, "smtp", None)  # later, what it imports could not be found
        return fake

    def clear(self) -> None:
        """Make those that run longer than one test as they were at first."""
        for fake in self._wide:
            fake.clear()

    @property
    def _running(self) -> list[Any]:
        return [*self._wide, *self._of_the_test]

    def sections(self) -> list[tuple[str, str]]:
        """What each fake to which somebody came has on record: a title, and lines."""
        told = self.ours("harness.testing.told")
        with self._names.ours():
            return [
                (f"harness_{fake.label}: {fake!r}", told.with_messages(fake))
                for fake in self._running
                if len(fake.transcript)
            ]

    def mail(self) -> list[tuple[str, list[Any], Any]]:
        """What each fake has taken: its label, the messages, and its secrets."""
        told = self.ours("harness.testing.told")
        with self._names.ours():
            taken = [(fake, told.taken_by(fake)) for fake in self._running]
            return [
                (fake.label, messages, told.secrets_of(fake))
                for fake, messages in taken
                if messages
            ]

    def leftovers(self) -> Iterator[tuple[str, str]]:
        """What no test should leave behind, by the names of the ini keys."""
        told = self.ours("harness.testing.told")
        for name, find in (
            ("broken_fake", told.broken),
            ("unused_fault", told.unused_faults),
            ("unseen_mail", told.unseen_mail),
        ):
            found = [f"{fake!r}: {what}" for fake in self._running for what in find(fake)]
            if found:
                yield name, "\n".join(found)
