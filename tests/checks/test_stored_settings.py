"""Whether a sender goes by the settings that it has stored, by made-up transcripts."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from harness.checks import wire_checks
from harness.checks.author import author
from harness.checks.counts import Count
from harness.checks.in_use import out_of_use
from harness.checks.record import Reaction, Record, StoreRecord
from harness.delivery_protocol import Configured, ConfigureRequest
from harness.fakes.transcript import Connected, Fact, MessageCaptured

from .made_up import make_captured, make_record, make_request

A = Connected(server="smtp", port=25, peer="127.0.0.1:1")
B = Connected(server="second", port=25, peer="127.0.0.1:1")
NEVER = Count.read("never")


def stored(
    *,
    first: int,
    last: int,
    server: str | None = "smtp",
    status: str = "stored",
    box: dict[str, str] | None = None,
) -> StoreRecord:
    document = {"case": "a", "transport": None, "trust": make_request().trust, "from": box}
    return StoreRecord(
        request=ConfigureRequest.model_validate(document),
        reaction=Reaction.ANSWERED,
        words="",
        summary="",
        first=first,
        last=last,
        answer=Configured.model_validate({"status": status}),
        server=server,
    )


def events_out_of_use(record: Record) -> tuple[int, ...]:
    return out_of_use(record, NEVER).events


def test_a_server_is_in_use_from_the_time_on_when_it_is_stored() -> None:
    record = make_record(A, (2, A), asked=(stored(first=2, last=1),))
    assert events_out_of_use(record) == (1,)


def test_a_server_is_out_of_use_once_another_one_is_stored() -> None:
    stores = stored(first=1, last=0), stored(first=3, last=2, server="second")
    record = make_record(A, (2, A), (3, B), (4, A), asked=stores)
    assert events_out_of_use(record) == (4,)


def test_what_is_switched_off_is_out_of_use() -> None:
    stores = stored(first=1, last=0), stored(first=2, last=1, server=None)
    assert events_out_of_use(make_record(A, (2, A), asked=stores)) == (2,)


def test_settings_that_are_refused_change_nothing() -> None:
    stores = stored(first=1, last=0), stored(first=2, last=1, server=None, status="refused")
    assert events_out_of_use(make_record(A, (2, A), asked=stores)) == ()


def test_a_sender_may_try_out_what_it_is_told_to_store() -> None:
    stores = stored(first=1, last=0), stored(first=1, last=2, server="second")
    assert events_out_of_use(make_record(A, (2, B), asked=stores)) == ()


def test_a_message_over_a_connection_that_was_kept_counts_as_well() -> None:
    stores = stored(first=1, last=0), stored(first=2, last=1, server="second")
    record = make_record(A, make_captured(), asked=stores)
    assert events_out_of_use(record) == (2,)


def from_whom(text: str) -> MessageCaptured:
    return make_captured(f"From: {text}\r\nTo: a@harness.test\r\n\r\nHello\r\n".encode())


def is_as_stored(fact: Fact, **box: str) -> bool:
    record = make_record(A, fact, asked=(stored(first=1, last=0, box=box),))
    return author(record, "as-stored").met


def test_from_is_the_mailbox_that_is_stored_its_name_included() -> None:
    box = {"name": "Acme, Inc.", "address": "desk@harness.test"}
    assert is_as_stored(from_whom('"Acme, Inc." <desk@harness.test>'), **box)
    assert not is_as_stored(from_whom("Acme <desk@harness.test>"), **box)
    assert not is_as_stored(from_whom('"Acme, Inc." <other@harness.test>'), **box)


def test_a_blank_may_stand_for_a_line_break_in_a_name() -> None:
    box = {"name": "Acme\r\nBcc: b", "address": "desk@harness.test"}
    assert is_as_stored(from_whom('"Acme Bcc: b" <desk@harness.test>'), **box)


def test_without_settings_no_from_is_as_stored() -> None:
    record = make_record(A, from_whom("desk@harness.test"), asked=())
    assert not author(record, "as-stored").met


def test_a_range_of_addresses_that_is_none_is_refused() -> None:
    check = wire_checks()["peers"]
    with pytest.raises(ValidationError, match="no range of addresses"):
        TypeAdapter(check.wanted).validate_python("somewhere")
