"""A sender that is here, or a program where it has to be ended: its state is the case's own."""

from __future__ import annotations

import shlex
import signal
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from harness.senders.base import CaseState
from harness.senders.outcome import Replied
from harness.senders.standing import StandingSender

pytestmark = [pytest.mark.wire, pytest.mark.anyio]

Program = Callable[[str], str]
LIMIT = 20.0
ASKED = {"action": "state"}

# Counts in a file how often it was asked, and says which process it is.
COUNTS = """
import json, os, pathlib, sys
file = pathlib.Path(os.environ["HARNESS_STATE_DIR"]) / "asked"
for line in sys.stdin:
    with file.open("a") as asked:
        asked.write("x")
    times = len(file.read_text())
    print(json.dumps({"settings": {"times": times, "process": os.getpid()}}), flush=True)
"""


class Counts:
    """The same in this process."""

    def __init__(self, folder: str) -> None:
        self.file = Path(folder) / "asked"
        self.stopped = False

    def handle(self, request: Mapping[str, Any]) -> dict[str, Any]:
        del request
        with self.file.open("a") as asked:
            asked.write("x")
        return {"settings": {"times": len(self.file.read_text()), "process": 0}}

    def stop(self, *, patience: float) -> None:
        del patience
        self.stopped = True


def standing(program: str = "false", made: list[Counts] | None = None) -> StandingSender:
    def make(folder: str) -> Counts:
        found = Counts(folder)
        if made is not None:
            made.append(found)
        return found

    return StandingSender(
        "made up",
        lambda _: {"settings": None},
        made_for=make,
        words=tuple(shlex.split(program)),
        environment={},
    )


async def asked(sender: StandingSender) -> Any:
    outcome = await sender.ask(ASKED, limit=LIMIT)
    assert isinstance(outcome, Replied), outcome.words
    return outcome.document["settings"]


async def test_without_state_the_function_answers() -> None:
    async with standing() as sender, sender.for_case() as bound:
        assert not bound.has_own_state
        assert await asked(bound) is None


async def test_with_state_one_is_made_for_the_case_and_stopped_at_its_end(tmp_path: Path) -> None:
    made: list[Counts] = []
    async with standing(made=made) as sender:
        async with sender.for_case(CaseState(folder=str(tmp_path))) as bound:
            assert bound.has_own_state
            assert (await asked(bound))["times"] == 1
            assert (await asked(bound))["times"] == 2
        assert await asked(sender) is None
    (one,) = made
    assert one.stopped


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
async def test_as_a_program_it_is_ended_and_comes_back_to_its_state(
    number: signal.Signals, program: Program, tmp_path: Path
) -> None:
    folder = tmp_path / "state"
    folder.mkdir()
    state = CaseState(folder=str(folder), in_a_process=True)
    async with standing(program(COUNTS)) as sender, sender.for_case(state) as bound:
        before = await asked(bound)
        await bound.restart(signal_number=number)
        after = await asked(bound)
    assert (before["times"], after["times"]) == (1, 2)
    assert before["process"] != after["process"]


async def test_several_programs_are_asked_in_turn_on_one_state(
    program: Program, tmp_path: Path
) -> None:
    folder = tmp_path / "state"
    folder.mkdir()
    state = CaseState(folder=str(folder), in_a_process=True)
    async with standing(program(COUNTS)) as sender, sender.for_case(state) as bound:
        await bound.set_instances(2)
        found = [await asked(bound) for _ in range(4)]
    assert [each["times"] for each in found] == [1, 2, 3, 4]
    processes = [each["process"] for each in found]
    assert processes[:2] == processes[2:]
    assert processes[0] != processes[1]
