"""SparkPost's suppression list: entries that hold for one kind of mail each.

Source: developers.sparkpost.com, content/api/suppression-list.apib (2026-06). That `transactional`
and `non_transactional` are still taken in place of `type` is inferred: they are deprecated. The
account's `suppressed` are entries of both kinds, of which the first is shown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from ..keys import domain_of
from ..refusal import Refuse
from ..rules import Outcome
from ..suppression import released
from .account import KINDS, SparkPostAccount, SparkPostSuppression
from .call import SparkPostCall, SparkPostEndpoint, stamp, told, whole
from .validation import is_address

GRANT = "Suppression Lists: Read/Write"
_COMPLIANCE = "Compliance"
_SOURCES = (
    "compliance", "manually_added", "unsubscribe_link", "bounce_rule", "list_unsubscribe",
    "spam_complaint",
)  # fmt: skip
_MOST = 10_000
Answer = Outcome[SparkPostAccount]


def _entries(call: SparkPostCall) -> Iterator[SparkPostSuppression]:
    account = call.account
    yield from (SparkPostSuppression(recipient=address) for address in account.suppressed)
    yield from account.suppressions


def _row(call: SparkPostCall, entry: SparkPostSuppression) -> dict[str, Any]:
    at = stamp(call.now)
    return {
        "recipient": entry.recipient.lower(),
        "type": entry.type,
        "source": entry.source,
        "description": entry.description,
        **({"list_id": entry.list_id} if entry.list_id else {}),
        "created": at,
        "updated": at,
        entry.type: True,
    }


def _one(call: SparkPostCall) -> Answer:
    types = _words(call, "types")
    wanted = call.named[0].lower()
    rows = [
        _row(call, entry)
        for entry in _entries(call)
        if entry.recipient.lower() == wanted and (not types or entry.type in types)
    ]
    if not rows:
        raise Refuse("unknown-recipient")
    return _told(call, told(rows, links=[], total_count=len(rows)))


def _searched(call: SparkPostCall) -> Answer:
    rows = [_row(call, entry) for entry in _entries(call) if _matches(call, entry)]
    size = call.request.query.get("per_page", "1000")
    if not size.isdecimal() or not 1 <= int(size) <= _MOST:
        raise Refuse("bad-params", param="per_page")
    return _told(call, told(rows[: int(size)], links=[], total_count=len(rows)))


def _matches(call: SparkPostCall, entry: SparkPostSuppression) -> bool:
    query = call.request.query
    sources, types, domain = _words(call, "sources"), _words(call, "types"), query.get("domain")
    wanted = query.get("description", "")
    described = (
        wanted == entry.description
        if query.get("description_strict") == "true"
        else wanted in entry.description
    )
    return (
        (not sources or entry.source in sources)
        and (not types or entry.type in types)
        and (not domain or domain_of(entry.recipient) == domain.lower())
        and ("list_id" not in query or query["list_id"] == (entry.list_id or ""))
        and described
    )


def _words(call: SparkPostCall, name: str) -> list[str]:
    return [word for word in call.request.query.get(name, "").split(",") if word]


def _summary(call: SparkPostCall) -> Answer:
    counted = Counter(entry.source.lower().replace(" ", "_") for entry in _entries(call))
    found = {name: counted[name] for name in _SOURCES}
    return _told(call, told({**found, "total": counted.total()}))


def _put_one(call: SparkPostCall) -> Answer:
    body = call.body()
    kinds = _kinds(body)
    if not kinds:
        known = body.get("type") is not None
        raise Refuse("bad-suppression-type" if known else "no-suppression-type")
    if not is_address(call.named[0]):
        raise Refuse("bad-suppressions", number="1", recipients=call.named[0])
    account = _with(call.account, call.named[0], kinds, body)
    words = {"message": "Suppression list successfully updated"}
    return Outcome(account=account, response=told(words))


def _put_many(call: SparkPostCall) -> Answer:
    given = call.body().get("recipients")
    if not isinstance(given, list):
        raise Refuse("missing-part", description="recipients is required")
    wrong = [_recipient(item) for item in given if not _is_sound(item)]
    if wrong or len(given) > _MOST:
        raise Refuse("bad-suppressions", number=str(len(wrong)), recipients=", ".join(wrong))
    account = call.account
    for item in given:
        account = _with(account, _recipient(item), _kinds(item), item)
    words = {"message": "Suppression List successfully updated"}
    return Outcome(account=account, response=told(words))


def _is_sound(item: Any) -> bool:
    return isinstance(item, dict) and bool(_kinds(item)) and is_address(_recipient(item))


def _recipient(item: Any) -> str:
    """Clients of before 2017 call it `email`."""
    found = item.get("recipient", item.get("email")) if isinstance(item, dict) else item
    return found if isinstance(found, str) else ""


def _kinds(item: dict[str, Any]) -> list[str]:
    return [kind for kind in KINDS if item.get("type") == kind or item.get(kind) is True]


def _with(
    account: SparkPostAccount, recipient: str, kinds: list[str], item: dict[str, Any]
) -> SparkPostAccount:
    """The account with an entry of each kind; one of the vendor's own is not touched."""
    texts = {name: text for name in ("description", "list_id") if (text := item.get(name))}
    made = [
        SparkPostSuppression(recipient=recipient, **{"type": kind, **_strings(texts)})
        for kind in kinds
    ]
    new = {_name(each) for each in made}
    kept = [each for each in account.suppressions if _name(each) not in new or _is_fixed(each)]
    fixed = {_name(each) for each in kept}
    added = [each for each in made if _name(each) not in fixed]
    return account.model_copy(update={"suppressions": (*kept, *added)})


def _strings(texts: dict[str, Any]) -> dict[str, Any]:
    return {name: str(text) for name, text in texts.items()}


def _name(entry: SparkPostSuppression) -> tuple[str, str, str | None]:
    return entry.recipient.lower(), entry.type, entry.list_id


def _is_fixed(entry: SparkPostSuppression) -> bool:
    return entry.source == _COMPLIANCE


def _deleted(call: SparkPostCall) -> Answer:
    """The entries of a recipient, or those of a kind or of a list."""
    wanted, kind = call.named[0].lower(), call.body().get("type")
    query = call.request.query
    chosen = [
        entry
        for entry in _entries(call)
        if entry.recipient.lower() == wanted
        and (kind is None or entry.type == kind)
        and ("list_id" not in query or query["list_id"] == (entry.list_id or ""))
    ]
    if not chosen:
        raise Refuse("unknown-recipient")
    if any(map(_is_fixed, chosen)):
        raise Refuse("compliance-suppression")
    account = released(call.account, [wanted], "suppressed")
    kept = tuple(each for each in account.suppressions if each not in chosen)
    account = account.model_copy(update={"suppressions": kept})
    return Outcome(account=account, response=whole(None))


def _told(call: SparkPostCall, response: Any) -> Answer:
    return Outcome(account=call.account, response=response)


SUPPRESSIONS: tuple[SparkPostEndpoint, ...] = (
    SparkPostEndpoint.of("GET", "/suppression-list", None, _searched),
    SparkPostEndpoint.of("GET", "/suppression-list/summary", None, _summary),
    SparkPostEndpoint.of("GET", "/suppression-list/([^/]+)", None, _one),
    SparkPostEndpoint.of("PUT", "/suppression-list", GRANT, _put_many),
    SparkPostEndpoint.of("PUT", "/suppression-list/([^/]+)", GRANT, _put_one),
    SparkPostEndpoint.of("DELETE", "/suppression-list/([^/]+)", GRANT, _deleted),
)
