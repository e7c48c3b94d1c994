"""SparkPost's SMTP service: the user `SMTP_Injection`, an API key with "Send via SMTP".

Sources: developers.sparkpost.com, content/api/smtp.apib (2026-06); SparkPost/support-docs
(2026-08), which has a session of 2015; SparkPost/momentum-documentation, the server behind it.
"""

from __future__ import annotations

import json
import string
from collections.abc import Mapping
from typing import Any

from ...http.exchange import Response
from ...marks import Mark
from ...smtp.exchange import Attempt, Dialect, VendorReply, by_name
from ..keys import ApiKey, domain_of, find_proven
from ..strict_json import NotJsonError, strict_json
from ..submission import Submission, SubmissionContext, Submitted, Taken, as_sent
from .account import SparkPostAccount
from .sending import take
from .validation import recipient_error
from .vendor import VENDOR

SEND = "Send via SMTP"
_USER = "SMTP_Injection"
_API = "developers.sparkpost.com, content/api/smtp.apib (2026-06)"
_SUPPORT = "SparkPost/support-docs (2026-08)"
_UNKNOWN = "SparkPost's own reply is not known"
_MOST_CAMPAIGN = 64
_HEX = string.digits + "ABCDEF"

DIALECT = Dialect(
    source=f"{_SUPPORT}, a session of 2015; the order of the lines inside TLS is not sure",
    greeting="2.0.0 smtp.sparkpostmail.com ESMTP ecelerity 4.1.5.48834 r(Core:4.1.5.3) "
    "Thu, 14 May 2015 17:04:46 +0000",
    clear=(
        "momentum1.platform1.us-west-2.aws.cl.messagesystems.com says EHLO to <peer>",
        "STARTTLS",
        "ENHANCEDSTATUSCODES",
        "PIPELINING",
        "8BITMIME",
    ),
    secure=(
        "momentum1.platform1.us-west-2.aws.cl.messagesystems.com says EHLO to <peer>",
        "ENHANCEDSTATUSCODES",
        "AUTH=LOGIN PLAIN",
        "AUTH LOGIN PLAIN",
        "8BITMIME",
        "PIPELINING",
    ),
    starttls="220 2.0.0 continue",
    authenticated="235 2.0.0 Authed. Go on.",
    sender="250 2.0.0 MAIL FROM accepted",
    recipient="250 2.0.0 RCPT TO accepted",
    go_ahead='354 3.0.0 continue.  finished with "\\r\\n.\\r\\n"',
    bye="221 2.3.0 momentum1.platform1.us-west-2.aws.cl.messagesystems.com closing connection",
    unauthenticated=("RCPT", "550 5.7.1 relaying denied"),  # support-docs
    too_large="552 5.3.4 message size limit exceeded",  # momentum-documentation, generic table
    size=20_000_000,  # what the API documents for the content
    mechanisms=("LOGIN", "PLAIN"),
    auth="after-tls",
    implicit=False,
    done="250 2.0.0 OK",  # synthetic: RSET is in no session
)

REPLIES = by_name(
    [
        VendorReply(
            name="accepted",
            when="the message is taken; the id is that of the spool, not of the transmission",
            text="250 2.0.0 OK <id>",
            mark=Mark.SEEN,
            source=f"{_SUPPORT}, a session of 2015",
        ),
        VendorReply(
            name="bad-key",
            when="the user is another, the key is no key of the account's in this region, or lacks "
            f"the grant {SEND}",
            text="535 5.7.8 Sorry.",
            mark=Mark.DOCUMENTED,
            source=f"{_SUPPORT}; issue threads",
        ),
        VendorReply(
            name="bad-recipient",
            when="the recipient is no address; the reply to RCPT",
            text="501 5.5.2 RCPT TO syntax error",
            mark=Mark.DOCUMENTED,
            source="SparkPost/momentum-documentation",
        ),
        VendorReply(
            name="unverified-domain",
            when="the domain of From is not configured, or not verified",
            text="550 5.7.1 Unconfigured Sending Domain <<domain>>",
            mark=Mark.DOCUMENTED,
            source=f"{_SUPPORT}; issue threads",
        ),
        VendorReply(
            name="header-not-json",
            when="X-MSYS-API is no JSON",
            text="550 5.6.0 JSON parsing error in X-MSYS-API",
            mark=Mark.DOCUMENTED,
            source=_API,
        ),
        VendorReply(
            name="header-wrong-type",
            when="a member of X-MSYS-API is no object",
            text="550 5.6.0 X-MSYS-API '<member>' must be of type 'json object'",
            mark=Mark.DOCUMENTED,
            source=f"{_API}, of metadata",
        ),
        VendorReply(
            name="campaign-too-long",
            when="the campaign in X-MSYS-API is longer than 64 octets",
            text="550 5.6.0 smtpapi_campaign_id context is limited to 64 bytes",
            mark=Mark.DOCUMENTED,
            source=_API,
        ),
        VendorReply(
            name="trouble",
            when="SparkPost has a fault of its own",
            text="421 4.3.3 [internal] smtpapi unable to generate unique transmission id",
            mark=Mark.DOCUMENTED,
            source=_API,
        ),
        VendorReply(
            name="quota-used-up",
            when="the messages of the hour, the day or the month are used up",
            text="550 5.7.1 Exceed Sending Limit (<limit>)",
            mark=Mark.INFERRED,
            source="inferred: a client looks for `Exceed Sending Limit`; the API has these words",
        ),
        VendorReply(
            name="rate-limited",
            when="too many messages",
            text="451 4.7.1 too many messages",
            mark=Mark.SYNTHETIC,
            source=_UNKNOWN,
        ),
        VendorReply(
            name="suspended",
            when="the account is suspended",
            text="550 5.7.1 account suspended",
            mark=Mark.SYNTHETIC,
            source=_UNKNOWN,
        ),
        VendorReply(
            name="otherwise",
            when="the API would refuse it for another reason",
            text="550 5.7.1 <message>",
            mark=Mark.INFERRED,
            source="inferred: the API's own words, in the form of the reply to other domains",
        ),
    ]
)


