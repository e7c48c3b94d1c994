"""`harness serve --mailpit`: what comes is in a real Mailpit too."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from harness.mailpit.client import MailpitClient, MailpitError
from harness.mailpit.place import MailpitPlace
from harness.serve.kept_mail import KeptMessage
from harness.serve.mailpit_copies import MailpitCopies

_SEND = """
import os, smtplib, ssl
with smtplib.SMTP(os.environ["SMTP_HOST"], int(os.environ["SMTP_PORT"])) as client:
    client.starttls(context=ssl.create_default_context())
    client.login(os.environ["SMTP_USERNAME"], os.environ["SMTP_PASSWORD"])
    client.sendmail("a@example.com", ["b@example.net"], "Subject: A letter\\r\\n\\r\\nwords\\r\\n")
"""


@pytest.mark.whole
def test_a_served_message_has_its_page(mailpit: MailpitPlace, tmp_path: Path) -> None:
    words = [sys.executable, "-m", "harness", "serve", "smtp", "--mailpit", mailpit.url]
    ended = subprocess.run(
        [*words, "--", sys.executable, "-c", _SEND],
        cwd=tmp_path,
        env={**_environment(), "MAILPIT_SMTP_PORT": str(mailpit.smtp_port)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    with MailpitClient(mailpit) as client:
        [found] = client.messages().messages
        assert (found.subject, found.tags) == ("A letter", ("smtp",))
        assert f"page {mailpit.page(found.id)}" in ended.stdout + ended.stderr


@pytest.mark.whole
def test_a_mailpit_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "harness", "serve", "smtp", "--mailpit", "http://127.0.0.1:9"]
    ended = subprocess.run(
        [*words, "--", sys.executable, "-c", ""],
        cwd=tmp_path,
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 3
    assert ended.stderr.count("\n") == 1


@pytest.mark.anyio
async def test_a_mailpit_that_has_gone_is_told_once_and_asked_no_more() -> None:
    asked = []

    def show(message: object, labels: object) -> str:
        asked.append(message)
        raise MailpitError("it has gone")

    inbox = cast("Any", SimpleNamespace(place=SimpleNamespace(url="http://here"), show=show))
    copies = MailpitCopies(inbox)
    message = KeptMessage(
        id=1, fake="smtp", by="SMTP", at=datetime.now(UTC), captured=cast("Any", None), content=b""
    )
    assert await copies.page(message) is None
    assert copies.problem == "no more copies in Mailpit: it has gone"
    assert await copies.page(message) is None
    assert len(asked) == 1


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("MAILPIT_")}
