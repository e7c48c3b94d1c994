"""Connection URIs and the answers of senders, spoilt in any way."""

from __future__ import annotations

import json
from urllib.parse import unquote

from hypothesis import given
from hypothesis import strategies as st

from harness.reference.failure import ConfigError
from harness.reference.uri import parse_smtp_uri
from harness.senders.answer_parser import features_of, read_answer, read_description
from harness.senders.capture import AnswerSearch, Ends, Lines, why_no_answer, words_of
from harness.senders.outcome import Output, Replied

from .budget import share
from .mutation import corpus, cuts, mutated, pieces_of, text_of

URIS = [line for file in corpus("uris") for line in file.splitlines()]
ANSWERS = [*corpus("answers"), *(line for file in corpus("answers") for line in file.splitlines())]
ACTIONS = ("send", "describe", "deliveries", "state", "configure", None)
WORDS = (
    b'"status":"sent"', b'"status":', b"[" * 80, b'{"a":' * 80, b"]", b"NaN", b"-0", b"1e9999",
    b"9" * 5000, b'"\\ud83d"', b'"__proto__"', b"\xff\xfe", b"x" * 3000,
)  # fmt: skip
PASSWORD = "hunter2hunter2"


@share(60)
@given(octets=mutated(URIS))
def test_a_uri_is_read_or_refused_without_a_word_of_it(octets: bytes) -> None:
    text = text_of(octets).replace("pass", PASSWORD)
    try:
        settings, said = parse_smtp_uri(text), ""
    except ConfigError as error:
        settings, said = None, str(error)
    assert PASSWORD not in said
    assert said.isprintable()
    if settings is not None:
        assert 0 < settings.port < 65_536
        assert settings.host
        assert settings.password is None or settings.password in unquote(text, errors="strict")


@share(120)
@given(octets=mutated(ANSWERS, WORDS), action=st.sampled_from(ACTIONS), places=cuts)
def test_whatever_a_sender_says_is_an_outcome(
    octets: bytes, action: str | None, places: list[int]
) -> None:
    search, ends = AnswerSearch(action), Ends(kept=500)
    lines = Lines(search.look, longest=4000)
    for piece in pieces_of(octets, places):
        lines.feed(piece)
        ends.feed(piece)
    lines.end()
    assert len(ends.content()) <= 1200
    output = Output(stdout=octets)
    assert why_no_answer(output, action)
    assert len(words_of(octets)) <= len(octets)
    if search.found is None:
        return
    replied = Replied(document=search.found.document, output=output)
    for outcome in (read_answer(replied), read_description(replied)):
        assert isinstance(outcome.words, str)
        assert features_of(outcome)
    json.dumps(search.found.document).encode()
