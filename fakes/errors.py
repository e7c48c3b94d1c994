"""What a fake raises when it cannot be what it was told to be."""

from __future__ import annotations


class FakeError(Exception):
    """A fake broke, or was told to be something that it cannot be."""


class UnreachableError(FakeError):
    """Nobody on this machine could talk with such a fake, so it would prove nothing of anybody."""
