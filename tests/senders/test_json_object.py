"""Documents of strangers: whatever is in a line, reading it is quick and raises nothing."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.senders.json_object import DEEPEST, TOO_DEEP, JsonObject, json_object

SENT = JsonObject(document={"status": "sent"})


def deep(levels: int, *, opening: str = '{"a":', closing: str = "}") -> bytes:
    """An answer with something below `error` that is `levels` deep."""
    return f'{{"status":"sent","error":{opening * levels}1{closing * levels},"b":[2]}}'.encode()


@pytest.mark.parametrize(
    "line",
    [
        b'  {"status": "sent"}\r',
        b'\xef\xbb\xbf{"status": "sent"}',
        b'{"status": "failed", "status": "sent"}',
    ],
    ids=["blanks", "byte-order mark", "twice"],
)
def test_a_line_is_read_as_it_is_meant(line: bytes) -> None:
    assert json_object(line) == SENT


@pytest.mark.parametrize(
    "line",
    [b'{"status": NaN}', b"{" * 100, b"{}{}", b"", b"[]", b'{"a": "' + b'\\"' * 100_000 + b"}"],
    ids=["NaN", "open", "two", "empty", "list", "a string that does not end"],
)
def test_what_is_no_json_object_is_none_and_never_an_error(line: bytes) -> None:
    assert json_object(line) is None


@pytest.mark.parametrize("levels", [DEEPEST, 600, 5_000, 200_000])
@pytest.mark.parametrize("brackets", ['{"a":|}', "[|]", '{"a":[|]}', '[{"]}":|}]'])
def test_what_is_nested_too_deeply_has_its_keys_and_a_flaw(levels: int, brackets: str) -> None:
    opening, closing = brackets.split("|")
    read = json_object(deep(levels, opening=opening, closing=closing))
    assert read is not None
    assert (read.flaw, list(read.document)) == (TOO_DEEP, ["status", "error", "b"])
    assert (read.document["status"], read.document["b"]) == ("sent", [2])
    json.dumps(read.document)


@pytest.mark.parametrize(
    "line", [deep(DEEPEST - 1), b'{"a":"' + b"[{" * 999 + b'"}', b'{"a":[%s[]]}' % (b"[]," * 999)]
)
def test_what_is_wide_or_only_looks_deep_has_none(line: bytes) -> None:
    read = json_object(line)
    assert read is not None
    assert read == JsonObject(document=json.loads(line))


@given(
    st.recursive(
        st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_every_document_is_read_as_a_parser_reads_it(value: object) -> None:
    text = json.dumps({"value": value}).encode()
    read = json_object(text)
    assert read == JsonObject(document={"value": value})


@pytest.mark.parametrize("digits", [101, 5_000, 1_000_000])
def test_an_integer_of_thousands_of_digits_is_words(digits: int) -> None:
    read = json_object(b'{"status":"sent","attempts":%s}' % (b"9" * digits))
    assert read is not None
    assert read.document["attempts"] == f"an integer of {digits} digits"


def test_broken_utf8_and_half_characters_can_be_written_down_again() -> None:
    read = json_object(b'{"status":"sent","a":"\xff","b":"\\ud83d","c":"\\ud83d\\ude00"}')
    assert read is not None
    assert read.document == {"status": "sent", "a": "\ufffd", "b": "\ufffd", "c": "\U0001f600"}
    json.dumps(read.document, ensure_ascii=False).encode()
