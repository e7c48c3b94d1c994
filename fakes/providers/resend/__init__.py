"""Resend: mail, batches, schedules, idempotency keys, and the endpoints that read back."""

from typing import TYPE_CHECKING

from ...lazily import on_demand
from .vendor import VENDOR

if TYPE_CHECKING:
    from .account import ResendAccount
    from .rules import PROVIDER, ResendRules

__all__ = ["PROVIDER", "VENDOR", "ResendAccount", "ResendRules"]

__getattr__ = on_demand(__name__, ResendAccount="account", PROVIDER="rules", ResendRules="rules")
