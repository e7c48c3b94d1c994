"""Every wrong sender there is, and figures.

`python -m tests.teeth.gallery [table] [unproved] [removal]`: each wrong sender; the clauses by
which nobody has to be convicted; how many clauses are needed, and what keeps the rest.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.requirements import load_catalogue
from harness.scenario.case import Case
from harness.scenario.library import load_library

from .convictions import Wrong, wrong_senders
from .kept_clauses import why_not
from .needed import ledger
from .removal import Freed

# The modules beside this one that have wrong senders.
FAMILIES = tuple(
    importlib.import_module(f"{__package__}.{found.name}")
    for found in pkgutil.iter_modules([str(Path(__file__).parent)])
    if found.name.startswith(("wrong_", "second_lineage_", "lineage_"))
)
WRONG: tuple[Wrong, ...] = tuple(wrong_senders(*FAMILIES))


@dataclass(frozen=True, slots=True, kw_only=True)
class LineageFigures:
    """How many wrong senders share code, and how many cases, and situations, convict one."""

    lineage: str
    wrong_senders: int
    cases: int
    situations: int

    def __str__(self) -> str:
        return (
            f"on {self.lineage}: {self.wrong_senders} wrong senders, convicted by {self.cases} "
            f"cases of {self.situations} situations"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """How much of the library is proved to bite. `negative`: cases with a control."""

    wrong_senders: int
    cases: int
    convicting: int
    negative: int
    negative_convicting: int
    clauses: int
    clauses_proved: int

    def __str__(self) -> str:
        return (
            f"{self.wrong_senders} wrong senders; of {self.cases} cases {self.convicting} convict "
            f"one of them, of {self.negative} negative ones {self.negative_convicting}; of "
            f"{self.clauses} clauses {self.clauses_proved} are what convicts one"
        )


def convicting(library: Sequence[Case]) -> dict[str, set[str]]:
    """The checks by which a case has to convict some wrong sender, by the case's id."""
    found: dict[str, set[str]] = {}
    for wrong in WRONG:
        for case, checks in wrong.cases(library).items():
            found.setdefault(case, set()).update(checks)
    return found


def by_lineage(library: Sequence[Case]) -> tuple[LineageFigures, ...]:
    """The figures of each lineage, the largest first."""
    families = {row.id for row in load_catalogue().situations}
    found = []
    for lineage, number in Counter(wrong.lineage for wrong in WRONG).most_common():
        some = [wrong.cases(library) for wrong in WRONG if wrong.lineage == lineage]
        cases = set().union(*some)
        rows = {row for case in library if case.id in cases for row in case.rows}
        found.append(
            LineageFigures(
                lineage=lineage,
                wrong_senders=number,
                cases=len(cases),
                situations=len(rows & families),
            )
        )
    return tuple(found)


def clauses(library: Sequence[Case]) -> dict[str, set[str]]:
    """What each scenario asks by itself, as names of checks."""
    found: dict[str, set[str]] = {}
    for case in library:
        if case.then is None:
            continue
        asked = found.setdefault(case.scenario, set())
        asked.update(case.then.asked())
        sender = case.then.sender
        if sender is None:
            continue
        # Where both will do, nobody can get it wrong.
        asked.update({"sender.status"} if sender.status and len(sender.status) == 1 else ())
        if sender.error is not None:
            said = sender.error.model_dump(by_alias=True)
            asked.update(f"sender.error.{word}" for word, value in said.items() if value)
            asked.update({"sender.error.temporary"} if said["temporary"] is False else ())
    return found


def unproved_clauses(library: Sequence[Case]) -> dict[str, set[str]]:
    """The clauses of each scenario by which nobody has to be convicted."""
    proved: dict[str, set[str]] = {}
    for case, checks in convicting(library).items():
        proved.setdefault(case.partition("[")[0], set()).update(checks)
    left = {
        scenario: asked - proved.get(scenario, set())
        for scenario, asked in clauses(library).items()
    }
    return {scenario: asked for scenario, asked in left.items() if asked}


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovalFigures:
    """How many clauses are needed: without one, a wrong sender passes, or is acquitted of a row."""

    what: str
    clauses: int
    free_a_case: int
    free_a_row: int

    def __str__(self) -> str:
        return (
            f"{self.what}: of {self.clauses} clauses {self.free_a_case} free a wrong sender where"
            f" they are removed, {self.free_a_row} more acquit it of a row of the case"
        )