class SparkPostSubmission(Submission[SparkPostAccount, ApiKey]):
    """SparkPost's SMTP service."""

    vendor = VENDOR
    dialect = DIALECT
    replies = REPLIES

    def credentials(
        self, account: SparkPostAccount, given: Mapping[str, str], *, region: str
    ) -> tuple[str, str]:
        """The literal `SMTP_Injection` and the key."""
        del account, region
        return _USER, given["api_key"]

    def admit(
        self, account: SparkPostAccount, attempt: Attempt, *, region: str
    ) -> ApiKey | VendorReply:
        """The key, where it may send this way."""
        # A subaccount may stand behind the name: SMTP_Injection:X-MSYS-SUBACCOUNT=123.
        user = attempt.username.partition(":")[0]
        key = find_proven(account.keys, attempt.proves, region=region)
        if key is None or key.revoked or user != _USER or not key.may(SEND):
            return REPLIES["bad-key"]
        return key

    def recipient_refusal(
        self, account: SparkPostAccount, address: str, where: SubmissionContext[ApiKey]
    ) -> VendorReply | None:
        """What is no address."""
        del account, where
        return REPLIES["bad-recipient"] if recipient_error(_box(address)) else None

    def take(
        self, account: SparkPostAccount, message: Submitted, where: SubmissionContext[ApiKey]
    ) -> Taken[SparkPostAccount]:
        """Judge it as the API judges a transmission with a finished message, and take it."""
        options = _options(message)
        refused = options if isinstance(options, VendorReply) else _refused(account)
        if refused is not None or isinstance(options, VendorReply):
            return Taken(account=account, reply=refused or REPLIES["trouble"])
        body = {
            "recipients": [_box(address) for address in message.envelope.rcpt_tos],
            "content": {"email_rfc822": message.octets.decode("utf-8", "replace")},
            "options": options,
            "return_path": message.envelope.mail_from,
        }
        outcome = take(account, body, region=where.region, errors=None, now=where.now)
        if outcome.response.status != 200:
            return Taken(account=account, reply=_reply(outcome.response, message))
        after, mail = as_sent(account, outcome, message)
        spool, after = after.next_id(16, _HEX)
        number = int(spool[4:8], 16)
        identifier = f"{spool[:2]}/{spool[2:4]}-{number:05}-{spool[8:]}"
        return Taken(account=after, reply=REPLIES["accepted"].filled(id=identifier), accepted=mail)


def _box(address: str) -> dict[str, Any]:
    return {"address": {"email": address}}


def _options(message: Submitted) -> dict[str, Any] | VendorReply:
    """The options in X-MSYS-API, or the refusal of that header."""
    text = message.header("X-MSYS-API")
    if not text:
        return {}
    try:
        given = strict_json(text)
    except NotJsonError:
        return REPLIES["header-not-json"]
    if not isinstance(given, dict):
        return REPLIES["header-not-json"]
    for member in ("metadata", "options"):
        if not isinstance(given.get(member, {}), dict):
            return REPLIES["header-wrong-type"].filled(member=member)
    if len(str(given.get("campaign_id", "")).encode("utf-8", "replace")) > _MOST_CAMPAIGN:
        return REPLIES["campaign-too-long"]
    options: dict[str, Any] = given.get("options", {})
    return options


def _refused(account: SparkPostAccount) -> VendorReply | None:
    if account.suspended:
        return REPLIES["suspended"]
    if account.trouble is not None:
        return REPLIES["trouble"]
    if account.quota_used_up:
        return REPLIES["quota-used-up"].filled(limit=account.limit)
    return REPLIES["rate-limited"] if account.rate_limited else None


def _reply(response: Response, message: Submitted) -> VendorReply:
    if response.case in {"unverified-domain", "no-sending-domain", "no-local-part"}:
        return REPLIES["unverified-domain"].filled(domain=domain_of(message.sender))
    said = json.loads(response.body)["errors"][0]["message"]
    return REPLIES["otherwise"].filled(message=" ".join(str(said).split()))


SUBMISSION = SparkPostSubmission()
