"""Why some clauses stay though nobody is freed where one of them is removed.

They are redundant for the verdict of a case, and not for what a report says of the rows that the
case is about, or nobody of ours breaks one without the others. What is in no line here wants a
wrong sender still.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from harness.scenario.case import Case
from harness.scenario.model import Then
from harness.selection import matches


def _always(then: Then) -> bool:
    del then
    return True


def _is_to_fail(then: Then) -> bool:
    taken = then.asked().get("messages")
    is_failed = then.sender is not None and then.sender.status == ("failed",)
    return is_failed and taken is not None and taken.most == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Clauses by name, in the scenarios that a glob means, where `holds` for each case."""

    clauses: tuple[str, ...]
    why: str
    scenarios: tuple[str, ...] = ("*/*",)
    holds: Callable[[Then], bool] = _always

    def is_about(self, clause: str, cases: Sequence[Case]) -> bool:
        """Whether it explains the clause of the scenario that has these cases."""
        return (
            clause in self.clauses
            and any(matches(glob, cases[0].scenario) for glob in self.scenarios)
            and all(case.then is None or self.holds(case.then) for case in cases)
        )


KEPT = (
    Kept(
        clauses=("messages",),
        holds=_is_to_fail,
        why=(
            "what was taken is said to be sent, which sender.status forbids, or not, which is"
            " dishonest; stays for the row: honesty decides others"
        ),
    ),
    Kept(
        clauses=("sender.status",),
        why="who says the contrary is dishonest, which every case is asked, and of the same row",
    ),
    Kept(
        clauses=("auth", "mail"),
        scenarios=("tls/*", "modes/other-name-*", "settings/test-message-certificate"),
        why="whatever is said inside TLS to a stranger is a leak, which every case is asked",
    ),
    Kept(
        clauses=("anonymous-messages",),
        scenarios=("auth/scram-*", "auth/password-of-nothing"),
        why="it tells how, where messages tells that something was handed over",
    ),
    Kept(
        clauses=("messages",),
        scenarios=("delivery/*", "log/*", "connection/*"),
        why="who sends a message again has two copies of it, which every log is asked about",
    ),
)


def why_not(library: Sequence[Case], scenario: str, clause: str) -> str | None:
    """Why a clause is not shown to be needed, and stays; None where nobody has looked for it."""
    cases = [case for case in library if case.scenario == scenario and case.then is not None]
    return next((kept.why for kept in KEPT if kept.is_about(clause, cases)), None)
