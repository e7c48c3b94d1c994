"""Resend's rules: what is taken, what is answered twice, what is told afterwards."""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from harness.fakes import Resend
from harness.fakes.http.exchange import Request
from harness.fakes.marks import Mark
from harness.fakes.providers.registry import submission
from harness.fakes.providers.resend import PROVIDER, ResendAccount
from harness.fakes.providers.resend.account import ResendMail
from harness.fakes.providers.resend.mailbox import mailbox
from harness.fakes.providers.submission import SubmissionContext, Submitted
from harness.fakes.smtp.exchange import Envelope

from .resend_requests import KEY, LETTER, NOW, account, ask, letter, read, said

KEYED = {"Idempotency-Key": "welcome-user/123456789"}
FILE = {"filename": "notes.txt", "content": b64encode(b"words").decode()}


def one(outcome: Any) -> ResendMail:
    assert outcome.response.status == 200, outcome.response.body
    (mail,) = outcome.accepted
    assert isinstance(mail, ResendMail)
    return mail


# What is taken.


def test_a_message_is_taken_with_an_id_and_nothing_else() -> None:
    outcome = ask(account())
    assert json.loads(outcome.response.body) == {"id": one(outcome).provider_id}
    assert one(outcome).recipients == ("to@recipient.test",)
    assert outcome.response.mark is Mark.DOCUMENTED


def test_everything_that_was_given_is_in_the_message() -> None:
    body = letter(
        **{"from": '"Form, From" <from@sender.test>'},
        to="To <to@recipient.test>",
        cc=["cc@recipient.test"],
        bcc="bcc@recipient.test",
        reply_to=["help@sender.test", "Desk <desk@sender.test>"],
        html="<p>words</p>",
        headers={"X-Order": "7"},
        tags=[{"name": "category", "value": "welcome"}],
        attachments=[FILE],
    )
    mail = one(ask(account(), body=body))
    message = message_from_bytes(mail.content, policy=policy.default)
    assert message["From"] == '"Form, From" <from@sender.test>'
    assert message["Reply-To"] == "help@sender.test, Desk <desk@sender.test>"
    assert message["X-Order"] == "7"
    assert "Bcc" not in message
    assert [part.get_content_type() for part in message.walk() if not part.is_multipart()] == [
        "text/plain", "text/html", "text/plain",
    ]  # fmt: skip
    assert mail.recipients == ("to@recipient.test", "cc@recipient.test", "bcc@recipient.test")
    assert mail.metadata == {"category": "welcome"}


@pytest.mark.parametrize(
    "content",
    [list(b"words"), {"type": "Buffer", "data": list(b"words")}, FILE["content"]],
    ids=["numbers", "buffer", "base64"],
)
def test_a_file_comes_in_base64_or_as_sdks_send_octets(content: Any) -> None:
    mail = one(ask(account(), body=letter(attachments=[{**FILE, "content": content}])))
    (file,) = message_from_bytes(mail.content, policy=policy.default).iter_attachments()
    assert (file.get_content_type(), file.get_content()) == ("text/plain", "words")


def test_a_remote_file_is_named_and_not_fetched_which_the_answer_says() -> None:
    url = "https://files.test/a%20b.pdf"
    outcome = ask(account(), body=letter(attachments=[{"path": url}]))
    (file,) = message_from_bytes(one(outcome).content, policy=policy.default).iter_attachments()
    assert (file.get_filename(), file["Content-Description"]) == ("a b.pdf", url)
    assert outcome.response.mark is Mark.SYNTHETIC


@pytest.mark.parametrize(
    ("text", "name", "address"),
    [
        ("a@b.test", "", "a@b.test"),
        ("Ann <a@b.test>", "Ann", "a@b.test"),
        ('"Ann, B." <a@b.test>', "Ann, B.", "a@b.test"),
        ("Bürö für Çä <a@b.test>", "Bürö für Çä", "a@b.test"),
        (r'"a \"b\"" <a@b.test>', 'a "b"', "a@b.test"),
        ('"two words"@b.test', "", '"two words"@b.test'),
        ("ä@b.test", "", "ä@b.test"),
    ],
)
def test_an_address_may_have_a_name(text: str, name: str, address: str) -> None:
    found = mailbox(text)
    assert found is not None
    assert (found.name, found.address) == (name, address)


