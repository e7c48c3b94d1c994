"""The same deed gets the same verdict, whichever protocol it was done in."""

from __future__ import annotations

import base64
import json
import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.model import CaseResult, RunResult
from harness.reference.sender import handle as right

from .made_up_runs import Handle, judge

pytestmark = pytest.mark.wire

PROTOCOLS = ("smtp", "api")
ACCOUNT = "account: {domains: [{name: harness.test}]}"
TWO = "message: {to: [{address: a@harness.test}, {address: b@harness.test}]}"


def scenario(
    protocol: str,
    then: str,
    *,
    given: str = "",
    send: str = "",
    control: str = "",
    row: str = "DLV-01",
) -> str:
    words = [given] if given else []
    if protocol == "smtp":
        server = f"smtp: {{{', '.join(words)}}}"
    else:
        server = f"api: {{{', '.join(['provider: sendgrid', ACCOUNT, *words])}}}"
    return "\n".join(
        [
            "title: A deed that is the same in both protocols",
            f"situations: [{row}]",
            f"given: {{{server}}}",
            f"when: {{send: {{{send}}}}}",
            f"then: {then}",
            *([f"control: {{{protocol}: {{{control}}}}}"] if control else []),
        ]
    )


def saying(**words: Any) -> Handle:
    """A sender that does it right, and then says something else."""

    def handle(request: dict[str, Any]) -> dict[str, Any]:
        answer = right(request)
        return answer if request["action"] == "describe" else {**answer, **words}

    return handle


def the_case(result: RunResult) -> CaseResult:
    [case] = [case for case in result.cases if not case.is_control]
    return case


def unmet(case: CaseResult) -> set[str]:
    return {finding.check for finding in case.unmet if finding.level.fails_a_case}


