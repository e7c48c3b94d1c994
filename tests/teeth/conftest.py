"""What the proof shares: one trust anchor and one reading of the scenarios a process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.ground import Ground, prepared
from harness.scenario.case import Case
from harness.scenario.library import load_library

# A time-out of half a second: what has to be borne is at most half of that.
TIME_SCALE = 0.25


@pytest.fixture(scope="session")
def ground() -> Iterator[Ground]:
    with prepared(seed=1, time_scale=TIME_SCALE) as made:
        yield made


@pytest.fixture(scope="session")
def library() -> tuple[Case, ...]:
    return load_library().cases
