"""SparkPost (Bird), API v1: transmissions and the endpoints that read back."""

from typing import TYPE_CHECKING

from ...lazily import on_demand
from .vendor import VENDOR

if TYPE_CHECKING:
    from .account import SparkPostAccount
    from .rules import PROVIDER, SparkPostRules

__all__ = ["PROVIDER", "VENDOR", "SparkPostAccount", "SparkPostRules"]

__getattr__ = on_demand(
    __name__, SparkPostAccount="account", PROVIDER="rules", SparkPostRules="rules"
)
