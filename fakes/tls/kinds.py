"""The kinds of certificate that a fake can present, how each is made and how it must be judged.

`CertificateKind` is the one table of them.

The words follow the host names of badssl.com where that site has the same fault (`expired`,
`wrong-host`, `self-signed`, `untrusted-root`, `revoked`); the rest are named in the same way.

Rules: RFC 5280 (dates, key usage, constraints, revocation), RFC 9525 (names), RFC 7817 (mail),
RFC 9325 and RFC 9155 (weak keys and digests), RFC 7633 (must-staple), RFC 8446 section 4.4.2
(the chain that a server sends).
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Self, TypedDict, Unpack

from . import presented
from .facts import ExpectedReaction, Facts, Recipe, Validity, VerifyCode
from .names import is_address

if TYPE_CHECKING:
    from .presented import NameRule


__all__ = ["CertificateKind", "ExpectedReaction", "Facts", "VerifyCode"]


class _Making(TypedDict, total=False):
    """What of a kind is not as with a good certificate."""

    names: NameRule
    validity: Validity
    recipe: Recipe


def _accepted(description: str, *situations: str, **making: Unpack[_Making]) -> Facts:
    return Facts(
        description=description,
        situations=situations,
        verified=ExpectedReaction.ACCEPT,
        **making,
    )


def _refused(
    code: VerifyCode, description: str, *situations: str, **making: Unpack[_Making]
) -> Facts:
    return Facts(description=description, situations=situations, verify_code=code, **making)


def _wrong_name(description: str, *situations: str, **making: Unpack[_Making]) -> Facts:
    return _refused(VerifyCode.HOSTNAME_MISMATCH, description, *situations, **making)


def _disputed(
    code: VerifyCode, description: str, *situations: str, **making: Unpack[_Making]
) -> Facts:
    """Refused by the newer of two rules and allowed by an older one that still holds."""
    return Facts(
        description=description,
        situations=situations,
        verify_code=code,
        verified=ExpectedReaction.EITHER,
        **making,
    )


def _policy(description: str, *situations: str, **making: Unpack[_Making]) -> Facts:
    return Facts(
        description=description,
        situations=situations,
        verified=ExpectedReaction.POLICY,
        **making,
    )


def _weak(code: VerifyCode, description: str, *situations: str, recipe: Recipe) -> Facts:
    """Named right and vouched for, by a key or a digest that can be broken with much work."""
    return Facts(
        description=description,
        situations=situations,
        verify_code=code,
        verified=ExpectedReaction.EITHER,
        skipped=ExpectedReaction.EITHER,
        seclevel_zero=True,
        recipe=recipe,
    )


_GOOD = _accepted("Everything right: every name, dates, purpose.", "CERT-01")


class CertificateKind(StrEnum):
    """The closed set of certificates that an `Authority` issues; `CertificateKind("expired")`.

    This is the table: a kind is a row of it, and nothing about it stands anywhere else.
    """

    facts: Facts

    # What is left out is for type checkers, who take a look-up by word for a call of this.
    def __new__(cls, word: str, facts: Facts = _GOOD) -> Self:
        """Make the member `word`, with what is known of it."""
        member = str.__new__(cls, word)
        member._value_ = word
        member.facts = facts
        return member

    GOOD = "good", _GOOD
    CHAIN = (
        "chain",
        _accepted(
            "Right, and issued by an intermediate that is sent along.",
            "CERT-01",
            recipe=Recipe.THROUGH_INTERMEDIATE,
        ),
    )
    EXPIRED = (
        "expired",
        _refused(VerifyCode.HAS_EXPIRED, "Ran out a day ago.", "CERT-02", validity=Validity.PAST),
    )
    NOT_YET_VALID = (
        "not-yet-valid",
        _refused(
            VerifyCode.NOT_YET_VALID, "Valid from tomorrow.", "CERT-03", validity=Validity.FUTURE
        ),
    )
    SELF_SIGNED = (
        "self-signed",
        _refused(
            VerifyCode.SELF_SIGNED_LEAF,
            "Signed with its own key.",
            "CERT-04",
            "CERT-33",
            recipe=Recipe.SELF_SIGNED,
        ),
    )
    UNTRUSTED_ROOT = (
        "untrusted-root",
        _refused(
            VerifyCode.SELF_SIGNED_IN_CHAIN,
            "Issued by a root that nobody was told to trust, which is sent along.",
            "CERT-05",
            "CERT-31",
            recipe=Recipe.UNTRUSTED,
        ),
    )
    WRONG_HOST = (
        "wrong-host",
        _wrong_name(
            "Trusted, but made out to an unrelated host.",
            "CERT-06",
            "CERT-32",
            names=presented.unrelated,
        ),
    )
    UNTRUSTED_WRONG_HOST = (
        "untrusted-wrong-host",
        _refused(
            VerifyCode.SELF_SIGNED_IN_CHAIN,
            "Issued by an untrusted root and made out to an unrelated host.",
            "CERT-30",
            names=presented.unrelated,
            recipe=Recipe.UNTRUSTED,
        ),
    )
    WILDCARD = (
        "wildcard",
        _accepted("`*.example.test` for `mail.example.test`.", "CERT-07", names=presented.wildcard),
    )
    WILDCARD_TOO_DEEP = (
        "wildcard-too-deep",
        _wrong_name(
            "`*.example.test` for `a.mail.example.test`: a wildcard stands for one label.",
            "CERT-08",
            names=presented.wildcard_too_deep,
        ),
    )
    WILDCARD_PARENT = (
        "wildcard-parent",
        _wrong_name(
            "`*.example.test` for `example.test` itself.",
            "CERT-09",
            names=presented.wildcard_parent,
        ),
    )
    WILDCARD_PARTIAL = (
        "wildcard-partial",
        _wrong_name(
            "`m*.example.test` for `mail.example.test`: a wildcard is a whole label.",
            "CERT-09",
            names=presented.wildcard_partial,
            recipe=Recipe.CRAFTED,
        ),
    )
    # RFC 9525 knows no common names; RFC 7817 section 3 lets clients of mail go by one.
    CN_ONLY = (
        "cn-only",
        _disputed(
            VerifyCode.HOSTNAME_MISMATCH,
            "The name is in the common name only; there is no subject alternative name.",
            "CERT-10",
            "CERT-37",
            names=presented.common_name_only,
            recipe=Recipe.CRAFTED,
        ),
    )
    CN_RIGHT_SAN_OTHER = (
        "cn-right-san-other",
        _wrong_name(
            "The common name is right, the subject alternative name is an unrelated host.",
            "CERT-11",
            names=presented.common_name_right,
        ),
    )
    SAN_RIGHT_CN_OTHER = (
        "san-right-cn-other",
        _accepted(
            "The subject alternative names are right, the common name is an unrelated host.",
            "CERT-36",
            names=presented.common_name_unrelated,
        ),
    )
    IP_SAN = (
        "ip-san",
        _accepted("The addresses, as iPAddress names.", "CERT-12", names=presented.addresses_only),
    )
    IP_AS_DNS = (
        "ip-as-dns",
        _wrong_name(
            "The addresses, written as if they were host names.",
            "CERT-13",
            names=presented.addresses_as_hosts,
            recipe=Recipe.CRAFTED,
        ),
    )
    IP_AS_CN = (
        "ip-as-cn",
        _wrong_name(
            "The address, in the common name only.",
            "CERT-13",
            names=presented.address_as_common_name,
            recipe=Recipe.CRAFTED,
        ),
    )
    MISSING_INTERMEDIATE = (
        "missing-intermediate",
        _refused(
            VerifyCode.ISSUER_NOT_FOUND,
            "Issued by an intermediate that the server does not send.",
            "CERT-14",
            recipe=Recipe.MISSING_INTERMEDIATE,
        ),
    )
    RSA_1024 = (
        "rsa-1024",
        _weak(
            VerifyCode.LEAF_KEY_TOO_SMALL,
            "An RSA key of 1024 bits.",
            "CERT-15",
            recipe=Recipe.SHORT_KEY,
        ),
    )
    SHA1 = (
        "sha1",
        _weak(
            VerifyCode.DIGEST_TOO_WEAK,
            "Issued by an intermediate that is signed with SHA-1.",
            "CERT-16",
            recipe=Recipe.SHA1_INTERMEDIATE,
        ),
    )
    MD5 = (
        "md5",
        _weak(
            VerifyCode.DIGEST_TOO_WEAK,
            "Issued by an intermediate that is signed with MD5.",
            "CERT-16",
            recipe=Recipe.MD5_INTERMEDIATE,
        ),
    )
    PARENT_ONLY = (
        "parent-only",
        _accepted(
            "Made out to a parent domain only: right for a sender that was told to verify that"
            " name instead of the host's.",
            "CERT-17",
            names=presented.hosts_only,
        ),
    )
    SUBDOMAIN_ONLY = (
        "subdomain-only",
        _wrong_name(
            "Made out to a sub-domain only: wrong for a sender that was told to verify the"
            " parent's name.",
            "CERT-18",
            names=presented.subdomain_only,
        ),
    )
    CLIENT_AUTH_ONLY = (
        "client-auth-only",
        Facts(
            description="Its extended key usage is clientAuth only.",
            situations=("CERT-19",),
            verify_code=VerifyCode.UNSUITABLE_PURPOSE,
            skipped=ExpectedReaction.EITHER,
            recipe=Recipe.CLIENT_AUTH_ONLY,
        ),
    )
    REVOKED = (
        "revoked",
        _policy(
            "Revoked: listed in the authority's revocation list, to which it points.",
            "CERT-20",
            recipe=Recipe.REVOKED,
        ),
    )
    MUST_STAPLE = (
        "must-staple",
        _policy(
            "Demands a stapled OCSP response, and none is stapled.",
            "CERT-20",
            recipe=Recipe.MUST_STAPLE,
        ),
    )
    LEAF_AS_CA = (
        "leaf-as-ca",
        _refused(
            VerifyCode.ISSUER_IS_NO_CA,
            "Issued by a certificate with CA:FALSE.",
            "CERT-21",
            recipe=Recipe.LEAF_AS_CA,
        ),
    )
    NAME_CONSTRAINT = (
        "name-constraint",
        _refused(
            VerifyCode.OUTSIDE_PERMITTED_SUBTREE,
            "Issued by an intermediate that may only name another domain.",
            "CERT-21",
            recipe=Recipe.NAME_CONSTRAINT,
        ),
    )
    NUL_IN_SAN = (
        "nul-in-san",
        _wrong_name(
            "The name, a NUL byte and an unrelated domain in one subject alternative name.",
            "CERT-22",
            names=presented.nul_in_host,
            recipe=Recipe.CRAFTED,
        ),
    )
    NUL_IN_CN = (
        "nul-in-cn",
        _wrong_name(
            "The name, a NUL byte and an unrelated domain in the common name; no subject"
            " alternative name.",
            "CERT-22",
            names=presented.nul_in_common_name,
            recipe=Recipe.CRAFTED,
        ),
    )

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
