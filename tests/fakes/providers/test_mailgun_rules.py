"""What Mailgun takes and tells, and that any request gets a documented answer."""

from __future__ import annotations

from email import message_from_bytes
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.fakes.api_fake import ApiFake
from harness.fakes.http.exchange import Request
from harness.fakes.marks import Mark
from harness.fakes.providers.mailgun import PROVIDER, MailgunAccount
from harness.fakes.providers.mailgun.refusals import REFUSALS
from harness.fakes.providers.registry import provider
from harness.fakes.providers.rules import Outcome

from .mailgun_asking import (
    DOMAINS,
    KEY,
    NOW,
    SEND_PATH,
    account,
    ask,
    basic,
    decoded,
    finished,
    letter,
    multipart,
)

MIME = b"From: A <a@other.test>\r\nSubject: S\r\n\r\n\xe9\r\n--a-boundary-not\r\n.\r\nlast"


def fields(outcome: Outcome[MailgunAccount]) -> list[dict[str, Any]]:
    return list(decoded(outcome.response)["items"])


def test_the_scan_finds_mailgun() -> None:
    assert provider("mailgun") is PROVIDER


def test_a_made_up_key_has_the_vendors_form() -> None:
    made = PROVIDER.made_up(lambda length, alphabet: alphabet[-1] * length)
    assert made == {"api_key": f"{'f' * 32}-{'f' * 8}-{'f' * 8}"}


@pytest.mark.parametrize(("region", "host"), PROVIDER.hosts.items())
def test_a_region_has_its_host(region: str, host: str) -> None:
    assert PROVIDER.region_of(host) == region


def test_a_message_is_taken_with_the_vendors_own_answer() -> None:
    outcome = ask(account(), form=letter(cc="cc@r.test", bcc="bcc@r.test", **{"h:X-A": "b"}))
    (mail,) = outcome.accepted
    assert outcome.response.status == 200
    assert outcome.response.body == (
        b'{"id":"' + mail.provider_id.encode() + b'","message":"Queued. Thank you."}'
    )
    assert mail.provider_id.startswith("<20260504123000.1.")
    assert mail.provider_id.endswith("@sender.test>")
    assert mail.mail_from == "from@sender.test"
    assert mail.recipients == ("to@recipient.test", "cc@r.test", "bcc@r.test")
    made = message_from_bytes(mail.content)
    assert made["Message-ID"] == mail.provider_id
    assert (made["To"], made["Cc"], made["Bcc"], made["X-A"]) == (
        "to@recipient.test",
        "cc@r.test",
        None,
        "b",
    )


def test_the_sender_may_be_of_another_domain() -> None:
    (mail,) = ask(account(), form=letter(**{"from": "me@elsewhere.test"})).accepted
    assert mail.mail_from == "me@elsewhere.test"
    assert mail.provider_id.endswith("@sender.test>")


def test_a_finished_message_is_kept_octet_for_octet() -> None:
    (mail,) = ask(account(), **finished(MIME, "a@r.test", "B <b@r.test>, c@r.test")).accepted
    assert mail.mime == MIME
    assert (mail.mail_from, mail.subject) == ("a@other.test", "S")
    assert mail.recipients == ("a@r.test", "b@r.test", "c@r.test")


def test_recipient_variables_make_a_message_for_each() -> None:
    variables = '{"a@r.test": {"name": "A"}, "b@r.test": {"name": "B"}}'
    form = letter(to=["a@r.test", "b@r.test"], **{"recipient-variables": variables})
    first, second = ask(account(), form=form).accepted
    assert (first.recipients, second.recipients) == (("a@r.test",), ("b@r.test",))
    assert first.provider_id == second.provider_id
    assert message_from_bytes(first.content)["To"] == "a@r.test"


