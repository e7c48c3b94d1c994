"""The control API, call by call, on fakes that run."""

from __future__ import annotations

import smtplib
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import httpx
import pytest

from .conftest import PATIENCE, Served, letter, serving

pytestmark = pytest.mark.wire

MAIL = {
    "personalizations": [{"to": [{"email": "b@example.net"}]}],
    "from": {"email": "a@example.com"},
    "subject": "By the API",
    "content": [{"type": "text/html", "value": '<a href="https://example.com/reset?t=1">go</a>'}],
    "categories": ["reset"],
}


def _post(served: Served, mail: dict[str, Any] = MAIL, **more: Any) -> httpx.Response:
    fake = served.fake("sendgrid")
    trust = ssl.create_default_context(cafile=served.ready["ca_file"])
    with httpx.Client(verify=trust, trust_env=False) as client:
        return client.post(
            f"{fake['base_url']}/v3/mail/send",
            json=mail,
            headers={"Authorization": f"Bearer {fake['credentials']['api_key']}", **more},
        )


def test_what_runs_is_told(served: Served) -> None:
    about = served.told("GET", "/v1")
    assert about["version"] == 1
    assert about["fakes"] == ["smtp", "sendgrid", "mailgun"]
    fakes = served.told("GET", "/v1/fakes")["fakes"]
    assert [each["smtp"]["port"] for each in fakes] == [
        each["smtp"]["port"] for each in served.ready["fakes"]
    ]
    assert served.told("GET", "/v1/fakes/sendgrid")["account"]["domains"][0]["name"] == (
        "example.com"
    )


def test_a_message_over_smtp_is_shown_with_links_and_codes(fresh: Served) -> None:
    fresh.send(
        subject="Sign in",
        text="Your code is 481 516.\n",
        html='<p>Your code: 481 516</p><a href="https://example.com/in?a=1&amp;b=2">Sign in</a>',
    )
    (message,) = fresh.told("GET", "/v1/messages/wait?to=TO@example.net&subject=sign")["messages"]
    assert message["fake"] == "smtp"
    assert message["links"] == ["https://example.com/in?a=1&b=2"]
    assert message["codes"] == ["481516"]
    assert message["remarks"] == []
    assert message["secure"] is True
    whole = fresh.told("GET", f"/v1/messages/{message['id']}")
    assert whole["text"].startswith("Your code is 481 516.")
    assert ["Subject", "Sign in"] in whole["headers"]
    raw = fresh.ask("GET", f"/v1/messages/{message['id']}/raw")
    assert raw.headers["content-type"] == "message/rfc822"
    assert b"Subject: Sign in\r\n" in raw.content


def test_a_file_in_a_message_is_told_and_given(fresh: Served) -> None:
    message = letter()
    message.add_attachment(b"%PDF\xff", maintype="application", subtype="pdf", filename="a.pdf")
    place = fresh.fake("smtp")["smtp"]
    with smtplib.SMTP("localhost", place["port"]) as client:
        client.starttls(context=ssl.create_default_context(cafile=fresh.ready["ca_file"]))
        client.login(place["username"], place["password"])
        client.send_message(message)
    (shown,) = fresh.told("GET", "/v1/messages")["messages"]
    assert shown["attachments"] == [
        {"number": 1, "filename": "a.pdf", "content_type": "application/pdf", "size": 5}
    ]
    path = f"/v1/messages/{shown['id']}/attachments"
    given = fresh.ask("GET", f"{path}/1")
    assert given.content == b"%PDF\xff"
    assert given.headers["content-type"] == "application/octet-stream"
    for number in ("0", "2", "x"):
        missing = fresh.ask("GET", f"{path}/{number}")
        assert missing.status_code == 404
        assert "they are numbered 1 to 1" in missing.json()["error"]["message"]


def test_a_message_by_an_api_is_shown_with_what_the_vendor_was_given(fresh: Served) -> None:
    accepted = _post(fresh)
    assert accepted.status_code == 202
    (message,) = fresh.told("GET", "/v1/messages?fake=sendgrid")["messages"]
    assert (message["by"], message["tags"]) == ("api", ["reset"])
    assert message["provider_id"].startswith(accepted.headers["x-message-id"])
    assert message["links"] == ["https://example.com/reset?t=1"]


def test_a_message_to_a_providers_smtp_service_is_that_providers(fresh: Served) -> None:
    fresh.send("sendgrid")
    (message,) = fresh.told("GET", "/v1/messages")["messages"]
    assert (message["fake"], message["by"], message["username"]) == ("sendgrid", "smtp", "apikey")
    assert message["provider_id"]


