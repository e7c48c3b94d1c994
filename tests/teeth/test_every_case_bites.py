"""Every case convicts at least one wrong sender, and every check is what convicts one."""

from __future__ import annotations

from harness.scenario.case import Case
from harness.selection import matches

from .careful_courier import Attempt
from .convictions import AnySender
from .gallery import FAMILIES, WRONG, by_lineage, clauses, convicting, figures, unproved_clauses

# Bases for others, which do nothing wrong by themselves.
HOOKS = {"Overriding", "Patient", "Blaming", "Rewording", "Keyed", "TwoProviders", "EachLine"}
HOOKS |= {"Reworking", "Retelling", "Rawly", "Declaring", "Hiding", "SetByOptions"}
HOOKS |= {"OnAnotherWire", "Scrutinising", "Watching", "Lenient"}
HOOKS |= {"Chunking", "Pipelining", "_BlamesTheLogIn", "_ComingAgain"}


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
