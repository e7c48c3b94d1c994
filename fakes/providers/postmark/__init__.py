"""Postmark (ActiveCampaign): mail, batches, and the endpoints that read back."""

from typing import TYPE_CHECKING

from ...lazily import on_demand
from .account import PostmarkAccount

if TYPE_CHECKING:
    from .rules import PROVIDER, PostmarkRules

__all__ = ["PROVIDER", "PostmarkAccount", "PostmarkRules"]

__getattr__ = on_demand(__name__, PROVIDER="rules", PostmarkRules="rules")