def test_recipient_variables_are_carried_out() -> None:
    variables = '{"a@r.test": {"name": "A", "n": 1}, "B@r.test": {"name": "B"}}'
    texts = {
        "subject": "For %recipient.name%",
        "text": "%recipient.name% has %recipient.n% of 100%",
        "html": "<p>%recipient.name%</p>",
        "h:X-Name": "%recipient.name%",
    }
    form = letter(to=["a@r.test", "b@r.test"], **{"recipient-variables": variables}, **texts)
    first, second = ask(account(), form=form).accepted
    assert (first.subject, second.subject) == ("For A", "For B")
    assert b"A has 1 of 100%" in first.content
    assert b"<p>A</p>" in first.content
    assert message_from_bytes(first.content)["X-Name"] == "A"
    # What stands for a variable that is not given is not known.
    assert b"B has %recipient.n% of 100%" in second.content
    (alone,) = ask(account(), form={**form, "to": "b@r.test"}).accepted
    assert alone.subject == "For B"


def test_recipient_variables_of_a_finished_message_are_marked() -> None:
    boxes = [('name="to"', b"a@r.test"), ('name="message"; filename="m"', MIME)]
    variables = ('name="recipient-variables"', b'{"a@r.test": {"name": "A"}}')
    path = f"{SEND_PATH}.mime"
    assert ask(account(), path, **multipart(*boxes)).response.mark is Mark.DOCUMENTED
    assert ask(account(), path, **multipart(*boxes, variables)).response.mark is Mark.SYNTHETIC


@pytest.mark.parametrize(
    ("target", "host", "secure", "base"),
    [
        ("", "127.0.0.1:8443", True, "https://127.0.0.1:8443"),
        ("", "localhost:8080", False, "http://localhost:8080"),
        ("", "api.eu.mailgun.net", True, "https://api.eu.mailgun.net"),
        ("HTTP://proxied.test:81", "other.test", True, "http://proxied.test:81"),
    ],
)
def test_urls_in_answers_go_to_where_the_question_came(
    target: str, host: str, secure: bool, base: str
) -> None:
    owner = ask(account(), form=letter()).account
    request = Request(
        method="GET",
        target=f"{target}/v3/sender.test/events",
        headers=(("Authorization", basic(KEY)), ("Host", host)),
        secure=secure,
    )
    found = decoded(PROVIDER.answer(owner, request, region="us", now=NOW).response)
    urls = [*found["paging"].values(), found["items"][0]["storage"]["url"]]
    assert [url.removeprefix(base)[:4] for url in urls] == ["/v3/"] * 3


def test_a_fake_without_tls_tells_urls_without_tls() -> None:
    fake: ApiFake[MailgunAccount] = ApiFake("mailgun", account={"domains": DOMAINS})
    headers = (("Authorization", basic(fake.credentials["api_key"])), ("Host", "localhost:1"))
    request = Request(method="GET", target="/v3/sender.test/events", headers=headers)
    told = decoded(fake.answer(request, secure=False).response)
    assert told["paging"]["next"].startswith("http://localhost:1/v3/")


def test_events_carry_what_was_sent() -> None:
    parts = [(f'name="{name}"', value.encode()) for name, value in letter().items()]
    parts += [
        ('name="o:tag"', b"welcome"),
        ('name="o:tag"', b"new"),
        ('name="v:user"', b"7"),
        (
            'name="attachment"; filename="a.txt"\r\nContent-Type: text/plain; charset="utf-8"',
            b"words",
        ),
        ('name="inline"; filename="b.png"\r\nContent-Type: image/png', b"picture"),
    ]
    owner = ask(account(), **multipart(*parts)).account
    (event,) = fields(ask(owner, "/v3/sender.test/events?tags=new&attachment=a.txt"))
    assert (event["tags"], event["user-variables"]) == (["welcome", "new"], {"user": "7"})
    files = [
        {"filename": "b.png", "content-type": "image/png", "size": 7},
        {"filename": "a.txt", "content-type": "text/plain", "size": 5},
    ]
    assert event["message"]["attachments"] == files
    assert fields(ask(owner, "/v3/sender.test/events?tags=old")) == []
    (entry,) = fields(ask(owner, "/v1/analytics/logs", method="POST", raw=b"{}"))
    assert (entry["tags"], entry["user-variables"]) == (["welcome", "new"], {"user": "7"})


