"""The words of `account`: checked against the provider's own, when the file is read."""

from __future__ import annotations

import re

import pytest

from harness.errors import ScenarioError
from harness.fakes.providers.registry import account_type, provider, provider_names
from harness.scenario.case import Case
from harness.scenario.expansion import expand
from harness.scenario.loading import loads

_FORM = """\
title: A title that is long enough
verifies: [ORY-035]
@axes@
given:
  api:
    provider: @provider@
    account: @account@
  also: @also@
when: @when@
then: {sender: {status: @status@}}
@control@
"""
ACCOUNT = 7
ALSO = 8
WHEN = 9
CONTROL = 11


def read(account: str = "{}", **parts: str) -> tuple[Case, ...]:
    usual = {
        "provider": "sendgrid", "axes": "axes: {}", "also": "{}", "when": "{send: {}}",
        "status": "sent", "control": "note: none",
    }  # fmt: skip
    text = _FORM
    for name, part in {**usual, **parts, "account": account}.items():
        text = text.replace(f"@{name}@", part)
    return expand(loads(text, source="a.yaml"), "a")


def refused(account: str = "{}", **parts: str) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        read(account, **parts)
    return [line.removeprefix("a.yaml:") for line in str(caught.value).splitlines()]


def test_an_unknown_word_is_told_with_its_line_the_choices_and_the_nearest() -> None:
    [told] = refused("{domain: x}")
    assert told.startswith(
        f"{ACCOUNT}: given.api.account.domain: there is no such key, did you mean domains? "
        "(choose from suspended, rate_limited, rate, quota_used_up, suppressed, seed, serial, "
    )
    words = "templates, ip_pools, unsubscribed, unsubscribe_groups, complained, trouble"
    assert told.endswith(f", senders, {words})")


@pytest.mark.parametrize(
    ("name", "account", "path", "reason"),
    [
        ("sendgrid", "[]", "", "a mapping is due"),
        ("sendgrid", "null", "", "a mapping is due"),
        ("sendgrid", "{domains: x}", "domains", "a list is due"),
        ("sendgrid", "{domains: [{name: a.test, verifed: true}]}", "domains.0.verifed",
         "there is no such key, did you mean verified? (choose from name, verified, region)"),
        ("sendgrid", '{domains: [{name: a.test, verified: "yes"}]}', "domains.0.verified",
         "true or false is due"),
        ("sendgrid", "{domains: [{name: a@b.test}]}", "domains.0.name",
         "a name as example.com is due, and 'a@b.test' is none"),
        ("sendgrid", "{senders: [b.test]}", "senders.0",
         "an address as name@example.com is due, and 'b.test' is none"),
        ("sendgrid", "{trouble: eror}", "trouble",
         "there is no 'eror', did you mean error? (choose from error, unavailable)"),
        ("sendgrid", "{keys: [{permissions: mail.send}]}", "keys.0.permissions", "a list is due"),
        ("mailgun", "{keys: [{kind: domian}]}", "keys.0.kind",
         "there is no 'domian', did you mean domain? (choose from account, user, domain, public)"),
        ("mailgun", "{statuses: {quota: 4}}", "statuses.quota", "at least 200 is due"),
        ("ses", "{number: 12}", "number", "a text is due: put 12 in quotes"),
        ("ses", "{keys: [{policy: {Statement: [{Effect: Alow, Action: 'ses:SendEmail'}]}}]}",
         "keys.0.policy.Statement.0.Effect",
         "there is no 'Alow', did you mean Allow? (choose from Allow, Deny)"),
        ("ses", "{keys: [{policy: {statement: []}}]}", "keys.0.policy.statement",
         "there is no such key, did you mean Statement? (choose from Version, Id, Statement)"),
        # States that cannot be.
        ("sendgrid", "{domains: [{name: a.test}, {name: A.test}]}", "domains",
         "a.test is here twice, and an account can have it once"),
        ("mandrill", "{keys: [{key: a}, {key: a}]}", "keys",
         "a is here twice, and an account can have it once"),
        ("sparkpost", "{sandbox_used: 6}", "sandbox_used", "at most 5 is due"),
        ("ses", "{domains: [{name: a.test, mail_from_verified: false}]}",
         "domains.0.mail_from_verified", "says nothing without mail_from"),
        ("postmark", "{senders: [a@b.test], unconfirmed_senders: [A@b.test]}",
         "unconfirmed_senders", "a@b.test stands in senders as well"),
        ("postmark", "{streams: [{id: a}, {id: a}]}", "streams",
         "a is here twice, and an account can have it once"),
        ("sendgrid", "{domains: [{name: a.test, region: eux}]}", "domains.0.region",
         "there is no region 'eux' (choose from us, eu)"),
        ("postmark", "{keys: [{region: us}]}", "keys.0.region",
         "there is no region 'us' (one host serves all)"),
        # What the rules keep there for themselves.
        ("sendgrid", "{accepted: []}", "accepted", re.compile("there is no such key[,;]")),
        ("ses", "{spent: null}", "spent", re.compile("there is no such key[,;]")),
    ],
)  # fmt: skip
def test_an_account_that_cannot_be_is_refused_when_the_file_is_read(
    name: str, account: str, path: str, reason: str | re.Pattern[str]
) -> None:
    [told] = refused(account, provider=name)
    where = f"{ACCOUNT}: given.api.account{path and '.'}{path}: "
    assert told.startswith(where)
    said = told.removeprefix(where)
    assert said == reason if isinstance(reason, str) else reason.match(said)


