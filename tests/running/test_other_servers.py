"""Servers beside the API that a sender is told of: where they are, and who gets what."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import yaml

from harness.errors import ScenarioError
from harness.execution import unheard
from harness.fakes import FakeError
from harness.fakes.api_fake import ApiFake
from harness.fakes.http.facts import HttpRequested
from harness.fakes.transcript import Connected, MessageCaptured
from harness.model import Level, RunResult
from harness.protocol import ApiTransport
from harness.run_context import RunContext, prepared
from harness.runner import Options, Run
from harness.scenario.case import Case
from harness.scenario.expansion import expand
from harness.scenario.library import load_library
from harness.scenario.loading import loads
from harness.senders.in_process import InProcessSender
from harness.world import World, opened

pytestmark = pytest.mark.wire

HOST = "redirected.harness.test"
ACCOUNT = "account: {domains: [{name: harness.test}]}"
LED = f"{{stranger: {{provider: sendgrid, host: {HOST}, {ACCOUNT}}}}}"
MAIL = {
    "personalizations": [{"to": [{"email": "b@example.net"}]}],
    "from": {"email": "a@harness.test"},
    "subject": "s",
    "content": [{"type": "text/plain", "value": "t"}],
}


@pytest.fixture(scope="module")
def context() -> Iterator[RunContext]:
    with prepared(seed=5) as made:
        yield made


def case_of(also: str, *, send: str = "{}", faults: str = "[]") -> Case:
    text = f"""\
title: A title that is long enough
verifies: [ORY-035]
given:
  api: {{provider: sendgrid, {ACCOUNT}, faults: {faults}}}
  also: {also}
when: {{send: {send}}}
then: {{sender: {{status: sent}}}}
"""
    [case] = expand(loads(text, source="a.yaml"), "folder/name")
    return case


async def posted(world: World, host: str) -> httpx.Response:
    """What the server called `host` says to the message, sent with the sender's own key."""
    request = world.request(world.case.sends[0])
    context = ssl.create_default_context(cafile=request.trust.ca_file)
    async with httpx.AsyncClient(verify=context, trust_env=False, timeout=10) as client:
        return await client.post(
            f"https://{request.connect_to[f'{host}:443']}/v3/mail/send",
            json=MAIL,
            headers={"Host": host, "Authorization": f"Bearer {key_of(world)}"},
            extensions={"sni_hostname": host},
        )


def key_of(world: World) -> str:
    transport = world.request(world.case.sends[0]).transport
    assert isinstance(transport, ApiTransport)
    return transport.credentials["api_key"]


def servers_asked(world: World) -> list[str]:
    """Which server got each request, in order, by the record alone."""
    events = tuple(world.transcript)
    labels = {e.connection: e.fact.server for e in events if isinstance(e.fact, Connected)}
    return [labels[e.connection] for e in events if isinstance(e.fact, HttpRequested)]


def test_another_server_answers_under_its_name_and_takes_the_same_key(context: RunContext) -> None:
    case = case_of(f"{{stranger: {{provider: sendgrid, host: {HOST}, {ACCOUNT}}}}}")

    async def ask() -> None:
        async with opened(case, context, logical=True) as world:
            told = await posted(world, "api.sendgrid.com")
            other = await posted(world, HOST)
            assert (told.status_code, other.status_code) == (202, 202)
            assert told.headers["X-Message-Id"] != other.headers["X-Message-Id"]
            assert servers_asked(world) == ["api", "stranger"]
            assert sum(isinstance(e.fact, MessageCaptured) for e in world.transcript) == 2
            assert world.host == "api.sendgrid.com"

    asyncio.run(ask())


