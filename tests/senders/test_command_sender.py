from __future__ import annotations

import json
import os
import select
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import anyio
import anyio.lowlevel
import pytest

from harness.errors import SenderError, SenderNotFoundError
from harness.protocol import ASSUMED_FEATURES, SendRequest
from harness.senders.base import Sender, case_limit
from harness.senders.capture import KEPT_AT_EACH_END
from harness.senders.outcome import Answered, Crashed, Hung, NoAnswer, Replied, Unsupported

pytestmark = pytest.mark.anyio

Program: TypeAlias = Callable[[str], str]
Open: TypeAlias = Callable[..., Sender]

LIMIT = 20.0
SENT = '{"status": "sent"}'


def with_text(request: SendRequest, length: int) -> SendRequest:
    """More than a pipe holds."""
    message = request.message.model_copy(update={"text": "x" * length})
    return request.model_copy(update={"message": message})


def open_descriptors() -> set[Path]:
    return set(Path("/dev/fd").iterdir())


@contextmanager
def lifeline(tmp_path: Path) -> Iterator[tuple[Path, int]]:
    """A FIFO that a process holds open as long as it lives."""
    path = tmp_path / "lifeline"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        yield path, reader
    finally:
        os.close(reader)


def last_words(reader: int) -> bytes:
    """What was written into a lifeline until nobody held it any more."""
    words = b""
    while True:
        ready, _, _ = select.select([reader], [], [], 10)
        assert ready, "somebody is still alive"
        piece = os.read(reader, 100)
        if not piece:
            return words
        words += piece


async def test_it_gets_one_document_and_end_of_file_and_answers(
    program: Program, opened: Open, request_to_send: SendRequest
) -> None:
    line = program(
        "import json, sys\n"
        "request = json.loads(sys.stdin.buffer.read().decode('utf-8'))\n"
        "print('working')\n"
        "print('a note', file=sys.stderr)\n"
        "print(json.dumps({'status': 'sent', 'reason': request['message']['subject']}))\n"
    )
    async with opened(f"command:{line}") as sender:
        assert sender.name == f"command:{line}"
        outcome = await sender.send(request_to_send, limit=LIMIT)
    assert isinstance(outcome, Answered)
    assert outcome.answer.status == "sent"
    assert outcome.answer.reason == "Grüße 'an' alle"
    assert outcome.complaints == ()
    assert outcome.output.stdout.startswith(b"working\n{")
    assert outcome.output.stderr == b"a note\n"