def test_a_word_of_another_provider_is_none_here() -> None:
    assert read("{senders: [a@b.test]}", provider="postmark")
    [told] = refused("{senders: [a@b.test]}", provider="mandrill")
    assert "given.api.account.senders: there is no such key, did you mean" in told


def test_a_mistake_in_the_account_is_told_beside_those_around_it() -> None:
    told = refused("{domain: x}\n    skew: often")
    assert [line.partition(": there")[0].partition(": Input")[0] for line in told] == [
        f"{ACCOUNT}: given.api.account.domain",
        f"{ACCOUNT + 1}: given.api.skew",
    ]


def test_where_the_provider_is_unknown_that_alone_is_told() -> None:
    [told] = refused("{domain: x}", provider="sendgird")
    assert "given.api.provider: there is no 'sendgird', did you mean sendgrid?" in told


def test_an_account_of_another_server_is_checked_in_its_providers_words() -> None:
    [told] = refused(also="{other: {provider: ses, account: {senders: []}}}")
    assert told.startswith(f"{ALSO}: given.also.other.account.senders: there is no such key")


def test_an_account_that_a_step_changes_is_checked() -> None:
    [told] = refused(when="[{send: {}}, {change: {api: {account: {domain: x}}}}, {send: {}}]")
    assert told.startswith(f"{WHEN}: when.1.change.api.account.domain: there is no such key")


def test_an_account_that_the_control_puts_right_is_checked() -> None:
    control = "control: {api: {account: {domain: [{name: a.test}]}}}"
    [told] = refused(status="failed", control=control)
    assert told.startswith(f"{CONTROL}: control.api.account.domain: there is no such key")


def test_a_placeholder_is_checked_once_it_is_filled_in() -> None:
    axes = "axes: {what: {good: {words: {suspended: true}}, bad: {words: {suspendid: true}}}}"
    [told] = refused('"{what.words}"', axes=axes)
    assert told.startswith(f"{ACCOUNT}: given.api.account.suspendid: there is no such key")
    good = axes.replace("suspendid", "rate_limited")
    told_to_the_fake = [case.given.api for case in read('"{what.words}"', axes=good)]
    assert [api.account for api in told_to_the_fake if api] == [
        {"suspended": True},
        {"rate_limited": True},
    ]


def test_a_provider_that_is_a_placeholder_decides_the_words() -> None:
    axes = "axes: {who: [sendgrid, mandrill]}"
    assert len(read("{domains: [{name: a.test}]}", axes=axes, provider='"{who}"')) == 2
    [told] = refused("{ip_pools: [a]}", axes=axes, provider='"{who}"')
    assert "given.api.account.ip_pools: there is no such key" in told


@pytest.mark.parametrize("name", provider_names())
def test_the_words_that_are_checked_are_those_of_the_rules(name: str) -> None:
    assert account_type(name) is provider(name).account_type
