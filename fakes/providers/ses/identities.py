"""What an account's identities look like to those who ask, in both APIs' words."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

from .account import EmailIdentity, SesAccount, SesDomain

# Tokens look like these in the examples of botocore's model: 44 and 32 characters.
_DOMAIN_TOKEN = 44
_DKIM_TOKEN = 32


def found(account: SesAccount, name: str, region: str) -> SesDomain | EmailIdentity | None:
    """The identity of exactly this name in this region."""
    for identity in account.identities(region):
        is_domain = isinstance(identity, SesDomain)
        if identity.name == name or (is_domain and identity.name.lower() == name.lower()):
            return identity
    return None


def names(identities: Iterable[SesDomain | EmailIdentity], kind: str | None) -> list[str]:
    """Their names, all or those of `Domain` or `EmailAddress`."""
    return [
        each.name
        for each in identities
        if kind is None or kind == ("Domain" if isinstance(each, SesDomain) else "EmailAddress")
    ]


def verification(identity: SesDomain | EmailIdentity) -> dict[str, Any]:
    """The entry of GetIdentityVerificationAttributes; addresses have no token."""
    status = {"VerificationStatus": "Success" if identity.verified else "Pending"}
    if isinstance(identity, EmailIdentity):
        return status
    return {**status, "VerificationToken": _token(identity.name, _DOMAIN_TOKEN)}


def dkim(identity: SesDomain | EmailIdentity) -> dict[str, Any]:
    """The entry of GetIdentityDkimAttributes."""
    if isinstance(identity, EmailIdentity):
        return {"DkimEnabled": False, "DkimVerificationStatus": "NotStarted"}
    return {
        "DkimEnabled": identity.verified,
        "DkimVerificationStatus": "Success" if identity.verified else "Pending",
        "DkimTokens": _dkim_tokens(identity.name),
    }


def mail_from(identity: SesDomain | EmailIdentity) -> dict[str, Any]:
    """The entry of GetIdentityMailFromDomainAttributes.

    Its three members are required (botocore 1.44.5); their values without a domain are synthetic.
    """
    domain = identity.mail_from if isinstance(identity, SesDomain) else None
    if domain is None:
        return {
            "MailFromDomain": "",
            "MailFromDomainStatus": "Pending",
            "BehaviorOnMXFailure": "UseDefaultValue",
        }
    is_set_up = isinstance(identity, SesDomain) and identity.mail_from_verified
    return {
        "MailFromDomain": domain,
        "MailFromDomainStatus": "Success" if is_set_up else "Failed",
        "BehaviorOnMXFailure": "RejectMessage",
    }


def notification(_identity: SesDomain | EmailIdentity) -> dict[str, Any]:
    """The entry of GetIdentityNotificationAttributes: there are no topics here.

    The members for topics are required (botocore 1.44.5); that they are empty is synthetic.
    """
    return {
        "BounceTopic": "",
        "ComplaintTopic": "",
        "DeliveryTopic": "",
        "ForwardingEnabled": True,
        "HeadersInBounceNotificationsEnabled": False,
        "HeadersInComplaintNotificationsEnabled": False,
        "HeadersInDeliveryNotificationsEnabled": False,
    }


def listed(identity: SesDomain | EmailIdentity) -> dict[str, Any]:
    """The entry of version 2's ListEmailIdentities."""
    return {
        "IdentityType": "DOMAIN" if isinstance(identity, SesDomain) else "EMAIL_ADDRESS",
        "IdentityName": identity.name,
        "SendingEnabled": identity.verified,
        "VerificationStatus": "SUCCESS" if identity.verified else "PENDING",
    }


def described(identity: SesDomain | EmailIdentity) -> dict[str, Any]:
    """The answer of version 2's GetEmailIdentity."""
    is_domain = isinstance(identity, SesDomain)
    status = "SUCCESS" if identity.verified else "PENDING"
    signing = {
        "SigningEnabled": is_domain and identity.verified,
        "Status": status if is_domain else "NOT_STARTED",
        "SigningAttributesOrigin": "AWS_SES",
    }
    if is_domain:
        signing["Tokens"] = _dkim_tokens(identity.name)
    answer = {
        "IdentityType": listed(identity)["IdentityType"],
        "FeedbackForwardingStatus": True,
        "VerifiedForSendingStatus": identity.verified,
        "DkimAttributes": signing,
        "Policies": {},
        "Tags": [],
        "VerificationStatus": status,
        "VerificationInfo": {},
    }
    given = mail_from(identity)
    if given["MailFromDomain"]:
        answer["MailFromAttributes"] = {
            "MailFromDomain": given["MailFromDomain"],
            "MailFromDomainStatus": given["MailFromDomainStatus"].upper(),
            "BehaviorOnMxFailure": "REJECT_MESSAGE",
        }
    return answer


def _dkim_tokens(name: str) -> list[str]:
    return [_token(f"{number} {name}", _DKIM_TOKEN) for number in range(3)]


def _token(seed: str, length: int) -> str:
    """Characters that are always the same for one identity."""
    return hashlib.sha256(seed.encode()).hexdigest()[:length]
