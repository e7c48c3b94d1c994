"""A Mailpit that is ready: a run, `serve` and tests call its `show` with each message."""

from __future__ import annotations

from harness.fakes.message import Captured
from harness.secrets import NO_SECRETS, Secrets

from .client import MailpitClient
from .closed_afterwards import ClosedAfterwards
from .mirror_copy import MirrorLabels, begins_with_a_header, enclosed, mirror_copy
from .place import MailpitPlace
from .submission import MailpitRefusedError, MailpitSubmission


class MailpitInbox(ClosedAfterwards):
    """A Mailpit that was found to be one and takes messages. Not for several threads at a time.

    `about` is one line for people. Nothing in here deletes.

    Raises:
        MailpitError: it is none, too old, wants a password, or takes no messages.
    """

    def __init__(self, place: MailpitPlace, *, about: str = "", timeout: float = 5.0) -> None:
        self.place = place
        self.about = about or f"Mailpit at {place.url}"
        with MailpitClient(place, timeout=timeout) as client:
            self.version = client.information().version
        self._submission = MailpitSubmission(place, timeout=timeout)
        self._submission.open()

    def close(self) -> None:
        """End the connection."""
        self._submission.close()

    def show(
        self, message: Captured, labels: MirrorLabels, *, secrets: Secrets = NO_SECRETS
    ) -> str:
        """Put a copy of a message that was taken into Mailpit; the page that shows it.

        Of the message nothing is changed but `secrets`, which are replaced by their names; above
        it stand headers that say where it is from. It waits a few seconds at most.

        Raises:
            MailpitError: Mailpit takes none any more.
            MailpitRefusedError: it does not take this one, in no shape.
        """
        content = secrets.redact(message.content)
        mail_from, rcpt_tos = message.mail_from, message.rcpt_tos
        why = "it begins with what no header is"
        if begins_with_a_header(content):
            copy = mirror_copy(content, labels, mail_from=mail_from, rcpt_tos=rcpt_tos)
            try:
                return self._page(copy, message, labels)
            except MailpitRefusedError as refusal:
                why = str(refusal)
        copy = enclosed(content, labels, mail_from=mail_from, rcpt_tos=rcpt_tos, why=why)
        return self._page(copy, message, labels)

    def _page(self, copy: bytes, message: Captured, labels: MirrorLabels) -> str:
        found = self._submission.hand_over(
            copy, mail_from=message.mail_from, rcpt_tos=message.rcpt_tos
        )
        return self.place.page(found) if found else self.place.tagged(*labels.tags)
