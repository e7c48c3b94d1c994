"""Whether SES takes a letter: permission, form, account, identities, limits, in this order.

That a request without permission is not looked at any further is AWS's way; the order of the rest
is inferred.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from ..strict_json import NotJsonError, strict_json
from .account import AccessKey, SesAccount, SesDomain
from .addresses import SEEN, addr_spec, fault
from .answers import SesError
from .calls import SesApi
from .filenames import unsent_filename
from .letter import Letter, decoded
from .limits import is_simulator, is_too_fast, quota_is_used_up

MOST_RECIPIENTS = 50
# SES developer guide, quotas (2022-11-02): after base64 encoding.
LARGEST = {SesApi.QUERY: 10_485_760, SesApi.REST: 41_943_040}
_MOST_HEADERS = 15
_HEADER_NAME = re.compile(r"[!-9;-@A-~]{1,126}")
_HEADER_VALUE = re.compile(r"[ -~]{1,995}")
_FAILED = "failed to satisfy constraint"
_TAG = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class CallContext:
    """Who calls what, where and when; `digits` are for the id of the one message of the call."""

    api: SesApi
    action: str
    key: AccessKey
    region: str
    now: datetime
    digits: str = ""


def judged(account: SesAccount, letter: Letter, where: CallContext) -> SesError | None:
    """The refusal that a letter meets; None where SES takes it."""
    named = (*letter.senders, *strangers(account, letter.recipients))
    return (
        missing(letter.missing)
        or may_send(account, letter, where)
        or sender_fault(letter)
        or destinations_fault(letter.recipients)
        or form_fault(letter, where.api)
        or account_fault(account)
        or configuration_fault(account, letter.configuration_set, where)
        or template_fault(account, letter, where)
        or identities_fault(account, named, where)
        or mail_from_fault(account, letter, where)
        or limits_fault(account, where.now)
    )


def missing(names: tuple[str, ...]) -> SesError | None:
    """Required parameters that are not there."""
    absent = [f"Value null at '{name}' {_FAILED}: Member must not be null" for name in names]
    return SesError("missing-parameter", {"reason": _detected(absent)}) if absent else None


def _detected(faults: list[str]) -> str:
    plural = "s" if len(faults) > 1 else ""
    return f"{len(faults)} validation error{plural} detected: {'; '.join(faults)}"


def may_send(account: SesAccount, letter: Letter, where: CallContext) -> SesError | None:
    """Whether the key's policy allows this on the identity (and, in version 2, on the set)."""
    policy = where.key.policy
    if policy is None:
        return None
    partition = partition_of(where.region)
    start = f"arn:{partition}:ses:{where.region}:{account.number}"
    sender = letter.from_address
    covering = next(account.identities_of(sender, where.region), None)
    resources = [f"{start}:identity/{covering.name if covering is not None else sender}"]
    if where.api is SesApi.REST and letter.configuration_set:
        # medplum/medplum#10102: there the configuration set is a resource of its own.
        resources.append(f"{start}:configuration-set/{letter.configuration_set}")
    refused = policy.refused_of(where.action, resources)
    if refused is None:
        return None
    user = user_arn(account, where)
    return SesError("may-not-send", {"user": user, "action": where.action, "resource": refused})


def user_arn(account: SesAccount, where: CallContext) -> str:
    """The ARN of the IAM user whose key it is."""
    return f"arn:{partition_of(where.region)}:iam::{account.number}:user/{where.key.user}"


def partition_of(region: str) -> str:
    """The partition of AWS that a region belongs to (botocore 1.44.5, endpoints)."""
    starts = {"us-gov-": "aws-us-gov", "eusc-": "aws-eusc"}
    return next((name for start, name in starts.items() if region.startswith(start)), "aws")


def sender_fault(letter: Letter) -> SesError | None:
    """What is wrong with the sender and with where replies and bounces go."""
    if letter.raw is not None and not letter.raw.mailboxes.get("from"):
        is_empty = "from" in letter.raw.mailboxes
        if is_empty or letter.source is None:
            return SesError("empty-header" if is_empty else "missing-header", {"name": "From"})
    named = (*(letter.senders or (letter.source or "",)), *letter.reply_to)
    return address_fault(named)


def destinations_fault(recipients: tuple[str, ...]) -> SesError | None:
    """What is wrong with the recipients as such."""
    wrong = address_fault(recipients)
    if wrong is None and len(recipients) > MOST_RECIPIENTS:
        return SesError("too-many-recipients")
    return wrong


def address_fault(addresses: Iterable[str]) -> SesError | None:
    """The first fault in these addresses."""
    for address in addresses:
        reason = fault(address)
        if reason is not None:
            case = "bad-address" if reason in SEEN else "odd-address"
            return SesError(case, {"reason": reason, "address": addr_spec(address)})
    return None


