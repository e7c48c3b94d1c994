"""A product that speaks no protocol of ours is asked by the calls of a sender file."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import yaml

from harness.delivery_protocol import DeliveriesRequest
from harness.errors import UsageError
from harness.protocol import ErrorClass, Message, Phase, SendRequest
from harness.senders.base import Sender
from harness.senders.of_state import deliveries
from harness.senders.outcome import (
    Answered,
    Crashed,
    Hung,
    NoAnswer,
    Outcome,
    Replied,
    Unsupported,
)

from .admin_server import Admin, running

pytestmark = [pytest.mark.anyio, pytest.mark.wire]

Open: TypeAlias = Callable[..., Sender]
LIMIT = 20.0

SEND: dict[str, Any] = {"url": "{$ADMIN}/send", "body": {"to": "{to}", "via": "{uri}"}}
LOG: dict[str, Any] = {
    "url": "{$ADMIN}/log",
    "items": "$.messages[*]",
    "id": "$.id",
    "state": "$.status",
    "states": {"new": "queued", "busy": "processing", "done": "sent", "dead": "abandoned"},
    "to": "$.recipient",
    "attempts": {
        "items": "$.tries[*]",
        "at": "$.when",
        "words": "$.error",
        "reply_code": {"path": "$.error", "pattern": r"\b([45]\d\d)\b"},
        "host": "$.server",
    },
}
ERRORS = [{"pattern": "^535", "phase": "auth", "class": "auth-rejected"}]


@pytest.fixture
def admin() -> Iterator[Admin]:
    with running(Admin()) as admin:
        yield admin


@pytest.fixture
def product(tmp_path: Path, opened: Open, admin: Admin) -> Open:
    """Opens a sender file with these actions, for the product of the test."""

    def open_it(environment: dict[str, str] | None = None, /, **words: Any) -> Sender:
        path = tmp_path / "product.yaml"
        features = ["smtp", "security:starttls"]
        path.write_text(
            yaml.safe_dump({"features": features, **words}, sort_keys=False), encoding="utf-8"
        )
        given = {"PATH": "/usr/bin:/bin", "ADMIN": admin.url, **(environment or {})}
        return opened(f"file:{path}", environment=given)

    return open_it


async def asked(sender: Sender, action: str, **words: Any) -> Outcome:
    async with sender:
        return await sender.ask({"action": action, "case": "x", **words}, limit=LIMIT)


async def log_of(product: Open, admin: Admin, answer: Any, **words: Any) -> Outcome:
    admin.answers["GET /log"] = answer
    actions = {"send": SEND, "deliveries": {**LOG, **words}}
    async with product(actions=actions, error_map=ERRORS) as sender:
        outcome, _ = await deliveries(sender, DeliveriesRequest(case="x"), limit=LIMIT)
    return outcome


async def test_a_send_is_a_request_filled_from_ours(
    product: Open, admin: Admin, request_to_send: SendRequest
) -> None:
    admin.answers["POST /send"] = (202, {"id": 7})
    send = {**SEND, "headers": {"Authorization": "Bearer {$KEY}"}, "message_id": "$.id"}
    to_one = _to_one(request_to_send)
    async with product({"KEY": "k"}, actions={"send": send}) as sender:
        outcome = await sender.send(to_one, limit=LIMIT)
    assert isinstance(outcome, Answered)
    assert (outcome.answer.status, outcome.answer.message_id) == ("queued", "7")
    _, headers, body = admin.asked[0]
    assert json.loads(body) == {"to": "b@example.net", "via": "smtp://u%40x:p%20w@localhost:2525/"}
    assert headers["authorization"] == "Bearer k"
    assert headers["content-type"] == "application/json"


def _to_one(request: SendRequest, **words: Any) -> SendRequest:
    message = request.message.model_copy(update={"to": request.message.to[:1], **words})
    return request.model_copy(update={"message": message})


@pytest.mark.parametrize(
    ("status", "statuses", "expected"),
    [
        (200, {}, "sent"),
        (299, {}, "sent"),
        (202, {202: "queued"}, "queued"),
        (409, {}, "failed"),
        (409, {409: "sent"}, "sent"),
        (200, {200: "failed"}, "failed"),
        (500, {}, "failed"),
    ],
)
async def test_a_status_means_what_the_file_says(
    product: Open,
    admin: Admin,
    request_to_send: SendRequest,
    status: int,
    statuses: dict[int, str],
    expected: str,
) -> None:
    admin.answers["POST /send"] = (status, {"error": {"text": "535 no"}})
    send = {**SEND, "means": "sent", "statuses": statuses, "words": "$.error.text"}
    async with product(actions={"send": send}, error_map=ERRORS) as sender:
        outcome = await sender.send(_to_one(request_to_send), limit=LIMIT)
    assert isinstance(outcome, Answered)
    assert outcome.answer.status == expected
    if expected == "failed":
        error = outcome.answer.error
        assert error is not None
        assert (error.message, error.phase) == ("535 no", Phase.AUTH)
        assert error.class_ is ErrorClass.AUTH_REJECTED


async def test_what_is_asked_first_is_kept_for_what_follows(
    product: Open, admin: Admin, request_to_send: SendRequest
) -> None:
    admin.answers["POST /people"] = (409, {"error": "there already"})
    admin.answers["GET /flow"] = (200, {"flow": {"id": "f/1"}})
    admin.answers["POST /flow/f%2F1"] = (200, {})
    first = [
        {"url": "{$ADMIN}/people", "form": {"email": "{to}"}, "good": [409]},
        {"url": "{$ADMIN}/flow", "keep": {"flow": "$.flow.id"}},
    ]
    send = {"first": first, "url": "{$ADMIN}/flow/{flow}", "body": {"flow": "{flow}", "u": "{uri}"}}
    async with product(actions={"send": send}) as sender:
        outcome = await sender.send(_to_one(request_to_send), limit=LIMIT)
    assert isinstance(outcome, Answered)
    assert outcome.answer.status == "queued"
    assert [what for what, _, _ in admin.asked] == list(admin.answers)
    assert admin.asked[0][2] == b"email=b%40example.net"
    assert json.loads(admin.asked[2][2])["flow"] == "f/1"


async def test_what_cannot_be_asked_first_is_no_answer(
    product: Open, admin: Admin, request_to_send: SendRequest
) -> None:
    first = [{"url": "{$ADMIN}/flow", "keep": {"flow": "$.flow.id"}}]
    send = {**SEND, "first": first}
    for answer, words in (
        ((500, {"x": 1}), 'was answered with HTTP status 500: {"x": 1}'),
        ((200, {"x": 1}), "was answered without $.flow.id"),
        ((200, b"<html>"), "was answered without $.flow.id"),
    ):
        admin.answers["GET /flow"] = answer
        async with product(actions={"send": send}) as sender:
            outcome = await sender.send(_to_one(request_to_send), limit=LIMIT)
        assert isinstance(outcome, NoAnswer)
        assert words in outcome.why


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ({"cc": ({"address": "c@x.test"},)}, "one recipient in To"),
        ({"html": "<p>"}, "HTML needs {html}"),
        ({"headers": {"X-A": "b"}}, "header fields: the file has no place"),
        ({"envelope_from": ""}, "an envelope sender of its own"),
        ({"reply_to": ({"address": "c@x.test"},)}, "Reply-To"),
    ],
)
async def test_what_the_file_has_no_place_for_is_not_asked(
    product: Open, admin: Admin, request_to_send: SendRequest, message: Any, words: str
) -> None:
    given = request_to_send.message.model_dump(by_alias=True)
    given |= {"to": given["to"][:1], **message}
    request = request_to_send.model_copy(update={"message": Message.model_validate(given)})
    async with product(actions={"send": SEND}) as sender:
        outcome = await sender.send(request, limit=LIMIT)
    assert isinstance(outcome, Unsupported)
    assert outcome.by_adapter
    assert words in outcome.reason
    assert not admin.asked


async def test_a_log_is_read_by_paths_and_words(product: Open, admin: Admin) -> None:
    tries = [
        {"when": "2026-11-30T16:00:00Z", "error": "535 5.7.8 no", "server": "h:25"},
        {"when": 1796054400.5, "error": None, "server": "h:25"},
    ]
    messages = [
        {"id": 1, "status": "done", "recipient": "a@x.test", "tries": tries},
        {"id": "two", "status": "new"},
    ]
    admin.answers["GET /log"] = (200, {"messages": messages})
    async with product(actions={"send": SEND, "deliveries": LOG}, error_map=ERRORS) as sender:
        outcome, entries = await deliveries(sender, DeliveriesRequest(case="x"), limit=LIMIT)
    assert isinstance(outcome, Replied)
    assert outcome.complaints == ()
    assert entries is not None
    first, second = entries
    assert (first.message_id, first.state, first.to) == ("1", "sent", ("a@x.test",))
    assert first.attempts is not None
    failed, succeeded = first.attempts
    assert (failed.phase, failed.class_) == (Phase.AUTH, ErrorClass.AUTH_REJECTED)
    assert (failed.reply_code, failed.host) == (535, "h:25")
    assert (succeeded.phase, succeeded.class_, succeeded.message) == (None, None, None)
    assert succeeded.at == 1796054400.5
    assert (second.message_id, second.state, second.attempts) == ("two", "queued", ())


async def test_an_empty_log_is_a_log(product: Open, admin: Admin) -> None:
    outcome = await log_of(product, admin, (200, {"messages": []}))
    assert isinstance(outcome, Replied)
    assert outcome.document == {"deliveries": []}


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((200, b"<html>"), "the delivery log is no JSON: '<html>'"),
        ((200, b"[1, 2"), "the delivery log is no JSON: '[1, 2'"),
        ((200, {"mesages": []}), "items: $.messages[*] leads nowhere in the delivery log"),
        ((503, {"error": "down"}), 'the delivery log was not given: {"error": "down"}'),
        ((200, {"messages": [{"status": "new"}]}), "id: nothing is there in entry 1"),
        (
            (200, {"messages": [{"id": 1, "status": "new"}, {"id": 2}]}),
            "state: nothing is there in entry 2",
        ),
    ],
)
async def test_what_is_no_log_is_told(product: Open, admin: Admin, answer: Any, words: str) -> None:
    outcome = await log_of(product, admin, answer)
    assert isinstance(outcome, NoAnswer)
    assert words in outcome.why


async def test_a_state_or_a_time_that_makes_no_sense_is_told_beside_the_log(
    product: Open, admin: Admin
) -> None:
    tries = [{"when": "yesterday", "error": "what"}]
    messages = [{"id": 1, "status": "asleep", "tries": tries}]
    outcome = await log_of(product, admin, (200, {"messages": messages}))
    assert isinstance(outcome, Replied)
    (delivery,) = outcome.document["deliveries"]
    assert delivery["state"] == "asleep"
    assert delivery["attempts"] == [{"message": "what"}]
    assert outcome.complaints == (
        "deliveries: 'asleep' is no state that the file knows: new, busy, done, dead",
        "deliveries: 'yesterday' is no time; left out",
    )


async def test_an_attempt_that_is_noted_behind_its_state_is_waited_for_once(
    product: Open, admin: Admin
) -> None:
    looks = iter([[], [{"error": "535 no"}]])

    def answer(body: bytes) -> Any:
        del body
        return (200, {"messages": [{"id": 1, "status": "dead", "tries": next(looks)}]})

    outcome = await log_of(product, admin, answer)
    assert isinstance(outcome, Replied)
    (delivery,) = outcome.document["deliveries"]
    assert [attempt["message"] for attempt in delivery["attempts"]] == ["535 no"]
    never = (200, {"messages": [{"id": 1, "status": "dead", "tries": []}]})
    outcome = await log_of(product, admin, never)
    assert isinstance(outcome, Replied)
    assert outcome.document["deliveries"][0]["attempts"] == []


async def test_whether_an_attempt_failed_is_told_by_a_word_of_its_own(
    product: Open, admin: Admin
) -> None:
    tries = [{"ok": "yes", "error": "535 not this"}, {"ok": "no", "error": "535 this"}]
    attempts = {**LOG["attempts"], "failed": "$.ok", "failures": ["no"], "newest_first": True}
    answer = (200, {"messages": [{"id": 1, "status": "new", "tries": tries}]})
    outcome = await log_of(product, admin, answer, attempts=attempts)
    assert isinstance(outcome, Replied)
    (delivery,) = outcome.document["deliveries"]
    assert [attempt.get("message") for attempt in delivery["attempts"]] == ["535 this", None]


async def test_each_entry_is_asked_for_where_the_list_does_not_tell_all(
    product: Open, admin: Admin
) -> None:
    admin.answers["GET /log/a%2Fb"] = (200, {"id": "a/b", "status": "dead"})
    each = {"url": "{$ADMIN}/log/{id}"}
    answer = (200, {"messages": [{"id": "a/b"}]})
    outcome = await log_of(product, admin, answer, each=each)
    assert isinstance(outcome, Replied)
    assert outcome.document["deliveries"][0]["state"] == "abandoned"
    admin.answers["GET /log/a%2Fb"] = (404, {})
    outcome = await log_of(product, admin, answer, each=each)
    assert isinstance(outcome, NoAnswer)
    assert "entry 1 of the delivery log cannot be read" in outcome.why


async def test_pages_are_read_to_the_end(product: Open, admin: Admin) -> None:
    def page(number: int, link: str) -> Any:
        entries = {"messages": [{"id": number, "status": "new"}]}
        return (200, entries, {"Link": link} if link else {})

    admin.answers["GET /log?page=2"] = page(2, "</log?page=1>; rel=prev, </log?page=3>;rel=next")
    admin.answers["GET /log?page=3"] = page(3, "")
    outcome = await log_of(product, admin, page(1, '</log?page=2>; rel="next"'))
    assert isinstance(outcome, Replied)
    assert [each["message_id"] for each in outcome.document["deliveries"]] == ["1", "2", "3"]
    outcome = await log_of(product, admin, page(1, '</log?page=2>; rel="next"'), most_pages=2)
    assert isinstance(outcome, Replied)
    assert len(outcome.document["deliveries"]) == 2
    outcome = await log_of(product, admin, page(1, "<http://elsewhere.test/>; rel=next"))
    assert isinstance(outcome, NoAnswer)
    assert "elsewhere.test" in outcome.why


async def test_settings_are_stored_read_back_and_refused(product: Open, admin: Admin) -> None:
    admin.answers["PUT /settings"] = (200, {"stored": {"host": "h", "password": "***"}})
    admin.answers["GET /settings"] = (200, {"host": "h"})
    configure = {
        "url": "{$ADMIN}/settings",
        "method": "PUT",
        "body": {"host": "{host}", "on": "{enabled}"},
        "settings": "$.stored",
        "words": "$.why",
    }
    actions = {"send": SEND, "configure": configure, "state": {"url": "{$ADMIN}/settings"}}
    transport = {"kind": "smtp", "host": "h", "port": 1, "security": "none", "uri": "x"}
    sender = product(actions=actions)
    outcome = await asked(sender, "configure", transport=transport, enabled=False)
    assert isinstance(outcome, Replied)
    assert outcome.document == {"status": "stored", "settings": {"host": "h", "password": "***"}}
    assert json.loads(admin.asked[0][2]) == {"host": "h", "on": False}
    outcome = await asked(product(actions=actions), "state")
    assert isinstance(outcome, Replied)
    assert outcome.document["settings"] == {"host": "h"}
    admin.answers["PUT /settings"] = (422, {"why": "no such host"})
    outcome = await asked(product(actions=actions), "configure", transport=transport)
    assert isinstance(outcome, Replied)
    assert outcome.document["status"] == "refused"
    assert outcome.document["error"] == {"message": "no such host"}


async def test_a_command_is_asked_as_a_url_is(product: Open, request_to_send: SendRequest) -> None:
    send = {"command": "sh -c 'echo \"$1\" >&2; exit 3' x 'to {to} via {uri}'"}
    log = {key: value for key, value in LOG.items() if key != "url"}
    log["command"] = """echo '{{"messages": [{{"id": 1, "status": "done"}}]}}'"""
    async with product(actions={"send": send, "deliveries": log}) as sender:
        outcome = await sender.send(_to_one(request_to_send), limit=LIMIT)
        assert isinstance(outcome, Answered)
        assert outcome.answer.error is not None
        assert outcome.answer.error.message == (
            "to b@example.net via smtp://u%40x:p%20w@localhost:2525/"
        )
        outcome = await sender.ask({"action": "deliveries", "case": "x"}, limit=LIMIT)
    assert isinstance(outcome, Replied)
    assert outcome.document["deliveries"][0]["state"] == "sent"


async def test_a_product_that_is_not_there_or_does_not_answer_is_told(
    product: Open, admin: Admin, request_to_send: SendRequest
) -> None:
    async with product({"ADMIN": "http://127.0.0.1:1"}, actions={"send": SEND}) as sender:
        outcome = await sender.send(_to_one(request_to_send), limit=LIMIT)
    assert isinstance(outcome, Crashed)
    assert "ConnectionRefusedError" in outcome.how
    hangs = {"command": "sh -c 'sleep 1000' {uri}"}
    async with product(actions={"send": hangs}) as sender:
        outcome = await sender.send(_to_one(request_to_send), limit=0.3)
    assert isinstance(outcome, Hung)


def test_a_variable_that_is_not_set_is_named_at_once(
    product: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UsageError, match="environment lacks what the file asks for: NONE"):
        product(actions={"send": {"url": "{$NONE}/send"}})


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ({"features": ["smtp"]}, "sender: this is missing"),
        ({"actions": {"send": {"url": "u", "command": "c"}}}, "actions.send: a url or a command"),
        ({"actions": {"send": {"url": "{txt}"}}}, "did you mean {text}?"),
        (
            {"actions": {"send": SEND, "deliveries": {**LOG, "items": "$.a["}}},
            "actions.deliveries.items: no path: '[' in '$.a['",
        ),
        (
            {"actions": {"send": SEND, "deliveries": {**LOG, "states": {"ok": "done"}}}},
            "actions.deliveries.states.ok: there is no 'done'",
        ),
        (
            {"actions": {"send": {**SEND, "keep": {"host": "$.h"}}}},
            "{host} stands for a part of the request already",
        ),
        (
            {"actions": {"send": SEND, "state": {"url": "u", "setings": "$"}}},
            "did you mean settings",
        ),
        ({"actions": {"send": "true"}, "service": {"command": "x"}}, "service: it is for actions"),
    ],
)
def test_what_makes_no_sense_in_a_file_is_told_with_its_place(
    product: Open, words: Any, line: str
) -> None:
    with pytest.raises(UsageError) as problem:
        product(**words)
    assert line in str(problem.value)
    assert "product.yaml:" in str(problem.value)