@pytest.mark.parametrize(
    ("date", "told"),
    [
        ("Mon, 04 May 2026 14:00:00 +0200", 1777896000.0),
        ("Mon, 04 May 2026 12:00:00", 1777896000.0),
        (None, None),
    ],
)
def test_events_tell_when_a_message_is_to_be_sent(date: str | None, told: float | None) -> None:
    when = {} if date is None else {"o:deliverytime": date}
    owner = ask(account(), form=letter(**when)).account
    (event,) = fields(ask(owner, "/v3/sender.test/events"))
    assert event["message"].get("scheduled-for") == told


def test_recipient_variables_stand_in_user_variables_too() -> None:
    form = {
        "recipient-variables": '{"a@r.test": {"v:n": "1"}, "b@r.test": {"v:n": "2"}}',
        "v:n": "%recipient.v:n%",
    }
    made = ask(account(), form=letter(to=["a@r.test", "b@r.test"], **form)).accepted
    assert [mail.metadata for mail in made] == [{"n": "1"}, {"n": "2"}]


def test_events_of_a_finished_message_carry_what_its_headers_say() -> None:
    mime = (
        b"From: a@b.test\r\nX-Mailgun-Tag: one\r\nX-Mailgun-Variables: "
        b'{"user": 7, "x": "y"}\r\nX-Mailgun-Variables: [\r\n'
        b'Content-Disposition: attachment; filename="m.bin"\r\n\r\nwords'
    )
    owner = ask(account(), **finished(mime)).account
    (event,) = fields(ask(owner, "/v3/sender.test/events"))
    assert (event["tags"], event["user-variables"]) == (["one"], {"user": "7", "x": "y"})
    assert event["message"]["attachments"] == [
        {"filename": "m.bin", "content-type": "text/plain", "size": 5}
    ]


def test_lists_may_be_written_as_php_and_ruby_write_them() -> None:
    form = {
        "from[]": "from@sender.test",
        "to[]": ["a@r.test", "b@r.test"],
        "cc[0]": "c@r.test",
        "subject[]": "A letter",
        "text[]": "words",
    }
    (mail,) = ask(account(), form=form).accepted
    assert mail.recipients == ("a@r.test", "b@r.test", "c@r.test")
    assert mail.subject == "A letter"


@pytest.mark.parametrize(
    "names", [("attachment", "inline"), ("attachment[0]", "inline[0]"), ("attachment[]", "inline")]
)
def test_files_are_kept_however_their_fields_are_named(names: tuple[str, str]) -> None:
    parts = [(f'name="{name}"', value.encode()) for name, value in letter().items()]
    parts += [
        (f'name="{names[0]}"; filename="a.txt"', b"first"),
        (f'name="{names[1]}"; filename="b.png"\r\nContent-Type: image/png', b"second"),
    ]
    (mail,) = ask(account(), **multipart(*parts)).accepted
    kept = {
        part.get_filename(): part.get_payload(decode=True)
        for part in message_from_bytes(mail.content).walk()
        if part.get_filename()
    }
    assert kept == {"a.txt": b"first", "b.png": b"second"}