@pytest.mark.parametrize(
    ("to", "event"),
    [
        ("to@recipient.test", "delivered"),
        ("bounced@recipient.test", "delivered"),
        ("delivered+label@resend.dev", "delivered"),
        ("bounced+label@resend.dev", "bounced"),
        ("complained@resend.dev", "complained"),
        ("suppressed@resend.dev", "suppressed"),
        ("gone@recipient.test", "suppressed"),
    ],
)
def test_what_becomes_of_it_is_known_afterwards(to: str, event: str) -> None:
    outcome = ask(account(suppressed=["gone@recipient.test"]), body=letter(to=[to]))
    identifier = one(outcome).provider_id
    assert read(outcome.account, f"/emails/{identifier}")["last_event"] == event


@pytest.mark.parametrize("to", ["owner@team.test", "Delivered+x@resend.dev", "bounced@resend.dev"])
def test_from_the_shared_domain_it_goes_to_the_owner_and_to_test_addresses(to: str) -> None:
    body = letter(**{"from": "Acme <onboarding@resend.dev>"}, to=to)
    assert one(ask(account(domains=[]), body=body)).recipients == (to,)


@pytest.mark.parametrize(
    "key", [{"permissions": ["sending_access"]}, {"permissions": ["full_access"]}, {}]
)
def test_every_key_may_send(key: dict[str, Any]) -> None:
    bound = {"permissions": ["sending_access"], "domain": "SENDER.test"}
    for each in (key, bound):
        assert len(ask(account(keys=[each])).accepted) == 1


# Batches.


def test_a_batch_is_answered_in_its_order() -> None:
    items = [letter(subject=subject) for subject in ("first", "second")]
    outcome = ask(account(), "/emails/batch", items)
    ids = [each["id"] for each in json.loads(outcome.response.body)["data"]]
    assert ids == [mail.provider_id for mail in outcome.accepted]
    assert [mail.subject for mail in outcome.accepted] == ["first", "second"]


def test_one_wrong_message_spoils_a_batch_unless_that_is_asked_for() -> None:
    items = [letter(), letter(to=["nobody"]), letter(subject="third")]
    strict = ask(account(), "/emails/batch", items)
    assert (strict.response.case, strict.accepted) == ("invalid-address", ())
    headers = {"x-batch-validation": "permissive"}
    outcome = ask(account(), "/emails/batch", items, headers=headers)
    document = json.loads(outcome.response.body)
    assert len(document["data"]) == 2
    assert [each["index"] for each in document["errors"]] == [1]
    assert [mail.subject for mail in outcome.accepted] == ["A letter", "third"]


# Idempotency keys.


@pytest.mark.parametrize("target", ["/emails", "/emails/batch"])
def test_the_same_request_with_its_key_is_answered_as_before_and_sends_nothing(
    target: str,
) -> None:
    body: Any = [LETTER, LETTER] if target.endswith("batch") else LETTER
    first = ask(account(), target, body, headers=KEYED)
    turned = json.dumps(body, sort_keys=True, indent=1).encode()
    later = NOW + timedelta(hours=23)
    again = ask(first.account, target, headers=KEYED, raw=turned, now=later)
    assert again.response.body == first.response.body
    assert again.accepted == ()
    assert again.again == tuple(mail.provider_id for mail in first.accepted)
    assert again.account == first.account


def test_another_body_with_the_same_key_is_refused() -> None:
    first = ask(account(), headers=KEYED)
    other = ask(first.account, body=letter(subject="Another"), headers=KEYED)
    assert other.response.case == "other-payload"
    assert said(other.response)[0] == "invalid_idempotent_request"
    assert other.accepted == ()


