"""When a message is tried again: pure, and the same for the same seed."""

from __future__ import annotations

from itertools import pairwise

import pytest

from harness.errors import UsageError
from harness.reference.courier.options import CourierOptions, read_options
from harness.reference.courier.schedule import expiry, gap, iso, seconds_asked

NOW = 1_700_000_000.0  # Tue, 14 Nov 2023 22:13:20 GMT


def gaps(options: CourierOptions, key: str = "<1@x>", many: int = 12) -> list[float]:
    return [gap(options, attempts=number, key=key) for number in range(1, many + 1)]


@pytest.mark.parametrize("factor", [1.05, 1.2, 2, 10])
@pytest.mark.parametrize("seed", range(20))
def test_each_gap_is_longer_than_the_one_before(factor: float, seed: int) -> None:
    options = CourierOptions(factor=factor, seed=seed, longest_gap=1e15)
    assert all(earlier < later for earlier, later in pairwise(gaps(options)))


def test_no_gap_is_much_longer_than_the_longest() -> None:
    options = CourierOptions(first_retry=10, longest_gap=60)
    assert all(60 <= each <= 72 for each in gaps(options, many=300)[3:])


def test_the_seed_and_the_message_decide_the_jitter() -> None:
    assert gaps(CourierOptions(seed=1)) == gaps(CourierOptions(seed=1))
    assert gaps(CourierOptions(seed=1)) != gaps(CourierOptions(seed=2))
    assert gaps(CourierOptions(), "<1@x>") != gaps(CourierOptions(), "<2@x>")


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("120", 120),
        (" 7 ", 7),
        ("Tue, 14 Nov 2023 22:14:20 GMT", 60),
        ("Tue, 14 Nov 2023 22:14:20 -0000", 60),
        ("Mon, 13 Nov 2023 22:14:20 GMT", 0),
        ("99999999999999", 86_400),
        ("-5", 0),
        ("soon", 0),
        ("٣", 0),
        ("", 0),
        (None, 0),
    ],
)
def test_retry_after_is_seconds_or_a_date(said: str | None, seconds: float) -> None:
    assert seconds_asked(said, now=NOW) == seconds


def test_a_message_expires_by_the_options_or_earlier_by_its_own_word() -> None:
    options = CourierOptions(expires=3600)
    assert expiry(options, {}, now=NOW) == NOW + 3600
    assert expiry(options, {"expires": "Tue, 14 Nov 2023 22:14:20 GMT"}, now=NOW) == NOW + 60
    assert expiry(options, {"Expires": "Tue, 14 Nov 2123 22:14:20 GMT"}, now=NOW) == NOW + 3600
    assert expiry(options, {"Expires": "never"}, now=NOW) == NOW + 3600


def test_times_are_told_in_utc() -> None:
    assert iso(NOW + 0.5) == "2023-11-14T22:13:20.500Z"


def test_options_are_read_from_words_and_what_is_given_wins() -> None:
    options = read_options("first_retry=0.1 workers=2", {"workers": 3, "seed": None})
    assert (options.first_retry, options.workers, options.seed) == (0.1, 3, 0)


@pytest.mark.parametrize(
    ("words", "told"),
    [("workers", "the names are workers"), ("werkers=1", "werkers"), ("workers=0", "workers")],
)
def test_options_that_are_none_are_told(words: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        read_options(words)