@pytest.mark.parametrize(
    ("name", "told", "held"),
    [
        ("a.csv", "application/octet-stream", "text/csv"),
        ("a.pdf", "application/octet-stream", "application/pdf"),
        ("a.csv", "text/x-mine", "text/x-mine"),
        ("a.unknown", "application/octet-stream", "application/octet-stream"),
    ],
)
def test_a_file_of_mere_octets_has_the_type_of_its_name(name: str, told: str, held: str) -> None:
    parts = [(f'name="{field}"', value.encode()) for field, value in letter().items()]
    file = f'name="attachment"; filename="{name}"\r\nContent-Type: {told}', b"1,2"
    (mail,) = ask(account(), **multipart(*parts, file)).accepted
    *_, part = message_from_bytes(mail.content).walk()
    assert (part.get_filename(), part.get_content_type()) == (name, held)


def test_a_message_in_test_mode_is_told_of_and_goes_nowhere() -> None:
    outcome = ask(account(), form=letter(**{"o:testmode": "yes"}))
    assert outcome.response.status == 200
    assert outcome.accepted == ()
    (event,) = fields(ask(outcome.account, "/v3/sender.test/events"))
    assert event["flags"]["is-test-mode"] is True


@pytest.mark.parametrize(
    ("words", "path"),
    [
        ({"kind": "domain", "domain": "Sender.test"}, SEND_PATH),
        ({"kind": "domain", "domain": "sender.test"}, "/v3/Sender.TEST/messages"),
        ({"kind": "user", "role": "developer"}, f"{SEND_PATH}/"),
        ({"kind": "user"}, "/v3/sender%2etest/messages"),
        ({"region": "us"}, SEND_PATH),
    ],
)
def test_keys_of_these_kinds_send(words: dict[str, Any], path: str) -> None:
    assert ask(account(keys=[words]), path, letter()).response.status == 200


def test_a_domain_is_found_in_its_region_only() -> None:
    path = "/v3/european.test/messages"
    assert ask(account(), path, letter(), region="eu").response.status == 200
    assert ask(account(), path, letter(), region="us").response.status == 404


@pytest.mark.parametrize("words", [{"free": True}, {}])
def test_the_authorized_get_test_mail(words: dict[str, Any]) -> None:
    owner = account(authorized=["To@recipient.test"], **words)
    assert ask(owner, "/v3/box.test/messages", letter()).response.status == 200


def test_an_address_of_the_accounts_own_may_be_sent_from() -> None:
    owner = account(ips=["192.0.2.1"])
    assert ask(owner, form=letter(**{"o:sending-ip": "192.0.2.1"})).response.status == 200


@pytest.mark.parametrize("key", [None, "wrong"])
def test_the_base_tells_nobody_without_a_key(key: str | None) -> None:
    refused = ask(account(), "/v3", authorization=basic(key) if key else None).response
    assert refused.body == b'{"message":"Invalid private key"}'
    told = ask(account(), "/v3").response
    assert (told.status, told.body) == (200, b"Mailgun Magnificent API")


def test_the_endpoints_that_read_back_have_a_limit_of_their_own() -> None:
    response = ask(account(rate_limited=True), "/v4/domains/sender.test").response
    assert (response.status, response.body) == (429, b'{"retry-seconds":60}')


def test_an_account_can_say_which_status_it_is() -> None:
    owner = account(standing="not-activated", statuses={"not-activated": 403, "quota": 400})
    response = ask(owner, form=letter()).response
    assert (response.status, response.case) == (403, "not-activated")
    owner = account(quota_used_up=True, statuses={"quota": 400})
    assert ask(owner, form=letter()).response.status == 400


SUPPRESSED = [
    ("suppressed", 605, "suppress-bounce", "Not delivering to previously bounced address"),
    ("unsubscribed", 606, "suppress-unsubscribe", "Not delivering to unsubscribed address"),
    (
        "complained",
        607,
        "suppress-complaint",
        "Not delivering to a user who marked your messages as spam",
    ),
]


