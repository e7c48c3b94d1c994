"""One deed against one row has one level, whichever scenario finds it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.fakes.providers.registry import provider_names
from harness.model import Level
from harness.requirements import load_catalogue
from harness.scenario.case import Case
from harness.scenario.library import load_library

Deed = tuple[str, str, str]


@pytest.fixture(scope="module")
def api_cases() -> tuple[Case, ...]:
    return tuple(case for case in load_library().cases if case.given.api and case.then)


def test_one_deed_against_one_row_has_one_level_over_every_api(api_cases: tuple[Case, ...]) -> None:
    found: dict[Deed, dict[Level, set[str]]] = {}
    for case in api_cases:
        for deed, level in deeds(case):
            found.setdefault(deed, {}).setdefault(level, set()).add(case.scenario)
    assert found
    assert {deed: levels for deed, levels in found.items() if len(levels) > 1} == {}


def test_who_asks_with_an_empty_key_is_at_fault_at_should_everywhere(
    api_cases: tuple[Case, ...],
) -> None:
    asked = [case for case in api_cases if has_an_empty_credential(case)]
    named = {case.given.api.provider for case in asked if case.given.api}
    assert named == set(provider_names())
    for case in asked:
        levels = {deed[0]: level for deed, level in deeds(case)}
        assert levels.get("requests", Level.SHOULD) is Level.SHOULD, case.id


def test_that_an_empty_key_is_no_success_is_a_must_everywhere(api_cases: tuple[Case, ...]) -> None:
    catalogue = load_catalogue()
    for case in filter(has_an_empty_credential, api_cases):
        assert case.then is not None
        assert "sender.status" not in case.then.levels
        assert Level.highest(map(catalogue.level, case.rows)) is Level.MUST, case.id


def has_an_empty_credential(case: Case) -> bool:
    return any(
        isinstance(send.credentials, dict) and "" in send.credentials.values()
        for send in case.sends
    )


def deeds(case: Case) -> Iterator[tuple[Deed, Level]]:
    """What each clause on the wire asks of each row, and at which level it fails there."""
    catalogue = load_catalogue()
    assert case.then is not None
    for check, wanted in case.then.asked().items():
        lowered = case.then.levels.get(check)
        for row in case.then.decides.get(check, case.rows):
            level = catalogue.level(row)
            if lowered is not None:
                level = max(level, lowered, key=lambda each: each.rank)
            yield (check, str(wanted), row), level
