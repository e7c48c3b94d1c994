"""SCRAM-SHA-256, octet by octet: the RFCs' own exchanges, and the fake's on the wire."""

from __future__ import annotations

import hashlib
import hmac
import ssl
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest

from harness.fakes.smtp.facts import AuthOutcome
from harness.fakes.smtp.scram import (
    ServerFirst,
    prepare,
    read_client_final,
    read_client_first,
    signature,
)

pytestmark = pytest.mark.wire

Connected = Callable[..., AbstractContextManager[tuple[Any, Any]]]
Facts = Callable[..., list[Any]]

USER, PASSWORD = "user,=\u00e9", "pencil, of \u00e4"
ACCOUNT = {"username": USER, "password": PASSWORD}
PLAIN, PLUS = "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS"


def encoded(text: str | bytes) -> str:
    return b64encode(text.encode() if isinstance(text, str) else text).decode()


# Without a wire.


def test_the_exchange_of_rfc_7677() -> None:
    # Section 3 of it.
    nonce = "rOprNGfwEbeRWgbNEkqO"
    both = f"{nonce}%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
    proof = "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
    first = read_client_first(f"n,,n=user,r={nonce}".encode())
    salt = b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")
    asked = ServerFirst(nonce=both.encode(), salt=salt, iterations=4096)
    assert asked.message == f"r={both},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096".encode()
    final = read_client_final(f"c=biws,r={both},p={proof}".encode())
    assert (first.username, final.bound, final.nonce) == (b"user", b"n,,", both.encode())
    assert encoded(signature("pencil", first, asked, final)) == (
        "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="
    )
    assert signature("Pencil", first, asked, final) == b""


@pytest.mark.parametrize(
    ("password", "prepared"),
    [
        # RFC 4013 section 3.
        ("I\u00adX", "IX"),
        ("user", "user"),
        ("USER", "USER"),
        ("\u00aa", "a"),
        ("\u2168", "IX"),
        ("a\u00a0b", "a b"),
        ("p\u00e4\u00a7\u20ac", "p\u00e4\u00a7\u20ac"),
    ],
)
def test_a_password_is_prepared(password: str, prepared: str) -> None:
    assert prepare(password) == prepared


@pytest.mark.parametrize("password", ["\u0007", "\u0627\u0031", "a\0b", "a\u0627"])
def test_what_may_not_stand_in_a_password_is_refused(password: str) -> None:
    with pytest.raises(ValueError, match=r"no password may|both directions"):
        prepare(password)


# On the wire.


class Client:
    """The sender's side, written down once more."""

    def __init__(self, wire: Any, *, header: str = "n,,", bound: bytes = b"") -> None:
        self.wire = wire
        self.header = header
        self.bound = bound
        self.bare = "n=user=2C=3D\u00e9,r=abc"

    def begin(self, mechanism: str = PLAIN, *, initial: bool = True) -> Any:
        message = encoded(self.header + self.bare)
        if initial:
            return self.wire.say(f"AUTH {mechanism} {message}")
        assert self.wire.say(f"AUTH {mechanism}") == b"334 \r\n"
        return self.wire.say(message)

    def prove(self, challenge: Any, password: str = PASSWORD) -> Any:
        assert challenge.startswith(b"334 "), challenge
        self.asked = b64decode(challenge[4:]).decode()
        asked = dict(part.split("=", 1) for part in self.asked.split(","))
        without = f"c={encoded(self.header.encode() + self.bound)},r={asked['r']}"
        rounds, salt = int(asked["i"]), b64decode(asked["s"])
        self.salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, rounds)
        self.said = f"{self.bare},{self.asked},{without}".encode()
        key = hmac.digest(self.salted, b"Client Key", "sha256")
        mask = hmac.digest(hashlib.sha256(key).digest(), self.said, "sha256")
        proof = bytes(one ^ other for one, other in zip(key, mask, strict=True))
        return self.wire.say(encoded(f"{without},p={encoded(proof)}"))

    @property
    def verifier(self) -> bytes:
        key = hmac.digest(self.salted, b"Server Key", "sha256")
        return f"v={encoded(hmac.digest(key, self.said, 'sha256'))}".encode()


