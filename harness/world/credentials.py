"""Credentials in a vendor's own form, which no other case has."""

from __future__ import annotations

import string

from harness.fakes.providers.registry import provider
from harness.fakes.providers.rules import Token
from harness.run_context import RunContext


def made_up_credentials(name: str, context: RunContext, case: str) -> dict[str, str]:
    """Credentials for a provider's API."""
    return dict(provider(name).made_up(made_up_token(context, f"{case}:credentials")))


def made_up_token(context: RunContext, purpose: str) -> Token:
    """Makes tokens, the same ones for the same seed and purpose."""
    dice = context.dice(purpose)

    def token(length: int, alphabet: str = string.ascii_letters) -> str:
        return "".join(dice.choice(alphabet) for _ in range(length))

    return token
