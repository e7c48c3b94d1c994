"""Amazon SES's SMTP service: an access key id, and a password that is derived from its secret.

What it says is in `smtp.toml`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ...marks import Mark
from ...smtp.exchange import Attempt, VendorReply
from ..submission import Submission, SubmissionContext, Submitted, Taken
from ..vendor_replies import VendorReplies
from .acceptance import CallContext, judged
from .account import AccessKey, SesAccount
from .addresses import fault
from .answers import SesError, message_of
from .calls import SesApi
from .letter import Destination, Letter
from .passwords import legacy_smtp_password, smtp_password
from .raw_message import read_raw
from .refusals import REFUSALS
from .sending import next_message_id, take
from .vendor import VENDOR

_ACTION = "ses:SendRawEmail"
REPLIES = VendorReplies(Path(__file__).with_name("smtp.toml"))


class SesSubmission(Submission[SesAccount, AccessKey]):
    """SES's SMTP service."""

    vendor = VENDOR
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
        identifier, account = next_message_id(account, context)
        account, mail = take(account, letter, identifier, context)
        reply = REPLIES["accepted"].filled(id=mail.provider_id)
        return Taken(account=account, reply=reply, accepted=(mail,))


def _refusal(refused: SesError) -> VendorReply:
    """The API's refusal as a reply: its text, where the reply has none of its own."""
    reply = REPLIES.get(refused.case)
    if reply is None:
        reply = REPLIES["otherwise"]
        if REFUSALS[refused.case].mark is Mark.SYNTHETIC:
            reply = reply.model_copy(update={"mark": Mark.SYNTHETIC})
    text = message_of(refused, is_rest=False)
    return reply.filled(message=" ".join(text.split()))


SUBMISSION = SesSubmission()
