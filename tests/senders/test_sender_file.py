from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from harness.errors import SenderNotFoundError, UsageError
from harness.protocol import ASSUMED_FEATURES, KNOWN_FEATURES, ErrorClass, Phase, SendRequest
from harness.senders.base import Sender
from harness.senders.outcome import (
    Answered,
    Crashed,
    Described,
    NoAnswer,
    Replied,
    Unsupported,
)

pytestmark = pytest.mark.anyio

Program: TypeAlias = Callable[[str], str]
Open: TypeAlias = Callable[..., Sender]
Write: TypeAlias = Callable[..., str]

LIMIT = 20.0


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a sender file, and gives its SPEC."""

    def write_it(*lines: str) -> str:
        path = tmp_path / f"sender{len(list(tmp_path.iterdir()))}.yaml"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return f"file:{path}"

    return write_it


ANSWER = """
import json, os, sys
action = json.load(sys.stdin)["action"]
if action == "describe":
    print(json.dumps({"name": "x", "features": ["smtp", "timeout"]}))
elif action == "send":
    print(json.dumps({"status": "sent", "reason": os.environ.get("MODE", "none")}))
else:
    print(json.dumps({"status": "unsupported"}))
"""


async def test_the_sender_of_a_file_is_driven(
    program: Program, opened: Open, write: Write, request_to_send: SendRequest
) -> None:
    spec = write(f"sender: {'command:' + program(ANSWER)!r}")
    async with opened(spec) as sender:
        assert sender.name == spec
        assert isinstance(await sender.describe(LIMIT), Described)
        assert sender.features == {"smtp", "timeout"}
        assert sender.measured_start > 0
        assert isinstance(await sender.send(request_to_send, limit=LIMIT), Answered)


async def test_its_environment_overrides_the_runs(
    program: Program, opened: Open, write: Write, request_to_send: SendRequest
) -> None:
    spec = write(f"sender: {'command:' + program(ANSWER)!r}", 'environment: {MODE: "5.70", X: "1"}')
    async with opened(spec, environment={"PATH": os.defpath, "MODE": "run"}) as sender:
        outcome = await sender.send(request_to_send, limit=LIMIT)
    assert isinstance(outcome, Answered)
    assert outcome.answer.reason == "5.70"


async def test_its_features_stand_above_what_the_program_says(
    program: Program, opened: Open, write: Write
) -> None:
    spec = write(
        f"sender: {'command:' + program(ANSWER)!r}", "features: [smtp, 'security:tls', state]"
    )
    async with opened(spec) as sender:
        outcome = await sender.describe(LIMIT)
        assert sender.features == {"smtp", "security:tls", "state"}
    assert isinstance(outcome, Described)
    assert set(outcome.description.features) == {"smtp", "security:tls", "state"}
    assert outcome.description.name == "x"
    assert outcome.document["features"] == ["smtp", "timeout"]


async def test_features_do_not_hide_that_the_program_gave_no_answer(
    opened: Open, write: Write
) -> None:
    for program, kind in (("false", Crashed), ("true", NoAnswer)):
        async with opened(write(f"sender: command:{program}", "features: [smtp]")) as sender:
            assert isinstance(await sender.describe(LIMIT), kind)
            assert sender.features == {"smtp"}


async def test_one_mode_of_a_fixed_command_line_is_named_in_the_file(
    opened: Open, write: Write, request_to_send: SendRequest
) -> None:
    line = "sender: 'template:true {host} {port} {username} {password} {from} {to*}'"
    async with opened(write(line, "features: [smtp, 'security:starttls']")) as sender:
        assert isinstance(await sender.send(request_to_send, limit=LIMIT), Answered)
    async with opened(write(line, "features: [smtp, 'security:tls']")) as sender:
        assert isinstance(await sender.send(request_to_send, limit=LIMIT), Unsupported)


async def test_its_error_map_explains_failures(
    opened: Open, write: Write, request_to_send: SendRequest
) -> None:
    spec = write(
        "sender: \"template:sh -c 'echo 535 denied >&2; exit 1' {uri} {from} {to*}\"",
        "error_map:",
        "  - {pattern: '^5[0-9][0-9] denied', phase: auth, class: auth-rejected}",
    )
    async with opened(spec) as sender:
        outcome = await sender.send(request_to_send, limit=LIMIT)
    assert isinstance(outcome, Answered)
    assert outcome.answer.error is not None
    assert outcome.answer.error.phase is Phase.AUTH
    assert outcome.answer.error.class_ is ErrorClass.AUTH_REJECTED


def test_its_limit_for_a_case_replaces_the_usual_one(opened: Open, write: Write) -> None:
    assert opened(write("sender: command:true", "limits: {case: 7}")).limit_for(2.0) == 7
    assert opened(write("sender: command:true")).limit_for(2.0) == 30


async def test_its_limit_for_the_start_replaces_the_callers(opened: Open, write: Write) -> None:
    spec = write("sender: command:sleep 1000", "limits: {start: 0.3}")
    async with opened(spec) as sender:
        assert (await sender.describe(LIMIT)).words == "gave no answer within 0.3 s"


async def test_an_action_of_its_own_is_asked_of_its_own_program(
    program: Program, opened: Open, write: Write, request_to_send: SendRequest
) -> None:
    stored = program('print(\'{"status": "stored", "settings": {}}\')')
    spec = write(
        f"sender: {'command:' + program(ANSWER)!r}",
        "actions:",
        f"  configure: {stored!r}",
        "  deliveries: 'command:echo {\\\"deliveries\\\":[]}'".replace("\\\\", "\\"),
    )
    async with opened(spec) as sender:
        assert isinstance(await sender.send(request_to_send, limit=LIMIT), Answered)
        outcome = await sender.ask({"action": "configure"}, limit=LIMIT)
        assert isinstance(outcome, Replied)
        assert outcome.document["status"] == "stored"
        outcome = await sender.ask({"action": "deliveries"}, limit=LIMIT)
        assert isinstance(outcome, Replied)
        assert outcome.document == {"deliveries": []}
        await sender.describe(LIMIT)
        assert sender.features == {"smtp", "timeout", "configure", "delivery-log"}


async def test_actions_add_to_what_is_assumed(opened: Open, write: Write) -> None:
    spec = write("sender: command:sh -c 'exit 77'", "actions: {configure: 'true'}")
    async with opened(spec) as sender:
        outcome = await sender.describe(LIMIT)
        assert sender.features == ASSUMED_FEATURES | {"configure"}
    assert isinstance(outcome, Described)
    assert set(outcome.description.features) == sender.features


async def test_a_file_can_list_every_feature_that_there_is(opened: Open, write: Write) -> None:
    spec = write("sender: command:true", f"features: [{', '.join(sorted(KNOWN_FEATURES))}]")
    assert opened(spec).features == KNOWN_FEATURES
    assert "uri" in KNOWN_FEATURES


async def test_a_program_of_the_file_that_does_not_exist_is_not_found(
    opened: Open, write: Write
) -> None:
    with pytest.raises(SenderNotFoundError, match="no-such-program"):
        async with opened(write("sender: command:no-such-program")):
            pass


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["sender: command:true", "evironment: {}"], ":2: evironment: there is no such key"),
        (["environment: {}"], ":1: sender: this is missing"),
        (["sender: command:true", "environment: {PORT: 25}"], ":2: environment.PORT: "),
        (["sender: command:true", "proxy: true"], ":2: proxy: there is no such key"),
        (
            ["sender: command:true", "features: [smpt]"],
            "unknown feature; did you mean smtp?",
        ),
        (["sender: command:true", "limits: {case: 0}"], ":2: limits.case: "),
        (["sender: command:true", "limits: {case: .inf}"], ":2: limits.case: "),
        (["sender: command:true", "actions: {sned: x}"], ":2: actions.sned"),
        (
            ["sender: command:true", "error_map:", "  - {pattern: '(', phase: tls}"],
            ":3: error_map.0.pattern: no regular expression: ",
        ),
        (
            ["sender: command:true", "error_map:", "  - {pattern: 'x'}"],
            ":3: error_map.0: a phase or a class is due",
        ),
        (
            ["sender: command:true", "error_map:", "  - {pattern: x, class: tls-error}"],
            ":3: error_map.0.class: ",
        ),
        (["- a"], ":1: file: "),
        (["sender: [x"], "no YAML"),
        (["sender: file:other.yaml"], "cannot name another one"),
        (["sender: commnd:true"], "no such sender"),
    ],
)
def test_a_mistake_is_told_with_its_place(
    lines: list[str], words: str, opened: Open, write: Write
) -> None:
    spec = write(*lines)
    with pytest.raises(UsageError) as caught:
        opened(spec)
    assert words in str(caught.value)
    assert spec.removeprefix("file:") in str(caught.value)


def test_a_file_that_is_not_there_is_told(opened: Open, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        opened(f"file:{tmp_path / 'none.yaml'}")
