"""Bulk sending: one template, many destinations, a status for each of them.

Statuses: botocore 1.44.5, `BulkEmailStatus` of both service models. Which faults concern the whole
request and which one entry follows the exceptions that the models list; the rest is inferred.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from ..accepted_mail import AcceptedMail
from .acceptance import (
    CallContext,
    account_fault,
    configuration_fault,
    destinations_fault,
    form_fault,
    identities_fault,
    limits_fault,
    mail_from_fault,
    may_send,
    missing,
    sender_fault,
    strangers,
    template_data,
    template_fault,
)
from .account import SesAccount
from .answers import Result, SesError, message_of
from .call_result import CallResult
from .calls import SesApi, SesCall
from .letter import (
    Letter,
    TemplateUse,
    document_destination,
    pairs_of,
    query_destination,
    query_tags,
    template_letter,
)
from .sending import next_message_id, take

_MOST_ENTRIES = 50
# The status of an entry by what is wrong with it: version 1's word, version 2's.
_STATUSES = {
    "unverified": ("MessageRejected", "MESSAGE_REJECTED"),
    "quota-used-up": ("AccountDailyQuotaExceeded", "ACCOUNT_DAILY_QUOTA_EXCEEDED"),
    "rate-limited": ("AccountThrottled", "ACCOUNT_THROTTLED"),
}
_INVALID = ("InvalidParameterValue", "INVALID_PARAMETER")
_SUCCESS = ("Success", "SUCCESS")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulk:
    """A bulk request: what all have in common, and the letter to each."""

    common: Letter
    entries: tuple[Letter, ...]


def send_bulk(account: SesAccount, call: SesCall, where: CallContext) -> CallResult:
    """Answer SendBulkTemplatedEmail and version 2's SendBulkEmail."""
    bulk = _of_query(call) if call.api is SesApi.QUERY else _of_document(call)
    refused = _judged(account, bulk, where)
    if refused is not None:
        return CallResult(account=account, answer=refused)
    results = []
    accepted: list[AcceptedMail] = []
    for letter in bulk.entries:
        wrong = _entry_judged(account, letter, where)
        if wrong is None:
            identifier, account = next_message_id(account, where)
            account, mail = take(account, letter, identifier, where)
            accepted.append(mail)
            results.append(_entry(where.api, _SUCCESS, MessageId=mail.provider_id))
        else:
            status = _STATUSES.get(wrong.case, _INVALID)
            text = message_of(wrong, is_rest=where.api is SesApi.REST)
            results.append(_entry(where.api, status, Error=text))
    name = "Status" if where.api is SesApi.QUERY else "BulkEmailEntryResults"
    return CallResult(account=account, answer=Result({name: results}), accepted=tuple(accepted))


def _judged(account: SesAccount, bulk: Bulk, where: CallContext) -> SesError | None:
    """What refuses the request as a whole."""
    return (
        missing(bulk.common.missing)
        or may_send(account, bulk.common, where)
        or sender_fault(bulk.common)
        or (SesError("too-many-entries") if len(bulk.entries) > _MOST_ENTRIES else None)
        or account_fault(account)
        or configuration_fault(account, bulk.common.configuration_set, where)
        or template_fault(account, bulk.common, where)
        or identities_fault(account, bulk.common.senders, where)
        or mail_from_fault(account, bulk.common, where)
    )


def _entry_judged(account: SesAccount, letter: Letter, where: CallContext) -> SesError | None:
    """What refuses one entry."""
    return (
        destinations_fault(letter.recipients)
        or form_fault(letter, where.api)
        or template_fault(account, letter, where)
        or identities_fault(account, strangers(account, letter.recipients), where)
        or limits_fault(account, where.now)
    )


def _entry(api: SesApi, status: tuple[str, str], **more: str) -> dict[str, str]:
    return {"Status": status[0] if api is SesApi.QUERY else status[1], **more}


def _of_query(call: SesCall) -> Bulk:
    given = call.parameters
    destinations = given.structures("Destinations")
    required = {
        "source": given.get("Source"),
        "template": given.get("Template"),
        "defaultTemplateData": given.get("DefaultTemplateData"),
        "destinations": "" if destinations else None,
    }
    default = given.get("DefaultTemplateData") or "{}"
    common = Letter(
        source=given.get("Source"),
        reply_to=given.members("ReplyToAddresses"),
        return_path=given.get("ReturnPath"),
        template=TemplateUse(name=given.get("Template") or "", data=default),
        tags=query_tags(given, "DefaultTags"),
        configuration_set=given.get("ConfigurationSetName"),
        missing=tuple(name for name, value in required.items() if value is None),
    )
    entries = tuple(
        replace(
            _with_data(common, each.get("ReplacementTemplateData")),
            destination=query_destination(each.below("Destination")),
            tags=(*common.tags, *query_tags(each, "ReplacementTags")),
        )
        for each in destinations
    )
    return Bulk(common=common, entries=entries)


def _of_document(call: SesCall) -> Bulk:
    document = call.document
    template = document.get("DefaultContent", {}).get("Template")
    common = template_letter(
        template or {},
        source=document.get("FromEmailAddress"),
        reply_to=tuple(document.get("ReplyToAddresses", ())),
        return_path=document.get("FeedbackForwardingEmailAddress"),
        tags=pairs_of(document.get("DefaultEmailTags", ())),
        configuration_set=document.get("ConfigurationSetName"),
    )
    absent = [
        path
        for path, is_absent in (
            ("defaultContent", "DefaultContent" not in document),
            ("defaultContent.template", "DefaultContent" in document and template is None),
            ("bulkEmailEntries", not document.get("BulkEmailEntries")),
        )
        if is_absent
    ]
    common = replace(common, missing=tuple(absent) or common.missing)
    entries = document.get("BulkEmailEntries", ())
    return Bulk(common=common, entries=tuple(_entry_letter(common, each) for each in entries))


def _entry_letter(common: Letter, entry: dict[str, Any]) -> Letter:
    content = entry.get("ReplacementEmailContent", {}).get("ReplacementTemplate", {})
    return replace(
        _with_data(common, content.get("ReplacementTemplateData")),
        destination=document_destination(entry.get("Destination", {})),
        tags=(*common.tags, *pairs_of(entry.get("ReplacementTags", ()))),
        headers=_replaced(common.headers, pairs_of(entry.get("ReplacementHeaders", ()))),
    )


def _replaced(
    headers: Iterable[tuple[str, str]], others: Iterable[tuple[str, str]]
) -> tuple[tuple[str, str], ...]:
    return tuple({**dict(headers), **dict(others)}.items())


def _with_data(common: Letter, replacement: str | None) -> Letter:
    """The letter with an entry's own data, put key by key over the default.

    As the second version was seen to do (aws-ses-v2-local issue 102 and pull request 103, 2026-07),
    where the developer guide speaks only of entries without data; of the first it is inferred.
    """
    if common.template is None or not replacement:
        return common
    own, default = template_data(replacement), template_data(common.template.data)
    data = replacement
    if isinstance(own, dict) and isinstance(default, dict):
        try:
            data = json.dumps(put_over(default, own))
        except RecursionError:  # nested deeper than anybody reads it
            data = replacement
    return replace(common, template=replace(common.template, data=data))


def put_over(default: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """One object over another, and likewise those within them; lists are replaced whole."""
    both = {
        name: put_over(default[name], value)
        for name, value in own.items()
        if isinstance(value, dict) and isinstance(default.get(name), dict)
    }
    return {**default, **own, **both}
