"""What SparkPost takes and tells, and that any request gets a documented answer."""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.fakes.providers.registry import provider
from harness.fakes.providers.rules import Outcome
from harness.fakes.providers.sparkpost import PROVIDER, SparkPostAccount
from harness.fakes.providers.sparkpost.account import SEND
from harness.fakes.providers.sparkpost.refusals import REFUSALS

from .sparkpost_asking import DOMAINS, KEY, NOW, SANDBOX, SEND_PATH, account, ask, decoded, letter


def test_the_scan_finds_sparkpost() -> None:
    assert provider("sparkpost") is PROVIDER


def test_a_made_up_key_is_40_hexadecimal_digits() -> None:
    made = PROVIDER.made_up(lambda length, alphabet: alphabet[-1] * length)
    assert made == {"api_key": "f" * 40}


def test_metadata_of_a_recipient_stand_over_those_of_all() -> None:
    people = [
        {"address": "a@r.test", "metadata": {"order": 2}},
        {"address": "b@r.test", "metadata": None},
    ]
    body = letter(recipients=people, metadata={"order": 1, "kind": "x"})
    notes = [mail.metadata for mail in ask(account(), body=body).accepted]
    assert notes == [{"order": "2", "kind": "x"}, {"order": "1", "kind": "x"}]


def test_a_message_is_taken_with_the_vendors_own_answer() -> None:
    outcome = ask(account(), body=letter())
    (mail,) = outcome.accepted
    assert outcome.response.status == 200
    assert outcome.response.body == (
        b'{"results":{"total_rejected_recipients":0,"total_accepted_recipients":1,"id":"'
        + mail.provider_id.encode()
        + b'"}}'
    )
    assert mail.provider_id.isdecimal()
    assert len(mail.provider_id) == 17
    assert (mail.mail_from, mail.recipients) == ("from@sender.test", ("to@recipient.test",))
    made = message_from_bytes(mail.content)
    assert (made["From"], made["To"], made["Subject"]) == (
        "from@sender.test",
        "to@recipient.test",
        "A letter",
    )


@pytest.mark.parametrize("path", [SEND_PATH, f"{SEND_PATH}/", f"{SEND_PATH}?num_rcpt_errors=3"])
def test_a_slash_at_the_end_and_a_query_are_fine(path: str) -> None:
    assert ask(account(), path, letter()).response.status == 200


def test_the_key_may_come_as_the_user_of_basic() -> None:
    basic = "Basic " + b64encode(f"{KEY}:".encode()).decode()
    assert ask(account(), body=letter(), key=basic).response.status == 200


def test_a_finished_message_is_kept_octet_for_octet() -> None:
    mime = "From: A <from@sender.test>\r\nTo: x@y.test\r\nSubject: S\u00e9\r\n\r\nwords \u20ac\r\n"
    boxes = [{"address": {"email": f"{name}@recipient.test"}} for name in "ab"]
    body = {"recipients": boxes, "content": {"email_rfc822": mime}, "return_path": "r@back.test"}
    (mail,) = ask(account(), body=body).accepted
    assert mail.mime == mime.encode()
    assert mail.mail_from == "r@back.test"
    assert mail.recipients == ("a@recipient.test", "b@recipient.test")


def test_lone_line_ends_become_those_of_mail() -> None:
    body = {
        "recipients": [{"address": "to@recipient.test"}],
        "content": {"email_rfc822": "From: from@sender.test\n\none\rtwo\r\n"},
    }
    (mail,) = ask(account(), body=body).accepted
    assert mail.content == b"From: from@sender.test\r\n\r\none\r\ntwo\r\n"


def test_copies_show_the_first_recipient_and_others_get_their_own_message() -> None:
    boxes = [
        {"address": {"email": "to@recipient.test", "name": "To"}},
        {"address": {"email": "cc@recipient.test", "header_to": '"To" <to@recipient.test>'}},
        {"address": {"email": "other@recipient.test"}},
    ]
    body = letter(recipients=boxes, content={"headers": {"CC": "cc@recipient.test", "X-A": "b"}})
    outcome = ask(account(), body=body)
    assert decoded(outcome.response)["results"]["total_accepted_recipients"] == 3
    first, second = outcome.accepted
    assert first.recipients == ("to@recipient.test", "cc@recipient.test")
    assert second.recipients == ("other@recipient.test",)
    made = message_from_bytes(first.content)
    assert (made["To"], made["Cc"], made["X-A"]) == (
        '"To" <to@recipient.test>',
        "cc@recipient.test",
        "b",
    )


