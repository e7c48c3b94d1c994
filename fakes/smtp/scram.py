"""SCRAM-SHA-256 on the server's side: what is read, said and compared, without the saying.

SCRAM is RFC 5802, its use of SHA-256 RFC 7677, the preparation of passwords RFC 4013. It is our
own, because no library lies: scramp 1.5 (read 2026-11) announces no count below 4096, and no nonce
but the right one.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import stringprep
import unicodedata
from base64 import b64decode, b64encode
from dataclasses import dataclass

# With as many rounds as a hostile server may announce, the fake itself would stand still: beyond
# these it compares nothing, and refuses.
MOST_ITERATIONS = 1_000_000

_FIRST = re.compile(
    rb"(?P<header>(?:[ny]|p=(?P<binding>[A-Za-z0-9.-]+)),(?:a=(?P<acts_for>[^,]*))?,)"
    rb"(?P<bare>n=(?P<user>[^,]+),r=(?P<nonce>[!-+\--~]+)(?:,[A-Za-z]=[^,]*)*)"
)
_FINAL = re.compile(
    rb"(?P<bare>c=(?P<bound>[A-Za-z0-9+/]+=*),r=(?P<nonce>[!-+\--~]+)(?:,[A-Za-z]=[^,]*)*)"
    rb",p=(?P<proof>[A-Za-z0-9+/]+=*)"
)
_PROHIBITED = (
    stringprep.in_table_c12, stringprep.in_table_c21_c22, stringprep.in_table_c3,
    stringprep.in_table_c4, stringprep.in_table_c5, stringprep.in_table_c6,
    stringprep.in_table_c7, stringprep.in_table_c8, stringprep.in_table_c9,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientFirst:
    """What a client begins with. `binding` is a kind of channel binding; "" is none.

    `header` is what it says about that, as it came, and `bare` is all the rest.
    """

    header: bytes
    binding: str
    acts_for: bytes
    username: bytes
    nonce: bytes
    bare: bytes

    @property
    def misses_binding(self) -> bool:
        """Whether it says that it has channel binding, and that the server seems to have none."""
        return self.header.startswith(b"y")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientFinal:
    """What a client proves itself with. `bound` is what it bound the exchange to."""

    bound: bytes
    nonce: bytes
    proof: bytes
    bare: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerFirst:
    """What the server asks with. `extension` is a mandatory one, as `m=x`; "" is none."""

    nonce: bytes
    salt: bytes
    iterations: int
    extension: str = ""

    @property
    def message(self) -> bytes:
        """As it goes out."""
        ahead = f"{self.extension}," if self.extension else ""
        salt = b64encode(self.salt).decode()
        return b"%sr=%s,s=%s,i=%d" % (
            ahead.encode(),
            self.nonce,
            salt.encode(),
            self.iterations,
        )


def read_client_first(message: bytes) -> ClientFirst:
    """What the first message of a client says.

    Raises:
        ValueError: it is none.
    """
    found = _FIRST.fullmatch(message)
    if found is None:
        raise ValueError("no first message of SCRAM")
    return ClientFirst(
        header=found["header"],
        binding=(found["binding"] or b"").decode(),
        acts_for=_name(found["acts_for"] or b""),
        username=_name(found["user"]),
        nonce=found["nonce"],
        bare=found["bare"],
    )


def read_client_final(message: bytes) -> ClientFinal:
    """What the last message of a client says.

    Raises:
        ValueError: it is none.
    """
    found = _FINAL.fullmatch(message)
    if found is None:
        raise ValueError("no last message of SCRAM")
    return ClientFinal(
        bound=b64decode(found["bound"], validate=True),
        nonce=found["nonce"],
        proof=b64decode(found["proof"], validate=True),
        bare=found["bare"],
    )


def signature(password: str, first: ClientFirst, asked: ServerFirst, final: ClientFinal) -> bytes:
    """The server's signature over an exchange whose proof is that of `password`; else b""."""
    if asked.iterations > MOST_ITERATIONS:
        return b""
    try:
        prepared = prepare(password).encode()
    except ValueError:
        return b""
    salted = hashlib.pbkdf2_hmac("sha256", prepared, asked.salt, asked.iterations)
    said = b",".join((first.bare, asked.message, final.bare))
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    stored_key = hashlib.sha256(client_key).digest()
    mask = hmac.digest(stored_key, said, "sha256")
    proof = bytes(one ^ other for one, other in zip(client_key, mask, strict=True))
    if not hmac.compare_digest(proof, final.proof):
        return b""
    return hmac.digest(hmac.digest(salted, b"Server Key", "sha256"), said, "sha256")


def prepare(password: str) -> str:
    """A password as SASLprep has it (RFC 4013 section 2, for a stored string).

    Raises:
        ValueError: it holds what may not be in one.
    """
    mapped = "".join(
        " " if stringprep.in_table_c12(character) else character
        for character in password
        if not stringprep.in_table_b1(character)
    )
    prepared = unicodedata.normalize("NFKC", mapped)
    if any(prohibits(character) for character in prepared for prohibits in _PROHIBITED):
        raise ValueError("it holds what no password may")
    right_to_left = [stringprep.in_table_d1(character) for character in prepared]
    is_mixed = any(stringprep.in_table_d2(character) for character in prepared)
    if any(right_to_left) and (is_mixed or not right_to_left[0] or not right_to_left[-1]):
        raise ValueError("it is written in both directions")
    return prepared


def _name(octets: bytes) -> bytes:
    # RFC 5802 section 5.1: in a name `,` and `=` are encoded.
    return octets.replace(b"=2C", b",").replace(b"=3D", b"=")
