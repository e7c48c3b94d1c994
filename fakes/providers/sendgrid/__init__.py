"""SendGrid (Twilio), Web API v3: mail send and the endpoints that read back."""

from typing import TYPE_CHECKING

from ...lazily import on_demand
from .vendor import VENDOR

if TYPE_CHECKING:
    from .account import SendGridAccount
    from .rules import PROVIDER, SendGridRules

__all__ = ["PROVIDER", "VENDOR", "SendGridAccount", "SendGridRules"]

__getattr__ = on_demand(
    __name__, SendGridAccount="account", PROVIDER="rules", SendGridRules="rules"
)
