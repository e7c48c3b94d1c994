"""Amazon SES: both APIs, their signatures, IAM policies, and SMTP passwords."""

from .account import SesAccount
from .calls import action_needed
from .policy import Policy
from .rules import SesRules
from .smtp_password import legacy_smtp_password, smtp_password

PROVIDER = SesRules()

__all__ = [
    "PROVIDER",
    "Policy",
    "SesAccount",
    "SesRules",
    "action_needed",
    "legacy_smtp_password",
    "smtp_password",
]
