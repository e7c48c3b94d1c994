"""A provider's API behind the courier, played by Python's own HTTP server."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

pytestmark = pytest.mark.wire

Make = Callable[..., Any]
CANARY = "canary-key-0815"


class PlayedApi(ThreadingHTTPServer):
    """Answers from a list: status, headers, document; the last one stays. None hangs up."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: list[tuple[int, dict[str, str], Any] | None] = []
        self.bodies: list[Any] = []

    @property
    def transport(self) -> dict[str, Any]:
        return {
            "kind": "api",
            "provider": "resend",
            "credentials": {"api_key": CANARY},
            "base_url": f"http://127.0.0.1:{self.server_address[1]}",
        }


class _Handler(BaseHTTPRequestHandler):
    server: PlayedApi

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        self.server.bodies.append(json.loads(self.rfile.read(length)))
        answers = self.server.answers
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if answer is None:
            return
        status, headers, document = answer
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(json.dumps(document).encode())

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def api() -> Iterator[PlayedApi]:
    with PlayedApi() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


OK: tuple[int, dict[str, str], Any] = (200, {}, {"id": "49a3999c"})


def test_the_id_of_the_provider_is_in_the_log(bench: Make, api: PlayedApi) -> None:
    made = bench()
    api.answers = [OK]
    made.configure(api.transport)
    made.send()
    made.work()
    assert made.only()["state"] == "sent"
    (attempt,) = made.only()["attempts"]
    assert attempt["queue_id"] == "49a3999c"
    assert attempt["host"] == "127.0.0.1"


def test_a_429_is_not_tried_again_before_its_retry_after(bench: Make, api: PlayedApi) -> None:
    made = bench(first_retry=1)
    busy = {"name": "rate_limit_exceeded", "message": f"too many for {CANARY}"}
    api.answers = [(429, {"Retry-After": "300"}, busy), OK]
    made.configure(api.transport)
    made.send()
    made.work()
    (attempt,) = made.only()["attempts"]
    assert (attempt["class"], attempt["http_status"]) == ("rate-limited", 429)
    assert CANARY not in json.dumps(made.deliveries())
    made.clock.now += 299
    assert made.work() == 0
    made.clock.now += 1
    assert made.work() == 1
    assert made.only()["state"] == "sent"


@pytest.mark.parametrize(
    ("answer", "class_", "state"),
    [
        ((503, {}, {}), "server-error", "queued"),
        ((401, {}, {"name": "missing_api_key", "message": "no key"}), "unauthorized", "abandoned"),
        ((422, {}, {"name": "x", "message": "no"}), "invalid-request", "abandoned"),
        ((200, {}, ["who is this?"]), "unexpected-response", "abandoned"),
        ((302, {"Location": "https://x.example"}, {}), "redirected", "abandoned"),
        (None, "outcome-unknown", "abandoned"),
    ],
)
def test_a_response_decides_whether_there_is_another_attempt(
    bench: Make, api: PlayedApi, answer: Any, class_: str, state: str
) -> None:
    made = bench()
    api.answers = [answer]
    made.configure(api.transport)
    made.send()
    made.work()
    assert made.only()["state"] == state
    assert made.only()["attempts"][0]["class"] == class_
    assert len(api.bodies) == 1


def test_who_has_it_already_is_not_named_to_the_api_that_comes_after(
    bench: Make, api: PlayedApi, stranger: Any
) -> None:
    made = bench()
    made.to_port(stranger.port)
    stranger.rcpt = {"late@x.example": "451 4.2.0 later"}.get
    made.send("good@x.example", "late@x.example")
    made.work()
    api.answers = [OK]
    made.configure(api.transport)
    made.work_until_still()
    assert api.bodies[0]["to"] == ["late@x.example"]
    assert made.only()["state"] == "sent"


def test_a_provider_that_this_install_cannot_do_is_unsupported_and_not_stored(
    bench: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "botocore.auth", None)
    made = bench()
    keys = {"access_key_id": CANARY, "secret_access_key": CANARY}
    ses = {"kind": "api", "provider": "ses", "region": "eu-west-1", "credentials": keys}
    answer = made.configure(ses)
    assert answer["status"] == "unsupported"
    assert "pip install 'mail-harness[ses]'" in answer["reason"]
    assert made.ask("state") == {"status": "stored", "settings": None}
