"""The log of an account: a value, although it shares what it holds with those that follow it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.fakes.providers.log import Log


@given(st.lists(st.tuples(st.integers(0, 9), st.lists(st.integers(), max_size=3)), max_size=20))
def test_whoever_follows_whom_nobody_else_changes(steps: list[tuple[int, list[int]]]) -> None:
    logs: list[Log[int]] = [Log()]
    wanted: list[tuple[int, ...]] = [()]
    for step, more in steps:
        which = step % len(logs)
        logs.append(logs[which].followed_by(more))
        wanted.append((*wanted[which], *more))
    assert [tuple(log) for log in logs] == wanted


def test_the_next_log_is_not_a_copy() -> None:
    first = Log(range(100))
    second = first.followed_by([100])
    assert second._entries is first._entries
    assert first.followed_by([101])._entries is not first._entries


def test_what_came_later_is_not_seen() -> None:
    log = Log("abc")
    log.followed_by("def")
    assert (len(log), list(log), log[-1], log[1:]) == (3, ["a", "b", "c"], "c", ("b", "c"))
    assert list(reversed(log)) == ["c", "b", "a"]
    with pytest.raises(IndexError):
        log[3]


@pytest.mark.parametrize("same", [Log("ab"), ["a", "b"], ("a", "b")])
def test_it_is_equal_to_any_sequence_of_the_same(same: Sequence[str]) -> None:
    log = Log("a").followed_by("b")
    assert log == same
    assert log != (*same, "c")
    assert log != "ab"
    assert (hash(log), repr(log)) == (hash(("a", "b")), "Log(['a', 'b'])")
