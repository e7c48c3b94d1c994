from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import anyio
import pytest

from harness.errors import SenderNotFoundError
from harness.protocol import SendRequest
from harness.senders.base import Sender
from harness.senders.outcome import Answered, Crashed, Hung, NoAnswer, Outcome, Unsupported

pytestmark = pytest.mark.anyio

Program: TypeAlias = Callable[[str], str]
Open: TypeAlias = Callable[..., Sender]

LIMIT = 20.0

# Does what the subject says, and tells its process and how many requests it had.
OBEDIENT = """
import json, os, sys, time
count = 0
for line in sys.stdin.buffer:
    request = json.loads(line)
    count += 1
    if request["action"] == "describe":
        print(json.dumps({"features": ["smtp"]}), flush=True)
        continue
    subject = request["message"]["subject"]
    print(f"junk {count}", flush=True)
    print(f"note {count}", file=sys.stderr, flush=True)
    if subject == "hang":
        time.sleep(1000)
    if subject.startswith("exit "):
        sys.exit(int(subject[5:]))
    told = f"{os.getpid()} {count}"
    print(json.dumps({"status": "sent", "reason": told}), flush=True)
    if subject == "answer and exit":
        sys.exit(0)
"""


def asking(request: SendRequest, subject: str) -> SendRequest:
    message = request.message.model_copy(update={"subject": subject})
    return request.model_copy(update={"message": message})


def told(outcome: Outcome) -> tuple[int, int]:
    assert isinstance(outcome, Answered), outcome
    process, count = (outcome.answer.reason or "").split()
    return int(process), int(count)


async def test_one_process_answers_one_request_after_the_other(
    program: Program, opened: Open, request_to_send: SendRequest
) -> None:
    async with opened(f"command+lines:{program(OBEDIENT)}") as sender:
        await sender.describe(LIMIT)
        first = await sender.send(request_to_send, limit=LIMIT)
        second = await sender.send(request_to_send, limit=LIMIT)
    assert told(first)[0] == told(second)[0]
    assert (told(first)[1], told(second)[1]) == (2, 3)


async def test_other_lines_are_the_evidence_of_their_own_request(
    program: Program, opened: Open, request_to_send: SendRequest
) -> None:
    async with opened(f"command+lines:{program(OBEDIENT)}") as sender:
        for number in (1, 2):
            outcome = await sender.send(request_to_send, limit=LIMIT)
            assert outcome.output.stdout.startswith(b"junk %d\n{" % number)
            assert outcome.output.stderr == b"note %d\n" % number


async def test_after_a_hang_it_is_started_anew(
    program: Program, opened: Open, request_to_send: SendRequest
) -> None:
    async with opened(f"command+lines:{program(OBEDIENT)}") as sender:
        first = await sender.send(request_to_send, limit=LIMIT)
        hung = await sender.send(asking(request_to_send, "hang"), limit=0.5)
        after = await sender.send(request_to_send, limit=LIMIT)
    assert isinstance(hung, Hung)
    assert hung.output.stdout == b"junk 2\n"
    assert "not flushed" in hung.words
    assert told(after)[1] == 1
    assert told(after)[0] != told(first)[0]
    with pytest.raises(ProcessLookupError):
        os.kill(told(first)[0], 0)


async def test_who_writes_what_is_no_answer_is_told_so(
    program: Program, opened: Open, request_to_send: SendRequest
) -> None:
    line = program(
        "import sys\n"
        "input()\n"
        'print(\'{"status": "sent"}\', flush=True)\n'
        "for line in sys.stdin:\n"
        "    print('connecting\\nsent ok', flush=True)\n"
    )
    async with opened(f"command+lines:{line}") as sender:
        await sender.send(request_to_send, limit=LIMIT)
        outcome = await sender.send(request_to_send, limit=1.0)
    assert isinstance(outcome, Hung)
    assert outcome.words == (
        'gave no answer within 1 s (it wrote "sent ok", which is no answer: no line of stdout is '
        "a JSON object with `status`; output that is not flushed after each answer looks the same)"
    )


@pytest.mark.parametrize(("status", "kind"), [(5, Crashed), (77, Unsupported), (0, NoAnswer)])
async def test_after_its_end_it_is_started_anew(
    status: int, kind: type[Outcome], program: Program, opened: Open, request_to_send: SendRequest
) -> None:
    async with opened(f"command+lines:{program(OBEDIENT)}") as sender:
        ended = await sender.send(asking(request_to_send, f"exit {status}"), limit=LIMIT)
        after = await sender.send(request_to_send, limit=LIMIT)
    assert isinstance(ended, kind)
    assert ended.output.stderr == b"note 1\n"
    assert told(after)[1] == 1


async def test_an_answer_before_the_end_counts(
    program: Program, opened: Open, request_to_send: SendRequest
) -> None:
    async with opened(f"command+lines:{program(OBEDIENT)}", jobs=1) as sender:
        outcome = await sender.send(asking(request_to_send, "answer and exit"), limit=LIMIT)
    assert told(outcome)[1] == 1


