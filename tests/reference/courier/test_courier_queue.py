"""The queue: one worker a message, whoever dies, and a database that may fail at any time."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.protocol import Mailbox, Message
from harness.reference.courier.decision import Decision, LogEntry, after_death
from harness.reference.courier.failures import LostLeaseError, QueueError
from harness.reference.courier.leases import LeaseOwner
from harness.reference.courier.options import CourierOptions
from harness.reference.courier.queue import CourierQueue, NewMessage

Make = Callable[..., Any]

NOW = 1_700_000_000.0
LEASE = 60.0
BOX = Mailbox(address="a@one.example")
SENT = Decision(
    state="sent",
    pending=(),
    due_at=NOW,
    taken=True,
    entry=LogEntry(at=NOW, reply_code=250, words="250 ok"),
)


def new(number: int = 1) -> NewMessage:
    return NewMessage(
        message_id=f"<{number}@x.example>",
        message=Message(from_=BOX, to=(BOX,)),
        unique=str(number),
        date="2023-11-14T22:13:20+00:00",
        pending=("a@one.example",),
        expires_at=NOW + 9e9,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state"


# What pytest and its workers call the folders above a test's own, which only we may enter.
_OURS = ("pytest-", "popen-", "test_")
_OPEN: list[CourierQueue] = []


@pytest.fixture(autouse=True)
def _closed_afterwards() -> Iterator[None]:
    yield
    while _OPEN:
        _OPEN.pop().close()


def opened(folder: Path, **owner: Any) -> CourierQueue:
    queue = CourierQueue(folder, lease=LEASE, owner=replace(LeaseOwner.myself(), **owner))
    _OPEN.append(queue)
    return queue


def left_over(queue: CourierQueue, now: float = NOW, **options: Any) -> int:
    def decide(claim: Any, handed: bool, copied: bool) -> Decision:
        chosen = CourierOptions(**options)
        return after_death(claim, handed=handed, copied=copied, options=chosen, now=now)

    return queue.take_over(decide, now=now)


def test_two_programs_with_many_threads_take_each_message_once(folder: Path) -> None:
    queues = [opened(folder), opened(folder)]
    for number in range(60):
        queues[0].add(new(number), now=NOW)

    def take(queue: CourierQueue) -> list[str]:
        taken = []
        while (claim := queue.claim(now=NOW)) is not None:
            taken.append(claim.message_id)
            queue.finish(claim.row, claim.token, SENT)
        return taken

    with ThreadPoolExecutor(8) as threads:
        found = Counter(each for taken in threads.map(take, queues * 4) for each in taken)
    assert found == Counter({f"<{number}@x.example>": 1 for number in range(60)})


def test_a_message_is_left_alone_while_its_lease_lasts_and_taken_up_after(folder: Path) -> None:
    mine, theirs = opened(folder), opened(folder)
    mine.add(new(), now=NOW)
    assert mine.claim(now=NOW) is not None
    assert left_over(theirs, NOW + LEASE - 1) == 0
    mine.renew(now=NOW + 30)
    assert left_over(theirs, NOW + LEASE + 29) == 0
    assert left_over(theirs, NOW + LEASE + 30) == 1
    assert theirs.claim(now=NOW + LEASE + 30) is not None


def test_a_program_never_takes_over_from_itself(folder: Path) -> None:
    queue = opened(folder)
    queue.add(new(), now=NOW)
    assert queue.claim(now=NOW) is not None
    assert left_over(queue, NOW + 10 * LEASE) == 0


def test_what_a_dead_program_had_is_taken_up_at_once(folder: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as program:
        stat = Path(f"/proc/{program.pid}/stat")
        if not stat.exists():
            pytest.skip("this system does not tell when a process was started")
        started = stat.read_text("utf-8").rpartition(")")[2].split()[19]
        theirs = opened(folder, pid=program.pid, started=started)
        theirs.add(new(), now=NOW)
        assert theirs.claim(now=NOW) is not None
        mine = opened(folder)
        assert left_over(mine) == 0
    assert left_over(mine) == 1
    assert mine.claim(now=NOW) is not None


def test_a_later_program_with_the_same_number_is_another_one() -> None:
    mine = LeaseOwner.myself()
    if not mine.started:
        pytest.skip("this system does not tell when a process was started")
    assert not mine.knows_dead(mine)
    assert mine.knows_dead(replace(mine, started="1"))
    assert not mine.knows_dead(replace(mine, started="1", machine="another"))


def test_who_lost_the_lease_cannot_hand_the_message_over(folder: Path) -> None:
    mine, theirs = opened(folder), opened(folder)
    mine.add(new(), now=NOW)
    claim = mine.claim(now=NOW)
    assert claim is not None
    left_over(theirs, NOW + LEASE)
    with pytest.raises(LostLeaseError):
        mine.mark_handed(claim, now=NOW + LEASE)
    assert theirs.claim(now=NOW + LEASE) is not None
    with pytest.raises(LostLeaseError):
        mine.mark_handed(claim, now=NOW + LEASE)


def test_a_success_that_comes_late_still_counts(folder: Path) -> None:
    mine, theirs = opened(folder), opened(folder)
    mine.add(new(), now=NOW)
    claim = mine.claim(now=NOW)
    assert claim is not None
    mine.mark_handed(claim, now=NOW)
    left_over(theirs, NOW + LEASE)
    for _ in range(2):
        mine.finish(claim.row, claim.token, SENT)
    assert theirs.claim(now=NOW + LEASE) is None
    (told,) = theirs.log()
    assert told.state == "sent"
    assert len(told.attempts) == 2


def test_killed_before_the_end_went_out_it_is_sent_again_without_excuse(folder: Path) -> None:
    mine, theirs = opened(folder), opened(folder)
    mine.add(new(), now=NOW)
    mine.claim(now=NOW)
    left_over(theirs, NOW + LEASE)
    (told,) = theirs.log()
    assert told.state == "queued"
    assert told.attempts[0].class_ == "connection-lost"
    assert "it is sent again" in (told.attempts[0].words or "")


def test_killed_after_the_end_went_out_it_is_sent_once_more_and_never_a_third_time(
    folder: Path,
) -> None:
    now = NOW
    opened(folder).add(new(), now=now)
    for state, words in (("queued", "may be a second copy (RFC 1047)"), ("abandoned", "not sent")):
        dying = opened(folder)
        claim = dying.claim(now=now)
        assert claim is not None
        dying.mark_handed(claim, now=now)
        now += LEASE
        assert left_over(opened(folder), now) == 1
        (told,) = opened(folder).log()
        assert told.state == state
        assert told.attempts[-1].class_ == "outcome-unknown"
        assert words in (told.attempts[-1].words or "")


def test_a_message_that_kills_each_program_is_given_up(folder: Path) -> None:
    now = NOW
    opened(folder).add(new(), now=now)
    tries = 0
    while opened(folder).claim(now=now) is not None:
        tries += 1
        now += LEASE
        left_over(opened(folder), now, most_retries=3)
    assert tries == 4
    assert opened(folder).log()[0].state == "abandoned"


def test_a_message_that_cannot_be_read_is_given_up_and_not_in_the_way(folder: Path) -> None:
    queue = opened(folder)
    queue.add(new(1), now=NOW)
    queue.add(new(2), now=NOW)
    with sqlite3.connect(folder / "queue.db") as database:
        database.execute("UPDATE message SET content = '{' WHERE id = 1")
    database.close()
    assert queue.claim(now=NOW) is None
    claim = queue.claim(now=NOW)
    assert claim is not None
    assert claim.message_id == "<2@x.example>"
    assert queue.log()[0].state == "abandoned"


@pytest.mark.parametrize("statement", ["PRAGMA user_version = 2", "CREATE TABLE mine (x)"])
def test_a_database_of_another_version_is_told_and_left_as_it_is(
    folder: Path, statement: str
) -> None:
    folder.mkdir()
    file = folder / "queue.db"
    with sqlite3.connect(file) as database:
        database.execute("CREATE TABLE message (id)")
        database.execute(statement)
    database.close()
    before = file.read_bytes()
    with pytest.raises(QueueError, match="it is left as it is"):
        opened(folder)
    assert file.read_bytes() == before


def test_what_is_no_database_is_told_and_left_as_it_is(folder: Path) -> None:
    folder.mkdir()
    (folder / "queue.db").write_bytes(b"notes\n" * 999)
    with pytest.raises(QueueError, match="file is not a database"):
        opened(folder)
    assert (folder / "queue.db").read_bytes() == b"notes\n" * 999


def test_many_programs_may_make_the_queue_at_once(folder: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        queues = list(threads.map(lambda _: opened(folder), range(8)))
    queues[0].add(new(), now=NOW)
    assert len(queues[-1].log()) == 1


def fill(queue: CourierQueue) -> None:
    """From now on there is no room: SQLite itself says so."""
    (pages,) = queue._database.execute("PRAGMA page_count").fetchone()
    queue._database.execute(f"PRAGMA max_page_count = {pages}")


def test_on_a_full_disk_nothing_is_said_to_be_queued(bench: Make) -> None:
    made = bench()
    made.to_port(1)
    fill(made.courier.open()[0])
    answers = [made.send(text="x" * 9_000) for _ in range(3)]
    assert {answer["status"] for answer in answers} == {"failed"}
    assert "database or disk is full" in answers[0]["error"]["message"]
    assert answers[0]["error"]["temporary"] is True
    assert made.deliveries() == []


def test_where_the_mark_cannot_be_written_the_message_is_not_handed_over(
    bench: Make, stranger: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = bench()
    made.to_port(stranger.port)
    made.send()
    with monkeypatch.context() as broken:
        broken.setattr(CourierQueue, "mark_handed", cannot)
        made.work()
    assert stranger.envelopes == []
    assert "not handed over, because the queue is full" in made.only()["attempts"][0]["message"]
    made.work_until_still()
    assert (len(stranger.envelopes), made.only()["state"]) == (1, "sent")


def cannot(*_: Any, **__: Any) -> None:
    raise QueueError("the queue is full", temporary=True)


@pytest.mark.parametrize("restarts", [False, True])
def test_a_message_that_was_taken_is_not_sent_again_where_that_could_not_be_written(
    bench: Make, stranger: Any, monkeypatch: pytest.MonkeyPatch, restarts: bool
) -> None:
    made = bench()
    made.to_port(stranger.port)
    made.send()
    with monkeypatch.context() as broken:
        broken.setattr(CourierQueue, "finish", cannot)
        made.work()
        for _ in range(3):
            made.clock.now += 1_000
            with pytest.raises(QueueError):
                made.workers.look_after()
            made.work()
    assert made.only()["state"] == "processing"
    if restarts:
        made.start()
    made.work_until_still()
    assert made.only()["state"] == "sent"
    assert len(made.only()["attempts"]) == 1
    assert len(stranger.envelopes) == 1
    assert list((made.folder / "unwritten").iterdir()) == []


_AS_NOBODY = """
import os, sys
from pathlib import Path
from harness.reference.courier.program import Courier
trust = {"ca_file": "", "ca_pkcs12": "x", "ca_pkcs12_password": "x"}
box = {"address": "a@one.example"}
message = {"from": box, "to": [box]}
def ask(folder):
    courier = Courier(Path(folder), works=False)
    for action, more in (
        ("configure", {"transport": None, "trust": trust}),
        ("send", {"transport": None, "trust": trust, "message": message}),
        ("deliveries", {}),
    ):
        answer = courier.handle({"action": action, "case": "x", **more})
        yield answer.get("status"), answer.get("reason") or answer.get("error")
list(ask(sys.argv[2]))  # whoever comes now may not be allowed to read the code
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
for status, why in ask(sys.argv[1]):
    print(status, why)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="folders have other rights there")
def test_in_a_folder_that_is_read_only_nothing_is_said_to_be_taken(
    bench: Make, tmp_path: Path
) -> None:
    made = bench()
    made.configure({"kind": "smtp", "uri": "", "host": "127.0.0.1", "port": 1, "security": "none"})
    (made.folder / "settings.json").chmod(0o644)
    made.folder.chmod(0o555)
    for place in (tmp_path, *tmp_path.parents):
        if place.stat().st_uid == os.geteuid() and place.name.startswith(_OURS):
            place.chmod(0o755)
    done = subprocess.run(
        [sys.executable, "-c", _AS_NOBODY, str(made.folder), str(tmp_path / "scratch")],
        capture_output=True,
        text=True,
        check=False,
    )
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["refused", "failed", "failed"], done.stderr
    assert all("queue.db" in line for line in lines), "\n".join(lines)
