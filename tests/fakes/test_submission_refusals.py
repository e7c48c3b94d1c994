"""`do: refuse` over SMTP: every refusal of every provider's SMTP service, as its table has it."""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from harness.errors import ScenarioError
from harness.fakes import FakeError, SendGrid, Ses, Smtp
from harness.fakes.apis import ProviderFake, fake_of
from harness.fakes.providers.registry import provider_names, submission
from harness.fakes.smtp.exchange import VendorReply
from harness.fakes.transcript import FaultActed, RecipientRefused
from harness.scenario.expansion import expand
from harness.scenario.loading import loads

pytestmark = pytest.mark.wire

ROWS = [
    pytest.param(name, reply, id=f"{name}-{reply.name}")
    for name in provider_names()
    for reply in submission(name).replies.refusals.values()
]


def expected(reply: VendorReply) -> str:
    text = reply.text
    for name, value in reply.example.items():
        text = text.replace(f"<{name}>", value)
    return text


@pytest.fixture(scope="module")
def fronts() -> Iterator[dict[str, ProviderFake]]:
    """A fake of each provider, asked over and over at its SMTP front."""
    running = {name: fake_of(name)() for name in provider_names()}
    with ExitStack() as stack:
        yield {name: stack.enter_context(fake.running()) for name, fake in running.items()}


@pytest.mark.parametrize(("name", "reply"), ROWS)
def test_every_refusal_is_served_word_for_word(
    fronts: dict[str, ProviderFake], name: str, reply: VendorReply
) -> None:
    front = fronts[name].smtp
    front.change(faults=[{"at": "ehlo", "do": "refuse", "case": reply.name}])
    with socket.create_connection(("localhost", front.port), timeout=10) as wire:
        file = wire.makefile("rb")
        file.readline()
        wire.sendall(b"EHLO me.example\r\n")
        assert file.readline().decode() == f"{expected(reply)}\r\n"


def test_every_provider_has_a_refusal_to_name() -> None:
    assert {row.values[0] for row in ROWS} == set(provider_names())


def test_a_refusal_of_a_recipient_is_in_the_record_and_the_rest_goes_on() -> None:
    fault = {"at": "rcpt", "do": "refuse", "case": "bad-recipient", "times": 1}
    fault["fill"] = {"address": "b@example.net"}
    words: dict[str, Any] = {"smtp": {"faults": [fault]}}
    with Ses(account={"domains": [{"name": "example.com"}]}, **words).running() as api:
        with smtplib.SMTP("localhost", api.smtp.port, timeout=10) as client:
            client.starttls(context=ssl.create_default_context(cafile=str(api.ca_file)))
            client.login(api.smtp.username, api.smtp.password)
            client.mail("a@example.com")
            assert client.rcpt("b@example.net") == (553, b"b@example.net Invalid email address")
            assert client.rcpt("c@example.net")[0] == 250
        [(_, refused)] = api.transcript.of(RecipientRefused)
        [(_, acted)] = api.transcript.of(FaultActed)
    assert (refused.address, refused.code) == ("b@example.net", 553)
    assert acted.action.startswith("refuse case='bad-recipient'")


def test_a_refused_log_in_is_one() -> None:
    faults = [{"at": "auth", "do": "refuse", "case": "credits-used-up"}]
    with (
        SendGrid(smtp={"faults": faults}).running() as api,
        smtplib.SMTP("localhost", api.smtp.port, timeout=10) as client,
    ):
        client.starttls(context=ssl.create_default_context(cafile=str(api.ca_file)))
        with pytest.raises(smtplib.SMTPAuthenticationError, match="Maximum credits exceeded"):
            client.login(api.smtp.username, api.smtp.password)
        assert client.mail("a@example.com")[0] >= 400


MISTAKES = [
    (
        {"case": "bad-recipent"},
        "0.case: there is no refusal 'bad-recipent', did you mean bad-recipient",
    ),
    ({"case": "accepted"}, "0.case: there is no refusal 'accepted'"),
    ({"case": "bad-recipient", "fill": {"adress": "x"}}, "0.fill.adress: bad-recipient has no "),
    ({"case": "bad-recipient", "headers": {"A": "b"}}, "0.headers: a reply of SMTP has no headers"),
    ({"case": "bad-recipient", "at": "request"}, "0.at: there is no request over SMTP"),
]


@pytest.mark.parametrize(("words", "told"), MISTAKES)
def test_a_refusal_that_the_provider_has_not_is_refused_with_its_place(
    words: dict[str, Any], told: str
) -> None:
    fault = {"at": "rcpt", "do": "refuse", **words}
    with Ses().running() as api, pytest.raises(FakeError, match=f"faults.{told}"):
        api.smtp.change(faults=[fault])


def test_a_server_that_is_nobodys_has_no_refusals() -> None:
    faults = [{"at": "rcpt", "do": "refuse", "case": "bad-recipient"}]
    with pytest.raises(FakeError, match=r"faults.0.do: this server is no provider's"):
        Smtp(faults=faults)


FAULTS = "  {}:\n    provider: ses\n    faults:\n"
LATER = """\
      - {at: rcpt, do: late, wait: 0.1x, times: 1,
         then: {do: refuse, case: rate-limited, headers: {A: b}}}"""


def scenario(given: str) -> str:
    return f"""
title: A refusal of the provider's
verifies: [ORY-006]
given:
{given}
when: {{send: {{}}}}
then: {{sender: {{status: [sent, failed]}}}}
"""


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (
            FAULTS.format("submission") + "      - {at: rcpt, do: refuse, case: bad-recipent}",
            "a.yaml:8: given.submission.faults.0.case: there is no refusal 'bad-recipent'",
        ),
        (
            FAULTS.format("submission") + LATER,
            "a.yaml:9: given.submission.faults.0.then.headers: a reply of SMTP has no headers",
        ),
        (
            "  smtp:\n    faults:\n      - {at: rcpt, do: refuse, case: bad-recipient}",
            "a.yaml:7: given.smtp.faults.0.do: this server is no provider's",
        ),
        (
            FAULTS.format("api") + "      - {at: rcpt, do: refuse, case: rate-limited}",
            "a.yaml:8: given.api.faults.0.at: do: refuse acts on an API at no other moment",
        ),
    ],
)
def test_a_scenario_with_such_a_mistake_is_told_the_line(given: str, told: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        expand(loads(scenario(given), source="a.yaml"), "a")
    assert told in str(caught.value)
