"""IAM policies of SES: what they decide, and which action a request asks for."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from harness.fakes.http.exchange import Request
from harness.fakes.providers.ses import Policy, action_needed

_START = "arn:aws:ses:eu-west-1:123456789012:identity"
_ANY = f"{_START}/example.com"


def _policy(*statements: dict[str, Any]) -> Policy:
    return Policy.model_validate({"Version": "2012-10-17", "Statement": list(statements)})


def _allow(action: Any, resource: Any = "*") -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource}


def _deny(action: Any, resource: Any = "*") -> dict[str, Any]:
    return {**_allow(action, resource), "Effect": "Deny"}


@pytest.mark.parametrize(
    ("statements", "action", "resource", "decision"),
    [
        ([_allow(["ses:SendRawEmail", "ses:SendEmail"])], "ses:SendEmail", _ANY, True),
        ([_allow(["ses:SendRawEmail", "ses:SendEmail"])], "ses:SendRawEmail", _ANY, True),
        ([_allow("ses:SendEmail")], "ses:SendRawEmail", _ANY, False),
        ([], "ses:SendEmail", _ANY, False),
        ([_allow("*")], "ses:SendEmail", _ANY, True),
        ([_allow("ses:*")], "ses:SendEmail", _ANY, True),
        ([_allow("ses:Send*")], "ses:SendRawEmail", _ANY, True),
        ([_allow("ses:Send*")], "ses:GetSendQuota", _ANY, False),
        ([_allow("ses:Send???Email")], "ses:SendRawEmail", _ANY, True),
        ([_allow("SES:sendemail")], "ses:SendEmail", _ANY, True),
        ([_allow("ses:SendEmail", _ANY)], "ses:SendEmail", _ANY, True),
        ([_allow("ses:SendEmail", _ANY)], "ses:SendEmail", f"{_START}/example.org", False),
        ([_allow("ses:SendEmail", _ANY)], "ses:SendEmail", f"{_START}/EXAMPLE.com", False),
        ([_allow("ses:SendEmail", _ANY)], "ses:SendEmail", "*", False),
        ([_allow("ses:SendEmail", f"{_START}/*")], "ses:SendEmail", _ANY, True),
        ([_allow("*"), _deny("ses:SendEmail")], "ses:SendEmail", _ANY, False),
        ([_deny("ses:SendEmail"), _allow("*")], "ses:SendEmail", _ANY, False),
        ([_allow("*"), _deny("ses:SendEmail")], "ses:SendRawEmail", _ANY, True),
        ([_allow("*"), _deny("*", f"{_START}/example.org")], "ses:SendEmail", _ANY, True),
    ],
)
def test_a_policy_decides_as_iam_does(
    statements: list[dict[str, Any]], action: str, resource: str, decision: bool
) -> None:
    assert _policy(*statements).allows(action, resource) is decision


def test_the_example_of_the_document_allows_both_actions() -> None:
    text = """{"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
               "Action": ["ses:SendRawEmail", "ses:SendEmail"], "Resource": "*"}]}"""
    policy = Policy.model_validate(json.loads(text))
    assert policy.allows("ses:SendRawEmail", _ANY)
    assert policy.allows("ses:SendEmail", _ANY)


def test_one_statement_need_not_be_in_a_list() -> None:
    assert Policy.model_validate({"Statement": _allow("ses:SendEmail")}).allows("ses:SendEmail")


@pytest.mark.parametrize(
    "statement",
    [
        {**_allow("ses:SendEmail"), "Condition": {}},
        {"Effect": "Allow", "NotAction": "ses:SendEmail", "Resource": "*"},
        {"Effect": "allow", "Action": "ses:SendEmail", "Resource": "*"},
        {"Effect": "Allow", "Resource": "*"},
    ],
)
def test_what_is_not_modelled_is_not_taken_in_silence(statement: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        _policy(statement)


_patterns = st.text("ab*?:./", max_size=6)


@given(_patterns, st.text("ab:./", max_size=6))
def test_wildcards_are_those_of_a_shell_without_brackets(pattern: str, text: str) -> None:
    assert _policy(_allow("*", pattern)).allows("ses:SendEmail", text) is fnmatchcase(text, pattern)


def test_brackets_are_no_wildcards() -> None:
    assert not _policy(_allow("*", "[a]")).allows("ses:SendEmail", "a")
    assert _policy(_allow("*", "[a]")).allows("ses:SendEmail", "[a]")


# Which action a request needs.


def _query(action: str, method: str = "POST") -> Request:
    form = urlencode({"Action": action, "Version": "2010-12-01"})
    if method == "GET":
        return Request(method="GET", target=f"/?{form}", headers=())
    return Request(method=method, target="/", headers=(), body=form.encode())


def _rest(method: str, path: str, document: Any = None) -> Request:
    body = json.dumps(document).encode() if document is not None else b""
    return Request(method=method, target=f"/v2/email/{path}", headers=(), body=body)


_SIMPLE = {"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}}


@pytest.mark.parametrize(
    ("request_", "action"),
    [
        (_query("SendEmail"), "ses:SendEmail"),
        (_query("SendRawEmail"), "ses:SendRawEmail"),
        (_query("SendTemplatedEmail"), "ses:SendTemplatedEmail"),
        (_query("SendBulkTemplatedEmail"), "ses:SendBulkTemplatedEmail"),
        (_query("GetSendQuota", "GET"), "ses:GetSendQuota"),
        (_rest("POST", "outbound-emails", {"Content": _SIMPLE}), "ses:SendEmail"),
        (_rest("POST", "outbound-emails", {"Content": {"Raw": {"Data": ""}}}), "ses:SendRawEmail"),
        (_rest("POST", "outbound-emails", {"Content": {"Template": {}}}), "ses:SendTemplatedEmail"),
        (_rest("POST", "outbound-bulk-emails", {}), "ses:SendBulkTemplatedEmail"),
        (_rest("GET", "account"), "ses:GetAccount"),
        (_rest("GET", "identities/example.com"), "ses:GetEmailIdentity"),
        (_query("NoSuchAction"), ""),
        (_query("SendEmail", "PUT"), ""),
        (_rest("GET", "outbound-emails"), ""),
        (_rest("POST", "outbound-emails", []), ""),
        (Request(method="GET", target="//[", headers=()), ""),
    ],
)
def test_the_action_that_a_request_needs(request_: Request, action: str) -> None:
    assert action_needed(request_) == action
