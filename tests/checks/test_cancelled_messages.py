"""A message that was called off before it went out is one that nobody took."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from pydantic import TypeAdapter

from harness.checks import wire_checks
from harness.checks.message import content
from harness.checks.record import Record
from harness.fakes.transcript import MessageCaptured, MessageChanged

MakeRecord = Callable[..., Record]
Captured = Callable[..., MessageCaptured]


def changed(before: MessageCaptured | MessageChanged, *, cancelled: bool) -> MessageChanged:
    """What is recorded when a message is called off, moved, or goes out after all."""
    message = before.message if isinstance(before, MessageCaptured) else before.after
    # A copy: what is equal need not be the same message.
    after = replace(message)  # type: ignore[type-var]
    return MessageChanged(index=before.index, before=message, after=after, cancelled=cancelled)


def met(record: Record, count: object) -> bool:
    check = wire_checks()["messages"]
    return check.ask(record, TypeAdapter(check.wanted).validate_python(count)).met


def test_it_is_not_counted_and_not_compared(make_record: MakeRecord, captured: Captured) -> None:
    first, second = captured(b"Subject: another\r\n\r\n"), captured()
    record = make_record(first, second, changed(first, cancelled=True))
    assert met(record, "once")
    assert record.messages == (second.message,)
    assert content(record, "intact").met


def test_what_was_moved_or_goes_out_after_all_is_counted(
    make_record: MakeRecord, captured: Captured
) -> None:
    first = captured()
    moved = changed(first, cancelled=False)
    off = changed(moved, cancelled=True)
    assert met(make_record(first, moved), "once")
    assert met(make_record(first, moved, off), "never")
    assert met(make_record(first, moved, off, changed(off, cancelled=False)), "once")
