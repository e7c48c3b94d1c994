"""Logging in with an OAuth token: by what, where, and what is told of one that is refused."""

from __future__ import annotations

import base64
import ssl
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from harness.protocol import ErrorClass, Phase, Security
from harness.reference.failure import ConfigError, DeliveryError
from harness.reference.settings import smtp_settings
from harness.reference.smtp import Delivery

pytestmark = pytest.mark.wire

Play = Callable[..., AbstractContextManager[Any]]
Send = Callable[..., Delivery]
MakeContext = Callable[..., ssl.SSLContext]

USER, TOKEN = "some-user@mail.example", "ya29.a-token-of-some-length"
GIVEN: dict[str, Any] = {"credentials": False, "username": USER, "access_token": TOKEN}


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


XOAUTH2 = b64(f"user={USER}\1auth=Bearer {TOKEN}\1\1")
OAUTHBEARER = b64(f"n,a={USER},\1auth=Bearer {TOKEN}\1\1")


def offering(mechanisms: bytes, **more: Any) -> dict[str, Any]:
    return {"EHLO": b"250-mx.example\r\n250-STARTTLS\r\n250 AUTH " + mechanisms + b"\r\n", **more}


@pytest.fixture
def tell(play: Play, send: Send, good_context: MakeContext) -> Callable[..., Any]:
    """Send to a server that follows a script; what it heard, and the failure."""

    def run(script: dict[str, Any], **options: Any) -> tuple[Any, DeliveryError | None]:
        failure = None
        with play(script, context=good_context("mail.example.com")) as seen:
            try:
                send(seen.port, **{**GIVEN, "security": Security.STARTTLS, **options})
            except DeliveryError as error:
                failure = error
        return seen, failure

    return run


@pytest.mark.parametrize(
    ("offer", "line"),
    [
        (b"PLAIN LOGIN XOAUTH2 OAUTHBEARER", f"AUTH XOAUTH2 {XOAUTH2}"),
        (b"xoauth2", f"AUTH XOAUTH2 {XOAUTH2}"),
        (b"OAUTHBEARER PLAIN", f"AUTH OAUTHBEARER {OAUTHBEARER}"),
    ],
)
def test_a_token_goes_by_a_mechanism_that_takes_one(
    tell: Callable[..., Any], offer: bytes, line: str
) -> None:
    seen, failure = tell(offering(offer))
    assert failure is None
    assert [each for each in seen.lines if each.startswith("AUTH")] == [line]


def test_a_long_token_waits_for_its_turn(tell: Callable[..., Any]) -> None:
    token = "t" * 600
    seen, failure = tell(offering(b"XOAUTH2", AUTH=b"334 \r\n"), access_token=token)
    assert failure is None
    place = seen.lines.index("AUTH XOAUTH2")
    assert seen.lines[place + 1] == b64(f"user={USER}\1auth=Bearer {token}\1\1")


@pytest.mark.parametrize(("offer", "acknowledgement"), [(b"XOAUTH2", ""), (b"OAUTHBEARER", "AQ==")])
def test_an_explanation_is_acknowledged_and_told_with_the_refusal(
    tell: Callable[..., Any], offer: bytes, acknowledgement: str
) -> None:
    document = b64('{"status":"401","scope":"mail"}').encode()
    script = offering(
        offer,
        AUTH=b"334 " + document + b"\r\n",
        response=b"535 5.7.8 bad " + TOKEN.encode() + b"\r\n",
    )
    seen, failure = tell(script)
    place = next(n for n, line in enumerate(seen.lines) if line.startswith("AUTH"))
    assert seen.lines[place + 1 :] == [acknowledgement, "QUIT"]
    assert (failure.phase, failure.class_) == (Phase.AUTH, ErrorClass.AUTH_REJECTED)
    assert (failure.reply_code, failure.temporary) == (535, False)
    assert '"status":"401"' in str(failure)
    assert "535 5.7.8 bad [redacted]" in str(failure)


@pytest.mark.parametrize("last", [b"334 eA==\r\n", b"235 welcome\r\n"])
def test_what_is_no_refusal_after_an_explanation_is_a_protocol_error(
    tell: Callable[..., Any], last: bytes
) -> None:
    seen, failure = tell(offering(b"XOAUTH2", AUTH=b"334 ???\r\n", response=last))
    assert failure.class_ is ErrorClass.PROTOCOL_ERROR
    assert "MAIL" not in seen.verbs


@pytest.mark.parametrize("offer", [b"PLAIN LOGIN", b""])
def test_without_a_mechanism_for_tokens_nothing_is_presented(
    tell: Callable[..., Any], offer: bytes
) -> None:
    seen, failure = tell(offering(offer))
    assert (failure.phase, failure.class_) == (Phase.AUTH, ErrorClass.AUTH_UNAVAILABLE)
    assert "XOAUTH2 and OAUTHBEARER" in str(failure)
    assert "AUTH" not in seen.verbs


def test_a_token_does_not_go_in_clear(tell: Callable[..., Any]) -> None:
    seen, failure = tell(offering(b"XOAUTH2"), security=Security.NONE)
    assert failure.class_ is ErrorClass.AUTH_UNAVAILABLE
    assert "only through TLS" in str(failure)
    assert "AUTH" not in seen.verbs


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"username": None}, "no user name"),
        ({"password": "p"}, "one of them"),
        ({"access_token": ""}, "empty"),
        ({"access_token": "a\1b"}, "control character"),
        ({"access_token": "a\n"}, "line break"),
        ({"username": "a\1b"}, "control character"),
    ],
)
def test_half_of_it_or_what_would_break_the_exchange_is_refused(
    parts: dict[str, Any], words: str
) -> None:
    given = {"username": USER, "access_token": TOKEN, **parts}
    with pytest.raises(ConfigError, match=words) as caught:
        smtp_settings(host="mail.example.com", **given)
    assert TOKEN not in str(caught.value)
