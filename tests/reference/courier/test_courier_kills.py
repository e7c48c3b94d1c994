"""kill -9 at random moments: nothing is lost, nothing doubled but what the log excuses."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from random import Random
from threading import Event
from typing import Any

import pytest

pytestmark = [pytest.mark.whole, pytest.mark.timeout(1800)]

# The proof in full: HARNESS_COURIER_KILLS=200.
KILLS = int(os.environ.get("HARNESS_COURIER_KILLS", "12"))
MESSAGES = 50
TRUST = {"ca_file": "", "ca_pkcs12": "x", "ca_pkcs12_password": "x"}
EXCUSE = "may be a second copy (RFC 1047)"
GONE = "the worker was gone"
UNKNOWN = "outcome-unknown"


class Program:
    """The courier as a program, which may be dead by the next line."""

    def __init__(self, folder: Path, *, workers: int) -> None:
        options = f"first_retry=0.05 factor=1.2 lease=30 workers={workers}"
        self._process = subprocess.Popen(
            [sys.executable, "-m", "harness.reference.courier", "--state", str(folder)],
            env={**os.environ, "HARNESS_COURIER": options},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def tell(self, action: str, **fields: Any) -> None:
        assert self._process.stdin is not None
        request = {"protocol": 1, "action": action, "case": "kill", **fields}
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()

    def ask(self, action: str, **fields: Any) -> dict[str, Any]:
        self.tell(action, **fields)
        assert self._process.stdout is not None
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def end(self, number: int = signal.SIGKILL) -> None:
        self._process.send_signal(number)
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()
        self._process.wait(60)


class Round:
    """Fifty messages, two programs with three workers, one of them killed again and again."""

    def __init__(self, folder: Path, stranger: Any, dice: Random) -> None:
        self._folder = folder
        self._stranger = stranger
        self._dice = dice
        self._programs = [Program(folder, workers=2), Program(folder, workers=1)]
        self.answered: set[str] = set()
        self.kills = 0

    def run(self, most_kills: int) -> list[dict[str, Any]]:
        transport = {
            "kind": "smtp",
            "uri": f"smtp://127.0.0.1:{self._stranger.port}/?disable_starttls=true",
            "host": "127.0.0.1",
            "port": self._stranger.port,
            "security": "none",
        }
        stored = self._programs[0].ask("configure", transport=transport, trust=TRUST, timeout=10.0)
        assert stored["status"] == "stored"
        waiting = [self._id(number) for number in range(MESSAGES)]
        while self.kills < most_kills and not self._is_done():
            for _ in range(self._dice.randrange(25)):
                if waiting:
                    self._send(waiting.pop())
            for program in self._programs:
                program.ask("state")  # it is up, and so are its workers
            Event().wait(self._dice.uniform(0, 0.25))  # the moment is the dice's
            self._kill()
        for message_id in waiting:
            self._send(message_id)
        return self._to_the_end()

    def _id(self, number: int) -> str:
        return f"<{number}.{self._dice.randrange(10**9)}@kill.example>"

    def _send(self, message_id: str) -> None:
        answer = self._programs[0].ask("send", **self._request(message_id))
        assert answer == {"status": "queued", "message_id": message_id}
        self.answered.add(message_id)

    def _request(self, message_id: str) -> dict[str, Any]:
        message = {
            "from": {"address": "courier@sender.example"},
            "to": [{"address": "a@one.example"}],
            "subject": "Hi",
            "text": "there",
            "headers": {"Message-ID": message_id},
        }
        return {"transport": None, "trust": TRUST, "message": message}

    def _kill(self) -> None:
        number = self._dice.randrange(2)
        if self._dice.randrange(2):
            # Nobody hears what becomes of it: it may be in the queue, or not.
            self._programs[number].tell("send", **self._request(self._id(MESSAGES)))
        self._programs[number].end()
        self._programs[number] = Program(self._folder, workers=2 - number)
        self.kills += 1

    def _is_done(self) -> bool:
        found = self._deliveries()
        return len(found) >= MESSAGES and all(_is_final(each) for each in found)

    def _deliveries(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._programs[0].ask("deliveries")["deliveries"]
        return found

    def _to_the_end(self) -> list[dict[str, Any]]:
        """Wait for the log, however long it takes (pytest's own limit holds)."""
        found = self._deliveries()
        while not all(map(_is_final, found)):
            Event().wait(0.05)
            found = self._deliveries()
        for program in self._programs:
            program.end(signal.SIGTERM)
        return found


def _is_final(delivery: dict[str, Any]) -> bool:
    return delivery["state"] in ("sent", "abandoned")


@pytest.mark.skipif(sys.platform == "win32", reason="there is no kill -9")
def test_kills_at_random_moments_lose_nothing_and_double_only_what_the_log_excuses(
    tmp_path: Path, stranger: Any
) -> None:
    dice = Random(20_261_130)
    pauses = Random(7)
    stranger.pause = lambda: pauses.uniform(0, 0.06)
    # Some are put off at first, so that the queue holds what is not due, too.
    stranger.data = lambda number: "451 4.3.0 later" if number % 7 == 0 else "250 2.0.0 Ok: as 77"
    told: Counter[str] = Counter()
    while told["kills"] < KILLS:
        folder = tmp_path / f"state-{told['rounds']}"
        before = stranger.counts
        one = Round(folder, stranger, dice)
        deliveries = one.run(KILLS - told["kills"])
        told.update(rounds=1, kills=one.kills, messages=len(deliveries))
        told.update(_judged(deliveries, stranger.counts - before, one.answered))
    print(dict(told))  # noqa: T201  # pytest -s shows it
    assert told["kills"] == KILLS
    assert told["lost"] == told["doubled"] == told["disagreements"] == 0, told


def _judged(
    deliveries: list[dict[str, Any]], taken: Counter[str], answered: set[str]
) -> Counter[str]:
    told: Counter[str] = Counter()
    logged = {each["message_id"]: each for each in deliveries}
    assert len(logged) == len(deliveries)
    told["lost"] += len(answered - logged.keys())
    told["disagreements"] += len(taken.keys() - logged.keys())
    for message_id, each in logged.items():
        attempts = each["attempts"]
        copies = taken[message_id]
        excused = sum(EXCUSE in attempt.get("message", "") for attempt in attempts)
        unknown = attempts[-1].get("class") == UNKNOWN
        told["killed in an attempt"] += sum(
            GONE in attempt.get("message", "") for attempt in attempts
        )
        told["excused copies"] += copies == 2 and excused == 1
        told["sent again, told as perhaps a copy"] += excused
        told["killed twice at the end, told as unknown"] += unknown
        told["doubled"] += copies > 1 + excused
        told["lost"] += copies == 0 and not unknown
        # A server's yes is in the log, unless the kill came between the two.
        said = sum("class" not in attempt for attempt in attempts)
        told["disagreements"] += not said <= copies <= said + excused + unknown
        told["disagreements"] += (each["state"] == "sent") != (said == 1)
    return told
