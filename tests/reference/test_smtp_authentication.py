"""Which mechanism, and its exchange."""

from __future__ import annotations

import base64
import hmac
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

USER, PASSWORD = "some-user@mail.example", "p@ss:/?#%+&= wörd"


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


PLAIN = b64(f"\0{USER}\0{PASSWORD}")
NAMES = b"334 VXNlcm5hbWU6\r\n"


def offering(line: bytes) -> dict[str, Any]:
    return {"EHLO": b"250-mx.example\r\n250 " + line + b"\r\n"}


def failure_of(play: Play, send: Send, script: Any, **options: Any) -> tuple[DeliveryError, Any]:
    with play(script) as seen, pytest.raises(DeliveryError) as caught:
        send(seen.port, **options)
    return caught.value, seen


@pytest.mark.parametrize(
    ("offer", "in_clear", "under_tls"),
    [
        (b"AUTH CRAM-MD5 LOGIN PLAIN", "CRAM-MD5", "PLAIN"),
        (b"AUTH LOGIN PLAIN", "PLAIN", "PLAIN"),
        (b"AUTH CRAM-MD5 LOGIN", "CRAM-MD5", "LOGIN"),
        (b"AUTH LOGIN", "LOGIN", "LOGIN"),
        (b"auth plain login", "PLAIN", "PLAIN"),
        (b"AUTH=LOGIN", "LOGIN", "LOGIN"),
        (b"auth=login plain plain", "PLAIN", "PLAIN"),
        (b"AUTH LOGIN\r\n250 AUTH=LOGIN", "LOGIN", "LOGIN"),
        (b"AUTH PLAIN-CLIENTTOKEN XOAUTH2 XLOGIN LOGIN", "LOGIN", "LOGIN"),
        (b"AUTH XMAGIC CRAM-MD5", "CRAM-MD5", "CRAM-MD5"),
    ],
)
def test_the_preferred_mechanism_depends_on_tls(
    offer: bytes,
    in_clear: str,
    under_tls: str,
    play: Play,
    send: Send,
    good_context: MakeContext,
) -> None:
    lines = offer.replace(b"\r\n250 ", b"\r\n250-") + b"\r\n250 STARTTLS"
    script = {
        "EHLO": b"250-mx\r\n250-" + lines + b"\r\n",
        "AUTH": b"334 PDFAbXguZXhhbXBsZT4=\r\n",
        "response": [NAMES, b"235 ok\r\n"] if in_clear == "LOGIN" else b"235 ok\r\n",
    }
    for security, mechanism in ((Security.NONE, in_clear), (Security.STARTTLS, under_tls)):
        if mechanism == "LOGIN":
            script["response"] = [NAMES, b"235 ok\r\n"]
        with play(script, context=good_context("mail.example.com")) as seen:
            send(seen.port, security=security)
        asked = [line.split()[1] for line in seen.lines if line.startswith("AUTH")]
        assert asked == [mechanism]


@pytest.mark.parametrize(
    ("offer", "named"),
    [
        (b"SIZE 1000", "no AUTH"),
        (b"AUTH", "no AUTH"),
        (b"AUTH ", "no AUTH"),
        (b"AUTH=", "no AUTH"),
        (b"AUTH XOAUTH2 GSSAPI", "XOAUTH2 GSSAPI"),
        (b"AUTH PLAIN-CLIENTTOKEN XLOGIN", "PLAIN-CLIENTTOKEN XLOGIN"),
        (b"XAUTH PLAIN", "no AUTH"),
    ],
)
def test_without_a_common_mechanism_nothing_is_sent(
    offer: bytes, named: str, play: Play, send: Send
) -> None:
    failure, seen = failure_of(play, send, offering(offer))
    assert (failure.phase, failure.class_) == (Phase.AUTH, ErrorClass.AUTH_UNAVAILABLE)
    assert failure.temporary is False
    assert named in str(failure)
    assert "PLAIN, LOGIN, CRAM-MD5" in str(failure)
    assert seen.verbs == ["EHLO", "QUIT"]


def test_without_credentials_nobody_authenticates(play: Play, send: Send) -> None:
    with play() as seen:
        send(seen.port, credentials=False)
    assert "AUTH" not in seen.verbs


def test_plain_sends_the_exact_octets_at_once(play: Play, send: Send) -> None:
    with play() as seen:
        send(seen.port)
    assert f"AUTH PLAIN {PLAIN}" in seen.lines


@pytest.mark.parametrize(
    "prompt", [b"334 \r\n", b"334\r\n", b"334 c29tZXRoaW5n\r\n", b"334 ???\r\n"]
)
def test_an_ignored_initial_response_is_sent_again(prompt: bytes, play: Play, send: Send) -> None:
    with play({"AUTH": prompt}) as seen:
        send(seen.port)
    assert seen.lines[1:3] == [f"AUTH PLAIN {PLAIN}", PLAIN]


