"""The world of a case about a provider's SMTP service: where it is, how it speaks, who may log in.

The clients are not ours: a raw socket, smtplib, and swaks.
"""

from __future__ import annotations

import asyncio
import contextlib
import smtplib
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from typing import TypeVar

import pytest

from harness.fakes.providers.registry import provider_names, submission, vendor
from harness.fakes.submission_server import SubmissionServer
from harness.protocol import SendRequest, SmtpTransport
from harness.run_context import RunContext, prepared
from harness.scenario.case import Case
from harness.scenario.expansion import expand
from harness.scenario.loading import loads
from harness.world import World, opened

pytestmark = pytest.mark.wire

T = TypeVar("T")
ACCOUNT = "account: {domains: [{name: harness.test}]}"
ELSEWHERE = "smtp-elsewhere"
MAIL = "From: a@harness.test\r\nTo: b@example.net\r\nSubject: s\r\n\r\nt\r\n"
VENDORS = pytest.mark.parametrize("name", provider_names())


@pytest.fixture(scope="module")
def context() -> Iterator[RunContext]:
    with prepared(seed=5) as made:
        yield made


def case_of(words: str, *, when: str = "{send: {}}") -> Case:
    text = f"""\
title: A title that is long enough
verifies: [ORY-035]
given: {{submission: {{{words}}}}}
when: {when}
then: {{sender: {{status: sent}}}}
"""
    [case] = expand(loads(text, source="a.yaml"), "folder/name")
    return case


def inside(
    case: Case, context: RunContext, use: Callable[[World], T], *, logical: bool = True
) -> T:
    """What a blocking client finds in the world of a case."""

    async def run() -> T:
        async with opened(case, context, logical=logical) as world:
            return await asyncio.to_thread(use, world)

    return asyncio.run(run())


def asked(world: World, nth: int = 0) -> tuple[SendRequest, SmtpTransport]:
    request = world.request(world.case.sends[nth])
    assert isinstance(request.transport, SmtpTransport)
    return request, request.transport


def dialled(request: SendRequest, host: str, port: int) -> tuple[str, int]:
    """Where `host` really is."""
    address, _, real = request.connect_to[f"{host}:{port}"].rpartition(":")
    return address, int(real)


class NamedSMTP(smtplib.SMTP):
    """Goes to an address, and verifies the name that it was told."""

    def __init__(self, address: tuple[str, int], *, host: str) -> None:
        super().__init__(*address, local_hostname="localhost", timeout=10)
        self._host = host  # what smtplib verifies


@contextlib.contextmanager
def client(world: World, *, host: str | None = None) -> Iterator[NamedSMTP]:
    """smtplib inside TLS at the server that the sender is told of, or at `host`."""
    request, transport = asked(world)
    host = host or transport.host
    trusting = ssl.create_default_context(cafile=request.trust.ca_file)
    with NamedSMTP(dialled(request, host, transport.port), host=host) as smtp:
        smtp.starttls(context=trusting)
        yield smtp


@VENDORS
def test_a_raw_socket_reads_the_vendors_greeting_and_list(name: str, context: RunContext) -> None:
    def read(world: World) -> list[str]:
        request, transport = asked(world)
        at = dialled(request, transport.host, transport.port)
        with socket.create_connection(at, timeout=10) as sock, sock.makefile("rwb") as lines:
            found = [lines.readline().decode()]
            lines.write(b"EHLO localhost\r\n")
            lines.flush()
            while not found[-1].startswith("250 "):
                found.append(lines.readline().decode())
        return [line.rstrip("\r\n") for line in found]

    dialect = submission(name).dialect
    greeting, *listed = inside(case_of(f"provider: {name}, {ACCOUNT}"), context, read)
    assert greeting == f"220 {dialect.greeting}"
    expected = [line.replace("<peer>", "") for line in dialect.clear]
    assert [
        line[4 : 4 + len(said)] for line, said in zip(listed, expected, strict=True)
    ] == expected


@VENDORS
def test_smtplib_is_let_in_at_the_vendors_host_and_its_message_is_kept(
    name: str, context: RunContext
) -> None:
    def send(world: World) -> tuple[str, int, bytes]:
        _, transport = asked(world)
        with client(world) as smtp:
            said = smtp.login(transport.username or "", transport.password or "")
            assert smtp.sendmail("a@harness.test", ["b@example.net"], MAIL) == {}
        fake = world.fakes["smtp"]
        [message] = fake.messages
        assert message.rcpt_tos == ("b@example.net",)
        return transport.host, *said

    host, code, words = inside(case_of(f"provider: {name}, {ACCOUNT}"), context, send)
    assert host in vendor(name).smtp.hosts.values()
    assert f"{code} {words.decode()}" == submission(name).dialect.authenticated


