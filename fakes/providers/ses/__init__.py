"""Amazon SES: both APIs, their signatures, IAM policies, and SMTP passwords."""

from typing import TYPE_CHECKING

from ...lazily import on_demand
from .account import SesAccount
from .policy import Policy

# Not on demand: the module has the name of the function, and would stand in its place.
from .smtp_password import legacy_smtp_password, smtp_password

if TYPE_CHECKING:
    from .calls import action_needed
    from .rules import PROVIDER, SesRules

__all__ = [
    "PROVIDER",
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
    SesRules="rules",
    action_needed="calls",
)