@pytest.mark.parametrize(("field", "code", "reason", "words"), SUPPRESSED)
def test_a_suppressed_recipient_is_taken_and_fails_later(
    field: str, code: int, reason: str, words: str
) -> None:
    outcome = ask(account(**{field: ["TO@recipient.test"]}), form=letter())
    assert outcome.response.status == 200
    assert outcome.accepted[0].state == "failed"
    events = fields(ask(outcome.account, "/v3/sender.test/events?event=failed"))
    (event,) = events
    assert (event["severity"], event["reason"]) == ("permanent", reason)
    assert event["delivery-status"]["code"] == code
    assert event["delivery-status"]["description"] == words


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 1),
        ("recipient=to@recipient.test", 1),
        ("recipient=other@recipient.test", 0),
        ("recipient=x@y.test%20OR%20to@recipient.test", 1),
        ("subject=letter&from=from@sender.test&event=accepted", 1),
        ("event=delivered", 0),
        ("begin=Mon,%2004%20May%202026%2012:00:00%20-0000&ascending=yes", 1),
        ("begin=1777897801&ascending=yes", 0),
        ("begin=1777897799", 0),
        ("begin=1777897799&end=1777897801", 1),
        ("begin=nonsense&limit=x", 1),
    ],
)
def test_events_are_filtered(query: str, count: int) -> None:
    owner = ask(account(), form=letter()).account
    assert len(fields(ask(owner, f"/v3/sender.test/events?{query}"))) == count


def test_events_come_page_by_page_and_for_one_domain() -> None:
    owner = account(authorized=["to@recipient.test"])
    for name in ("one", "two", "three"):
        owner = ask(owner, form=letter(to=f"{name}@recipient.test")).account
    owner = ask(owner, "/v3/box.test/messages", letter()).account
    first = ask(owner, "/v3/sender.test/events?limit=2&ascending=yes&event=accepted")
    assert [event["recipient"][:3] for event in fields(first)] == ["one", "two"]
    next_page = urlsplit(decoded(first.response)["paging"]["next"])
    assert next_page.hostname == "api.mailgun.net"
    second = ask(owner, next_page.path)
    assert [event["recipient"][:3] for event in fields(second)] == ["thr"]
    third = ask(owner, urlsplit(decoded(second.response)["paging"]["next"]).path)
    assert fields(third) == []


def test_a_stored_message_is_read_back() -> None:
    owner = ask(account(), form=letter()).account
    (event,) = fields(ask(owner, "/v3/sender.test/events"))
    path = urlsplit(event["storage"]["url"]).path
    told = decoded(ask(owner, path).response)
    assert (told["From"], told["body-plain"]) == ("Somebody <from@sender.test>", "words")
    assert told["Message-Id"].strip("<>") == event["message"]["headers"]["message-id"]
    raw = ask(owner, path, headers=(("Accept", "message/rfc2822"),)).response
    assert "Subject: A letter" in decoded(raw)["body-mime"]


@pytest.mark.parametrize("version", ["v3", "v4"])
def test_the_configuration_is_told(version: str) -> None:
    owner = account(suppressed=["gone@r.test"])
    domain = decoded(ask(owner, f"/{version}/domains/half.test").response)["domain"]
    assert (domain["state"], domain["type"]) == ("unverified", "custom")
    checked = ask(owner, f"/{version}/domains/sender.test/verify", method="PUT", raw=b"")
    assert decoded(checked.response)["message"] == "Domain DNS records have been updated"
    listed = fields(ask(owner, f"/{version}/domains"))
    here = [each["name"] for each in DOMAINS if each.get("region") != "eu"]
    assert [each["name"] for each in listed] == here


def test_suppressions_queues_keys_and_logs_are_told() -> None:
    owner = ask(account(suppressed=["gone@r.test"]), form=letter()).account
    assert fields(ask(owner, "/v3/sender.test/bounces"))[0]["code"] == "550"
    assert decoded(ask(owner, "/v3/sender.test/bounces/gone@r.test").response)["address"]
    assert fields(ask(owner, "/v3/sender.test/complaints")) == []
    queues = decoded(ask(owner, "/v3/domains/sender.test/sending_queues").response)
    assert queues["regular"] == {"is_disabled": False}
    keys = ask(owner, "/v1/keys")
    assert fields(keys)[0]["role"] == "admin"
    assert KEY.encode() not in keys.response.body
    (entry,) = fields(ask(owner, "/v1/analytics/logs", method="POST", raw=b"{}"))
    assert (entry["event"], entry["recipient"]) == ("accepted", "to@recipient.test")


