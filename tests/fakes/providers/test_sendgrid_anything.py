"""SendGrid: any request at all gets a documented answer."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from harness.fakes.providers.rules import Outcome
from harness.fakes.providers.sendgrid import SendGridAccount
from harness.fakes.providers.sendgrid.refusals import REFUSALS

from .sendgrid_requests import KEY, account, ask, errors, letter

TEXTS = st.text(alphabet=st.characters(exclude_categories=()), max_size=12)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | TEXTS
    | st.sampled_from(["from@sender.test", "to@recipient.test", "a@[", "text/plain"])
)
NAMES = [
    "email", "name", "type", "value", "content", "filename", "to", "from", "subject", "headers",
    "send_at", "sandbox_mode", "enable", "X-Own", "Content-Type", "",
]  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3)
    ),
    max_leaves=8,
)
FIELDS = [
    "personalizations", "from", "reply_to", "reply_to_list", "subject", "content", "attachments",
    "template_id", "headers", "categories", "send_at", "ip_pool_name", "mail_settings",
    "sections", "asm", "custom_args", "tracking_settings",
]  # fmt: skip
PERSONS = st.lists(
    st.builds(
        lambda person, more: {**person, **more},
        st.just({"to": [{"email": "to@recipient.test"}]}),
        st.dictionaries(
            st.sampled_from(
                ["cc", "bcc", "from", "subject", "headers", "substitutions", "custom_args"]
            ),
            VALUES,
        ),
    ),
    min_size=1,
    max_size=2,
)
LETTERS = st.builds(
    lambda people, changes: {**letter(personalizations=people), **changes},
    PERSONS,
    st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=2),
) | st.builds(
    lambda headers, name: letter(headers=headers, reply_to={"email": "a@b.test", "name": name}),
    st.dictionaries(TEXTS, VALUES, max_size=3),
    TEXTS,
)
TARGETS = [
    "/v3/mail/send", "/v3/messages?query=x&limit=-1", "/v3/logs", "/v3/scopes", "/v3/user/credits",
    "/v3/whitelabel/domains/0/validate", "//[", "http://[", "*", "",
]  # fmt: skip


def is_documented(outcome: Outcome[SendGridAccount]) -> None:
    response = outcome.response
    assert response.case in {"accepted", *REFUSALS}
    assert response.status in {200, 202, 400, 401, 403, 404, 405, 413, 415, 429, 500, 503}
    if response.status == 202:
        assert response.body == b""
    elif response.status != 200:
        assert all(one["message"] for one in errors(response))
    for mail in outcome.account.accepted:
        assert isinstance(mail.content, bytes)


@given(body=VALUES | LETTERS)
def test_any_message_gets_a_documented_answer(body: Any) -> None:
    outcome = ask(account(), body=body)
    is_documented(outcome)
    is_documented(ask(outcome.account, "/v3/messages", method="GET"))
    is_documented(ask(outcome.account, "/v3/logs", body))


@given(
    method=st.sampled_from(["POST", "GET", "PUT", "DELETE"]),
    target=st.sampled_from(TARGETS) | st.text(),
    raw=st.binary() | VALUES.map(lambda value: json.dumps(value).encode()),
    authorization=st.sampled_from([None, f"Bearer {KEY}", "Bearer"])
    | st.text(st.characters(max_codepoint=255)),
)
def test_any_request_gets_a_documented_answer(
    method: str, target: str, raw: bytes, authorization: str | None
) -> None:
    is_documented(ask(account(), target, method=method, raw=raw, authorization=authorization))
