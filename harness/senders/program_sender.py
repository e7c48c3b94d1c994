"""What senders have in common that are programs which the harness starts."""

from __future__ import annotations

from .base import Sender, Surroundings, processors


class ProgramSender(Sender):
    """A program: its words, and the environment that it is started with."""

    def __init__(self, name: str, words: tuple[str, ...], surroundings: Surroundings) -> None:
        super().__init__(name)
        self.default_jobs = processors()
        self._words = words
        self._environment = surroundings.for_program()

    @property
    def can_be_several(self) -> bool:
        """A program can be started twice."""
        return True