def test_whoever_waits_is_answered_when_the_message_comes(fresh: Served) -> None:
    found: list[Any] = []
    waiter = threading.Thread(
        target=lambda: found.append(fresh.told("GET", "/v1/messages/wait?count=2&timeout=30"))
    )
    waiter.start()
    fresh.send(subject="one")
    fresh.send(subject="two")
    waiter.join(PATIENCE)
    assert [each["subject"] for each in found[0]["messages"]] == ["one", "two"]


def test_a_wait_in_vain_says_what_came_instead(fresh: Served) -> None:
    fresh.send(to="other@example.net", subject="Hello")
    answer = fresh.ask("GET", "/v1/messages/wait?to=to@example.net&timeout=0.01")
    assert answer.status_code == 404
    error = answer.json()["error"]
    assert error["code"] == "none-came"
    assert error["message"].startswith("0 of 1 messages came in 0.01 s (to to@example.net); there")
    assert "at smtp to other@example.net: 'Hello'" in error["message"]


def test_messages_are_found_by_every_word(fresh: Served) -> None:
    fresh.send(subject="one", sender="first@example.com")
    fresh.send(subject="two", sender="second@example.com")
    first, second = fresh.told("GET", "/v1/messages")["messages"]
    for query, ids in {
        "from=second@example.com": [second["id"]],
        "subject=TW": [second["id"]],
        f"after={first['id']}": [second["id"]],
        "limit=1": [second["id"]],
        "fake=sendgrid": [],
        "to=to@example.net": [first["id"], second["id"]],
    }.items():
        messages = fresh.told("GET", f"/v1/messages?{query}")["messages"]
        assert [each["id"] for each in messages] == ids, query


def test_messages_are_cleared_everywhere(fresh: Served) -> None:
    fresh.send(subject="one")
    fresh.send("sendgrid", subject="two")
    assert fresh.told("DELETE", "/v1/messages?fake=sendgrid") == {"cleared": 1}
    assert [each["subject"] for each in fresh.told("GET", "/v1/messages")["messages"]] == ["one"]
    assert fresh.told("DELETE", "/v1/messages") == {"cleared": 1}
    assert fresh.told("GET", "/v1/messages") == {"messages": [], "total": 0}


def test_a_state_is_changed_and_put_back(fresh: Served) -> None:
    fresh.told("PATCH", "/v1/fakes/smtp", {"certificate": "expired"})
    with pytest.raises(ssl.SSLCertVerificationError, match="expired"):
        fresh.send()
    fresh.told("POST", "/v1/fakes/smtp/reset")
    fresh.send()


def test_an_account_is_changed_and_put_back(fresh: Served) -> None:
    body = {"account": {"suspended": True}}
    assert fresh.told("PATCH", "/v1/fakes/sendgrid", body)["account"]["suspended"] is True
    assert _post(fresh).status_code >= 400
    assert fresh.told("POST", "/v1/reset")["fakes"][1]["name"] == "sendgrid"
    assert _post(fresh).status_code == 202


def test_a_connection_that_is_kept_sees_the_new_state(fresh: Served) -> None:
    fake = fresh.fake("sendgrid")
    trust = ssl.create_default_context(cafile=fresh.ready["ca_file"])
    headers = {"Authorization": f"Bearer {fake['credentials']['api_key']}"}
    with httpx.Client(verify=trust, trust_env=False, headers=headers) as client:
        url = f"{fake['base_url']}/v3/mail/send"
        assert client.post(url, json=MAIL).status_code == 202
        fault = {"at": "request", "do": "respond", "status": 503, "times": 1}
        fresh.told("POST", "/v1/fakes/sendgrid/faults", {"faults": [fault]})
        assert client.post(url, json=MAIL).status_code == 503
        assert client.post(url, json=MAIL).status_code == 202


def test_the_smtp_service_of_a_provider_is_changed_alone(fresh: Served) -> None:
    fresh.told("PATCH", "/v1/fakes/sendgrid/smtp", {"certificate": "expired"})
    with pytest.raises(ssl.SSLCertVerificationError, match="expired"):
        fresh.send("sendgrid")
    assert _post(fresh).status_code == 202


def test_faults_are_armed_listed_and_disarmed_and_go_on_counting(fresh: Served) -> None:
    path = "/v1/fakes/smtp/faults"
    refusal = {"at": "rcpt", "do": "reply", "code": 550, "text": "5.1.1 nobody"}
    fresh.told("POST", path, {"faults": [{**refusal, "times": 2}]})
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        fresh.send()
    (fault,) = fresh.told("GET", path)["faults"]
    assert (fault["number"], fault["acted"]) == (1, 1)
    assert fault["fault"] == {**refusal, "times": 2}
    two = fresh.told("POST", path, {"faults": [{"at": "data", "do": "reply", "code": 451}]})
    assert [each["fault"].get("times") for each in two["faults"]] == [1, None]
    (left,) = fresh.told("DELETE", f"{path}/1")["faults"]
    assert left["fault"]["at"] == "data"
    assert fresh.told("DELETE", path) == {"faults": []}
    fresh.send()


