"""Mailgun (Sinch): messages, messages in MIME form, and the endpoints that read back."""

from typing import TYPE_CHECKING

from ...lazily import on_demand
from .account import MailgunAccount

if TYPE_CHECKING:
    from .rules import PROVIDER, MailgunRules

__all__ = ["PROVIDER", "MailgunAccount", "MailgunRules"]

__getattr__ = on_demand(__name__, PROVIDER="rules", MailgunRules="rules")
