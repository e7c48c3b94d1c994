"""What a person reads of a case in which a sender was asked for more than to send."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from harness.checks.record import LogRecord, Reaction, Record, SendRecord
from harness.conversation import conversation
from harness.delivery_protocol import DeliveriesRequest, DeliveryAttempt, DeliveryEntry
from harness.fakes.transcript import Connected, Event
from harness.protocol import Answer, Message, SendRequest, Trust
from harness.record_lines import record_lines
from harness.secrets import Secrets

PASSWORD = "pw-of-this-test"  # nobody's
CONNECTED = Event(
    number=1, at=0.25, connection=1, fact=Connected(server="smtp", port=25, peer="127.0.0.1")
)


def asked_to_send(**changes: Any) -> SendRecord:
    request = SendRequest(
        case="a",
        transport=None,
        trust=Trust(ca_file="a", ca_pkcs12="b", ca_pkcs12_password="c"),
        message=Message.model_validate({"from": {"address": "a@x.test"}, "to": []}),
    )
    record = SendRecord(
        request=request,
        reaction=Reaction.ANSWERED,
        answer=Answer(status="queued"),
        words="",
        summary="answered queued",
        first=1,
        last=0,
    )
    return replace(record, **changes)


def asked_for_the_log(*entries: DeliveryEntry, **changes: Any) -> LogRecord:
    record = LogRecord(
        request=DeliveriesRequest(case="a"),
        reaction=Reaction.ANSWERED,
        words="",
        summary="answered",
        first=1,
        last=1,
        deliveries=entries,
        rested=True,
        limit=30.0,
        is_stated=False,
        taken_at=0.0,
    )
    return replace(record, **changes)


def a_record(*asked: SendRecord | LogRecord) -> Record:
    return Record(
        events=(CONNECTED,),
        asked=asked,
        secrets=Secrets({"password": PASSWORD}),
        main="smtp",
        host="mx.test",
        in_clear=False,
    )


def test_of_sends_alone_the_wire_says_it_all() -> None:
    record = a_record(asked_to_send())
    assert record_lines(record) == conversation(record.events, record.secrets)


def test_what_was_asked_stands_where_it_was_asked() -> None:
    refused = DeliveryAttempt.model_validate(
        {"phase": "rcpt", "class": "recipient-refused", "reply_code": 550, "message": "no"}
    )
    entry = DeliveryEntry(state="abandoned", to=("b@x.test",), attempts=(refused,))
    lines = record_lines(a_record(asked_to_send(), asked_for_the_log(entry)))
    assert [line.partition("-- ")[2] for _, line in lines] == [
        "asked to send by its settings: queued",
        "connected to smtp (port 25)",
        "asked for its log: 1 message",
        "  to b@x.test: abandoned, 1 attempt; the last one: rcpt recipient-refused 550 no",
    ]
    assert [number for number, _ in lines] == [0, 1, 1, 1]


def test_a_log_that_is_waited_for_in_vain_says_so_and_no_secret_is_shown() -> None:
    said = DeliveryAttempt.model_validate({"message": f"the password {PASSWORD} is wrong\x1b[31m"})
    entry = DeliveryEntry(state="queued", to=("b@x.test",), attempts=(said,))
    lines = record_lines(a_record(asked_to_send(), asked_for_the_log(entry, rested=False)))
    text = "\n".join(line for _, line in lines)
    assert "waited for 30 s in vain" in text
    assert PASSWORD not in text
    assert "\x1b" not in text
