"""Permissions of keys: those that the vendor has, and no others."""

from __future__ import annotations

import re
from typing import Any

import pytest
from botocore.session import get_session

from harness.errors import ScenarioError
from harness.fakes import FakeError, Mandrill, Postmark, SendGrid, Ses
from harness.fakes.providers.calls import calls_of
from harness.fakes.providers.keyed import KeyedAccount
from harness.fakes.providers.mandrill.reads import READS
from harness.fakes.providers.registry import account_type, provider_names
from harness.fakes.providers.ses.calls import ACTIONS as CALLS
from harness.fakes.providers.ses.policy import ACTIONS, Policy
from harness.scenario.expansion import expand
from harness.scenario.loading import loads

KEYED = [name for name in provider_names() if issubclass(account_type(name), KeyedAccount)]
NAMED = {
    name: found.known_permissions.names
    for name in KEYED
    if issubclass(found := account_type(name), KeyedAccount) and found.known_permissions.names
}


@pytest.mark.parametrize("name", NAMED)
def test_every_permission_that_the_vendor_has_is_taken(name: str) -> None:
    keys = [{"key": each, "permissions": [each]} for each in sorted(NAMED[name])]
    assert len(account_type(name).model_validate({"keys": keys}).model_dump()["keys"]) == len(keys)


def test_those_that_decide_are_among_them() -> None:
    assert "mail.send" in NAMED["sendgrid"]
    assert {"Transmissions: Read/Write", "Send via SMTP"} <= NAMED["sparkpost"]
    assert NAMED["resend"] == {"full_access", "sending_access"}
    assert len(NAMED["sendgrid"]) > 200


def test_a_call_of_mandrills_is_a_permission() -> None:
    called = (re.search(r"1\.0/(.+)", each) for each in calls_of("mandrill").paths)
    assert {found[1] for found in called if found} | set(READS) <= NAMED["mandrill"]


@pytest.mark.parametrize(
    ("kind", "permission", "told"),
    [
        (SendGrid, "mail.sent", "did you mean mail.send?"),
        (SendGrid, "Mail Send", "there is no permission 'Mail Send'"),
        (Mandrill, "messages/sent", "did you mean messages/send?"),
        (Postmark, "send", "has no permissions"),
    ],
)
def test_one_that_it_has_not_is_refused_with_the_choices(
    kind: Any, permission: str, told: str
) -> None:
    with pytest.raises(FakeError, match=re.escape(told)):
        kind(account={"keys": [{"permissions": [permission]}]})


def test_a_scenario_with_one_is_told_its_line() -> None:
    text = """
title: A key with a permission that there is not
verifies: [ORY-006]
given:
  api:
    provider: sendgrid
    account:
      keys:
        - {key: a}
        - permissions:
            - mail.send
            - mail.sent
when: {send: {}}
then: {sender: {status: sent}}
"""
    with pytest.raises(ScenarioError) as caught:
        expand(loads(text, source="a.yaml"), "a")
    said = "a.yaml:12: given.api.account.keys.1.permissions.1: there is no permission 'mail.sent'"
    assert said in str(caught.value)


# IAM policies.


def test_every_action_of_ses_is_taken_and_every_call_is_one() -> None:
    Policy.model_validate({"Statement": {"Effect": "Allow", "Action": sorted(ACTIONS.names)}})
    assert {f"ses:{call}" for call in CALLS} <= ACTIONS.names
    models = [get_session().get_service_model(name) for name in ("ses", "sesv2", "mailmanager")]
    assert {f"ses:{call}" for model in models for call in model.operation_names} <= ACTIONS.names


@pytest.mark.parametrize(
    "action", ["*", "ses:*", "ses:Send*", "SES:sendemail", "ses:Get???dQuota", "sns:Publish"]
)
def test_patterns_and_actions_of_other_services_are_taken(action: str) -> None:
    Policy.model_validate({"Statement": {"Effect": "Allow", "Action": action}})


@pytest.mark.parametrize(
    ("action", "told"),
    [
        ("ses:SendMail", "SES has no action 'ses:SendMail', did you mean ses:SendEmail? (choose"),
        ("ses:SendBulkEmails", "did you mean ses:SendBulkEmail?"),
        ("ses:Mail*", "SES has no action 'ses:Mail*'"),
        ("SendEmail", "did you mean ses:SendEmail?"),
    ],
)
def test_an_action_that_ses_has_not_is_refused_with_the_choices(action: str, told: str) -> None:
    policy = {"Statement": [{"Effect": "Allow", "Action": ["ses:SendEmail", action]}]}
    with pytest.raises(FakeError, match=re.escape(told)):
        Ses(account={"keys": [{"policy": policy}]})


@pytest.mark.parametrize(
    ("written", "place"),
    [("ses:SendMail", "Action"), ("[ses:SendEmail, ses:SendMail]", "Action.1")],
)
def test_a_scenario_with_one_is_told_the_line_of_the_action(written: str, place: str) -> None:
    text = f"""
title: A policy with an action that there is not
verifies: [ORY-006]
given:
  api:
    provider: ses
    account:
      keys:
        - policy:
            Statement:
              - Effect: Allow
                Action: {written}
when: {{send: {{}}}}
then: {{sender: {{status: sent}}}}
"""
    with pytest.raises(ScenarioError) as caught:
        expand(loads(text, source="a.yaml"), "a")
    said = f"a.yaml:12: given.api.account.keys.0.policy.Statement.0.{place}: SES has no action"
    assert said in str(caught.value)