def test_a_key_holds_a_day_at_one_endpoint_for_what_was_taken() -> None:
    first = ask(account(), headers=KEYED)
    assert len(ask(first.account, headers=KEYED, now=NOW + timedelta(hours=24)).accepted) == 1
    batch = ask(first.account, "/emails/batch", [LETTER], headers=KEYED)
    assert len(batch.accepted) == 1
    refused = ask(account(), body=letter(to="nobody"), headers=KEYED)
    assert len(ask(refused.account, headers=KEYED).accepted) == 1


def test_without_a_key_nothing_is_the_same() -> None:
    first = ask(account())
    assert one(ask(first.account)).provider_id != one(first).provider_id


def test_an_answer_given_twice_acknowledges_the_same_message() -> None:
    fake = Resend(account={"domains": [{"name": "sender.test"}]})
    headers = {
        "Authorization": f"Bearer {fake.credentials['api_key']}", "User-Agent": "a", **KEYED,
    }  # fmt: skip
    request = Request(
        method="POST",
        target="/emails",
        headers=tuple(headers.items()),
        body=json.dumps(LETTER).encode(),
    )
    served = [fake.answer(request) for _ in range(2)]
    assert [each.messages for each in served] == [(0,), (0,)]
    assert len(fake.messages) == 1


def test_over_smtp_a_message_with_the_same_key_is_taken_once() -> None:
    service, owner = submission("resend"), account()
    where = SubmissionContext(who=owner.keys[0], region="", now=NOW)
    envelope = Envelope(mail_from="a@sender.test", rcpt_tos=("to@recipient.test", "b@c.test"))
    letter_ = (
        b"From: a@sender.test\r\nTo: to@recipient.test\r\nDate: <n>\r\n"
        b"Resend-Idempotency-Key: k\r\n\r\nwords\r\n"
    )
    first, again = letter_, letter_.replace(b"<n>", b"later")
    once = service.take(owner, Submitted.of(envelope, first), where)
    twice = service.take(once.account, Submitted.of(envelope, again), where)
    other = service.take(once.account, Submitted.of(envelope, first + b"more\r\n"), where)
    assert [mail.recipients for mail in once.accepted] == [envelope.rcpt_tos]
    assert (twice.reply, twice.accepted) == (once.reply, ())
    assert other.reply.text.startswith("550 This idempotency key has been used")


# Limits.


def test_every_answer_says_how_often_one_may_ask_and_one_that_is_too_soon_how_long_to_wait() -> (
    None
):
    for words, left, wait in (({}, "1", None), ({"rate_limited": True}, "0", "1")):
        response = ask(account(requests_a_second=2, **words)).response
        names = ("ratelimit-limit", "ratelimit-policy", "ratelimit-remaining", "ratelimit-reset")
        assert [response.header(name) for name in names] == ["2", "2;w=1", left, "1"]
        assert response.header("Retry-After") == wait
    assert ask(account(), headers={"User-Agent": ""}).response.header("ratelimit-limit") is None


# What is told and changed afterwards.


def test_a_message_is_read_back_as_it_was_given() -> None:
    body = letter(html="<p>x</p>", bcc=["b@c.test"], tags=[{"name": "a", "value": "b"}])
    outcome = ask(account(), body=body)
    found = read(outcome.account, f"/emails/{one(outcome).provider_id.upper()}")
    assert found["object"] == "email"
    assert (found["from"], found["to"]) == (LETTER["from"], LETTER["to"])
    assert (found["html"], found["text"], found["bcc"]) == ("<p>x</p>", "words", ["b@c.test"])
    assert found["tags"] == [{"name": "a", "value": "b"}]
    assert found["created_at"] == "2026-11-20 20:56:50.000000+00"


def test_lists_come_in_pages_the_newest_first() -> None:
    owner = account()
    for number in range(3):
        owner = ask(owner, body=letter(subject=str(number))).account
    first = read(owner, "/emails?limit=2")
    assert [row["subject"] for row in first["data"]] == ["2", "1"]
    assert first["has_more"] is True
    rest = read(owner, f"/emails?after={first['data'][-1]['id']}")
    assert [row["subject"] for row in rest["data"]] == ["0"]
    assert rest["has_more"] is False


