from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from harness.protocol import Mailbox, Message, SendRequest, SmtpTransport, Trust
from harness.senders import open_sender
from harness.senders.base import Sender

Program: TypeAlias = Callable[[str], str]
Open: TypeAlias = Callable[..., Sender]

PATH = "/usr/local/bin:/usr/bin:/bin"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def trust() -> Trust:
    return Trust(ca_file="/anchor/ca.pem", ca_pkcs12="/anchor/ca.p12", ca_pkcs12_password="store")


@pytest.fixture
def request_to_send(trust: Trust) -> SendRequest:
    return SendRequest(
        case="smtp/plain[mode=starttls]",
        transport=SmtpTransport(
            uri="smtp://u%40x:p%20w@localhost:2525/",
            host="localhost",
            port=2525,
            username="u@x",
            password="p w",
            security="starttls",
        ),
        trust=trust,
        message=Message(
            **{
                "from": Mailbox(address="a@example.com"),
                "to": (Mailbox(address="b@example.net"), Mailbox(address="c@example.net")),
                "subject": "Grüße 'an' alle",
                "text": "eins zwei\ndrei",
            }
        ),
        timeout=0.5,
    )


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """A Python program as words of a command line; each is a file of its own."""

    def write(source: str) -> str:
        path = tmp_path / f"program{len(list(tmp_path.iterdir()))}.py"
        path.write_text(source, encoding="utf-8")
        return shlex.join([sys.executable, "-IS", str(path)])

    return write


@pytest.fixture
def opened(trust: Trust) -> Open:
    def open_it(spec: str, **options: Any) -> Sender:
        environment = options.pop("environment", {"PATH": PATH})
        return open_sender(spec, trust=trust, environment=environment, **options)

    return open_it
