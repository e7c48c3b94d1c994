"""Mailgun's SMTP service: a domain's own users and passwords, which are no API keys.

Sources: mailgun/documentation (2024-07) for ports and credentials; sessions and replies quoted in
public issue threads and files ("seen"). What is temporary by its code (421) is permanent.
"""

from __future__ import annotations

import json
import string
from collections.abc import Mapping

from ...http.exchange import Response
from ...marks import Mark
from ...smtp.exchange import Attempt, Dialect, Envelope, VendorReply, by_name
from ..rules import Token
from ..submission import Submission, SubmissionContext, Submitted, Taken
from .account import MailgunAccount, MailgunDomain
from .form import Form, FormPart
from .rules import not_allowed_now, unauthorized_recipient
from .sending import take
from .validation import is_address
from .vendor import VENDOR

_POSTMASTER = "postmaster"
_PASSWORD = string.ascii_letters + string.digits
_UNKNOWN = "Mailgun's own reply is not known"
_LINES = (
    "4e119dd77b0c", "AUTH PLAIN LOGIN", "SIZE 52428800", "8BITMIME", "SMTPUTF8", "PIPELINING",
    "STARTTLS",
)  # fmt: skip

DIALECT = Dialect(
    source="smtp-cli issue 26, and other sessions quoted in public; the name is a container's id",
    greeting="Mailgun Influx ready",
    clear=_LINES,
    secure=tuple(line for line in _LINES if line != "STARTTLS"),
    starttls="220 Go ahead",  # seen in a session quoted in public
    authenticated="235 Authentication successful",  # synthetic: it is in no session
    sender="250 Sender address accepted",
    recipient="250 Recipient address accepted",
    go_ahead="354 Continue",
    bye="221 See you later. Yours truly, Mailgun",
    done="250 Ok",  # synthetic: RSET is in no session
    unauthenticated=("RCPT", "550 5.7.1 Relaying denied"),  # seen
    too_large="552 message exceeds the size limit",  # synthetic: only the limit is known
    size=52_428_800,
    smtputf8=True,
)

REPLIES = by_name(
    [
        VendorReply(
            name="accepted",
            when="the message is taken; its id is not said",
            text="250 Great success",
            mark=Mark.SEEN,
            source="smtp-cli issue 26, and other sessions quoted in public",
        ),
        VendorReply(
            name="bad-credentials",
            when="no such user of a domain in this region, or another password",
            text="535 Authentication failed",
            mark=Mark.SEEN,
            source="ToolJet/ToolJet#5742 (2023); before that `535 5.7.0 Mailgun is not loving your "
            "login or password`",
        ),
        VendorReply(
            name="bad-recipient",
            when="the recipient is no address; the reply to RCPT",
            text="501 cannot parse to address",
            mark=Mark.INFERRED,
            source="the text was seen, its code was not",
        ),
        VendorReply(
            name="bad-sender",
            when="From is missing or no address: in reply to the message",
            text="501 cannot parse from address",
            mark=Mark.INFERRED,
            source="the text was seen, its code and its moment were not",
        ),
        VendorReply(
            name="not-allowed",
            when="a sandbox domain, or a free account, and a recipient who is not authorized; an "
            "account that was never activated: in reply to DATA",
            text="421 <reason>",
            mark=Mark.SEEN,
            source="Monstarrrr/rebutify#162 (2024); replies quoted in public files",
        ),
        VendorReply(
            name="not-allowed-otherwise",
            when="the domain may not send for another reason: in reply to DATA",
            text="421 <reason>",
            mark=Mark.INFERRED,
            source="inferred: the form of the reply for sandbox domains, the API's own reasons",
        ),
        VendorReply(
            name="probation",
            when="the account is on probation and sends too fast: in reply to DATA",
            text="554 Your account is on probation and domains are limited to 100 messages / hour. "
            "Account will be enabled in 341 seconds",
            mark=Mark.SEEN,
            source="pivorakmeetup/pivorak-web-app#711 (2019)",
        ),
        VendorReply(
            name="trouble",
            when="Mailgun has a fault of its own: in reply to DATA",
            text="451 temporary failure",
            mark=Mark.SYNTHETIC,
            source=_UNKNOWN,
        ),
    ]
)
_SEEN = frozenset(["sandbox-recipient", "not-activated"])


class MailgunSubmission(Submission[MailgunAccount, MailgunDomain]):
    """Mailgun's SMTP service."""

    vendor = VENDOR
    dialect = DIALECT
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
