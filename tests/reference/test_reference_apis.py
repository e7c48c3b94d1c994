"""The reference sender over the providers' APIs: what it asks, and what it makes of answers.

The answers are the vendors' own words, or come from a server of the standard library.
"""

from __future__ import annotations

import http.server
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import trustme

from harness.protocol import ApiTransport, Mailbox, Message
from harness.reference.api_calls.call import ApiCall, ApiReply
from harness.reference.apis import mailgun, mandrill, postmark, resend, sendgrid, ses, sparkpost
from harness.reference.failure import ConfigError, DeliveryError
from harness.reference.sender import handle

MESSAGE = Message.model_validate(
    {
        "from": Mailbox(name="A", address="a@example.com"),
        "to": [Mailbox(address="b@example.net")],
        "cc": [Mailbox(address="c@example.net")],
        "subject": "s",
        "text": "t\n",
    }
)
MIME = b"From: a@example.com\r\nTo: b@example.net\r\nSubject: s\r\n\r\nt\r\n"
CREDENTIALS = {
    "ses": {"access_key_id": "AKIAIOSFODNN7EXAMPLE", "secret_access_key": "s/e+cret0123456789"},
    "postmark": {"server_token": "token-0123456789"},
}
REGIONS = {"ses": "eu-west-1", "mandrill": None, "postmark": None, "resend": None}
APIS: dict[str, Any] = {
    "ses": ses,
    "sendgrid": sendgrid,
    "sparkpost": sparkpost,
    "mailgun": mailgun,
    "mandrill": mandrill,
    "postmark": postmark,
    "resend": resend,
}


def transport(provider: str, **changes: Any) -> ApiTransport:
    """A configuration that is complete."""
    words: dict[str, Any] = {
        "provider": provider,
        "credentials": CREDENTIALS.get(provider, {"api_key": "key-0123456789"}),
        "region": REGIONS.get(provider, "eu"),
        "domain": "example.com" if provider == "mailgun" else None,
        **changes,
    }
    return ApiTransport(**words)


def asked(provider: str, **changes: Any) -> ApiCall:
    """The call that sends the message."""
    call: ApiCall = APIS[provider].call(transport(provider, **changes), MESSAGE, MIME)
    return call


def reply(status: int, body: str, **headers: str) -> ApiReply:
    """A response, header names in lower case."""
    return ApiReply(status=status, headers=headers, body=body.encode())


@pytest.mark.parametrize(
    ("provider", "host", "path"),
    [
        ("ses", "email.eu-west-1.amazonaws.com", "/v2/email/outbound-emails"),
        ("sendgrid", "api.eu.sendgrid.com", "/v3/mail/send"),
        ("sparkpost", "api.eu.sparkpost.com", "/api/v1/transmissions"),
        ("mailgun", "api.eu.mailgun.net", "/v3/example.com/messages.mime"),
        ("mandrill", "mandrillapp.com", "/api/1.0/messages/send-raw"),
        ("postmark", "api.postmarkapp.com", "/email"),
        ("resend", "api.resend.com", "/emails"),
    ],
)
def test_each_provider_is_asked_at_its_own_host(provider: str, host: str, path: str) -> None:
    call = asked(provider)
    assert (call.host, call.path) == (host, path)


@pytest.mark.parametrize("provider", list(APIS))
def test_no_secret_stands_in_a_path(provider: str) -> None:
    path = asked(provider).path
    assert not any(secret in path for secret in transport(provider).credentials.values())


@pytest.mark.parametrize("provider", list(APIS))
def test_every_recipient_is_named(provider: str) -> None:
    body = asked(provider).body
    assert b"b@example.net" in body
    assert b"c@example.net" in body


@pytest.mark.parametrize(
    ("provider", "changes"),
    [
        ("ses", {"region": None}),
        ("ses", {"region": "nowhere"}),
        ("sendgrid", {"region": "mars"}),
        ("sparkpost", {"region": None}),
        ("mailgun", {"domain": None}),
        ("mailgun", {"region": "mars"}),
        ("sendgrid", {"credentials": {"api_key": ""}}),
        ("mandrill", {"credentials": {"api_key": " key-0123456789"}}),
        ("postmark", {"credentials": {}}),
        ("resend", {"credentials": {}}),
        ("sparkpost", {"credentials": {"api_key": "key\n"}}),
    ],
)
def test_a_configuration_that_lacks_something_is_refused_locally(
    provider: str, changes: dict[str, Any]
) -> None:
    with pytest.raises(ConfigError) as caught:
        asked(provider, **changes)
    assert "key-0123456789" not in str(caught.value)


SES_XML = (
    '<SendRawEmailResponse xmlns="http://ses.amazonaws.com/doc/2010-12-01/"><SendRawEmailResult>'
    "<MessageId>0102-x-000000</MessageId></SendRawEmailResult></SendRawEmailResponse>"
)