@pytest.mark.parametrize(
    ("words", "state"),
    [({"suspended": True}, "disabled"), ({}, "active")],
)
def test_a_domain_tells_its_state(words: dict[str, Any], state: str) -> None:
    told = decoded(ask(account(**words), "/v4/domains/sender.test").response)["domain"]
    assert (told["state"], told["is_disabled"]) == (state, state == "disabled")


def is_documented(outcome: Outcome[MailgunAccount]) -> bool:
    """Whether it is a success or a known refusal, and what was taken can be read."""
    for mail in outcome.accepted:
        assert isinstance(mail.content, bytes)
        f"{mail.mail_from}{mail.recipients}{mail.subject}".encode()
    return outcome.response.case in {"accepted", *REFUSALS} and bool(outcome.response.body)


NAMES = ["from", "to", "cc", "text", "html", "subject", "h:", "h:X", "h:To", "o:deliverytime", "v:"]
VALUES = st.text() | st.sampled_from(["a@b.test", "<a@b.test", "A <a@b.test>", "=?x?q?=", "{}"])
FORMS = st.dictionaries(st.sampled_from([*NAMES, "recipient-variables"]) | st.text(), VALUES)


@given(form=FORMS)
def test_any_form_gets_a_documented_answer(form: dict[str, str]) -> None:
    sound = {"from": "a@b.test", "to": "c@d.test", "text": "x"}
    for each in (form, {**sound, **form}, {**form, **sound}):
        outcome = ask(account(), form=each)
        assert is_documented(outcome)
        assert is_documented(ask(outcome.account, "/v3/sender.test/events"))
        assert is_documented(ask(outcome.account, "/v1/analytics/logs", raw=b"", method="POST"))


@given(mime=st.binary() | st.builds("From: {}\r\nSubject: {}\r\n\r\n".format, VALUES, VALUES))
def test_any_finished_message_gets_a_documented_answer(mime: bytes | str) -> None:
    octets = mime if isinstance(mime, bytes) else mime.encode()
    outcome = ask(account(), **finished(octets))
    assert is_documented(outcome)
    events = ask(outcome.account, "/v3/sender.test/events")
    for event in fields(events) if outcome.accepted else ():
        assert is_documented(ask(outcome.account, urlsplit(event["storage"]["url"]).path))


@given(
    raw=st.binary()
    | st.builds(
        lambda a, b: b"--b\r\n" + a + b"\r\n\r\n" + b + b"\r\n--b--", st.binary(), st.binary()
    )
    | st.text().map(
        lambda text: f"--b\r\nContent-Disposition: form-data; {text}\r\n\r\n\r\n--b--".encode()
    ),
    kind=st.sampled_from(
        ["multipart/form-data; boundary=b", "application/x-www-form-urlencoded", "text/plain"]
    )
    | st.text().map("multipart/form-data; {}".format),
    path=st.sampled_from(
        [SEND_PATH, f"{SEND_PATH}.mime", "/v3/sender.test/events/", "/v4/domains/"]
    ),
    rest=st.text(),
    method=st.sampled_from(["GET", "POST", "DELETE"]),
)
def test_any_request_gets_a_documented_answer(
    raw: bytes, kind: str, path: str, rest: str, method: str
) -> None:
    for target in (path, path + rest, rest):
        asked = ask(account(), target, raw=raw, content_type=kind, method=method)
        assert is_documented(asked)
    assert is_documented(ask(account(), raw=raw, authorization=rest))
