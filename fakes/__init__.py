"""Fake mail servers, each in a chosen state: good, misconfigured, broken or hostile.

    from harness.fakes import Smtp

    with Smtp(security="starttls", certificate="expired").running() as server:
        ...  # server.host, server.port, server.ca_file, server.messages, server.transcript

Fakes bind loopback, relay nothing, hold no opinion and keep nothing after they stop.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .errors import FakeError

if TYPE_CHECKING:
    from .smtp.fake import Smtp

__all__ = ["FakeError", "Smtp"]


def __getattr__(name: str) -> Any:
    """Import the fakes only when they are used: they are not light."""
    if name == "Smtp":
        from .smtp.fake import Smtp  # noqa: PLC0415 - see above

        return Smtp
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
