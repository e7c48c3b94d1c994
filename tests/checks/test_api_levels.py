"""How much the scenarios about an API hold against a sender: no more than the documents say."""

from __future__ import annotations

import pytest

from harness.model import Level
from harness.protocol import ErrorClass, Phase
from harness.scenario.case import Case
from harness.scenario.library import load_library


@pytest.fixture(scope="module")
def cases() -> tuple[Case, ...]:
    return tuple(case for case in load_library().cases if case.given.api and case.then)


def asking(cases: tuple[Case, ...], key: str, level: Level | None) -> dict[str, Case]:
    """The cases that ask `key` at a lower level, or (None) at that of their rows."""
    return {
        case.id: case
        for case in cases
        if case.then and key in case.then.asked() and case.then.levels.get(key) is level
    }


def scenarios(cases: dict[str, Case]) -> set[str]:
    return {case.scenario for case in cases.values()}


def test_how_often_may_be_asked_is_a_must_only_where_a_row_says_so(
    cases: tuple[Case, ...],
) -> None:
    decided = {
        "api/any/bad-certificate",  # nothing may go to a host that is not the API
        "api/sendgrid/accepted-once",  # a 202 is one request (API-07)
        "delivery/refused-for-ever-by-an-api",  # who is refused for good asks once (DLV-06)
    }
    assert scenarios(asking(cases, "requests", None)) == decided


def test_who_asks_without_a_key_may_report_the_refusal(cases: tuple[Case, ...]) -> None:
    missing = [
        case
        for case in cases
        for send in case.sends
        if isinstance(send.credentials, dict) and "" in send.credentials.values()
    ]
    assert missing
    for case in missing:
        assert case.then is not None
        assert case.then.sender is not None
        assert case.then.sender.error is not None
        assert Phase.API in case.then.sender.error.phase, case.id
        assert ErrorClass.UNAUTHORIZED in case.then.sender.error.class_, case.id


def test_elsewhere_a_key_is_a_must_and_content_a_should(cases: tuple[Case, ...]) -> None:
    keys = asking(cases, "key-elsewhere", None)
    assert keys
    assert keys == asking(cases, "content-elsewhere", Level.SHOULD)
    assert not asking(cases, "content-elsewhere", None)
    assert not asking(cases, "key-elsewhere", Level.SHOULD)
