"""Mandrill (Mailchimp Transactional): messages, and the calls that read back."""

from .account import MandrillAccount
from .rules import MandrillRules

PROVIDER = MandrillRules()

__all__ = ["PROVIDER", "MandrillAccount", "MandrillRules"]
