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
from typing import Any

from .errors import FakeError
from .providers.registry import vendors

_CLASSES = {described.class_name: name for name, described in vendors().items()}

__all__ = ["FakeError", "Smtp", *_CLASSES]  # noqa: PLE0604  # what is found is text


def __getattr__(name: str) -> Any:
    """Import the fakes only when they are used: they are not light."""
    if name == "Smtp":
        return import_module(".smtp.fake", __name__).Smtp
    if name in _CLASSES:
        return import_module(".apis", __name__).fake_of(_CLASSES[name])
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
