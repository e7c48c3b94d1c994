"""Mailgun (Sinch): messages, messages in MIME form, and the endpoints that read back."""

from .account import MailgunAccount
from .rules import MailgunRules

PROVIDER = MailgunRules()

__all__ = ["PROVIDER", "MailgunAccount", "MailgunRules"]
