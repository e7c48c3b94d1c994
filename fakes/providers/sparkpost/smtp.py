"""SparkPost's SMTP service: the user `SMTP_Injection`, an API key with "Send via SMTP".

What it says is in `smtp.toml`.
"""

from __future__ import annotations

import json
import string
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...smtp.exchange import Attempt, VendorReply
from ..keys import ApiKey, domain_of, find_proven
from ..refusal import Refuse
from ..strict_json import NotJsonError, strict_json
from ..submission import Submission, SubmissionContext, Submitted, Taken, as_sent
from ..vendor_replies import VendorReplies
from .account import SparkPostAccount
from .refusals import REFUSALS
from .sending import take
from .validation import recipient_error
from .vendor import VENDOR

SEND = "Send via SMTP"
_USER = "SMTP_Injection"
_MOST_CAMPAIGN = 64
_HEX = string.digits + "ABCDEF"

REPLIES = VendorReplies(Path(__file__).with_name("smtp.toml"))


class SparkPostSubmission(Submission[SparkPostAccount, ApiKey]):
    """SparkPost's SMTP service."""

    vendor = VENDOR
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
        try:
            outcome = take(account, body, region=where.region, errors=None, now=where.now)
        except Refuse as reason:
            return Taken(account=account, reply=_reply(reason, message))
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


def _reply(refused: Refuse, message: Submitted) -> VendorReply:
    if refused.case in {"unverified-domain", "no-sending-domain", "no-local-part"}:
        return REPLIES["unverified-domain"].filled(domain=domain_of(message.sender))
    response = REFUSALS.told(refused)
    said = json.loads(response.body)["errors"][0]["message"]
    return REPLIES["otherwise"].filled(message=" ".join(str(said).split()))


SUBMISSION = SparkPostSubmission()
