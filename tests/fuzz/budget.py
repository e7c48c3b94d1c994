"""How many examples each test of this folder gets: a share of so many in all.

A few hundred where the tests run among all others; `make fuzz` asks for 100,000.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

EXAMPLES = int(os.environ.get("HARNESS_FUZZ", "400"))
WHOLE = 1000


def share(part: int, *, among: int = 1) -> settings:
    """That part of all examples, in thousandths; of a test with parameters, `among` them."""
    return settings(
        max_examples=max(1, EXAMPLES * part // WHOLE // among),
        # Whole files are mutated, which hypothesis takes for slow and large.
        suppress_health_check=[
            HealthCheck.too_slow,
            HealthCheck.data_too_large,
            HealthCheck.filter_too_much,
            HealthCheck.function_scoped_fixture,
        ],
    )