def test_some_bad_recipients_are_told_and_the_others_served() -> None:
    boxes = [{"address": {}}, {"address": "to@recipient.test"}, {"address": {"email": "nobody"}}]
    outcome = ask(account(), body=letter(recipients=boxes))
    assert outcome.response.status == 200
    said = decoded(outcome.response)
    assert said["errors"] == [
        {"message": "transmission created, but with validation errors", "code": "2000"}
    ]
    assert said["results"]["rcpt_to_errors"][0] == {
        "message": "required field is missing",
        "description": "address.email is required for each recipient",
        "code": "1400",
    }
    assert said["results"]["total_rejected_recipients"] == 2
    assert outcome.accepted[0].recipients == ("to@recipient.test",)
    fewer = ask(account(), f"{SEND_PATH}?num_rcpt_errors=1", letter(recipients=boxes))
    assert len(decoded(fewer.response)["results"]["rcpt_to_errors"]) == 1


def test_a_verified_sub_domain_is_a_domain_of_its_own() -> None:
    body = letter(content={"from": "a@mail.sender.test"})
    assert ask(account(domains=[{"name": "mail.sender.test"}]), body=body).response.status == 200
    assert (
        ask(account(domains=[{"name": "mail.sender.test"}]), body=letter()).response.status == 400
    )


def test_a_domain_of_the_other_region_is_unconfigured_here() -> None:
    body = letter(content={"from": "a@european.test"})
    assert ask(account(), body=body, region="eu").response.status == 200


@pytest.mark.parametrize(("host", "region"), [*((h, r) for r, h in PROVIDER.hosts.items())])
def test_a_region_has_its_host(host: str, region: str) -> None:
    assert PROVIDER.region_of(host) == region


def test_the_sandbox_takes_five_messages_in_the_life_of_an_account() -> None:
    owner = account(domains=[])
    body = letter(content=SANDBOX, options={"sandbox": True})
    statuses = []
    for _ in range(6):
        outcome = ask(owner, body=body)
        owner = outcome.account
        statuses.append(outcome.response.status)
    assert statuses == [200] * 5 + [420]
    told = decoded(ask(owner, "/api/v1/account?include=usage").response)["results"]
    assert told["usage"]["sandbox"] == {"used": 5, "limit": 5}


def test_the_newer_sandbox_takes_its_template() -> None:
    body = {**letter(options={"sandbox": True}), "content": {"template_id": "my-first-email"}}
    (mail,) = ask(account(sandbox="template"), body=body).accepted
    assert mail.mail_from == "support@sparkpostbox.com"


def test_a_key_with_the_grant_may_send() -> None:
    assert ask(account(keys=[{"permissions": [SEND]}]), body=letter()).response.status == 200


def events(owner: SparkPostAccount) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = decoded(ask(owner, "/api/v1/events/message").response)["results"]
    return found


def test_a_suppressed_recipient_who_is_the_only_one_is_refused_and_an_event_tells_of_it() -> None:
    outcome = ask(account(suppressed=["TO@recipient.test"]), body=letter())
    assert (outcome.response.status, outcome.response.case) == (400, "suppressed")
    assert outcome.accepted == ()
    said = decoded(outcome.response)
    assert said["errors"][0]["code"] == "1902"
    assert said["results"]["total_accepted_recipients"] == 1
    (event,) = events(outcome.account)
    assert event["transmission_id"] == said["results"]["id"]
    assert (event["type"], event["error_code"]) == ("generation_rejection", "554")
    assert event["raw_reason"] == ("554 5.7.1 recipient address suppressed due to customer policy")


def test_suppressed_recipients_among_several_are_taken_and_bounce_afterwards() -> None:
    boxes = [{"address": f"{name}@recipient.test"} for name in ("to", "other")]
    outcome = ask(account(suppressed=["TO@recipient.test"]), body=letter(recipients=boxes))
    assert outcome.response.status == 200
    assert [mail.state for mail in outcome.accepted] == ["bounce", "queued"]
    told = [(event["rcpt_to"], event["type"]) for event in events(outcome.account)]
    assert told == [
        ("to@recipient.test", "injection"),
        ("to@recipient.test", "bounce"),
        ("other@recipient.test", "injection"),
    ]
    bounce = events(outcome.account)[1]
    assert (bounce["bounce_class"], bounce["error_code"]) == ("25", "554")


