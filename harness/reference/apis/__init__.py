"""The reference sender over the providers' APIs: a module each, found by its name."""

from __future__ import annotations

import pkgutil


def names() -> tuple[str, ...]:
    """The providers that the reference sender can send by."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))
