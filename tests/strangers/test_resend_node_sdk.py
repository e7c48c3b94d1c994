"""Resend's SDK for Node against the fake: it answers with an error instead of throwing one."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from harness.fakes import Resend
from harness.fakes.apis import ProviderFake

pytestmark = pytest.mark.whole

_NODE = """
const given = JSON.parse(process.env.GIVEN);
const { Resend } = require('resend');
const client = new Resend(given.key, { baseUrl: given.origin });
const letter = { from: 'Grüße <a@sender.test>', to: ['b@recipient.test'], subject: 'Grüße',
                 html: '<p>手紙</p>', replyTo: 'c@sender.test', tags: [{ name: 'a', value: 'b' }],
                 attachments: [{ filename: 'a.txt', content: Buffer.from('the file') }] };
const plain = { ...letter, attachments: undefined };
const key = { idempotencyKey: 'welcome/1' };
(async () => {
  const found = {};
  found.sent = await client.emails.send(letter);
  found.once = await client.emails.send(plain, key);
  found.again = await client.emails.send(plain, key);
  found.other = await client.emails.send({ ...plain, subject: 'Another' }, key);
  found.batch = await client.batch.send([plain, plain]);
  found.read = found.sent.data && await client.emails.get(found.sent.data.id);
  console.log(JSON.stringify(found));
})();
"""
Run = Callable[..., dict[str, Any]]


@pytest.fixture
def in_node(requires_node_module: Callable[[str], str]) -> Run:
    """Make the SDK's calls at a fake; what each of them gave."""
    node = requires_node_module("resend")

    def run(fake: ProviderFake, *, key: str | None = None) -> dict[str, Any]:
        given = {"origin": fake.base_url, "key": key or fake.credentials["api_key"]}
        environment = {
            **os.environ,
            "GIVEN": json.dumps(given),
            "NODE_EXTRA_CA_CERTS": str(fake.ca_file),
        }
        done = subprocess.run(
            [node, "-e", _NODE], env=environment, capture_output=True, check=True, timeout=60
        )
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    return run


def test_the_sdk_for_node_sends_once_for_an_idempotency_key(in_node: Run) -> None:
    with Resend(account={"domains": [{"name": "sender.test"}]}).running() as fake:
        found = in_node(fake)
    first, second, *batch = [message.provider_id for message in fake.messages]
    assert found["sent"]["data"] == {"id": first}
    assert found["once"]["data"] == found["again"]["data"] == {"id": second}
    assert found["other"]["error"]["name"] == "invalid_idempotent_request"
    assert [each["id"] for each in found["batch"]["data"]["data"]] == batch
    assert found["read"]["data"]["html"] == "<p>手紙</p>"
    assert found["sent"]["headers"]["ratelimit-policy"] == "10;w=1"
    assert b"dGhlIGZpbGU" in fake.messages[0].content


@pytest.mark.parametrize(
    ("account", "key", "status", "name"),
    [
        ({}, None, 403, "validation_error"),
        ({}, "re_wrong", 401, "validation_error"),
        ({"suspended": True}, None, 403, "suspended_api_key"),
        ({"rate_limited": True}, None, 429, "rate_limit_exceeded"),
        ({"trouble": "error"}, None, 500, "application_error"),
    ],
)
def test_the_sdk_for_node_gives_the_refusal(
    in_node: Run, account: dict[str, Any], key: str | None, status: int, name: str
) -> None:
    with Resend(account=account).running() as fake:
        found = in_node(fake, key=key)
    assert found["sent"]["data"] is None
    assert (found["sent"]["error"]["statusCode"], found["sent"]["error"]["name"]) == (status, name)
    assert fake.messages == []
