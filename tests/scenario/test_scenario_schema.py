"""The JSON Schemas that `harness schema` prints."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jsonschema
import pytest

from harness.scenario.loading import load, loads
from harness.scenario.places import bundled_folder
from harness.scenario.schema import scenario_schema

FILES = sorted(bundled_folder().rglob("*.yaml"))
RIGHT = """\
title: A title that is long enough
verifies: [ORY-035]
given: {smtp: {certificate: expired, faults: [{at: ehlo, do: close, times: 1, then: {do: stall}}]}}
when: [{send: {message: {subject: x}}}, {change: {smtp: {size: 5}}}, {send: {}, expect: {status: failed}}]
then: {sender: {status: [sent, failed], error: {class: stalled}}, wire: {auth: at most 3, mail: 2}}
control: {smtp: {faults: []}}
"""  # noqa: E501  # a step a line would hide that it is a list
OTHER_SERVERS = """\
title: A title that is long enough
verifies: [ORY-035]
given:
  api: {provider: mandrill}
  also:
    stranger: {provider: sendgrid, host: "{host}", account: {senders: [a@b.test]}}
    other: {provider: ses}
when: {send: {}}
then: {sender: {status: sent}}
control: {also: {stranger: {network: open}}}
"""


@pytest.fixture(scope="module")
def complain() -> Callable[[Any], list[str]]:
    schema = scenario_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    return lambda data: [error.message for error in validator.iter_errors(data)]


def test_the_schema_accepts_every_bundled_scenario(complain: Callable[[Any], list[str]]) -> None:
    assert FILES
    refused = {file.name: complain(load(file).data) for file in FILES}
    assert {name: told for name, told in refused.items() if told} == {}


def test_the_schema_accepts_every_word_that_harness_validate_does(
    complain: Callable[[Any], list[str]],
) -> None:
    assert complain(loads(RIGHT, source="a").data) == []


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("title:", "tittle:"),
        ("certificate: expired", "certifcate: expired"),
        ("certificate: expired", "certificate: rotten"),
        ("certificate: expired", "port: many"),
        ("do: close", "do: explode"),
        ("do: close", "do: close, code: 5"),
        ("do: close", "do: reply"),
        ("do: stall", "do: stall, octet: 5"),
        ("at: ehlo, ", ""),
        ("subject: x", "subjct: x"),
        ("size: 5", "sise: 5"),
        ("expect: {status", "expect: {state"),
        ("status: failed", "status: fine"),
        ("class: stalled", "class: dead"),
        ("auth: at most 3", "auth: at most three"),
        ("mail: 2", "maul: 2"),
        ("control: {smtp", "control: {smpt"),
        ("control: {smtp: {faults", "control: {smtp: {fault"),
        ("verifies: [ORY-035]", "verifies: ORY-035"),
        ("when: [", "whom: ["),
    ],
)
def test_the_schema_refuses_what_is_misspelt(
    right: str, wrong: str, complain: Callable[[Any], list[str]]
) -> None:
    assert RIGHT.count(right) == 1
    assert complain(loads(RIGHT.replace(right, wrong), source="a").data)


def test_the_schema_knows_other_apis(complain: Callable[[Any], list[str]]) -> None:
    assert complain(loads(OTHER_SERVERS, source="a").data) == []


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("provider: sendgrid, ", ""),
        ("provider: sendgrid", "provider: gmail"),
        ('host: "{host}"', "hosts: a"),
        ("network: open", "netwrok: open"),
        ("network: open", "network: shut"),
        ("account: {senders", "account: {sender"),
        ("account: {senders: [a@b.test]}", "account: {senders: 5}"),
        ("account: {senders: [a@b.test]}", "account: {rejects: []}"),
        ("network: open", "account: {domain: []}"),
    ],
)
def test_the_schema_refuses_what_is_misspelt_of_other_apis(
    right: str, wrong: str, complain: Callable[[Any], list[str]]
) -> None:
    assert OTHER_SERVERS.count(right) == 1
    assert complain(loads(OTHER_SERVERS.replace(right, wrong), source="a").data)


@pytest.mark.parametrize(
    ("provider", "account", "is_right"),
    [
        ("sendgrid", "{ip_pools: [a]}", True),
        ("mandrill", "{ip_pools: [a]}", False),
        ("mandrill", "{rejects: [{email: a@b.test}]}", True),
        ("mandrill", "{rejects: [{mail: a@b.test}]}", False),
        ("mandrill", '{rejects: ["{who}"], demo: "{what.demo}"}', True),
        ("mandrill", '"{what.words}"', True),
        ("ses", '{keys: [{policy: {Statement: {Effect: Deny, Action: "ses:*"}}}]}', True),
        ("ses", "{keys: [{policy: {Statement: {Effect: Denied, Action: []}}}]}", False),
        ("ses", "{accepted: []}", False),
        ('"{provider}"', "{ip_pools: [a]}", True),
        ('"{provider}"', "{ip_pool: [a]}", False),
    ],
)
def test_the_schema_knows_the_words_of_each_providers_account(
    provider: str, account: str, is_right: bool, complain: Callable[[Any], list[str]]
) -> None:
    text = OTHER_SERVERS.replace("provider: mandrill", f"provider: {provider}, account: {account}")
    assert (complain(loads(text, source="a").data) == []) is is_right


@pytest.mark.parametrize(
    ("words", "is_right"),
    [
        ("provider: sendgrid, account: {senders: [a@b.test]}", True),
        ("provider: sendgrid, account: {rejects: []}", False),
        ("provider: sendgrid, acount: {}", False),
        ("provider: ses, security: none", False),
        ('provider: ses, port: "{port}"', True),
        ("provider: ses, username: a", False),
        ("account: {}", False),
    ],
)
def test_the_schema_knows_the_words_of_a_providers_smtp_service(
    words: str, is_right: bool, complain: Callable[[Any], list[str]]
) -> None:
    text = (
        OTHER_SERVERS.split("given:", maxsplit=1)[0]
        + f"""\
given: {{submission: {{{words}}}}}
when: [{{send: {{}}}}, {{change: {{submission: {{account: {{}}}}}}}}]
then: {{sender: {{status: sent}}}}
control: {{submission: {{certificate: good}}}}
"""
    )
    assert (complain(loads(text, source="a").data) == []) is is_right


@pytest.mark.parametrize(
    ("right", "placeholder"),
    [
        ("certificate: expired", 'certificate: "{kind}"'),
        ("size: 5", 'size: "{size.octets}"'),
        ("certificate: expired, faults: [", 'certificate: expired, faults: ["{fault}", '),
        ("do: close", 'do: "{action}"'),
        ("status: [sent, failed]", 'status: "{status}"'),
        ("class: stalled", 'class: ["{class}", stalled]'),
        ("mail: 2", 'mail: "{count}"'),
        ("certificate: expired", 'auth: {prompts: ["{one}", "{two}"]}'),
    ],
)
def test_a_placeholder_may_stand_for_any_value(
    right: str, placeholder: str, complain: Callable[[Any], list[str]]
) -> None:
    assert RIGHT.count(right) == 1
    text = RIGHT.replace(right, placeholder) + "axes: {kind: [a], fault: {b: {do: close}}}"
    assert complain(loads(text, source="a").data) == []