def test_who_is_suppressed_afterwards_has_had_the_message() -> None:
    sent = ask(account(), body=letter()).account
    later = sent.model_copy(update={"suppressed": ("to@recipient.test",)})
    assert [event["type"] for event in events(later)] == ["injection"]


def test_tags_beyond_the_tenth_are_passed_over() -> None:
    box = {"address": "to@recipient.test", "tags": [str(number) for number in range(11)]}
    said = decoded(ask(account(), body=letter(recipients=[box])).response)
    assert said["results"]["total_rejected_recipients"] == 0


@pytest.mark.parametrize(("ahead", "status"), [(72, 200), (73, 422)])
def test_a_message_is_scheduled_three_days_ahead_at_most(ahead: int, status: int) -> None:
    start = (NOW + timedelta(hours=ahead)).isoformat()
    assert ask(account(), body=letter(options={"start_time": start})).response.status == status


@pytest.mark.parametrize("name", ['"', 'Ann "A" Ray', "back\\slash", 'Ä "B"', "a, b <c>"])
def test_a_name_with_quotation_marks_stays_that_name(name: str) -> None:
    boxes = [{"address": {"email": "to@recipient.test", "name": name}}]
    sender = {"email": "from@sender.test", "name": name}
    (mail,) = ask(account(), body=letter(recipients=boxes, content={"from": sender})).accepted
    made = message_from_bytes(mail.content, policy=policy.default)
    for header, address in (("From", "from@sender.test"), ("To", "to@recipient.test")):
        (box,) = made[header].addresses
        assert (box.display_name, box.addr_spec) == (name, address)


def test_events_tell_what_was_taken_page_by_page() -> None:
    owner = account()
    for name in ("one", "two", "three"):
        body = letter(recipients=[{"address": f"{name}@recipient.test"}])
        owner = ask(owner, body=body).account
    told = decoded(ask(owner, "/api/v1/events/message?per_page=2").response)
    assert [event["rcpt_to"] for event in told["results"]] == [
        "one@recipient.test",
        "two@recipient.test",
    ]
    assert told["total_count"] == 3
    rest = decoded(ask(owner, told["links"]["next"]).response)
    assert [event["rcpt_to"] for event in rest["results"]] == ["three@recipient.test"]
    assert rest["links"] == {}


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("recipients=two@recipient.test,to@recipient.test", 1),
        ("recipients=a@b.test|to@recipient.test&delimiter=|", 1),
        ("recipients=nobody@recipient.test", 0),
        ("events=injection", 1),
        ("events=bounce", 0),
        ("from_addresses=from@sender.test&subjects=A letter".replace(" ", "%20"), 1),
        ("from=2026-05-04T12:00:00Z", 1),
        ("from=2026-05-04T12:31:00Z", 0),
        ("to=2026-05-04T12:00", 0),
        ("from=nonsense&unknown=parameter", 1),
    ],
)
def test_events_are_filtered(query: str, count: int) -> None:
    owner = ask(account(), body=letter()).account
    told = decoded(ask(owner, f"/api/v1/events/message?{query}").response)
    assert told["total_count"] == count


def test_events_go_back_a_day_unless_asked_for_more() -> None:
    owner = ask(account(), body=letter()).account
    later = NOW + timedelta(days=2)
    assert not decoded(ask(owner, "/api/v1/events/message", now=later).response)["results"]
    asked = "/api/v1/events/message?from=2026-05-01T00:00:00Z"
    assert decoded(ask(owner, asked, now=later).response)["results"]


@pytest.mark.parametrize("size", ["0", "10001", "x", ""])
def test_a_page_has_between_1_and_10000_events(size: str) -> None:
    response = ask(account(), f"/api/v1/events/message?per_page={size}").response
    assert (response.status, response.case) == (400, "bad-params")


