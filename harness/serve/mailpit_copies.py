"""Copies of what comes in a Mailpit, for looking at: `harness serve --mailpit`."""

from __future__ import annotations

import asyncio

from harness.mailpit.client import MailpitError
from harness.mailpit.inbox import MailpitInbox
from harness.mailpit.mirror_copy import MirrorLabels

from .kept_mail import KeptMessage


class MailpitCopies:
    """Puts each message into one Mailpit, one after the other.

    `url` is where its page is. `problem` says why no more copies are made, None while they are: a
    Mailpit that has gone holds up nobody twice.
    """

    def __init__(self, inbox: MailpitInbox) -> None:
        self.url = inbox.place.url
        self.problem: str | None = None
        self._inbox = inbox

    async def page(self, message: KeptMessage) -> str | None:
        """The page that shows this message, None where Mailpit does not take it any more."""
        if self.problem is not None:
            return None
        labels = MirrorLabels(provider=message.fake)
        try:
            return await asyncio.to_thread(self._inbox.show, message.captured, labels)
        except MailpitError as error:
            self.problem = f"no more copies in Mailpit: {error}"
            return None
