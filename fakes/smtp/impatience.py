"""What a sender says without waiting for its turn."""

from __future__ import annotations

from collections.abc import Callable

from ..connection import Connection
from .facts import AheadOfReply
from .input_buffer import InputBuffer

# Octets of what came ahead of a reply that its note keeps.
_SHOWN = 512


class Impatience:
    """Notes octets that lie unread when a reply goes out, so that it cannot have been waited for.

    `is_idle` holds while the fake answers nothing, so that nobody has to wait for what it says.
    """

    def __init__(
        self,
        connection: Connection,
        input_buffer: InputBuffer,
        *,
        is_taking_content: Callable[[], bool],
    ) -> None:
        self._connection = connection
        self._input = input_buffer
        self._is_taking_content = is_taking_content
        self._has_spoken = False
        self._noted = 0
        self.is_idle = False

    def note(self) -> None:
        """Something goes out now."""
        if self.is_idle:
            return
        unread = 0 if self._is_taking_content() else len(self._input)
        if unread > self._noted:
            self._connection.record(
                AheadOfReply(
                    data=self._input.first(_SHOWN),
                    first=not self._has_spoken,
                    secure=self._connection.secure,
                )
            )
        self._noted = unread
        self._has_spoken = True
