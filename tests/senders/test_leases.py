"""A program that stays up is one case's own, from its first send until its fakes are gone."""

from __future__ import annotations

import asyncio
import os
import re
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self, TypeAlias

import anyio
import anyio.to_thread
import pytest

from harness.execution import RunOrder, by_spec, execute, unheard
from harness.model import RunResult
from harness.protocol import SendRequest
from harness.reference.sender import handle as right
from harness.runner import Options
from harness.scenario.case import Case
from harness.scenario.library import load_library
from harness.senders.base import CaseState, Sender
from harness.senders.in_process import InProcessSender
from harness.senders.outcome import Answered, Hung, Outcome

pytestmark = [pytest.mark.wire, pytest.mark.anyio]

Program: TypeAlias = Callable[[str], str]
Open: TypeAlias = Callable[..., Sender]

LIMIT = 20.0

# Each case asks three times: between two of them another case could get hold of the program.
SCENARIO = """\
title: Three messages are sent and taken
verifies: [ORY-035]
axes: {name: [one, two, three, four]}
given: {smtp: {security: none, hostname: "{name}.fake.test"}}
when:
  - send: {}
  - send: {}
  - send: {}
then: {sender: {status: sent}, wire: {messages: 3, message: intact}}
"""

# Keeps a connection for each name that it is told, and uses it again as long as nothing has come
# on it: neither the end nor a word of the server's.
KEEPING = """
import json, os, select, smtplib, sys
from email.message import EmailMessage
from email.utils import formataddr

kept = {}

def address(box):
    return formataddr((box.get("name") or "", box["address"]))

def connected(request):
    transport = request["transport"]
    name = f"{transport['host']}:{transport['port']}"
    connection = kept.get(name)
    if connection is None or select.select([connection.sock], [], [], 0)[0]:
        host, _, port = request["connect_to"][name].rpartition(":")
        connection = kept[name] = smtplib.SMTP(host, int(port), local_hostname="me.example")
        connection.login(transport["username"], transport["password"])
    return connection

def handle(request):
    if request["action"] == "describe":
        return {"features": ["smtp", "security:none", "connect_to"]}
    told = request["message"]
    message = EmailMessage()
    message["From"], message["Subject"] = address(told["from"]), told["subject"]
    message["To"] = ", ".join(map(address, told["to"]))
    message.set_content(told["text"])
    connected(request).send_message(message)
    return {"status": "sent", "reason": str(os.getpid())}
"""
LOOP = """
for line in sys.stdin:
    print(json.dumps(handle(json.loads(line))), flush=True)
"""


@pytest.fixture
def cases(tmp_path: Path) -> tuple[Case, ...]:
    file = tmp_path / "scenarios" / "kept.yaml"
    file.parent.mkdir()
    file.write_text(SCENARIO, encoding="utf-8")
    return load_library((str(file),)).cases


