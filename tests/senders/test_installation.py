"""A product that is not up yet: each case has a folder, ports and a program of its own."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import yaml

from harness.errors import SenderError
from harness.protocol import SendRequest
from harness.senders.base import Sender
from harness.senders.outcome import Answered, NoAnswer, Outcome, Replied

pytestmark = [pytest.mark.anyio, pytest.mark.wire]

Open: TypeAlias = Callable[..., Sender]
LIMIT = 30.0

# Answers /ready, /send and /log; what was sent is kept in a file of the folder.
PROGRAM = """
import json, os, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
state = Path(os.environ["HARNESS_STATE_DIR"])
settings = json.loads((state / "settings.json").read_text())
if settings["host"] == "nowhere.invalid":
    sys.exit("no such host: " + settings["host"])
class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with (state / "sent").open("a") as file:
            file.write(said["to"] + "\\n")
        self.answer({"id": 1})
    def do_GET(self):
        sent = (state / "sent").read_text().split()
        self.answer({"pid": os.getpid(), "via": settings["host"], "sent": [
            {"id": number, "to": to, "state": "done"} for number, to in enumerate(sent)]})
    def answer(self, document):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(document).encode())
    def log_message(self, *words):
        pass
HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


@pytest.fixture
def product(tmp_path: Path, opened: Open) -> Sender:
    program = tmp_path / "product.py"
    program.write_text(PROGRAM, encoding="utf-8")
    path = tmp_path / "product.yaml"
    url = "http://127.0.0.1:{port:admin}"
    actions = {
        "send": {"url": f"{url}/send", "body": {"to": "{to}"}, "means": "sent"},
        "configure": {"write": {"{state}/settings.json": {"host": "{host}", "uri": "{uri}"}}},
        "state": {"url": f"{url}/state"},
        "deliveries": {
            "url": f"{url}/log",
            "items": "$.sent[*]",
            "id": "$.id",
            "state": "$.state",
            "states": {"done": "sent"},
            "to": "$.to",
        },
    }
    prepared = f"sh -c 'echo first@x.test > {{state}}/sent; echo x >> {tmp_path}/prepared'"
    service = {
        "prepare": [prepared],
        "command": f"{sys.executable} -IS {program} {{port:admin}}",
        "ready": f"{url}/ready",
    }
    features = ["smtp", "security:starttls", "state", "configure", "delivery-log"]
    written = {"features": features, "actions": actions, "service": service}
    path.write_text(yaml.safe_dump(written, sort_keys=False), encoding="utf-8")
    return opened(f"file:{path}")


async def ask(sender: Sender, action: str, **words: Any) -> Outcome:
    return await sender.ask({"action": action, "case": "x", **words}, limit=LIMIT)


async def configured(sender: Sender, host: str = "localhost") -> Outcome:
    transport = {"kind": "smtp", "uri": "x", "host": host, "port": 25, "security": "starttls"}
    return await ask(sender, "configure", transport=transport)


async def document(sender: Sender, action: str) -> Any:
    outcome = await ask(sender, action)
    assert isinstance(outcome, Replied), outcome
    return outcome.document


async def recipients(sender: Sender) -> list[str]:
    log = await document(sender, "deliveries")
    return [to for entry in log["deliveries"] for to in entry["to"]]


def to_one(request: SendRequest) -> SendRequest:
    message = request.message.model_copy(update={"to": request.message.to[:1]})
    return request.model_copy(update={"message": message})


async def test_what_is_kept_outlives_the_program_and_not_the_case(
    product: Sender, request_to_send: SendRequest, tmp_path: Path
) -> None:
    async with product:
        async with product.for_case() as first:
            assert first.has_own_state
            outcome = await first.send(to_one(request_to_send), limit=LIMIT)
            assert isinstance(outcome, Answered)
            assert outcome.answer.status == "sent"
            assert await recipients(first) == ["first@x.test", "b@example.net"]
            for number in (signal.SIGTERM, signal.SIGKILL):
                await first.restart(signal_number=number)
                assert await recipients(first) == ["first@x.test", "b@example.net"]
        async with product.for_case() as second:
            await configured(second)
            assert await recipients(second) == ["first@x.test"]
    assert (tmp_path / "prepared").read_text() == "x\n"


