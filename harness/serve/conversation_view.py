"""The record as lines for a person."""

from __future__ import annotations

from collections.abc import Sequence

from harness.conversation import conversation
from harness.fakes.transcript import Event
from harness.secrets import Secrets

from .control_documents import ConversationQuery


def conversation_text(events: Sequence[Event], query: ConversationQuery) -> str:
    """The newest lines, each with its end.

    The passwords in it are those that the fakes handed out, and whoever asks has them already.
    """
    if query.connection is not None:
        events = [each for each in events if each.connection == query.connection]
    # A line comes of one event, and most events are one.
    lines = [line for _, line in conversation(events[-4 * query.last :], Secrets({}))]
    return "".join(f"{line}\n" for line in lines[-query.last :])
