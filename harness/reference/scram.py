"""SCRAM-SHA-256 on the sender's side (RFC 5802, RFC 7677), without the sending.

Policy. The password is proved, and so is the server: whose proof is wrong, or missing, has not
logged anybody in. Fewer rounds than 4,096 (RFC 7677 section 4) make the password cheap to guess,
more than a million are an attack on this machine; both are refused. Inside TLS the exchange is
bound to the certificate (RFC 5929), and where the server does not offer that, it is told that we
would have: then one whose offer was stripped on its way can tell.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import stringprep
import unicodedata
from base64 import b64decode, b64encode
from dataclasses import dataclass, field

_FEWEST, _MOST = 4_096, 1_000_000
_ASKED = re.compile(
    r"r=(?P<nonce>[!-+\--~]+),s=(?P<salt>[A-Za-z0-9+/]+=*),i=(?P<rounds>[1-9][0-9]{0,9})(?:,.*)?"
)
# RFC 5929 section 4.1: where a certificate is signed with one of these, the hash is SHA-256.
_TOO_OLD = frozenset(["md5", "sha1"])


class ScramError(ValueError):
    """The server goes against the RFC; the text says how."""


@dataclass(slots=True, kw_only=True)
class ScramClient:
    """One exchange. `nonce` is ours, and nobody else's.

    `certificate` is the server's in DER, to bind to; None binds to nothing. `could_bind`: it might
    have been, had the server offered it.
    """

    username: str
    password: str = field(repr=False)
    nonce: str
    certificate: bytes | None = None
    could_bind: bool = False
    _verifier: bytes = field(default=b"", init=False, repr=False)

    def first(self) -> bytes:
        """What the exchange begins with."""
        return self._header + self._bare

    def final(self, asked: bytes) -> bytes:
        """The proof that the server asks for.

        Raises:
            ScramError: what it asks is not to be answered.
        """
        found = _ASKED.fullmatch(asked.decode("utf-8", "replace"))
        if found is None:
            raise ScramError("asks in a form that SCRAM does not have")
        rounds = int(found["rounds"])
        if not found["nonce"].startswith(self.nonce) or found["nonce"] == self.nonce:
            raise ScramError("does not go on with the nonce that it was given")
        if not _FEWEST <= rounds <= _MOST:
            raise ScramError(f"asks for {rounds} rounds, and {_FEWEST} to {_MOST} are in order")
        bound = self._header + _end_point(self.certificate)
        without_proof = f"c={b64encode(bound).decode()},r={found['nonce']}".encode()
        said = b",".join((self._bare, asked, without_proof))
        salted = hashlib.pbkdf2_hmac(
            "sha256", prepared(self.password).encode(), b64decode(found["salt"]), rounds
        )
        self._verifier = hmac.digest(hmac.digest(salted, b"Server Key", "sha256"), said, "sha256")
        key = hmac.digest(salted, b"Client Key", "sha256")
        mask = hmac.digest(hashlib.sha256(key).digest(), said, "sha256")
        proof = bytes(one ^ other for one, other in zip(key, mask, strict=True))
        return without_proof + b",p=" + b64encode(proof)

    def confirm(self, said: bytes) -> None:
        """Check the server's own proof.

        Raises:
            ScramError: it is none.
        """
        wanted = b"v=" + b64encode(self._verifier)
        if not hmac.compare_digest(said, wanted):
            raise ScramError("does not prove that it knows the password")

    @property
    def _header(self) -> bytes:
        if self.certificate is not None:
            return b"p=tls-server-end-point,,"
        return b"y,," if self.could_bind else b"n,,"

    @property
    def _bare(self) -> bytes:
        name = prepared(self.username).replace("=", "=3D").replace(",", "=2C")
        return f"n={name},r={self.nonce}".encode()


def prepared(text: str) -> str:
    """A user name or password as SASLprep has it (RFC 4013).

    Raises:
        ScramError: it holds what may not be in one.
    """
    mapped = (" " if stringprep.in_table_c12(c) else c for c in text if not _vanishes(c))
    found = unicodedata.normalize("NFKC", "".join(mapped))
    if any(stringprep.in_table_c21_c22(c) or unicodedata.category(c)[0] == "C" for c in found):
        raise ScramError("cannot be told a user name or password with control characters")
    return found


def is_preparable(text: str) -> bool:
    """Whether SCRAM can say it."""
    try:
        prepared(text)
    except ScramError:
        return False
    return True


def _vanishes(character: str) -> bool:
    return bool(stringprep.in_table_b1(character))


def _end_point(certificate: bytes | None) -> bytes:
    """The binding `tls-server-end-point`; b"" where there is nothing to bind to."""
    if certificate is None:
        return b""
    # Only here, because it takes longer to load than all the rest.
    from cryptography import x509  # noqa: PLC0415

    algorithm = x509.load_der_x509_certificate(certificate).signature_hash_algorithm
    name = "sha256" if algorithm is None or algorithm.name in _TOO_OLD else algorithm.name
    return hashlib.new(name, certificate).digest()