def test_a_refused_initial_response_waits_for_its_turn(play: Play, send: Send) -> None:
    with play({"AUTH": [b"501 5.5.4 syntax\r\n", b"334 \r\n"]}) as seen:
        send(seen.port)
    assert seen.lines[1:4] == [f"AUTH PLAIN {PLAIN}", "AUTH PLAIN", PLAIN]


def test_a_syntax_error_that_stays_is_reported_after_one_more_try(play: Play, send: Send) -> None:
    failure, seen = failure_of(play, send, {"AUTH": b"501 5.5.4 syntax\r\n"})
    assert failure.class_ is ErrorClass.AUTH_REJECTED
    assert seen.verbs.count("AUTH") == 2


def test_a_long_initial_response_waits_for_its_turn(play: Play, send: Send) -> None:
    script = {"AUTH": b"334 \r\n"}
    password = "x" * 600
    with play(script) as seen:
        send(seen.port, credentials=False, username=USER, password=password)
    assert seen.lines[1:3] == ["AUTH PLAIN", b64(f"\0{USER}\0{password}")]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (b"VXNlcm5hbWU6", b"UGFzc3dvcmQ6"),
        (b"dXNlcm5hbWU6", b"cGFzc3dvcmQ6"),
        (b"QmVudXR6ZXI=", b"UGFzc3dvcnQ="),
        (b"", b""),
        (b"Username:", b"not base64!"),
        (b"UGFzc3dvcmQ6", b"VXNlcm5hbWU6"),
    ],
)
def test_login_ignores_what_the_prompts_say(
    first: bytes, second: bytes, play: Play, send: Send
) -> None:
    script = {
        **offering(b"AUTH LOGIN"),
        "AUTH": b"334 " + first + b"\r\n",
        "response": [b"334 " + second + b"\r\n", b"235 ok\r\n"],
    }
    with play(script) as seen:
        send(seen.port)
    assert seen.lines[1:4] == ["AUTH LOGIN", b64(USER), b64(PASSWORD)]


def test_cram_md5_answers_the_challenge(play: Play, send: Send) -> None:
    challenge = b"<1896.697170952@mx.example>"
    script = {
        **offering(b"AUTH CRAM-MD5"),
        "AUTH": b"334 " + base64.b64encode(challenge) + b"\r\n",
    }
    with play(script) as seen:
        send(seen.port)
    digest = hmac.new(PASSWORD.encode(), challenge, "md5").hexdigest()
    assert seen.lines[1:3] == ["AUTH CRAM-MD5", b64(f"{USER} {digest}")]


ODD = {"username": USER, "password": "bell\a"}


def test_what_scram_cannot_say_is_said_by_another_mechanism(play: Play, send: Send) -> None:
    with play(offering(b"AUTH SCRAM-SHA-256 PLAIN")) as seen:
        send(seen.port, **ODD)
    assert [line.split()[1] for line in seen.lines if line.startswith("AUTH")] == ["PLAIN"]


def test_where_there_is_no_other_the_configuration_is_at_fault(play: Play, send: Send) -> None:
    failure, seen = failure_of(play, send, offering(b"AUTH SCRAM-SHA-256"), **ODD)
    assert (failure.phase, failure.class_) == (Phase.CONFIG, ErrorClass.CONFIG_INVALID)
    assert "control characters" in str(failure)
    assert "AUTH" not in seen.verbs


@pytest.mark.parametrize("end", [b"501 cancelled\r\n", b"535 no\r\n", "SILENCE", "CLOSE"])
def test_a_challenge_that_is_not_base64_is_cancelled(
    end: bytes | str, play: Play, send: Send
) -> None:
    script = {**offering(b"AUTH CRAM-MD5"), "AUTH": b"334 !!!\r\n", "response": end}
    failure, seen = failure_of(play, send, script, timeout=0.2)
    assert (failure.phase, failure.class_) == (Phase.AUTH, ErrorClass.PROTOCOL_ERROR)
    assert "not base64" in str(failure)
    assert seen.lines[2] == "*"


@pytest.mark.parametrize("offer", [b"AUTH PLAIN", b"AUTH LOGIN", b"AUTH CRAM-MD5"])
def test_endless_challenges_are_cancelled(offer: bytes, play: Play, send: Send) -> None:
    script = {**offering(offer), "AUTH": b"334 eA==\r\n", "response": b"334 eA==\r\n"}
    failure, seen = failure_of(play, send, script)
    assert (failure.phase, failure.class_) == (Phase.AUTH, ErrorClass.PROTOCOL_ERROR)
    assert "*" in seen.lines
    assert len(seen.lines) <= 6


