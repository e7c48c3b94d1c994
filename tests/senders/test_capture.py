from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.secrets import Secrets
from harness.senders.capture import (
    KEPT_AT_EACH_END,
    MOST_QUOTED,
    MOST_WORDS,
    SEARCHED_CLOSELY,
    AnswerSearch,
    Ends,
    Lines,
    why_no_answer,
    why_still_no_answer,
    words_of,
)
from harness.senders.outcome import Output

# The machine may be busy: how long an example takes says nothing here.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

SENT = {"status": "sent"}


def quote_all(text: str) -> str:
    return "".join(f"%{octet:02X}" for octet in text.encode())


def base64_of_it(text: str) -> str:
    return b64encode(text.encode()).decode()


def chunks_of(data: bytes, cuts: list[int]) -> list[bytes]:
    edges = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[start:end] for start, end in pairwise(edges)]


def lines_in(chunks: list[bytes], *, longest: int = 1000) -> list[bytes]:
    found: list[bytes] = []
    lines = Lines(found.append, longest=longest)
    for chunk in chunks:
        lines.feed(chunk)
    lines.end()
    return found


@unhurried
@given(st.binary(max_size=60), st.lists(st.integers(0, 60)))
def test_a_short_stream_is_kept_whole_however_it_is_cut(data: bytes, cuts: list[int]) -> None:
    ends = Ends(kept=30)
    for chunk in chunks_of(data, cuts):
        ends.feed(chunk)
    assert ends.content() == data
    assert not ends.truncated


@unhurried
@given(st.binary(min_size=61, max_size=400), st.lists(st.integers(0, 400)))
def test_a_long_stream_keeps_its_ends_and_says_what_is_missing(
    data: bytes, cuts: list[int]
) -> None:
    ends = Ends(kept=30)
    for chunk in chunks_of(data, cuts):
        ends.feed(chunk)
    assert ends.truncated
    gap = b"\n[... %d bytes left out ...]\n" % (len(data) - 60)
    assert ends.content() == data[:30] + gap + data[-30:]


PASSWORD = "pw-0123456789abcdef"
TOLD = Secrets({"password": PASSWORD})


@pytest.mark.parametrize("size", [100, 5000])
@pytest.mark.parametrize("form", [str, quote_all, base64_of_it], ids=["plain", "percent", "base64"])
def test_no_border_cuts_through_a_secret(form: Callable[[str], str], size: int) -> None:
    """Both halves would stand in the evidence, and neither would be known for what it is."""
    secret = form(PASSWORD).encode()
    for before in range(70 - len(secret) - 3, 70 + 3):
        for reverse in (False, True):
            data = b"." * before + secret + b"." * (size - before)
            ends = Ends(kept=70, told=TOLD)
            ends.feed(data[::-1].replace(secret[::-1], secret) if reverse else data)
            kept = ends.content()
            rest = TOLD.redact(kept)
            assert not [at for at in range(len(secret) - 5) if secret[at : at + 6] in rest]
            assert TOLD.found_in(kept) == ("password",) or ends.found == ("password",)


def test_no_border_cuts_through_the_longest_form_of_the_longest_token() -> None:
    token = "".join(f"{number:06x}" for number in range(1500))
    written = "".join(f"\\u{ord(letter):04x}" for letter in token)
    told = Secrets({"access_token": token})
    for before in (KEPT_AT_EACH_END - 10, KEPT_AT_EACH_END - len(written) + 10):
        ends = Ends(told=told)
        ends.feed(f"{'.' * before}{written}{'.' * 4 * KEPT_AT_EACH_END}".encode())
        assert b"u0030" not in told.redact(ends.content())
        assert ends.found == ("access_token",) or told.found_in(ends.content())


@pytest.mark.parametrize("step", [1, 7, 1000])
def test_what_is_left_out_is_searched_first(step: int) -> None:
    data = b"x" * 500 + PASSWORD.encode() + b"y" * 500
    ends = Ends(kept=40, told=TOLD)
    for at in range(0, len(data), step):
        ends.feed(data[at : at + step])
    assert PASSWORD.encode() not in ends.content()
    assert ends.found == ("password",)


def test_what_a_flood_has_beyond_a_bound_is_searched_for_what_stands_there_as_it_is() -> None:
    for form, found in ((str, ("password",)), (quote_all, ())):
        ends = Ends(told=TOLD)
        ends.feed(b"x" * (SEARCHED_CLOSELY + 3 * KEPT_AT_EACH_END))
        ends.feed(form(PASSWORD).encode())
        ends.feed(b"x" * 3 * KEPT_AT_EACH_END)
        assert ends.found == found


