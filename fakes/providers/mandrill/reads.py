"""What Mandrill tells afterwards. Shapes: docstrings of the vendor's client mandrill 1.0.60."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ...http.exchange import Response
from ...marks import Mark
from ..keys import Domain, find_domain
from ..refusal import JSON, Refuse
from ..rules import Outcome
from ..webhook import Happened, MailEvent, what_became_of
from .account import MandrillAccount, MandrillKey, MandrillMail
from .refusals import validation_error
from .validation import address_problem, text_of

_SOURCE = "mandrill 1.0.60, docstrings"
# The vendor's own example dates stand for what an account here has no date for.
CREATED = "2013-01-01 15:30:27"
_TESTED = "2013-01-01 15:40:42"
_VERIFIED = "2013-01-01 15:50:21"
_COUNTERS = (
    "sent", "hard_bounces", "soft_bounces", "rejects", "complaints", "unsubs", "opens",
    "unique_opens", "clicks", "unique_clicks",
)  # fmt: skip
_SPANS = {
    "last_7_days": 7, "last_30_days": 30, "last_60_days": 60, "last_90_days": 90,
}  # fmt: skip
_MOST_FOUND = 1000
_BOUNCES = frozenset(["hard_bounce@test.mandrillapp.com", "soft_bounce@test.mandrillapp.com"])

_COUNTED = {
    "complaints": MailEvent.COMPLAINED, "unsubs": MailEvent.UNSUBSCRIBED,
    "opens": MailEvent.OPENED, "clicks": MailEvent.CLICKED,
}  # fmt: skip

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class MandrillRead:
    """A call: whose, with which parameters and which key, when."""

    account: MandrillAccount
    body: Body
    key: MandrillKey
    now: datetime

    @property
    def activity(self) -> list[MandrillMail]:
        """The mail of this key's mode: a test key sees the test mail only."""
        return [mail for mail in self.account.accepted if mail.test == self.key.test]

    @property
    def shown(self) -> list[MandrillMail]:
        """That of it which has been sent."""
        return [mail for mail in self.activity if mail.shows(self.now)]


Call = Callable[[MandrillRead], Outcome[MandrillAccount]]


def told(account: MandrillAccount, found: Any) -> Outcome[MandrillAccount]:
    """An answer in JSON."""
    response = Response(
        status=200,
        body=json.dumps(found, separators=(",", ":")).encode(),
        headers=JSON,
        mark=Mark.DOCUMENTED,
        source=_SOURCE,
    )
    return Outcome(account=account, response=response)


def _ping(asked: MandrillRead) -> Outcome[MandrillAccount]:
    return told(asked.account, "PONG!")


def _ping2(asked: MandrillRead) -> Outcome[MandrillAccount]:
    return told(asked.account, {"PING": "PONG!"})


def _user(asked: MandrillRead) -> Outcome[MandrillAccount]:
    mails = asked.shown
    midnight = asked.now.replace(hour=0, minute=0, second=0, microsecond=0)
    account = asked.account
    stats = {"today": _counters(account, [mail for mail in mails if mail.at >= midnight])}
    for name, days in _SPANS.items():
        since = asked.now - timedelta(days=days)
        stats[name] = _counters(account, [mail for mail in mails if mail.at > since])
    stats["all_time"] = _counters(account, mails)
    found = {
        "username": "customer",
        "created_at": CREATED,
        "public_id": "aaabbbccc112233",
        "reputation": 0 if asked.account.suspended else 75,
        "hourly_quota": 25 if asked.account.demo else 10000,
        "backlog": sum(mail.queued_reason is not None for mail in asked.activity),
        "stats": stats,
    }
    return told(asked.account, found)


def _search(asked: MandrillRead) -> Outcome[MandrillAccount]:
    if asked.account.rate_limited:
        raise Refuse("search-limit")
    found = [
        _row(asked.account, mail)
        for mail in reversed(asked.activity)
        if mail.shows(asked.now) and _matches(mail, asked.body)
    ]
    return told(asked.account, found[: _limit(asked.body)])


def _info(asked: MandrillRead) -> Outcome[MandrillAccount]:
    wanted = text_of(asked.body.get("id"))
    for mail in asked.activity:
        if mail.shows(asked.now) and mail.provider_id == wanted:
            return told(asked.account, _row(asked.account, mail))
    raise Refuse("unknown-message", name=wanted)


def _domains(asked: MandrillRead) -> Outcome[MandrillAccount]:
    return told(asked.account, [_domain(domain) for domain in asked.account.domains])


def _domain_call(asked: MandrillRead) -> Outcome[MandrillAccount]:
    """check-domain and add-domain: both add what is not there."""
    name = text_of(asked.body.get("domain")).strip().lower()
    if address_problem(f"postmaster@{name}"):
        raise validation_error("invalid-field", ("domain",), "not a domain")
    account = asked.account
    domain = find_domain(account.domains, name, region="")
    if domain is None:
        domain = Domain(name=name, verified=False)
        account = account.model_copy(update={"domains": (*account.domains, domain)})
    return told(account, _domain(domain))


