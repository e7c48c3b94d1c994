"""Servers beside the API that a sender is told of: where they are, and who gets what."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator

import httpx
import pytest

from harness.fakes import FakeError
from harness.fakes.http.fake import ApiFake
from harness.fakes.transcript import Connected, HttpRequested, MessageCaptured
from harness.ground import Ground, prepared
from harness.protocol import ApiTransport
from harness.scenario.case import Case
from harness.scenario.expansion import expand
from harness.scenario.loading import loads
from harness.world import World, opened

pytestmark = pytest.mark.wire

HOST = "redirected.harness.test"
ACCOUNT = "account: {domains: [{name: harness.test}]}"
MAIL = {
    "personalizations": [{"to": [{"email": "b@example.net"}]}],
    "from": {"email": "a@harness.test"},
    "subject": "s",
    "content": [{"type": "text/plain", "value": "t"}],
}


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
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


def test_another_server_answers_under_its_name_and_takes_the_same_key(ground: Ground) -> None:
    case = case_of(f"{{stranger: {{provider: sendgrid, host: {HOST}, {ACCOUNT}}}}}")

    async def ask() -> None:
        async with opened(case, ground, logical=True) as world:
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
    asked: str, shown: str, ground: Ground
) -> None:
    case = case_of(f"{{stranger: {{provider: sendgrid, host: {HOST}}}}}")

    async def ask() -> None:
        async with opened(case, ground, logical=True) as world:
            request = world.request(case.sends[0])
            address, _, port = request.connect_to[f"{asked}:443"].rpartition(":")
            context = ssl.create_default_context(cafile=request.trust.ca_file)
            with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
                await asyncio.open_connection(
                    address, int(port), ssl=context, server_hostname=shown
                )

    asyncio.run(ask())


def test_another_server_may_have_the_host_of_another_region(ground: Ground) -> None:
    case = case_of(f"{{eu: {{provider: sendgrid, host: api.eu.sendgrid.com, {ACCOUNT}}}}}")

    async def ask() -> None:
        async with opened(case, ground, logical=True) as world:
            for host in ("api.eu.sendgrid.com", "api.sendgrid.com"):
                assert (await posted(world, host)).status_code == 202
            assert servers_asked(world) == ["eu", "api"]

    asyncio.run(ask())


def test_another_provider_has_its_own_hosts_and_does_not_know_the_key(ground: Ground) -> None:
    case = case_of("{other: {provider: sparkpost}}")

    async def ask() -> None:
        async with opened(case, ground, logical=True) as world:
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
def test_the_host_that_the_sender_is_told_is_nobody_elses(send: str, ground: Ground) -> None:
    hosts = {"{}": "api.sendgrid.com", "{region: eu}": "api.eu.sendgrid.com"}
    case = case_of(f"{{other: {{provider: sendgrid, host: {hosts[send]}}}}}", send=send)

    async def start() -> None:
        async with opened(case, ground, logical=False):
            pytest.fail("it started")

    with pytest.raises(FakeError, match=f"^other: the sender is told of {hosts[send]}, which"):
        asyncio.run(start())


def test_a_sender_without_connect_to_is_told_of_no_other_server(ground: Ground) -> None:
    case = case_of(f"{{stranger: {{provider: sendgrid, host: {HOST}}}}}")

    async def ask() -> None:
        async with opened(case, ground, logical=False) as world:
            assert world.request(case.sends[0]).connect_to == {}
            assert world.host == "localhost"

    asyncio.run(ask())


@pytest.mark.parametrize("logical", [True, False])
def test_a_redirect_points_to_where_the_sender_finds_the_other_server(
    logical: bool, ground: Ground
) -> None:
    where = f"https://{HOST}/v3/mail/send, https://{HOST}.example/, https://{HOST}"
    case = case_of(
        f"{{stranger: {{provider: sendgrid, host: {HOST}, {ACCOUNT}}}}}",
        faults=f'[{{at: request, do: respond, status: 307, headers: {{Location: "{where}"}}}}]',
    )

    async def ask() -> None:
        async with opened(case, ground, logical=logical) as world:
            request = world.request(case.sends[0])
            trust = ssl.create_default_context(cafile=request.trust.ca_file)
            async with httpx.AsyncClient(verify=trust, trust_env=False, timeout=10) as client:
                told = f"https://localhost:{world.fakes['api'].port}/v3/mail/send"
                named = (await client.post(told, json=MAIL)).headers["location"]
                here = f"https://127.0.0.1:{world.fakes['stranger'].port}"
                if logical:
                    assert named == where
                else:
                    first, second, third = named.split(", ")
                    assert (first, third) == (f"{here}/v3/mail/send", here)
                    assert second == f"https://{HOST}.example/"
                    key = {"Authorization": f"Bearer {key_of(world)}"}
                    assert (await client.post(first, json=MAIL, headers=key)).status_code == 202
                    assert servers_asked(world) == ["api", "stranger"]

    asyncio.run(ask())
