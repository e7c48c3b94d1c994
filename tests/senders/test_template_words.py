from __future__ import annotations

import shlex

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.errors import UsageError
from harness.senders.program import split_words
from harness.senders.template_words import PLACEHOLDERS, parse_template

# The machine may be busy: how long an example takes says nothing here.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

VALUES = {name: f"<{name}>" for name in PLACEHOLDERS if name != "to*"}
RECIPIENTS = ("b@example.net", "c@example.net")


def filled(line: str, **values: str) -> list[str]:
    template = parse_template(split_words("template", line))
    return list(template.filled({**VALUES, **values}, RECIPIENTS))


def test_a_placeholder_is_replaced_within_its_word() -> None:
    assert filled("send --at={host}:{port} '{subject} x'") == [
        "send",
        "--at=<host>:<port>",
        "<subject> x",
    ]


def test_the_word_with_the_recipients_is_repeated() -> None:
    assert filled("send -f {from} --rcpt={to*} end") == [
        "send",
        "-f",
        "<from>",
        "--rcpt=b@example.net",
        "--rcpt=c@example.net",
        "end",
    ]


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("{{", "{"),
        ("}}", "}"),
        ("}", "}"),
        ("{{host}}", "{host}"),
        ("{{{host}}}", "{<host>}"),
        ("a{{}}b", "a{}b"),
        ("{port}}}", "<port>}"),
    ],
)
def test_a_doubled_brace_is_a_brace(word: str, expected: str) -> None:
    assert filled(f"send '{word}'") == ["send", expected]


def test_an_unknown_placeholder_is_named_with_the_choices() -> None:
    with pytest.raises(UsageError) as caught:
        filled("send {hots}")
    assert "{hots}" in str(caught.value)
    for name in PLACEHOLDERS:
        assert f"{{{name}}}" in str(caught.value)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("send {", "opening brace alone"),
        ("send a{host", "opening brace alone"),
        ("send {{{", "opening brace alone"),
        ("send {}", "unknown placeholder"),
        ("send {to}", "unknown placeholder"),
        ("send '{ host}'", "unknown placeholder"),
    ],
)
def test_a_brace_that_opens_nothing_known_is_refused(line: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        filled(line)


def test_the_program_is_the_same_for_each_request() -> None:
    with pytest.raises(UsageError, match="program"):
        filled("{host} x")
    assert parse_template(["./a{{b}}"]).program == "./a{b}"


@pytest.mark.parametrize("line", ["", "   ", "send 'open"])
def test_a_line_that_is_no_command_is_refused(line: str) -> None:
    with pytest.raises(UsageError, match="template:"):
        filled(line)


@unhurried
@given(st.text(), st.text())
def test_a_value_stays_in_its_word_whatever_it_holds(subject: str, text: str) -> None:
    assert filled("send -s {subject} -t={text}.", subject=subject, text=text) == [
        "send",
        "-s",
        subject,
        f"-t={text}.",
    ]


@unhurried
@given(st.lists(st.text(), min_size=1, max_size=5))
def test_any_word_can_be_written_with_doubled_braces(words: list[str]) -> None:
    line = shlex.join(word.replace("{", "{{").replace("}", "}}") for word in words)
    assert filled(line) == words


@unhurried
@given(st.lists(st.sampled_from(["{", "}", "{{", "}}", "{host}", "{to*}", "a", "{a}", ""])))
def test_every_line_is_either_filled_or_refused(pieces: list[str]) -> None:
    try:
        words = filled("send '" + "".join(pieces) + "'")
    except UsageError:
        return
    assert words[0] == "send"
    assert all("{to*}" not in word or "{{" in "".join(pieces) for word in words)
