"""Everything that SES refuses, under names that say why; those of version 2 begin with `v2-`.

`query_refusals.toml` and `rest_refusals.toml` have it.
"""

from __future__ import annotations

from pathlib import Path

from ...http.exchange import Headers
from ..refusal import Refusals

PREFIX = "v2-"
XML: Headers = (("Content-Type", "text/xml"),)
REFUSALS = Refusals(
    *(Path(__file__).with_name(f"{api}_refusals.toml") for api in ("query", "rest"))
)