def test_words_are_cleared_of_secrets_before_they_are_cut() -> None:
    for before in range(len(PASSWORD) + 2):
        data = b"x" * 50 + PASSWORD.encode() + b"y" * (MOST_WORDS - before)
        assert "abcdef" not in words_of(data, TOLD)


def test_a_flood_does_not_grow_what_is_kept() -> None:
    ends = Ends()
    for _ in range(200):
        ends.feed(b"x" * 100_000)
        assert len(ends._head) + len(ends._tail) <= 3 * KEPT_AT_EACH_END + 100_000


@unhurried
@given(st.text(alphabet="{}a\n", max_size=80), st.lists(st.integers(0, 80)))
def test_lines_with_a_brace_arrive_in_order_however_the_stream_is_cut(
    text: str, cuts: list[int]
) -> None:
    data = text.encode()
    expected = [line for line in data.split(b"\n") if b"{" in line]
    assert lines_in(chunks_of(data, cuts)) == expected


@unhurried
@given(st.text(alphabet="{a\n", max_size=80), st.lists(st.integers(0, 80)))
def test_too_long_a_line_is_skipped_and_the_next_one_is_not(text: str, cuts: list[int]) -> None:
    data = text.encode()
    expected = [line for line in data.split(b"\n") if b"{" in line and len(line) <= 5]
    assert lines_in(chunks_of(data, cuts), longest=5) == expected


def search(action: str, *lines: bytes) -> dict[str, object] | None:
    found = AnswerSearch(action)
    for line in lines:
        found.look(line)
    return found.found.document if found.found is not None else None


def test_the_last_line_with_a_status_is_the_answer() -> None:
    assert search("send", b'{"status":"failed"}', b'{"status":"sent"}', b'{"level":30}') == SENT


def test_an_object_without_a_status_is_no_answer() -> None:
    assert (
        search("send", b'{"level":"info"}', b'["status"]', b'"status"', b"{status: sent}") is None
    )


def test_features_are_preferred_to_a_later_status() -> None:
    assert search("describe", b'{"features":[]}', b'{"status":"ready"}') == {"features": []}
    assert search("describe", b'{"status":"unsupported"}') == {"status": "unsupported"}


def test_deliveries_are_an_answer_only_to_deliveries() -> None:
    assert search("deliveries", b'{"deliveries":[]}') == {"deliveries": []}
    assert search("send", b'{"deliveries":[]}') is None


@pytest.mark.parametrize(
    ("stdout", "words"),
    [
        (b" \n", "stdout is empty"),
        (b"hello", "no line of stdout is a JSON object with `status`"),
        (b'{\n "status": "sent"\n}', "an answer is one line"),
        (b'{"state": "sent"}', "without `status`"),
    ],
)
def test_why_there_is_no_answer_is_told(stdout: bytes, words: str) -> None:
    assert words in why_no_answer(Output(stdout=stdout), "send")


@pytest.mark.parametrize(
    ("stdout", "words"),
    [
        (b"on\nsent ok \n", 'wrote "sent ok", which is no answer: no line of stdout is a JSON'),
        (b'{"ok": true}\n', 'wrote "{"ok": true}", which is no answer: stdout is a JSON object'),
        (b'{\n"status": "sent"}\n', "is no answer: stdout is JSON spread over several lines"),
        (b'{"status": "sent"}', "is no answer: an answer ends with a line feed"),
        (b"caf\xe9\n", 'wrote "caf\N{REPLACEMENT CHARACTER}", which'),
    ],
)
def test_what_is_no_answer_is_quoted(stdout: bytes, words: str) -> None:
    assert words in why_still_no_answer(Output(stdout=stdout), "send")


def test_who_wrote_nothing_is_not_quoted() -> None:
    assert not why_still_no_answer(Output(stdout=b" \n", stderr=b"trouble\n"), "send")


def test_a_quotation_ends_between_words() -> None:
    """Half a password would not be known for one, and be shown."""
    password = b"pw-0123456789abcdef"
    for before in range(MOST_QUOTED - 30, MOST_QUOTED + 1):
        said = b"x" * before + b" " + password + b" end" * 100 + b"\n"
        told = why_still_no_answer(Output(stdout=said), "send")
        assert told.count("pw") == told.count(password.decode())
    long = Output(stdout=password * 1000 + b"\n")
    assert why_still_no_answer(long, "send").startswith('it wrote "…", which is no answer')
    cut = Output(stdout=b"56789abcdef\n", truncated=True)
    assert why_still_no_answer(cut, "send").startswith("it wrote a line, which is no answer")
