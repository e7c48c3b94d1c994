"""The AWS SDK for JavaScript, and nodemailer on top of it, send through the fake of SES."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest

from .ses_stage import REGION, Stage, without_settings

pytestmark = pytest.mark.whole

_NODE = """
const given = JSON.parse(process.env.GIVEN);
const { SESClient, SendEmailCommand } = require('@aws-sdk/client-ses');
const sesv2 = require('@aws-sdk/client-sesv2');
const config = { region: given.region, endpoint: given.endpoint, maxAttempts: 1,
                 credentials: given.credentials };
const text = { Subject: { Data: 'Grüße' }, Body: { Text: { Data: 'Grüße, 手紙' } } };
const to = { ToAddresses: ['b@example.net'] };
const shown = (error) => ({ name: error.name, message: error.message,
                            status: error.$metadata.httpStatusCode });
(async () => {
  const found = {};
  const v1 = new SendEmailCommand({ Source: given.from, Destination: to, Message: text });
  const v2 = new sesv2.SendEmailCommand({ FromEmailAddress: given.from, Destination: to,
                                          Content: { Simple: text } });
  found.v1 = await new SESClient(config).send(v1).then((a) => a.MessageId, shown);
  found.v2 = await new sesv2.SESv2Client(config).send(v2).then((a) => a.MessageId, shown);
  if (given.nodemailer) {
    const SES = { sesClient: new sesv2.SESv2Client(config),
                  SendEmailCommand: sesv2.SendEmailCommand };
    const transport = require('nodemailer').createTransport({ SES });
    found.probe = await transport.verify().catch(shown);
    const letter = { from: given.from, to: 'b@example.net', subject: 'Grüße', text: 'Grüße, 手紙' };
    found.nodemailer = await transport.sendMail(letter).then((a) => a.response, shown);
  }
  console.log(JSON.stringify(found));
})();
"""


@pytest.fixture(scope="module")
def running() -> Iterator[Stage]:
    stage = Stage()
    with stage.fake.running():
        yield stage


@pytest.fixture
def stage(running: Stage, monkeypatch: pytest.MonkeyPatch) -> Stage:
    without_settings(monkeypatch)
    running.ahead = timedelta()
    running.set()
    return running


@pytest.fixture
def in_node(stage: Stage, requires_program: Callable[[str], str]) -> Callable[..., dict[str, Any]]:
    """Send once by each API of the SDK for JavaScript, and with nodemailer where it is there."""
    node = requires_program("node")

    def has(package: str) -> bool:
        code = f"require.resolve('{package}')"
        return subprocess.run([node, "-e", code], capture_output=True, check=False).returncode == 0

    if not (has("@aws-sdk/client-ses") and has("@aws-sdk/client-sesv2")):
        pytest.skip("the AWS SDK for JavaScript is not installed")

    def run(**other: Any) -> dict[str, Any]:
        credentials = {
            "accessKeyId": stage.fake.credentials["access_key_id"],
            "secretAccessKey": stage.fake.credentials["secret_access_key"],
        }
        given = {
            "region": REGION,
            "endpoint": stage.fake.base_url,
            "credentials": credentials,
            "from": "a@example.com",
            "nodemailer": has("nodemailer"),
            **other,
        }
        environment = {
            **os.environ,
            "GIVEN": json.dumps(given),
            "NODE_EXTRA_CA_CERTS": str(stage.fake.ca_file),
        }
        done = subprocess.run(
            [node, "-e", _NODE], env=environment, capture_output=True, check=True, timeout=60
        )
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    return run


def test_the_sdk_for_javascript_sends(stage: Stage, in_node: Callable[..., dict[str, Any]]) -> None:
    found = in_node()
    probe = found.pop("probe", True)
    assert probe is True
    ids = [message.provider_id for message in stage.fake.messages]
    assert [str(each).partition("@")[0].strip("<") for each in found.values()] == ids
    assert all("手紙" in _text(message.content) for message in stage.fake.messages)


def test_the_sdk_for_javascript_names_its_exceptions(
    stage: Stage, in_node: Callable[..., dict[str, Any]]
) -> None:
    found = in_node(**{"from": "a@other.test"})
    assert (found["v1"]["name"], found["v1"]["status"]) == ("MessageRejected", 400)
    assert (found["v2"]["name"], found["v2"]["status"]) == ("MessageRejected", 400)
    assert found["v2"]["message"].endswith("in region EU-WEST-1: a@other.test")
    stage.set(rate_limited=True)
    found = in_node(nodemailer=False)
    assert found["v1"]["name"] == "Throttling"
    assert (found["v2"]["name"], found["v2"]["status"]) == ("TooManyRequestsException", 429)
    stage.set(keys=[{"active": False}])
    found = in_node(nodemailer=False)
    assert found["v1"]["name"] == "InvalidClientTokenId"
    assert found["v2"]["name"] == "UnrecognizedClientException"


def _text(content: bytes) -> str:
    part = message_from_bytes(content, policy=default).get_body()
    return str(part.get_content()) if part is not None else ""