async def test_the_request_on_stdin_is_the_protocols_document(
    opened: Open, request_to_send: SendRequest, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.json"
    async with opened(
        f'command:sh -c \'cat > {copy}; echo {{\\"status\\":\\"sent\\"}}\''
    ) as sender:
        outcome = await sender.send(request_to_send, limit=LIMIT)
    assert isinstance(outcome, Answered), outcome
    assert json.loads(copy.read_text()) == request_to_send.model_dump(mode="json", by_alias=True)


async def test_of_two_answers_the_last_counts_though_other_lines_follow(
    program: Program, opened: Open, request_to_send: SendRequest
) -> None:
    line = program(
        f"""print('{{"status": "failed"}}')\nprint('{SENT}')\nprint('{{"level": 1}}\\nbye')"""
    )
    async with opened(f"command:{line}") as sender:
        outcome = await sender.send(request_to_send, limit=LIMIT)
    assert isinstance(outcome, Answered)
    assert outcome.answer.status == "sent"


async def test_an_answer_without_a_line_end_is_read(
    program: Program, opened: Open, request_to_send: SendRequest
) -> None:
    line = program(f"print('{SENT}', end='')")
    async with opened(f"command:{line}") as sender:
        assert isinstance(await sender.send(request_to_send, limit=LIMIT), Answered)


async def test_an_exit_status_after_an_answer_is_a_complaint(
    program: Program, opened: Open, request_to_send: SendRequest
) -> None:
    line = program(f"print('{SENT}')\nraise SystemExit(3)")
    async with opened(f"command:{line}") as sender:
        outcome = await sender.send(request_to_send, limit=LIMIT)
    assert isinstance(outcome, Answered)
    assert outcome.complaints == ("after its answer it ended with exit status 3",)


async def test_exit_status_77_is_unsupported_whatever_else_was_said(
    program: Program, opened: Open, request_to_send: SendRequest
) -> None:
    source = "import sys\nprint('no APIs: \u00e9', file=sys.stderr)\nsys.exit(77)"
    async with opened(f"command:{program(source)}") as sender:
        outcome = await sender.send(request_to_send, limit=LIMIT)
    assert isinstance(outcome, Unsupported)
    assert outcome.reason in ("no APIs: \u00e9", "no APIs: \\xe9")
    assert outcome.document is None
    assert not outcome.by_adapter
    async with opened(f"command:{program(f'print({SENT!r})' + chr(10) + source)}") as sender:
        outcome = await sender.send(request_to_send, limit=LIMIT)
    assert isinstance(outcome, Unsupported)
    assert outcome.document == {"status": "sent"}


async def test_a_status_without_an_answer_is_a_crash(
    program: Program, opened: Open, request_to_send: SendRequest
) -> None:
    async with opened(f"command:{program('raise RuntimeError(5)')}") as sender:
        outcome = await sender.send(request_to_send, limit=LIMIT)
    assert isinstance(outcome, Crashed)
    assert (outcome.exit_status, outcome.signal) == (1, None)
    assert outcome.words == "crashed: ended with exit status 1"
    assert b"RuntimeError: 5" in outcome.output.stderr


async def test_a_deadly_signal_is_named(opened: Open, request_to_send: SendRequest) -> None:
    async with opened("command:sh -c 'kill -SEGV $$'") as sender:
        outcome = await sender.send(request_to_send, limit=LIMIT)
    assert isinstance(outcome, Crashed)
    assert (outcome.exit_status, outcome.signal) == (None, "SIGSEGV")


@pytest.mark.parametrize("words", ["", "sent", '{"state": "sent"}', '{"status": "fine"}'])
async def test_garbage_and_status_0_is_no_answer(
    words: str, program: Program, opened: Open, request_to_send: SendRequest
) -> None:
    async with opened(f"command:{program(f'print({words!r})')}") as sender:
        outcome = await sender.send(request_to_send, limit=LIMIT)
    assert isinstance(outcome, NoAnswer)
    assert outcome.output.stdout == f"{words}\n".encode()


async def test_a_hang_is_cut_and_takes_the_whole_group_with_it(
    opened: Open, request_to_send: SendRequest, tmp_path: Path
) -> None:
    with lifeline(tmp_path) as (path, reader):
        script = f"exec 9> {path}; echo alive >&9; echo hello; sleep 1000 & sleep 1000"
        async with opened(f"command:sh -c '{script}'") as sender:
            outcome = await sender.send(request_to_send, limit=0.5)
        assert isinstance(outcome, Hung)
        assert outcome.limit == 0.5
        assert outcome.output.stdout == b"hello\n"
        assert last_words(reader) == b"alive\n"


async def test_an_answer_of_a_program_that_does_not_end_is_a_hang(
    opened: Open, request_to_send: SendRequest
) -> None:
    async with opened('command:sh -c \'echo "{\\"status\\":\\"sent\\"}"; sleep 1000\'') as sender:
        outcome = await sender.send(request_to_send, limit=0.5)
    assert isinstance(outcome, Hung)
    assert outcome.document == {"status": "sent"}
    assert outcome.words == "printed an answer but did not end within 0.5 s"


async def test_what_a_program_leaves_behind_dies_with_its_case(
    opened: Open, request_to_send: SendRequest, tmp_path: Path
) -> None:
    with lifeline(tmp_path) as (path, reader):
        answer = 'echo "{\\"status\\":\\"sent\\"}"'
        script = f"exec 9> {path}; echo alive >&9; sleep 1000 & {answer}"
        async with opened(f"command:sh -c '{script}'") as sender:
            outcome = await sender.send(request_to_send, limit=LIMIT)
        assert isinstance(outcome, Answered)
        assert last_words(reader) == b"alive\n"


@pytest.mark.skipif(shutil.which("setsid") is None, reason="there is no setsid here")
async def test_a_daemon_that_left_the_group_does_not_hold_us_up(
    opened: Open, request_to_send: SendRequest, tmp_path: Path
) -> None:
    pid_file = tmp_path / "pid"
    script = f'exec 3<&0; setsid sh -c "echo \\$\\$ > {pid_file}; exec sleep 1000" <&3 & '
    script += f"while [ ! -s {pid_file} ]; do :; done; "
    script += 'echo "{\\"status\\":\\"sent\\"}"'
    async with opened(f"command:sh -c '{script}'") as sender:
        before = open_descriptors()
        try:
            outcome = await sender.send(with_text(request_to_send, 3_000_000), limit=LIMIT)
            await anyio.lowlevel.checkpoint()
            assert open_descriptors() == before
        finally:
            os.kill(int(pid_file.read_text()), signal.SIGKILL)
    assert isinstance(outcome, Answered)


@pytest.mark.parametrize("first", ["", "cat; "], ids=["as it starts", "once it is up"])
async def test_a_cancelled_request_kills_the_program(
    first: str, opened: Open, request_to_send: SendRequest, tmp_path: Path
) -> None:
    with lifeline(tmp_path) as (path, reader):
        script = f"{first}exec 9> {path}; echo alive >&9; sleep 1000"
        async with (
            opened(f"command:sh -c '{script}'") as sender,
            anyio.create_task_group() as tasks,
        ):

            async def send() -> None:
                await sender.send(request_to_send, limit=LIMIT)

            tasks.start_soon(send)
            await anyio.wait_readable(reader)
            tasks.cancel_scope.cancel()
        assert last_words(reader) == b"alive\n"


@pytest.mark.parametrize("flooded", ["", ">&2"], ids=["stdout", "stderr"])
@pytest.mark.parametrize("source", ["yes", "cat /dev/zero"])
async def test_a_flood_neither_blocks_nor_is_it_kept(
    source: str, flooded: str, opened: Open, request_to_send: SendRequest
) -> None:
    script = f"echo first {flooded}; {source} | head -c 50000000 {flooded}; "
    script += 'echo; echo "{\\"status\\":\\"sent\\"}"; echo last >&2'
    async with opened(f"command:sh -c '{script}'") as sender:
        outcome = await sender.send(request_to_send, limit=60)
    assert isinstance(outcome, Answered)
    assert outcome.output.truncated
    kept = outcome.output.stderr if flooded else outcome.output.stdout
    assert 2 * KEPT_AT_EACH_END <= len(kept) <= 2 * KEPT_AT_EACH_END + 100
    assert kept.startswith(b"first\n")
    assert kept.endswith(b"last\n" if flooded else b'{"status":"sent"}\n')


async def test_a_flood_without_end_is_a_hang(opened: Open, request_to_send: SendRequest) -> None:
    async with opened("command:yes") as sender:
        outcome = await sender.send(request_to_send, limit=0.5)
    assert isinstance(outcome, Hung)
    assert outcome.output.truncated


async def test_a_program_need_not_read_its_stdin(
    opened: Open, request_to_send: SendRequest
) -> None:
    request = with_text(request_to_send, 3_000_000)
    answer = 'echo "{\\"status\\":\\"sent\\"}"'
    for script in (answer, f"exec <&-; {answer}", f"head -c 10 > /dev/null; {answer}"):
        async with opened(f"command:sh -c '{script}'") as sender:
            assert isinstance(await sender.send(request, limit=LIMIT), Answered)


async def test_its_environment_is_the_runs_own(
    program: Program, opened: Open, request_to_send: SendRequest
) -> None:
    line = program(
        "import json, os\n"
        "seen = json.dumps(dict(os.environ))\n"
        "print(json.dumps({'status': 'sent', 'reason': seen}))"
    )
    environment = {"PATH": os.defpath, "MINE": "1", "HTTPS_PROXY": "http://p.example"}
    async with opened(f"command:{line}", environment=environment, state_dir="/state") as sender:
        outcome = await sender.send(request_to_send, limit=LIMIT)
    assert isinstance(outcome, Answered)
    seen = json.loads(outcome.answer.reason or "")
    assert seen["SSL_CERT_FILE"] == "/anchor/ca.pem"
    assert seen["HARNESS_STATE_DIR"] == "/state"
    assert seen["MINE"] == "1"
    assert "HTTPS_PROXY" not in seen


async def test_describe_is_asked_and_its_start_measured(program: Program, opened: Open) -> None:
    line = program(
        "import json, sys\n"
        "assert json.load(sys.stdin) == {'protocol': 1, 'action': 'describe'}\n"
        "print(json.dumps({'name': 'x', 'features': ['smtp', 'security:tls']}))\n"
    )
    async with opened(f"command:{line}") as sender:
        assert sender.features == ASSUMED_FEATURES
        await sender.describe(LIMIT)
        assert sender.features == {"smtp", "security:tls"}
        assert 0 < sender.measured_start <= LIMIT
        assert sender.limit_for(2.0) == case_limit(2.0, sender.measured_start)


async def test_one_that_does_not_know_describe_has_what_is_assumed(
    program: Program, opened: Open
) -> None:
    async with opened(f"command:{program('raise SystemExit(77)')}") as sender:
        assert isinstance(await sender.describe(LIMIT), Unsupported)
        assert sender.features == ASSUMED_FEATURES


async def test_anything_can_be_asked(program: Program, opened: Open) -> None:
    line = program(
        "import json, sys\n"
        "if json.load(sys.stdin)['action'] == 'deliveries':\n"
        "    print(json.dumps({'deliveries': []}))\n"
        "else:\n"
        "    print(json.dumps({'status': 'unsupported', 'reason': 'what?'}))\n"
    )
    async with opened(f"command:{line}") as sender:
        outcome = await sender.ask({"protocol": 1, "action": "deliveries"}, limit=LIMIT)
        assert isinstance(outcome, Replied)
        assert outcome.document == {"deliveries": []}
        outcome = await sender.ask({"protocol": 1, "action": "bogus"}, limit=LIMIT)
        assert isinstance(outcome, Unsupported)
        assert outcome.reason == "what?"


async def test_requests_run_side_by_side(
    opened: Open, request_to_send: SendRequest, tmp_path: Path
) -> None:
    """Each of two programs waits for a word of the other."""
    os.mkfifo(tmp_path / "there")
    os.mkfifo(tmp_path / "back")
    answer = 'echo "{\\"status\\":\\"sent\\"}"'
    script = (
        f"if mkdir {tmp_path}/first 2> /dev/null; "
        f"then echo x > {tmp_path}/there; cat {tmp_path}/back; "
        f"else cat {tmp_path}/there; echo x > {tmp_path}/back; fi; {answer}"
    )
    outcomes: list[Any] = []
    async with opened(f"command:sh -c '{script}'") as sender, anyio.create_task_group() as tasks:

        async def send() -> None:
            outcomes.append(await sender.send(request_to_send, limit=LIMIT))

        tasks.start_soon(send)
        tasks.start_soon(send)
    assert [type(outcome) for outcome in outcomes] == [Answered, Answered]


async def test_a_program_that_is_not_on_path_is_named(opened: Open) -> None:
    with pytest.raises(SenderNotFoundError, match=r"^no-such-program is not on PATH$"):
        await opened("command:no-such-program --x").start()


async def test_a_path_that_is_no_program_is_told_as_what_it_is(
    opened: Open, tmp_path: Path
) -> None:
    plain = tmp_path / "plain"
    plain.write_text("#!/bin/sh\n")
    for path, words in (
        (plain, "is not executable"),
        (tmp_path, "is a folder"),
        (tmp_path / "none", "does not exist"),
    ):
        with pytest.raises(SenderNotFoundError, match=words):
            await opened(f"command:{path}").start()


async def test_a_program_that_vanished_since_is_not_found(
    opened: Open, request_to_send: SendRequest, tmp_path: Path
) -> None:
    path = tmp_path / "brief"
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    async with opened(f"command:{path}") as sender:
        path.unlink()
        with pytest.raises(SenderNotFoundError, match="No such file"):
            await sender.send(request_to_send, limit=LIMIT)


async def test_a_file_that_the_system_cannot_run_is_told(
    opened: Open, request_to_send: SendRequest, tmp_path: Path
) -> None:
    path = tmp_path / "noise"
    path.write_bytes(b"\x7fELF nothing")
    path.chmod(0o755)
    async with opened(f"command:{path}") as sender:
        with pytest.raises(SenderError, match="cannot be started: Exec format error"):
            await sender.send(request_to_send, limit=LIMIT)
