"""A region of a vendor's: it decides which host is asked, and what an account has there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import AfterValidator, ValidationInfo


def known_region(region: str | None, regions: Sequence[str] | None) -> str | None:
    """The region, where it is None or one of `regions`; None there: nobody knows which there are.

    Raises:
        ValueError: there is no such region; it names those that there are.
    """
    if region is None or regions is None or region in regions:
        return region
    known = f"choose from {', '.join(regions)}" if regions else "one host serves all"
    raise ValueError(f"there is no region {region!r} ({known})")


def _of_the_vendor(region: str | None, info: ValidationInfo) -> str | None:
    return known_region(region, (info.context or {}).get("regions"))


Region = Annotated[str | None, AfterValidator(_of_the_vendor)]
"""A region, or None for each; checked where the context of validation has `regions`."""
