"""The strangers: one fixture, and a request document for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from harness.reference.sender import handle

from .bare_aiosmtpd import aiosmtpd_stranger
from .private_postfix import postfix_stranger
from .stranger import HOST, PASSWORD, USERNAME, Stranger


@pytest.fixture(
    scope="module",
    params=[
        "aiosmtpd",
        pytest.param("postfix", marks=pytest.mark.needs("root", "postfix", "saslpasswd2")),
    ],
)
def stranger(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    requires_program: Callable[[str], str],
) -> Iterator[Stranger]:
    if request.param == "postfix":
        programs = {name: requires_program(name) for name in ("postfix", "saslpasswd2")}
        with postfix_stranger(programs) as server:
            yield server
    else:
        with aiosmtpd_stranger(tmp_path_factory.mktemp("stranger")) as server:
            yield server


@pytest.fixture
def send(stranger: Stranger) -> Callable[..., dict[str, Any]]:
    """Have the reference sender send one message to the stranger; give its answer."""

    def send(
        port: str,
        *,
        security: str | None = None,
        password: str = PASSWORD,
        server_name: str | None = None,
        ca_file: Path | None = None,
        **message: Any,
    ) -> dict[str, Any]:
        security = security or ("starttls" if port == "starttls" else "tls")
        transport = _transport(stranger.ports[port], security, password, server_name)
        return handle(
            {
                "protocol": 1,
                "action": "send",
                "case": "strangers",
                "transport": transport,
                "trust": {
                    "ca_file": str(ca_file or stranger.ca_file),
                    "ca_pkcs12": "",
                    "ca_pkcs12_password": "",
                },
                "message": {
                    "from": {"name": "Somebody", "address": "from@sender.test"},
                    "to": [{"address": "to@recipient.test"}],
                    "subject": "A letter",
                    "text": "words\n",
                    **message,
                },
                "timeout": 20.0,
            }
        )

    return send


def _transport(port: int, security: str, password: str, server_name: str | None) -> dict[str, Any]:
    """The account at the stranger's, as a URI and in fields."""
    words = {"starttls": "", "tls": "", "none": "disable_starttls=true"}[security]
    if server_name:
        words = f"server_name={server_name}"
    secret = f"{quote(USERNAME, safe='')}:{quote(password, safe='')}"
    scheme = "smtps" if security == "tls" else "smtp"
    return {
        "kind": "smtp",
        "uri": f"{scheme}://{secret}@{HOST}:{port}/?{words}",
        "host": HOST,
        "port": port,
        "username": USERNAME,
        "password": password,
        "security": security,
        "verify": True,
        "server_name": server_name,
    }
