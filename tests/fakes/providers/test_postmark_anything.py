"""Postmark: any request at all gets a documented answer."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from harness.fakes.providers.postmark import PostmarkAccount
from harness.fakes.providers.postmark.refusals import REFUSALS
from harness.fakes.providers.rules import Outcome

from .postmark_requests import ACCOUNT_TOKEN, TOKEN, account, ask, letter

TEXTS = st.text(alphabet=st.characters(exclude_categories=()), max_size=12)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | TEXTS
    | st.sampled_from(["a@sender.test", '"A, B" <to@r.test>, c@d.test', "outbound", "None"])
)
NAMES = [
    "Name", "Value", "Content", "ContentType", "ContentID", "Content-Type", "X-Own", "user",
]  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3)
    ),
    max_leaves=8,
)
HEADERS = st.lists(st.fixed_dictionaries({"Name": TEXTS, "Value": TEXTS}), max_size=3)
FIELDS = [
    "From", "To", "Cc", "Bcc", "Subject", "Tag", "HtmlBody", "TextBody", "ReplyTo", "Metadata",
    "TrackOpens", "TrackLinks", "MessageStream", "Attachments", "TemplateId", "TemplateAlias",
    "TemplateModel", "Messages", "Colour",
]  # fmt: skip
LETTERS = st.builds(
    lambda changes, headers: letter(**changes, Headers=headers),
    st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=3),
    HEADERS,
)
PATHS = [
    "/email", "/email/batch", "/email/withTemplate", "/email/batchWithTemplates", "/server",
    "/messages/outbound", "/bounces", "/domains", "/senders", "/stats/outbound", "/deliverystats",
]  # fmt: skip


def is_documented(outcome: Outcome[PostmarkAccount]) -> None:
    response = outcome.response
    assert response.case in {"accepted", *REFUSALS}
    assert response.status in {200, 401, 404, 405, 413, 415, 422, 429, 500, 503}
    found = json.loads(response.body) if response.status != 405 else {}
    if response.status not in {200, 405}:
        assert list(found) == ["ErrorCode", "Message"]
    for mail in outcome.account.accepted:
        assert isinstance(mail.content, bytes)


@given(path=st.sampled_from(PATHS), body=VALUES | LETTERS | st.lists(LETTERS, max_size=3))
def test_any_message_gets_a_documented_answer(path: str, body: Any) -> None:
    owner = account(templates=["outbound"])
    outcome = ask(owner, path, body)
    is_documented(outcome)
    is_documented(ask(outcome.account, "/messages/outbound", method="GET", raw=b""))
    is_documented(ask(owner, "/email/batchWithTemplates", {"Messages": body}))


@given(
    method=st.sampled_from(["POST", "GET", "PUT", "DELETE"]),
    target=st.sampled_from(["//[", "http://[", "*", "", *PATHS]) | st.text(),
    raw=st.binary() | VALUES.map(lambda value: json.dumps(value).encode()),
    tokens=st.dictionaries(
        st.sampled_from(["X-Postmark-Server-Token", "X-Postmark-Account-Token"]),
        st.sampled_from([TOKEN, ACCOUNT_TOKEN]) | st.text(st.characters(max_codepoint=255)),
    ),
)
def test_any_request_gets_a_documented_answer(
    method: str, target: str, raw: bytes, tokens: dict[str, str]
) -> None:
    is_documented(ask(account(), target, method=method, tokens=tokens, raw=raw))
