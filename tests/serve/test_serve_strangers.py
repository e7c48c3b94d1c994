"""Programs that are not ours send to `harness serve`, and its control API shows their mail."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.serve.order import kinds, read_arguments

pytestmark = pytest.mark.whole

_TOP = Path(__file__).parent.parent.parent
_HARNESS = [sys.executable, "-m", "harness", "serve"]
_PATIENCE = 120

# As their quick starts show them; the base URL is the one line that docs/serve.md names.
_NODE_APP = """
const nodemailer = require('nodemailer');
const sgMail = require('@sendgrid/mail');
const mail = {
  from: 'Shop <shop@example.com>', to: 'eve@example.net', subject: 'By nodemailer',
  text: 'Your code is 481516.', html: '<a href="https://shop.example.com/confirm?t=1">confirm</a>',
};
(async () => {
  await nodemailer.createTransport(process.env.SMTP_URL).sendMail(mail);
  sgMail.setApiKey(process.env.SENDGRID_API_KEY);
  sgMail.client.setDefaultRequest('baseUrl', process.env.SENDGRID_BASE_URL);
  await sgMail.send({ ...mail, subject: 'By SendGrid' });
  const answer = await fetch(`${process.env.HARNESS_SERVE_URL}/messages`, {
    headers: { authorization: `Bearer ${process.env.HARNESS_SERVE_TOKEN}` },
  });
  console.log(JSON.stringify(await answer.json()));
})().catch((error) => { console.error(error); process.exit(1); });
"""


def _run(
    words: list[str], *, cwd: Path, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words,
        cwd=cwd,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_PATIENCE,
        check=False,
    )


def _messages(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])["messages"]
    return found


def test_a_node_application_sends_by_nodemailer_and_by_sendgrids_sdk(
    requires_node_module: Callable[[str], str], tmp_path: Path
) -> None:
    requires_node_module("@sendgrid/mail")
    node = requires_node_module("nodemailer")
    (tmp_path / "app.js").write_text(_NODE_APP, encoding="utf-8")
    done = _run([*_HARNESS, "smtp", "sendgrid", "--", node, "app.js"], cwd=tmp_path)
    by_smtp, by_api = _messages(done)
    assert (by_smtp["fake"], by_smtp["subject"]) == ("smtp", "By nodemailer")
    assert (by_api["fake"], by_api["subject"]) == ("sendgrid", "By SendGrid")
    for message in (by_smtp, by_api):
        assert message["links"] == ["https://shop.example.com/confirm?t=1"]
        assert message["codes"] == ["481516"]
        assert message["secure"] is True
        assert message["remarks"] == []
    assert "mail 1  smtp: By nodemailer" in done.stderr
    assert "mail 2  sendgrid by API: By SendGrid" in done.stderr


def test_a_node_application_trusts_no_bad_certificate(
    requires_node_module: Callable[[str], str], tmp_path: Path
) -> None:
    node = requires_node_module("nodemailer")
    (tmp_path / "app.js").write_text(_NODE_APP, encoding="utf-8")
    done = _run([*_HARNESS, "smtp:certificate=wrong-host", "--", node, "app.js"], cwd=tmp_path)
    assert done.returncode == 1
    assert "ERR_TLS_CERT_ALTNAME_INVALID" in done.stderr
    assert "mail 1" not in done.stderr


_SHOW = 'curl --silent --header "Authorization: Bearer $HARNESS_SERVE_TOKEN" '
_SHOW += '"$HARNESS_SERVE_URL/messages"'


def test_swaks_sends(requires_program: Callable[[str], str], tmp_path: Path) -> None:
    swaks = requires_program("swaks")
    requires_program("curl")
    send = (
        f'{swaks} --server "$SMTP_HOST:$SMTP_PORT" --tls-verify --tls-ca-path "$SSL_CERT_FILE" '
        '--tls --auth LOGIN --auth-user "$SMTP_USERNAME" --auth-password "$SMTP_PASSWORD" '
        "--from a@example.com --to b@example.net --h-Subject swaks >/dev/null"
    )
    done = _run([*_HARNESS, "smtp", "--", "sh", "-c", f"{send} && {_SHOW}"], cwd=tmp_path)
    (message,) = _messages(done)
    assert (message["subject"], message["recipients"]) == ("swaks", ["b@example.net"])


@pytest.mark.needs("curl")
def test_curl_sends_by_an_api_and_is_refused_as_the_vendor_refuses(tmp_path: Path) -> None:
    mail = {"from": "a@other.test", "to": "b@example.net", "subject": "x", "text": "x"}
    send = (
        'curl --silent --header "Authorization: Bearer $RESEND_API_KEY" '
        f"--json {shlex.quote(json.dumps(mail))} $RESEND_BASE_URL/emails"
    )
    program = ["--", "sh", "-c", f"{send}; echo; {send.replace('other.test', 'example.com')}"]
    done = _run([*_HARNESS, "resend", *program], cwd=tmp_path)
    refused, accepted = map(json.loads, done.stdout.splitlines())
    assert (refused["name"], refused["statusCode"]) == ("validation_error", 403)
    assert accepted["id"]
    assert "refused  resend: POST /emails: 403" in done.stderr
    assert "mail may come from example.com; --domain, or PATCH /v1/fakes/resend" in done.stderr
    assert "mail 1  resend by API: x" in done.stderr


@pytest.mark.needs("node", "curl")
def test_the_node_test_of_the_tutorial_passes(tmp_path: Path) -> None:
    text = (_TOP / "docs" / "serve.md").read_text(encoding="utf-8")
    for name, content in re.findall(
        r"^```\S+ file=(\S+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL
    ):
        (tmp_path / name).write_text(content, encoding="utf-8")
    (command,) = re.findall(r"^harness (serve .* node --test .*)$", text, re.MULTILINE)
    done = _run([sys.executable, "-m", "harness", *shlex.split(command)], cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^(?:#|ℹ) pass 3$", done.stdout, re.MULTILINE)


@pytest.mark.needs("node")
def test_the_file_with_the_environment_is_read_by_node_and_by_a_shell(tmp_path: Path) -> None:
    show = "console.log(process.env.SMTP_PASSWORD, process.env.SMTP_USERNAME)"
    words = """smtp:username=a b,password='p"a$s#s w=ord'"""
    read = f'node --env-file=e -e "{show}"; . ./e; echo "$SMTP_PASSWORD $SMTP_USERNAME"'
    done = _run(
        [*_HARNESS, words, "--env-file", "e", "--", "env", "-i", f"PATH={os.environ['PATH']}",
         "sh", "-c", read],
        cwd=tmp_path,
    )  # fmt: skip
    assert done.stdout == 'p"a$s#s w=ord a b\n' * 2, done.stderr


def test_the_example_for_containers_says_what_there_is() -> None:
    path = _TOP / "examples" / "serve" / "compose.yaml"
    services = yaml.safe_load(path.read_text(encoding="utf-8"))["services"]
    command = services["mail"]["command"][-1]
    words = shlex.split(command.partition("harness serve ")[2])
    fakes = words[: words.index("--domain")]
    assert [order.kind for order in read_arguments(fakes)] == fakes
    assert set(fakes) <= set(kinds())
    ready = words[words.index("--ready-file") + 1]
    assert ready in services["mail"]["healthcheck"]["test"]
    assert services["app"]["network_mode"] == "service:mail"
    assert words[words.index("--env-file") + 1] in services["app"]["command"][-1]
