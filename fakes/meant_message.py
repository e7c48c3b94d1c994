"""Which message that was taken, and which of its recipients, somebody means."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from .errors import FakeError
from .message import CapturedMessage
from .providers.accepted_mail import AcceptedMail
from .providers.message import ApiMessage

MeantMessage: TypeAlias = ApiMessage | CapturedMessage | str
"""A message of the fake's or of its SMTP service's, or the id that the vendor gave it."""

_SHOWN = 5


def meant(
    messages: Sequence[ApiMessage], message: MeantMessage, recipient: str | None
) -> tuple[AcceptedMail, str]:
    """The mail that is meant, and one of its recipients.

    Raises:
        FakeError: there is no such message, or not one recipient, of whom the choices are named; or
            it was called off.
    """
    found = [each.mail for each in messages if _is(each, message)] or [
        each.mail for each in messages if _was(each, message)
    ]
    if not found:
        what = repr(message) if isinstance(message, str) else "this message"
        ids = ", ".join(str(each.provider_id) for each in messages[-_SHOWN:]) or "none"
        raise FakeError(f"{what}: the fake took no such message (the last ids: {ids})")
    if all(mail.cancelled for mail in found):
        raise FakeError(f"{found[0].provider_id}: this message was called off, and went to nobody")
    everyone = [(mail, one) for mail in found for one in mail.recipients]
    meant = [
        (mail, one)
        for mail, one in everyone
        if recipient is None or one.lower() == recipient.lower()
    ]
    if len(meant) != 1:
        choices = ", ".join(one for _, one in everyone)
        trouble = f"{recipient} is none of the message's" if recipient else "it has several"
        raise FakeError(f"recipient: {trouble} (choose from {choices})")
    return meant[0]


def _was(message: ApiMessage, meant: MeantMessage) -> bool:
    """Whether it is the one that was meant, and has been moved or called off since."""
    if not isinstance(meant, ApiMessage):
        return False
    ours, theirs = message.mail, meant.mail
    same = (ours.provider_id, ours.recipients) == (theirs.provider_id, theirs.recipients)
    return same and ours.at == theirs.at


def _is(message: ApiMessage, meant: MeantMessage) -> bool:
    if not isinstance(meant, str):
        # As it came over SMTP it is the service's; what the vendor made of it is the API's.
        return meant is message or meant is getattr(message, "captured", None)
    # Some ids stand in angle brackets, which many a program takes off.
    return (message.provider_id or "").strip("<>") == meant.strip("<>")
