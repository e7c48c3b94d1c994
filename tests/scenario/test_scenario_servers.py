"""The servers of `given: also:`: all of one kind, each with names that no other has."""

from __future__ import annotations

import pytest

from harness.errors import ScenarioError
from harness.fakes.providers.registry import provider_names
from harness.scenario.case import Case
from harness.scenario.expansion import expand
from harness.scenario.loading import loads

FORM = """\
title: A title that is long enough
verifies: [ORY-035]
given:
  @told@
  also: @also@
when: {send: {}}
then: {sender: {status: sent}}
control: @control@
"""
ALSO = 5
CONTROL = 8

PROVIDERS = ", ".join(provider_names())
ONE_KIND = "only beside api: all servers of a case are of one kind"
HAS_THAT_NAME = "the server that the sender is told of has that name; choose another"


def cases(
    also: str, *, told: str = "api: {provider: mandrill}", control: str = "null"
) -> list[Case]:
    text = FORM.replace("@told@", told).replace("@also@", also).replace("@control@", control)
    return list(expand(loads(text, source="name.yaml"), "folder/name"))


def refused(also: str, **parts: str) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        cases(also, **parts)
    return [line.removeprefix("name.yaml:") for line in str(caught.value).splitlines()]


def test_beside_an_api_there_may_be_others_under_names_of_their_own() -> None:
    [case] = cases(
        "{stranger: {provider: sendgrid, host: A.Harness.test, skew: 5}, other: {provider: ses}}"
    )
    stranger, other = case.given.other_apis.values()
    assert (stranger.provider, stranger.host, stranger.skew) == (
        "sendgrid",
        "a.harness.test",
        5,
    )
    assert (other.provider, other.host) == ("ses", None)
    assert case.given.other_smtp_servers == {}


def test_beside_an_smtp_server_there_may_be_others() -> None:
    [case] = cases("{a: {port: 25}, b: {host: b.test}}", told="smtp: {}")
    assert [each.port for each in case.given.other_smtp_servers.values()] == [25, None]
    assert case.given.other_apis == {}


def test_another_server_asks_nothing_more_of_the_sender() -> None:
    [case] = cases("{stranger: {provider: sendgrid}}")
    assert case.needs == {"api:mandrill"}


@pytest.mark.parametrize(
    ("also", "told"),
    [
        ("{a: {host: a.test}}", "a.provider: this is missing"),
        ("{a: {provider: gmail}}",
         f"a.provider: there is no 'gmail', did you mean mailgun? (choose from {PROVIDERS})"),
        ("{a: {provider: sendgrid, region: eux}}",
         "a.region: SendGrid has no region 'eux', did you mean eu? (choose from us, eu)"),
        ("{a: {provider: ses, security: tls}}", "a.security: there is no such key"),
        ("{a: {provider: ses, version: v2}}", "a.version: there is no such key"),
        ("{a: {provider: ses, host: 5}}", "a.host: a text is due: put 5 in quotes"),
        ("{a: {provider: ses, host: https://a.test}}",
         "a.host: 'https://a.test' is neither an address nor a host name"),
        ('{a: {provider: ses, host: "a.test:8443"}}',
         "a.host: 'a.test:8443' is neither an address nor a host name"),
        ("{a: {provider: ses, host: 192.0.2.1}}",
         "a.host: a host name is due, and '192.0.2.1' is an address"),
        ("{a: {provider: ses, faults: [{at: lunch, do: close}]}}", "a.faults.0.at: 'lunch' is no"),
        ("{a: ses}", "a: a mapping is due"),
        # Names that two servers would have.
        ("{api: {provider: ses}}", f"api: {HAS_THAT_NAME}"),
        ("{a: {provider: mandrill}}",
         "a.host: api has the hosts of mandrill already; give this one a host of its own"),
        ("{a: {provider: ses, host: a.test}, b: {provider: ses, host: A.test}}",
         "b.host: a has a.test already; give this one a host of its own"),
        ("{a: {provider: ses}, b: {provider: ses}}",
         "b.host: a has the hosts of ses already; give this one a host of its own"),
    ],
)  # fmt: skip
def test_another_api_that_makes_no_sense(also: str, told: str) -> None:
    [complaint] = refused(also)
    assert complaint.startswith(f"{ALSO}: given.also.{told}")


@pytest.mark.parametrize("also", ["5", "[]", "null"])
def test_other_servers_are_a_mapping(also: str) -> None:
    assert refused(also) == [f"{ALSO}: given.also: a mapping is due"]


@pytest.mark.parametrize(
    ("also", "told"),
    [
        ("{a: {provider: ses}}", f"a.provider: {ONE_KIND}"),
        ("{a: {api: {provider: ses}}}", f"a.api: {ONE_KIND}"),
        ("{smtp: {}}", f"smtp: {HAS_THAT_NAME}"),
        ("{a: {skew: 5}}", "a.skew: there is no such key"),
    ],
)
def test_another_smtp_server_that_makes_no_sense(also: str, told: str) -> None:
    [complaint] = refused(also, told="smtp: {}")
    assert complaint.startswith(f"{ALSO}: given.also.{told}")
    assert "did you mean" not in complaint  # an API's word is no hint here


def test_the_same_label_twice_is_refused() -> None:
    [complaint] = refused("{a: {provider: ses}, a: {provider: mailgun}}")
    assert complaint.startswith(f"{ALSO}: given.also.a: ")


def test_where_the_api_is_wrong_only_that_is_told() -> None:
    [complaint] = refused("{a: {host: 5}}", told="api: {provider: gmail}")
    assert complaint.startswith("4: given.api.provider: there is no 'gmail'")


def test_a_control_may_put_another_api_right() -> None:
    also = "{a: {provider: ses, host: a.test, network: refused}}"
    control, case = cases(also, control="{also: {a: {network: open}}}")
    assert [each.given.other_apis["a"].network for each in (control, case)] == ["open", "refused"]


def test_a_control_that_names_two_servers_alike_is_told_where_it_stands() -> None:
    also = "{a: {provider: ses, host: a.test}, b: {provider: ses, host: b.test}}"
    assert refused(also, control="{also: {b: {host: a.test}}}") == [
        f"{CONTROL}: control.also.b.host: a has a.test already; give this one a host of its own"
    ]
