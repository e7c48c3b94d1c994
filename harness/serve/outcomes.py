"""What becomes of a message, told to the product's webhook handler."""

from __future__ import annotations

import asyncio
from typing import Any

from harness.fakes.apis import ProviderFake
from harness.fakes.errors import FakeError
from harness.fakes.http.facts import WebhookPosted
from harness.fakes.meant_message import MeantMessage

from .control_documents import EventRequest, PostedDocument
from .kept_mail import KeptMail


async def happen(api: ProviderFake, request: EventRequest, mailbox: KeptMail) -> PostedDocument:
    """Let it happen.

    Raises:
        FakeError: there is no such message, no webhook, or no handler that answers.
    """
    words: dict[str, Any] = {"recipient": request.recipient}
    if request.do in {"deliver", "defer", "bounce"}:
        words["words"] = request.words
    elif request.words:
        raise FakeError(f"words: nobody says anything at {request.do}")
    if request.do == "bounce":
        words["soft"] = request.soft
    elif request.soft:
        raise FakeError("soft: only a bounce can be")
    if request.do == "click":
        if request.link is None:
            raise FakeError("link: say what is clicked")
        words["link"] = request.link
    elif request.link is not None:
        raise FakeError("link: only a click has one")
    message = _meant(request.message, mailbox)
    posted = await asyncio.to_thread(getattr(api, request.do), message, **words)
    return _told(posted)


def _meant(message: int | str, mailbox: KeptMail) -> MeantMessage:
    if isinstance(message, str):
        return message
    found = [each.captured for each in mailbox.messages if each.id == message]
    if not found:
        raise FakeError(f"message: there is no message {message}")
    meant: Any = found[0]
    return meant  # type: ignore[no-any-return]  # whatever a fake took is one of those


def _told(posted: WebhookPosted) -> PostedDocument:
    return PostedDocument(
        event=posted.event,
        recipient=posted.recipient,
        url=posted.request.target,
        headers=dict(posted.request.headers),
        body=posted.body.decode("utf-8", "replace"),
        status=posted.status,
        answer=posted.answer.decode("utf-8", "replace"),
    )
