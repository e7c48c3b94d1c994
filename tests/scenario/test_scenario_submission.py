"""`given: submission`: a provider's SMTP service, and what may be told of it."""

from __future__ import annotations

import pytest

from harness.errors import ScenarioError
from harness.fakes.providers.registry import provider_names, vendor
from harness.scenario.case import Case
from harness.scenario.expansion import expand
from harness.scenario.loading import loads

FORM = """\
title: A title that is long enough
verifies: [ORY-035]
given:
  submission: @submission@
  @beside@
when: @when@
then: {sender: {status: sent}}
"""
SUBMISSION, BESIDE, WHEN = 4, 5, 6
REGIONS = ", ".join(vendor("ses").regions)
NO_REGION = "Amazon SES has no region"
TOLD = "username, password, api_key, password:REGION"
UNKNOWN = "<{}>: there is nothing of that name"
PROVIDERS = ", ".join(provider_names())


def case_of(submission: str, *, beside: str = "also: {}", when: str = "{send: {}}") -> Case:
    text = FORM.replace("@submission@", submission).replace("@when@", when)
    if beside == "also: {}":
        text = text.replace("  @beside@\n", "  # nothing\n")
    [case] = expand(loads(text.replace("@beside@", beside), source="a.yaml"), "folder/name")
    return case


def refused(submission: str, **parts: str) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        case_of(submission, **parts)
    return [line.removeprefix("a.yaml:") for line in str(caught.value).splitlines()]


@pytest.mark.parametrize("name", provider_names())
def test_whoever_sends_by_smtp_can_be_asked_about_each_providers_service(name: str) -> None:
    case = case_of(f"{{provider: {name}}}")
    assert case.needs == {"smtp", "security:starttls"}
    assert case.providers == {name}
    assert case.given.server is case.given.submission


def test_the_port_is_one_of_the_providers() -> None:
    case = case_of("{provider: ses, security: tls, port: 2465}")
    assert case.given.submission is not None
    assert case.given.submission.port == 2465
    assert case.needs == {"smtp", "security:tls"}


@pytest.mark.parametrize(
    ("submission", "path", "reason"),
    [
        ("{}", ".provider", "this is missing"),
        ("{provider: sendgird}", ".provider",
         f"there is no 'sendgird', did you mean sendgrid? (choose from {PROVIDERS})"),
        ("{provider: ses, region: eu-centrl-1}", ".region",
         f"{NO_REGION} 'eu-centrl-1', did you mean eu-central-1? (choose from {REGIONS})"),
        ("{provider: mailgun, region: apac}", ".region",
         "Mailgun has no region 'apac'; choose from us, eu"),
        ("{provider: postmark, region: eu}", ".region",
         "there is no region to choose: Postmark has one host"),
        ("{provider: postmark, security: tls}", ".security",
         "Postmark has no port with implicit TLS"),
        ("{provider: sendgrid, security: none}", ".security",
         "there is no 'none'; choose from starttls, tls"),
        ("{provider: sendgrid, port: 465}", ".port", "with starttls SendGrid has 587, 25, 2525"),
        ("{provider: sparkpost, port: 25}", ".port", "with starttls SparkPost has 587, 2525"),
        ("{provider: sendgrid, account: {domians: []}}", ".account.domians",
         "there is no such key, did you mean domains? (choose from "),
        ("{provider: sendgrid, account: {keys: [{permission: []}]}}", ".account.keys.0.permission",
         "there is no such key, did you mean permissions? (choose from "),
        ("{provider: sendgrid, username: apikey}", ".username", "there is no such key"),
        ("{provider: sendgrid, version: v3}", ".version", "there is no such key"),
    ],
)  # fmt: skip
def test_what_the_provider_has_not_is_told_with_its_line_and_the_choices(
    submission: str, path: str, reason: str
) -> None:
    [told] = refused(submission)
    assert told.startswith(f"{SUBMISSION}: given.submission{path}: {reason}"), told


@pytest.mark.parametrize(
    ("beside", "part"),
    [("api: {provider: ses}", "api"), ("smtp: {}", "smtp"), ("also: {other: {}}", "also")],
)
def test_nothing_stands_beside_it(beside: str, part: str) -> None:
    [told] = refused("{provider: ses}", beside=beside)
    assert told == (
        f"{BESIDE}: given.{part}: not beside submission, which is the only server of its case"
    )


@pytest.mark.parametrize(
    ("send", "path", "reason"),
    [
        ("{password: <api_kye>}", "password",
         f"{UNKNOWN.format('api_kye')}, did you mean api_key? (choose from {TOLD})"),
        ("{username: <server_token>}", "username",
         f"{UNKNOWN.format('server_token')}; choose from {TOLD}"),
        ("{password: <password:eu-west-1>}", "password",
         "<password:eu-west-1>: SendGrid has no region 'eu-west-1'; choose from us, eu"),
        ("{region: uss}", "region",
         "SendGrid has no region 'uss', did you mean us? (choose from us, eu)"),
    ],
)  # fmt: skip
def test_what_cannot_be_told_of_it_is_refused(send: str, path: str, reason: str) -> None:
    [told] = refused("{provider: sendgrid}", when=f"{{send: {send}}}")
    assert told == f"{WHEN}: when.send.{path}: {reason}"


def test_credentials_for_an_api_are_none_for_it() -> None:
    [told] = refused("{provider: sendgrid}", when="{send: {credentials: {api_key: a}}}")
    assert told == (
        f"{WHEN}: when.send.credentials: a mapping is told of an API; "
        "of an SMTP service username and password are"
    )


def test_what_a_control_tells_is_checked_too() -> None:
    control = "control: {send: {password: <api_kye>}}"
    text = FORM.replace("@submission@", "{provider: sendgrid}").replace("  @beside@\n", "")
    with pytest.raises(ScenarioError) as caught:
        expand(loads(text.replace("@when@", "{send: {}}") + control, source="a.yaml"), "a")
    assert "control.send.password: <api_kye>: there is nothing of that name" in str(caught.value)


def test_where_the_server_is_any_angle_brackets_stand_for_themselves() -> None:
    text = FORM.replace("submission: @submission@", "smtp: {}").replace("  @beside@\n", "")
    text = text.replace("@when@", "{send: {password: <api_kye>}}")
    [case] = expand(loads(text, source="a.yaml"), "folder/name")
    assert case.sends[0].password == "<api_kye>"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("{submission: {region: eu}}", "where the service is does not change between two sends"),
        ("{submission: {certificate: god}}", "there is no 'god', did you mean good?"),
        ("{submission: {account: {domain: a}}}", "there is no such key, did you mean domains?"),
        ("{smtp: {}, submission: {}}", "a change is of smtp, of submission or of api"),
        ("{api: {account: {}}}", "there is no api in given"),
    ],
)
def test_a_change_is_checked_as_the_state_is(change: str, reason: str) -> None:
    [told] = refused("{provider: mailgun}", when=f"[{{send: {{}}}}, {{change: {change}}}]")
    assert told.startswith(f"{WHEN}: when.1.change")
    assert reason in told
