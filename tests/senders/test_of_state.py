"""What is read of the answers of a sender that keeps state, and what is told of the rest."""

from __future__ import annotations

from typing import Any

import pytest

from harness.delivery_protocol import DeliveriesRequest, StateRequest
from harness.senders.in_process import InProcessSender
from harness.senders.of_state import configure, deliveries
from harness.senders.outcome import NoAnswer, Replied, Unsupported

pytestmark = pytest.mark.anyio
LIMIT = 20.0


def answering(answer: dict[str, Any]) -> InProcessSender:
    return InProcessSender("made up", lambda _: answer)


async def log_of(listed: Any) -> tuple[Any, Any]:
    sender = answering({"deliveries": listed})
    return await deliveries(sender, DeliveriesRequest(case="a"), limit=LIMIT)


async def test_an_entry_is_read_with_its_attempts() -> None:
    outcome, entries = await log_of(
        [{"message_id": "<a@b>", "state": "sent", "to": "c@d", "attempts": [{"phase": None}]}]
    )
    assert isinstance(outcome, Replied)
    (entry,) = entries
    assert (entry.message_id, entry.state, entry.to) == ("<a@b>", "sent", ("c@d",))
    assert len(entry.attempts) == 1
    assert entry.attempts[0].phase is None


@pytest.mark.parametrize("listed", [None, {}, "none", 3])
async def test_a_log_that_is_no_list_is_no_answer(listed: Any) -> None:
    outcome, entries = await log_of(listed)
    assert entries is None
    assert isinstance(outcome, NoAnswer)
    assert "must be a list" in outcome.words


@pytest.mark.parametrize("listed", [["sent"], [{"to": ["a@b"]}], [{"state": 3}]])
async def test_an_entry_that_is_none_is_no_answer(listed: Any) -> None:
    outcome, entries = await log_of(listed)
    assert entries is None
    assert "an entry of the log cannot be read" in outcome.words


async def test_what_cannot_be_used_of_an_attempt_is_left_out_and_complained_of() -> None:
    outcome, entries = await log_of(
        [{"state": "abandoned", "attempts": [{"phase": "lunch", "reply_code": 550}]}]
    )
    assert [(each.phase, each.reply_code) for each in entries[0].attempts] == [(None, 550)]
    assert any("phase" in complaint for complaint in outcome.complaints)


async def test_a_state_that_nobody_defined_is_kept_for_the_judge() -> None:
    _, entries = await log_of([{"state": "delivered"}])
    assert entries[0].state == "delivered"


async def test_of_a_long_log_the_end_is_read() -> None:
    _, entries = await log_of([{"state": "sent", "message_id": str(n)} for n in range(10_003)])
    assert len(entries) == 10_000
    assert entries[-1].message_id == "10002"


async def test_settings_that_are_read_back_need_no_status() -> None:
    sender = answering({"settings": {"host": "a"}, "status": "ok"})
    _, answer = await configure(sender, StateRequest(case="a"), limit=LIMIT)
    assert answer is not None
    assert (answer.status, answer.settings) == ("stored", {"host": "a"})


async def test_who_says_unsupported_is_not_read_any_further() -> None:
    sender = answering({"status": "unsupported", "reason": "no log"})
    outcome, entries = await deliveries(sender, DeliveriesRequest(case="a"), limit=LIMIT)
    assert isinstance(outcome, Unsupported)
    assert entries is None
