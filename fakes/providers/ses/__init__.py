"""Amazon SES: both APIs, their signatures, IAM policies, and SMTP passwords."""

from typing import TYPE_CHECKING

from ...lazily import on_demand
from .vendor import VENDOR

if TYPE_CHECKING:
    from .account import SesAccount
    from .calls import action_needed
    from .passwords import legacy_smtp_password, smtp_password
    from .policy import Policy
    from .rules import PROVIDER, SesRules

__all__ = [
    "PROVIDER",
    "VENDOR",
    "Policy",
    "SesAccount",
    "SesRules",
    "action_needed",
    "legacy_smtp_password",
    "smtp_password",
]

__getattr__ = on_demand(
    __name__,
    PROVIDER="rules",
    Policy="policy",
    SesAccount="account",
    SesRules="rules",
    action_needed="calls",
    legacy_smtp_password="passwords",
    smtp_password="passwords",
)