@pytest.mark.parametrize(
    ("asked", "shown"), [("api.sendgrid.com", HOST), (HOST, "api.sendgrid.com")]
)
def test_no_server_shows_a_certificate_for_the_others_name(
    asked: str, shown: str, context: RunContext
) -> None:
    case = case_of(f"{{stranger: {{provider: sendgrid, host: {HOST}}}}}")

    async def ask() -> None:
        async with opened(case, context, logical=True) as world:
            request = world.request(case.sends[0])
            address, _, port = request.connect_to[f"{asked}:443"].rpartition(":")
            trusting = ssl.create_default_context(cafile=request.trust.ca_file)
            with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
                await asyncio.open_connection(
                    address, int(port), ssl=trusting, server_hostname=shown
                )

    asyncio.run(ask())


def test_another_server_may_have_the_host_of_another_region(context: RunContext) -> None:
    case = case_of(f"{{eu: {{provider: sendgrid, host: api.eu.sendgrid.com, {ACCOUNT}}}}}")

    async def ask() -> None:
        async with opened(case, context, logical=True) as world:
            for host in ("api.eu.sendgrid.com", "api.sendgrid.com"):
                assert (await posted(world, host)).status_code == 202
            assert servers_asked(world) == ["eu", "api"]

    asyncio.run(ask())


def test_another_provider_has_its_own_hosts_and_does_not_know_the_key(context: RunContext) -> None:
    case = case_of("{other: {provider: sparkpost}}")

    async def ask() -> None:
        async with opened(case, context, logical=True) as world:
            assert (await posted(world, "api.eu.sparkpost.com")).status_code >= 400
            assert servers_asked(world) == ["other"]
            other = world.fakes["other"]
            assert isinstance(other, ApiFake)
            assert key_of(world) not in other.credentials.values()
            rows = world.connect_to(case.sends[0])
            assert set(rows) == {
                f"api.{region}{provider}.com:443"
                for region in ("", "eu.")
                for provider in ("sendgrid", "sparkpost")
            }

    asyncio.run(ask())


@pytest.mark.parametrize("send", ["{}", "{region: eu}"])
def test_the_host_that_the_sender_is_told_is_nobody_elses(send: str, context: RunContext) -> None:
    hosts = {"{}": "api.sendgrid.com", "{region: eu}": "api.eu.sendgrid.com"}
    case = case_of(f"{{other: {{provider: sendgrid, host: {hosts[send]}}}}}", send=send)

    async def start() -> None:
        async with opened(case, context, logical=False):
            pytest.fail("it started")

    with pytest.raises(FakeError, match=f"^other: the sender is told of {hosts[send]}, which"):
        asyncio.run(start())


def test_a_sender_without_connect_to_is_told_of_no_other_server(context: RunContext) -> None:
    case = case_of(f"{{stranger: {{provider: sendgrid, host: {HOST}}}}}")

    async def ask() -> None:
        async with opened(case, context, logical=False) as world:
            assert world.request(case.sends[0]).connect_to == {}
            assert world.host == "localhost"

    asyncio.run(ask())


@pytest.mark.parametrize("logical", [True, False])
def test_a_redirect_leads_to_where_the_sender_finds_the_other_server(
    logical: bool, context: RunContext
) -> None:
    case = case_of(LED, faults=leading_to("<origin:stranger>/v3/mail/send"))

    async def ask() -> None:
        async with opened(case, context, logical=logical) as world:
            request = world.request(case.sends[0])
            trust = ssl.create_default_context(cafile=request.trust.ca_file)
            async with httpx.AsyncClient(verify=trust, trust_env=False, timeout=10) as client:
                told = f"https://localhost:{world.fakes['api'].port}/v3/mail/send"
                named = (await client.post(told, json=MAIL)).headers["location"]
                assert named == (await client.post(told, json=MAIL)).headers["x-then"]
                if logical:
                    assert named == f"https://{HOST}/v3/mail/send"
                else:
                    # Another host than the one told, and not only another port of it.
                    assert named.startswith("https://127.0.0.1:")
                    key = {"Authorization": f"Bearer {key_of(world)}"}
                    assert (await client.post(named, json=MAIL, headers=key)).status_code == 202
                    assert servers_asked(world) == ["api", "api", "stranger"]

    asyncio.run(ask())