def test_a_scheduled_message_can_be_moved_and_cancelled_once() -> None:
    outcome = ask(account(), body=letter(scheduled_at="in 1 hour"))
    target = f"/emails/{one(outcome).provider_id}"
    moved = ask(outcome.account, target, {"scheduled_at": "2026-11-22T08:00:00Z"}, method="PATCH")
    assert json.loads(moved.response.body) == {"object": "email", "id": target[8:]}
    found = read(moved.account, target)
    assert (found["last_event"], found["scheduled_at"]) == ("scheduled", "2026-11-22T08:00:00Z")
    cancelled = ask(moved.account, f"{target}/cancel", raw=b"")
    assert read(cancelled.account, target)["last_event"] == "canceled"
    assert ask(cancelled.account, f"{target}/cancel", raw=b"").response.case == "not-scheduled"


def test_a_template_gives_what_a_request_does_not() -> None:
    template = {
        "id": "welcome", "sender": "t@sender.test", "subject": "Hi {{{NAME}}}",
        "html": "<p>{{{ NAME }}}, {{{COUNT}}}</p>",
    }  # fmt: skip
    given_ = {"id": "welcome", "variables": {"NAME": "Ann", "COUNT": 3}}
    body = {"to": "to@recipient.test", "template": given_}
    mail = one(ask(account(templates=[template]), body=body))
    assert (mail.mail_from, mail.subject, mail.html) == ("t@sender.test", "Hi Ann", "<p>Ann, 3</p>")
    own = one(ask(account(templates=[template]), body={**body, "subject": "Own"}))
    assert own.subject == "Own"


def test_domains_keys_and_suppressions_are_listed() -> None:
    owner = account(suppressed=["gone@recipient.test"])
    domains = read(owner, "/domains")["data"]
    assert [(row["name"], row["status"]) for row in domains] == [
        ("sender.test", "verified"),
        ("half.test", "pending"),
    ]
    assert read(owner, f"/domains/{domains[0]['id']}")["object"] == "domain"
    assert ask(owner, f"/domains/{domains[1]['id']}/verify", raw=b"").response.status == 200
    assert KEY not in json.dumps(read(owner, "/api-keys"))
    (row,) = read(owner, "/suppressions")["data"]
    for name in (row["id"], row["email"]):
        assert read(owner, f"/suppressions/{name}")["email"] == "gone@recipient.test"


# Accounts that cannot be.


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ({"keys": [{"permissions": ["send"]}]}, "full_access"),
        ({"keys": [{"permissions": []}]}, "full_access or sending_access"),
        ({"keys": [{"domain": "a.test"}]}, "only a key with sending_access alone"),
        ({"quota_used_up": True, "plan": "paid"}, "a paid plan has no daily quota"),
        ({"templates": [{"id": "a"}, {"id": "a"}]}, "twice"),
        ({"owner": "nobody"}, "an address"),
    ],
)
def test_an_account_that_cannot_be_is_refused(words: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        ResendAccount.model_validate(words)


# Anything.

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)
FIELDS = (
    "from", "to", "cc", "bcc", "reply_to", "subject", "text", "html", "headers", "attachments",
    "tags", "template", "scheduled_at", "topic_id",
)  # fmt: skip


@given(changes=st.dictionaries(st.sampled_from(FIELDS), ANYTHING, max_size=4))
def test_whatever_is_in_a_field_is_answered(changes: dict[str, Any]) -> None:
    for body in (letter(**changes), [letter(**changes)]):
        target = "/emails/batch" if isinstance(body, list) else "/emails"
        outcome = ask(account(), target, body, headers=KEYED)
        assert outcome.response.status in {200, 400, 403, 404, 422}
        assert all(mail.content for mail in outcome.accepted)


@given(octets=st.binary(max_size=60), target=st.text(max_size=20), method=st.text(max_size=6))
def test_whatever_is_asked_is_answered(octets: bytes, target: str, method: str) -> None:
    owner = account()
    for where in (target, f"/emails/{target}", f"/domains/{target}"):
        headers = (("User-Agent", "a"), ("Authorization", f"Bearer {KEY}"))
        request = Request(method=method, target=where, headers=headers, body=octets)
        assert PROVIDER.answer(owner, request, region="", now=NOW).response.status >= 200