SENT = "{sender: {status: sent}, wire: {messages: once}}"


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    ("words", "check"),
    [
        ({"attempts": 7}, "sender.told.attempts"),
        ({"message_id": "<made-up@harness.test>"}, "sender.told.message_id"),
        ({"provider_id": "made-up-0"}, "sender.told.provider_id"),
        ({"refused": [{"address": "recipient@harness.test"}]}, "sender.told.refused"),
        ({"status": "failed", "error": {"class": "stalled"}}, "honesty"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_is_told_is_held_against_what_happened(
    protocol: str, words: dict[str, Any], check: str, tmp_path: Path
) -> None:
    told = the_case(judge(tmp_path, {"deed": scenario(protocol, SENT)}, saying(**words)))
    # SendGrid gives a message its Message-ID, which nobody is told.
    unknown = protocol == "api" and "message_id" in words
    assert (check in unmet(told)) is not unknown
    assert str(told.verdict) == ("pass" if unknown else "fail")
    honest = the_case(judge(tmp_path, {"deed": scenario(protocol, SENT)}))
    assert str(honest.verdict) == "pass", honest.unmet


def test_a_final_reply_that_nobody_gave_is_noticed(tmp_path: Path) -> None:
    lie = saying(final_reply="250 2.0.0 queued as MADEUP")
    told = the_case(judge(tmp_path, {"deed": scenario("smtp", SENT)}, lie))
    assert unmet(told) == {"sender.told.final_reply"}


FAILED = "{sender: {status: failed}, wire: {messages: never}}"
REFUSING = {
    "smtp": "faults: [{at: rcpt, do: reply, code: 550, text: nobody here}]",
    "api": "faults: [{at: request, do: respond, status: 503}]",
}


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    ("error", "check"),
    [
        ({"reply_code": 499}, "sender.told.reply_code"),
        ({"http_status": 418}, "sender.told.http_status"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_code_that_nobody_gave_is_noticed(
    protocol: str, error: dict[str, Any], check: str, tmp_path: Path
) -> None:
    asked = scenario(protocol, FAILED, given=REFUSING[protocol], control="faults: []")
    lie = saying(error=error)
    assert check in unmet(the_case(judge(tmp_path, {"deed": asked}, lie)))
    assert str(the_case(judge(tmp_path, {"deed": asked})).verdict) == "pass"


def leaky(request: dict[str, Any]) -> dict[str, Any]:
    """Never connect, and say the secret."""
    if request["action"] == "describe":
        return right(request)
    transport = request["transport"]
    secret = transport.get("password") or next(iter(transport["credentials"].values()))
    return {"status": "failed", "error": {"message": f"cannot use {secret}"}}


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_leak_convicts_and_proves_nothing_else(protocol: str, tmp_path: Path) -> None:
    bad = scenario(
        protocol,
        FAILED,
        given="certificate: expired",
        control="certificate: good",
        row="CERT-02" if protocol == "smtp" else "API-15",
    )
    result = judge(tmp_path, {"deed": bad}, leaky)
    case = the_case(result)
    assert str(case.verdict) == "fail"
    assert {row: str(said) for row, said in case.rows.items()} == {
        "CERT-02" if protocol == "smtp" else "API-15": "inconclusive",
        "AUTH-30": "fail",
        "DLV-09": "fail",
        **({"API-16": "fail"} if protocol == "api" else {}),
    }
    assert not [row for row in result.requirements if row.verdict == "pass"]


def connected(request: dict[str, Any]) -> socket.socket:
    """A connection to where the server really is."""
    host, _, port = next(iter(request["connect_to"].values())).rpartition(":")
    return socket.create_connection((host, int(port)), timeout=5)


def unverified(request: dict[str, Any]) -> ssl.SSLSocket:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(connected(request))


def second_try(talk: Callable[[Any, dict[str, Any]], None]) -> Handle:
    """A sender that verifies, and when that fails connects again and does not."""

    def handle(request: dict[str, Any]) -> dict[str, Any]:
        answer = right(request)
        if request["action"] == "send" and answer["status"] == "failed":
            with unverified(request) as connection:
                talk(connection, request)
        return answer

    return handle


def unfinished_mail(connection: ssl.SSLSocket, request: dict[str, Any]) -> None:
    transport = request["transport"]
    login = base64.b64encode(f"\0{transport['username']}\0{transport['password']}".encode())
    for words in (b"EHLO a", b"AUTH PLAIN " + login, b"MAIL FROM:<sender@harness.test>"):
        connection.recv(4096)
        connection.sendall(words + b"\r\n")
    connection.recv(4096)


def unfinished_request(connection: ssl.SSLSocket, request: dict[str, Any]) -> None:
    key = request["transport"]["credentials"]["api_key"]
    body = json.dumps({"personalizations": [{"to": [{"email": "recipient@harness.test"}]}]})
    head = (
        "POST /v3/mail/send HTTP/1.1\r\nHost: localhost\r\n"
        f"Authorization: Bearer {key}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    connection.sendall((head + body[:-1]).encode())


TALKS = {"smtp": unfinished_mail, "api": unfinished_request}


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_what_goes_to_an_unverified_peer_is_a_leak_though_it_never_became_complete(
    protocol: str, tmp_path: Path
) -> None:
    words = "certificate: expired" + (", security: tls" if protocol == "smtp" else "")
    bad = scenario(
        protocol,
        "{sender: {status: failed}}",
        given=words,
        control="certificate: good",
        row="CERT-02" if protocol == "smtp" else "API-15",
    )
    case = the_case(judge(tmp_path, {"deed": bad}, second_try(TALKS[protocol])))
    leaks = {finding.check for finding in case.unmet if finding.leak}
    assert leaks == {"credentials-to-a-stranger", "content-to-a-stranger"}
    assert case.rows["CERT-02" if protocol == "smtp" else "API-15"] == "fail"
    assert str(the_case(judge(tmp_path, {"deed": bad})).verdict) == "pass"


def plain_mail(request: dict[str, Any]) -> dict[str, Any]:
    """Log in in clear, over SMTP; post in clear, to an API."""
    if request["action"] == "describe":
        return right(request)
    with connected(request) as connection:
        if request["transport"]["kind"] == "smtp":
            unfinished_mail(connection, request)  # type: ignore[arg-type]  # it is a socket too
        else:
            unfinished_request(connection, request)  # type: ignore[arg-type]
    return {"status": "failed"}


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_what_goes_in_clear_is_a_leak_in_both(protocol: str, tmp_path: Path) -> None:
    words = "auth: {offer: always}, starttls: absent" if protocol == "smtp" else "secure: false"
    control = "starttls: required" if protocol == "smtp" else "secure: true"
    then = "{sender: {status: failed}, wire: {credentials-in-clear: never}}"
    bad = scenario(protocol, then, given=words, control=control)
    case = the_case(judge(tmp_path, {"deed": bad}, plain_mail))
    leaks = {finding.check for finding in case.unmet if finding.leak}
    assert {"credentials-in-clear", "content-in-clear"} <= leaks


PARTLY = "faults: [{at: 'rcpt[2]', do: reply, code: 550, text: nobody here}]"
TAKEN = "{sender: {status: [sent, failed]}, wire: {messages: once}}"


def naming(*addresses: str) -> Handle:
    return saying(
        status="sent",
        error=None,
        refused=[{"address": name, "reply_code": 550, "message": "no"} for name in addresses],
    )


@pytest.mark.parametrize(
    ("handle", "convicted"),
    [
        (right, False),
        (naming("b@harness.test"), False),
        (naming(), True),
        (naming("a@harness.test"), True),
        (naming("a@harness.test", "b@harness.test"), True),
    ],
)
def test_partial_success_is_told_for_those_whom_it_is_about(
    handle: Handle, convicted: bool, tmp_path: Path
) -> None:
    asked = scenario("smtp", TAKEN, given=PARTLY, send=TWO, control="faults: []", row="EXT-05")
    case = the_case(judge(tmp_path, {"deed": asked}, handle))
    assert ("sender.told.refused" in unmet(case)) is convicted, case.unmet


@pytest.mark.parametrize("provider", ["mandrill", "sparkpost", "sendgrid", "postmark"])
def test_one_send_to_two_is_one_message_however_many_a_vendor_makes_of_it(
    provider: str, tmp_path: Path
) -> None:
    then = "{sender: {status: sent}, wire: {messages: once, message: intact}}"
    asked = scenario("api", then, send=TWO).replace("sendgrid", provider)
    case = the_case(judge(tmp_path, {"deed": asked}))
    assert str(case.verdict) == "pass", case.unmet


def test_every_request_counts_and_is_kept(tmp_path: Path) -> None:
    def insistent(request: dict[str, Any]) -> dict[str, Any]:
        answers = [right(request) for _ in range(4 if request["action"] == "send" else 1)]
        return answers[0] if request["action"] == "describe" else answers[1]

    fault = "faults: [{at: 'request[1]', do: respond, status: 503}]"
    asked = scenario(
        "api", "{sender: {status: sent}, wire: {messages: 3, requests: 4}}", given=fault,
        control="faults: []",
    )  # fmt: skip
    result = judge(tmp_path, {"deed": asked}, insistent)
    case = the_case(result)
    counted = {f.check: f.met for f in case.findings if f.check in {"messages", "requests"}}
    assert counted == {"messages": True, "requests": True}


def test_a_moment_that_came_and_was_honest_has_arisen(tmp_path: Path) -> None:
    for protocol, moment in (("smtp", "mail"), ("api", "request")):
        fault = f"faults: [{{at: {moment}, do: honest}}]"
        asked = scenario(protocol, SENT, given=fault)
        case = the_case(judge(tmp_path, {"deed": asked}))
        assert str(case.verdict) == "pass", case.reason


def flooding(request: dict[str, Any]) -> dict[str, Any]:
    """Talk for ever, connecting again whenever it is hung up on."""
    if request["action"] == "describe":
        return right(request)
    words = b"NOOP\r\n" if request["transport"]["kind"] == "smtp" else b"GET / HTTP/1.1\r\n\r\n"
    for _ in range(10_000):
        try:
            with connected(request) as connection:
                while True:
                    connection.sendall(words * 500)
                    connection.recv(1_000_000)
        except OSError:
            continue
    return {"status": "failed"}


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_who_floods_the_servers_is_cut_off_and_convicted_of_it(
    protocol: str, tmp_path: Path
) -> None:
    given = "security: none, auth: {offer: always}" if protocol == "smtp" else "secure: false"
    asked = scenario(protocol, "{sender: {status: sent}}", given=given)
    case = the_case(judge(tmp_path, {"deed": asked}, flooding, time_scale=1))
    assert str(case.verdict) == "fail"
    assert {"flood", "answers"} <= unmet(case)
