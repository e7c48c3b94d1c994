"""Whatever comes, SES has an answer."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any
from urllib.parse import parse_qsl
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from harness.fakes.http.exchange import Request
from harness.fakes.providers.ses import PROVIDER, SesAccount

from .ses_requests import ONLY_RAW, RAW, account, answer, form, keys, rest, send_email, send_raw

# Whatever comes.

_anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=5,
)
_DOCUMENTS: list[tuple[str, str, Any]] = [
    ("POST", "outbound-emails", {
        "FromEmailAddress": "a@example.com", "Destination": {"ToAddresses": ["b@example.net"]},
        "ReplyToAddresses": ["r@example.com"], "Content": {"Simple": {
            "Subject": {"Data": "Hi"}, "Body": {"Text": {"Data": "t"}, "Html": {"Data": "<b>"}},
            "Headers": [{"Name": "X-A", "Value": "v"}],
            "Attachments": [{"FileName": "f", "RawContent": "aGk="}]}},
        "EmailTags": [{"Name": "n", "Value": "v"}]}),
    ("POST", "outbound-emails", {"Content": {"Raw": {"Data": b64encode(RAW).decode()}}}),
    ("POST", "outbound-bulk-emails", {
        "FromEmailAddress": "a@example.com",
        "DefaultContent": {"Template": {"TemplateName": "t", "TemplateData": "{}"}},
        "BulkEmailEntries": [{
            "Destination": {"ToAddresses": ["b@example.net"]},
            "ReplacementEmailContent": {
                "ReplacementTemplate": {"ReplacementTemplateData": '{"name": 1}'}}}]}),
    ("PUT", "account/sending", {"SendingEnabled": True}),
    ("POST", "list-identities", {"PageSize": 1, "NextToken": "1"}),
    ("POST", "metrics/batch", {"Queries": [{
        "Id": "1", "Namespace": "VDM", "Metric": "SEND", "StartDate": 0, "EndDate": 2e9}]}),
]  # fmt: skip


def _changed(draw: st.DrawFn, value: Any) -> Any:
    """The value with something somewhere in it replaced."""
    if isinstance(value, dict) and value and draw(st.integers(0, 4)):
        name = draw(st.sampled_from(sorted(value)))
        return {**value, name: _changed(draw, value[name])}
    if isinstance(value, list) and value and draw(st.integers(0, 4)):
        return [_changed(draw, value[0]), *value[1:]]
    return draw(_anything)


@st.composite
def _v2_requests(draw: st.DrawFn) -> Request:
    method, path, document = draw(st.sampled_from(_DOCUMENTS))
    return rest(method, path, _changed(draw, document))


_V1 = [dict(parse_qsl(request.body.decode())) for request in (send_email(), send_raw())]
_NAMES = sorted({name for parameters in _V1 for name in parameters})


@st.composite
def _v1_requests(draw: st.DrawFn) -> Request:
    parameters = dict(draw(st.sampled_from(_V1)))
    names = st.sampled_from(_NAMES) | st.text(max_size=8)
    changes = draw(st.dictionaries(names, st.text(max_size=12), max_size=3))
    for name in draw(st.sets(st.sampled_from(_NAMES), max_size=2)):
        parameters.pop(name, None)
    return form({**parameters, **changes})


_targets = st.text(max_size=12).map("/{}".format) | st.sampled_from(
    ["//[", "", "*", "/?", "/v2/email/"]
)
_unsigned = st.builds(
    Request,
    method=st.sampled_from(["GET", "POST", "DELETE", ""]),
    target=_targets,
    headers=st.lists(
        st.tuples(
            st.sampled_from(["Authorization", "X-Amz-Date", "Host", "Date"]), st.text(max_size=30)
        ),
        max_size=3,
    ).map(tuple),
    body=st.binary(max_size=30),
)
_STATES = st.sampled_from(
    [
        account(templates=[{"name": "t", "subject": "{{name}}", "text": "x"}]),
        account(sandbox=True, suppressed=["b@example.net"]),
        account(**keys(ONLY_RAW)),
    ]
)  # fmt: skip


@given(_STATES, _v1_requests() | _v2_requests() | _unsigned)
def test_whatever_comes_gets_a_documented_answer(state: SesAccount, request: Request) -> None:
    outcome = answer(state, request)
    response = outcome.response
    assert response.case == "accepted" or response.case in PROVIDER.refusals
    assert (response.status == 200) is (response.case == "accepted")
    assert not outcome.accepted or response.status == 200
    assert response.header("retry-after") is None
    if response.header("content-type") == "text/xml":
        ET.fromstring(response.body)
    else:
        json.loads(response.body)
    for mail in outcome.accepted:
        assert mail.content
        assert mail.recipients
    assert outcome.account.serial > state.serial


@given(st.binary(max_size=120))
def test_whatever_stands_in_a_raw_message_gets_a_documented_answer(raw: bytes) -> None:
    for request in (send_raw(raw), send_raw(b"From: a@example.com\r\nTo: " + raw)):
        outcome = answer(account(), request)
        assert outcome.response.case == "accepted" or outcome.response.case in PROVIDER.refusals
        ET.fromstring(outcome.response.body)
