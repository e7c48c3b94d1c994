"""Mailgun's SMTP service: a domain's own users and passwords, which are no API keys.

What it says is in `smtp.toml`.
"""

from __future__ import annotations

import json
import string
from collections.abc import Mapping
from pathlib import Path

from ...http.exchange import Response
from ...smtp.exchange import Attempt, Envelope, VendorReply
from ..rules import Token
from ..submission import Submission, SubmissionContext, Submitted, Taken
from ..vendor_replies import VendorReplies
from .account import MailgunAccount, MailgunDomain
from .form import Form, FormPart
from .rules import not_allowed_now, unauthorized_recipient
from .sending import take
from .validation import is_address
from .vendor import VENDOR

_POSTMASTER = "postmaster"
_PASSWORD = string.ascii_letters + string.digits
REPLIES = VendorReplies(Path(__file__).with_name("smtp.toml"))
_SEEN = frozenset(["sandbox-recipient", "not-activated"])


class MailgunSubmission(Submission[MailgunAccount, MailgunDomain]):
    """Mailgun's SMTP service."""

    vendor = VENDOR
    replies = REPLIES

    def furnished(self, account: MailgunAccount, token: Token) -> MailgunAccount:
        """The account with a password for each domain that has none."""
        domains = tuple(
            each
            if each.smtp_password is not None
            else each.model_copy(update={"smtp_password": token(32, _PASSWORD)})
            for each in account.domains
        )
        return account.model_copy(update={"domains": domains})

    def credentials(
        self, account: MailgunAccount, given: Mapping[str, str], *, region: str
    ) -> tuple[str, str]:
        """The postmaster of the first domain in this region; nobody where there is none."""
        del given
        for domain in account.domains:
            if domain.region in {None, region}:
                return f"{_POSTMASTER}@{domain.name}", domain.smtp_password or ""
        return _POSTMASTER, ""

    def admit(
        self, account: MailgunAccount, attempt: Attempt, *, region: str
    ) -> MailgunDomain | VendorReply:
        """The domain whose user it is."""
        user, _, name = attempt.username.rpartition("@")
        domain = account.domain(name, region=region)
        if domain is None:
            return REPLIES["bad-credentials"]
        users = {_POSTMASTER: domain.smtp_password, **domain.smtp_users}
        password = users.get(user.lower())
        if password is None or not attempt.proves(password):
            return REPLIES["bad-credentials"]
        return domain

    def recipient_refusal(
        self, account: MailgunAccount, address: str, where: SubmissionContext[MailgunDomain]
    ) -> VendorReply | None:
        """What is no address."""
        del account, where
        return None if is_address(address) else REPLIES["bad-recipient"]

    def data_refusal(
        self, account: MailgunAccount, envelope: Envelope, where: SubmissionContext[MailgunDomain]
    ) -> VendorReply | None:
        """Why the domain may not send, as the account is now."""
        if account.out_of_order:
            return REPLIES["trouble"]
        domain = account.domain(where.who.name, region=where.region) or where.who
        refused = not_allowed_now(account, domain, where.now)
        if refused is None:
            refused = unauthorized_recipient(account, domain, envelope.rcpt_tos)
        return _reply(refused) if refused is not None else None

    def take(
        self, account: MailgunAccount, message: Submitted, where: SubmissionContext[MailgunDomain]
    ) -> Taken[MailgunAccount]:
        """Take it as the API takes a finished message."""
        if not is_address(message.sender):
            return Taken(account=account, reply=REPLIES["bad-sender"])
        to = [
            FormPart(name="to", value=address.encode("utf-8", "replace"))
            for address in message.envelope.rcpt_tos
        ]
        drop = message.header("X-Mailgun-Drop-Message").encode("utf-8", "replace")
        finished = FormPart(name="message", value=message.octets, filename="message.mime")
        form = Form((*to, finished, FormPart(name="o:testmode", value=drop)))
        outcome = take(account, where.who, form, is_mime=True, now=where.now)
        return Taken(account=outcome.account, reply=REPLIES["accepted"], accepted=outcome.accepted)


def _reply(response: Response) -> VendorReply:
    """The API's reason behind 421; probation has words of its own."""
    if response.case == "probation":
        return REPLIES["probation"]
    name = "not-allowed" if response.case in _SEEN else "not-allowed-otherwise"
    return REPLIES[name].filled(reason=str(json.loads(response.body)["message"]))


SUBMISSION = MailgunSubmission()
