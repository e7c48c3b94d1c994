"""A careful sender that verifies certificates by itself, each rule a method.

OpenSSL verifies all at once, so that one rule cannot be left out of it. Here each can: the senders
of `wrong_certificates` leave out one and keep the rest. With all of them it is a right sender.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from .careful import Careful
from .careful_wire import Failure

_OLD_DIGESTS = {"sha1", "md5"}


class OwnVerification(Careful):
    """Takes any certificate in the handshake, and verifies it before it says a word."""

    def context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        return context

    def verify_peer(self) -> None:
        if not self.to.verify:
            return
        try:
            self.verify_chain(self.presented())
            self.verify_name(self.presented()[0])
        except Failure:
            self.wire.in_step = False
            raise

    def unfit(self, class_: str, words: str) -> Failure:
        return Failure(
            "tls",
            class_,
            f"the certificate of {self.to.server} {words}; expected one for {self.tls_name()}",
            temporary=False,
        )

    def presented(self) -> list[x509.Certificate]:
        """Leaf first. Python 3.13 has a method for it; before, only the object inside has."""
        sock = self.wire.sock
        found = getattr(sock, "get_unverified_chain", None)
        if found is not None:
            return [x509.load_der_x509_certificate(der) for der in found()]
        inside = sock._sslobj.get_unverified_chain()  # type: ignore[attr-defined]  # see above
        return [x509.load_pem_x509_certificate(one.public_bytes().encode()) for one in inside]

    # The chain.

    def verify_chain(self, presented: list[x509.Certificate]) -> None:
        path = self.path(presented)
        for certificate in path:
            self.check_not_before(certificate)
            self.check_not_after(certificate)
        for certificate in path[:-1]:
            self.check_strength(certificate)
        self.check_purpose(path[0])
        for issuer in path[1:]:
            self.check_constraints(issuer, path[0])

    def anchors(self) -> list[x509.Certificate]:
        pem = Path(self.request["trust"]["ca_file"]).read_bytes()
        return x509.load_pem_x509_certificates(pem)

    def path(self, presented: list[x509.Certificate]) -> list[x509.Certificate]:
        """From the leaf to the anchor."""
        anchors = self.anchors()
        path = [presented[0]]
        while path[-1] not in anchors:
            issuer = self.issuer(path[-1], [*anchors, *presented[1:]])
            if issuer is None or issuer in path:
                return self.untrusted(path, presented)
            path.append(issuer)
        return path

    def issuer(
        self, certificate: x509.Certificate, candidates: list[x509.Certificate]
    ) -> x509.Certificate | None:
        for candidate in candidates:
            if candidate.subject != certificate.issuer:
                continue
            if is_signed_by(certificate, candidate):
                self.check_authority(candidate)
                return candidate
        return None

    def untrusted(
        self, path: list[x509.Certificate], presented: list[x509.Certificate]
    ) -> list[x509.Certificate]:
        raise self.unfit("certificate-untrusted", "is self-signed or untrusted")

    def check_authority(self, issuer: x509.Certificate) -> None:
        constraints = issuer.extensions.get_extension_for_class(x509.BasicConstraints)
        if not constraints.value.ca:
            raise self.unfit("certificate-invalid", "was issued by one that is no authority")

    def check_not_before(self, certificate: x509.Certificate) -> None:
        if certificate.not_valid_before_utc > datetime.now(UTC):
            raise self.unfit("certificate-not-yet-valid", "is not yet valid")

    def check_not_after(self, certificate: x509.Certificate) -> None:
        if certificate.not_valid_after_utc < datetime.now(UTC):
            raise self.unfit("certificate-expired", "has expired")

    def check_strength(self, certificate: x509.Certificate) -> None:
        key, digest = certificate.public_key(), certificate.signature_hash_algorithm
        if isinstance(key, rsa.RSAPublicKey) and key.key_size < 2048:
            raise self.unfit("certificate-unsuitable", "is too weak: its key is too small")
        if digest is not None and digest.name in _OLD_DIGESTS:
            raise self.unfit("certificate-unsuitable", "is too weak: its digest is too old")

    def check_purpose(self, leaf: x509.Certificate) -> None:
        try:
            usage = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        except x509.ExtensionNotFound:
            return
        if ExtendedKeyUsageOID.SERVER_AUTH not in usage:
            raise self.unfit("certificate-unsuitable", "is not meant for a server (key usage)")

    def check_constraints(self, issuer: x509.Certificate, leaf: x509.Certificate) -> None:
        try:
            limits = issuer.extensions.get_extension_for_class(x509.NameConstraints).value
        except x509.ExtensionNotFound:
            return
        permitted = [one.value for one in limits.permitted_subtrees or ()]
        for name in self.dns_names(leaf):
            if not any(name == root or name.endswith(f".{root}") for root in permitted):
                raise self.unfit("certificate-invalid", "is for a name its issuer may not give")

    # The name.

    def verify_name(self, leaf: x509.Certificate) -> None:
        wanted = self.tls_name().lower()
        if self.is_address(wanted):
            is_right = wanted in self.addresses(leaf)
        else:
            is_right = any(self.fits(name, wanted) for name in self.names(leaf))
        if not is_right:
            raise self.unfit("certificate-hostname-mismatch", "is for another name (SAN)")

    def names(self, leaf: x509.Certificate) -> list[str]:
        """The names that count: subject alternative names, and nothing else."""
        return self.dns_names(leaf)

    def fits(self, name: str, wanted: str) -> bool:
        """A wildcard stands for the whole first label and for one label."""
        if name == wanted:
            return True
        return name.startswith("*.") and name[2:] == wanted.partition(".")[2]

    def addresses(self, leaf: x509.Certificate) -> list[str]:
        return [str(found) for found in self.alternatives(leaf, x509.IPAddress)]

    def dns_names(self, leaf: x509.Certificate) -> list[str]:
        return [str(found).lower() for found in self.alternatives(leaf, x509.DNSName)]

    def common_names(self, leaf: x509.Certificate) -> list[str]:
        found = leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return [str(attribute.value).lower() for attribute in found]

    @staticmethod
    def alternatives(
        leaf: x509.Certificate, kind: type[x509.DNSName | x509.IPAddress]
    ) -> Iterator[object]:
        try:
            names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        except x509.ExtensionNotFound:
            return
        for name in names:
            if isinstance(name, kind):
                yield name.value


def is_signed_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether the signature is the issuer's, whatever its digest."""
    key, digest = issuer.public_key(), certificate.signature_hash_algorithm
    signature, content = certificate.signature, certificate.tbs_certificate_bytes
    try:
        if isinstance(key, rsa.RSAPublicKey) and digest is not None:
            key.verify(signature, content, padding.PKCS1v15(), digest)
        elif isinstance(key, ec.EllipticCurvePublicKey) and digest is not None:
            key.verify(signature, content, ec.ECDSA(digest))
        else:
            certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True
