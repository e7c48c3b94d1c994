"""STARTTLS: required means required, and nothing said before it counts."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from harness.protocol import ErrorClass, Phase, Security
from harness.reference.failure import DeliveryError
from harness.reference.smtp import Delivery

pytestmark = pytest.mark.wire

Play = Callable[..., AbstractContextManager[Any]]
Send = Callable[..., Delivery]
MakeContext = Callable[..., ssl.SSLContext]
Failing = Callable[..., tuple[DeliveryError, Any]]

EHLO = b"250-mx.example\r\n250-AUTH PLAIN LOGIN\r\n250 STARTTLS\r\n"


@pytest.fixture(params=[True, False], ids=["verified", "unverified"])
def failing(
    request: pytest.FixtureRequest, play: Play, send: Send, good_context: MakeContext
) -> Failing:
    """Run a script in modes 1 and 2, whose demands on the upgrade are the same."""

    def run(script: Any, **options: Any) -> tuple[DeliveryError, Any]:
        options = {"timeout": 2.0, "verify": request.param, **options}
        context = good_context("mail.example.com")
        with play(script, context=context) as seen, pytest.raises(DeliveryError) as caught:
            send(seen.port, security=Security.STARTTLS, **options)
        return caught.value, seen

    return run


@pytest.mark.parametrize(
    "listed",
    [
        b"250-mx.example\r\n250 AUTH PLAIN LOGIN\r\n",
        b"250-mx.example\r\n250-XXXXXXXA\r\n250 AUTH PLAIN\r\n",
        b"250-STARTTLS.example.org greets you\r\n250-XSTARTTLS\r\n250 STARTTLS=1\r\n",
        b"250-STARTTLS\r\n250 AUTH PLAIN\r\n",
        b"250 STARTTLS\r\n",
    ],
    ids=["stripped", "mangled", "look-alikes", "in the first line", "as the only line"],
)
def test_a_server_without_starttls_hears_no_more(listed: bytes, failing: Failing) -> None:
    failure, seen = failing({"EHLO": listed})
    assert (failure.phase, failure.class_) == (Phase.STARTTLS, ErrorClass.STARTTLS_UNAVAILABLE)
    assert failure.temporary is False
    assert "STARTTLS" in str(failure)
    assert seen.verbs == ["EHLO", "QUIT"]
    assert seen.connections == 1


@pytest.mark.parametrize("line", [b"250 starttls\r\n", b"250 StartTLS  \r\n", b"250 STARTTLS x\n"])
def test_case_and_blanks_do_not_hide_it(
    line: bytes, play: Play, send: Send, good_context: MakeContext
) -> None:
    script = {"EHLO": b"250-mx\r\n250-AUTH PLAIN\r\n" + line}
    with play(script, context=good_context("mail.example.com")) as seen:
        send(seen.port, security=Security.STARTTLS)
    assert len(seen.bodies) == 1


@pytest.mark.parametrize("code", [500, 502])
def test_a_server_without_ehlo_is_not_asked_with_helo(code: int, failing: Failing) -> None:
    failure, seen = failing({"EHLO": b"%d what?\r\n" % code})
    assert (failure.phase, failure.class_) == (Phase.EHLO, ErrorClass.EHLO_REFUSED)
    assert seen.verbs == ["EHLO", "QUIT"]


@pytest.mark.parametrize("code", [454, 500, 501, 502, 530, 554])
def test_a_refused_upgrade_ends_the_session(code: int, failing: Failing) -> None:
    failure, seen = failing({"STARTTLS": b"%d 5.7.0 no TLS today\r\n" % code})
    assert (failure.phase, failure.class_) == (Phase.STARTTLS, ErrorClass.STARTTLS_REFUSED)
    assert failure.temporary is (code == 454)
    assert "no TLS today" in str(failure)
    assert seen.verbs == ["EHLO", "STARTTLS", "QUIT"]


@pytest.mark.parametrize("answer", [b"250 ok\r\n", b"221 ok\r\n", b"354 ok\r\n", b"224 ok\r\n"])
def test_only_220_starts_the_handshake(answer: bytes, failing: Failing) -> None:
    failure, seen = failing({"STARTTLS": answer})
    assert (failure.phase, failure.class_) == (Phase.STARTTLS, ErrorClass.PROTOCOL_ERROR)
    assert seen.verbs == ["EHLO", "STARTTLS"]


@pytest.mark.parametrize(
    "injected",
    [b"250-x\r\n250 AUTH PLAIN\r\n", b"250-AUTH LOG", b"\r\n", b"250 queued\r\n250 queued\r\n"],
)
def test_words_slipped_in_behind_the_220_end_the_session(injected: bytes, failing: Failing) -> None:
    failure, seen = failing({"STARTTLS": b"220 ok\r\n" + injected})
    assert (failure.phase, failure.class_) == (Phase.STARTTLS, ErrorClass.PROTOCOL_ERROR)
    assert seen.verbs == ["EHLO", "STARTTLS"]


@pytest.mark.parametrize(
    ("end", "class_"),
    [("SILENCE", ErrorClass.STALLED), ("CLOSE", ErrorClass.CONNECTION_LOST)],
)
def test_220_and_then_nothing_has_no_way_back_to_clear_text(
    end: str, class_: ErrorClass, failing: Failing
) -> None:
    failure, seen = failing({"STARTTLS": (b"220 ok\r\n", end)}, timeout=0.3)
    assert (failure.phase, failure.class_) == (Phase.TLS, class_)
    assert (seen.connections, seen.verbs) == (1, ["EHLO", "STARTTLS"])


def test_clear_text_where_the_handshake_is_due_is_called_that(failing: Failing) -> None:
    failure, seen = failing({"ClientHello": b"250-injected\r\n250 AUTH PLAIN\r\n"})
    assert (failure.phase, failure.class_) == (Phase.TLS, ErrorClass.HANDSHAKE_FAILED)
    assert "clear text" in str(failure)
    assert seen.lines[1:] == ["STARTTLS"]
    assert b"QUIT" not in seen.rest


def test_the_list_from_before_tls_is_forgotten(
    play: Play, send: Send, good_context: MakeContext
) -> None:
    before = b"250-mx\r\n250-SIZE 10\r\n250-AUTH XMAGIC\r\n250 STARTTLS\r\n"
    after = b"250-mx\r\n250-STARTTLS\r\n250 AUTH LOGIN\r\n"
    script = {
        "EHLO": [before, after],
        "AUTH": b"334 \r\n",
        "response": [b"334 \r\n", b"235 ok\r\n"],
    }
    with play(script, context=good_context("mail.example.com")) as seen:
        send(seen.port, security=Security.STARTTLS)
    assert seen.verbs.count("STARTTLS") == 1
    assert "AUTH LOGIN" in seen.lines
    assert seen.lines[6] == "MAIL FROM:<courier@sender.example>"


def test_authentication_that_vanishes_inside_tls_is_an_error(failing: Failing) -> None:
    failure, seen = failing({"EHLO": [EHLO, b"250 mx\r\n"]})
    assert (failure.phase, failure.class_) == (Phase.AUTH, ErrorClass.AUTH_UNAVAILABLE)
    assert seen.verbs == ["EHLO", "STARTTLS", "EHLO", "QUIT"]


def test_an_unanswered_ehlo_inside_tls_is_waited_for(failing: Failing) -> None:
    failure, seen = failing({"EHLO": [EHLO, "SILENCE"]}, timeout=0.3)
    assert (failure.phase, failure.class_) == (Phase.EHLO, ErrorClass.STALLED)
    assert seen.verbs == ["EHLO", "STARTTLS", "EHLO"]
    assert "implicit" not in str(failure)


def test_421_inside_tls_keeps_its_words(failing: Failing) -> None:
    failure, _ = failing({"EHLO": [EHLO, b"421 4.7.66 TLS 1.1 is not supported\r\n"]})
    assert (failure.phase, failure.class_) == (Phase.EHLO, ErrorClass.SERVICE_UNAVAILABLE)
    assert "4.7.66 TLS 1.1 is not supported" in str(failure)


@pytest.mark.parametrize("name", ["client.example.org", "[192.0.2.7]"])
def test_the_ehlo_name_stays_the_same_inside_tls(
    name: str, play: Play, send: Send, good_context: MakeContext
) -> None:
    with play(context=good_context("mail.example.com")) as seen:
        send(seen.port, security=Security.STARTTLS, ehlo_name=name)
    assert seen.lines.count(f"EHLO {name}") == 2
