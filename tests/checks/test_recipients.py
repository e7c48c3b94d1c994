"""Who got the message, who saw whom, and what is in it, asked of made-up records."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.checks import wire_checks
from harness.checks.record import Observation
from harness.fakes.http.exchange import Request, Response
from harness.fakes.http.facts import HttpRequested, HttpResponded
from harness.fakes.marks import Mark
from harness.fakes.transcript import Fact, Sent

from .made_up import make_captured, make_record, make_send

TO = ("first@x.test", "second@x.test")
MESSAGE: dict[str, Any] = {
    "to": [{"name": "First, A.", "address": TO[0]}, {"address": TO[1]}],
    "bcc": [{"address": "blind@x.test"}],
}
EVERYBODY = (*TO, "blind@x.test")
HEAD = b"From: sender@harness.test\r\nSubject: s\r\n"
PLAIN = HEAD + b'To: "First, A." <first@x.test>, second@x.test\r\n\r\nHello.\r\n'


def asked(
    key: str,
    wanted: str,
    *captured: tuple[tuple[str, ...], bytes],
    answer: dict[str, Any] | None = None,
    **message: Any,
) -> Observation:
    """What a check finds where these recipients got these messages."""
    facts = [make_captured(wire, rcpt_tos=to) for to, wire in captured]
    send = make_send(answer or {"status": "sent"}, **{**MESSAGE, **message})
    return wire_checks()[key].ask(make_record(*facts, asked=(send,)), wanted)


@pytest.mark.parametrize(
    "taken",
    [
        [EVERYBODY],
        [(TO[0],), (TO[1],), ("blind@x.test",)],
        [("first@X.TEST", *EVERYBODY[1:])],
    ],
    ids=["one message", "one for each", "domain in capitals"],
)
def test_what_the_recipients_of_a_send_got_is_compared_together(
    taken: list[tuple[str, ...]],
) -> None:
    assert asked("recipients", "as-asked", *((to, PLAIN) for to in taken)).met


@pytest.mark.parametrize(
    ("taken", "observed"),
    [
        ([TO], "blind@x.test did not get it"),
        ([EVERYBODY, (TO[0],)], "first@x.test got it 2 times"),
        ([(*EVERYBODY, "spy@x.test")], "spy@x.test got it, too"),
        ([], "first@x.test did not get it"),
        ([("First@x.test", *EVERYBODY[1:])], "First@x.test got it, too"),
    ],
)
def test_who_is_left_out_gets_it_twice_or_was_not_asked_for_is_found(
    taken: list[tuple[str, ...]], observed: str
) -> None:
    seen = asked("recipients", "as-asked", *((to, PLAIN) for to in taken))
    assert not seen.met
    assert observed in seen.observed


@pytest.mark.parametrize(
    ("answer", "met"),
    [
        ({"status": "sent", "refused": [{"address": "blind@x.test"}]}, True),
        ({"status": "sent", "reason": "not to <blind@x.test>."}, True),
        ({"status": "failed", "error": {"message": "refused: blind@x.test"}}, True),
        ({"status": "sent"}, False),
        ({"status": "failed"}, False),
        ({"status": "sent", "reason": "to not-blind@x.test"}, False),
        ({"status": "sent", "refused": [{"address": TO[0]}]}, False),
    ],
)
def test_who_got_nothing_may_be_told_of(answer: dict[str, Any], met: bool) -> None:
    seen = asked("recipients", "as-asked-or-told", (TO, PLAIN), answer=answer)
    assert seen.met is met
    assert not asked("recipients", "as-asked", (TO, PLAIN), answer=answer).met


def test_a_failure_tells_of_everybody_where_nobody_got_it() -> None:
    assert asked("recipients", "as-asked-or-told", answer={"status": "failed"}).met
    assert not asked("recipients", "as-asked-or-told", answer={"status": "sent"}).met


@pytest.mark.parametrize(
    ("to", "line", "observed"),
    [
        (EVERYBODY, b"", None),
        (("blind@x.test",), b"Bcc: blind@x.test\r\n", None),
        (EVERYBODY, b"X-For: not-blind@x.test, blind@x.test.example\r\n", None),
        (EVERYBODY, b"Bcc: <blind@x.test>\r\n", "Bcc shows blind@x.test"),
        (EVERYBODY, b"X-For: first@x.test,\r\n BLIND@x.test\r\n", "X-For shows blind@x.test"),
    ],
)
def test_a_recipient_in_bcc_is_shown_to_nobody_else(
    to: tuple[str, ...], line: bytes, observed: str | None
) -> None:
    seen = asked("bcc", "undisclosed", (to, line + PLAIN))
    assert seen.met is (observed is None)
    assert (observed or "none is shown") in seen.observed
    assert bool(seen.events) is (observed is not None)


def test_who_is_in_bcc_and_in_to_is_no_secret() -> None:
    wire = HEAD + b"To: blind@x.test\r\n\r\nHello.\r\n"
    both = [{"address": "blind@x.test"}]
    assert asked("bcc", "undisclosed", (("blind@x.test", TO[0]), wire), to=both).met


@pytest.mark.parametrize(
    ("to", "line", "met"),
    [
        (EVERYBODY, b'To: "First, A." <first@x.test>', True),
        (EVERYBODY, b"To: =?utf-8?q?First=2C?= =?utf-8?q?_A=2E?= <first@x.test>", True),
        (EVERYBODY, b"To: second@x.test\r\nCc: first@x.test", True),
        (("blind@x.test",), b"To: blind@x.test", True),
        (EVERYBODY, b"To: undisclosed-recipients:;", True),
        (EVERYBODY, b"To: blind@x.test", False),
        (EVERYBODY, b"To: First, A. <first@x.test>", False),
        (EVERYBODY, b"To: Somebody <second@x.test>", False),
    ],
)
def test_to_and_cc_show_only_what_was_asked_for(
    to: tuple[str, ...], line: bytes, met: bool
) -> None:
    assert asked("addressees", "as-asked", (to, HEAD + line + b"\r\n\r\nHello.\r\n")).met is met


@pytest.mark.parametrize(
    ("line", "met"),
    [
        (b'Reply-To: "Help, please" <help@x.test>\r\n', True),
        (b"Reply-To: help@x.test\r\n", True),
        (b"Reply-To: Help, please <help@x.test>\r\n", False),
        (b"Reply-To: other@x.test\r\n", False),
        (b"", False),
    ],
)
def test_answers_go_to_whom_they_were_asked_to_go(line: bytes, met: bool) -> None:
    box = [{"name": "Help, please", "address": "help@x.test"}]
    assert asked("reply-to", "as-asked", (EVERYBODY, line + PLAIN), reply_to=box).met is met


ALTERNATIVE = (
    b'MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="b"\r\n\r\n'
    b"--b\r\nContent-Type: %b; charset=utf-8\r\n\r\n%b\r\n"
    b"--b\r\nContent-Type: %b; charset=utf-8\r\n\r\n%b\r\n--b--\r\n"
)
TEXT, HTML = "Grüße.".encode(), "<p>Grüße.</p>".encode()


@pytest.mark.parametrize(
    ("body", "observed"),
    [
        (ALTERNATIVE % (b"text/plain", TEXT, b"text/html", HTML), "all as asked for"),
        (ALTERNATIVE % (b"text/html", HTML, b"text/plain", TEXT), "the text first"),
        (ALTERNATIVE % (b"text/plain", TEXT, b"text/plain", TEXT), "no text/html"),
        (ALTERNATIVE % (b"text/plain", b"Gr??e.", b"text/html", HTML), "another text/plain"),
        (
            (ALTERNATIVE % (b"text/plain", TEXT, b"text/html", HTML)).replace(
                b"/alternative", b"/mixed"
            ),
            "no alternatives",
        ),
    ],
)
def test_text_and_html_are_there_as_they_were_asked_for(body: bytes, observed: str) -> None:
    wire = HEAD + body
    seen = asked("texts", "as-asked", (EVERYBODY, wire), text="Grüße.\n", html="<p>Grüße.</p>\n")
    assert observed in seen.observed
    assert seen.met is (observed == "all as asked for")


@pytest.mark.parametrize(
    ("lines", "met"),
    [
        (b"X-Order: 42\r\n", True),
        (b"x-order:  42\r\n", True),
        (b"X-Order: 42\r\nX-Order: 42\r\n", False),
        (b"X-Order: 43\r\n", False),
        (b"", False),
    ],
)
def test_own_headers_are_there_once(lines: bytes, met: bool) -> None:
    seen = asked("headers", "as-asked", (EVERYBODY, lines + PLAIN), headers={"X-Order": "42"})
    assert seen.met is met


REQUEST = HttpRequested(request=Request(method="POST", target="/", headers=()), secure=True)
# Each fact of a made-up record is a tenth of a second later than the one before.
LIMITED = HttpResponded(
    response=Response(
        status=429, headers=(("Retry-After", "1"),), mark=Mark.SYNTHETIC, source="made up"
    ),
    secure=True,
)
BY_A_FAULT = replace(LIMITED, shaped_by="respond")


@pytest.mark.parametrize(
    ("facts", "early"),
    [
        ((REQUEST, LIMITED), 0),
        ((REQUEST, LIMITED, REQUEST), 1),
        ((REQUEST, BY_A_FAULT, REQUEST, BY_A_FAULT, REQUEST), 2),
        ((REQUEST, BY_A_FAULT, *(Sent(data=b"", secure=True),) * 10, REQUEST), 0),
    ],
)
def test_a_request_before_retry_after_is_over_is_too_early(
    facts: tuple[Fact, ...], early: int
) -> None:
    seen = wire_checks()["retry-after"].ask(make_record(*facts), "heeded")
    assert seen.met is (early == 0)
    assert len(seen.events) == early
