"""Amazon SES's SMTP service: an access key id, and a password that is derived from its secret.

Sources: SES developer guide (awsdocs/amazon-ses-developer-guide, 2023-06: smtp-credentials,
smtp-response-codes); sessions quoted in public captures and issue threads ("seen").
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ...marks import Mark
from ...smtp.exchange import ASIDES, Attempt, Dialect, VendorReply, by_name
from ..submission import Submission, SubmissionContext, Submitted, Taken
from .acceptance import CallContext, judged
from .account import AccessKey, SesAccount
from .addresses import fault
from .answers import SesError, message_of
from .calls import SesApi
from .letter import Destination, Letter
from .passwords import legacy_smtp_password, smtp_password
from .raw_message import read_raw
from .refusals import REFUSALS
from .sending import take
from .vendor import VENDOR

_GUIDE = "SES developer guide, smtp-response-codes (2023-06)"
_ACTION = "ses:SendRawEmail"
_LINES = ("email-smtp.amazonaws.com", "8BITMIME", "STARTTLS", "AUTH PLAIN LOGIN", "Ok")

DIALECT = Dialect(
    source="several public captures, the newest preferred; older ones have SIZE 10485760, too",
    greeting="email-smtp.amazonaws.com ESMTP SimpleEmailService-d-GI38EMLB2 hkD7YwduxMJw9KrXpof7",
    clear=_LINES,
    secure=tuple(line for line in _LINES if line != "STARTTLS"),
    starttls="220 Ready to start TLS",
    authenticated="235 Authentication successful.",
    sender="250 Ok",
    recipient="250 Ok",
    go_ahead="354 End data with <CR><LF>.<CR><LF>",
    bye="221 Bye",
    done="250 Ok",  # synthetic: RSET is in no session
    # SES developer guide; Billionmail/BillionMail#156 (2025)
    unauthenticated=("MAIL", "530 Authentication required"),
    too_large="552 Message is too long.",  # SES developer guide
    size=41_943_040,  # SES developer guide, quotas: 40 MB, advertised in no capture
    tls="required",
    asides={
        **ASIDES,
        "challenge": VendorReply(
            name="challenge",
            when="AUTH PLAIN without an initial response",
            text="334 Ok",
            mark=Mark.SEEN,
            source="a session quoted in public",
        ),
    },
)

REPLIES = by_name(
    [
        VendorReply(
            name="accepted",
            when="the message is taken; the id is the MessageId",
            text="250 Ok <id>",
            mark=Mark.SEEN,
            source="several public captures",
        ),
        VendorReply(
            name="bad-credentials",
            when="no such key, another region's password, the secret itself in place of it, or "
            "temporary credentials",
            text="535 Authentication Credentials Invalid",
            mark=Mark.DOCUMENTED,
            source=_GUIDE,
        ),
        VendorReply(
            name="not-subscribed",
            when="the account has not signed up for SES",
            text="535 Account not subscribed to SES",
            mark=Mark.DOCUMENTED,
            source=_GUIDE,
        ),
        VendorReply(
            name="bad-sender",
            when="the envelope sender is empty or no address; the reply to MAIL",
            text="501 Invalid MAIL FROM address provided",
            mark=Mark.SEEN,
            source="docker-mailserver/docker-mailserver#2403, jstedfast/MailKit#955, "
            "databasus/databasus#62",
        ),
        VendorReply(
            name="bad-recipient",
            when="the recipient is no address; the reply to RCPT",
            text="553 <address> Invalid email address",
            mark=Mark.DOCUMENTED,
            source=_GUIDE,
        ),
        VendorReply(
            name="may-not-send",
            when="the user's policy has no ses:SendRawEmail for the identity",
            text="554 Access denied: <message>",
            mark=Mark.SEEN,
            source="ministryofjustice/cloud-platform-environments#3401, "
            "cloudposse/terraform-aws-ses#40",
        ),
        VendorReply(
            name="unverified",
            when="the sender, or a recipient while in the sandbox, is not verified in this region",
            text="554 Message rejected: <message>",
            mark=Mark.SEEN,
            source=f"{_GUIDE}; issue threads",
        ),
        VendorReply(
            name="suspended",
            when="SES has stopped the account",
            text="554 Message rejected: <message>",
            mark=Mark.INFERRED,
            source="inferred from the text that the API has",
        ),
        VendorReply(
            name="mail-from-domain",
            when="the custom MAIL FROM domain is not set up",
            text="554 MAIL FROM domain not verified: DNS setup for MAIL FROM domain is invalid.",
            mark=Mark.DOCUMENTED,
            source=_GUIDE,
        ),
        VendorReply(
            name="bad-address",
            when="an address in the message is none",
            text="554 Transaction failed: <message>",
            mark=Mark.SEEN,
            source="seen with the text Missing final '@domain'",
        ),
        VendorReply(
            name="rate-limited",
            when="the sending rate is exceeded",
            text="454 Throttling failure: Maximum sending rate exceeded",
            mark=Mark.DOCUMENTED,
            source=f"{_GUIDE}; issue threads",
        ),
        VendorReply(
            name="quota-used-up",
            when="the daily quota is used up",
            text="454 Throttling failure: Daily message quota exceeded",
            mark=Mark.DOCUMENTED,
            source=_GUIDE,
        ),
        VendorReply(
            name="too-large",
            when="the message is longer than 40 MB",
            text=DIALECT.too_large,
            mark=Mark.DOCUMENTED,
            source=_GUIDE,
        ),
        VendorReply(
            name="otherwise",
            when="the API would refuse it for another reason",
            text="554 Transaction failed: <message>",
            mark=Mark.INFERRED,
            source="inferred: the API's own words, in the form of the reply to bad addresses",
        ),
    ]
)


class SesSubmission(Submission[SesAccount, AccessKey]):
    """SES's SMTP service."""

    vendor = VENDOR
    dialect = DIALECT
    replies = REPLIES

    def credentials(
        self, account: SesAccount, given: Mapping[str, str], *, region: str
    ) -> tuple[str, str]:
        """The access key id, and the password of this region."""
        del account
        return given["access_key_id"], smtp_password(given["secret_access_key"], region)

    def admit(
        self, account: SesAccount, attempt: Attempt, *, region: str
    ) -> AccessKey | VendorReply:
        """The key whose secret the password is made of, now or in the old way."""
        for key in account.keys:
            secret = key.secret_access_key
            if secret is None or not key.is_meant(attempt.username, None):
                continue
            passwords = (smtp_password(secret, region), legacy_smtp_password(secret))
            if any(attempt.proves(password) for password in passwords):
                return key if account.subscribed else REPLIES["not-subscribed"]
        return REPLIES["bad-credentials"]

    def sender_refusal(
        self, account: SesAccount, address: str, where: SubmissionContext[AccessKey]
    ) -> VendorReply | None:
        """The null sender, and what is no address: an access key id, a bare name."""
        del account, where
        return None if address and fault(address) is None else REPLIES["bad-sender"]

    def recipient_refusal(
        self, account: SesAccount, address: str, where: SubmissionContext[AccessKey]
    ) -> VendorReply | None:
        """What is no address."""
        del account, where
        if fault(address) is None:
            return None
        return REPLIES["bad-recipient"].filled(address=address)

    def take(
        self, account: SesAccount, message: Submitted, where: SubmissionContext[AccessKey]
    ) -> Taken[SesAccount]:
        """Judge it as the API judges SendRawEmail, and take it."""
        raw = read_raw(message.octets)
        letter = Letter(
            source=message.envelope.mail_from or None,
            destination=Destination(to=message.envelope.rcpt_tos),
            subject=raw.subject,
            raw=raw,
            configuration_set=message.header("X-SES-CONFIGURATION-SET") or None,
        )
        context = CallContext(
            # The quota of the message's size is that of version 2.
            api=SesApi.REST,
            action=_ACTION,
            key=where.who,
            region=where.region,
            now=where.now,
        )
        refused = judged(account, letter, context)
        if refused is not None:
            return Taken(account=account, reply=_refusal(refused))
        account, mail = take(account, letter, context)
        reply = REPLIES["accepted"].filled(id=mail.provider_id)
        return Taken(account=account, reply=reply, accepted=(mail,))


def _refusal(refused: SesError) -> VendorReply:
    """The API's refusal as a reply: its text, where the reply has none of its own."""
    reply = REPLIES.get(refused.case)
    if reply is None:
        reply = REPLIES["otherwise"]
        if REFUSALS[refused.case].mark is Mark.SYNTHETIC:
            reply = replace(reply, mark=Mark.SYNTHETIC)
    text = message_of(refused, is_rest=False)
    return reply.filled(message=" ".join(text.split()))


SUBMISSION = SesSubmission()
