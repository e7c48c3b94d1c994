"""The way in: messages go to Mailpit over SMTP, because only there it takes them octet for octet.

`POST /api/v1/send` makes a message of its own from fields.
"""

from __future__ import annotations

import re
import smtplib
from collections.abc import Sequence
from contextlib import suppress

from .client import MailpitError
from .mirror_copy import envelope_address
from .place import MailpitPlace

_QUEUED = re.compile(rb"queued as (\S+)")
# internal/smtpd/smtpd.go: `MaxRecipients` is 100 where nobody says otherwise.
_MOST_RECIPIENTS = 100
_FINE = 250
_NOBODY = "nobody@harness.invalid"


class MailpitRefusedError(Exception):
    """Mailpit did not take this one message; the text is its reply."""


class MailpitSubmission:
    """Hands messages to one Mailpit, over one connection, one at a time; to be closed.

    It speaks to no other server than Mailpit: a greeting without that name ends it, so that a
    wrong port can never send test mail out into the world.
    """

    def __init__(self, place: MailpitPlace, *, timeout: float = 5.0) -> None:
        self._place = place
        self._timeout = timeout
        self._session: smtplib.SMTP | None = None

    def hand_over(self, content: bytes, *, mail_from: str, rcpt_tos: Sequence[str]) -> str | None:
        """Hand over a message; its id in Mailpit, None where Mailpit told none.

        Raises:
            MailpitRefusedError: it does not take this one.
            MailpitError: it takes none.
        """
        try:
            return self._handed_over(content, mail_from, rcpt_tos)
        except smtplib.SMTPServerDisconnected:
            # An idle connection may have been closed at its other end.
            self.close()
        except OSError as error:
            raise self._lost(error) from error
        try:
            return self._handed_over(content, mail_from, rcpt_tos)
        except (smtplib.SMTPServerDisconnected, OSError) as error:
            raise self._lost(error) from error

    def open(self) -> None:
        """Connect, so that trouble shows now.

        Raises:
            MailpitError: this is no Mailpit that takes messages.
        """
        if self._session is not None:
            return
        place = f"{self._place.smtp_host}:{self._place.smtp_port}"
        session = smtplib.SMTP(timeout=self._timeout, local_hostname="harness.invalid")
        try:
            status, greeting = session.connect(self._place.smtp_host, self._place.smtp_port)
            if status != 220 or b"mailpit" not in greeting.lower():
                session.close()
                raise MailpitError(
                    f"what answers at {place} is no Mailpit's SMTP: {_told(greeting)}"
                )
            session.ehlo()
        except (OSError, smtplib.SMTPException) as error:
            session.close()
            where = "MAILPIT_SMTP_HOST and MAILPIT_SMTP_PORT say where it is"
            raise MailpitError(f"no SMTP of Mailpit at {place}: {error} ({where})") from error
        self._session = session

    def close(self) -> None:
        """End the connection."""
        session, self._session = self._session, None
        if session is not None:
            with suppress(OSError, smtplib.SMTPException):
                session.quit()

    def _handed_over(self, content: bytes, mail_from: str, rcpt_tos: Sequence[str]) -> str | None:
        self.open()
        session = self._session
        assert session is not None
        try:
            _set_envelope(session, mail_from, rcpt_tos)
            status, reply = session.data(content)
            _expect(_FINE, (status, reply))
        except (MailpitRefusedError, smtplib.SMTPDataError, UnicodeError, ValueError) as error:
            session.rset()
            if isinstance(error, MailpitRefusedError):
                raise
            raise MailpitRefusedError(str(error)) from error
        found = _QUEUED.search(reply)
        return found[1].decode("ascii", "replace") if found else None

    def _lost(self, error: Exception) -> MailpitError:
        self.close()
        said = " ".join(str(error).split()) or type(error).__name__
        place = f"{self._place.smtp_host}:{self._place.smtp_port}"
        return MailpitError(f"the Mailpit at {place} takes no more: {said}")


def _set_envelope(session: smtplib.SMTP, mail_from: str, rcpt_tos: Sequence[str]) -> None:
    """The envelope as it was, less the addresses that Mailpit does not take.

    All of them stand in the copy's own headers.
    """
    options = ["SMTPUTF8"] if session.has_extn("smtputf8") else []
    if session.mail(envelope_address(mail_from), options)[0] != _FINE:
        _expect(_FINE, session.mail("", options))
    addresses = list(map(envelope_address, rcpt_tos[:_MOST_RECIPIENTS]))
    if not [each for each in addresses if each and session.rcpt(each)[0] == _FINE]:
        _expect(_FINE, session.rcpt(_NOBODY))


def _expect(status: int, reply: tuple[int, bytes]) -> None:
    if reply[0] != status:
        raise MailpitRefusedError(f"{reply[0]} {_told(reply[1])}")


def _told(reply: bytes) -> str:
    text = reply.decode("utf-8", "replace")
    return "".join(each if each.isprintable() else " " for each in text)[:200].strip() or "nothing"