@pytest.mark.parametrize(
    "script",
    [
        {**offering(b"AUTH LOGIN"), "AUTH": b"235 ok\r\n"},
        {**offering(b"AUTH LOGIN"), "AUTH": NAMES, "response": b"235 ok\r\n"},
        {**offering(b"AUTH CRAM-MD5"), "AUTH": b"235 ok\r\n"},
        {"AUTH": [b"501 no\r\n", b"235 ok\r\n"]},
    ],
)
def test_success_before_the_credentials_is_not_believed(
    script: Any, play: Play, send: Send
) -> None:
    failure, seen = failure_of(play, send, script)
    assert (failure.phase, failure.class_) == (Phase.AUTH, ErrorClass.PROTOCOL_ERROR)
    assert "MAIL" not in seen.verbs


@pytest.mark.parametrize("offer", [b"AUTH PLAIN LOGIN CRAM-MD5", b"AUTH PLAIN", b"AUTH LOGIN"])
def test_wrong_credentials_are_offered_once(offer: bytes, play: Play, send: Send) -> None:
    script = {
        **offering(offer),
        "AUTH": b"535 5.7.8 wrong\r\n" if b"PLAIN" in offer else NAMES,
        "response": [NAMES, b"535 5.7.8 wrong\r\n"],
    }
    failure, seen = failure_of(play, send, script)
    assert failure.class_ is ErrorClass.AUTH_REJECTED
    assert (seen.verbs.count("AUTH"), seen.connections) == (1, 1)


@pytest.mark.parametrize("code", [500, 502, 504, 534])
def test_a_mechanism_that_is_not_taken_gives_way_to_the_next_once(
    code: int, play: Play, send: Send
) -> None:
    offer = offering(b"AUTH PLAIN LOGIN CRAM-MD5")
    refusal = b"%d 5.5.4 not this one\r\n" % code
    script = {**offer, "AUTH": [refusal, refusal, NAMES], "response": [NAMES, b"235 ok\r\n"]}
    with play(script) as seen:
        send(seen.port)
    asked = [line.split()[1] for line in seen.lines if line.startswith("AUTH")]
    assert asked == ["CRAM-MD5", "PLAIN", "LOGIN"]
    failure, seen = failure_of(play, send, {**offer, "AUTH": refusal})
    assert (failure.class_, failure.reply_code) == (ErrorClass.AUTH_REJECTED, code)
    assert seen.verbs.count("AUTH") == 3


ECHOES = [
    PASSWORD,
    b64(PASSWORD),
    b64(f"\0{USER}\0{PASSWORD}"),
    b64(f"{USER}\0x{PASSWORD}"),
    b64(f"xx{PASSWORD}yyy"),
    "p%40ss%3A%2F%3F%23%25%2B%26%3D%20w%C3%B6rd",
]


@pytest.mark.parametrize("echo", ECHOES)
@pytest.mark.parametrize("stage", ["AUTH", "MAIL", "RCPT", "message", "greeting"])
def test_a_secret_that_the_server_sends_back_is_not_passed_on(
    stage: str, echo: str, play: Play, send: Send
) -> None:
    answer = f"535-5.7.8 you said {echo} to me\r\n535 5.7.8 and: {echo}\r\n".encode()
    failure, _ = failure_of(play, send, {stage: answer})
    text = str(failure)
    assert "[redacted]" in text
    assert "you said" in text
    for secret in (PASSWORD, b64(PASSWORD).rstrip("="), PLAIN.rstrip("=")):
        assert secret not in text
    # The heart of the password in each alignment that base64 has.
    for offset in range(3):
        encoded = base64.b64encode(b"\0" * offset + PASSWORD.encode()).decode()
        assert encoded[4:-4] not in text


def test_the_digest_that_the_server_sends_back_is_not_passed_on(play: Play, send: Send) -> None:
    digest = hmac.new(PASSWORD.encode(), b"x", "md5").hexdigest()
    script = {
        **offering(b"AUTH CRAM-MD5"),
        "AUTH": b"334 eA==\r\n",
        "response": f"535 {digest} and {b64(f'{USER} {digest}')}\r\n".encode(),
    }
    failure, _ = failure_of(play, send, script)
    assert "535 [redacted] and [redacted]" in str(failure)


def test_a_secret_in_the_final_reply_is_not_passed_on(play: Play, send: Send) -> None:
    with play({"message": f"250 queued for {PASSWORD}\r\n".encode()}) as seen:
        assert send(seen.port).final_reply == "250 queued for [redacted]"
