"""OAuth tokens: XOAUTH2 and OAUTHBEARER, octet by octet and by clients that are not ours."""

from __future__ import annotations

import json
import smtplib
import subprocess
from base64 import b64decode, b64encode
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from harness.fakes import Smtp
from harness.fakes.errors import FakeError
from harness.fakes.smtp.facts import AuthOutcome

pytestmark = pytest.mark.wire

Connected = Callable[..., AbstractContextManager[tuple[Any, Any]]]
Serving = Callable[..., AbstractContextManager[Any]]
Facts = Callable[..., list[Any]]
Program = Callable[[str], str]

USER, TOKEN = "someuser@example.com", "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg"
BOTH = ("XOAUTH2", "OAUTHBEARER")
ACCOUNT = {"username": USER, "password": "not-this-one", "access_token": TOKEN}
# The example of Google's page on XOAUTH2.
GOOGLES = (
    "dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnZGOWRmdDRxbVRjMk52"
    "YjNSbGNrQmhkSFJoZG1semRHRXVZMjl0Q2cBAQ=="
)


def encoded(text: str) -> str:
    return b64encode(text.encode()).decode()


def xoauth2(user: str = USER, token: str = TOKEN) -> str:
    return encoded(f"user={user}\1auth=Bearer {token}\1\1")


def oauthbearer(user: str | None = USER, token: str = TOKEN) -> str:
    # As in the example of RFC 7628 section 4.1, with a host and a port.
    name = "" if user is None else f"a={user}"
    return encoded(f"n,{name},\1host=server.example.com\1port=587\1auth=Bearer {token}\1\1")


RIGHT = {"XOAUTH2": xoauth2(), "OAUTHBEARER": oauthbearer()}


@pytest.fixture
def session(connected: Connected) -> Callable[..., AbstractContextManager[tuple[Any, Any]]]:
    def begin(**auth: Any) -> AbstractContextManager[tuple[Any, Any]]:
        words = {"security": "none", "auth": {"mechanisms": BOTH, **auth}, **ACCOUNT}
        return connected(**words)

    return begin


def hello(wire: Any) -> None:
    wire.reply()
    wire.say("EHLO me.example")


@pytest.mark.parametrize("mechanism", BOTH)
@pytest.mark.parametrize("initial", [True, False])
def test_the_right_token_is_taken(
    session: Connected, facts: Facts, mechanism: str, initial: bool
) -> None:
    with session() as (fake, wire):
        hello(wire)
        if initial:
            assert wire.say(f"AUTH {mechanism} {RIGHT[mechanism]}").startswith(b"235 ")
        else:
            assert wire.say(f"AUTH {mechanism}") == b"334 \r\n"
            assert wire.say(RIGHT[mechanism]).startswith(b"235 ")
        wire.deliver(b"x\r\n")
    assert fake.messages[0].username == USER
    assert facts(fake, AuthOutcome) == [
        AuthOutcome(mechanism=mechanism, username=USER, accepted=True, secure=False)
    ]


@pytest.mark.parametrize(
    ("mechanism", "response"),
    [
        ("XOAUTH2", GOOGLES),
        ("XOAUTH2", encoded(f"user={USER}\1auth=bearer {TOKEN}\1\1")),
        ("OAUTHBEARER", oauthbearer(None)),
        ("OAUTHBEARER", encoded(f"n,,\1auth=Bearer {TOKEN}\1\1")),
        ("OAUTHBEARER", encoded(f"y,a={USER},\1auth=BEARER {TOKEN}\1\1")),
    ],
)
def test_other_forms_of_the_same_are_taken(
    session: Connected, mechanism: str, response: str
) -> None:
    with session() as (_, wire):
        hello(wire)
        assert wire.say(f"AUTH {mechanism} {response}").startswith(b"235 ")


