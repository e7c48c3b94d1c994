"""The kinds of certificate that a fake can present, and how each must be judged.

The words follow the host names of badssl.com where that site has the same fault (`expired`,
`wrong-host`, `self-signed`, `untrusted-root`, `revoked`); the rest are named in the same way.
The verify codes are OpenSSL's (`X509_V_ERR_*` of its `x509_vfy.h`; see `openssl-verify(1)`).

Rules: RFC 5280 (dates, key usage, constraints, revocation), RFC 9525 (names), RFC 7817 (mail),
RFC 9325 and RFC 9155 (weak keys and digests), RFC 7633 (must-staple), RFC 8446 section 4.4.2
(the chain that a server sends).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from .names import is_address

if TYPE_CHECKING:
    from collections.abc import Mapping


class VerifyCode(IntEnum):
    """Why a verifying client turns a certificate down: OpenSSL's number, 0 for none."""

    OK = 0
    NOT_YET_VALID = 9
    HAS_EXPIRED = 10
    SELF_SIGNED_LEAF = 18
    SELF_SIGNED_IN_CHAIN = 19
    ISSUER_NOT_FOUND = 20
    REVOKED = 23
    UNSUITABLE_PURPOSE = 26
    OUTSIDE_PERMITTED_SUBTREE = 47
    HOSTNAME_MISMATCH = 62
    IP_ADDRESS_MISMATCH = 64
    LEAF_KEY_TOO_SMALL = 66
    DIGEST_TOO_WEAK = 68
    ISSUER_IS_NO_CA = 79


