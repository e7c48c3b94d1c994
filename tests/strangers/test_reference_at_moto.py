"""The reference sender sends to an SES that is not ours: moto's server, over HTTPS."""

from __future__ import annotations

import re
import ssl
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email import message_from_string
from email.policy import default
from pathlib import Path
from typing import Any

import boto3  # type: ignore[import-untyped]  # it has no types
import httpx
import pytest
import trustme

from harness.reference.sender import handle

pytestmark = [pytest.mark.whole, pytest.mark.parametrize("version", ["v1", "v2"])]

_REGION = "eu-west-1"
_KEYS = {"access_key_id": "AKIAEXAMPLEEXAMPLE00", "secret_access_key": "moto/takes+every" * 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Moto:
    """A running moto server, which keeps what it takes in memory."""

    base_url: str
    ca_file: Path

    def verify(self, address: str) -> None:
        """Let mail from an address be taken, asked for with the vendor's own SDK."""
        client = boto3.session.Session().client(
            "ses",
            region_name=_REGION,
            endpoint_url=self.base_url,
            verify=str(self.ca_file),
            aws_access_key_id=_KEYS["access_key_id"],
            aws_secret_access_key=_KEYS["secret_access_key"],
        )
        client.verify_email_identity(EmailAddress=address)

    def taken(self) -> list[dict[str, Any]]:
        """The raw messages that it has taken, as it stores them."""
        with self._client() as client:
            found = client.get(f"{self.base_url}/moto-api/data.json").json()
        stored: list[dict[str, Any]] = found["ses"].get("RawMessage", [])
        return stored

    def forget(self) -> None:
        """Forget every identity and message."""
        with self._client() as client:
            client.post(f"{self.base_url}/moto-api/reset").raise_for_status()

    def _client(self) -> httpx.Client:
        context = ssl.create_default_context(cafile=self.ca_file)
        return httpx.Client(verify=context, trust_env=False)


@pytest.fixture(scope="module")
def running(
    tmp_path_factory: pytest.TempPathFactory, requires_program: Callable[[str], str]
) -> Iterator[Moto]:
    folder = tmp_path_factory.mktemp("moto")
    authority, ca_file = trustme.CA(), folder / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    issued = authority.issue_cert("localhost")
    issued.private_key_and_cert_chain_pem.write_to_path(str(folder / "server.pem"))
    pem = str(folder / "server.pem")
    files = ["--ssl-cert", pem, "--ssl-key", pem]
    with subprocess.Popen(
        [requires_program("moto_server"), "--host", "127.0.0.1", "--port", "0", *files],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    ) as server:
        try:
            yield Moto(base_url=f"https://localhost:{_port(server)}", ca_file=ca_file)
        finally:
            server.terminate()


def _port(server: subprocess.Popen[str]) -> str:
    assert server.stderr is not None
    seen = ""
    for line in server.stderr:
        seen += line
        if found := re.search(r"https://127\.0\.0\.1:(\d+)", line):
            return found[1]
    raise AssertionError(seen)


@pytest.fixture
def moto(running: Moto) -> Moto:
    running.forget()
    return running


def send(moto: Moto, version: str, **words: Any) -> dict[str, Any]:
    return handle(
        {
            "protocol": 1,
            "action": "send",
            "case": "strangers",
            "transport": {
                "kind": "api",
                "provider": "ses",
                "api": version,
                "credentials": _KEYS,
                "region": _REGION,
                "base_url": moto.base_url,
                **words,
            },
            "trust": {
                "ca_file": str(moto.ca_file),
                "ca_pkcs12": "",
                "ca_pkcs12_password": "",
            },
            "message": {
                "from": {"name": "Schönes Amt", "address": "from@sender.test"},
                "to": [{"address": "to@recipient.test"}],
                "bcc": [{"address": "hidden@recipient.test"}],
                "subject": "Grüße, 手紙",
                "text": "Zeilen\n",
            },
            "timeout": 20.0,
        }
    )


def test_a_message_is_taken(moto: Moto, version: str) -> None:
    moto.verify("from@sender.test")
    answer = send(moto, version)
    assert answer["status"] == "sent", answer
    [stored] = moto.taken()
    assert stored["id"] == answer["provider_id"]
    assert {"to@recipient.test", "hidden@recipient.test"} <= set(stored["destinations"])
    message = message_from_string(stored["raw_data"], policy=default)
    assert message["Subject"] == "Grüße, 手紙"
    assert "Bcc" not in message
    assert message["From"] == "Schönes Amt <from@sender.test>"


def test_a_sender_that_is_not_verified_is_reported_in_its_words(moto: Moto, version: str) -> None:
    answer = send(moto, version)
    assert answer["status"] == "failed"
    assert answer["error"]["class"] == "message-refused"
    assert "from@sender.test" in answer["error"]["message"]
    assert moto.taken() == []


def test_a_server_of_an_unknown_authority_gets_no_request(
    moto: Moto, version: str, tmp_path: Path
) -> None:
    moto.verify("from@sender.test")
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "another.pem"))
    answer = send(Moto(base_url=moto.base_url, ca_file=tmp_path / "another.pem"), version)
    assert answer["status"] == "failed"
    assert answer["error"]["class"] == "certificate-untrusted"
    assert moto.taken() == []
