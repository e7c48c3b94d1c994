"""The arguments of MAIL and RCPT, and what a mail transaction has gathered so far."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from .address import NULL_PATH, split_path
from .chunks import Chunks
from .words import Words

MOST_RECIPIENTS = 50_000
"""RFC 5321 section 4.5.3.1.8 asks for 100 at least; no vendor takes more than some thousands."""

_UNKNOWN_PARAMETERS = "555 MAIL FROM parameters not recognized or not implemented"
_MALFORMED = "553 5.1.3 Error: malformed address"


class RefusedArgumentError(ValueError):
    """What follows MAIL or RCPT is refused; the words are the reply."""


@dataclass(slots=True)
class Transaction:
    """One mail transaction. `mail_from` None: MAIL was not taken yet; "" is the null sender."""

    mail_from: str | None = None
    rcpt_tos: list[str] = field(default_factory=list)
    chunks: Chunks = field(default_factory=Chunks)


@dataclass(frozen=True, slots=True, kw_only=True)
class PathRules:
    """What is in force for MAIL and RCPT.

    `extended`: the sender said EHLO, and so may give parameters. `smtputf8` and `eightbitmime`:
    whether those are offered. `size` is the limit in octets.
    `passed_over`: how parameters begin that are taken, and on which nothing here depends.
    """

    extended: bool
    smtputf8: bool
    eightbitmime: bool
    size: int
    passed_over: tuple[str, ...]
    words: Words

    def reverse_path(self, argument: str | None) -> str:
        """The mailbox of `FROM:<…>`, "" for the null sender.

        Raises:
            RefusedArgumentError: it or a parameter behind it is not taken.
        """
        wrong = self._syntax("MAIL FROM")
        mailbox, rest = self._path("FROM:", argument, wrong)
        given = self._parameters(rest, wrong)
        if "BODY" in given and not self.eightbitmime:
            raise RefusedArgumentError(_UNKNOWN_PARAMETERS)
        if given.pop("BODY", "7BIT") not in {"7BIT", "8BITMIME"}:
            raise RefusedArgumentError("501 Error: BODY can only be one of 7BIT, 8BITMIME")
        if "SMTPUTF8" in given:
            if given.pop("SMTPUTF8") is not None:
                raise RefusedArgumentError("501 Error: SMTPUTF8 takes no arguments")
            if not self.smtputf8:
                raise RefusedArgumentError("501 Error: SMTPUTF8 disabled")
        self._check_size(given.pop("SIZE", ""), wrong)
        if given:
            raise RefusedArgumentError(_UNKNOWN_PARAMETERS)
        return "" if mailbox == NULL_PATH else mailbox

    def forward_path(self, argument: str | None) -> str:
        """The mailbox of `TO:<…>`.

        Raises:
            RefusedArgumentError: it or a parameter behind it is not taken.
        """
        wrong = self._syntax("RCPT TO")
        mailbox, rest = self._path("TO:", argument, wrong)
        if mailbox == NULL_PATH:
            raise RefusedArgumentError("553 5.1.3 Error: nobody has the null path")
        if self._parameters(rest, wrong):
            raise RefusedArgumentError("555 RCPT TO parameters not recognized or not implemented")
        return mailbox

    def _syntax(self, command: str) -> str:
        return f"501 Syntax: {command}: <address>" + (
            " [SP <mail-parameters>]" if self.extended else ""
        )

    def _path(self, keyword: str, argument: str | None, wrong: str) -> tuple[str, str]:
        if argument is None or argument[: len(keyword)].upper() != keyword:
            raise RefusedArgumentError(wrong)
        path = argument[len(keyword) :].strip()
        if not path:
            raise RefusedArgumentError(wrong)
        split = split_path(path)
        if split is None:
            raise RefusedArgumentError(_MALFORMED)
        return split

    def _parameters(self, rest: str, wrong: str) -> dict[str, str | None]:
        """The parameters by their names; None for one without a value."""
        if rest and not self.extended:
            raise RefusedArgumentError(wrong)
        return dict(self._each(rest.upper().split(), wrong))

    def _each(self, words: Iterable[str], wrong: str) -> Iterable[tuple[str, str | None]]:
        for word in words:
            name, equals, value = word.partition("=")
            if not word.isascii():
                raise RefusedArgumentError(wrong)
            if word.startswith(self.passed_over):
                continue
            if not name.isalnum() or (equals and not value):
                raise RefusedArgumentError(wrong)
            yield name, value if equals else None

    def _check_size(self, declared: str | None, wrong: str) -> None:
        if declared == "":
            return
        if declared is None or not declared.isdigit():
            raise RefusedArgumentError(wrong)
        if int(declared) > self.size:
            raise RefusedArgumentError(self.words.declared_too_large)
