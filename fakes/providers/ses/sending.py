"""Taking a letter: its id, what is kept of it, what the answer says."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..accepted_mail import AcceptedMail
from ..blind_copies import without_blind_copies
from ..fields import Fields
from .acceptance import CallContext, judged, template_data
from .account import SesAccount, SesMail
from .addresses import addr_spec
from .answers import Result, SesError
from .call_result import CallResult
from .calls import SesCall
from .letter import Letter, TemplateUse, read_letter
from .limits import is_simulator, spent_after

# What a UUID is made of.
HEX, DIGITS = "0123456789abcdef", 32
# The first digits say where it was sent from (ids in recorded responses and transcripts).
_ORIGINS = {"us-east-1": "0100", "eu-west-1": "0102", "eu-central-1": "0107"}
_OTHER_ORIGIN = "0101"
_BOUNCING = ("bounce", "suppressionlist")
_VARIABLE = re.compile(r"\{\{\{?\s*([\w.-]+)\s*\}?\}\}")


def send(account: SesAccount, call: SesCall, where: CallContext) -> CallResult:
    """Answer SendEmail, SendRawEmail and SendTemplatedEmail, of either version."""
    letter = read_letter(call)
    if isinstance(letter, SesError):
        return CallResult(account=account, answer=letter)
    refused = judged(account, letter, where)
    if refused is not None:
        return CallResult(account=account, answer=refused)
    identifier = message_id(where.digits, where)
    account, mail = take(account, letter, identifier, where)
    return CallResult(
        account=account, answer=Result({"MessageId": mail.provider_id}), accepted=(mail,)
    )


def take(
    account: SesAccount, letter: Letter, identifier: str, where: CallContext
) -> tuple[SesAccount, AcceptedMail]:
    """Accept a letter that was judged, under this id."""
    recipients = tuple(addr_spec(each) for each in letter.recipients)
    fields, is_complete = _filled_in(account, letter, where.region)
    mail = SesMail(
        provider_id=identifier,
        mail_from=letter.from_address,
        recipients=recipients,
        at=where.now,
        subject=fields.subject if letter.raw is None else letter.subject,
        state=_state(account, recipients) if is_complete else "rendering-failure",
        # SES takes a Bcc header out itself (nodemailer-ses-transport leaves it in for that reason).
        mime=without_blind_copies(letter.raw.octets) if letter.raw is not None else None,
        fields=None if letter.raw is not None else fields,
        dropped=tuple(each for each in recipients if is_suppressed(account, each)),
        metadata=dict(letter.tags),
        configuration_set=letter.configuration_set,
    )
    return account.keep(mail, spent=spent_after(account, recipients, where.now)), mail


def next_message_id(account: SesAccount, where: CallContext) -> tuple[str, SesAccount]:
    """A new MessageId, and the account that has given it out."""
    digits, account = account.next_id(DIGITS, HEX)
    return message_id(digits, where), account


def message_id(digits: str, where: CallContext) -> str:
    """A MessageId: the origin and the time in milliseconds, a UUID of the digits, six zeros."""
    milliseconds = max(int(where.now.timestamp() * 1000), 0)
    origin = _ORIGINS.get(where.region, _OTHER_ORIGIN)
    return f"{origin}{milliseconds:012x}-{uuid(digits)}-000000"


def uuid(digits: str) -> str:
    """Thirty-two hexadecimal digits in the form of a UUID."""
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def is_bounced(account: SesAccount, recipient: str) -> bool:
    """Whether SES gives up this recipient: suppressed, or the simulator's that bounce."""
    mailbox = recipient.lower().rpartition("@")[0].partition("+")[0]
    bounces = is_simulator(recipient) and mailbox in _BOUNCING
    return bounces or is_suppressed(account, recipient)


def is_suppressed(account: SesAccount, recipient: str) -> bool:
    """Whether the account's suppression list has this recipient."""
    wanted = recipient.lower()
    return any(each.lower() == wanted for each in (*account.suppressed, *account.complained))


def _state(account: SesAccount, recipients: tuple[str, ...]) -> str:
    return "bounced" if all(is_bounced(account, each) for each in recipients) else "queued"


def _filled_in(account: SesAccount, letter: Letter, region: str) -> tuple[Fields, bool]:
    """The fields of a letter, and whether its template found everything that it names.

    SES takes a message whose template it cannot fill, gives an id and sends nothing
    (aws/aws-sdk-js#2239, 2018-09-06).
    """
    fields = letter.fields
    if letter.template is None:
        return fields, True
    subject, text, html = _parts(account, letter.template, region)
    found = template_data(letter.template.data)
    data: dict[str, Any] = found if isinstance(found, dict) else {}
    filled = [_fill(part, data) if part is not None else None for part in (subject, text, html)]
    is_complete = all(part is None or _names(part) <= set(data) for part in (subject, text, html))
    return (
        replace(fields, subject=filled[0] or "", text=filled[1], html=filled[2]),
        is_complete,
    )


def _parts(
    account: SesAccount, use: TemplateUse, region: str
) -> tuple[str, str | None, str | None]:
    if use.content is not None:
        return use.content.get("Subject", ""), use.content.get("Text"), use.content.get("Html")
    stored = account.template(use.name, region=region)
    return (stored.subject, stored.text, stored.html) if stored is not None else ("", None, None)


def _names(part: str) -> set[str]:
    return set(_VARIABLE.findall(part))


def _fill(part: str, data: Mapping[str, Any]) -> str:
    return _VARIABLE.sub(lambda found: _as_text(data.get(found[1], "")), part)


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
