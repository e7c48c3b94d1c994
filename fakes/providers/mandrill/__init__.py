"""Mandrill (Mailchimp Transactional): messages, and the calls that read back."""

from typing import TYPE_CHECKING

from ...lazily import on_demand
from .vendor import VENDOR

if TYPE_CHECKING:
    from .account import MandrillAccount
    from .rules import PROVIDER, MandrillRules

__all__ = ["PROVIDER", "VENDOR", "MandrillAccount", "MandrillRules"]

__getattr__ = on_demand(
    __name__, MandrillAccount="account", PROVIDER="rules", MandrillRules="rules"
)
