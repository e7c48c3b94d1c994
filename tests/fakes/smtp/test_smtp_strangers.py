"""Clients that are not ours, in each security mode: a fake for one client proves little."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from harness.fakes.smtp.facts import AuthOutcome, Command
from harness.fakes.transcript import TlsEstablished, TlsFailed

pytestmark = [pytest.mark.wire, pytest.mark.whole]

Serving = Callable[..., AbstractContextManager[Any]]
Facts = Callable[..., list[Any]]
Program = Callable[[str], str]
MakeContext = Callable[..., ssl.SSLContext]

MODES = pytest.mark.parametrize("security", ["none", "starttls", "tls"])
ACCOUNT = {"username": "user@one.example", "password": "p@ss: w/rd%"}
TEXT = (
    "Subject: from a stranger\r\n\r\nfirst line\r\n.a line with a dot\r\n.\r\n..\r\nlast line\r\n"
)


def run(command: Sequence[str], *, given: str = "", status: int | None = 0) -> str:
    """What a program says on both its outputs."""
    done = subprocess.run(
        command, input=given, capture_output=True, text=True, timeout=30, check=False
    )
    said = done.stdout + done.stderr
    assert status is None or done.returncode == status, f"{done.returncode}: {said}"
    return said


def check(fake: Any, facts: Facts, security: str, *, content: str = TEXT) -> None:
    """One whole message, logged in, and inside TLS where there is TLS."""
    [message] = fake.messages
    assert content.encode() in message.content
    assert message.rcpt_tos == ("b@two.example", "c@two.example")
    assert message.mail_from == "a@one.example"
    assert message.username == ACCOUNT["username"]
    assert message.secure is (security != "none")
    assert len(facts(fake, TlsEstablished)) == (security != "none")
    assert [fact.accepted for fact in facts(fake, AuthOutcome)] == [True]


# smtplib


@MODES
@pytest.mark.parametrize("mechanism", ["CRAM-MD5", "PLAIN", "LOGIN"])
def test_smtplib(
    serving: Serving,
    facts: Facts,
    client_context: MakeContext,
    security: str,
    mechanism: str,
) -> None:
    words = {"security": security, "auth": {"mechanisms": (mechanism,)}, **ACCOUNT}
    with serving(**words) as fake:
        if security == "tls":
            client: smtplib.SMTP = smtplib.SMTP_SSL(
                "localhost", fake.port, timeout=10, context=client_context()
            )
        else:
            client = smtplib.SMTP("localhost", fake.port, timeout=10)
        with client:
            if security == "starttls":
                client.starttls(context=client_context())
            client.login(ACCOUNT["username"], ACCOUNT["password"])
            client.sendmail("a@one.example", ["b@two.example", "c@two.example"], TEXT)
    assert [fact.mechanism for fact in facts(fake, AuthOutcome)] == [mechanism]
    check(fake, facts, security)
    assert fake.messages[0].content == TEXT.encode()


def test_smtplib_is_refused_what_is_to_be_refused(
    serving: Serving, client_context: MakeContext
) -> None:
    faults = [{"at": "rcpt[2]", "do": "reply", "code": 550, "text": "5.1.1 nobody"}]
    with serving(**ACCOUNT, faults=faults) as fake:
        with smtplib.SMTP("localhost", fake.port, timeout=10) as client:
            with pytest.raises(smtplib.SMTPSenderRefused, match="Must issue a STARTTLS"):
                client.sendmail("a@one.example", ["b@two.example"], TEXT)
            client.starttls(context=client_context())
            with pytest.raises(smtplib.SMTPSenderRefused, match="Authentication required"):
                client.sendmail("a@one.example", ["b@two.example"], TEXT)
            with pytest.raises(smtplib.SMTPAuthenticationError, match="535"):
                client.login("user@one.example", "wrong")
            client.login(ACCOUNT["username"], ACCOUNT["password"])
            refused = client.sendmail("a@one.example", ["b@two.example", "x@two.example"], TEXT)
        assert refused == {"x@two.example": (550, b"5.1.1 nobody")}
    assert fake.messages[0].rcpt_tos == ("b@two.example",)


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_smtplib_does_not_take_an_expired_certificate(
    serving: Serving, facts: Facts, client_context: MakeContext, security: str
) -> None:
    def connect(port: int) -> None:
        if security == "tls":
            smtplib.SMTP_SSL("localhost", port, timeout=10, context=client_context())
        with smtplib.SMTP("localhost", port, timeout=10) as client:
            client.starttls(context=client_context())

    with (
        serving(security=security, certificate="expired") as fake,
        pytest.raises(ssl.SSLCertVerificationError),
    ):
        connect(fake.port)
    assert [fact.alert for fact in facts(fake, TlsFailed)] == ["certificate_expired"]


# curl


def curl(program: str, fake: Any, security: str, *more: str) -> list[str]:
    scheme = "smtps" if security == "tls" else "smtp"
    command = [program, "--silent", "--show-error", "--max-time", "20"]
    command += ["--url", f"{scheme}://localhost:{fake.port}/me.example", "--noproxy", "*"]
    command += ["--cacert", str(fake.ca_file)] if security != "none" else []
    command += ["--ssl-reqd"] if security == "starttls" else []
    command += ["--user", f"{ACCOUNT['username']}:{ACCOUNT['password']}"]
    command += ["--mail-from", "a@one.example", "--mail-rcpt", "b@two.example"]
    return [*command, "--mail-rcpt", "c@two.example", "--upload-file", "-", *more]


@MODES
@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5"])
def test_curl(
    serving: Serving, facts: Facts, requires_program: Program, security: str, mechanism: str
) -> None:
    program = requires_program("curl")
    with serving(security=security, auth={"mechanisms": (mechanism,)}, **ACCOUNT) as fake:
        run(curl(program, fake, security), given=TEXT)
    check(fake, facts, security)
    assert [fact.mechanism for fact in facts(fake, AuthOutcome)] == [mechanism]


def test_curl_does_not_take_an_unknown_certificate(
    serving: Serving, facts: Facts, requires_program: Program
) -> None:
    program = requires_program("curl")
    with serving(security="starttls", certificate="self-signed", **ACCOUNT) as fake:
        run(curl(program, fake, "starttls"), given=TEXT, status=60)
    assert facts(fake, TlsFailed)[0].alert == "unknown_ca"
    assert [fact.verb for fact in facts(fake, Command)] == ["EHLO", "STARTTLS"]


def test_curl_does_without_a_tls_that_is_not_there(
    serving: Serving, facts: Facts, requires_program: Program
) -> None:
    program = requires_program("curl")
    with serving(security="starttls", starttls="absent", **ACCOUNT) as fake:
        run(curl(program, fake, "starttls"), given=TEXT, status=64)
    assert "MAIL" not in {fact.verb for fact in facts(fake, Command)}


# swaks


@MODES
@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5"])
def test_swaks(
    serving: Serving,
    facts: Facts,
    requires_program: Program,
    tmp_path: Path,
    security: str,
    mechanism: str,
) -> None:
    program = requires_program("swaks")
    file = tmp_path / "message"
    file.write_text(TEXT.replace("\r\n", "\n"), newline="")
    with serving(security=security, auth={"mechanisms": (mechanism,)}, **ACCOUNT) as fake:
        command = [program, "--server", "localhost", "--port", str(fake.port), "--timeout", "20"]
        command += ["--helo", "me.example", "--from", "a@one.example"]
        command += ["--to", "b@two.example,c@two.example", "--data", f"@{file}"]
        command += ["--auth", mechanism, "--auth-user", ACCOUNT["username"]]
        command += ["--auth-password", ACCOUNT["password"]]
        if security != "none":
            command += ["--tls-on-connect" if security == "tls" else "--tls", "--tls-verify"]
            command += ["--tls-ca-path", str(fake.ca_file)]
        said = run(command, status=None)
        if "not available" in said or "required modules" in said.lower():
            pytest.skip("swaks lacks a Perl module that this needs")
    assert "queued as FAKE0000" in said
    check(fake, facts, security, content="\r\nfirst line\r\n.a line with a dot\r\n")


# openssl s_client


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_openssl_s_client(
    serving: Serving, facts: Facts, requires_program: Program, security: str, version: str
) -> None:
    program = requires_program("openssl")
    with serving(security=security, auth={"offer": "never"}) as fake:
        command = [program, "s_client", "-connect", f"localhost:{fake.port}", "-quiet", "-crlf"]
        command += ["-CAfile", str(fake.ca_file), "-verify_return_error", version]
        command += ["-verify_hostname", "localhost", "-servername", "localhost", "-no_ign_eof"]
        command += ["-starttls", "smtp", "-name", "me.example"] if security == "starttls" else []
        said = talk(command)
    assert "250 2.0.0 Ok: queued as FAKE0000" in said
    assert fake.messages[0].content == b"hello\r\n"
    assert fake.messages[0].secure
    [established] = facts(fake, TlsEstablished)
    assert established.version == {"-tls1_2": "TLSv1.2", "-tls1_3": "TLSv1.3"}[version]


def talk(command: Sequence[str]) -> str:
    """Speak SMTP through a program, a line when it is due."""

    async def speak() -> str:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        said = b""
        # In capitals, R and Q would be commands to the program itself.
        lines = ["ehlo me.example", "mail from:<a@one.example>", "rcpt to:<b@two.example>"]
        for line in [*lines, "data", "hello\n.", "quit"]:
            process.stdin.write(line.encode() + b"\n")
            while True:
                reply = await asyncio.wait_for(process.stdout.readline(), 20)
                said += reply
                if reply[:3] != b"220" and reply[3:4] != b"-":
                    break
        await asyncio.wait_for(process.communicate(), 20)
        return said.decode()

    return asyncio.run(speak())


@pytest.mark.parametrize(
    ("kind", "alert"),
    [("expired", "certificate_expired"), ("untrusted-root", "unknown_ca")],
)
def test_openssl_s_client_tells_what_it_dislikes(
    serving: Serving, facts: Facts, requires_program: Program, kind: str, alert: str
) -> None:
    program = requires_program("openssl")
    with serving(security="starttls", certificate=kind) as fake:
        command = [program, "s_client", "-connect", f"localhost:{fake.port}", "-starttls", "smtp"]
        command += ["-CAfile", str(fake.ca_file), "-verify_return_error"]
        run(command, status=1)
    assert [fact.alert for fact in facts(fake, TlsFailed)] == [alert]


def test_the_python_of_a_sender_needs_nothing_of_ours(serving: Serving) -> None:
    """The smallest sender there is, in a process of its own."""
    script = (
        "import smtplib, sys\n"
        "with smtplib.SMTP('localhost', int(sys.argv[1]), timeout=10) as client:\n"
        "    client.sendmail('a@one.example', 'b@two.example', 'Subject: x\\n\\nhello\\n')\n"
    )
    with serving(security="none", auth={"offer": "never"}) as fake:
        run([sys.executable, "-c", script, str(fake.port)])
    assert fake.messages[0].content == b"Subject: x\r\n\r\nhello\r\n"
