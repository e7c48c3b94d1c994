"""The sender protocol: documents in, documents out."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

import pytest

from harness.protocol import KNOWN_FEATURES, Answer, Description
from harness.reference.sender import ReferenceSender, handle

pytestmark = pytest.mark.wire

Play = Callable[..., AbstractContextManager[Any]]
Request = Callable[..., dict[str, Any]]

CANARY = "canary-pa55wörd+/="


@pytest.fixture
def request_for(ca_file: str) -> Request:
    def make(port: int = 1, uri: str | None = None, **fields: Any) -> dict[str, Any]:
        transport = {
            "kind": "smtp",
            "uri": uri
            if uri is not None
            else f"smtp://user%40x:canary-pa55w%C3%B6rd+%2F=@localhost:{port}/?disable_starttls=1",
            "host": "localhost",
            "port": port,
            "username": "user@x",
            "password": CANARY,
            "security": "none",
            "verify": True,
            "server_name": None,
            "ehlo_name": "client.example.org",
            "access_token": None,
            **fields.pop("transport", {}),
        }
        return {
            "protocol": 1,
            "action": "send",
            "case": "a/b[c=d]",
            "transport": transport,
            "connect_to": {},
            "trust": {"ca_file": ca_file, "ca_pkcs12": "x", "ca_pkcs12_password": "x"},
            "message": {
                "from": {"name": "Courier", "address": "courier@sender.example"},
                "to": [{"name": "", "address": "a@one.example"}],
                "subject": "Hi",
                "text": "there",
                **fields.pop("message", {}),
            },
            "timeout": 2.0,
            **fields,
        }

    return make


def test_describe_lists_known_features_and_every_api() -> None:
    answer = handle({"protocol": 1, "action": "describe"})
    description = Description.model_validate(answer)
    assert set(description.features) <= KNOWN_FEATURES
    assert "connect_to" in description.features
    apis = {feature for feature in KNOWN_FEATURES if feature.startswith("api:")}
    assert apis <= set(description.features)


@pytest.mark.parametrize("action", ["no-such-action", "configure", None])
def test_an_unknown_action_is_unsupported(action: str | None) -> None:
    assert handle({"protocol": 1, "action": action})["status"] == "unsupported"


def test_another_protocol_is_unsupported() -> None:
    assert handle({"protocol": 2, "action": "describe"})["status"] == "unsupported"


def test_a_message_that_is_taken_is_sent(play: Play, request_for: Request) -> None:
    sender = ReferenceSender(now=lambda: datetime(2024, 1, 1, tzinfo=UTC), unique=lambda: "7")
    with play({"RCPT": [b"250 ok\r\n", b"550 5.1.1 no\r\n"]}) as seen:
        boxes = [{"address": "a@one.example"}, {"address": "b@two.example"}]
        answer = sender.handle(request_for(seen.port, message={"to": boxes}))
    assert answer == {
        "status": "sent",
        "message_id": "<7@sender.example>",
        "final_reply": "250 2.0.0 Ok: queued as 4F2A",
        "attempts": 1,
        "refused": [{"address": "b@two.example", "reply_code": 550, "message": "550 5.1.1 no"}],
    }
    assert Answer.model_validate(json.loads(json.dumps(answer))).status == "sent"
    assert "EHLO client.example.org" in seen.lines
    blob = base64.b64encode(f"\0user@x\0{CANARY}".encode()).decode()
    assert f"AUTH PLAIN {blob}" in seen.lines


def test_a_refusal_is_failed_with_everything_that_is_known(
    play: Play, request_for: Request
) -> None:
    with play({"AUTH": b"535 5.7.8 custom text 4711\r\n"}) as seen:
        answer = handle(request_for(seen.port))
    assert answer["status"] == "failed"
    assert answer["attempts"] == 1
    assert answer["message_id"].startswith("<")
    assert {key: answer["error"][key] for key in answer["error"] if key != "message"} == {
        "phase": "auth",
        "class": "auth-rejected",
        "temporary": False,
        "reply_code": 535,
        "enhanced_code": "5.7.8",
    }
    assert "custom text 4711" in answer["error"]["message"]
    assert f"localhost:{seen.port}" in answer["error"]["message"]


def test_an_unknown_outcome_says_nothing_about_a_retry(play: Play, request_for: Request) -> None:
    with play({"message": "CLOSE"}) as seen:
        answer = handle(request_for(seen.port))
    assert answer["error"]["class"] == "outcome-unknown"
    assert "temporary" not in answer["error"]


@pytest.mark.parametrize(
    ("fields", "phase", "class_"),
    [
        ({"uri": f"smtp://user:{CANARY}@host:25/x"}, "config", "config-invalid"),
        ({"transport": {"ehlo_name": "a b"}}, "config", "config-invalid"),
        ({"timeout": 0}, "config", "config-invalid"),
        ({"message": {"subject": "a\r\nBcc: x@evil.example"}}, "message", "header-injection"),
        ({"message": {"to": [{"address": "nobody"}]}}, "message", "address-invalid"),
        ({"message": {"to": []}}, "message", "address-invalid"),
    ],
)
def test_what_is_wrong_from_the_start_makes_no_connection(
    fields: dict[str, Any], phase: str, class_: str, play: Play, request_for: Request
) -> None:
    with play() as seen:
        answer = handle(request_for(seen.port, **fields))
    assert (answer["status"], answer["attempts"]) == ("failed", 0)
    assert (answer["error"]["phase"], answer["error"]["class"]) == (phase, class_)
    assert answer["error"]["temporary"] is False
    assert seen.connections == 0


def test_the_uri_counts_and_the_fields_serve_without_one(play: Play, request_for: Request) -> None:
    with play() as seen:
        misleading = request_for(seen.port, transport={"host": "192.0.2.1", "password": "other"})
        assert handle(misleading)["status"] == "sent"
        assert handle(request_for(seen.port, uri=""))["status"] == "sent"
    assert seen.lines.count("MAIL FROM:<courier@sender.example>") == 2


def test_what_it_cannot_do_is_unsupported_with_a_reason(request_for: Request) -> None:
    document = request_for()
    document["transport"] = None
    answer = handle(document)
    assert answer["status"] == "unsupported"
    assert "stores" in answer["reason"]


def test_an_api_without_its_region_is_refused_before_anything_is_sent(
    request_for: Request,
) -> None:
    document = request_for()
    document["transport"] = {"kind": "api", "provider": "sendgrid", "credentials": {"api_key": "k"}}
    answer = handle(document)
    assert answer["error"]["class"] == "config-invalid"
    assert answer["attempts"] == 0


def test_fields_of_a_later_protocol_are_ignored(play: Play, request_for: Request) -> None:
    with play() as seen:
        document = request_for(seen.port, novelty=1)
        document["transport"]["novelty"] = {"a": [1]}
        document["message"]["to"][0]["novelty"] = 1
        assert handle(document)["status"] == "sent"
    assert document["transport"]["novelty"] == {"a": [1]}, "the caller's document is left alone"


def test_a_request_that_cannot_be_read_quotes_nothing(request_for: Request) -> None:
    document = request_for()
    document["transport"]["port"] = CANARY
    answer = handle(document)
    assert answer["status"] == "unsupported"
    assert "transport.smtp.port" in answer["reason"]
    assert CANARY not in answer["reason"]
