"""SparkPost (Bird), API v1: transmissions and the endpoints that read back."""

from typing import TYPE_CHECKING

from ...lazily import on_demand
from .account import SparkPostAccount

if TYPE_CHECKING:
    from .rules import PROVIDER, SparkPostRules

__all__ = ["PROVIDER", "SparkPostAccount", "SparkPostRules"]

__getattr__ = on_demand(__name__, PROVIDER="rules", SparkPostRules="rules")
