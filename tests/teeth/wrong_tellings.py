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


# Where a sender may do without: a stage and a reason that would be right there, by scenario.
_MAY_FAIL = {
    "auth/in-clear-on-this-machine": ("auth", "auth-unavailable"),
    "auth/login-missing": ("auth", "auth-unavailable"),
    "auth/password-beyond-ascii": ("auth", "auth-unavailable"),
    "auth/prompts-in-clear-text": ("auth", "protocol-error"),
    "extensions/address-beyond-ascii": ("message", "address-invalid"),
    "extensions/chunk-refused": ("data", "data-refused"),
    "extensions/chunking-trouble": ("data", "protocol-error"),
    "extensions/pipelining-broken": ("rcpt", "protocol-error"),
    "message/characters-cut-to-line-ends": ("message", "address-invalid"),
    "message/longer-addresses": ("message", "address-invalid"),
    "replies/full": ("rcpt", "recipient-refused"),
    "tls/revoked-certificate": ("tls", "certificate-revoked"),
    "tls/weak-certificate-skipped": ("tls", "certificate-invalid"),
}


class GivesUp(Anywhere):
    """A hook: comes, hands nothing over, and says why in words that may be right there."""

    def wrongly(self) -> Document:
        self.come_and_go()
        scenario = str(self.request["case"]).partition("[")[0]
        phase, class_ = _MAY_FAIL.get(scenario, (ANOTHER_PHASE, ANOTHER_CLASS))
        error = {"phase": phase, "class": class_, "temporary": False, "message": "it failed"}
        return {"status": "failed", "error": error | self.retold()}

    def retold(self) -> Document:
        """What is not so."""
        return {}


class GivesUpAtAnotherStage(GivesUp):
    """Says that it failed at the goodbye."""

    def retold(self) -> Document:
        return {"phase": ANOTHER_PHASE}


class GivesUpForAnotherReason(GivesUp):
    """Says that a server's name was not to be found out just then."""

    def retold(self) -> Document:
        return {"class": "dns-temporary"}
