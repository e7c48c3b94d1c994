"""Senders that do all that is right, and are wrong in one word of what they say of it."""

from __future__ import annotations

from .anywhere import Anywhere, Document

# In an honest answer of no case, but where the words are about the goodbye or such addresses.
ANOTHER_PHASE, ANOTHER_CLASS = "quit", "smtputf8-required"


class RetellsErrors(Anywhere):
    """A hook: retells what went wrong."""

    def wrongly(self) -> Document:
        answer = self.rightly()
        if answer["status"] == "failed":
            self.retell(answer["error"])
        return answer

    def retell(self, error: Document) -> None:
        """Change one word."""


class NamesAnotherPhase(RetellsErrors):
    """Says that it went wrong at the goodbye."""

    def retell(self, error: Document) -> None:
        error["phase"] = ANOTHER_PHASE


class NamesAnotherClass(RetellsErrors):
    """Says that letters beyond ASCII are to blame."""

    def retell(self, error: Document) -> None:
        error["class"] = ANOTHER_CLASS


class TurnsTemporaryAround(RetellsErrors):
    """Tries again what is for good, and gives up what is not."""

    def retell(self, error: Document) -> None:
        error["temporary"] = not error.get("temporary")


class TellsTheGreetingsCode(RetellsErrors):
    """Takes the code from the first reply that there was."""

    def retell(self, error: Document) -> None:
        error["reply_code"] = 220


class TellsTheCodeOfEhlo(RetellsErrors):
    """Takes the code from the second reply that there was."""

    def retell(self, error: Document) -> None:
        error["reply_code"] = 250
