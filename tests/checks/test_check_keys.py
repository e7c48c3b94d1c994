"""A key belongs to one check."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.checks import login, wire_checks


@pytest.fixture(autouse=True)
def _found_anew() -> Iterator[None]:
    wire_checks.cache_clear()
    yield
    wire_checks.cache_clear()


def test_two_checks_of_one_key_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    again = login.CHECKS[0]
    monkeypatch.setattr(login, "CHECKS", (*login.CHECKS, again))
    with pytest.raises(ValueError, match=f"two checks have the key {again.key}"):
        wire_checks()
