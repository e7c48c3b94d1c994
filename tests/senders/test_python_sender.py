from __future__ import annotations

import io
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import pytest

from harness.errors import SenderError, SenderNotFoundError, UsageError
from harness.protocol import SendRequest
from harness.senders import capture, worker
from harness.senders.base import Sender
from harness.senders.outcome import Answered, Crashed, Hung, NoAnswer, Outcome, Unsupported

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer

pytestmark = pytest.mark.anyio

Open: TypeAlias = Callable[..., Sender]

LIMIT = 30.0

MODULE = """
import asyncio, os, subprocess, sys, time

loops = set()

def sent(request):
    return {"status": "sent", "reason": str(os.getpid())}

def chatty(request):
    print('{"status": "failed"}')
    print('{"returned": {"status": "failed"}}', flush=True)
    os.write(1, b"from below\\n")
    subprocess.run(["sh", "-c", "echo from a child; cat"])
    return {"status": "sent", "reason": sys.stdin.read()}

async def later(request):
    loops.add(asyncio.get_running_loop())
    await asyncio.sleep(0)
    return {"status": "sent", "reason": f"{len(loops)} loop"}

def raises(request):
    raise ValueError("no \\u20ac")

def leaves(request):
    print("cannot", file=sys.stderr)
    sys.exit(77)

def dies(request):
    os.abort()

def hangs(request):
    time.sleep(1000)

def text(request):
    return "sent"

def unwritable(request):
    return {"status": "sent", "reason": object()}

def long(request):
    return {"status": "sent", "reason": "x" * 2_000_000}

class Nest:
    @staticmethod
    def inner(request):
        return {"status": "sent"}

number = 5
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "mymail.py").write_text(MODULE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


Send: TypeAlias = Callable[[str, float], Awaitable[Outcome]]


@pytest.fixture
def send(opened: Open, request_to_send: SendRequest) -> Send:
    async def send_by(name: str, limit: float = LIMIT) -> Outcome:
        async with opened(f"python:mymail:{name}") as sender:
            return await sender.send(request_to_send, limit=limit)

    return send_by


@pytest.mark.parametrize("name", ["sent", "Nest.inner"])
async def test_a_function_answers(name: str, send: Send) -> None:
    outcome = await send(name, LIMIT)
    assert isinstance(outcome, Answered), outcome
    assert outcome.answer.status == "sent"
    assert outcome.output.stdout == b""


async def test_what_it_prints_is_evidence_and_never_an_answer(send: Send) -> None:
    outcome = await send("chatty", LIMIT)
    assert isinstance(outcome, Answered), outcome
    assert outcome.answer.status == "sent"
    assert outcome.answer.reason == ""
    assert outcome.output.stdout == b""
    printed = outcome.output.stderr
    assert {b'{"status": "failed"}', b"from below", b"from a child"} <= set(printed.splitlines())


async def test_coroutines_share_one_loop(opened: Open, request_to_send: SendRequest) -> None:
    async with opened("python:mymail:later", jobs=1) as sender:
        for _ in range(2):
            outcome = await sender.send(request_to_send, limit=LIMIT)
            assert isinstance(outcome, Answered)
            assert outcome.answer.reason == "1 loop"


async def test_an_exception_is_a_crash_of_that_request_only(
    opened: Open, request_to_send: SendRequest
) -> None:
    async with opened("python:mymail:raises", jobs=1) as sender:
        for _ in range(2):
            outcome = await sender.send(request_to_send, limit=LIMIT)
            assert isinstance(outcome, Crashed)
            assert outcome.how == "raised ValueError: no \u20ac"
            assert b"in raises" in outcome.output.stderr


async def test_sys_exit_77_is_unsupported(send: Send) -> None:
    outcome = await send("leaves", LIMIT)
    assert isinstance(outcome, Unsupported)
    assert outcome.reason == "cannot"


async def test_a_real_crash_and_a_hang_start_a_new_worker(
    opened: Open, request_to_send: SendRequest, folder: Path
) -> None:
    (folder / "turns.py").write_text(
        "import mymail, os\n"
        "def turn(request):\n"
        "    return getattr(mymail, request['message']['subject'])(request)\n"
    )
    outcomes = []
    async with opened("python:turns:turn", jobs=1) as sender:
        for subject in ("sent", "sent", "dies", "sent", "hangs", "sent"):
            message = request_to_send.message.model_copy(update={"subject": subject})
            request = request_to_send.model_copy(update={"message": message})
            limit = 0.5 if subject == "hangs" else LIMIT
            outcomes.append(await sender.send(request, limit=limit))
    assert [type(outcome) for outcome in outcomes] == [
        Answered, Answered, Crashed, Answered, Hung, Answered,
    ]  # fmt: skip
    crash = outcomes[2]
    assert isinstance(crash, Crashed)
    assert crash.signal == "SIGABRT"
    workers = [outcome.answer.reason for outcome in outcomes if isinstance(outcome, Answered)]
    assert workers[0] == workers[1]
    assert len(set(workers)) == 3


@pytest.mark.parametrize(
    ("name", "words"),
    [("text", "it returned str"), ("unwritable", "not JSON serializable"), ("long", "beyond")],
)
async def test_a_result_that_is_no_document_is_no_answer(name: str, words: str, send: Send) -> None:
    outcome = await send(name, LIMIT)
    assert isinstance(outcome, NoAnswer | Crashed)
    assert words in outcome.words


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("nothing:f", "ModuleNotFoundError: No module named 'nothing'"),
        ("mymail:nothing", "AttributeError: module 'mymail' has no attribute 'nothing'"),
        ("mymail:number", "mymail:number is not callable, it is of type int"),
    ],
)
async def test_a_target_that_does_not_exist_is_told(
    target: str, words: str, opened: Open, folder: Path
) -> None:
    with pytest.raises(SenderNotFoundError) as caught:
        async with opened(f"python:{target}"):
            pass
    assert str(caught.value) == f"python:{target}: {words}"


async def test_a_module_that_cannot_be_imported_is_told(opened: Open, folder: Path) -> None:
    (folder / "torn.py").write_text("1 / 0\n")
    (folder / "needy.py").write_text("import missing_dependency\n")
    (folder / "gone.py").write_text("import sys\nsys.exit('went away')\n")
    for target, words in (
        ("torn:f", "ZeroDivisionError: division by zero"),
        ("gone:f", "exit status 1; went away"),
        ("needy:f", "ModuleNotFoundError: No module named 'missing_dependency'"),
    ):
        with pytest.raises(SenderError, match=words) as caught:
            async with opened(f"python:{target}"):
                pass
        assert not isinstance(caught.value, UsageError)


async def test_a_worker_without_a_function_speaks_only_when_it_is_asked() -> None:
    """What it said before would be missed by whoever asks later."""
    order: list[bytes] = []

    class Asked(io.BytesIO):
        def readline(self, size: int | None = -1, /) -> bytes:
            order.append(b"asked")
            return super().readline(size)

    class Told(io.BytesIO):
        def write(self, data: Buffer, /) -> int:
            order.append(bytes(data))
            return super().write(data)

    worker.refuse({"missing": "x"}, Asked(b"null\n"), Told())
    assert order == [b"asked", b'{"missing": "x"}\n']


async def test_the_current_directory_comes_first_and_our_modules_do_not_get_in_the_way(
    opened: Open, request_to_send: SendRequest, folder: Path
) -> None:
    (folder / "harness.py").write_text(
        "import http.client, template\n"
        "def send(request): return {'status': 'sent', 'reason': template.words}\n"
    )
    (folder / "template.py").write_text("words = 'mine'\n")
    async with opened("python:harness:send") as sender:
        outcome = await sender.send(request_to_send, limit=LIMIT)
    assert isinstance(outcome, Answered), outcome
    assert outcome.answer.reason == "mine"


async def test_it_has_a_commands_environment(
    opened: Open, request_to_send: SendRequest, folder: Path
) -> None:
    (folder / "looks.py").write_text(
        "import os\n"
        "def f(request): return {'status': 'sent', 'reason': os.environ['SSL_CERT_FILE']}\n"
    )
    async with opened("python:looks:f", environment={"PATH": os.defpath}) as sender:
        outcome = await sender.send(request_to_send, limit=LIMIT)
    assert isinstance(outcome, Answered)
    assert outcome.answer.reason == "/anchor/ca.pem"


def test_both_ends_agree_on_the_longest_answer() -> None:
    assert worker.LONGEST_ANSWER == capture.LONGEST_ANSWER
