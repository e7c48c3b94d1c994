"""The cases in which SES refuses, in plain words; the names are those of both APIs.

`TEXT` has the message where both say the same; how that is known stands with each API's refusals.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

WHEN: Mapping[str, str] = MappingProxyType(
    {
        "no-signature": "the request is not signed",
        "malformed-signature": "the Authorization header makes no sense",
        "unknown-key": "the access key is unknown, inactive or deleted, or has another token",
        "wrong-secret": "the signature is not one of this secret key, or not one of this request",
        "wrong-region": "signed for another region than that of the host",
        "expired-clock": "signed more than 15 minutes ago",
        "early-clock": "signed more than 15 minutes ahead",
        "expired-token": "the session token has run out",
        "not-subscribed": "the account has never signed up for SES",
        "may-not-send": "no IAM policy allows the action on the identity, or one denies it",
        "may-not": "no IAM policy allows an action other than sending, or one denies it",
        "suspended": "SES has stopped the account, or has it under review",
        "sending-paused": "the account's owner has paused sending",
        "configuration-set-paused": "sending with this configuration set is paused",
        "unknown-configuration-set": "there is no such configuration set in this region",
        "mail-from-domain": "the custom MAIL FROM domain of the identity is not set up",
        "unknown-template": "there is no such template in this region",
        "unverified": "the sender is not verified in this region, or, in the sandbox, a recipient",
        "rate-limited": "more messages a second than the sending rate",
        "quota-used-up": "the quota of 24 hours is used up",
        "calls-limited": "too many calls other than sending",
        "server-error": "SES is in trouble",
        "unavailable": "SES is being maintained",
        "missing-action": "no Action is given",
        "unknown-action": "there is no such Action, or not in this Version",
        "missing-parameter": "a required parameter is missing",
        "malformed-list": "a list is not numbered as `member.N`",
        "not-base64": "raw content, or an attachment, is not base64",
        "bad-filename": "a file's type is not supported, or its name has a special character",
        "bad-address": "the syntax of an address is wrong",
        "odd-address": "the syntax of an address is wrong in a rarer way",
        "missing-header": "a raw message has no From, or names no recipient at all",
        "empty-header": "a raw message has a header of addresses with nothing in it",
        "duplicate-header": "a raw message has a header twice that may come only once",
        "too-large": "the message is larger than 10 MB (version 1) or 40 MB (version 2)",
        "too-many-recipients": "more than 50 recipients",
        "no-recipients": "no recipient is given",
        "too-many-entries": "more than 50 destinations in one bulk request",
        "bad-tag": "a message tag has a character that is not allowed",
        "bad-template-data": "the template data is no JSON object",
        "unknown-operation": "there is no such path, or not with this method",
        "not-json": "the body is no JSON",
        "wrong-type": "a member has another type than the API's",
        "not-one-content": "Content has not exactly one of Simple, Raw and Template",
        "bad-header": "the name or value of a header is wrong, or there are more than 15",
        "not-found": "there is no such identity, message or suppressed address",
    }
)

TEXT: Mapping[str, str] = MappingProxyType(
    {
        "malformed-signature": "<reason>",
        "unknown-key": "The security token included in the request is invalid.",
        "wrong-secret": (
            "The request signature we calculated does not match the signature you provided. "
            "Check your AWS Secret Access Key and signing method. Consult the service "
            "documentation for details."
        ),
        "wrong-region": "Credential should be scoped to a valid region, not '<scope>'. ",
        "expired-clock": (
            "Signature expired: <stamp> is now earlier than <limit> (<now> - 15 min.)"
        ),
        "early-clock": (
            "Signature not yet current: <stamp> is still later than <limit> (<now> + 15 min.)"
        ),
        "expired-token": "The security token included in the request is expired",
        "not-subscribed": "The AWS Access Key Id needs a subscription for the service",
        "may-not-send": (
            "User `<user>' is not authorized to perform `<action>' on resource `<resource>'"
        ),
        "suspended": (
            "Sending paused for this account. For more information, please check the inbox of "
            "the email address associated with your AWS account."
        ),
        "sending-paused": "Email sending is paused for this account.",
        "configuration-set-paused": "Email sending is paused for the configuration set <<name>>.",
        "unknown-configuration-set": "Configuration set <<name>> does not exist.",
        "mail-from-domain": "The MAIL FROM domain is not verified.",
        "unknown-template": "Template <name> does not exist.",
        "unverified": (
            "Email address is not verified. The following identities failed the check in "
            "region <region>: <identities>"
        ),
        "rate-limited": "Maximum sending rate exceeded.",
        "quota-used-up": "Daily message quota exceeded.",
        "calls-limited": "Rate exceeded",
        "server-error": "An internal failure occurred.",
        "unavailable": "The service is unavailable.",
        "missing-parameter": "<reason>",
        "missing-header": "Missing required header '<name>'.",
        "empty-header": "Empty required header '<name>'.",
        "duplicate-header": "Duplicate header '<name>'.",
        "bad-filename": "Illegal filename '<name>'.",
        "too-large": "Message length is more than <most> bytes long: '<length>'.",
        "too-many-recipients": "Recipient count exceeds 50.",
        "no-recipients": "The message has no recipients.",
        "too-many-entries": "The request has more than 50 destinations.",
        "bad-tag": (
            "Invalid tag <part> <<value>>: only alphanumeric ASCII characters, '_', and '-' "
            "are allowed."
        ),
        "bad-template-data": "The template data is not a JSON object.",
    }
)