def leading_to(where: str) -> str:
    """Faults of an API that redirects, and names the place in another header the second time."""
    then = f'{{do: respond, status: 307, headers: {{X-Then: "{where}"}}}}'
    first = f'do: respond, status: 307, headers: {{Location: "{where}"}}'
    return f"[{{at: request, {first}, times: 1, then: {then}}}]"


@pytest.mark.parametrize(
    ("where", "reason"),
    [
        (
            "<origin:nobody>",
            "<origin:nobody>: there is no other server of that label; choose from ",
        ),
        ("<origin:api>", "<origin:api>: there is no other server of that label; choose from "),
        ("<origin:>", "<origin:>: there is no other server of that label; choose from "),
    ],
)
def test_the_origin_of_nobody_is_refused_when_the_file_is_loaded(where: str, reason: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        case_of(LED, faults=leading_to(f"{where}/v3/mail/send"))
    assert str(caught.value) == f"a.yaml:4: given.api.faults.0: {reason}stranger"


def test_the_origin_of_nobody_is_refused_later_in_a_sequence_too() -> None:
    then = '{do: respond, status: 307, headers: {Location: "<origin:nobody>"}}'
    with pytest.raises(ScenarioError, match=r"^a\.yaml:4: given\.api\.faults\.0: <origin:nobody>"):
        case_of(LED, faults=f"[{{at: request, do: close, times: 1, then: {then}}}]")


def test_another_server_leads_nowhere() -> None:
    fault = '{at: request, do: respond, status: 307, headers: {Location: "<origin:a>"}}'
    with pytest.raises(ScenarioError, match=r"given\.also\.a\.faults\.0: .*; none can be named"):
        case_of(f"{{a: {{provider: ses, faults: [{fault}]}}}}")


def test_a_change_that_leads_nowhere_breaks_the_fake(context: RunContext) -> None:
    case = case_of(LED)

    async def change() -> None:
        async with opened(case, context, logical=False) as world:
            await world.change({"faults": yaml.safe_load(leading_to("<origin:nobody>"))})

    with pytest.raises(FakeError, match=r"^<origin:nobody>: there is no other server"):
        asyncio.run(change())


def follow(document: dict[str, Any]) -> dict[str, Any]:
    """A sender that knows no `connect_to`, and follows with everything that it has."""
    if document["action"] == "describe":
        return {"protocol": 1, "features": ["api:sendgrid"]}
    told = document["transport"]
    headers = {"Authorization": f"Bearer {told['credentials']['api_key']}"}
    where = f"{told['base_url']}/v3/mail/send"
    trust = ssl.create_default_context(cafile=document["trust"]["ca_file"])
    with httpx.Client(verify=trust, trust_env=False, timeout=10) as client:
        response = client.post(where, json=MAIL, headers=headers)
        while response.has_redirect_location:
            response = client.post(response.headers["location"], json=MAIL, headers=headers)
    return {"status": "sent" if response.status_code == 202 else "failed"}


def test_a_sender_without_connect_to_is_convicted_where_it_follows(context: RunContext) -> None:
    cases = tuple(
        case
        for case in load_library().cases
        if case.scenario == "api/any/redirected" and "provider=sendgrid" in case.id
    )

    async def results() -> RunResult:
        async with InProcessSender("follows", follow) as sender:
            job = Run(
                cases=cases, sender=sender, context=context, listener=unheard, options=Options()
            )
            return await job.carry_out()

    found = {case.id: case for case in asyncio.run(results()).cases if not case.is_control}
    assert {str(case.verdict) for case in found.values()} == {"fail"}
    for case in found.values():
        unmet = {finding.check: finding for finding in case.unmet}
        assert {"key-elsewhere", "content-elsewhere"} <= set(unmet)
        assert (unmet["key-elsewhere"].level, unmet["key-elsewhere"].leak) == (Level.MUST, True)
        assert unmet["content-elsewhere"].level is Level.SHOULD
