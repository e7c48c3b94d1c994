"""A product with an admin API of its own, as far as a test lets it have one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, TypeAlias

Answer: TypeAlias = tuple[int, Any] | tuple[int, Any, dict[str, str]]


@dataclass
class Admin:
    """What it answers by method and path, and what it was asked: path, header fields, body."""

    answers: dict[str, Answer | Callable[[bytes], Answer]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    url: str = ""

    def answer(self, what: str, headers: dict[str, str], body: bytes) -> Answer:
        self.asked.append((what, headers, body))
        found = self.answers.get(what, (404, {"error": {"message": f"there is no {what}"}}))
        return found(body) if callable(found) else found


@contextmanager
def running(admin: Admin) -> Iterator[Admin]:
    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, said, *more = admin.answer(f"{self.command} {self.path}", headers, body)
            octets = said if isinstance(said, bytes) else json.dumps(said).encode()
            self.send_response(status)
            for name, value in (more[0] if more else {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(octets)))
            self.end_headers()
            self.wfile.write(octets)

        do_GET = do_POST = do_PUT = _answer  # noqa: N815  # the names that http.server has

        def log_message(self, format: str, *words: object) -> None:  # noqa: A002  # as above
            del format, words

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    admin.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield admin
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