async def test_an_answer_that_arrives_after_the_end_counts(
    program: Program, opened: Open, request_to_send: SendRequest
) -> None:
    """Without a line end it is complete only when nobody can write any more."""
    line = program(
        "import subprocess, sys\n"
        "sys.stdin.readline()\n"
        "subprocess.Popen(['sleep', '1000'])\n"
        'sys.stdout.write(\'{"status": "sent"}\')\n'
    )
    async with opened(f"command+lines:{line}") as sender:
        assert isinstance(await sender.send(request_to_send, limit=LIMIT), Answered)


async def test_an_answer_too_many_is_not_taken_for_the_next_one(
    program: Program, opened: Open, request_to_send: SendRequest
) -> None:
    line = program(
        "import json, sys\n"
        "for number, line in enumerate(sys.stdin):\n"
        "    one = json.dumps({'status': 'sent', 'reason': str(number)})\n"
        "    two = json.dumps({'status': 'failed'})\n"
        "    sys.stdout.write(f'{one}\\n{two}\\n')\n"
        "    sys.stdout.flush()\n"
    )
    async with opened(f"command+lines:{line}") as sender:
        for number in ("0", "1", "2"):
            outcome = await sender.send(request_to_send, limit=LIMIT)
            assert isinstance(outcome, Answered)
            assert outcome.answer.reason == number


async def test_as_many_copies_run_as_there_are_jobs(
    program: Program, opened: Open, request_to_send: SendRequest
) -> None:
    async def processes(jobs: int) -> set[int]:
        found: set[int] = set()
        async with opened(f"command+lines:{program(OBEDIENT)}", jobs=jobs) as sender:

            async def send() -> None:
                found.add(told(await sender.send(request_to_send, limit=LIMIT))[0])

            async with anyio.create_task_group() as tasks:
                for _ in range(4):
                    tasks.start_soon(send)
        return found

    assert len(await processes(1)) == 1
    assert len(await processes(2)) == 2


async def test_the_wait_for_a_free_process_does_not_count(
    program: Program, opened: Open, request_to_send: SendRequest
) -> None:
    outcomes: list[Outcome] = []
    async with opened(f"command+lines:{program(OBEDIENT)}", jobs=1) as sender:

        async def send(subject: str, limit: float) -> None:
            outcomes.append(await sender.send(asking(request_to_send, subject), limit=limit))

        async with anyio.create_task_group() as tasks:
            for _ in range(3):
                tasks.start_soon(send, "hang", 0.5)
    assert [type(outcome) for outcome in outcomes] == [Hung] * 3
    assert all(outcome.output.stdout for outcome in outcomes)


async def test_closing_lets_it_see_the_end_of_its_input(
    program: Program, opened: Open, request_to_send: SendRequest, tmp_path: Path
) -> None:
    line = program(OBEDIENT + f"open({str(tmp_path / 'bye')!r}, 'w').close()\n")
    async with opened(f"command+lines:{line}") as sender:
        await sender.send(request_to_send, limit=LIMIT)
    assert (tmp_path / "bye").exists()


async def test_a_restart_sends_the_signal_and_waits_for_the_end(
    program: Program, opened: Open, request_to_send: SendRequest, tmp_path: Path
) -> None:
    note = tmp_path / "note"
    line = program(
        "import os, signal, sys\n"
        "def stop(number, frame):\n"
        f"    open({str(note)!r}, 'w').close()\n"
        "    sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, stop)\n" + OBEDIENT
    )
    async with opened(f"command+lines:{line}") as sender:
        first = await sender.send(request_to_send, limit=LIMIT)
        await sender.restart()
        assert note.exists()
        note.unlink()
        second = await sender.send(request_to_send, limit=LIMIT)
        await sender.restart(signal_number=signal.SIGKILL)
        assert not note.exists()
        third = await sender.send(request_to_send, limit=LIMIT)
    assert len({told(outcome)[0] for outcome in (first, second, third)}) == 3


async def test_a_cancelled_run_ends_them_properly(
    program: Program, opened: Open, request_to_send: SendRequest, tmp_path: Path
) -> None:
    line = program(OBEDIENT + f"open({str(tmp_path / 'bye')!r}, 'w').close()\n")
    processes = []
    with anyio.CancelScope() as scope:
        async with opened(f"command+lines:{line}") as sender:
            processes.append(told(await sender.send(request_to_send, limit=LIMIT))[0])
            scope.cancel()
            await sender.send(request_to_send, limit=LIMIT)
    assert scope.cancelled_caught
    with pytest.raises(ProcessLookupError):
        os.kill(processes[0], 0)


async def test_a_program_that_does_not_exist_is_named(opened: Open) -> None:
    with pytest.raises(SenderNotFoundError, match="no-such-program"):
        await opened("command+lines:no-such-program").start()
