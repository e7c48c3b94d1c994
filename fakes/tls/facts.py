"""What there is to say of a kind of certificate: how it is judged, and how it is made.

The verify codes are OpenSSL's (`X509_V_ERR_*` of its `x509_vfy.h`; see `openssl-verify(1)`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING

from . import presented

if TYPE_CHECKING:
    from .presented import NameRule


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


class Recipe(StrEnum):
    """How a certificate is made, and what is odd about it besides names and dates.

    Each has its function in `recipes.py`, which alone needs the libraries that make certificates.
    """

    ORDINARY = "by trustme, issued by the anchor"
    THROUGH_INTERMEDIATE = "issued by an intermediate, which is sent along"
    MISSING_INTERMEDIATE = "issued by an intermediate, which is not sent"
    UNTRUSTED = "issued by a root that nobody knows, which is sent along"
    LEAF_AS_CA = "issued by a certificate that is no authority"
    NAME_CONSTRAINT = "issued by an intermediate that may not name the host"
    SHA1_INTERMEDIATE = "issued by an intermediate that is signed with SHA-1"
    MD5_INTERMEDIATE = "issued by an intermediate that is signed with MD5"
    CRAFTED = "by hand, because trustme refuses such names"
    SELF_SIGNED = "signed with its own key"
    SHORT_KEY = "with an RSA key of 1024 bits"
    CLIENT_AUTH_ONLY = "with the purpose clientAuth alone"
    REVOKED = "pointing to a revocation list, on which it is"
    MUST_STAPLE = "demanding a stapled OCSP response"


class Validity(StrEnum):
    """When a certificate is valid."""

    CURRENT = "current"
    PAST = "past"
    FUTURE = "future"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that there is to know of a kind: its words, how it is judged, how it is made.

    `verify_code` is what OpenSSL says to a client that knows the anchor only, checks no
    revocation, takes no common name for a host name and compares with a *host name*
    (`CertificateKind.code_for` knows about addresses). `verified` and `skipped` judge a sender
    that verifies and one that was told not to. `seclevel_zero`: today's OpenSSL serves it only
    with its security level lowered to 0. `names` makes the presented names out of those that a
    sender verifies against.
    """

    description: str
    situations: tuple[str, ...]
    verify_code: VerifyCode = VerifyCode.OK
    verified: ExpectedReaction = ExpectedReaction.REFUSE
    skipped: ExpectedReaction = ExpectedReaction.ACCEPT
    seclevel_zero: bool = False
    names: NameRule = presented.every_name
    validity: Validity = Validity.CURRENT
    recipe: Recipe = Recipe.ORDINARY
