"""What Mailgun refuses, octet for octet."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harness.fakes.marks import Mark
from harness.fakes.providers.mailgun.refusals import REFUSALS

from .mailgun_asking import (
    KEY,
    SEND_PATH,
    account,
    ask,
    basic,
    decoded,
    letter,
    multipart,
)

ADD = "add the address to authorized recipients in Account Settings."
DENIED = "Domain %s is not allowed to send: "


def denied(reason: str, domain: str = "sender.test") -> str:
    return DENIED % domain + reason


def key(**words: Any) -> dict[str, Any]:
    return {"keys": [words]}


LATER = "try again after Mon, 04 May 2026 12:32:00 UTC"
MIME_PATH = f"{SEND_PATH}.mime"

# name, words of the account, keywords of the request, status, message
REFUSED: list[tuple[str, dict[str, Any], dict[str, Any], int, str]] = [
    (
        "invalid-private-key",
        {},
        {"path": "/v4/domains/sender.test", "authorization": None, "method": "GET"},
        401,
        "Invalid private key",
    ),
    *(
        (
            "invalid-private-key",
            key(kind=kind, domain="sender.test"),
            {"path": "/v3/sender.test/events", "method": "GET"},
            401,
            "Invalid private key",
        )
        for kind in ("domain", "public")
    ),
    (
        "domain-not-found",
        {},
        {"path": "/v3/absent.test/messages"},
        404,
        "Domain not found: absent.test",
    ),
    (
        "domain-not-found",
        {},
        {"path": "/v3/european.test/messages"},
        404,
        "Domain not found: european.test",
    ),
    ("domain-not-found", {}, {"region": "eu", "path": "/v3/us.test/messages"}, 404, ""),
    (
        "no-such-domain",
        {},
        {"path": "/v4/domains/european.test", "method": "GET"},
        404,
        "Domain not found",
    ),
    (
        "no-such-domain",
        {},
        {"path": "/v3/absent.test/events", "method": "GET"},
        404,
        "Domain not found",
    ),
    *(
        ("unknown-path", {}, {"path": path}, 404, "Not Found")
        for path in ("/v3/sender.test/letters", "/v5/x", "/messages", "/v4/sender.test/messages")
    ),
    (
        "not-stored",
        {},
        {"path": "/v3/domains/sender.test/messages/none", "method": "GET"},
        404,
        "Message not found",
    ),
    (
        "not-stored",
        {},
        {"path": "/v3/sender.test/bounces/a@b.test", "method": "GET"},
        404,
        "Address not found in bounces table",
    ),
    ("wrong-method", {}, {"method": "GET"}, 405, "Method Not Allowed"),
    (
        "sandbox-recipient",
        {"authorized": ["other@recipient.test"]},
        {"path": "/v3/box.test/messages"},
        403,
        denied(
            "Sandbox subdomains are for test purposes only. Please add your own domain or " + ADD,
            "box.test",
        ),
    ),
    (
        "free-recipient",
        {"free": True},
        {},
        403,
        denied("Free accounts are for test purposes only. Please upgrade or " + ADD),
    ),
    (
        "unverified",
        {},
        {"path": "/v3/half.test/messages"},
        400,
        denied(
            "The domain is unverified and requires DNS configuration. Log in to your control "
            "panel to view required DNS records.",
            "half.test",
        ),
    ),
    (
        "not-activated",
        {"standing": "not-activated"},
        {},
        400,
        denied(
            "Please activate your Mailgun account. Check your inbox or log in to your control "
            "panel to resend the activation email."
        ),
    ),
    ("disabled", {"suspended": True}, {}, 403, denied("Account disabled")),
    ("inactive", {"standing": "inactive"}, {}, 403, denied("Account Inactivity")),
    (
        "domain-disabled",
        {"domains": [{"name": "sender.test", "disabled": True}]},
        {},
        403,
        denied("domain disabled"),
    ),
    (
        "probation",
        {"standing": "probation"},
        {},
        400,
        denied(
            "You are sending too fast. Your account is on probation and the account has been "
            "temporarily disabled."
        ),
    ),
    (
        "large-batch",
        {"large_batches": False},
        {"form": letter(to=["a@r.test", "b@r.test"], **{"recipient-variables": '{"a@r.test":{}}'})},
        403,
        "Domain sender.test is not allowed to send large batches yet",
    ),
    (
        "sending-ip",
        {"ips": ["192.0.2.1"]},
        {"form": letter(**{"o:sending-ip": "192.0.2.2"})},
        403,
        "Rejected: IP 192.0.2.2 can't be used to send the message",
    ),
    (
        "requests-per-second-limit",
        {"rate_limited": True},
        {},
        429,
        denied("account-requests-per-sec limit exceeded, try again after 120 seconds"),
    ),
    *(
        (
            f"{kind}-limit",
            {"rate_limited": True, "limit": kind},
            {},
            429,
            denied(f"{kind} limit exceeded, {LATER}"),
        )
        for kind in ("request", "bytes", "recipient")
    ),
    ("quota", {"quota_used_up": True}, {}, 420, denied("recipient limit exceeded")),
    (
        "too-large",
        {},
        {"raw": b"a" * (int(52.4 * 1024 * 1024) + 1)},
        413,
        "request size exceeds 52.4MiB limit",
    ),
    ("missing", {}, {"form": letter(**{"from": None})}, 400, "from parameter is missing"),
    ("missing", {}, {"form": letter(to="")}, 400, "to parameter is missing"),
    (
        "missing",
        {},
        {"path": MIME_PATH, **multipart(('name="message"; filename="m"', b""))},
        400,
        "to parameter is missing",
    ),
    (
        "missing",
        {},
        {"path": MIME_PATH, **multipart(('name="to"', b"to@recipient.test"))},
        400,
        "message parameter is missing",
    ),
    (
        "no-file",
        {},
        {
            "path": MIME_PATH,
            **multipart(('name="to"', b"to@recipient.test"), ('name="message"', b"From: a@b")),
        },
        400,
        "'message' parameter is not a file",
    ),
    (
        "no-body",
        {},
        {"form": letter(text=None)},
        400,
        "Need at least one of 'text' or 'html' parameters specified",
    ),
    (
        "html-and-template",
        {},
        {"form": letter(html="<p>", template="t")},
        400,
        "Only one parameters 'html' or 'template' is allowed",
    ),
    *(
        (
            "bad-address",
            {},
            {"form": letter(**{name: value})},
            400,
            f"'{name}' parameter is not a valid address. please check documentation",
        )
        for name, value in [
            ("from", "somebody"),
            ("from", " "),
            ("to", "a@r.test, nobody"),
            ("to", "a:;"),
            ("cc", "@r.test"),
            ("bcc", "a b@"),
            ("to", "b@localhost"),
            ("from", "b@localhost."),
        ]
    ),
    (
        "options-too-large",
        {},
        {"form": letter(**{"v:one": "x" * 8192, "h:X-Two": "y" * 8192})},
        400,
        "Send options (parameters starting with o:, h:, or v:) are limited to 16 kB total",
    ),
    (
        "too-many-recipients",
        {},
        {"form": letter(to=",".join(f"a{n}@r.test" for n in range(1000)), cc="b@r.test")},
        400,
        "Too many recipients, max is 1000",
    ),
    (
        "header-name",
        {},
        {"form": letter(**{"h:X-\u00e9": "x"})},
        400,
        "Header name must be pure ASCII: X-\u00e9",
    ),
    *(
        (
            "header-name-line-break",
            {},
            {"form": letter(**{f"h:{name}": "x"})},
            400,
            "Header name must be one line",
        )
        for name in ("X-A: b\r\nBcc", "X-A\n", "\r")
    ),
    *(
        (
            "bad-page",
            {},
            {"path": f"/v3/sender.test/events/{token}", "method": "GET"},
            400,
            "invalid page token",
        )
        for token in ("junk", "offset%3D", "offset%253Dx", "limit%3D1")
    ),
    (
        "bad-date",
        {},
        {"form": letter(**{"o:deliverytime": '"soon"'})},
        400,
        '"soon" is not an RFC-2822 compliant date',
    ),
    *(
        (
            "bad-variables",
            {},
            {"form": letter(**{"recipient-variables": value})},
            400,
            "'recipient-variables' parameter is not a valid JSON",
        )
        for value in ("{", "[]", "[" * 5000)
    ),
    (
        "content-type",
        {},
        {"path": MIME_PATH},
        400,
        (
            "Invalid request content type. Expecting 'multipart/form-data' but got "
            "'application/x-www-form-urlencoded'"
        ),
    ),
    (
        "content-type",
        {},
        {"raw": b"{}", "content_type": "application/json"},
        400,
        "Invalid request content type. Expecting 'multipart/form-data' but got 'application/json'",
    ),
    (
        "malformed",
        {},
        {"raw": b"", "content_type": "multipart/form-data"},
        400,
        "malformed multipart/form-data request",
    ),
    (
        "cut-off",
        {},
        {"raw": b"--b\r\n", "content_type": "multipart/form-data; boundary=b"},
        400,
        "unable to parse request: unexpected EOF",
    ),
    (
        "url-escape",
        {},
        {"raw": b"from=%zz"},
        400,
        "unable to parse request: invalid URL escape",
    ),
    ("server-error", {"out_of_order": True}, {}, 500, "Internal Server Error"),
    (
        "too-far-ahead",
        {},
        {"form": letter(**{"o:deliverytime": "Mon, 11 May 2026 12:31:00 +0000"})},
        400,
        "invalid delivery time format",
    ),
    (
        "too-far-ahead",
        {"schedule_days": 3},
        {"form": letter(**{"o:deliverytime": "Thu, 07 May 2026 12:31:00 +0000"})},
        400,
        "invalid delivery time format",
    ),
    (
        "no-unsubscribe",
        {},
        {"path": "/v3/sender.test/unsubscribes/a@b.test", "method": "DELETE"},
        404,
        "Unsubscribe event for this tag does not exist",
    ),
    *(
        (
            "no-complaint",
            {},
            {"path": "/v3/sender.test/complaints/a@b.test", "method": method},
            404,
            "No spam complaints found for this address",
        )
        for method in ("GET", "DELETE")
    ),
    (
        "not-stored",
        {},
        {"path": "/v3/sender.test/bounces/a@b.test", "method": "DELETE"},
        404,
        "Address not found in bounces table",
    ),
    (
        "batch-size",
        {},
        {
            "path": "/v3/sender.test/bounces",
            "raw": json.dumps([{"address": f"{n}@b.test"} for n in range(1001)]).encode(),
            "content_type": "application/json",
        },
        400,
        "Batch size should be less than 1000",
    ),
    *(
        (
            "bad-records",
            {},
            {
                "path": "/v3/sender.test/bounces",
                "raw": raw,
                "content_type": "application/json",
            },
            400,
            "invalid JSON",
        )
        for raw in (b"{", b"{}", b"[1]")
    ),
    (
        "missing",
        {},
        {"path": "/v3/sender.test/complaints", "form": {"code": "550"}},
        400,
        "address parameter is missing",
    ),
    (
        "no-such-domain",
        {},
        {"path": "/v3/absent.test/envelopes", "method": "DELETE"},
        404,
        "Domain not found",
    ),
]


@pytest.mark.parametrize(
    ("name", "words", "asked", "status", "message"), REFUSED, ids=[row[0] for row in REFUSED]
)
def test_a_refusal_is_the_vendors_word_for_word(
    name: str, words: dict[str, Any], asked: dict[str, Any], status: int, message: str
) -> None:
    owner = account(**words)
    outcome = ask(owner, **{"form": letter(), **asked})
    response = outcome.response
    assert (response.case, response.status) == (name, status)
    assert decoded(response) == {"message": message or "Domain not found: us.test"}
    assert response.body.startswith(b'{"message":"')
    assert response.header("Content-Type") == "application/json; charset=utf-8"
    assert outcome.accepted == ()
    assert outcome.account == owner


FORBIDDEN: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("forbidden", {}, {"authorization": None}),
    ("forbidden", {}, {"authorization": basic("wrong")}),
    ("forbidden", {}, {"authorization": basic(KEY, "postmaster")}),
    ("forbidden", {}, {"authorization": basic(KEY, "API")}),
    ("forbidden", {}, {"authorization": f"Bearer {KEY}"}),
    ("forbidden", {}, {"authorization": "Basic %%%"}),
    ("forbidden", key(revoked=True), {}),
    ("forbidden", key(kind="public"), {}),
    ("forbidden", key(kind="domain", domain="other.test"), {}),
    ("forbidden", key(kind="domain"), {}),
    ("forbidden", key(region="us"), {"region": "eu", "path": "/v3/european.test/messages"}),
    ("role-may-not-send", key(kind="user", role="basic"), {}),
]


@pytest.mark.parametrize(("name", "words", "asked"), FORBIDDEN)
def test_who_may_not_send_is_told_so_in_plain_text(
    name: str, words: dict[str, Any], asked: dict[str, Any]
) -> None:
    outcome = ask(account(**words), form=letter(), **asked)
    response = outcome.response
    assert (response.case, response.status, response.body) == (name, 401, b"Forbidden")
    assert (response.header("Content-Type") or "").startswith("text/plain")
    assert (response.header("WWW-Authenticate") or "").startswith("Basic")
    assert not outcome.accepted


@pytest.mark.parametrize("path", ["/v3/sender.test/events", "/v3/sender.test/events/page"])
def test_a_question_for_events_without_a_key_is_told_so_in_words_of_its_own(path: str) -> None:
    response = ask(account(), path, authorization=None).response
    assert (response.status, response.body) == (401, b'{"Error":"unauthorized"}')
    assert ask(account(), path, authorization=basic("wrong")).response.case == "invalid-private-key"


def test_the_tables_have_every_refusal() -> None:
    named = {row[0] for row in (*REFUSED, *FORBIDDEN)} | {"rate-limited", "unauthorized"}
    assert named == set(REFUSALS)


def test_no_refusal_has_a_retry_after_and_what_is_unknown_is_marked() -> None:
    for refusal in REFUSALS.values():
        assert "retry-after" not in {name.lower() for name, _ in refusal.headers}
    assert {r.name for r in REFUSALS.values() if r.mark is Mark.SYNTHETIC} == {
        "role-may-not-send",
        "wrong-method",
        "bad-page",
        "header-name-line-break",
        "too-far-ahead",
        "bad-records",
    }


def test_a_refusal_has_the_headers_that_were_recorded() -> None:
    response = ask(account(), form=letter(to="nobody")).response
    assert response.status == 400
    assert response.header("cache-control") == "no-store"
    assert response.header("strict-transport-security") == "max-age=63072000; includeSubDomains"
    assert response.header("x-xss-protection") == "1; mode=block"
