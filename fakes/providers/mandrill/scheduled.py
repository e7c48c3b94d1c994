"""Mail that Mandrill is to send later: listed, called off, moved.

Shapes: docstrings of the vendor's client mandrill 1.0.60. Where a time has passed the message is
sent, and no such call knows it any more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..refusal import Refuse
from ..rules import Outcome
from ..scheduling import rewritten, waits
from .account import MandrillAccount, MandrillMail
from .reads import Call, MandrillRead, told
from .refusals import validation_error
from .validation import sending_time, text_of

_MOST = 1000


def _row(mail: MandrillMail) -> dict[str, Any]:
    return {
        "_id": mail.provider_id,
        "created_at": f"{mail.at:%Y-%m-%d %H:%M:%S}",
        "send_at": f"{mail.send_at:%Y-%m-%d %H:%M:%S}",
        "from_email": mail.mail_from,
        "to": mail.recipients[0],
        "subject": mail.subject,
    }


def _listed(asked: MandrillRead) -> Outcome[MandrillAccount]:
    wanted = text_of(asked.body.get("to")).lower()
    found = [
        _row(mail)
        for mail in asked.activity
        if _is_scheduled(mail, asked) and wanted in {"", mail.recipients[0].lower()}
    ]
    return told(asked.account, found[:_MOST])


def _is_scheduled(mail: MandrillMail, asked: MandrillRead) -> bool:
    return mail.state == "scheduled" and waits(mail, asked.now)


def _cancelled(asked: MandrillRead) -> Outcome[MandrillAccount]:
    return _changed(asked, cancelled=True)


def _moved(asked: MandrillRead) -> Outcome[MandrillAccount]:
    at = sending_time(asked.body)
    if at is None:
        raise validation_error("invalid-field", ("send_at",), "not a time")
    return _changed(asked, send_at=at)


def _changed(asked: MandrillRead, **fields: Any) -> Outcome[MandrillAccount]:
    wanted = text_of(asked.body.get("id"))
    account, changed = rewritten(
        asked.account,
        lambda mail: (
            mail.provider_id == wanted
            and mail.test == asked.key.test
            and _is_scheduled(mail, asked)
        ),
        **fields,
    )
    if not changed:
        raise Refuse("unknown-message", name=wanted)
    after = changed[0][1]
    assert isinstance(after, MandrillMail)
    return replace(told(account, _row(after)), changed=changed)


SCHEDULED: Mapping[str, Call] = {
    "messages/list-scheduled": _listed,
    "messages/cancel-scheduled": _cancelled,
    "messages/reschedule": _moved,
}
