"""SendGrid (Twilio), Web API v3: mail send and the endpoints that read back."""

from .rules import SendGridAccount, SendGridRules

PROVIDER = SendGridRules()

__all__ = ["PROVIDER", "SendGridAccount", "SendGridRules"]
