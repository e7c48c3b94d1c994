"""Mailgun (Sinch): messages, messages in MIME form, and the endpoints that read back."""

from typing import TYPE_CHECKING

from ...lazily import on_demand
from .vendor import VENDOR

if TYPE_CHECKING:
    from .account import MailgunAccount
    from .rules import PROVIDER, MailgunRules

__all__ = ["PROVIDER", "VENDOR", "MailgunAccount", "MailgunRules"]

__getattr__ = on_demand(__name__, MailgunAccount="account", PROVIDER="rules", MailgunRules="rules")