def _verify(asked: MandrillRead) -> Outcome[MandrillAccount]:
    added = _domain_call(asked)
    if added.response.status != 200:
        return added
    name = text_of(asked.body.get("domain")).strip().lower()
    domain = find_domain(added.account.domains, name, region="")
    verified = domain is not None and domain.verified
    mailbox = text_of(asked.body.get("mailbox"))
    found = {
        "status": "already_verified" if verified else "sent",
        "domain": name,
        "email": f"{mailbox}@{name}",
    }
    return told(added.account, found)


def _senders(asked: MandrillRead) -> Outcome[MandrillAccount]:
    by_sender: dict[str, list[MandrillMail]] = {}
    for mail in asked.shown:
        by_sender.setdefault(mail.mail_from, []).append(mail)
    found = [
        {
            "address": address,
            "created_at": f"{mails[0].at:%Y-%m-%d %H:%M:%S}",
            **_counters(asked.account, mails),
        }
        for address, mails in by_sender.items()
    ]
    return told(asked.account, found)


READS: Mapping[str, Call] = {
    "users/ping": _ping,
    "users/ping2": _ping2,
    "users/info": _user,
    "messages/search": _search,
    "messages/info": _info,
    "senders/domains": _domains,
    "senders/check-domain": _domain_call,
    "senders/add-domain": _domain_call,
    "senders/verify-domain": _verify,
    "senders/list": _senders,
}


def _became(account: MandrillAccount, mail: MandrillMail) -> list[Happened]:
    return what_became_of(account, mail, mail.recipients[0])


def _state(account: MandrillAccount, mail: MandrillMail) -> str:
    if not mail.counts:
        return "rejected"
    bounces = [each for each in _became(account, mail) if each.event is MailEvent.BOUNCED]
    if bounces:
        return "soft-bounced" if bounces[-1].soft else "bounced"
    return "bounced" if mail.recipients[0].lower() in _BOUNCES else "sent"


def _row(account: MandrillAccount, mail: MandrillMail) -> dict[str, Any]:
    at = int((mail.send_at if mail.state == "scheduled" and mail.send_at else mail.at).timestamp())
    state = _state(account, mail)
    events = [{"ts": at + 1, "type": "sent", "diag": "250 OK"}] if state == "sent" else []
    became = _became(account, mail)
    opens = [each for each in became if each.event is MailEvent.OPENED]
    clicks = [each for each in became if each.event is MailEvent.CLICKED]
    return {
        "ts": at,
        "_id": mail.provider_id,
        "sender": mail.mail_from,
        "template": None,
        "subject": mail.subject,
        "email": mail.recipients[0],
        "tags": list(mail.tags),
        "opens": len(opens),
        "opens_detail": [{"ts": int(each.at.timestamp())} for each in opens],
        "clicks": len(clicks),
        "clicks_detail": [{"ts": int(each.at.timestamp()), "url": each.link} for each in clicks],
        "state": state,
        "metadata": dict(mail.metadata),
        "smtp_events": events,
    }


def _counters(account: MandrillAccount, mails: list[MandrillMail]) -> dict[str, int]:
    states = [_state(account, mail) for mail in mails]
    became = [each.event for mail in mails for each in _became(account, mail)]
    counted = dict.fromkeys(_COUNTERS, 0)
    counted["sent"] = states.count("sent")
    counted["hard_bounces"] = states.count("bounced")
    counted["soft_bounces"] = states.count("soft-bounced")
    counted["rejects"] = states.count("rejected")
    for name, event in _COUNTED.items():
        counted[name] = became.count(event)
    return counted


def _matches(mail: MandrillMail, body: Body) -> bool:
    """Whether a search finds it: `field:value` and plain words; dates as days; tags; senders."""
    have = {"email": mail.recipients[0], "sender": mail.mail_from, "subject": mail.subject}
    for word in text_of(body.get("query")).lower().split():
        field, colon, value = word.partition(":")
        where = [have[field]] if colon and field in have else list(have.values())
        wanted = value if colon and field in have else word
        if wanted != "*" and not any(wanted in text.lower() for text in where):
            return False
    day = f"{mail.at:%Y-%m-%d}"
    first, last = text_of(body.get("date_from"))[:10], text_of(body.get("date_to"))[:10]
    if (first and day < first) or (last and day > last):
        return False
    senders, tags = _texts(body.get("senders")), _texts(body.get("tags"))
    return (not senders or mail.mail_from in senders) and (not tags or bool(tags & set(mail.tags)))


def _texts(value: Any) -> set[str]:
    return {text_of(one) for one in value} if isinstance(value, list) else set()


def _limit(body: Body) -> int:
    limit = body.get("limit")
    return min(limit, _MOST_FOUND) if isinstance(limit, int) and limit > 0 else 100


def _domain(domain: Domain) -> dict[str, Any]:
    proof = {
        "valid": domain.verified,
        "valid_after": _TESTED if domain.verified else None,
        "error": None,
    }
    return {
        "domain": domain.name,
        "created_at": CREATED,
        "last_tested_at": _TESTED,
        "spf": proof,
        "dkim": proof,
        "verified_at": _VERIFIED if domain.verified else None,
        "valid_signing": domain.verified,
    }
