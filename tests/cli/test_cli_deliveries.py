"""`harness deliveries` as it is called."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from harness.protocol import Mailbox, Message
from harness.reference.courier.decision import Decision, LogEntry
from harness.reference.courier.queue import CourierQueue, NewMessage

Harness = Callable[..., Any]

NOW = 1_700_000_000.0
HOSTILE = "550 no\x1b[2J\n::error::owned"


@pytest.fixture
def state(tmp_path: Path) -> str:
    """A courier's folder with one message that waits and one that was refused."""
    folder = tmp_path / "state"
    with closing(CourierQueue(folder, lease=60)) as queue:
        for number in (1, 2):
            box = Mailbox(address=f"{number}@one.example")
            queue.add(
                NewMessage(
                    message_id=f"<{number}@x.example>",
                    message=Message(from_=box, to=(box,)),
                    unique="",
                    date="",
                    pending=(box.address,),
                    expires_at=NOW + 9e9,
                ),
                now=NOW,
            )
        claim = queue.claim(now=NOW)
        assert claim is not None
        entry = LogEntry(
            at=NOW + 1,
            phase="rcpt",
            class_="recipient-refused",
            reply_code=550,
            enhanced_code="5.1.1",
            host="mail.example",
            words=HOSTILE,
        )
        refused = Decision(state="abandoned", pending=(), due_at=NOW, taken=False, entry=entry)
        queue.finish(claim.row, claim.token, refused)
    return str(folder)


def test_each_message_is_a_line_with_the_last_words_said_of_it(
    harness: Harness, state: str
) -> None:
    ended = harness("deliveries", "--state", state)
    first, second, total = ended.out.splitlines()
    assert ended.status == 0
    assert first.startswith("2023-11-14T22:13:20.000Z  abandoned     1x  <1@x.example>  to 1@one")
    assert "550 no\\x1b[2J\\n" in first
    assert second.endswith("queued        0x  <2@x.example>  to 2@one.example")
    assert total == "2 messages: 1 queued, 1 abandoned"


@pytest.mark.parametrize("spelled", ["<1@x.example>", "1@x.example"])
def test_one_message_is_shown_with_each_attempt(harness: Harness, state: str, spelled: str) -> None:
    ended = harness("deliveries", spelled, "--state", state)
    assert ended.status == 0
    assert "state     abandoned" in ended.out
    assert (
        "2023-11-14T22:13:21.000Z  failed: rcpt recipient-refused  host mail.example  "
        "reply 550 5.1.1" in ended.out
    )
    assert "2@x.example" not in ended.out


def test_when_a_message_is_tried_next_is_told(harness: Harness, state: str) -> None:
    assert (
        "next      2023-11-14T22:13:20.000Z"
        in harness("deliveries", "2@x.example", "--state", state).out
    )


def test_json_is_what_the_sender_protocol_says(harness: Harness, state: str) -> None:
    ended = harness("deliveries", "--state", state, "--json")
    first, second = json.loads(ended.out)["deliveries"]
    assert first["attempts"][0]["message"] == HOSTILE
    assert (second["state"], second["attempts"]) == ("queued", [])


@pytest.mark.parametrize("options", [[], ["--json"], ["1@x.example"]])
def test_nothing_hostile_reaches_a_terminal_or_a_ci_server(
    harness: Harness, state: str, options: list[str]
) -> None:
    out = harness("deliveries", "--state", state, *options).out
    assert "\x1b" not in out
    assert "\n::error" not in out


def test_the_folder_may_come_from_the_environment(
    harness: Harness, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_STATE_DIR", state)
    assert harness("deliveries").status == 0


def test_a_message_that_is_not_there_is_status_4(harness: Harness, state: str) -> None:
    ended = harness("deliveries", "nobody@x.example", "--state", state)
    assert (ended.status, ended.out) == (4, "")
    assert ended.err == "harness: the log has no message nobody@x.example\n"


def test_a_folder_that_is_none_is_one_line_and_status_2(
    harness: Harness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HARNESS_STATE_DIR", raising=False)
    for options in ([], ["--state", "nowhere"], ["--state", str(tmp_path)]):
        ended = harness("deliveries", *options)
        assert (ended.status, ended.out) == (2, "")
        assert len(ended.err.splitlines()) == 1
    assert not (tmp_path / "nowhere").exists()


def test_another_version_or_no_database_is_one_line_and_status_3(
    harness: Harness, state: str
) -> None:
    file = Path(state) / "queue.db"
    with closing(sqlite3.connect(file)) as database:
        database.execute("PRAGMA user_version = 7")
    ended = harness("deliveries", "--state", state)
    assert (ended.status, ended.out) == (3, "")
    assert "is of version 7, and this courier reads version 1" in ended.err
    for leftover in Path(state).glob("queue.db*"):
        leftover.unlink()
    file.write_bytes(b"notes\n" * 99)
    ended = harness("deliveries", "--state", state)
    assert (ended.status, len(ended.err.splitlines())) == (3, 1)
    assert "not a database" in ended.err
