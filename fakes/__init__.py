"""Fake mail servers and provider APIs, each in a chosen state.

    from harness.fakes import SendGrid, Smtp

    with Smtp(security="starttls", certificate="expired").running() as server:
        ...  # server.host, server.port, server.ca_file, server.messages, server.transcript

    with SendGrid(account={"domains": [{"name": "example.org"}]}).running() as api:
        ...  # api.base_url, api.credentials, api.ca_file, api.messages, api.requests

Fakes bind loopback, relay nothing, hold no opinion and keep nothing after they stop.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .errors import FakeError

if TYPE_CHECKING:
    from .apis import Mailgun, Mandrill, Postmark, SendGrid, Ses, SparkPost
    from .smtp.fake import Smtp

__all__ = [
    "FakeError",
    "Mailgun",
    "Mandrill",
    "Postmark",
    "SendGrid",
    "Ses",
    "Smtp",
    "SparkPost",
]


def __getattr__(name: str) -> Any:
    """Import the fakes only when they are used: they are not light."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(".smtp.fake" if name == "Smtp" else ".apis", __name__), name)
