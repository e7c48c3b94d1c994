"""Reading YAML: what is understood, and what is refused with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import ScenarioError
from harness.scenario.loading import load, loads

ALIASES = "anchors and aliases are not read here: write it out, or use axes"
MERGE = "merge keys are not read here: write it out, or use axes"


def complaint(text: str) -> str:
    with pytest.raises(ScenarioError) as caught:
        loads(text, source="a.yaml")
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("a: true", {"a": True}),
        ("a: false", {"a": False}),
        ("a: 'off'", {"a": "off"}),
        ('a: "0454"', {"a": "0454"}),
        ('a: "5.70"', {"a": "5.70"}),
        ("a: |\n  off", {"a": "off"}),
        ("a: >-\n  no\n", {"a": "no"}),
        ("a: 587", {"a": 587}),
        ("a: -3", {"a": -3}),
        ("a: 0", {"a": 0}),
        ("a: 2.5", {"a": 2.5}),
        ("a: 2.5x", {"a": "2.5x"}),
        ("a: 5.7.8", {"a": "5.7.8"}),
        ("a: 1e5", {"a": "1e5"}),
        ("a: 0x1F", {"a": "0x1F"}),
        ("a: 1_000", {"a": "1_000"}),
        ("a: 12:30:45", {"a": "12:30:45"}),
        ("a: 2025-03-01", {"a": "2025-03-01"}),
        ("a: .inf", {"a": ".inf"}),
        ("a: null", {"a": None}),
        ("a: ~", {"a": None}),
        ("a:", {"a": None}),
        ("off: 1", {"off": 1}),
        ("a: [1, {b: c}]", {"a": [1, {"b": "c"}]}),
        ("\ufeffa: 1", {"a": 1}),
        ("a: grüße", {"a": "grüße"}),
        ("", None),
        ("# nothing\n", None),
        ("---\na: 1\n...\n", {"a": 1}),
    ],
)
def test_a_value_is_what_it_reads_as(text: str, data: object) -> None:
    assert loads(text, source="a.yaml").data == data


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\nb: off", "a.yaml:2: b: off could be a boolean: write true or false, or quote it"),
        ("a: [x, Yes]", "a.yaml:1: a.1: Yes could be a boolean: write true or false, or quote it"),
        ("a: True", "a.yaml:1: a: True could be a boolean: write true or false, or quote it"),
        ("a: n", "a.yaml:1: a: n could be a boolean: write true or false, or quote it"),
        ("\na:\n  b: 0454", "a.yaml:3: a.b: 0454 could be an octal number: quote it"),
        ("a: -007", "a.yaml:1: a: -007 could be an octal number: quote it"),
        ("a: 5.70", "a.yaml:1: a: 5.70 is the number 5.7: write that, or quote it"),
        ("a: 1.", "a.yaml:1: a: 1. is the number 1.0: write that, or quote it"),
        ("a: +5", "a.yaml:1: a: +5 is the number 5: write that, or quote it"),
        ("a: " + "9" * 5000, "a.yaml:1: a: a number of 5000 digits: quote it"),
        ("a: 1\nb: 2\na: 3", "a.yaml:3: a: this key stands here twice"),
        ("x:\n- a: 1\n  a: 2", "a.yaml:3: x.0.a: this key stands here twice"),
        ("a: &x 1", f"a.yaml:1: a: {ALIASES}"),
        ("a: {<<: {b: 1}}", f"a.yaml:1: a.<<: {MERGE}"),
        ("a: !!str 5", "a.yaml:1: a: the tag !!str is not read here: quote the value"),
        ("!!a {}", "a.yaml:1: file: the tag !!a is not read here: quote the value"),
        ("a: !x {b: 1}", "a.yaml:1: a: the tag !x is not read here: quote the value"),
        ("550: no", "a.yaml:1: 550: no could be a boolean: write true or false, or quote it"),
        ("? [a]\n: 1", "a.yaml:1: file: a key has to be a plain word"),
        ("a:\n  ? {b: 1}\n  : 2", "a.yaml:2: a: a key has to be a plain word"),
        ("a: 1\n---\nb: 2", "a.yaml:2: file: a second document begins here, and one is due"),
    ],
)  # fmt: skip
def test_what_could_be_misread_is_refused_with_its_line(text: str, expected: str) -> None:
    assert complaint(text) == expected


def test_every_mistake_of_a_file_is_told_at_once() -> None:
    assert complaint("a: off\nb: 010\nc: 1\nc: 2").splitlines() == [
        "a.yaml:1: a: off could be a boolean: write true or false, or quote it",
        "a.yaml:2: b: 010 could be an octal number: quote it",
        "a.yaml:4: c: this key stands here twice",
    ]


@pytest.mark.parametrize(
    ("text", "beginning"),
    [
        ("a: [1\n", "a.yaml:2: file: no YAML: "),
        ("a: b: c", "a.yaml:1: file: no YAML: mapping values are not allowed"),
        ("a: 'x", "a.yaml:1: file: no YAML: "),
        ("a: @x", "a.yaml:1: file: no YAML: "),
        ("ok: 1\na: \x00", "a.yaml:1: file: no YAML: "),
        ("]", "a.yaml:1: file: no YAML: "),
    ],
)
def test_what_is_no_yaml_is_said_to_be_none(text: str, beginning: str) -> None:
    told = complaint(text)
    assert told.startswith(beginning)
    assert len(told.splitlines()) == 1


def test_a_tab_is_named_as_the_likely_cause() -> None:
    told = complaint("a:\n\tb: 1")
    assert told.startswith("a.yaml:2: file: no YAML: ")
    assert told.endswith("(there is a tab in this line; YAML is indented with blanks)")


def test_many_laughs_are_refused_before_they_are_heard() -> None:
    lines = ["a0: &a0 [lol, lol, lol]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 40)]
    told = complaint("\n".join(lines))
    assert told.splitlines()[0] == f"a.yaml:1: a0: {ALIASES}"


def test_an_alias_of_itself_does_not_go_round_for_ever() -> None:
    assert complaint("a: &a [*a]").splitlines() == [
        f"a.yaml:1: a: {ALIASES}",
        f"a.yaml:1: a.0: {ALIASES}",
    ]


@pytest.mark.parametrize("text", ["[" * 200_000, "{a: " * 100_000, "- " * 200_000])
def test_deep_nesting_is_refused_and_overflows_nothing(text: str) -> None:
    assert complaint(text).endswith("nested deeper than 40 levels")


def test_a_deep_enough_document_is_read() -> None:
    data = loads("[" * 40 + "]" * 40, source="a.yaml").data
    depth = 0
    while data:
        data, depth = data[0], depth + 1
    assert depth == 39


def test_a_file_that_is_not_there_is_told_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError) as caught:
        load(tmp_path / "none.yaml", source="none.yaml")
    assert str(caught.value) == "none.yaml:1: file: No such file or directory"


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError) as caught:
        load(tmp_path, source="here")
    assert str(caught.value) == "here:1: file: Is a directory"


def test_a_file_that_is_not_utf_8_is_told_with_line_and_octet(tmp_path: Path) -> None:
    file = tmp_path / "latin.yaml"
    file.write_bytes(b"a: 1\nb: gr\xfc\xdfe\n")
    with pytest.raises(ScenarioError) as caught:
        load(file, source="latin.yaml")
    assert str(caught.value) == "latin.yaml:2: file: not UTF-8 at octet 10"


def test_a_huge_file_is_not_read_to_its_end(tmp_path: Path) -> None:
    file = tmp_path / "huge.yaml"
    file.write_bytes(b"#" * 2_000_000)
    with pytest.raises(ScenarioError) as caught:
        load(file, source="huge.yaml")
    assert str(caught.value) == "huge.yaml:1: file: larger than 1024 KiB"


def test_a_line_is_known_for_every_part_and_for_what_is_missing() -> None:
    document = loads("a:\n  b:\n  - 1\n  - c: 2\n", source="a.yaml")
    assert [document.line(path) for path in [("a",), ("a", "b"), ("a", "b", 1, "c")]] == [1, 2, 4]
    assert document.line(("a", "b", 1, "missing", "too")) == 4
    assert document.complaint((), "why") == "a.yaml:1: file: why"