@VENDORS
def test_who_has_a_port_for_implicit_tls_has_a_server_for_it(name: str) -> None:
    assert bool(vendor(name).smtp.tls) == submission(name).dialect.implicit


@pytest.mark.whole
def test_swaks_is_let_in_and_refused_after_the_message(
    context: RunContext, requires_program: Callable[[str], str]
) -> None:
    program = requires_program("swaks")

    def send(world: World) -> str:
        request, transport = asked(world)
        host, port = dialled(request, transport.host, transport.port)
        command = [
            program, "--server", host, "--port", str(port), "--tls", "--auth", "LOGIN",
            "--auth-user", transport.username or "", "--auth-password", transport.password or "",
            "--from", "a@elsewhere.test", "--to", "b@example.net",
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
        if "not available" in done.stderr:
            pytest.skip("swaks lacks a Perl module that this needs")
        return done.stdout + done.stderr

    said = inside(case_of(f"provider: ses, {ACCOUNT}"), context, send)
    assert "235 Authentication successful." in said
    assert "554 Message rejected: Email address is not verified." in said


def test_the_password_of_a_region_holds_at_that_regions_host_alone(context: RunContext) -> None:
    def try_each(world: World) -> list[int]:
        _, transport = asked(world)
        codes = []
        for region in ("eu-west-1", "us-east-1", "ap-east-2"):
            with client(world, host=f"email-smtp.{region}.amazonaws.com") as smtp:
                try:
                    codes.append(smtp.login(transport.username or "", transport.password or "")[0])
                except smtplib.SMTPAuthenticationError as error:
                    codes.append(error.smtp_code)
        return codes

    case = case_of(f"provider: ses, region: eu-west-1, {ACCOUNT}")
    assert inside(case, context, try_each) == [235, 535, 535]


def test_a_regions_certificate_has_its_own_host_alone(context: RunContext) -> None:
    when = "[{send: {}}, {send: {region: eu}}]"
    case = case_of(f"provider: sendgrid, {ACCOUNT}", when=when)
    fakes = inside(case, context, lambda world: world.fakes)
    names = {label: fake.names for label, fake in fakes.items()}
    assert names == {"smtp": ("smtp.sendgrid.net",), "smtp-eu": ("smtp.eu.sendgrid.net",)}


@VENDORS
def test_every_host_of_the_vendors_leads_to_this_machine(name: str, context: RunContext) -> None:
    def hosts(world: World) -> tuple[set[str], set[str]]:
        request, _ = asked(world)
        addresses = {address.rpartition(":")[0] for address in request.connect_to.values()}
        return {place.rpartition(":")[0] for place in request.connect_to}, addresses

    found, addresses = inside(case_of(f"provider: {name}"), context, hosts)
    assert found == set(vendor(name).smtp.hosts.values())
    assert addresses == {"127.0.0.1"}


@pytest.mark.parametrize(
    ("words", "send", "host", "port"),
    [
        ("provider: ses, region: eu-central-1", "{}", "email-smtp.eu-central-1.amazonaws.com", 587),
        ("provider: ses, security: tls", "{}", "email-smtp.us-east-1.amazonaws.com", 465),
        ("provider: ses, port: 2587", "{region: eu-west-3}",
         "email-smtp.eu-west-3.amazonaws.com", 2587),
        ("provider: mailgun, region: eu", "{}", "smtp.eu.mailgun.org", 587),
        ("provider: postmark", "{port: 2525}", "smtp.postmarkapp.com", 2525),
        ("provider: sendgrid", "{host: smtp.sendgrid.com}", "smtp.sendgrid.com", 587),
        ("provider: sendgrid, network: unresolved", "{}", "nowhere.invalid", 587),
    ],
)  # fmt: skip
def test_the_sender_is_told_the_vendors_own_host_and_port(
    words: str, send: str, host: str, port: int, context: RunContext
) -> None:
    case = case_of(words, when=f"{{send: {send}}}")
    _, told = inside(case, context, asked)
    assert (told.host, told.port) == (host, port)
    assert f"@{host}:{port}/" in told.uri


def test_without_connect_to_each_region_is_a_port_of_this_machine(context: RunContext) -> None:
    def ports(world: World) -> tuple[list[int], list[int], list[dict[str, str]]]:
        told = [asked(world, nth) for nth in (0, 1)]
        assert {transport.host for _, transport in told} == {"localhost"}
        fakes = [world.fakes[label].port for label in ("smtp", "smtp-eu")]
        return fakes, [t.port for _, t in told], [request.connect_to for request, _ in told]

    case = case_of("provider: sparkpost", when="[{send: {}}, {send: {region: eu}}]")
    fakes, told, mapped = inside(case, context, ports, logical=False)
    assert told == fakes
    assert mapped == [{}, {}]


@pytest.mark.parametrize(
    ("words", "username", "length"),
    [
        ("provider: sendgrid", "apikey", 69),
        ("provider: sparkpost", "SMTP_Injection", 40),
        (f"provider: mailgun, {ACCOUNT}", "postmaster@harness.test", 32),
        ("provider: mandrill", "mailer", 22),
        ("provider: ses", None, 44),
    ],
)
def test_user_name_and_password_are_as_the_vendor_has_them(
    words: str, username: str | None, length: int, context: RunContext
) -> None:
    _, told = inside(case_of(words), context, asked)
    assert username in {None, told.username}
    assert len(told.password or "") == length


def test_postmarks_token_is_both_and_hidden_wherever_it_stands(context: RunContext) -> None:
    def told(world: World) -> tuple[str | None, str | None, str]:
        _, transport = asked(world)
        return transport.username, transport.password, world.secrets.redact_text(transport.uri)

    username, password, uri = inside(case_of("provider: postmark"), context, told)
    assert username == password
    assert uri == "smtp://[password]:[password]@smtp.postmarkapp.com:587/"


def test_other_credentials_are_made_of_the_same_account(context: RunContext) -> None:
    when = """[
      {send: {password: "<password:eu-west-1>"}},
      {send: {password: "<secret_access_key>", username: "<username>"}},
      {send: {username: "<password>", password: "<access_key_id>"}},
      {send: {}}]"""

    def told(world: World) -> tuple[list[SmtpTransport], set[str]]:
        return [asked(world, nth)[1] for nth in range(4)], set(world.secrets.values.values())

    case = case_of("provider: ses, region: us-east-2", when=when)
    (region, secret, exchanged, right), hidden = inside(case, context, told)
    assert len({region.password, secret.password, right.password}) == 3
    assert (len(region.password or ""), len(secret.password or "")) == (44, 40)
    assert region.username == secret.username == right.username
    assert (exchanged.username, exchanged.password) == (right.password, right.username)
    assert {region.password, secret.password, right.password} <= hidden


def test_a_change_of_the_account_holds_at_the_same_port(context: RunContext) -> None:
    case = case_of(f"provider: sendgrid, {ACCOUNT}")

    async def codes() -> tuple[list[int], list[int]]:
        async with opened(case, context, logical=True) as world:
            ports = [world.fakes["smtp"].port]
            found = [await asyncio.to_thread(logged_in, world)]
            await world.change({"account": {"keys": [{"revoked": True}]}})
            ports.append(world.fakes["smtp"].port)
            found.append(await asyncio.to_thread(logged_in, world))
            return ports, found

    ports, found = asyncio.run(codes())
    assert ports[0] == ports[1]
    assert found == [235, 535]


def test_after_a_change_the_sender_is_told_what_fits_and_both_passwords_are_secret(
    context: RunContext,
) -> None:
    case = case_of(f"provider: mailgun, {ACCOUNT}")

    async def told() -> tuple[list[SmtpTransport], set[str], int]:
        async with opened(case, context, logical=True) as world:
            found = [asked(world)[1]]
            domain = {"name": "other.test", "smtp_password": "the-other-domains-own"}
            await world.change({"account": {"domains": [domain]}})
            found.append(asked(world)[1])
            code = await asyncio.to_thread(logged_in, world)
            return found, set(world.secrets.values.values()), code

    (before, after), secrets, code = asyncio.run(told())
    assert (after.username, after.password) == ("postmaster@other.test", "the-other-domains-own")
    assert {before.password, after.password} <= secrets
    assert code == 235


def logged_in(world: World) -> int:
    _, transport = asked(world)
    with client(world) as smtp:
        try:
            return smtp.login(transport.username or "", transport.password or "")[0]
        except smtplib.SMTPAuthenticationError as error:
            return error.smtp_code


def test_faults_act_as_at_any_server(context: RunContext) -> None:
    fault = "faults: [{at: rcpt, do: reply, code: 450, text: later}]"

    def refused(world: World) -> int:
        _, transport = asked(world)
        with client(world) as smtp:
            smtp.login(transport.username or "", transport.password or "")
            smtp.mail("a@harness.test")
            return smtp.rcpt("b@example.net")[0]

    assert inside(case_of(f"provider: ses, {ACCOUNT}, {fault}"), context, refused) == 450


def test_the_same_seed_makes_the_same_credentials(context: RunContext) -> None:
    case = case_of(f"provider: mailgun, {ACCOUNT}")
    assert inside(case, context, asked)[1] == inside(case, context, asked)[1]


def test_the_servers_are_those_of_the_vendor(context: RunContext) -> None:
    case = case_of("provider: mailgun")
    fakes = inside(case, context, lambda world: world.fakes)
    assert fakes.keys() == {"smtp", ELSEWHERE}
    assert {type(fake) for fake in fakes.values()} == {SubmissionServer}
