"""Every refusal of Resend's is served, in its own words, and changes nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from harness.fakes.marks import Mark
from harness.fakes.providers.resend.refusals import REFUSALS

from .resend_requests import KEY, account, ask, letter

UUID = "4ef9a417-02e9-4d39-ad75-9611e0fcc33c"
FILE = {"filename": "a.txt", "content": "AAAA"}
OTHER_KEY = KEY[:-1] + "x"
BOUND = {"permissions": ["sending_access"], "domain": "half.test"}
TEMPLATE = {"id": "welcome", "sender": "a@sender.test", "subject": "Hi {{{NAME}}}"}


@dataclass(frozen=True, kw_only=True)
class Cause:
    """What leads to a refusal."""

    account: dict[str, Any] = field(default_factory=dict)
    body: Any = None
    words: dict[str, Any] = field(default_factory=dict)


def by(**words: Any) -> Cause:
    return Cause(words=words)


def of(**account: Any) -> Cause:
    return Cause(account=account)


def with_body(**changes: Any) -> Cause:
    return Cause(body=letter(**changes))


def in_batch(*items: Any) -> Cause:
    return Cause(body=list(items), words={"target": "/emails/batch"})


def by_template(**changes: Any) -> Cause:
    body = letter(text=..., template={"id": "welcome", "variables": {}}, **changes)
    return Cause(account={"templates": [TEMPLATE]}, body=body)


CAUSES: dict[str, list[Cause]] = {
    "no-user-agent": [by(headers={"User-Agent": ""})],
    "no-key": [by(headers={"Authorization": ""})],
    "bad-key": [by(key=OTHER_KEY), of(keys=[{"revoked": True}])],
    "bad-key-elsewhere": [
        by(key=OTHER_KEY, target="/domains", method="GET"),
        by(key="SG.wrong"),
        by(headers={"Authorization": f"Basic {KEY}"}),
        by(headers={"Authorization": KEY}),
    ],
    "inactive-key": [of(keys=[{"active": False}])],
    "suspended-key": [of(keys=[{"suspended": True}]), of(suspended=True)],
    "restricted-key": [
        Cause(
            account={"keys": [{"permissions": ["sending_access"]}]},
            words={"target": "/domains", "method": "GET"},
        )
    ],
    "other-domain": [of(keys=[BOUND], domains=[{"name": "sender.test"}, {"name": "half.test"}])],
    "keys-domain-not-verified": [of(keys=[BOUND]), of(keys=[BOUND], domains=[])],
    "domain-not-verified": [
        of(domains=[]),
        with_body(**{"from": "a@half.test"}),
        with_body(**{"from": "a@sub.sender.test"}),
    ],
    "only-to-the-owner": [
        with_body(**{"from": "onboarding@resend.dev"}),
        with_body(**{"from": "onboarding@resend.dev", "to": "delivered@resend.dev", "cc": "a@b.c"}),
        with_body(**{"from": "onboarding@resend.dev", "to": "somebody@resend.dev"}),
    ],
    "reserved-recipient": [with_body(to="a@example.com"), with_body(bcc=["a@EXAMPLE.invalid"])],
    "invalid-address": [
        with_body(to=["right@recipient.test", wrong])
        for wrong in ("nobody", "a@", "@b.test", "a b@c.test", "a@b", "a@b.c, d@e.f", "<a@b.c")
    ]
    + [with_body(reply_to="x"), with_body(**{"from": "x"})],
    "too-many-recipients": [with_body(to=[f"a{n}@b.test" for n in range(51)])],
    "missing-field": [
        with_body(to=...),
        with_body(to=[]),
        with_body(subject=...),
        with_body(subject=""),
        with_body(**{"from": None}),
        Cause(
            body={}, words={"target": f"/emails/{UUID}", "method": "PATCH"}
        ),
    ],
    "no-body": [with_body(text=...), with_body(text="", html="")],
    "wrong-type": [
        with_body(subject=7),
        with_body(to=[7]),
        with_body(headers={"X-Count": 3}),
        with_body(tags=[{"name": "a"}]),
        with_body(attachments=["a"]),
        with_body(attachments=[{"content": [256]}]),
        with_body(attachments=[{"content": {"a": 1}}]),
        with_body(template="welcome", text=...),
    ],
    "bad-header": [with_body(headers={"X-A\n": "v"}), with_body(headers={"X-A": "v\r\nTo: x"})],
    "attachment-without-content": [with_body(attachments=[{"filename": "a.txt"}])],
    "too-large": [with_body(attachments=[{"filename": "a", "content": "A" * 40_000_001}])],
    "bad-tag": [
        with_body(tags=[{"name": "über", "value": "x"}]),
        with_body(tags=[{"name": "a", "value": "b" * 257}]),
        with_body(tags=[{"name": f"a{n}", "value": "b"} for n in range(76)]),
    ],
    "bad-schedule": [with_body(scheduled_at="2027-01-01T00:00:00Z")],
    "schedule-and-attachments": [with_body(scheduled_at="in 1 min", attachments=[FILE])],
    "template-and-body": [by_template(html="<p>x</p>")],
    "unknown-template": [with_body(text=..., template={"id": "none"})],
    "missing-variable": [by_template()],
    "batch-size": [in_batch(), in_batch(*[letter()] * 101)],
    "attachments-in-batch": [in_batch(letter(), letter(attachments=[FILE]))],
    "bad-idempotency-key": [by(headers={"Idempotency-Key": "k" * 257})],
    "same-key-in-progress": [
        Cause(
            account={"same_key_in_progress": True}, words={"headers": {"Idempotency-Key": "k"}}
        )
    ],
    "rate-limited": [of(rate_limited=True)],
    "daily-quota": [of(quota_used_up=True)],
    "monthly-quota": [of(quota_used_up=True, quota="monthly"), of(
        quota_used_up=True, quota="monthly", plan="paid")],
    "server-error": [of(trouble="error")],
    "unavailable": [of(trouble="unavailable")],
    "not-json": [by(raw=b"{"), Cause(body=[]), in_batch(7), Cause(
        body={}, words={"target": "/emails/batch"})],
    "unknown-path": [by(target="/email"), by(target="/v1/emails")],
    "wrong-method": [by(method="PUT"), by(target="/emails/batch", method="GET")],
    "suppression-batch-size": [
        Cause(body={"emails": []}, words={"target": "/suppressions/batch/add"}),
        Cause(
            body={"ids": [UUID] * 101}, words={"target": "/suppressions/batch/remove"}
        ),
    ],
    "not-a-uuid": [by(target="/emails/7", method="GET")],
    "not-found": [
        by(target=f"/emails/{UUID}", method="GET"),
        by(target=f"/emails/{UUID}/cancel"),
        by(target=f"/domains/{UUID}", method="GET"),
        by(target=f"/domains/{UUID}/verify"),
        by(target="/suppressions/a@b.test", method="GET"),
    ],
}  # fmt: skip
# These need a message that was taken before: `test_resend_rules`.
AFTERWARDS = {"other-payload", "not-scheduled"}


@pytest.mark.parametrize(
    ("name", "cause"),
    [
        pytest.param(name, cause, id=f"{name}-{number}")
        for name, causes in CAUSES.items()
        for number, cause in enumerate(causes)
    ],
)
def test_a_cause_meets_its_refusal_and_changes_nothing(name: str, cause: Cause) -> None:
    owner = account(**cause.account)
    outcome = ask(owner, body=cause.body, **cause.words)
    response = outcome.response
    assert (response.case, response.status) == (name, REFUSALS[name].status), response.body
    assert outcome.accepted == ()
    assert outcome.account == owner
    if name != "no-user-agent":
        assert json.loads(response.body)["statusCode"] == response.status
        assert "<" not in response.body.decode().replace("Name <email@example.com>", "")


def test_every_refusal_has_its_cause() -> None:
    assert CAUSES.keys() | AFTERWARDS == set(REFUSALS)


def test_what_is_not_known_says_so() -> None:
    for refusal in REFUSALS.values():
        assert refusal.when
        assert (refusal.mark is Mark.SYNTHETIC) == (
            "not known" in refusal.source
            or "not both are supported" in refusal.source
            or refusal.name == "not-json"
        ), refusal.name
