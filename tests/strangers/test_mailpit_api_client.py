"""An independent witness: mailpit-api-client lists an inbox that ours wrote, and no more.

It is no dependency: see docs/architecture.md.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.fakes.message import CapturedMessage
from harness.mailpit.client import MailpitClient
from harness.mailpit.inbox import MailpitInbox
from harness.mailpit.mirror_copy import MirrorLabels
from harness.mailpit.program import as_program

pytestmark = [pytest.mark.whole, pytest.mark.needs("mailpit")]


def test_another_client_lists_what_ours_does(
    requires_program: Callable[[str], str], tmp_path: Path
) -> None:
    lists = requires_program("mailpit-list")
    with as_program(database=tmp_path / "mail.db") as (place, _), MailpitInbox(place) as inbox:
        for number in range(3):
            head = f"From: a@b.test\r\nTo: c@d.test\r\nSubject: number {number}\r\n".encode()
            message = CapturedMessage(
                wire=head + b"\r\nHello\r\n",
                mail_from="a@b.test",
                rcpt_tos=("c@d.test", "hidden@d.test"),
                username=None,
                secure=True,
                connection=1,
            )
            inbox.show(message, MirrorLabels(provider="smtp", case="a/b"))
        said = json.loads(
            subprocess.run([lists, place.url], capture_output=True, check=True).stdout
        )
        with MailpitClient(place) as client:
            ours = client.messages().messages
    assert said == [
        {
            "subject": each.subject,
            "to": [mailbox.address for mailbox in each.to],
            "bcc": [mailbox.address for mailbox in each.bcc],
            "size": each.size,
        }
        for each in ours
    ]
    assert [each["bcc"] for each in said] == [["hidden@d.test"]] * 3