def needed_clauses(library: Sequence[Case]) -> dict[tuple[str, str], Freed]:
    """What removing a clause of a scenario does, as far as somebody shows it."""
    asked = clauses(library)
    return {
        (line.scenario, line.clause): Freed(line.gets)
        for line in ledger()
        if line.clause in asked.get(line.scenario, ())
    }


def removal(
    library: Sequence[Case], *, kind: str | None = None, folder: str | None = None
) -> RemovalFigures:
    """Count the clauses of one kind, or of the scenarios in a folder, or all of them."""
    needed = needed_clauses(library)
    meant = [
        (name, clause)
        for name, asked in clauses(library).items()
        for clause in asked
        if kind in {None, clause} and folder in {None, name.partition("/")[0]}
    ]
    got = Counter(needed[each] for each in meant if each in needed)
    return RemovalFigures(
        what=kind or folder or "all",
        clauses=len(meant),
        free_a_case=got[Freed.CASE],
        free_a_row=got[Freed.ROW],
    )


def not_needed(library: Sequence[Case]) -> dict[str, set[str]]:
    """The clauses of each scenario that nobody shows to be needed."""
    needed = needed_clauses(library)
    left = {
        name: {clause for clause in asked if (name, clause) not in needed}
        for name, asked in clauses(library).items()
    }
    return {name: asked for name, asked in left.items() if asked}


def removal_table(library: Sequence[Case]) -> Iterator[str]:
    """The figures of all clauses, of each kind and each folder, and what is not needed and why."""
    asked = clauses(library)
    yield str(removal(library))
    kinds = Counter(clause for some in asked.values() for clause in some)
    for kind, _ in kinds.most_common():
        yield str(removal(library, kind=kind))
    for folder in sorted({name.partition("/")[0] for name in asked}):
        yield str(removal(library, folder=folder))
    left = not_needed(library)
    for name in sorted(left):
        for clause in sorted(left[name]):
            yield f"{name}: {clause}: {why_not(library, name, clause) or 'nobody is shown'}"


def figures(library: Sequence[Case]) -> Figures:
    """Count."""
    asking = [case for case in library if not case.is_control]
    negative = [case for case in asking if case.control is not None]
    proved = convicting(library)
    every = sum(len(asked) for asked in clauses(library).values())
    return Figures(
        wrong_senders=len(WRONG),
        cases=len(asking),
        convicting=sum(case.id in proved for case in asking),
        negative=len(negative),
        negative_convicting=sum(case.id in proved for case in negative),
        clauses=every,
        clauses_proved=every - sum(len(left) for left in unproved_clauses(library).values()),
    )


def table(library: Sequence[Case]) -> Iterator[str]:
    """A line a wrong sender: its lineage, its name, and what convicts it."""
    for wrong in sorted(WRONG, key=lambda each: (each.lineage, each.name)):
        cases = wrong.cases(library)
        checks = " ".join(sorted(set().union(*cases.values())))
        yield f"{wrong.lineage}: {wrong.name}, in {len(cases)} cases by {checks}"


def main(words: Sequence[str]) -> None:
    """Print the figures, and what the words ask for."""
    library = load_library().cases
    lines = [str(figures(library)), *map(str, by_lineage(library))]
    if "table" in words:
        lines += table(library)
    if "unproved" in words:
        left = unproved_clauses(library)
        lines += [f"{scenario}: {' '.join(sorted(left[scenario]))}" for scenario in sorted(left)]
    if "removal" in words:
        lines += removal_table(library)
    for line in lines:
        print(line)  # noqa: T201  # this is what it is for


if __name__ == "__main__":
    main(sys.argv[1:])
