"""The ledger of clauses that are needed: `needed.txt`, and how it is written.

A line of it is a claim: without this clause that wrong sender is acquitted in this case. It is
proved wherever the sender is convicted (`proof.prove`), by the record of that run. For new or
changed scenarios `python -m tests.teeth.needed GLOB [SENDER ...]` asks the cases of those senders
(else of those who are wrong anywhere), and adds what nobody had shown before.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.scenario.case import Case

    from .convictions import Wrong

LEDGER = Path(__file__).with_suffix(".txt")


@dataclass(frozen=True, slots=True, kw_only=True)
class Needed:
    """One line: `gets` says what the wrong sender gets without the clause, as in `Freed`."""

    case: str
    clause: str
    gets: str
    sender: str

    @classmethod
    def read(cls, line: str) -> Needed:
        """A line has the four words with blanks between them."""
        case, clause, gets, sender = line.split()
        return cls(case=case, clause=clause, gets=gets, sender=sender)

    @property
    def scenario(self) -> str:
        """The scenario that asks the clause."""
        return self.case.partition("[")[0]

    def __str__(self) -> str:
        return f"{self.case} {self.clause} {self.gets} {self.sender}"


@cache
def ledger() -> tuple[Needed, ...]:
    """Every line, one for a clause of a scenario."""
    lines = LEDGER.read_text(encoding="utf-8").splitlines()
    return tuple(Needed.read(line) for line in lines if line and not line.startswith("#"))


@cache
def by_sender() -> Mapping[str, tuple[Needed, ...]]:
    """The lines of each wrong sender."""
    found: dict[str, list[Needed]] = {}
    for line in ledger():
        found.setdefault(line.sender, []).append(line)
    return {sender: tuple(lines) for sender, lines in found.items()}


def written(lines: Iterable[Needed]) -> str:
    """The ledger with these lines: for each clause the best of them, and of equals the first."""
    best: dict[tuple[str, str], Needed] = {}
    for line in lines:
        known = best.setdefault((line.scenario, line.clause), line)
        if (known.gets, line.gets) == ("row", "case"):
            best[line.scenario, line.clause] = line
    head = LEDGER.read_text(encoding="utf-8").splitlines()
    head = [line for line in head if line.startswith("#")]
    return "\n".join([*head, *(str(best[key]) for key in sorted(best))]) + "\n"


def shown(wrong: Wrong, cases: Sequence[Case], library: Sequence[Case]) -> Iterator[Needed]:
    """Ask these cases of a wrong sender; what it gets in them where clauses are not asked."""
    from harness.run_context import prepared  # noqa: PLC0415  # whoever only reads needs none of it

    from .gallery import clauses  # noqa: PLC0415
    from .judging import asked, with_controls  # noqa: PLC0415
    from .proof import opened  # noqa: PLC0415
    from .removal import Records, freed  # noqa: PLC0415

    records, known = Records(), clauses(library)
    with prepared(seed=1, time_scale=1.0) as context:
        wanted = with_controls(cases, library)
        results = asked(opened(wrong), wanted, context, mirror=records).results
    for case in cases:
        control = results.get(case.control or "")
        if case.id not in records.by_case or (control and control.verdict != "pass"):
            continue
        for clause in sorted(known.get(case.scenario, ())):
            gets = freed(case, records.by_case[case.id], clause)
            if gets is not None:
                yield Needed(case=case.id, clause=clause, gets=gets.value, sender=wrong.name)


def main(words: Sequence[str]) -> None:
    """Ask, and write the ledger."""
    from harness.scenario.library import load_library  # noqa: PLC0415
    from harness.selection import matches  # noqa: PLC0415

    from .convictions import wrong_senders  # noqa: PLC0415
    from .gallery import FAMILIES, clauses  # noqa: PLC0415

    glob, *senders = words
    library = load_library().cases
    cases = [case for case in library if not case.is_control and matches(glob, case.id)]
    lines = [line for line in ledger() if line.clause in clauses(library).get(line.scenario, ())]
    for wrong in wrong_senders(*FAMILIES, besides=senders):
        if wrong.name in senders or (not senders and wrong.is_wrong_anywhere):
            lines += shown(wrong, cases, library)
            LEDGER.write_text(written(lines), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
