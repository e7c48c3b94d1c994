"""What Mailgun changes: lists of suppressions, and the queue of what is scheduled.

Shapes: Mailgun's OpenAPI 3.1 document (2026) and mailgun/documentation, source/api-suppressions.rst
(2024-07); where they differ about one address that was taken off, the words are those of the
latter. Suppressions are a domain's at Mailgun, and the account's here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from urllib.parse import unquote

from ...http.exchange import Response
from ...marks import Mark
from ..calls import not_modelled
from ..refusal import Refuse
from ..rules import Outcome
from ..scheduling import rewritten, waits
from ..strict_json import NotJsonError, strict_json
from ..suppression import listed, on_list, released, suppressing
from .account import MailgunAccount, MailgunDomain
from .event_data import LISTS
from .events import MailgunQuestion, mail_of
from .form import parsed
from .refusals import JSON_UTF8
from .validation import is_address

_SOURCE = "Mailgun's OpenAPI 3.1 document (2026); mailgun/documentation (2024-07)"
_MOST = 1000
Answer = Outcome[MailgunAccount]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    """What is said of a list, and the refusal where an address is not on it."""

    one_added: str
    more_added: str
    removed: str
    cleared: str
    absent: Callable[[], Refuse]


_WORDS: Mapping[str, _Words] = MappingProxyType(
    {
        "bounces": _Words(
            one_added="Address has been added to the bounces table",
            more_added="{} addresses have been added to the bounces table",
            removed="Bounced address has been removed",
            cleared="Bounced addresses for this domain have been removed",
            absent=lambda: Refuse("not-stored", what="Address", where=" in bounces table"),
        ),
        "unsubscribes": _Words(
            one_added="Address has been added to the unsubscribes table",
            more_added="{} addresses have been added to the unsubscribes table",
            removed="Unsubscribe event has been removed",
            cleared="Unsubscribe addresses for this domain have been removed",
            absent=lambda: Refuse("no-unsubscribe"),
        ),
        "complaints": _Words(
            one_added="Address has been added to the complaints table",
            more_added="{} complaint addresses have been added to the complaints table",
            removed="Spam complaint has been removed",
            cleared="Complaint addresses for this domain have been removed",
            absent=lambda: Refuse("no-complaint"),
        ),
    }
)


def _told(message: str, **more: Any) -> Response:
    body = {"message": message, **more}
    return Response(
        status=200,
        body=json.dumps(body, separators=(",", ":")).encode(),
        headers=JSON_UTF8,
        mark=Mark.DOCUMENTED,
        source=_SOURCE,
    )


def _added(asked: MailgunQuestion, kind: str) -> Answer:
    """One address in a form, or up to a thousand records in JSON."""
    account, words = asked.account, _WORDS[kind]
    if asked.request.content_type != "application/json":
        form = parsed(asked.request)
        address, tags = form.get("address") or "", form.all("tag")
        _check_addresses([address])
        response = _told(words.one_added, address=address)
    else:
        records = _records(asked)
        address, tags = "", [tag for each in records for tag in _tags(each)]
        addresses = [str(each.get("address") or "") for each in records]
        _check_addresses(addresses)
        response = _told(words.more_added.format(len(records)))
    if set(tags) - {"*"}:
        response = not_modelled(f"POST /v3/*/{kind} with a tag")
        return Outcome(account=account, response=response)
    account = suppressing(account, *([address] if address else addresses), on=LISTS[kind][0])
    return Outcome(account=account, response=response)


def _records(asked: MailgunQuestion) -> list[dict[str, Any]]:
    try:
        records = strict_json(asked.request.body)
    except NotJsonError:
        records = None
    if not isinstance(records, list) or not all(isinstance(each, dict) for each in records):
        raise Refuse("bad-records")
    if len(records) > _MOST:
        raise Refuse("batch-size")
    return records


def _tags(record: Mapping[str, Any]) -> list[Any]:
    given = record.get("tags", record.get("tag"))
    return given if isinstance(given, list) else [given] if given else []


def _check_addresses(addresses: Sequence[str]) -> None:
    for address in addresses:
        if not address:
            raise Refuse("missing", name="address")
        if not is_address(address):
            raise Refuse("bad-address", name="address")


def _removed(asked: MailgunQuestion, kind: str, address: str) -> Answer:
    name = LISTS[kind][0]
    if listed(asked.account, address, name) is None:
        raise _WORDS[kind].absent()
    account = released(asked.account, [address], name)
    return Outcome(account=account, response=_told(_WORDS[kind].removed, address=address))


def _cleared(asked: MailgunQuestion, kind: str) -> Answer:
    name = LISTS[kind][0]
    account = released(asked.account, on_list(asked.account, name), name)
    return Outcome(account=account, response=_told(_WORDS[kind].cleared))


def _emptied(asked: MailgunQuestion, domain: MailgunDomain) -> Answer:
    """The queue of a domain: what is scheduled in it is not sent any more."""
    here = {id(mail) for mail in mail_of(asked.account, domain)}
    account, changed = rewritten(
        asked.account, lambda mail: id(mail) in here and waits(mail, asked.now), cancelled=True
    )
    return Outcome(account=account, response=_told("done"), changed=changed)


_ONE = re.compile(r"/v3/([^/]+)/(bounces|unsubscribes|complaints)/([^/]+)/?\Z")
_ALL = re.compile(r"/v3/([^/]+)/(bounces|unsubscribes|complaints)/?\Z")
_QUEUE = re.compile(r"/v3/([^/]+)/envelopes/?\Z")
_Write = Callable[[MailgunQuestion, MailgunDomain, Sequence[str]], Answer]
_WRITES: tuple[tuple[str, re.Pattern[str], _Write], ...] = (
    ("DELETE", _QUEUE, lambda asked, domain, _: _emptied(asked, domain)),
    ("POST", _ALL, lambda asked, _, named: _added(asked, named[1])),
    ("DELETE", _ALL, lambda asked, _, named: _cleared(asked, named[1])),
    ("DELETE", _ONE, lambda asked, _, named: _removed(asked, named[1], unquote(named[2]))),
)


def written(asked: MailgunQuestion, path: str) -> Answer | None:
    """What comes of a request that changes something; None for any other.

    Raises:
        Refuse: nothing comes of it.
    """
    for method, pattern, write in _WRITES:
        found = pattern.match(path)
        if found and asked.request.method == method:
            if asked.account.rate_limited:
                raise Refuse("rate-limited")
            domain = asked.account.domain(found[1], region=asked.region)
            if domain is None:
                raise Refuse("no-such-domain")
            return write(asked, domain, found.groups())
    return None
