"""The sender's side of SCRAM: the exchange of RFC 7677, and what is refused in it."""

from __future__ import annotations

from base64 import b64encode

import pytest

from harness.reference.scram import ScramClient, ScramError, prepared

NONCE = "rOprNGfwEbeRWgbNEkqO"
BOTH = f"{NONCE}%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
SALT = "W22ZaJ0SNY7soEsUEjb6gQ=="


def client(*, could_bind: bool = False) -> ScramClient:
    return ScramClient(username="user", password="pencil", nonce=NONCE, could_bind=could_bind)


def test_the_exchange_of_rfc_7677() -> None:
    # Section 3 of it.
    exchange = client()
    assert exchange.first() == f"n,,n=user,r={NONCE}".encode()
    final = exchange.final(f"r={BOTH},s={SALT},i=4096".encode())
    proof = "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
    assert final == f"c=biws,r={BOTH},p={proof}".encode()
    exchange.confirm(b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=")


@pytest.mark.parametrize("said", [b"", b"v=", b"v=" + b64encode(bytes(32)), b"e=other-error"])
def test_another_proof_of_the_servers_is_none(said: bytes) -> None:
    exchange = client()
    exchange.final(f"r={BOTH},s={SALT},i=4096".encode())
    with pytest.raises(ScramError, match="does not prove"):
        exchange.confirm(said)


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        (f"r=other{BOTH},s={SALT},i=4096", "nonce"),
        (f"r={NONCE},s={SALT},i=4096", "nonce"),
        (f"r={BOTH},s={SALT},i=4095", "4095 rounds"),
        (f"r={BOTH},s={SALT},i=1000001", "1000001 rounds"),
        (f"r={BOTH},s={SALT},i=0", "form"),
        (f"m=x,r={BOTH},s={SALT},i=4096", "form"),
        (f"r={BOTH},i=4096", "form"),
        ("", "form"),
    ],
)
def test_a_question_out_of_order_is_not_answered(asked: str, reason: str) -> None:
    with pytest.raises(ScramError, match=reason):
        client().final(asked.encode())


def test_a_server_that_offers_no_binding_is_told_that_there_could_be_one() -> None:
    assert client(could_bind=True).first().startswith(b"y,,")
    bound = ScramClient(username="a=b,c", password="x", nonce="n", certificate=b"der")
    assert bound.first() == b"p=tls-server-end-point,,n=a=3Db=2Cc,r=n"


@pytest.mark.parametrize(
    ("text", "found"), [("I\u00adX", "IX"), ("\u2168", "IX"), ("a\u00a0", "a ")]
)
def test_names_and_passwords_are_prepared(text: str, found: str) -> None:
    assert prepared(text) == found


def test_control_characters_are_refused() -> None:
    with pytest.raises(ScramError, match="control"):
        prepared("a\u0007")


def test_no_password_shows_in_its_repr() -> None:
    assert "pencil" not in repr(client())