@pytest.mark.parametrize("acknowledgement", ["", "AQ=="])
@pytest.mark.parametrize(
    ("mechanism", "response"),
    [
        ("XOAUTH2", xoauth2(token=TOKEN + "x")),
        ("XOAUTH2", xoauth2(token="")),
        ("XOAUTH2", xoauth2(token=ACCOUNT["password"])),
        ("XOAUTH2", xoauth2(user="somebody.else@example.com")),
        ("OAUTHBEARER", oauthbearer(token=TOKEN[:-1])),
        ("OAUTHBEARER", oauthbearer(user="somebody.else@example.com")),
    ],
)
def test_a_token_that_is_not_the_accounts_is_explained_and_then_refused(
    session: Connected, facts: Facts, mechanism: str, response: str, acknowledgement: str
) -> None:
    with session() as (fake, wire):
        hello(wire)
        challenge = wire.say(f"AUTH {mechanism} {response}")
        assert challenge.startswith(b"334 ")
        document = json.loads(b64decode(challenge[4:]))
        assert document["scope"] == "https://mail.google.com/"
        assert document["status"] == {"XOAUTH2": "401", "OAUTHBEARER": "invalid_token"}[mechanism]
        assert wire.say(acknowledgement).startswith(b"535 5.7.8 ")
        assert wire.say("MAIL FROM:<a@one.example>").startswith(b"530")
        assert wire.say(f"AUTH {mechanism} {RIGHT[mechanism]}").startswith(b"235 ")
    assert [outcome.accepted for outcome in facts(fake, AuthOutcome)] == [False, True]


def test_whoever_hangs_up_on_the_explanation_has_presented_a_wrong_token(
    session: Connected, facts: Facts
) -> None:
    with session() as (fake, wire):
        hello(wire)
        wire.say(f"AUTH XOAUTH2 {xoauth2(token='old')}")
    assert [outcome.accepted for outcome in facts(fake, AuthOutcome)] == [False]


def test_the_exchange_may_be_ended_after_the_explanation(session: Connected) -> None:
    with session() as (_, wire):
        hello(wire)
        wire.say(f"AUTH OAUTHBEARER {oauthbearer(token='old')}")
        assert wire.say("*").startswith(b"501 5.7.0")


def test_a_scenario_words_explanation_and_refusal(session: Connected) -> None:
    own = {"token_error": {"status": "400", "schemes": "Bearer"}, "refusal": "535 5.7.1 no"}
    with session(**own) as (_, wire):
        hello(wire)
        challenge = wire.say(f"AUTH XOAUTH2 {xoauth2(token='old')}")
        assert b64decode(challenge[4:]) == b'{"status":"400","schemes":"Bearer"}'
        assert wire.say("") == b"535 5.7.1 no\r\n"


def test_a_mechanism_that_is_broken_explains_itself_too(session: Connected) -> None:
    with session(broken=("XOAUTH2",)) as (_, wire):
        hello(wire)
        assert wire.say(f"AUTH XOAUTH2 {xoauth2()}").startswith(b"334 ey")
        assert wire.say("").startswith(b"535 ")


@pytest.mark.parametrize(
    ("mechanism", "text"),
    [
        ("XOAUTH2", ""),
        ("XOAUTH2", f"user={USER}\1auth=Bearer {TOKEN}\1"),
        ("XOAUTH2", f"user=\1auth=Bearer {TOKEN}\1\1"),
        ("XOAUTH2", f"user={USER}\1auth=Basic {TOKEN}\1\1"),
        ("XOAUTH2", f"user={USER}\1auth=Bearer {TOKEN}\1\1x"),
        ("OAUTHBEARER", f"user={USER}\1auth=Bearer {TOKEN}\1\1"),
        ("OAUTHBEARER", f"n,a={USER},\1host=x\1\1"),
        ("OAUTHBEARER", f"p=tls-unique,a={USER},\1auth=Bearer {TOKEN}\1\1"),
        ("OAUTHBEARER", f"n,a={USER},\1auth=Bearer {TOKEN}\1"),
    ],
)
def test_a_response_of_another_form_is_none(
    session: Connected, facts: Facts, mechanism: str, text: str
) -> None:
    with session() as (fake, wire):
        hello(wire)
        line = wire.say(f"AUTH {mechanism} {encoded(text) or '='}")
        assert line.startswith(b"501 5.5.2")
    assert not facts(fake, AuthOutcome)


