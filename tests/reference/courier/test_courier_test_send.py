"""The test message: one attempt, at once, with the error that a real send would have."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from harness.protocol import Answer
from harness.reference.sender import ReferenceSender

pytestmark = pytest.mark.wire

Make = Callable[..., Any]
Play = Callable[..., AbstractContextManager[Any]]

TRUST = {"ca_file": "", "ca_pkcs12": "x", "ca_pkcs12_password": "x"}


def test_it_is_sent_while_the_caller_waits_and_says_that_it_is_a_test(
    bench: Make, stranger: Any
) -> None:
    made = bench()
    made.to_port(stranger.port)
    answer = made.ask("test-send", to="operator@x.example", trust=TRUST)
    assert answer == {
        "status": "sent",
        "message_id": made.only()["message_id"],
        "attempts": 1,
        "final_reply": "250 2.0.0 Ok: queued as 77",
        "refused": [],
    }
    (got,) = stranger.messages
    assert "Test" in got["Subject"]
    assert got["From"] == "me@sender.example"
    assert stranger.envelopes[0].rcpt_tos == ["operator@x.example"]
    assert made.only()["state"] == "sent"


FAILING: dict[str, Any] = {
    "greeting": {"greeting": b"554 5.3.2 not today\r\n"},
    "silence": {"EHLO": "SILENCE"},
    "MAIL": {"MAIL": b"550 5.7.1 not you\r\n"},
    "RCPT": {"RCPT": b"451 4.2.0 later\r\n"},
    "message": {"message": b"554 5.7.1 no\r\n"},
    "lost": {"message": "CLOSE"},
}


@pytest.mark.parametrize("script", FAILING.values(), ids=FAILING)
def test_it_fails_as_a_real_send_does_and_is_not_tried_again(
    bench: Make, play: Play, script: dict[str, Any]
) -> None:
    made = bench()
    with play(script) as seen:
        made.to_port(seen.port)
        answer = made.ask("test-send", to="operator@x.example", trust=TRUST, timeout=0.3)
        plain = {
            "kind": "smtp",
            "uri": f"smtp://127.0.0.1:{seen.port}/?disable_starttls=true",
            "host": "127.0.0.1",
            "port": seen.port,
            "security": "none",
        }
        message = {
            "from": {"address": "me@sender.example"},
            "to": [{"address": "operator@x.example"}],
        }
        request = {"case": "x", "transport": plain, "trust": TRUST, "timeout": 0.3}
        real = ReferenceSender().handle({**request, "action": "send", "message": message})
    assert Answer.model_validate(answer).status == "failed"
    extra = "; not sent again, because it may have arrived"
    answer["error"]["message"] = answer["error"]["message"].replace(extra, "")
    assert answer["error"] == real["error"]
    assert made.only()["state"] == "abandoned"
    assert made.work() == 0
    assert made.courier.open()[0].next_due() is None


def test_without_a_provider_it_says_so_and_nothing_leaves(bench: Make, stranger: Any) -> None:
    made = bench()
    told = made.ask("test-send", to="operator@x.example", trust=TRUST)
    assert told["error"]["class"] == "config-invalid"
    assert "no provider is configured" in told["error"]["message"]
    made.configure(
        {
            "kind": "smtp",
            "uri": "",
            "host": "127.0.0.1",
            "port": stranger.port,
            "security": "none",
        },
        enabled=False,
    )
    told = made.ask("test-send", to="operator@x.example", trust=TRUST)
    assert "switched off" in told["error"]["message"]
    assert stranger.transactions == 0


def test_an_address_that_is_none_is_told_before_anything_is_connected_to(
    bench: Make, stranger: Any
) -> None:
    made = bench()
    made.to_port(stranger.port)
    told = made.ask("test-send", to="nobody", trust=TRUST)
    assert told["error"]["class"] == "address-invalid"
    assert made.deliveries() == []


def test_without_a_from_the_account_is_used_where_it_is_an_address(
    bench: Make, stranger: Any
) -> None:
    made = bench()
    made.to_port(stranger.port)
    made.configure(
        {
            "kind": "smtp",
            "uri": f"smtp://127.0.0.1:{stranger.port}/?disable_starttls=true",
            "host": "127.0.0.1",
            "port": stranger.port,
            "security": "none",
        },
        **{"from": None},
    )
    told = made.ask("test-send", to="operator@x.example", trust=TRUST)
    assert "no From address is configured" in told["error"]["message"]