@pytest.mark.parametrize(
    ("provider", "answer", "identifier"),
    [
        ("ses", reply(200, '{"MessageId":"0102-x-000000"}'), "0102-x-000000"),
        ("ses", reply(200, SES_XML), "0102-x-000000"),
        ("sendgrid", reply(202, "", **{"x-message-id": "8mw9nktNSBSGQnrHkXny8Q"}), "8mw9nkt"),
        (
            "sparkpost",
            reply(200, '{"results":{"total_accepted_recipients":1,"id":"1171"}}'),
            "1171",
        ),
        ("mailgun", reply(200, '{"id":"<x@example.com>","message":"Queued."}'), "<x@example.com>"),
        ("mandrill", reply(200, '[{"status":"queued","_id":"abc"}]'), "abc"),
        ("postmark", reply(200, '{"ErrorCode":0,"MessageID":"b7bc"}'), "b7bc"),
        ("resend", reply(200, '{"id":"49a3999c"}'), "49a3999c"),
    ],
)
def test_what_is_taken_gives_the_providers_id(
    provider: str, answer: ApiReply, identifier: str
) -> None:
    taken = APIS[provider].accepted(answer, MESSAGE.recipients)
    assert taken.provider_id.startswith(identifier)
    assert taken.refused == ()


@pytest.mark.parametrize(
    ("provider", "body", "words"),
    [
        (
            "mandrill",
            (
                '[{"email":"b@example.net","status":"sent","_id":"abc"},{"email":"c@example.net",'
                '"status":"rejected","reject_reason":"hard-bounce","_id":"abd"}]'
            ),
            "rejected hard-bounce",
        ),
        (
            "postmark",
            (
                '{"ErrorCode":0,"MessageID":"abc","Message":"Message OK, but will not deliver to '
                'these inactive addresses: c@example.net."}'
            ),
            "inactive addresses",
        ),
        (
            "sparkpost",
            (
                '{"results":{"total_accepted_recipients":1,"id":"abc","rcpt_to_errors":[{"description":'
                '"invalid recipient address.email: c@example.net"}]}}'
            ),
            "invalid recipient",
        ),
    ],
)
def test_whom_the_provider_refuses_among_others_is_told(
    provider: str, body: str, words: str
) -> None:
    taken = APIS[provider].accepted(reply(200, body), MESSAGE.recipients)
    assert taken.provider_id == "abc"
    assert [refused.address for refused in taken.refused] == ["c@example.net"]
    assert words in taken.refused[0].message


@pytest.mark.parametrize(
    ("provider", "answer", "class_", "words"),
    [
        (
            "ses",
            reply(
                400,
                '{"message":"Email address is not verified."}',
                **{"x-amzn-errortype": "MessageRejected:http://x/"},
            ),
            "message-refused",
            "not verified",
        ),
        (
            "ses",
            reply(
                400,
                '<ErrorResponse xmlns="http://ses.amazonaws.com/doc/2010-12-01/"><Error><Code>'
                "Throttling</Code><Message>Maximum sending rate exceeded.</Message></Error>"
                "</ErrorResponse>",
            ),
            "rate-limited",
            "Maximum sending rate exceeded",
        ),
        (
            "sendgrid",
            reply(403, '{"errors":[{"field":null,"message":"access forbidden"}]}'),
            "forbidden",
            "access forbidden",
        ),
        (
            "sendgrid",
            reply(401, '{"errors":[{"message":"Maximum credits exceeded"}]}'),
            "quota-exceeded",
            "Maximum credits",
        ),
        ("mailgun", reply(401, "Forbidden"), "unauthorized", "Forbidden"),
        (
            "mandrill",
            reply(200, '[{"status":"rejected","reject_reason":"unsigned","_id":"x"}]'),
            "message-refused",
            "unsigned",
        ),
        (
            "mandrill",
            reply(500, '{"status":"error","code":-1,"name":"Invalid_Key","message":"Invalid API"}'),
            "unauthorized",
            "Invalid API",
        ),
        (
            "postmark",
            reply(422, '{"ErrorCode":406,"Message":"inactive recipients"}'),
            "recipient-refused",
            "inactive",
        ),
        (
            "sparkpost",
            reply(420, '{"errors":[{"message":"Exceed Sending Limit (hourly)","code":"2101"}]}'),
            "quota-exceeded",
            "Exceed Sending Limit",
        ),
        *(
            ("resend", reply(status, f'{{"name":"{name}","message":"{words}"}}'), class_, words)
            for status, name, words, class_ in (
                (401, "validation_error", "API key is invalid", "unauthorized"),
                (400, "validation_error", "API key is invalid", "unauthorized"),
                (403, "suspended_api_key", "This API key is suspended", "forbidden"),
                (403, "validation_error", "The a.test domain is not verified.", "sender-refused"),
                (429, "daily_quota_exceeded", "You have reached it", "quota-exceeded"),
                (429, "rate_limit_exceeded", "Too many requests.", "rate-limited"),
                (422, "validation_error", "Invalid `to` field.", "invalid-request"),
            )
        ),
    ],
)
def test_a_refusal_keeps_the_providers_words(
    provider: str, answer: ApiReply, class_: str, words: str
) -> None:
    with pytest.raises(DeliveryError) as caught:
        APIS[provider].accepted(answer, MESSAGE.recipients)
    assert caught.value.class_ == class_
    assert words in str(caught.value)
    assert caught.value.http_status == answer.status


