"""Postmark (ActiveCampaign): mail, batches, and the endpoints that read back."""

from .account import PostmarkAccount
from .rules import PostmarkRules

PROVIDER = PostmarkRules()

__all__ = ["PROVIDER", "PostmarkAccount", "PostmarkRules"]