@pytest.fixture(params=["lines", "python", "file"])
def spec(
    request: pytest.FixtureRequest,
    program: Program,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> str:
    """The sender that keeps its connections, driven in each way that leaves it up."""
    if request.param == "python":
        (tmp_path / "keeping.py").write_text(KEEPING, encoding="utf-8")
        monkeypatch.chdir(tmp_path)
        return "python:keeping:handle"
    lines = f"command+lines:{program(KEEPING + LOOP)}"
    if request.param == "lines":
        return lines
    file = tmp_path / "sender.yaml"
    file.write_text(f"sender: {lines!r}\nactions: {{send: {lines!r}}}\n", encoding="utf-8")
    return f"file:{file}"


async def carried_out(cases: tuple[Case, ...], spec: str, *, jobs: int, at_once: int) -> RunResult:
    """Run them with so many programs, and so many cases at once."""
    order = RunOrder(cases=cases, options=Options(jobs=at_once))
    made = by_spec(spec, environment={"PATH": "/usr/bin:/bin"}, jobs=jobs)
    return await execute(order, made, unheard)


@pytest.mark.parametrize(("jobs", "at_once"), [(1, 4), (2, 2), (2, 4), (4, 4)])
async def test_a_kept_connection_leads_to_no_other_case(
    jobs: int, at_once: int, spec: str, cases: tuple[Case, ...]
) -> None:
    result = await carried_out(cases, spec, jobs=jobs, at_once=at_once)
    assert len(result.cases) == 4
    for case in result.cases:
        lines = "\n".join(line for _, line in case.conversation).lower()
        assert case.verdict == "pass", (case.id, case.reason, lines)
        # It was greeted and logged in once, by its own fake, and kept that for three messages.
        [name] = case.axes.values()
        assert set(re.findall(r"(\w+)\.fake\.test", lines)) == {name}
        assert (lines.count("auth plain"), lines.count("mail from")) == (1, 3), lines


class Holding(InProcessSender):
    """Keeps a connection to the fake, and looks at it when the case gives the sender back."""

    def __init__(self) -> None:
        super().__init__("holding", self.hold)
        self.held: list[socket.socket] = []
        self.ends: list[bytes] = []

    def hold(self, request: dict[str, Any]) -> dict[str, Any]:
        if request["action"] == "describe":
            return {"features": ["smtp", "security:none", "connect_to"]}
        host, _, port = next(iter(request["connect_to"].values())).rpartition(":")
        self.held.append(socket.create_connection((host, int(port))))
        return right(request)

    @asynccontextmanager
    async def for_case(self, state: CaseState | None = None) -> AsyncIterator[Self]:
        try:
            yield self
        finally:
            for connection in self.held:
                connection.setblocking(False)
                self.ends.append(_drained(connection))
                connection.close()
            self.held.clear()


def _drained(connection: socket.socket) -> bytes:
    """What is left to read; `BlockingIOError` for a connection that is open still."""
    read = b""
    try:
        while more := connection.recv(4096):
            read += more
    except ConnectionResetError:
        pass
    return read


async def test_it_is_given_back_when_the_fakes_and_their_connections_are_gone(
    cases: tuple[Case, ...],
) -> None:
    sender = Holding()
    order = RunOrder(cases=cases[:1], options=Options(jobs=1))
    result = await execute(order, lambda _: sender, unheard)
    assert [str(case.verdict) for case in result.cases] == ["pass"]
    assert len(sender.ends) == 3


# The lease alone.

COUNTING = """
import json, os, sys, time
for count, line in enumerate(sys.stdin, 1):
    subject = json.loads(line)["message"]["subject"]
    if subject == "die":
        sys.exit(3)
    if subject == "hang":
        time.sleep(1000)
    print(json.dumps({"status": "sent", "reason": f"{os.getpid()} {count}"}), flush=True)
"""


def asking(request: SendRequest, subject: str) -> SendRequest:
    message = request.message.model_copy(update={"subject": subject})
    return request.model_copy(update={"message": message})


def told(outcome: Outcome) -> tuple[int, int]:
    assert isinstance(outcome, Answered), outcome
    process, count = (outcome.answer.reason or "").split()
    return int(process), int(count)


async def test_nobody_else_asks_a_program_that_a_case_holds(
    program: Program, opened: Open, request_to_send: SendRequest
) -> None:
    order: list[str] = []
    async with (
        opened(f"command+lines:{program(COUNTING)}", jobs=1) as sender,
        anyio.create_task_group() as tasks,
    ):

        async def other() -> None:
            async with sender.for_case() as its:
                order.append("the other has it")
                assert told(await its.send(request_to_send, limit=LIMIT))[1] == 4

        async with sender.for_case() as mine:
            tasks.start_soon(other)
            for number in (1, 2, 3):
                assert told(await mine.send(request_to_send, limit=LIMIT))[1] == number
            order.append("given back")
    assert order == ["given back", "the other has it"]


@pytest.mark.parametrize("subject", ["die", "hang"])
async def test_one_that_went_down_within_a_case_is_replaced(
    subject: str, program: Program, opened: Open, request_to_send: SendRequest
) -> None:
    async with opened(f"command+lines:{program(COUNTING)}", jobs=1) as sender:
        async with sender.for_case() as mine:
            first = told(await mine.send(request_to_send, limit=LIMIT))
            down = await mine.send(asking(request_to_send, subject), limit=0.5)
            assert isinstance(down, Hung) is (subject == "hang")
            second = told(await mine.send(request_to_send, limit=LIMIT))
        assert second[0] != first[0]
        assert second[1] == 1
        # The new one goes back to the others, and what is asked outside of a case finds it.
        assert told(await sender.send(request_to_send, limit=LIMIT)) == (second[0], 2)


async def test_a_restart_within_a_case_ends_the_program_of_that_case_only(
    program: Program, opened: Open, request_to_send: SendRequest
) -> None:
    async with (
        opened(f"command+lines:{program(COUNTING)}", jobs=2) as sender,
        sender.for_case() as mine,
        sender.for_case() as its,
    ):
        first = told(await mine.send(request_to_send, limit=LIMIT))
        other = told(await its.send(request_to_send, limit=LIMIT))
        await mine.restart()
        assert told(await mine.send(request_to_send, limit=LIMIT))[0] not in (first[0], other[0])
        assert told(await its.send(request_to_send, limit=LIMIT)) == (other[0], 2)


async def test_a_case_that_is_cut_off_leaves_its_program_to_nobody(
    program: Program, opened: Open, request_to_send: SendRequest
) -> None:
    async with opened(f"command+lines:{program(COUNTING)}", jobs=1) as sender:
        async with sender.for_case() as mine:
            first = told(await mine.send(request_to_send, limit=LIMIT))
            hanging = asyncio.ensure_future(mine.send(asking(request_to_send, "hang"), limit=LIMIT))
            await asyncio.wait([hanging], timeout=0)
            hanging.cancel()
            await asyncio.wait([hanging])
        after = told(await sender.send(request_to_send, limit=LIMIT))
    assert after[1] == 1
    assert after[0] != first[0]


async def test_what_is_written_after_an_answer_is_no_evidence_of_the_next_case(
    program: Program, opened: Open, request_to_send: SendRequest, tmp_path: Path
) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    line = program(
        "import sys\n"
        "for line in sys.stdin:\n"
        '    print(\'{"status": "sent"}\', flush=True)\n'
        "    print('late', flush=True)\n"
        f"    open({str(fifo)!r}, 'w').close()\n"
    )
    async with opened(f"command+lines:{line}", jobs=1) as sender:
        for _ in range(2):
            async with sender.for_case() as mine:
                outcome = await mine.send(request_to_send, limit=LIMIT)
            # A line that came along with the answer is that request's own.
            assert outcome.output.stdout.startswith(b'{"status": "sent"}')
            await anyio.to_thread.run_sync(fifo.read_bytes)