@pytest.fixture
def session(connected: Connected) -> Connected:
    def begin(
        mechanisms: tuple[str, ...] = (PLAIN,), security: str = "none", **auth: Any
    ) -> AbstractContextManager[tuple[Any, Any]]:
        words = {"security": security, "auth": {"mechanisms": mechanisms, **auth}, **ACCOUNT}
        return connected(**words)

    return begin


def hello(wire: Any) -> Any:
    wire.reply()
    return wire.say("EHLO me.example")


@pytest.mark.parametrize("initial", [True, False])
@pytest.mark.parametrize("header", ["n,,", "y,,", "n,a=user=2C=3D\u00e9,"])
def test_the_right_password_is_proved_to_each_other(
    session: Connected, facts: Facts, initial: bool, header: str
) -> None:
    with session() as (fake, wire):
        assert b"AUTH SCRAM-SHA-256\r\n" in hello(wire)
        client = Client(wire, header=header)
        challenge = client.prove(client.begin(initial=initial))
        assert b64decode(challenge[4:]) == client.verifier
        assert wire.say("").startswith(b"235 2.7.0 ")
        wire.deliver(b"x\r\n")
    assert fake.messages[0].username == USER
    assert facts(fake, AuthOutcome) == [
        AuthOutcome(mechanism=PLAIN, username=USER, accepted=True, secure=False)
    ]


def test_a_wrong_password_is_refused_without_a_proof(session: Connected, facts: Facts) -> None:
    with session() as (fake, wire):
        hello(wire)
        client = Client(wire)
        assert client.prove(client.begin(), PASSWORD + "x").startswith(b"535 5.7.8 ")
        assert client.prove(client.begin()).startswith(b"334 ")
    assert [outcome.accepted for outcome in facts(fake, AuthOutcome)] == [False, True]


def test_whoever_gives_up_at_the_servers_proof_is_not_logged_in(session: Connected) -> None:
    with session() as (_, wire):
        hello(wire)
        client = Client(wire)
        client.prove(client.begin())
        assert wire.say("*").startswith(b"501 5.7.0 ")
        assert wire.say("MAIL FROM:<a@one.example>").startswith(b"530 ")


@pytest.mark.parametrize(
    ("scram", "begins", "ends"),
    [
        ({"iterations": 1}, "r=abcserver", ",i=1"),
        ({"iterations": 10**9}, "r=abcserver", ",i=1000000000"),
        ({"nonce": "replaced"}, "r=anotherserver", ",i=4096"),
        ({"nonce": "repeated"}, "r=abc,", ",i=4096"),
        ({"extension": "m=x"}, "m=x,r=abcserver", ",i=4096"),
    ],
)
def test_the_servers_first_message_can_be_one_to_refuse(
    session: Connected, scram: dict[str, Any], begins: str, ends: str
) -> None:
    with session(scram=scram) as (_, wire):
        hello(wire)
        asked = b64decode(Client(wire).begin()[4:]).decode()
    assert asked.startswith(begins)
    assert asked.endswith(ends)


def test_whoever_takes_few_rounds_or_another_nonce_is_logged_in(session: Connected) -> None:
    for scram in ({"iterations": 1}, {"nonce": "replaced"}, {"nonce": "repeated"}):
        with session(scram=scram) as (_, wire):
            hello(wire)
            client = Client(wire)
            client.prove(client.begin())
            assert wire.say("").startswith(b"235 ")


def test_a_proof_after_more_rounds_than_the_fake_goes_is_refused_at_once(
    session: Connected,
) -> None:
    with session(scram={"iterations": 10**9}) as (_, wire):
        hello(wire)
        asked = b64decode(Client(wire).begin()[4:]).decode()
        nonce = asked.split(",")[0]
        final = encoded(f"c=biws,{nonce},p={encoded(bytes(32))}")
        assert wire.say(final).startswith(b"535 ")