def test_faults_of_a_providers_smtp_service_have_a_name_of_their_own(fresh: Served) -> None:
    body = {"faults": [{"at": "mail", "do": "reply", "code": 451, "text": "4.3.0 later"}]}
    fresh.told("POST", "/v1/fakes/mailgun-smtp/faults", body)
    assert fresh.told("GET", "/v1/fakes/mailgun/faults") == {"faults": []}
    with pytest.raises(smtplib.SMTPSenderRefused):
        fresh.send("mailgun")


def test_the_conversation_is_told(fresh: Served) -> None:
    fresh.send(subject="to be found")
    (message,) = fresh.told("GET", "/v1/messages")["messages"]
    path = f"/v1/conversation?connection={message['connection']}"
    text = fresh.ask("GET", path).text
    assert "S: 220 " in text
    assert "C*: Subject: to be found" in text


@pytest.fixture
def handler() -> Iterator[tuple[str, list[bytes]]]:
    """A product's webhook handler."""
    posted: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posted.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/hook", posted
        server.shutdown()
        thread.join()


def test_an_event_is_posted_and_happens_to_the_account(
    fresh: Served, handler: tuple[str, list[bytes]]
) -> None:
    url, posted = handler
    shown = fresh.told("PATCH", "/v1/fakes/sendgrid", {"webhook": {"url": url}})
    assert shown["webhook"]["public_key"]
    _post(fresh)
    (message,) = fresh.told("GET", "/v1/messages")["messages"]
    body = {"do": "bounce", "message": message["id"], "words": "550 5.1.1 no such user"}
    told = fresh.told("POST", "/v1/fakes/sendgrid/events", body)
    assert (told["event"], told["status"], told["recipient"]) == ("bounced", 204, "b@example.net")
    assert b'"event":"bounce"' in posted[0].replace(b" ", b"")
    assert fresh.told("GET", "/v1/fakes/sendgrid")["account"]["suppressed"] == ["b@example.net"]
    fresh.told("POST", "/v1/reset")
    assert fresh.told("GET", "/v1/fakes/sendgrid")["account"]["suppressed"] == []


