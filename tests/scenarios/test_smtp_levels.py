"""One deed against one row has one level, wherever in the library it is asked."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest

from harness.model import Level
from harness.requirements import load_catalogue
from harness.scenario.case import Case
from harness.scenario.library import load_library

# What a server is called, and what it has beside what it is asked for, makes no other deed of it.
_NO_PART_OF_A_STATE = {"names", "host", "port", "hostname", "username", "password"}


def smtp_cases() -> tuple[Case, ...]:
    return tuple(
        case for case in load_library().cases if case.then is not None and case.given.api is None
    )


def asked_of(case: Case) -> Iterator[tuple[str, str]]:
    """Each check of a case, with what is wanted."""
    assert case.then is not None
    for key, wanted in case.then.asked().items():
        yield key, str(wanted)
    sender = case.then.sender
    if sender is not None and sender.status:
        yield "sender.status", str(sender.status)
    if sender is not None and sender.error is not None:
        for part in sender.error.model_dump(by_alias=True, exclude_defaults=True):
            yield f"sender.error.{part}", ""


def rows_of(case: Case, check: str) -> tuple[str, ...]:
    """The rows that a check decides, by the rule in `docs/scenarios.md`."""
    assert case.then is not None
    decides = case.then.decides
    named = [clause for clause in decides if check == clause or check.startswith(f"{clause}.")]
    if named:
        return decides[max(named, key=len)]
    taken = {row for rows in decides.values() for row in rows}
    return tuple(row for row in case.rows if row not in taken) or case.rows


def level_of(case: Case, check: str, row: str | None = None) -> Level:
    """The level of what is asked, for every row that it decides or for one."""
    assert case.then is not None
    levels = [load_catalogue().level(each) for each in ((row,) if row else rows_of(case, check))]
    lowered = case.then.levels.get(check)
    return max([Level.highest(levels), *([lowered] if lowered else [])], key=lambda each: each.rank)


def mistakes(case: Case) -> str:
    """How the sender is configured wrong on purpose: what is left empty, and the URI."""
    sends = [send.model_dump(exclude_defaults=True) for send in case.sends]
    return written([{key: said for key, said in send.items() if said == ""} for send in sends])


def state(case: Case) -> str:
    """What tells the situation of a case from that of another."""
    given = case.given.smtp_server.model_dump(mode="json", exclude_unset=True)
    server = {key: said for key, said in given.items() if key not in _NO_PART_OF_A_STATE}
    when = [step.model_dump(mode="json", exclude_defaults=True) for step in case.steps]
    return written([server, when])


def written(said: Any) -> str:
    return json.dumps(said, sort_keys=True, default=str)


def several_levels(groups: dict[tuple[str, ...], dict[Level, set[str]]]) -> list[Any]:
    return [(key, found) for key, found in groups.items() if len(found) > 1]


def test_one_deed_against_one_row_has_one_level_in_every_scenario() -> None:
    found: dict[tuple[str, ...], dict[Level, set[str]]] = defaultdict(lambda: defaultdict(set))
    for case in smtp_cases():
        for check, wanted in asked_of(case):
            for row in rows_of(case, check):
                key = (row, check, wanted, state(case))
                found[key][level_of(case, check, row)].add(case.id)
    assert several_levels(found) == []


def test_what_was_left_empty_has_one_level_whichever_row_asks() -> None:
    found: dict[tuple[str, ...], dict[Level, set[str]]] = defaultdict(lambda: defaultdict(set))
    for case in smtp_cases():
        if mistakes(case) != written([{}] * len(case.sends)):
            for check, wanted in asked_of(case):
                found[check, wanted, mistakes(case)][level_of(case, check)].add(case.id)
    assert found
    assert several_levels(found) == []


@pytest.mark.parametrize("certificate", ["cn-only", "rsa-1024", "sha1", "md5"])
def test_a_certificate_about_which_rules_disagree_fails_nobody_at_must(certificate: str) -> None:
    asked = [case for case in smtp_cases() if case.given.smtp.certificate == certificate]
    refusing = [case for case in asked if all(send.verify for send in case.sends)]
    assert refusing
    for case in refusing:
        assert {level_of(case, check) for check, _ in asked_of(case)} == {Level.SHOULD}, case.id
