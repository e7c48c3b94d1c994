"""SparkPost (Bird), API v1: transmissions and the endpoints that read back."""

from .account import SparkPostAccount
from .rules import SparkPostRules

PROVIDER = SparkPostRules()

__all__ = ["PROVIDER", "SparkPostAccount", "SparkPostRules"]