def test_the_configuration_is_told() -> None:
    owner = account(suppressed=["gone@recipient.test"])
    domain = decoded(ask(owner, "/api/v1/sending-domains/half.test").response)["results"]
    assert domain["status"]["ownership_verified"] is False
    asked = ask(owner, "/api/v1/sending-domains/sender.test/verify", method="POST", raw=b"{}")
    assert decoded(asked.response)["results"]["dkim_status"] == "valid"
    listed = decoded(ask(owner, "/api/v1/sending-domains").response)["results"]
    assert [each["domain"] for each in listed] == [each["name"] for each in DOMAINS]
    assert ask(owner, "/api/v1/sending-domains/absent.test").response.case == "unknown-resource"
    gone = ask(owner, "/api/v1/suppression-list/gone@recipient.test").response
    assert decoded(gone)["results"][0]["recipient"] == "gone@recipient.test"
    assert decoded(ask(owner, SEND_PATH).response) == {"results": []}


@pytest.mark.parametrize(("suspended", "status"), [(True, "suspended"), (False, "active")])
def test_the_account_tells_its_status(suspended: bool, status: str) -> None:
    told = ask(account(suspended=suspended), "/api/v1/account").response
    assert decoded(told)["results"]["status"] == status


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text() | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
WORDS = st.sampled_from(["a@sender.test", "@", "<a@sender.test", "x@sparkpostbox.com", "\ud800@b"])
BODIES = st.fixed_dictionaries(
    {},
    optional={
        "recipients": JSON
        | st.lists(
            st.fixed_dictionaries(
                {"address": WORDS | JSON | st.fixed_dictionaries({"email": WORDS, "name": JSON})},
                optional={"tags": JSON},
            ),
            max_size=3,
        ),
        "content": JSON
        | st.fixed_dictionaries({"email_rfc822": st.text() | st.just("From: \ud800\n\n")})
        | st.fixed_dictionaries(
            {"from": WORDS | JSON, "subject": st.text() | JSON, "text": st.text() | JSON},
            optional={
                "headers": JSON,
                "html": JSON,
                "attachments": JSON,
                "reply_to": JSON,
                "template_id": JSON,
            },
        ),
        "options": JSON | st.fixed_dictionaries({"sandbox": st.booleans()}),
        "return_path": WORDS | JSON,
        "metadata": JSON,
    },
)


def is_documented(outcome: Outcome[SparkPostAccount]) -> bool:
    """Whether it is a success or a known refusal, and what was taken can be read."""
    for mail in outcome.accepted:
        assert isinstance(mail.content, bytes)
        f"{mail.mail_from}{mail.recipients}{mail.subject}".encode()
    return outcome.response.case in {"accepted", *REFUSALS} and bool(decoded(outcome.response))


@given(body=BODIES)
def test_any_body_gets_a_documented_answer(body: Any) -> None:
    outcome = ask(account(), body=body)
    assert is_documented(outcome)
    assert is_documented(ask(outcome.account, "/api/v1/events/message"))


@given(
    raw=st.binary(),
    path=st.sampled_from([SEND_PATH, "/api/v1/events/message", "/api/v1/"]),
    rest=st.text(),
    method=st.sampled_from(["GET", "POST", "DELETE"]),
)
def test_any_request_gets_a_documented_answer(
    raw: bytes, path: str, rest: str, method: str
) -> None:
    assert is_documented(ask(account(), path + rest, raw=raw, method=method))
    assert is_documented(ask(account(), rest, raw=raw, method=method))
    assert is_documented(ask(account(), raw=raw, key=rest))


@pytest.mark.parametrize(
    "content",
    [
        {"email_rfc822": "From: a@sender.test\nSubject: \ud800\n\n\udfff"},
        {"from": "\ud800 <a@sender.test>", "subject": "x\ud800", "text": "\ud800"},
        {"from": {"email": "\ud800@sender.test"}, "subject": "x", "html": "\ud800"},
    ],
)
def test_halves_of_characters_are_replaced(content: dict[str, Any]) -> None:
    outcome = ask(account(), body={**letter(), "content": content})
    assert is_documented(outcome)
    assert len(outcome.accepted) == 1


@pytest.mark.parametrize("depth", [100, 900, 980, 5000])
def test_depth_breaks_nothing(depth: int) -> None:
    deep = b"[" * depth + b"]" * depth
    for field in (b"content", b"recipients", b"metadata", b"substitution_data", b"options"):
        raw = json.dumps(letter()).encode()[:-1] + b',"' + field + b'":{"a":' + deep + b"}}"
        assert is_documented(ask(account(), raw=raw))
