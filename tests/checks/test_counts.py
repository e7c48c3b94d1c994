"""How often something has to happen, as people write it."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from harness.checks.counts import Count, CountField

COUNTS: TypeAdapter[Count] = TypeAdapter(CountField)


@pytest.mark.parametrize(
    ("written", "holds", "fails", "shown"),
    [
        ("never", [0], [1, 2], "none"),
        (0, [0], [1], "none"),
        ("once", [1], [0, 2], "exactly one"),
        ("some", [1, 99], [0], "at least 1"),
        (2, [2], [1, 3], "2"),
        ("2", [2], [1, 3], "2"),
        ("at least 2", [2, 3], [1], "at least 2"),
        ("at most 3", [0, 3], [4], "at most 3"),
        ("at most 0", [0], [1], "none"),
    ],
)
def test_a_count_is_a_range(
    written: str | int, holds: list[int], fails: list[int], shown: str
) -> None:
    count = COUNTS.validate_python(written)
    assert [number for number in holds if not count.holds(number)] == []
    assert [number for number in fails if count.holds(number)] == []
    assert str(count) == shown
    assert COUNTS.dump_json(count) == f'"{shown}"'.encode()


@pytest.mark.parametrize(
    "written",
    ["", "twice", "Never", "at least", "at least once", "at most -1", "-1", -1, 1.0, True, None, [],
     "1 ", "١", "9" * 20, "at  least 2"],
)  # fmt: skip
def test_anything_else_is_refused_with_the_choices(written: object) -> None:
    with pytest.raises(ValidationError, match="is no count: write never, once, some, a number"):
        COUNTS.validate_python(written)
