"""JSON that only Python would take is refused by every vendor, in its own words for no JSON."""

from __future__ import annotations

import ast
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from harness.fakes import providers
from harness.fakes.http.exchange import Request
from harness.fakes.providers import mandrill
from harness.fakes.providers.rules import Outcome
from harness.fakes.providers.strict_json import NotJsonError, NotUtf8Error, strict_json

from . import (
    postmark_requests,
    resend_requests,
    sendgrid_requests,
    ses_requests,
    sparkpost_asking,
)

NOW = datetime(2026, 5, 4, 12, 30, tzinfo=UTC)
NOT_JSON = {
    "NaN": b'{"a": NaN}',
    "infinite": b'{"a": -Infinity}',
    "byte order mark": b'\xef\xbb\xbf{"a": 1}',
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "UTF-16 without a mark": '{"a": 1}'.encode("utf-16-be"),
    "UTF-32": '{"a": 1}'.encode("utf-32-le"),
    "a trailing comma": b'{"a": 1,}',
    "a bare control character": b'{"a": "\t"}',
    "a leading zero": b'{"a": 01}',
    "nothing": b"",
    "too deep": b"[" * 100_000,
}


@pytest.mark.parametrize("octets", NOT_JSON.values(), ids=NOT_JSON)
def test_only_json_is_read(octets: bytes) -> None:
    with pytest.raises(NotJsonError):
        strict_json(octets)


def test_what_is_no_utf8_is_told_apart() -> None:
    with pytest.raises(NotUtf8Error):
        strict_json(b'{"a": "\xff"}')


def test_the_last_of_two_members_counts() -> None:
    assert strict_json(b'{"a": 1, "a": 2}') == {"a": 2}


def test_text_and_octets_are_read_alike() -> None:
    assert strict_json('{"ä": 1.5}') == strict_json('{"ä": 1.5}'.encode()) == {"ä": 1.5}


def by_sendgrid(body: bytes) -> Outcome[Any]:
    return sendgrid_requests.ask(sendgrid_requests.account(), raw=body)


def by_postmark(body: bytes) -> Outcome[Any]:
    return postmark_requests.ask(postmark_requests.account(), raw=body)


def by_resend(body: bytes) -> Outcome[Any]:
    return resend_requests.ask(resend_requests.account(), raw=body)


def by_sparkpost(body: bytes) -> Outcome[Any]:
    return sparkpost_asking.ask(sparkpost_asking.account(), raw=body)


def by_ses(body: bytes) -> Outcome[Any]:
    request = ses_requests.signed(
        "POST", "/v2/email/outbound-emails", body=body, headers=[ses_requests.JSON]
    )
    return ses_requests.answer(ses_requests.account(), request)


def by_mandrill(body: bytes) -> Outcome[Any]:
    owner = mandrill.MandrillAccount.model_validate({"domains": [{"name": "sender.test"}]})
    request = Request(
        method="POST",
        target="/api/1.0/messages/send",
        headers=(("Host", "mandrillapp.com"),),
        body=body,
    )
    furnished = mandrill.PROVIDER.furnished(owner, {"api_key": "k" * 22})
    return mandrill.PROVIDER.answer(furnished, request, region="", now=NOW)


@pytest.mark.parametrize("kind", [kind for kind in NOT_JSON if kind != "nothing"])
@pytest.mark.parametrize(
    ("send", "cases"),
    [
        (by_sendgrid, {"not-json", "bad-utf8"}),
        (by_postmark, {"not-json"}),
        (by_resend, {"not-json"}),
        (by_sparkpost, {"not-json", "bad-utf8"}),
        (by_ses, {"v2-not-json"}),
        (by_mandrill, {"no-key"}),
    ],
)
def test_every_vendor_refuses_what_is_no_json(send: Any, cases: set[str], kind: str) -> None:
    outcome = send(NOT_JSON[kind])
    assert outcome.response.case in cases
    assert outcome.response.status >= 400
    assert outcome.accepted == ()


def test_no_provider_reads_json_in_another_way() -> None:
    """But for its own answers, which it has written itself, and the tables that they come from."""
    found = []
    for path in Path(next(iter(providers.__path__))).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in {"json.loads", "json.load"}:
                read = ast.unparse(node.args[0])
                its_own = "response" in read or path.name == "refusal.py"
                found += [f"{path.name}: {read}"] if not its_own else []
    assert found == []
