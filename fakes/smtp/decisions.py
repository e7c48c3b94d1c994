"""What the replies of one session decide: a message taken, a recipient refused.

Noted when the last octet of the reply has left, whoever worded it.
"""

from __future__ import annotations

from functools import partial

from ..answer import OutgoingAnswer
from ..connection import Connection
from ..transcript import Acknowledged, RecipientRefused
from .replies import reply_status


class Decisions:
    """Waits for the replies on one connection that decide something."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def expect_for_message(self, index: int) -> None:
        """The next reply says whether the server answers for this message."""
        self._connection.begin_answer(
            OutgoingAnswer(status_of=reply_status, when_whole=partial(self._message, index))
        )

    def expect_for_recipient(self, address: str) -> None:
        """The next reply says whether this recipient is taken."""
        self._connection.begin_answer(
            OutgoingAnswer(status_of=reply_status, when_whole=partial(self._recipient, address))
        )

    def _message(self, index: int, code: int, reply: bytes) -> None:
        if code < 300:
            self._connection.record(Acknowledged(messages=(index,), answer=_words(reply)))

    def _recipient(self, address: str, code: int, reply: bytes) -> None:
        if code >= 400:
            self._connection.record(
                RecipientRefused(address=address, code=code, words=_words(reply))
            )


def _words(reply: bytes) -> str:
    return " ".join(reply.decode("utf-8", "replace").split())
