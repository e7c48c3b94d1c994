"""Each fault of an adapter is found by one question, and told with what to do about it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from harness.reference.sender import handle as right
from harness.scenario.case import Case
from harness.scenario.library import load_library
from harness.senders.in_process import InProcessSender
from harness.smoke import BOGUS, Rung, Soundness, smoke

pytestmark = pytest.mark.wire

Handle = Callable[[dict[str, Any]], Mapping[str, Any]]
NAMES = ["describe", "bogus", "send", "again", "together", "nobody there", "silence"]


class Impatient(InProcessSender):
    """A hang is cut soon."""

    def limit_for(self, timeout: float) -> float:
        return 10 * timeout + 2


@pytest.fixture(scope="module")
def library() -> tuple[Case, ...]:
    paths = ("scenarios/modes", "scenarios/network", "scenarios/api/any")
    return load_library(paths).cases


def asked(handle: Handle, library: tuple[Case, ...]) -> dict[str, Rung]:
    async def ask() -> dict[str, Rung]:
        questions = smoke(lambda _: Impatient("made up", handle), library, time_scale=0.25)
        return {rung.name: rung async for rung in questions}

    return asyncio.run(ask())


def faults(handle: Handle, library: tuple[Case, ...]) -> dict[str, Rung]:
    found = asked(handle, library)
    assert list(found) == NAMES
    return {name: rung for name, rung in found.items() if rung.state is Soundness.FAULT}


def test_a_sound_sender_has_no_fault(library: tuple[Case, ...]) -> None:
    assert {rung.state for rung in asked(right, library).values()} == {Soundness.OK}


def test_a_sender_of_an_api_alone_is_asked_that(library: tuple[Case, ...]) -> None:
    def by_api(request: dict[str, Any]) -> Mapping[str, Any]:
        answer = right(request)
        return {**answer, "features": ["api:sendgrid"]} if "features" in answer else answer

    found = asked(by_api, library)
    assert found["send"].seen.endswith("api/any/accepted[provider=sendgrid]")
    assert {rung.state for rung in found.values()} == {Soundness.OK}


def takes_everything_for_a_send(request: dict[str, Any]) -> Mapping[str, Any]:
    return right(request) if request["action"] == "send" else {"status": "sent"}


def breaks_at_what_it_does_not_know(request: dict[str, Any]) -> Mapping[str, Any]:
    if request["action"] == BOGUS:
        raise KeyError(request["action"])
    return right(request)


def misspells_a_feature(request: dict[str, Any]) -> Mapping[str, Any]:
    answer = right(request)
    if "features" in answer:
        return {**answer, "features": [*answer["features"], "stmp"]}
    return answer


def says_sent_without_sending(request: dict[str, Any]) -> Mapping[str, Any]:
    return right(request) if request["action"] != "send" else {"status": "sent"}


def sends_twice(request: dict[str, Any]) -> Mapping[str, Any]:
    if request["action"] == "send":
        right(request)
    return right(request)


def trusts_nobody(request: dict[str, Any]) -> Mapping[str, Any]:
    if request["action"] == "send":
        request["trust"]["ca_file"] = "/nowhere/ca.pem"
    return right(request)


def crashes_where_nobody_is(request: dict[str, Any]) -> Mapping[str, Any]:
    answer = right(request)
    if (answer.get("error") or {}).get("class") == "connection-refused":
        raise ConnectionRefusedError
    return answer


def waits_for_ever(request: dict[str, Any]) -> Mapping[str, Any]:
    answer = right(request)
    if (answer.get("error") or {}).get("class") == "connection-timeout":
        one, other = socket.socketpair()
        with one, other, contextlib.suppress(TimeoutError):
            one.settimeout(20)
            one.recv(1)
    return answer


def remembers_the_first_server() -> Handle:
    first: list[Any] = []

    def handle(request: dict[str, Any]) -> Mapping[str, Any]:
        if request["action"] == "send":
            first.append({key: request[key] for key in ("transport", "connect_to")})
            request |= first[0]
        return right(request)

    return handle


@pytest.mark.parametrize(
    ("handle", "names", "seen", "advice"),
    [
        (takes_everything_for_a_send, {"describe", "bogus"}, "`describe` with status 'sent'",
         "look at `action`"),
        (breaks_at_what_it_does_not_know, {"bogus"}, "crashed", '{"status": "unsupported"}'),
        (misspells_a_feature, {"describe"}, "did you mean 'smtp'?", "mend the answer"),
        (says_sent_without_sending, {"send", "nobody there", "silence"},
         "it says sent, and no server has the message", "wait for the server's answer"),
        (sends_twice, {"send"}, "2 messages were taken for one request", "send once a request"),
        (crashes_where_nobody_is, {"nobody there"}, "crashed", "catch what goes wrong"),
        (remembers_the_first_server(), {"again", "together"}, "it says failed", "never connected"),
    ],
)  # fmt: skip
def test_a_fault_is_found_and_told_with_what_to_do(
    handle: Handle, names: set[str], seen: str, advice: str, library: tuple[Case, ...]
) -> None:
    found = faults(handle, library)
    assert set(found) == names
    first = next(iter(found.values()))
    assert seen in first.seen
    assert advice in first.advice


def test_who_does_not_trust_the_harness_is_told_where_the_anchor_is(
    library: tuple[Case, ...],
) -> None:
    found = asked(trusts_nobody, library)
    assert found["send"].state is Soundness.FAULT
    assert found["again"].state is Soundness.SKIPPED


def test_a_sender_that_does_not_give_up_is_told_how_long_it_may_wait(
    library: tuple[Case, ...],
) -> None:
    found = faults(waits_for_ever, library)
    assert set(found) == {"silence"}
    assert "give each connection and each reply `timeout` seconds (0.5 here)" in (
        found["silence"].advice
    )
