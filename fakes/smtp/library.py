"""What aiosmtpd is given in place of its own parts."""

from __future__ import annotations

import logging

_COMMAND_LIMIT = 512


class CommandLimits(dict[str, int]):
    """Octets that a command may have. aiosmtpd's own table is shared by all sessions."""

    def __missing__(self, command: str) -> int:
        return _COMMAND_LIMIT

    def clear(self) -> None:
        """Nothing: aiosmtpd clears the table when a session begins."""


class NoHandler:
    """aiosmtpd asks it for hooks; there are none."""

    def __dir__(self) -> tuple[str, ...]:
        return ()


def hush() -> None:
    """Keep what senders send out of the logs, unless somebody has set a level of their own."""
    if logging.getLogger("mail.log").level == logging.NOTSET:
        logging.getLogger("mail.log").setLevel(logging.CRITICAL)
