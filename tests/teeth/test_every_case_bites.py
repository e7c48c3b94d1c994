"""Every case convicts at least one wrong sender, and every check is what convicts one."""

from __future__ import annotations

from dataclasses import replace

from harness.scenario.case import Case
from harness.selection import matches

from .careful_courier import Attempt
from .convictions import AnySender
from .gallery import (
    FAMILIES,
    WRONG,
    by_lineage,
    clauses,
    convicting,
    figures,
    needed_clauses,
    not_needed,
    removal,
    removal_table,
    unproved_clauses,
)
from .needed import ledger, written
from .removal import Freed, without

# Bases for others, which do nothing wrong by themselves.
HOOKS = {"Overriding", "Patient", "Blaming", "Rewording", "Keyed", "TwoProviders", "EachLine"}
HOOKS |= {"Reworking", "Retelling", "Rawly", "Declaring", "Hiding", "SetByOptions"}
HOOKS |= {"OnAnotherWire", "Scrutinising", "Watching", "Lenient"}
HOOKS |= {"Chunking", "Pipelining", "_BlamesTheLogIn", "_ComingAgain"}
HOOKS |= {"Detour", "InSession", "RetellsErrors", "GivesUp"}
# How many of a hundred clauses free a wrong sender where they are removed, and how many do so or
# acquit it of a row: what is reached, and no less.
LEAST_FREEING_A_CASE, LEAST_FREEING = 65, 89


def test_every_negative_case_convicts_a_wrong_sender(library: tuple[Case, ...]) -> None:
    proved = convicting(library)
    toothless = [case.id for case in library if case.control and case.id not in proved]
    assert not toothless


def test_every_other_case_convicts_a_wrong_sender_too(library: tuple[Case, ...]) -> None:
    proved = convicting(library)
    toothless = [
        case.id
        for case in library
        if not case.is_control and not case.control and case.id not in proved
    ]
    assert not toothless


def test_every_check_is_what_convicts_a_wrong_sender(library: tuple[Case, ...]) -> None:
    asked = set().union(*clauses(library).values())
    assert asked <= set().union(*convicting(library).values())


def test_nearly_every_clause_is_what_convicts_a_wrong_sender(library: tuple[Case, ...]) -> None:
    # Of the rest docs/architecture.md says which may be; `unproved_clauses` lists it.
    found = figures(library)
    assert found.clauses_proved > 0.99 * found.clauses, unproved_clauses(library)


def test_without_a_clause_some_wrong_sender_is_freed(library: tuple[Case, ...]) -> None:
    # Each line of the ledger is held against the record of the wrong sender (`proof.prove`).
    found = removal(library)
    assert 100 * found.free_a_case >= LEAST_FREEING_A_CASE * found.clauses, not_needed(library)
    freeing = found.free_a_case + found.free_a_row
    assert 100 * freeing >= LEAST_FREEING * found.clauses, not_needed(library)


def test_each_line_of_the_ledger_is_about_a_clause_a_case_and_a_wrong_sender(
    library: tuple[Case, ...],
) -> None:
    cases, senders = {case.id for case in library}, {wrong.name for wrong in WRONG}
    asked = clauses(library)
    for line in ledger():
        assert line.case in cases, line
        assert line.sender in senders, line
        assert line.clause in asked[line.scenario], line
        assert Freed(line.gets), line
    assert len(needed_clauses(library)) == len(ledger())


def test_the_ledger_has_the_best_line_of_each_clause_in_order() -> None:
    assert written(ledger()) == written(reversed(ledger()))
    row = replace(ledger()[0], gets="row")
    better = replace(row, gets="case", sender="SomebodyElse")
    assert str(better) in written([row, better])
    assert str(row) not in written([row, better]).splitlines()


def test_a_case_is_judged_without_a_clause(library: tuple[Case, ...]) -> None:
    case = next(case for case in library if case.scenario == "starttls/stripped" and case.then)
    assert case.then is not None
    assert "mail" in case.then.asked()
    left = without(case, "mail").then
    assert left is not None
    assert set(left.asked()) == set(case.then.asked()) - {"mail"}
    said = without(case, "sender.error.class").then
    assert said is not None
    assert said.sender is not None
    assert said.sender.error is not None
    assert not said.sender.error.class_
    assert said.sender.error.phase


def test_every_clause_can_be_left_out(library: tuple[Case, ...]) -> None:
    asked = clauses(library)
    for case in {case.scenario: case for case in library if case.then is not None}.values():
        for clause in asked[case.scenario]:
            assert without(case, clause).then != case.then or clause not in names(case)


def names(case: Case) -> set[str]:
    """What this case asks, of what its scenario does."""
    return clauses([case])[case.scenario]


def test_what_is_not_shown_to_be_needed_is_listed(library: tuple[Case, ...]) -> None:
    lines = list(removal_table(library))
    left = sum(len(some) for some in not_needed(library).values())
    assert lines[0].startswith(f"all: of {sum(map(len, clauses(library).values()))} clauses")
    assert sum(": of " not in line for line in lines) == left


def test_every_wrong_sender_is_told_what_convicts_it() -> None:
    told = {wrong.name for wrong in WRONG}
    all_of_them = {
        name
        for family in FAMILIES
        for name, value in vars(family).items()
        if isinstance(value, type)
        and issubclass(value, AnySender)
        and not issubclass(value, Attempt)  # part of a courier
        and value.__module__ == family.__name__
    }
    assert all_of_them - told == HOOKS


def test_every_glob_means_a_case(library: tuple[Case, ...]) -> None:
    idle = {
        conviction.cases
        for wrong in WRONG
        for conviction in wrong.convictions
        if not any(matches(conviction.cases, case.id) for case in library)
    }
    assert not idle


def test_no_two_wrong_senders_have_one_name() -> None:
    names = [wrong.name for wrong in WRONG]
    assert len(names) == len(set(names))


def test_the_other_lineages_share_no_code_with_the_first(library: tuple[Case, ...]) -> None:
    first, *others = by_lineage(library)
    assert {each.lineage for each in others} == {"smtplib and email", "aiosmtplib", "nodemailer"}
    assert all(each.wrong_senders >= 15 for each in others)
    assert sum(each.wrong_senders for each in (first, *others)) == len(WRONG)
    assert all(each.cases and each.situations for each in others)


def test_the_figures_are_those_of_the_library(library: tuple[Case, ...]) -> None:
    found = figures(library)
    assert found.wrong_senders == len(WRONG) > 100
    assert found.negative_convicting == found.negative > 0
    assert str(found).startswith(f"{len(WRONG)} wrong senders")
