"""SendGrid (Twilio), Web API v3: mail send and the endpoints that read back."""

from .account import SendGridAccount
from .rules import SendGridRules

PROVIDER = SendGridRules()

__all__ = ["PROVIDER", "SendGridAccount", "SendGridRules"]
