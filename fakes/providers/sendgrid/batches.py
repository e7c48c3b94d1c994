"""Batch ids, and what is done to the scheduled mail that has one: paused, cancelled, or neither.

Sources: twilio/sendgrid-oai, tsg_mail_v3 and tsg_scheduled_sends_v3 (2026-01); sendgrid/docs,
cancel_schedule_send.apiblueprint (891ff6431, 2017): an id is good for ten days, and what is said
where nothing comes of it; that a status is asked of at most ten batches at once is on the vendor's
present page (read 2026-11), an older one has 100. What is to go out within ten minutes is not
sure to be stopped: here it goes out.
"""

from __future__ import annotations

import string
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from ..log import Log
from ..refusal import Refuse
from ..rules import Outcome
from ..scheduling import rewritten, waits
from .account import Batch, SendGridAccount, SendGridMail
from .call import SendGridCall, SendGridEndpoint, told

_ID = string.ascii_letters + string.digits
_STATUSES = ("pause", "cancel")
_KEPT = timedelta(days=10)
_TOO_LATE = timedelta(minutes=10)
_MOST = 10

Answer = Outcome[SendGridAccount]


def _created(call: SendGridCall) -> Answer:
    identifier, account = call.account.next_id(32, _ID)
    made = Batch(id=identifier, at=call.now)
    account = account.model_copy(update={"batches": account.batches.followed_by([made])})
    return Outcome(account=account, response=told({"batch_id": identifier}, status=201))


def _validated(call: SendGridCall) -> Answer:
    if not _is_good(call, call.named[0]):
        raise Refuse("invalid-batch")
    return Outcome(account=call.account, response=told({"batch_id": call.named[0]}))


def _is_good(call: SendGridCall, identifier: str) -> bool:
    batch = call.account.batch(identifier)
    return batch is not None and call.now - batch.at < _KEPT


def _stopped(call: SendGridCall) -> Answer:
    """POST: the first status of a batch."""
    body = call.body()
    identifier, status = body.get("batch_id"), body.get("status")
    if not isinstance(identifier, str) or not _is_good(call, identifier):
        raise Refuse("invalid-batch-to-stop")
    if status not in _STATUSES:
        raise Refuse("invalid-status")
    having = [each for each in call.account.batches if each.status is not None]
    if any(each.id == identifier for each in having):
        raise Refuse("status-exists")
    if len(having) >= _MOST:
        raise Refuse("too-many-stopped")
    outcome = _with_status(call, identifier, status)
    return replace(outcome, response=told({"batch_id": identifier, "status": status}, status=201))


def _listed(call: SendGridCall) -> Answer:
    return Outcome(account=call.account, response=told(_rows(call, lambda _: True)))


def _one(call: SendGridCall) -> Answer:
    """An array as well: an empty one for a batch without a status (sendgrid-ruby issue 433)."""
    wanted = call.named[0]
    return Outcome(account=call.account, response=told(_rows(call, lambda each: each.id == wanted)))


def _rows(call: SendGridCall, wanted: Callable[[Batch], bool]) -> list[dict[str, str]]:
    return [
        {"batch_id": each.id, "status": each.status}
        for each in call.account.batches
        if each.status is not None and wanted(each)
    ]


def _changed(call: SendGridCall) -> Answer:
    status = call.body().get("status")
    _check_stopped(call)
    if status not in _STATUSES:
        raise Refuse("invalid-status")
    return _with_status(call, call.named[0], status)


def _resumed(call: SendGridCall) -> Answer:
    """DELETE: what still waits will go out."""
    _check_stopped(call)
    return _with_status(call, call.named[0], None)


def _check_stopped(call: SendGridCall) -> None:
    batch = call.account.batch(call.named[0])
    if batch is None or batch.status is None:
        raise Refuse("batch-not-found")


def _with_status(call: SendGridCall, identifier: str, status: str | None) -> Answer:
    """The batch with this status, and its mail called off or not."""
    batches = Log(
        [
            replace(each, status=status) if each.id == identifier else each
            for each in call.account.batches
        ]
    )
    account = call.account.model_copy(update={"batches": batches})
    soon = call.now + _TOO_LATE

    def wanted(mail: SendGridMail) -> bool:
        turns = mail.cancelled is not (status == "cancel")
        return mail.batch == identifier and turns and waits(replace(mail, cancelled=False), soon)

    account, changed = rewritten(account, wanted, cancelled=status == "cancel")
    return Outcome(account=account, response=told(None, status=204), changed=changed)


def check_batch(account: SendGridAccount, identifier: str | None) -> None:
    """Refuse mail for a batch that was not made.

    Raises:
        Refuse: there is none of that id.
    """
    if identifier and account.batch(identifier) is None:
        raise Refuse("unknown-batch")


def is_stopped(account: SendGridAccount, mail: SendGridMail) -> bool:
    """Whether its batch was cancelled before it came."""
    batch = account.batch(mail.batch)
    late = mail.send_at is None or mail.send_at <= mail.at + _TOO_LATE
    return batch is not None and batch.status == "cancel" and not late


def _scopes(name: str) -> tuple[str]:
    return (f"user.scheduled_sends.{name}",)


_STOPS = r"/v3/user/scheduled_sends"
BATCHES: tuple[SendGridEndpoint, ...] = (
    SendGridEndpoint.of("POST", r"/v3/mail/batch", ("mail.batch.create",), _created),
    SendGridEndpoint.of("GET", r"/v3/mail/batch/([^/]+)", ("mail.batch.read",), _validated),
    SendGridEndpoint.of("POST", _STOPS, _scopes("create"), _stopped),
    SendGridEndpoint.of("GET", _STOPS, _scopes("read"), _listed),
    SendGridEndpoint.of("GET", _STOPS + r"/([^/]+)", _scopes("read"), _one),
    SendGridEndpoint.of("PATCH", _STOPS + r"/([^/]+)", _scopes("update"), _changed),
    SendGridEndpoint.of("DELETE", _STOPS + r"/([^/]+)", _scopes("delete"), _resumed),
)
