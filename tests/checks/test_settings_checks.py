"""Whether settings that are read back are those that were stored."""

from __future__ import annotations

from typing import Any

import pytest

from harness.checks.record import Reaction, SettingsRecord, StoreRecord
from harness.checks.settings import ShownSettings, ask_settings, ask_status, stored_before
from harness.delivery_protocol import Configured, ConfigureRequest, StateRequest

from .made_up import make_record, make_request

HOST, USER = "mail.example.com", "ops@example.com"


def request(**changes: Any) -> ConfigureRequest:
    told = make_request().model_dump(mode="json")
    transport = {**told["transport"], "host": HOST, "port": 2525, "username": USER}
    return ConfigureRequest.model_validate(
        {"case": "a", "transport": transport, "trust": told["trust"], **changes}
    )


def settings(
    shown: dict[str, Any] | None, *, status: str = "stored", asked: ConfigureRequest | None = None
) -> StoreRecord:
    return StoreRecord(
        request=asked or request(),
        server="smtp",
        reaction=Reaction.ANSWERED,
        words="",
        summary="",
        first=1,
        last=1,
        answer=Configured.model_validate({"status": status, "settings": shown}),
    )


def read_back(shown: dict[str, Any] | None) -> SettingsRecord:
    made = settings(shown)
    return SettingsRecord(
        request=StateRequest(case="a"),
        reaction=made.reaction,
        words="",
        summary="",
        first=2,
        last=2,
        answer=made.answer,
    )


def met(asked: SettingsRecord, stored: StoreRecord | None, **wanted: Any) -> list[bool]:
    clause = ShownSettings.model_validate(wanted)
    return [seen.met for _, seen in ask_settings(asked, clause, stored)]


STORED = settings({"transport": {"host": HOST, "port": 2525, "username": USER}})


@pytest.mark.parametrize("word", ["host", "port", "username", "enabled"])
def test_what_was_told_is_shown(word: str) -> None:
    shown = {"transport": {"host": HOST.upper(), "port": "2525", "username": USER}, "enabled": True}
    assert met(read_back(shown), STORED, words=[word]) == [True]


@pytest.mark.parametrize("word", ["host", "port", "username", "enabled"])
def test_what_is_not_shown_is_told(word: str) -> None:
    (observed,) = ask_settings(
        read_back({"transport": {"host": "other.example.com"}}),
        ShownSettings.model_validate({"words": [word]}),
        STORED,
    )
    assert not observed[1].met
    assert word in observed[1].observed


def test_what_stands_in_a_uri_is_shown_too() -> None:
    shown = {"uri": f"smtp://ops%40example.com:***@{HOST}:2525/"}
    assert met(read_back(shown), STORED, words=["host", "port"]) == [True]


def test_whom_messages_are_from_is_shown_by_the_address() -> None:
    asked = settings(None, asked=request(**{"from": {"name": "Ops", "address": USER}}))
    assert met(read_back({"sender": f"Ops <{USER}>"}), asked, words=["from"]) == [True]


@pytest.mark.parametrize("shown", [None, {}, {"transport": None}])
def test_no_provider_is_shown_as_none(shown: dict[str, Any] | None) -> None:
    assert met(read_back(shown), STORED, provider="none") == [True]


def test_a_provider_is_not_none() -> None:
    assert met(read_back({"transport": {"host": HOST}}), STORED, provider="none") == [False]


def test_settings_that_are_refused_are_no_settings_that_hold() -> None:
    refused = settings(None, status="refused", asked=request(enabled=False))
    asked = read_back(None)
    record = make_record(asked=(STORED, refused, asked))
    assert stored_before(asked, record) is STORED
    assert [seen.met for _, seen in ask_status(refused, ("stored",))] == [False]
    assert [seen.met for _, seen in ask_status(refused, ("stored", "refused"))] == [True]


def test_before_anything_was_stored_there_is_nothing_to_show() -> None:
    asked = read_back(None)
    assert stored_before(asked, make_record(asked=(asked,))) is None
    assert met(asked, None, words=["host"]) == [True]
