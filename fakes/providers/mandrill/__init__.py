"""Mandrill (Mailchimp Transactional): messages, and the calls that read back."""

from typing import TYPE_CHECKING

from ...lazily import on_demand
from .account import MandrillAccount

if TYPE_CHECKING:
    from .rules import PROVIDER, MandrillRules

__all__ = ["PROVIDER", "MandrillAccount", "MandrillRules"]

__getattr__ = on_demand(__name__, PROVIDER="rules", MandrillRules="rules")
