"""The courier as it is run: lines in, lines out, a folder that outlives it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from harness.delivery_protocol import Deliveries
from harness.protocol import KNOWN_FEATURES, Description
from harness.reference.courier.program import handle, standing

pytestmark = pytest.mark.wire

Play = Callable[..., AbstractContextManager[Any]]
TRUST = {"ca_file": "", "ca_pkcs12": "x", "ca_pkcs12_password": "x"}
BOX = {"address": "a@one.example"}
MESSAGE = {"from": BOX, "to": [BOX], "subject": "Hi", "text": "there"}


def transport(port: int) -> dict[str, Any]:
    return {
        "kind": "smtp",
        "uri": f"smtp://127.0.0.1:{port}/?disable_starttls=true",
        "host": "127.0.0.1",
        "port": port,
        "security": "none",
    }


@contextmanager
def running(
    folder: Path, *options: str, kills: bool = False, **environment: str
) -> Iterator[Callable[..., dict[str, Any]]]:
    program = subprocess.Popen(
        [sys.executable, "-m", "harness.reference.courier", *options],
        env={**os.environ, "HARNESS_STATE_DIR": str(folder), **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert program.stdin is not None
    assert program.stdout is not None

    def ask(action: str | None, line: str | None = None, **fields: Any) -> dict[str, Any]:
        assert program.stdin is not None
        assert program.stdout is not None
        request = {"protocol": 1, "action": action, "case": "x", **fields}
        program.stdin.write((line or json.dumps(request)) + "\n")
        program.stdin.flush()
        answer: dict[str, Any] = json.loads(program.stdout.readline())
        return answer

    with program:
        yield ask
        if kills:
            program.kill()
            return
        program.stdin.close()
        assert program.wait(60) == 0


def until_final(ask: Callable[..., dict[str, Any]]) -> Deliveries:
    """The log, when nothing in it changes any more (pytest's own limit holds)."""
    log = Deliveries.model_validate(ask("deliveries"))
    while not all(each.is_final for each in log.deliveries):
        Event().wait(0.02)
        log = Deliveries.model_validate(ask("deliveries"))
    return log


def test_it_describes_itself_with_known_features() -> None:
    described = Description.model_validate(handle({"action": "describe"}))
    assert set(described.features) <= KNOWN_FEATURES
    assert {"state", "configure", "test-send", "delivery-log"} <= set(described.features)


def test_what_it_stored_and_queued_outlives_it(tmp_path: Path, stranger: Any) -> None:
    stranger.data = lambda number: "451 4.3.0 later" if number == 1 else "250 ok"
    with running(tmp_path, HARNESS_COURIER="first_retry=0.3 workers=1") as ask:
        assert ask("configure", transport=transport(stranger.port), trust=TRUST)["settings"]
        queued = ask("send", transport=None, trust=TRUST, message=MESSAGE)
        assert queued["status"] == "queued"
    with running(tmp_path, "--first-retry", "0.3") as ask:
        assert ask("state")["settings"]["transport"]["host"] == "127.0.0.1"
        (delivery,) = until_final(ask).deliveries
    assert (delivery.message_id, delivery.state) == (queued["message_id"], "sent")
    assert stranger.counts == {queued["message_id"]: 1}


@pytest.mark.skipif(sys.platform == "win32", reason="there is no kill -9")
@pytest.mark.parametrize("stage", ["greeting", "EHLO", "MAIL", "RCPT", "DATA", "message"])
def test_killed_at_a_stage_it_sends_again_and_tells_what_may_be_a_copy(
    tmp_path: Path, play: Play, stage: str
) -> None:
    good = {"greeting": b"220 mx ESMTP\r\n", "DATA": b"354 go\r\n"}
    script = {stage: ["SILENCE", good.get(stage, b"250 2.0.0 Ok: queued as 4F2A\r\n")]}
    with play(script) as seen:
        with running(tmp_path, kills=True) as ask:
            ask("configure", transport=transport(seen.port), trust=TRUST, timeout=60.0)
            queued = ask("send", transport=None, trust=TRUST, message=MESSAGE)
            while not _has_reached(stage, seen):
                Event().wait(0.01)
            assert ask("deliveries")["deliveries"][0]["state"] == "processing"
        with running(tmp_path) as ask:
            (delivery,) = until_final(ask).deliveries
    assert (delivery.message_id, delivery.state) == (queued["message_id"], "sent")
    assert delivery.attempts is not None
    killed, sent = delivery.attempts
    assert (sent.class_, sent.queue_id) == (None, "4F2A")
    is_copy = stage == "message"
    assert ("may be a second copy (RFC 1047)" in (killed.message or "")) is is_copy
    assert len(seen.bodies) == 1 + is_copy
    assert len(set(seen.bodies)) == 1


def _has_reached(stage: str, seen: Any) -> bool:
    if stage == "greeting":
        return bool(seen.connections)
    return bool(seen.bodies) if stage == "message" else stage in seen.verbs


def test_no_caller_waits_for_a_server_that_does_not_answer(tmp_path: Path, play: Play) -> None:
    with play({"greeting": "SILENCE"}) as seen, running(tmp_path) as ask:
        ask("configure", transport=transport(seen.port), trust=TRUST, timeout=60.0)
        for _ in range(5):
            answer = ask("send", transport=None, trust=TRUST, message=MESSAGE)
            assert answer["status"] == "queued"
        assert len(ask("deliveries")["deliveries"]) == 5


def test_what_is_no_request_is_unsupported_and_the_next_one_is_answered(tmp_path: Path) -> None:
    with running(tmp_path) as ask:
        for line in ("nonsense", "[]", '"describe"', "1" * 5_000):
            assert ask(None, line)["status"] == "unsupported"
        assert ask("no-such-action")["status"] == "unsupported"
        assert ask("send", transport=None)["status"] == "unsupported"
        assert ask("describe", protocol=2)["status"] == "unsupported"
        assert ask("deliveries") == {"deliveries": []}


def test_a_folder_that_cannot_be_used_is_told_in_each_answer(tmp_path: Path) -> None:
    (tmp_path / "queue.db").write_bytes(b"notes\n" * 99)
    with running(tmp_path) as ask:
        answer = ask("configure", transport=None, trust=TRUST)
        assert answer["status"] == "refused"
        assert "not a database" in answer["reason"]
        assert "not a database" in ask("deliveries")["reason"]


@pytest.mark.parametrize(
    ("options", "environment", "told"),
    [
        ([], {"HARNESS_STATE_DIR": ""}, "set HARNESS_STATE_DIR"),
        (["--workers", "0"], {}, "workers"),
        ([], {"HARNESS_COURIER": "wokers=2"}, "the names are workers"),
    ],
)
def test_a_mistake_in_how_it_is_started_is_one_line(
    tmp_path: Path, options: list[str], environment: dict[str, str], told: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "harness.reference.courier", *options],
        env={**os.environ, "HARNESS_STATE_DIR": str(tmp_path), **environment},
        input="",
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_as_a_function_it_has_its_folder_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HARNESS_STATE_DIR", raising=False)
    assert "HARNESS_STATE_DIR" in handle({"action": "deliveries", "case": "x"})["reason"]
    monkeypatch.setenv("HARNESS_STATE_DIR", str(tmp_path / "new"))
    assert handle({"action": "deliveries", "case": "x"}) == {"deliveries": []}
    assert (tmp_path / "new/queue.db").exists()
    assert standing(str(tmp_path / "new"), "") is standing(str(tmp_path / "new"), "")


def test_a_send_with_a_transport_is_a_plain_one(tmp_path: Path, stranger: Any) -> None:
    request = {"action": "send", "case": "x", "trust": TRUST, "message": MESSAGE}
    answer = handle({**request, "transport": transport(stranger.port)})
    assert answer["status"] == "sent"
    assert answer["final_reply"] == "250 2.0.0 Ok: queued as 77"
