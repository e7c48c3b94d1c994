from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.fakes.message import CapturedMessage
from harness.mailpit.inbox import MailpitInbox
from harness.mailpit.place import MailpitPlace
from harness.mailpit.program import as_program


@pytest.fixture(scope="module")
def mailpit(
    requires_mailpit: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[MailpitPlace]:
    """A real Mailpit of this module's own: a process, free ports, a database."""
    with as_program(database=tmp_path_factory.mktemp("mail") / "mail.db") as (place, _):
        yield place


@pytest.fixture(scope="session")
def requires_mailpit(requires_program: object) -> None:
    assert callable(requires_program)
    requires_program("mailpit")


@pytest.fixture
def inbox(mailpit: MailpitPlace) -> Iterator[MailpitInbox]:
    with MailpitInbox(mailpit) as inbox:
        yield inbox


def taken(
    content: bytes,
    *,
    mail_from: str = "sender@harness.test",
    rcpt_tos: tuple[str, ...] = ("recipient@harness.test",),
) -> CapturedMessage:
    """A message as a fake took it over SMTP."""
    wire = content.replace(b"\r\n.", b"\r\n..")
    return CapturedMessage(
        wire=b"." + wire if wire.startswith(b".") else wire,
        mail_from=mail_from,
        rcpt_tos=rcpt_tos,
        username=None,
        secure=True,
        connection=1,
    )