class ExpectedReaction(StrEnum):
    """What a right sender does with a certificate.

    `accept` and `refuse` are demands. `either` means that both are right, or that refusing is
    better and accepting exposes nothing to a peer of another name; `policy` that it depends on
    what the sender says it checks (revocation).
    """

    ACCEPT = "accept"
    REFUSE = "refuse"
    EITHER = "either"
    POLICY = "policy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of a kind before any certificate is made.

    `verify_code` is what OpenSSL says to a client that knows the anchor only, checks no
    revocation, takes no common name for a host name and compares with a *host name*
    (`CertificateKind.code_for` knows about addresses). `verified` and `skipped` judge a sender
    that verifies and one that was told not to. `seclevel_zero`: today's OpenSSL serves it only
    with its security level lowered to 0.
    """

    description: str
    situations: tuple[str, ...]
    verify_code: VerifyCode = VerifyCode.OK
    verified: ExpectedReaction = ExpectedReaction.REFUSE
    skipped: ExpectedReaction = ExpectedReaction.ACCEPT
    seclevel_zero: bool = False


def _accepted(description: str, *situations: str) -> Facts:
    return Facts(description=description, situations=situations, verified=ExpectedReaction.ACCEPT)


def _refused(code: VerifyCode, description: str, *situations: str) -> Facts:
    return Facts(description=description, situations=situations, verify_code=code)


def _wrong_name(description: str, *situations: str) -> Facts:
    return _refused(VerifyCode.HOSTNAME_MISMATCH, description, *situations)


def _disputed(code: VerifyCode, description: str, *situations: str) -> Facts:
    """Refused by the newer of two rules and allowed by an older one that still holds."""
    return Facts(
        description=description,
        situations=situations,
        verify_code=code,
        verified=ExpectedReaction.EITHER,
    )


def _policy(description: str, *situations: str) -> Facts:
    return Facts(description=description, situations=situations, verified=ExpectedReaction.POLICY)


def _weak(code: VerifyCode, description: str, *situations: str) -> Facts:
    """Named right and vouched for, by a key or a digest that can be broken with much work."""
    return Facts(
        description=description,
        situations=situations,
        verify_code=code,
        verified=ExpectedReaction.EITHER,
        skipped=ExpectedReaction.EITHER,
        seclevel_zero=True,
    )


class CertificateKind(StrEnum):
    """The closed set of certificates that an `Authority` issues; `CertificateKind("expired")`."""

    GOOD = "good"
    CHAIN = "chain"
    EXPIRED = "expired"
    NOT_YET_VALID = "not-yet-valid"
    SELF_SIGNED = "self-signed"
    UNTRUSTED_ROOT = "untrusted-root"
    WRONG_HOST = "wrong-host"
    UNTRUSTED_WRONG_HOST = "untrusted-wrong-host"
    WILDCARD = "wildcard"
    WILDCARD_TOO_DEEP = "wildcard-too-deep"
    WILDCARD_PARENT = "wildcard-parent"
    WILDCARD_PARTIAL = "wildcard-partial"
    CN_ONLY = "cn-only"
    CN_RIGHT_SAN_OTHER = "cn-right-san-other"
    SAN_RIGHT_CN_OTHER = "san-right-cn-other"
    IP_SAN = "ip-san"
    IP_AS_DNS = "ip-as-dns"
    IP_AS_CN = "ip-as-cn"
    MISSING_INTERMEDIATE = "missing-intermediate"
    RSA_1024 = "rsa-1024"
    SHA1 = "sha1"
    MD5 = "md5"
    PARENT_ONLY = "parent-only"
    SUBDOMAIN_ONLY = "subdomain-only"
    CLIENT_AUTH_ONLY = "client-auth-only"
    REVOKED = "revoked"
    MUST_STAPLE = "must-staple"
    LEAF_AS_CA = "leaf-as-ca"
    NAME_CONSTRAINT = "name-constraint"
    NUL_IN_SAN = "nul-in-san"
    NUL_IN_CN = "nul-in-cn"

    @property
    def facts(self) -> Facts:
        """What is known of the kind."""
        return _FACTS[self]

    @classmethod
    def _missing_(cls, value: object) -> CertificateKind:
        choices = ", ".join(cls)
        raise ValueError(f"no certificate kind {value!r}; the kinds are: {choices}")

    def code_for(self, name: str, /) -> VerifyCode:
        """The verify code of a client that compares with `name`, a host name or an address."""
        code = self.facts.verify_code
        if code is VerifyCode.HOSTNAME_MISMATCH and is_address(name):
            return VerifyCode.IP_ADDRESS_MISMATCH
        return code


_FACTS: Mapping[CertificateKind, Facts] = MappingProxyType(
    {
        CertificateKind.GOOD: _accepted("Everything right: every name, dates, purpose.", "CERT-01"),
        CertificateKind.CHAIN: _accepted(
            "Right, and issued by an intermediate that is sent along.", "CERT-01"
        ),
        CertificateKind.EXPIRED: _refused(VerifyCode.HAS_EXPIRED, "Ran out a day ago.", "CERT-02"),
        CertificateKind.NOT_YET_VALID: _refused(
            VerifyCode.NOT_YET_VALID, "Valid from tomorrow.", "CERT-03"
        ),
        CertificateKind.SELF_SIGNED: _refused(
            VerifyCode.SELF_SIGNED_LEAF, "Signed with its own key.", "CERT-04", "CERT-33"
        ),
        CertificateKind.UNTRUSTED_ROOT: _refused(
            VerifyCode.SELF_SIGNED_IN_CHAIN,
            "Issued by a root that nobody was told to trust, which is sent along.",
            "CERT-05",
            "CERT-31",
        ),
        CertificateKind.WRONG_HOST: _wrong_name(
            "Trusted, but made out to an unrelated host.", "CERT-06", "CERT-32"
        ),
        CertificateKind.UNTRUSTED_WRONG_HOST: _refused(
            VerifyCode.SELF_SIGNED_IN_CHAIN,
            "Issued by an untrusted root and made out to an unrelated host.",
            "CERT-30",
        ),
        CertificateKind.WILDCARD: _accepted("`*.example.test` for `mail.example.test`.", "CERT-07"),
        CertificateKind.WILDCARD_TOO_DEEP: _wrong_name(
            "`*.example.test` for `a.mail.example.test`: a wildcard stands for one label.",
            "CERT-08",
        ),
        CertificateKind.WILDCARD_PARENT: _wrong_name(
            "`*.example.test` for `example.test` itself.", "CERT-09"
        ),
        CertificateKind.WILDCARD_PARTIAL: _wrong_name(
            "`m*.example.test` for `mail.example.test`: a wildcard is a whole label.", "CERT-09"
        ),
        # RFC 9525 knows no common names; RFC 7817 section 3 lets clients of mail go by one.
        CertificateKind.CN_ONLY: _disputed(
            VerifyCode.HOSTNAME_MISMATCH,
            "The name is in the common name only; there is no subject alternative name.",
            "CERT-10",
            "CERT-37",
        ),
        CertificateKind.CN_RIGHT_SAN_OTHER: _wrong_name(
            "The common name is right, the subject alternative name is an unrelated host.",
            "CERT-11",
        ),
        CertificateKind.SAN_RIGHT_CN_OTHER: _accepted(
            "The subject alternative names are right, the common name is an unrelated host.",
            "CERT-36",
        ),
        CertificateKind.IP_SAN: _accepted("The addresses, as iPAddress names.", "CERT-12"),
        CertificateKind.IP_AS_DNS: _wrong_name(
            "The addresses, written as if they were host names.", "CERT-13"
        ),
        CertificateKind.IP_AS_CN: _wrong_name("The address, in the common name only.", "CERT-13"),
        CertificateKind.MISSING_INTERMEDIATE: _refused(
            VerifyCode.ISSUER_NOT_FOUND,
            "Issued by an intermediate that the server does not send.",
            "CERT-14",
        ),
        CertificateKind.RSA_1024: _weak(
            VerifyCode.LEAF_KEY_TOO_SMALL, "An RSA key of 1024 bits.", "CERT-15"
        ),
        CertificateKind.SHA1: _weak(
            VerifyCode.DIGEST_TOO_WEAK,
            "Issued by an intermediate that is signed with SHA-1.",
            "CERT-16",
        ),
        CertificateKind.MD5: _weak(
            VerifyCode.DIGEST_TOO_WEAK,
            "Issued by an intermediate that is signed with MD5.",
            "CERT-16",
        ),
        CertificateKind.PARENT_ONLY: _accepted(
            "Made out to a parent domain only: right for a sender that was told to verify that"
            " name instead of the host's.",
            "CERT-17",
        ),
        CertificateKind.SUBDOMAIN_ONLY: _wrong_name(
            "Made out to a sub-domain only: wrong for a sender that was told to verify the"
            " parent's name.",
            "CERT-18",
        ),
        CertificateKind.CLIENT_AUTH_ONLY: Facts(
            description="Its extended key usage is clientAuth only.",
            situations=("CERT-19",),
            verify_code=VerifyCode.UNSUITABLE_PURPOSE,
            skipped=ExpectedReaction.EITHER,
        ),
        CertificateKind.REVOKED: _policy(
            "Revoked: listed in the authority's revocation list, to which it points.", "CERT-20"
        ),
        CertificateKind.MUST_STAPLE: _policy(
            "Demands a stapled OCSP response, and none is stapled.", "CERT-20"
        ),
        CertificateKind.LEAF_AS_CA: _refused(
            VerifyCode.ISSUER_IS_NO_CA, "Issued by a certificate with CA:FALSE.", "CERT-21"
        ),
        CertificateKind.NAME_CONSTRAINT: _refused(
            VerifyCode.OUTSIDE_PERMITTED_SUBTREE,
            "Issued by an intermediate that may only name another domain.",
            "CERT-21",
        ),
        CertificateKind.NUL_IN_SAN: _wrong_name(
            "The name, a NUL byte and an unrelated domain in one subject alternative name.",
            "CERT-22",
        ),
        CertificateKind.NUL_IN_CN: _wrong_name(
            "The name, a NUL byte and an unrelated domain in the common name; no subject"
            " alternative name.",
            "CERT-22",
        ),
    }
)
