"""nodemailer sends through the fake of SES, on top of the AWS SDK for JavaScript.

The SDK alone is among the clients of `foreign.py`.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest

from .ses_stage import REGION, Stage, without_settings

pytestmark = pytest.mark.whole

_NODE = """
const given = JSON.parse(process.env.GIVEN);
const { SESv2Client, SendEmailCommand } = require('@aws-sdk/client-sesv2');
const { region, endpoint, credentials, letter } = given;
const sesClient = new SESv2Client({ region, endpoint, credentials, maxAttempts: 1 });
const SES = { sesClient, SendEmailCommand };
const transport = require('nodemailer').createTransport({ SES });
const shown = ({ name, message }) => ({ name, message });
(async () => {
  const probe = await transport.verify().catch(shown);
  const sent = await transport.sendMail(letter).then((answer) => answer.response, shown);
  console.log(JSON.stringify({ probe, sent }));
})();
"""


def test_nodemailer_sends_through_the_sdk(
    requires_node_module: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    node = requires_node_module("nodemailer")
    without_settings(monkeypatch)
    stage = Stage()
    with stage.fake.running():
        stage.set()
        found = _told(stage, node)
    (message,) = stage.fake.messages
    assert found["probe"] is True
    assert str(found["sent"]).partition("@")[0].strip("<") == message.provider_id
    part = message_from_bytes(message.content, policy=default).get_body()
    assert part is not None
    assert "手紙" in part.get_content()


def _told(stage: Stage, node: str) -> dict[str, Any]:
    credentials = {
        "accessKeyId": stage.fake.credentials["access_key_id"],
        "secretAccessKey": stage.fake.credentials["secret_access_key"],
    }
    letter = {
        "from": "a@example.com", "to": "b@example.net", "subject": "Grüße", "text": "Grüße, 手紙"
    }  # fmt: skip
    given = {
        "region": REGION,
        "endpoint": stage.fake.base_url,
        "credentials": credentials,
        "letter": letter,
    }
    environment = {
        **os.environ,
        "GIVEN": json.dumps(given),
        "NODE_EXTRA_CA_CERTS": str(stage.fake.ca_file),
    }
    done = subprocess.run(
        [node, "-e", _NODE], env=environment, capture_output=True, check=True, timeout=60
    )
    told: dict[str, Any] = json.loads(done.stdout)
    return told