@pytest.mark.parametrize(("kind", "proof"), [("wrong", True), ("missing", False)])
def test_the_servers_proof_can_be_wrong_or_missing_and_success_follows(
    session: Connected, kind: str, proof: bool
) -> None:
    with session(scram={"signature": kind}) as (_, wire):
        hello(wire)
        client = Client(wire)
        reply = client.prove(client.begin())
        if proof:
            assert b64decode(reply[4:]).startswith(b"v=")
            assert b64decode(reply[4:]) != client.verifier
            reply = wire.say("")
        assert reply.startswith(b"235 ")


@pytest.mark.parametrize(
    "message",
    ["", "n,,n=user", "n,,n=user,r=", "x,,n=user,r=abc", "n,,m=x,n=user,r=abc", "p=,,n=u,r=abc"],
)
def test_a_first_message_of_another_form_is_none(
    session: Connected, facts: Facts, message: str
) -> None:
    with session() as (fake, wire):
        hello(wire)
        assert wire.say(f"AUTH {PLAIN} {encoded(message) or '='}").startswith(b"501 5.5.2")
        challenge = Client(wire).begin()
        assert challenge.startswith(b"334 ")
        assert wire.say(encoded("c=biws,r=abc")).startswith(b"501 5.5.2")
    assert not facts(fake, AuthOutcome)


# Bound to TLS.

BOTH = (PLAIN, PLUS)
Secured = Callable[..., AbstractContextManager[tuple[Any, Any]]]


@pytest.fixture
def secured(session: Connected, client_context: Callable[..., ssl.SSLContext]) -> Secured:
    """A session inside TLS, in which both mechanisms are offered."""

    @contextmanager
    def begin(highest: ssl.TLSVersion | None = None) -> Iterator[tuple[Any, Any]]:
        with session(BOTH, security="tls") as (fake, wire):
            wire.secure(client_context(highest=highest))
            assert f"AUTH {PLAIN} {PLUS}".encode() in hello(wire)
            yield fake, wire

    return begin


@pytest.mark.parametrize("right", [True, False])
def test_an_exchange_is_bound_to_the_certificate(secured: Secured, right: bool) -> None:
    with secured() as (_, wire):
        # RFC 5929 section 4.1, for a certificate that is signed with SHA-256.
        of_certificate = hashlib.sha256(wire.socket.getpeercert(binary_form=True)).digest()
        bound = of_certificate if right else bytes(32)
        client = Client(wire, header="p=tls-server-end-point,,", bound=bound)
        reply = client.prove(client.begin(PLUS))
        assert reply.startswith(b"334 " if right else b"535 ")


def test_an_exchange_is_bound_to_an_old_connection(secured: Secured) -> None:
    with secured(ssl.TLSVersion.TLSv1_2) as (_, wire):
        bound = wire.socket.get_channel_binding("tls-unique")
        client = Client(wire, header="p=tls-unique,,", bound=bound)
        assert client.prove(client.begin(PLUS)).startswith(b"334 ")


@pytest.mark.parametrize(
    ("mechanism", "header", "refusal"),
    [
        (PLAIN, "y,,", b"535 5.7.8 This server does support channel binding"),
        (PLUS, "p=tls-exporter,,", b"535 5.7.8 No channel binding of this type"),
        (PLUS, "p=tls-unique,,", b"535 5.7.8 No channel binding of this type"),
        (PLUS, "n,,", b"501 5.5.2"),
        (PLAIN, "p=tls-server-end-point,,", b"501 5.5.2"),
    ],
)
def test_a_binding_that_is_stripped_or_unknown_is_refused(
    secured: Secured, facts: Facts, mechanism: str, header: str, refusal: bytes
) -> None:
    with secured() as (fake, wire):
        assert Client(wire, header=header).begin(mechanism).startswith(refusal)
    assert not facts(fake, AuthOutcome)


def test_outside_tls_there_is_nothing_to_bind_to(session: Connected) -> None:
    with session(BOTH) as (_, wire):
        hello(wire)
        client = Client(wire, header="p=tls-server-end-point,,")
        assert client.begin(PLUS).startswith(b"535 ")
