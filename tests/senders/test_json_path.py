from __future__ import annotations

from typing import Any

import pytest

from harness.senders.json_path import parse_path

LOG = {
    "messages": [{"id": 1, "to": ["a", "b"]}, {"id": 2, "to": []}],
    "odd name": {"x": {"y": 0}, "z": None},
    "": "nameless",
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("$", [LOG]),
        ("$.messages[*].id", [1, 2]),
        ("$.messages[0].to[*]", ["a", "b"]),
        ("$.messages[-1].id", [2]),
        ("$.messages[2].id", []),
        ("$.messages[-3]", []),
        ("$['odd name'].x.y", [0]),
        ('$["odd name"].z', [None]),
        ("$['odd name'][*]", [{"y": 0}, None]),
        ("$['']", ["nameless"]),
        ("$.messages.id", []),
        ("$.none[*].of.it", []),
        ("$.messages[0][0]", []),
    ],
)
def test_a_path_finds_what_is_there_and_nothing_else(path: str, found: list[Any]) -> None:
    assert list(parse_path(path).find(LOG)) == found


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("messages", "one begins with $"),
        ("", "one begins with $"),
        ("$messages", "'messages' in '$messages'"),
        ("$.a.", "'.' in '$.a.'"),
        ("$..a", "'..a' in '$..a'"),
        ("$.a[", "'[' in '$.a['"),
        ("$.a[1:2]", "'[1:2]' in '$.a[1:2]'"),
        ("$.a[?(@.b)]", "'[?(@.b)]' in"),
        ("$.a.*", "'.*' in '$.a.*'"),
    ],
)
def test_what_is_no_path_is_refused_with_the_place(path: str, words: str) -> None:
    with pytest.raises(ValueError, match="no path") as problem:
        parse_path(path)
    assert words in str(problem.value)
