"""Mail that is to go out later: what still waits, and what comes of calling it off or moving it.

A vendor has it taken already when it is changed, so that a change goes to the account, to the
messages of its fake, and into the record. What time it is the rules are told with each request.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeAlias, TypeVar

from .accepted_mail import AcceptedMail
from .account import Account
from .log import Log

A = TypeVar("A", bound=Account)
Change: TypeAlias = tuple[AcceptedMail, AcceptedMail]
"""A message as it was, and as it is."""


def waits(mail: AcceptedMail, now: datetime) -> bool:
    """Whether it is still to go out at a time that it was given."""
    return not mail.cancelled and mail.send_at is not None and mail.send_at > now


def rewritten(
    account: A, wanted: Callable[[Any], bool], **fields: Any
) -> tuple[A, tuple[Change, ...]]:
    """The account with these fields in every message that is wanted, and what has changed so."""
    changes = tuple((mail, replace(mail, **fields)) for mail in account.accepted if wanted(mail))
    if not changes:
        return account, ()
    after = {id(was): now for was, now in changes}
    update = {
        "accepted": Log([after.get(id(mail), mail) for mail in account.accepted]),
        "happened": Log(
            [replace(each, mail=after.get(id(each.mail), each.mail)) for each in account.happened]
        ),
    }
    return account.model_copy(update=update), changes
