"""SendGrid (Twilio), Web API v3: mail send and the endpoints that read back."""

from typing import TYPE_CHECKING

from ...lazily import on_demand
from .account import SendGridAccount

if TYPE_CHECKING:
    from .rules import PROVIDER, SendGridRules

__all__ = ["PROVIDER", "SendGridAccount", "SendGridRules"]

__getattr__ = on_demand(__name__, PROVIDER="rules", SendGridRules="rules")
