"""`email` as its documentation has it: what it writes into a header and a text as it stands.

docs/libraries.md tells what was found, case by case.
"""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr, localtime, make_msgid

from .convictions import convicted
from .second import Second
from .second_settings import attach


@convicted("message/control-characters[where=*-in-the-subject]", check="control-characters")
@convicted("message/control-characters[where=nul-in-the-text]", check="control-characters")
class PlainEmail(Second):
    """`EmailMessage()`, `message["Subject"] = …`, `set_content(…)`."""

    def compose(self) -> EmailMessage:
        wanted = self.request["message"]
        message = EmailMessage(policy=SMTP)
        message["Date"] = format_datetime(localtime())
        message["Message-ID"] = make_msgid(domain="mail.invalid")
        message["From"] = formataddr((wanted["from"].get("name"), wanted["from"]["address"]))
        message["To"] = ", ".join(box["address"] for box in wanted["to"])
        message["Subject"] = wanted["subject"]
        message.set_content(wanted["text"])
        attach(message, wanted.get("attachments") or ())
        return message
