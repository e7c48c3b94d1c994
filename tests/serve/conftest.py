"""`harness serve` in this process, and a client of its control API."""

from __future__ import annotations

import asyncio
import io
import json
import queue
import smtplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import httpx
import pytest
from anyio.from_thread import start_blocking_portal

from harness.fakes.loop_thread import SteadyLoop
from harness.serve.order import ControlOrder, read_arguments, with_domains
from harness.serve.service import Serving, serve_until

PATIENCE = 30.0
TOKEN = "a-token-of-the-tests"


class Served:
    """What runs, what it printed, and its control API."""

    def __init__(self, ready: dict[str, Any], lines: queue.Queue[str]) -> None:
        self.ready = ready
        self._lines = lines
        # The control API speaks no TLS: this machine's trust store, slow to read, is left alone.
        self._client = httpx.Client(verify=False, trust_env=False, timeout=PATIENCE)

    def fake(self, name: str) -> dict[str, Any]:
        """Where a fake is found."""
        found: dict[str, Any] = next(each for each in self.ready["fakes"] if each["name"] == name)
        return found

    def ask(
        self, method: str, path: str, body: Any = None, *, token: str | None = TOKEN, **more: Any
    ) -> httpx.Response:
        """Put a request to the control API."""
        origin = self.ready["control"]["url"].removesuffix("/v1")
        headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
        headers |= more.pop("headers", {})
        if body is not None:
            more["json"] = body
        return self._client.request(method, f"{origin}{path}", headers=headers, **more)

    def told(self, method: str, path: str, body: Any = None) -> Any:
        """What a request that is right is answered with."""
        answer = self.ask(method, path, body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def line(self) -> dict[str, Any]:
        """The next line that it printed, waited for."""
        found: dict[str, Any] = json.loads(self._lines.get(timeout=PATIENCE))
        return found

    def send(self, name: str = "smtp", **more: Any) -> None:
        """Send a letter over SMTP as a sender does that does everything right."""
        place = self.fake(name)["smtp"]
        context = ssl.create_default_context(cafile=self.ready["ca_file"])
        with smtplib.SMTP("localhost", place["port"], timeout=PATIENCE) as client:
            if place["security"] == "starttls":
                client.starttls(context=context)
            client.login(place["username"], place["password"])
            client.send_message(letter(**more))

    def close(self) -> None:
        """Let go of the client."""
        self._client.close()


def letter(
    *,
    sender: str = "from@example.com",
    to: str = "to@example.net",
    subject: str = "A letter",
    text: str = "words\n",
    html: str | None = None,
) -> EmailMessage:
    """A whole message."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message["Date"] = "Mon, 30 Nov 2026 12:00:00 +0000"
    message["Message-ID"] = "<one@example.com>"
    message.set_content(text)
    if html is not None:
        message.add_alternative(html, subtype="html")
    return message


@contextmanager
def serving(*fakes: str, as_json: bool = True, **more: Any) -> Iterator[Served]:
    """Serve these fakes while the body runs."""
    orders = tuple(with_domains(each, ["example.com"]) for each in read_arguments(fakes))
    asked = Serving(orders=orders, control=ControlOrder(token=TOKEN), as_json=as_json, **more)
    lines: queue.Queue[str] = queue.Queue()
    with start_blocking_portal(backend_options={"loop_factory": SteadyLoop}) as portal:
        told = portal.call(asyncio.Event)
        future = portal.start_task_soon(
            partial(serve_until, told, asked, write=lines.put, stream=io.StringIO())
        )
        future.add_done_callback(lambda _: lines.put("{}"))
        first = json.loads(lines.get(timeout=PATIENCE))
        if not first:
            future.result()
        served = Served(first, lines)
        try:
            yield served
        finally:
            served.close()
            portal.call(told.set)
            future.result(PATIENCE)


Serve: TypeAlias = Callable[..., AbstractContextManager[Served]]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An SMTP server and two providers, for all tests of a module."""
    with serving("smtp", "sendgrid", "mailgun") as found:
        yield found


@pytest.fixture
def fresh(served: Served) -> Served:
    """The same, with nothing in it and its states as they were."""
    served.told("POST", "/v1/reset")
    return served


@pytest.fixture
def config(tmp_path: Path) -> Callable[[str], Path]:
    """Write a file for `--config`."""

    def write(text: str) -> Path:
        path = tmp_path / "serve.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write
