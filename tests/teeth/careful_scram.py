"""SCRAM as the careful sender has it: RFC 5802 and 7677, bound to the certificate inside TLS."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING

from .careful_wire import Failure, Reply, Wire

if TYPE_CHECKING:
    from .careful_settings import Settings

Asked = dict[str, str]


class ByScram:
    """The exchange, each judgement of it a method."""

    to: Settings
    wire: Wire

    def auth_scram(self) -> Reply:
        return self.scram("SCRAM-SHA-256", b"y,," if self.wire.secure else b"n,,", b"")

    def auth_scram_plus(self) -> Reply:
        certificate = self.wire.certificate()
        # Certificates here are signed with SHA-256 (RFC 5929 section 4.1).
        bound = hashlib.sha256(certificate).digest()
        return self.scram("SCRAM-SHA-256-PLUS", b"p=tls-server-end-point,,", bound)

    def scram(self, mechanism: str, header: bytes, bound: bytes) -> Reply:
        self.nonce = secrets.token_hex(12)
        name = (self.to.username or "").replace("=", "=3D").replace(",", "=2C")
        bare = f"n={name},r={self.nonce}".encode()
        reply = self.ask("auth", f"AUTH {mechanism} {self.b64(header + bare)}")
        if reply.code != 334:
            return self.not_asked(reply)
        message = self.challenge(reply)
        asked = self.scram_asked(reply, message)
        without = f"c={self.b64(header + bound)},r={asked['r']}".encode()
        said = bare + b"," + message + b"," + without
        salted = self.salted(asked)
        key = hmac.digest(salted, b"Client Key", "sha256")
        mask = hmac.digest(hashlib.sha256(key).digest(), said, "sha256")
        proof = bytes(one ^ other for one, other in zip(key, mask, strict=True))
        reply = self.ask("auth", self.b64(without + b",p=" + self.b64(proof).encode()))
        server_key = hmac.digest(salted, b"Server Key", "sha256")
        return self.confirmed(reply, hmac.digest(server_key, said, "sha256"))

    def not_asked(self, reply: Reply) -> Reply:
        if reply.kind == 2:
            raise self.too_early(reply)
        return reply

    def scram_asked(self, reply: Reply, message: bytes) -> Asked:
        """What the server asks with, where it may."""
        parts = message.decode("ascii", "replace").split(",")
        asked = {part[:1]: part[2:] for part in parts if part[1:2] == "="}
        if parts[0][:2] != "r=" or not {"r", "s", "i"} <= asked.keys():
            raise self.cancelled(reply, "asks in a form that SCRAM does not have")
        self.check_nonce(reply, asked["r"])
        self.check_rounds(reply, asked["i"])
        return asked

    def check_nonce(self, reply: Reply, nonce: str) -> None:
        if not nonce.startswith(self.nonce) or nonce == self.nonce:
            raise self.cancelled(reply, "does not go on with the nonce that it was given")

    def check_rounds(self, reply: Reply, rounds: str) -> None:
        if not rounds.isdecimal() or not 4096 <= int(rounds) <= 500_000:
            raise self.cancelled(reply, "asks for a number of rounds that is out of order")

    def salted(self, asked: Asked) -> bytes:
        salt = base64.b64decode(asked["s"])
        password = (self.to.password or "").encode()
        return hashlib.pbkdf2_hmac("sha256", password, salt, int(asked["i"]))

    def confirmed(self, reply: Reply, verifier: bytes) -> Reply:
        """The reply at the end, where the server has proved itself ahead of it."""
        if reply.kind == 2:
            raise self.too_early(reply)
        if reply.code != 334:
            return reply
        if self.challenge(reply) != b"v=" + self.b64(verifier).encode():
            raise self.cancelled(reply, "does not prove that it knows the password")
        return self.respond(reply, [""])

    def challenge(self, reply: Reply) -> bytes:
        try:
            return base64.b64decode(reply.lines[0], validate=True)
        except binascii.Error:
            raise self.cancelled(reply, "sent a challenge that is not base64") from None

    @staticmethod
    def b64(octets: bytes) -> str:
        return base64.b64encode(octets).decode()

    if TYPE_CHECKING:

        def ask(self, phase: str, command: str) -> Reply: ...
        def respond(self, reply: Reply, responses: list[str]) -> Reply: ...
        def cancelled(self, reply: Reply, what: str) -> Failure: ...
        def too_early(self, reply: Reply) -> Failure: ...