def test_a_name_with_a_comma_and_an_equals_sign_is_encoded(connected: Connected) -> None:
    account = {**ACCOUNT, "username": "a,b=c@example.com"}
    with connected(security="none", auth={"mechanisms": BOTH}, **account) as (_, wire):
        hello(wire)
        response = oauthbearer(user="a=2Cb=3Dc@example.com")
        assert wire.say(f"AUTH OAUTHBEARER {response}").startswith(b"235 ")


def test_a_token_is_made_up_for_who_names_none() -> None:
    first, second = Smtp(), Smtp(username="u", password="p")
    assert first.access_token != second.access_token
    assert min(len(first.access_token), len(second.access_token)) > 20


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ({"auth": {"mechanisms": ["XOAUTH"]}}, "XOAUTH2"),
        ({"auth": {"token_error": {"status": 400}}}, "token_error.status"),
    ],
)
def test_words_that_make_no_sense_are_refused(words: dict[str, Any], reason: str) -> None:
    with pytest.raises(FakeError, match=reason):
        Smtp(**words)


# Clients that are not ours.


@pytest.mark.whole
@pytest.mark.parametrize(
    ("mechanism", "right", "asked"),
    [("XOAUTH2", True, 0), ("OAUTHBEARER", True, 0), ("XOAUTH2", False, 1)],
)
def test_smtplib(serving: Serving, facts: Facts, mechanism: str, right: bool, asked: int) -> None:
    token = TOKEN if right else "old"
    bearer = {
        "XOAUTH2": f"user={USER}\1auth=Bearer {token}\1\1",
        "OAUTHBEARER": f"n,a={USER},\1auth=Bearer {token}\1\1",
    }[mechanism]
    explanations: list[bytes] = []

    def answer(challenge: bytes | None = None) -> str:
        if challenge is None:
            return bearer
        explanations.append(challenge)
        return ""

    words = {"security": "none", "auth": {"mechanisms": BOTH}, **ACCOUNT}
    with serving(**words) as fake, smtplib.SMTP("localhost", fake.port, timeout=10) as client:
        client.ehlo()
        if right:
            assert client.auth(mechanism, answer)[0] == 235
        else:
            with pytest.raises(smtplib.SMTPAuthenticationError, match="535"):
                client.auth(mechanism, answer)
    assert [outcome.accepted for outcome in facts(fake, AuthOutcome)] == [right]
    assert len(explanations) == asked


@pytest.mark.whole
@pytest.mark.parametrize("mechanism", BOTH)
@pytest.mark.parametrize(("token", "status"), [(TOKEN, 0), ("old", 67)])
def test_curl(
    serving: Serving,
    facts: Facts,
    requires_program: Program,
    mechanism: str,
    token: str,
    status: int,
) -> None:
    program = requires_program("curl")
    with serving(auth={"mechanisms": (mechanism,)}, **ACCOUNT) as fake:
        command = [program, "--silent", "--max-time", "20", "--noproxy", "*", "--ssl-reqd"]
        command += ["--cacert", str(fake.ca_file), "--url", f"smtp://localhost:{fake.port}/me"]
        command += ["--user", USER, "--oauth2-bearer", token, "--upload-file", "-"]
        command += ["--mail-from", "a@one.example", "--mail-rcpt", "b@two.example"]
        done = subprocess.run(command, input=b"x\r\n", capture_output=True, timeout=30, check=False)
        assert done.returncode == status, done.stderr
    assert [
        (outcome.mechanism, outcome.username, outcome.accepted)
        for outcome in facts(fake, AuthOutcome)
    ] == [(mechanism, USER, status == 0)]
    assert len(fake.messages) == (status == 0)
