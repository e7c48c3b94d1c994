"""A region of a vendor's: it decides which host is asked, and what an account has there."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, ValidationInfo


def _of_the_vendor(region: str | None, info: ValidationInfo) -> str | None:
    regions = (info.context or {}).get("regions")
    if region is None or regions is None or region in regions:
        return region
    known = f"choose from {', '.join(regions)}" if regions else "one host serves all"
    raise ValueError(f"there is no region {region!r} ({known})")


Region = Annotated[str | None, AfterValidator(_of_the_vendor)]
"""A region, or None for each; checked where the context of validation has `regions`."""