def form_fault(letter: Letter, api: SesApi) -> SesError | None:
    """What is wrong with the message itself."""
    return (
        _recipients_named(letter)
        or _duplicate(letter)
        or _tags(letter)
        or _headers(letter)
        or _attachments(letter)
        or _size(letter, api)
    )


def account_fault(account: SesAccount) -> SesError | None:
    """Whether the account may send at all."""
    if account.suspended:
        return SesError("suspended")
    return None if account.sending_enabled else SesError("sending-paused")


def configuration_fault(
    account: SesAccount, name: str | None, where: CallContext
) -> SesError | None:
    """Whether the configuration set is there and sends."""
    if not name:
        return None
    found = account.configuration_set(name, region=where.region)
    if found is None:
        return SesError("unknown-configuration-set", {"name": name})
    return None if found.sending_enabled else SesError("configuration-set-paused", {"name": name})


def template_fault(account: SesAccount, letter: Letter, where: CallContext) -> SesError | None:
    """Whether the template is there, and its data JSON objects."""
    use = letter.template
    if use is None:
        return None
    if use.content is None and account.template(use.name, region=where.region) is None:
        return SesError("unknown-template", {"name": use.name})
    is_good = isinstance(template_data(use.data), dict)
    return None if is_good else SesError("bad-template-data")


def template_data(text: str) -> object:
    """The decoded data of a template; None where it is no JSON."""
    try:
        return strict_json(text)
    except NotJsonError:
        return None


def identities_fault(
    account: SesAccount, addresses: Iterable[str], where: CallContext
) -> SesError | None:
    """The refusal that names those of the addresses that are not verified in this region."""
    failed = [a for a in addresses if not account.is_verified(addr_spec(a), where.region)]
    if not failed:
        return None
    names = ", ".join(dict.fromkeys(failed))
    return SesError("unverified", {"region": where.region.upper(), "identities": names})


def strangers(account: SesAccount, recipients: Iterable[str]) -> tuple[str, ...]:
    """The recipients that have to be verified, too: in the sandbox, all but the simulator's."""
    if not account.sandbox:
        return ()
    return tuple(each for each in recipients if not is_simulator(addr_spec(each)))


def mail_from_fault(account: SesAccount, letter: Letter, where: CallContext) -> SesError | None:
    """Whether the custom MAIL FROM domain of the sender's identity, if any, is set up."""
    covering = account.identities_of(letter.from_address, where.region)
    closest = next((each for each in covering if isinstance(each, SesDomain)), None)
    is_set_up = closest is None or closest.mail_from is None or closest.mail_from_verified
    return None if is_set_up else SesError("mail-from-domain")


def limits_fault(account: SesAccount, now: datetime) -> SesError | None:
    """Whether the quota and the sending rate leave anything."""
    if quota_is_used_up(account, now):
        return SesError("quota-used-up")
    return SesError("rate-limited") if is_too_fast(account, now) else None


def _recipients_named(letter: Letter) -> SesError | None:
    if letter.recipients:
        return None
    if letter.raw is None:
        return SesError("no-recipients")
    is_empty = "to" in letter.raw.mailboxes
    return SesError("empty-header" if is_empty else "missing-header", {"name": "To"})


def _duplicate(letter: Letter) -> SesError | None:
    if letter.raw is None or letter.raw.duplicate is None:
        return None
    return SesError("duplicate-header", {"name": letter.raw.duplicate})


def _tags(letter: Letter) -> SesError | None:
    for tag in letter.tags:
        for part, value in zip(("name", "value"), tag, strict=True):
            if _TAG.fullmatch(value) is None:
                return SesError("bad-tag", {"part": part, "value": value})
    return None


def _headers(letter: Letter) -> SesError | None:
    wrong = [
        f"Value '{part}' at 'headers' {_FAILED}: Member must satisfy regular expression pattern: "
        f"{pattern.pattern}"
        for pair in letter.headers
        for part, pattern in zip(pair, (_HEADER_NAME, _HEADER_VALUE), strict=True)
        if pattern.fullmatch(part) is None
    ]
    if len(letter.headers) > _MOST_HEADERS:
        most = f"Member must have length less than or equal to {_MOST_HEADERS}"
        wrong.append(f"Value at 'headers' {_FAILED}: {most}")
    return SesError("bad-header", {"reason": _detected(wrong)}) if wrong else None


def _attachments(letter: Letter) -> SesError | None:
    if any(decoded(each.encoded) is None for each in letter.attachments):
        return SesError("not-base64")
    name = unsent_filename(letter)
    return None if name is None else SesError("bad-filename", {"name": name})


def _size(letter: Letter, api: SesApi) -> SesError | None:
    if letter.raw is not None:
        length = len(letter.raw.octets)
    else:
        texts = (letter.subject, letter.text or "", letter.html or "")
        length = sum(len(text.encode("utf-8", "replace")) for text in texts)
        length += sum(len(each.encoded) for each in letter.attachments)
    most = LARGEST[api]
    if length <= most:
        return None
    return SesError("too-large", {"most": str(most), "length": str(length)})