def test_only_a_conflict_over_a_key_in_use_may_pass_among_conflicts() -> None:
    for name, temporary in (
        ("concurrent_idempotent_requests", True),
        ("invalid_idempotent_request", False),
    ):
        with pytest.raises(DeliveryError) as caught:
            resend.accepted(reply(409, f'{{"name":"{name}","message":"x"}}'), MESSAGE.recipients)
        assert caught.value.temporary is temporary


@pytest.mark.parametrize("provider", list(APIS))
@pytest.mark.parametrize("body", ["<html>hello</html>", "", "[]", "{}", "null", "\x00"])
def test_a_200_that_is_no_answer_of_the_providers_is_no_success(provider: str, body: str) -> None:
    with pytest.raises(DeliveryError) as caught:
        APIS[provider].accepted(reply(200, body), MESSAGE.recipients)
    assert caught.value.class_ == "unexpected-response"


# Over real HTTPS, with the standard library's server.

Answer = tuple[int, dict[str, str], bytes]


@dataclass
class Stranger:
    """A server that answers every POST with `answer` and remembers what it was asked."""

    answer: Answer
    ca_file: Path
    port: int = 0
    seen: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def send(self, **changes: Any) -> dict[str, Any]:
        """Let the reference send through SendGrid's API, which is here."""
        words = transport("sendgrid", base_url=f"https://localhost:{self.port}", **changes)
        return handle(
            {
                "protocol": 1,
                "action": "send",
                "case": "c",
                "transport": words.model_dump(mode="json"),
                "trust": {
                    "ca_file": str(self.ca_file),
                    "ca_pkcs12": "",
                    "ca_pkcs12_password": "",
                },
                "message": MESSAGE.model_dump(mode="json", by_alias=True),
                "timeout": 2.0,
            }
        )


@pytest.fixture
def stranger(tmp_path: Path) -> Callable[[Answer], Any]:
    """Start such a server."""

    @contextmanager
    def run(answer: Answer) -> Iterator[Stranger]:
        authority = trustme.CA()
        ca_file = tmp_path / "ca.pem"
        authority.cert_pem.write_to_path(ca_file)
        found = Stranger(answer, ca_file)

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                found.seen.append((self.path, dict(self.headers)))
                self.rfile.read(int(self.headers["Content-Length"]))
                status, headers, body = found.answer
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                del format, args

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(context)
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            server.socket = context.wrap_socket(server.socket, server_side=True)
            found.port = server.server_address[1]
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            try:
                yield found
            finally:
                server.shutdown()
                thread.join()

    return run


@pytest.mark.wire
def test_a_202_counts_as_sent_after_one_request(stranger: Callable[[Answer], Any]) -> None:
    with stranger((202, {"X-Message-Id": "abc"}, b"")) as server:
        answer = server.send()
    assert (answer["status"], answer["provider_id"]) == ("sent", "abc")
    assert [path for path, _ in server.seen] == ["/v3/mail/send"]


@pytest.mark.wire
def test_a_redirect_is_not_followed(stranger: Callable[[Answer], Any]) -> None:
    with stranger((307, {"Location": "https://localhost:1/elsewhere"}, b"")) as server:
        answer = server.send()
    assert answer["error"]["class"] == "redirected"
    assert len(server.seen) == 1


@pytest.mark.wire
def test_a_key_that_is_sent_back_is_not_repeated(stranger: Callable[[Answer], Any]) -> None:
    echo = b'{"errors":[{"message":"no such key: key-0123456789"}]}'
    with stranger((401, {}, echo)) as server:
        answer = server.send()
    assert answer["error"]["class"] == "unauthorized"
    assert "key-0123456789" not in str(answer)
    assert "no such key" in answer["error"]["message"]


@pytest.mark.wire
def test_a_certificate_of_nobody_is_refused_before_the_key_is_sent(
    stranger: Callable[[Answer], Any], tmp_path: Path
) -> None:
    with stranger((202, {}, b"")) as server:
        other = tmp_path / "other.pem"
        trustme.CA().cert_pem.write_to_path(other)
        server.ca_file = other
        answer = server.send()
    assert answer["error"]["phase"] == "tls"
    assert answer["error"]["class"] == "certificate-untrusted"
    assert server.seen == []


@pytest.mark.wire
def test_server_trouble_is_temporary(stranger: Callable[[Answer], Any]) -> None:
    with stranger((503, {}, b"busy")) as server:
        answer = server.send()
    assert (answer["error"]["class"], answer["error"]["temporary"]) == ("server-error", True)


def test_without_botocore_the_sender_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "botocore.auth", None)
    request = {
        "protocol": 1,
        "action": "send",
        "transport": transport("ses").model_dump(),
        "trust": {"ca_file": "ca.pem", "ca_pkcs12": "ca.p12", "ca_pkcs12_password": "changeit"},
        "message": MESSAGE.model_dump(by_alias=True),
        "timeout": 1.0,
        "case": "x",
    }
    answer = handle(request)
    assert answer["status"] == "unsupported", answer
    assert answer["reason"].endswith("pip install 'mail-harness[ses]'")