@pytest.mark.parametrize(
    ("name", "body", "told"),
    [
        ("smtp", {"do": "bounce", "message": 1}, "smtp is a mere SMTP server"),
        ("sendgrid", {"do": "bounce", "message": "nope"}, "webhook: none is set up"),
        ("sendgrid", {"do": "bounce", "message": 999_999}, "there is no message 999999"),
        ("sendgrid", {"do": "open", "message": 1, "soft": True}, "soft: only a bounce can be"),
        ("sendgrid", {"do": "click", "message": 1}, "link: say what is clicked"),
    ],
)
def test_an_event_that_cannot_be_is_refused(
    fresh: Served, name: str, body: dict[str, Any], told: str
) -> None:
    answer = fresh.ask("POST", f"/v1/fakes/{name}/events", body)
    assert answer.status_code == 409
    assert told in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "told"),
    [
        ("GET", "/v1/fakes/sengrid", None, 404, "did you mean sendgrid? (choose from smtp,"),
        ("GET", "/v1/fakes/sengrid/faults", None, 404, "did you mean sendgrid?"),
        ("GET", "/v1/messages/7777", None, 404, "there is no message 7777"),
        ("GET", "/v1/messages/x", None, 404, "there is no message x"),
        ("GET", "/v1/messages?too=a", None, 400, "too: there is no such key, did you mean to?"),
        ("GET", "/v1/messages?to=a&to=b", None, 400, "to: it stands there twice"),
        ("GET", "/v1/messages?limit=0", None, 400, "limit: at least 1 is due"),
        ("GET", "/v1/messages?fake=smpt", None, 404, "did you mean smtp?"),
        ("GET", "/v1/messages/wait?timeout=61", None, 400, "timeout: at most 60"),
        ("GET", "/v1/messages/wait?timeout=nan", None, 400, "timeout"),
        ("PATCH", "/v1/fakes/smtp", {"securty": 1}, 400, "did you mean security?"),
        ("PATCH", "/v1/fakes/smtp", {"port": 1}, 400, "port: holds as long as the fake runs"),
        ("PATCH", "/v1/fakes/smtp", [], 400, "a mapping is due"),
        ("PATCH", "/v1/fakes/smtp", {"network": "dropped"}, 400, "cannot become dropped"),
        ("POST", "/v1/fakes/smtp/faults", {"faults": [{"at": "rcp"}]}, 400, "no moment of a"),
        ("POST", "/v1/fakes/smtp/faults", {}, 400, "faults: this is missing"),
        ("DELETE", "/v1/fakes/smtp/faults/1", None, 404, "there is no fault 1: none is armed"),
        ("POST", "/v1/fakes/sendgrid/events", {"do": "bonce", "message": 1}, 400, "mean bounce"),
        ("GET", "/v1/mesages", None, 404, "there is no /v1/mesages"),
        ("GET", "/", None, 404, "there is no /"),
        ("PUT", "/v1/messages", None, 405, "(choose from GET, DELETE)"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line_and_changes_nothing(
    fresh: Served, method: str, path: str, body: Any, status: int, told: str
) -> None:
    before = fresh.told("GET", "/v1/fakes/smtp")
    answer = fresh.ask(method, path, body)
    assert answer.status_code == status
    error = answer.json()["error"]
    assert set(error) == {"code", "message"}
    assert told in error["message"]
    assert "\n" not in error["message"]
    assert fresh.told("GET", "/v1/fakes/smtp") == before


def test_the_description_has_every_call_and_schema(served: Served) -> None:
    description = served.told("GET", "/v1/openapi.json")
    assert description["openapi"].startswith("3.1")
    assert "patch" in description["paths"]["/v1/fakes/{name}"]
    wait = description["paths"]["/v1/messages/wait"]["get"]
    told = {each["name"]: each["description"] for each in wait["parameters"]}
    assert {"to", "from", "timeout"} <= told.keys()
    assert all(told.values())
    schemas = description["components"]["schemas"]
    assert schemas["MessageDocument"]["properties"]["links"]["description"]
    assert "from" in schemas["MessageDocument"]["properties"]


def test_the_lines_for_programs_tell_mail_and_what_went_wrong() -> None:
    with serving("smtp:certificate=expired", "sendgrid") as served:
        assert served.ready["environment"]["SMTP_HOST"] == "localhost"
        with pytest.raises(ssl.SSLCertVerificationError):
            served.send()
        failed = served.line()
        assert (failed["event"], failed["fake"]) == ("tls-failed", "smtp")
        place = served.fake("smtp")["smtp"]
        with smtplib.SMTP("localhost", place["port"]) as client:
            client.starttls()  # verifies nothing
            assert served.line()["event"] == "unverified"
            client.login(place["username"], place["password"])
            client.send_message(letter())
        message = served.line()
        assert message["event"] == "message"
        assert "the certificate is expired: it does not verify (CERT-02)" in message["remarks"][0]
        refused = _post(served, {**MAIL, "from": {"email": "a@other.test"}})
        assert refused.status_code == 403
        line = served.line()
        assert (line["event"], line["what"]) == ("refused", "POST /v3/mail/send")
        assert line["words"].startswith("403 ")


def test_a_password_that_cannot_be_read_is_not_said_to_be_in_clear() -> None:
    words = "smtp:security=none,auth.mechanisms=[CRAM-MD5, PLAIN]"
    with serving(words) as served:
        place = served.fake("smtp")["smtp"]
        for mechanism in ("CRAM-MD5", "PLAIN"):
            with smtplib.SMTP("localhost", place["port"]) as client:
                client.ehlo()
                client.user, client.password = place["username"], place["password"]
                own = client.auth_cram_md5 if mechanism == "CRAM-MD5" else client.auth_plain
                client.auth(mechanism, own)
                client.send_message(letter())
        remarks = [each["remarks"] for each in served.told("GET", "/v1/messages")["messages"]]
    clear, password = "it came in clear, without TLS", "the password came in clear, without TLS"
    assert remarks == [[clear], [password, clear]]


def test_octets_that_are_no_text_are_told_as_far_as_they_can_be(fresh: Served) -> None:
    hostile = (
        b"From: \xff\xfe <a@example.com>\r\nSubject: \xed\xa0\x80 \x1b[31m\r\n"
        b'X-\xff: \xff\r\nContent-Type: text/plain; charset="\xff"; name="\xff"\r\n\r\n\xff\x00\r\n'
    )
    place = fresh.fake("smtp")["smtp"]
    context = ssl.create_default_context(cafile=fresh.ready["ca_file"])
    with smtplib.SMTP("localhost", place["port"]) as client:
        client.starttls(context=context)
        client.login(place["username"], place["password"])
        client.sendmail("a@example.com", "b@example.net", hostile)
    (message,) = fresh.told("GET", "/v1/messages")["messages"]
    assert message["size"] == len(hostile)
    assert fresh.told("GET", f"/v1/messages/{message['id']}")["headers"]
    assert fresh.ask("GET", f"/v1/messages/{message['id']}/raw").content == hostile
    answer = fresh.ask("GET", "/v1/messages/wait?subject=nothing&timeout=0.01")
    assert answer.status_code == 404
    assert fresh.ask("GET", "/v1/conversation").status_code == 200
