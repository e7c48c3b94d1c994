"""The record of a case as lines that a person can read: what was on the wire, and what was asked.

Of a case with nothing but sends, the wire says it all. Where a sender was also asked for settings
or for its log, what it said stands between the lines.
"""

from __future__ import annotations

from collections.abc import Iterator

from harness.checks.record import (
    AskedRecord,
    LogRecord,
    Record,
    SendRecord,
    SettingsRecord,
    TestRecord,
)
from harness.conversation import conversation
from harness.delivery_protocol import DeliveryEntry
from harness.escaping import shortened, visible

_LONGEST = 300


def record_lines(record: Record) -> tuple[tuple[int, str], ...]:
    """`(event number, line)` pairs, as `conversation` has them."""
    wire = conversation(record.events, record.secrets)
    if all(isinstance(each, SendRecord) and not each.killed for each in record.asked):
        return wire
    waiting = list(wire)
    found: list[tuple[int, str]] = []
    for each in record.asked:
        while waiting and waiting[0][0] <= each.last:
            found.append(waiting.pop(0))
        at = record.events[each.last - 1].at if each.last else 0.0
        for words in _asked(each):
            said = shortened(visible(record.secrets.redact_text(words)), _LONGEST)
            found.append((each.last, f"{at:7.3f}s -- {said}"))
    return (*found, *waiting)


def _asked(each: AskedRecord) -> Iterator[str]:
    said = each.reaction if each.reaction != "answered" else ""
    match each:
        case SendRecord(answer=answer, killed=killed):
            how = "by its settings" if each.request.transport is None else "as it was told"
            yield f"asked to send {how}: {answer.status if answer else said or each.summary}"
            if killed:
                yield "killed"
        case TestRecord(answer=answer):
            yield f"asked for a test message: {answer.status if answer else each.summary}"
        case SettingsRecord(answer=answer):
            deed = "to store settings" if each.request.action == "configure" else "for its settings"
            yield f"asked {deed}: {answer.status if answer else each.summary}"
        case LogRecord(deliveries=None):
            yield f"asked for its log: {each.summary}"
        case LogRecord(deliveries=entries, rested=rested):
            waited = "" if rested else f", waited for {each.limit:.3g} s in vain"
            yield f"asked for its log: {_counted(len(entries or ()), 'message')}{waited}"
            yield from map(_entry, entries or ())


def _entry(entry: DeliveryEntry) -> str:
    tried = len(entry.attempts or ())
    words = f"  to {', '.join(entry.to) or 'nobody'}: {entry.state}, {_counted(tried, 'attempt')}"
    last = entry.last
    if last is None:
        return words
    said = (last.phase, last.class_, last.reply_code or last.http_status, last.message)
    return f"{words}; the last one: {' '.join(str(each) for each in said if each is not None)}"


def _counted(number: int, what: str) -> str:
    return f"{number or 'no'} {what}{'' if number == 1 else 's'}"