async def test_other_settings_start_the_program_anew_and_the_same_ones_do_not(
    product: Sender,
) -> None:
    async with product, product.for_case() as sender:
        assert (await document(sender, "state"))["settings"] is None
        pids = []
        for host in ("localhost", "localhost", "other.test"):
            outcome = await configured(sender, host)
            assert isinstance(outcome, Replied)
            assert outcome.document["status"] == "stored"
            settings = (await document(sender, "state"))["settings"]
            assert settings["via"] == host
            pids.append(settings["pid"])
        assert pids[0] == pids[1] != pids[2]


async def test_before_there_are_settings_nothing_is_sent_and_the_log_is_empty(
    product: Sender, request_to_send: SendRequest
) -> None:
    async with product, product.for_case() as sender:
        assert await document(sender, "deliveries") == {"deliveries": []}
        nothing_told = to_one(request_to_send).model_copy(update={"transport": None})
        outcome = await sender.send(nothing_told, limit=LIMIT)
        assert isinstance(outcome, Answered)
        assert outcome.answer.error is not None
        assert outcome.answer.error.message == "no settings are stored"


async def test_settings_with_which_it_does_not_start_are_refused_in_its_words(
    product: Sender, request_to_send: SendRequest
) -> None:
    async with product, product.for_case() as sender:
        outcome = await configured(sender, "nowhere.invalid")
        assert isinstance(outcome, Replied)
        assert outcome.document["status"] == "refused"
        assert "it ended: no such host: nowhere.invalid" in outcome.document["reason"]
        request = to_one(request_to_send)
        assert request.transport is not None
        there = request.transport.model_copy(update={"host": "nowhere.invalid"})
        outcome = await sender.send(request.model_copy(update={"transport": there}), limit=LIMIT)
        assert isinstance(outcome, Answered)
        assert outcome.answer.status == "failed"
        assert await configured(sender) != outcome
        assert await recipients(sender) == ["first@x.test"]


async def test_a_program_that_is_not_ready_in_time_is_told(tmp_path: Path, opened: Open) -> None:
    written = {
        "features": ["smtp"],
        "actions": {"send": {"url": "http://127.0.0.1:{port:a}/", "body": {}}},
        "service": {
            "command": "sh -c 'echo starting >&2; sleep 1000'",
            "ready": "http://127.0.0.1:{port:a}/",
            "start": 0.5,
        },
    }
    path = tmp_path / "slow.yaml"
    path.write_text(yaml.safe_dump(written), encoding="utf-8")
    async with opened(f"file:{path}") as sender:
        outcome = await sender.exchange({"action": "test-send", "to": "a@x.test"}, limit=LIMIT)
        assert outcome.words == "unsupported: the file has no action test-send"
        message = {"from": {"address": "a@x.test"}, "to": [{"address": "b@x.test"}]}
        trust = {"ca_file": "", "ca_pkcs12": "", "ca_pkcs12_password": ""}
        request = {"action": "send", "case": "x", "transport": None, "message": message,
                   "trust": trust}  # fmt: skip
        outcome = await sender.exchange(request, limit=LIMIT)
    assert isinstance(outcome, NoAnswer)
    assert outcome.why == "it was not ready within 0.5 s: starting"


async def test_a_product_that_cannot_be_prepared_cannot_be_driven(
    tmp_path: Path, opened: Open
) -> None:
    written = {
        "features": ["smtp"],
        "actions": {"send": {"url": "http://127.0.0.1:1/"}},
        "service": {"prepare": ["true", "sh -c 'echo no room >&2; exit 3'"]},
    }
    path = tmp_path / "full.yaml"
    path.write_text(yaml.safe_dump(written), encoding="utf-8")
    with pytest.raises(SenderError, match=r"prepare: sh .*: no room"):
        async with opened(f"file:{path}"):
            pass
