"""Durations as people write them."""

from __future__ import annotations

import pytest

from harness.fakes.duration import seconds


@pytest.mark.parametrize(
    ("text", "value"),
    [("2.5x", 5.0), ("1x", 2.0), ("300ms", 0.3), ("1.5s", 1.5), ("0s", 0.0), ("10s", 10.0)],
)
def test_a_duration_is_a_number_with_a_unit(text: str, value: float) -> None:
    assert seconds(text, timeout=2.0) == pytest.approx(value)


@pytest.mark.parametrize(
    "text", ["", "1", "s", "-1s", "1 s", "1m", "1S", "1e3s", ".5s", "1.s", "1s\n", "\u0663s\u0663"]
)
def test_anything_else_is_refused_with_examples(text: str) -> None:
    with pytest.raises(ValueError, match=r"write '2.5x' \(of the time-out\), '300ms' or '1.5s'"):
        seconds(text, timeout=2.0)
