"""Transmissions that are still to come, or came of a time that was set: read, and deleted.

Sources: developers.sparkpost.com, content/api/transmissions.apib (2026-06); the list of them was in
that file until 2018. What is deleted by its id is never generated; what is deleted by its campaign
bounces, and an event tells of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from ...marks import Mark
from ..refusal import Refuse
from ..rules import Outcome
from ..scheduling import rewritten, waits
from .account import CAMPAIGN_CANCELLED, SEND, SparkPostAccount, SparkPostMail
from .call import SparkPostCall, SparkPostEndpoint, stamp, told, whole

_WINDOW = timedelta(seconds=660)
Answer = Outcome[SparkPostAccount]


def _listed(call: SparkPostCall) -> Answer:
    waiting = [mail for mail in call.account.accepted if waits(mail, call.now)]
    rows = {mail.provider_id: _short(mail, call.now) for mail in waiting}
    return _told(call, told(list(rows.values()), mark=Mark.INFERRED))


def _one(call: SparkPostCall) -> Answer:
    mails = [mail for mail in _of(call) if mail.send_at is not None and not mail.cancelled]
    if not mails:
        raise _unknown(call)
    number = sum(len(mail.recipients) for mail in mails)
    started = not waits(mails[0], call.now)
    times = {}
    if started and mails[0].send_at is not None:
        at = stamp(mails[0].send_at)
        times = {"generation_start_time": at, "generation_end_time": at}
    found = {
        **_short(mails[0], call.now),
        "rcpt_list_chunk_size": 100,
        "rcpt_list_total_chunks": 1,
        "num_rcpts": number,
        "num_generated": number if started else 0,
        "num_failed_gen": 0,
        **times,
        "substitution_data": "",
        "metadata": dict(mails[0].metadata),
        "options": {"open_tracking": "", "click_tracking": ""},
    }
    return _told(call, told({"transmission": found}))


def _short(mail: SparkPostMail, now: datetime) -> Mapping[str, Any]:
    content = {"template_id": mail.template or "inline"}
    return {
        "id": mail.provider_id,
        "description": "",
        "state": "submitted" if waits(mail, now) else "Success",
        "campaign_id": mail.campaign,
        "content": {**content, "use_draft_template": False},
    }


def _deleted(call: SparkPostCall) -> Answer:
    mails = [mail for mail in _of(call) if not mail.cancelled]
    if not mails:
        raise _unknown(call)
    if not waits(mails[0], call.now):
        raise Refuse("transmission-in-progress", state="Success")
    if not waits(mails[0], call.now + _WINDOW):
        raise Refuse("too-close-to-generation")
    return _called_off(call, lambda mail: mail.provider_id == call.named[0], state="deleted")


def _campaign_deleted(call: SparkPostCall) -> Answer:
    campaign = call.request.query.get("campaign_id")
    if not campaign:
        raise Refuse("no-campaign")

    def wanted(mail: SparkPostMail) -> bool:
        return mail.campaign == campaign and waits(mail, call.now)

    return _called_off(call, wanted, state=CAMPAIGN_CANCELLED)


def _called_off(
    call: SparkPostCall, wanted: Callable[[SparkPostMail], bool], *, state: str
) -> Answer:
    account, changed = rewritten(call.account, wanted, cancelled=True, state=state)
    return Outcome(account=account, response=whole(None), changed=changed)


def _of(call: SparkPostCall) -> list[SparkPostMail]:
    """The messages of the transmission that the path names."""
    return [mail for mail in call.account.accepted if mail.provider_id == call.named[0]]


def _unknown(call: SparkPostCall) -> Refuse:
    return Refuse("unknown-resource", resource=f"transmission id {call.named[0]}")


def _told(call: SparkPostCall, response: Any) -> Answer:
    return Outcome(account=call.account, response=response)


TRANSMISSIONS: tuple[SparkPostEndpoint, ...] = (
    SparkPostEndpoint.of("GET", "/transmissions", None, _listed),
    SparkPostEndpoint.of("GET", "/transmissions/([^/]+)", None, _one),
    SparkPostEndpoint.of("DELETE", "/transmissions/([^/]+)", SEND, _deleted),
    SparkPostEndpoint.of("DELETE", "/transmissions", SEND, _campaign_deleted),
)
