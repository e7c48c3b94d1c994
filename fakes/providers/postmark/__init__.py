"""Postmark (ActiveCampaign): mail, batches, and the endpoints that read back."""

from typing import TYPE_CHECKING

from ...lazily import on_demand
from .vendor import VENDOR

if TYPE_CHECKING:
    from .account import PostmarkAccount
    from .rules import PROVIDER, PostmarkRules

__all__ = ["PROVIDER", "VENDOR", "PostmarkAccount", "PostmarkRules"]

__getattr__ = on_demand(
    __name__, PostmarkAccount="account", PROVIDER="rules", PostmarkRules="rules"
)
