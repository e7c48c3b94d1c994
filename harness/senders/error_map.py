"""Turning a sender's own words into phases and classes.

Most programs explain a failure in a sentence only. An error map is a list of regular expressions,
written once for such a program; it never overrules what the program says itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from harness.protocol import ErrorClass, Phase, SendError

from .capture import MOST_WORDS, words_of
from .outcome import Answered, Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Words that match `pattern`, anywhere in them, mean this phase and this class."""

    pattern: re.Pattern[str]
    phase: Phase | None = None
    class_: ErrorClass | None = None

    def suits(self, error: SendError, words: str) -> bool:
        """Whether it matches, and contradicts nothing that the sender says itself."""
        phase_agrees = error.phase is None or self.phase in (None, error.phase)
        class_agrees = error.class_ is None or self.class_ in (None, error.class_)
        return phase_agrees and class_agrees and self.pattern.search(words) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorMap:
    """Rules in order; the first one that suits decides."""

    rules: tuple[Rule, ...] = ()

    def explain(self, outcome: Outcome) -> Outcome:
        """Fill the phase and the class of a failure, where its sender left them out."""
        if not (self.rules and isinstance(outcome, Answered) and outcome.answer.status == "failed"):
            return outcome
        error = outcome.answer.error or SendError()
        words = error.message or outcome.answer.reason or words_of(outcome.output.stderr)
        filled = self.filled(error, words)
        if filled is error:
            return outcome
        return replace(outcome, answer=outcome.answer.model_copy(update={"error": filled}))

    def filled(self, error: SendError, words: str) -> SendError:
        """An error with the phase and the class that its words mean, where it has none itself."""
        rule = next((rule for rule in self.rules if rule.suits(error, words[-MOST_WORDS:])), None)
        if rule is None:
            return error
        found = {"phase": error.phase or rule.phase, "class_": error.class_ or rule.class_}
        return error.model_copy(update={key: value for key, value in found.items() if value})


NO_ERROR_MAP = ErrorMap()
