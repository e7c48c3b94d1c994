"""The page of SendGrid's errors, row by row; and what becomes of what is right."""

from __future__ import annotations

import gzip
import json
from email import message_from_bytes, policy
from typing import Any

import pytest

from .sendgrid_requests import PAGE, account, ask, errors, letter, to


def attached(**changes: Any) -> dict[str, Any]:
    return letter(attachments=[{"content": "AAAA", "filename": "a.csv", **changes}])


def part(**changes: Any) -> dict[str, Any]:
    return letter(content=[{"type": "text/plain", "value": "words", **changes}])


CRLF_NAME = "The filename of your attachment cannot contain CRLF characters."
CRLF_TYPE = "The attachment type cannot contain ';', or CRLF characters."
CRLF_ID = "The content ID of your attachment cannot contain CRLF characters."
REPLY = (
    "The reply_to object, when used, must at least have an email parameter with a valid email "
    'address and it may also contain a name parameter. e.g. {"email": "example@example.com"} or '
    '{"email": "example@example.com", "name": "Example Recipient"}'
)
ARGUMENTS = (
    "The combined size of both global and personalization custom arguments may not exceed 10,000 "
    "bytes per personalization."
)
DISPOSITION = (
    'The disposition of your attachment can be either "inline" or "attachment". You provided foo.'
)
LONG = "a" * 320 + "@r.test"
ROWS: list[tuple[dict[str, Any], str, str]] = [
    (letter(headers={"X-A": 5}), "The header values must be strings.", "headers"),
    (
        to({"email": "a@r.test"}, headers={"X-A": ["x"]}),
        "All values of the headers object must be strings.",
        "personalizations.0.headers",
    ),
    (letter(sections={"-a-": 5}), "The section values must be strings.", "sections"),
    (
        to({"email": "a@r.test"}, custom_args={"a": "x" * 5_000})
        | {"custom_args": {"b": "é" * 2_501}},
        ARGUMENTS,
        "personalizations.0.custom_args",
    ),
    (
        to({"email": "a@r.test"}, substitutions={f"-{n}-": "x" for n in range(10_001)}),
        "You are limited to 10,000 substitutions.",
        "personalizations.0.substitutions",
    ),
    (letter(reply_to={"name": "N"}), REPLY, "reply_to.email"),
    (letter(reply_to={"email": "nobody"}), REPLY, "reply_to.email"),
    (
        letter(reply_to={"email": LONG}),
        "The Reply-To email exceeds the maximum total length of 320 characters",
        "reply_to.email",
    ),
    *(
        (
            to({"email": "a@r.test"}, **{kind: [{"email": LONG}]}),
            f"The {kind.upper()} email exceeds the maximum total length of 320 characters",
            f"personalizations.0.{kind}.0.email",
        )
        for kind in ("cc", "bcc")
    ),
    (attached(disposition="foo"), DISPOSITION, "attachments.0.disposition"),
    *(
        (attached(type=kind), CRLF_TYPE, "attachments.0.type")
        for kind in (
            'text/plain; charset="utf-8"',
            "text/calendar; charset=utf-8; method=REQUEST",
            "text/x; method=POST",
        )
    ),
    *((attached(filename=f"a{c}b"), CRLF_NAME, "attachments.0.filename") for c in ";\r\n"),
    *((attached(type=f"a/b{c}"), CRLF_TYPE, "attachments.0.type") for c in ";\r\n"),
    *((attached(content_id=f"a{c}b"), CRLF_ID, "attachments.0.content_id") for c in ";\r\n"),
    (
        attached(type=""),
        "The attachment type must be a string and at least one character in length.",
        "attachments.0.type",
    ),
    *(
        (
            attached(content=content),
            "The attachment content must be a string at least one character in length.",
            "attachments.0.content",
        )
        for content in ("", 5, None)
    ),
    (
        letter(content=[{"value": "words"}]),
        "A content type is required, this tells email clients how to display the email.",
        "content.0.type",
    ),
    (
        part(type=""),
        "Your content type must be a string with length of at least one character.",
        "content.0.type",
    ),
    (
        part(type="text/plain; charset=utf-8"),
        "The content type cannot contain ';', or CRLF characters.",
        "content.0.type",
    ),
    (
        letter(categories=["a", "b", "a"]),
        "The categories must be a unique list, and you have included a more than once.",
        "categories",
    ),
    (
        letter(categories=["c" * 256]),
        f"Each category must not be longer than 255 characters. {'c' * 256} exceeds this limit",
        "categories",
    ),
    (letter(categories=["é"]), "Categories can not contain non-ASCII characters.", "categories"),
    (letter(asm={"group_id": "5"}), "The ASM group ID must be an integer.", "asm.group_id"),
    (letter(asm={"group_id": True}), "The ASM group ID must be an integer.", "asm.group_id"),
    *(
        (
            letter(asm={"group_id": 5, "groups_to_display": groups}),
            "The ASM Group IDs to display must be an array of integers.",
            "asm.groups_to_display",
        )
        for groups in (5, ["5"])
    ),
    (
        letter(asm={"group_id": 5, "groups_to_display": list(range(26))}),
        "There is a limit of 25 unsubscribe groups that can be displayed to a user at a time.",
        "asm.groups_to_display",
    ),
    (
        letter(mail_settings={"sandbox_mode": {"enable": "true"}}),
        "The sandbox mode enable param should be a boolean value.",
        "mail_settings.sandbox_mode.enable",
    ),
    (
        letter(mail_settings={"spam_check": {"post_to_url": "example.com"}}),
        "The `post_to_url` parameter must start with `http://` or `https://`.",
        "mail_settings.spam_check.post_to_url",
    ),
    (
        letter(tracking_settings={"ganalytics": {"utm_term": 5}}),
        "The Google Analytics utm_term must be a string value.",
        "tracking_settings.ganalytics.utm_term",
    ),
]


@pytest.mark.parametrize(("body", "message", "field"), ROWS)
def test_a_row_of_the_page_is_named_in_its_words(
    body: dict[str, Any], message: str, field: str
) -> None:
    response = ask(account(), body=body).response
    table = ".".join(each for each in field.split(".") if not each.isdecimal())
    link = f"{PAGE}#message.{table.removesuffix('.email')}"
    assert (response.status, response.case) == (400, "invalid")
    assert errors(response) == [{"message": message, "field": field, "help": link}]


@pytest.mark.parametrize(
    "body",
    [
        letter(headers={"X-A": None}, sections=None, custom_args={"a": "7"}, categories=["a", "b"]),
        letter(custom_args={"a": "x" * 9_999}),
        letter(reply_to={"email": "r@r.test", "name": None}, asm={"group_id": 5}),
        letter(reply_to_list=[{"email": "r@r.test"}, {"email": "s@r.test", "name": "S"}]),
        attached(filename="first, second (1).csv", type=None, disposition="inline", content_id="x"),
        letter(mail_settings={"footer": {"enable": False, "text": "x"}, "sandbox_mode": {}}),
        letter(tracking_settings={"click_tracking": {"enable": False, "enable_text": False}}),
    ],
)
def test_what_the_page_allows_is_taken(body: dict[str, Any]) -> None:
    assert ask(account(), body=body).response.status == 202


@pytest.mark.parametrize("kind", ["text/calendar; method=REQUEST", "text/calendar;method=POST"])
def test_an_invitation_says_its_method(kind: str) -> None:
    (mail,) = ask(account(), body=attached(type=kind)).accepted
    _, invitation = message_from_bytes(mail.content, policy=policy.default).iter_parts()
    assert invitation["Content-Type"].params["method"] == kind.partition("=")[2]


def test_only_the_first_address_that_comes_twice_is_told() -> None:
    boxes = [{"email": f"{name}@r.test"} for name in "abab"]
    (one,) = errors(ask(account(), body=to(*boxes)).response)
    assert "[a@r.test]" in one["message"]


@pytest.mark.parametrize("name", ['"', 'Ann "A" Ray', "back\\slash", 'Ä "B"', "a, b <c>"])
def test_a_name_with_quotation_marks_stays_that_name(name: str) -> None:
    box = {"email": "from@sender.test", "name": name}
    body = to({**box, "email": "a@r.test"}, **{"from": box}) | {"reply_to": box}
    (mail,) = ask(account(), body=body).accepted
    made = message_from_bytes(mail.content, policy=policy.default)
    for header in ("From", "To", "Reply-To"):
        (read,) = made[header].addresses
        assert read.display_name == name


def test_substitutions_and_sections_are_carried_out_for_each_personalization() -> None:
    people = [
        {"to": [{"email": "a@r.test"}], "substitutions": {"-n-": "Ann", "-name-": "-n-!"}},
        {"to": [{"email": "b@r.test"}], "substitutions": {"-n-": "Bob", "-greet-": "-part-"}},
        {"to": [{"email": "c@r.test"}]},
    ]
    body = letter(
        personalizations=people,
        subject="For -n-",
        sections={"-part-": "dear -n-"},
        reply_to={"email": "r@r.test", "name": "-n-"},
        content=[{"type": "text/plain", "value": "-greet- -name- $1"}],
    )
    made = [
        message_from_bytes(mail.content, policy=policy.default)
        for mail in ask(account(), body=body).accepted
    ]
    assert [one["Subject"] for one in made] == ["For Ann", "For Bob", "For -n-"]
    assert [one["Reply-To"].addresses[0].display_name for one in made] == ["Ann", "Bob", "-n-"]
    assert [one.get_content().strip() for one in made] == [
        "-greet- -n-! $1",
        "dear Bob -name- $1",
        "-greet- -name- $1",
    ]


def test_a_body_in_gzip_is_taken_as_what_it_holds() -> None:
    coded = (("Content-Encoding", "gzip"),)
    zipped = gzip.compress(json.dumps(letter()).encode())
    outcome = ask(account(), raw=zipped, headers=coded)
    assert outcome.response.status == 202
    assert outcome.accepted[0].subject == "A letter"
    vast = gzip.compress(json.dumps(letter(subject="x" * 20_000_000)).encode())
    assert ask(account(), raw=vast, headers=coded).response.case == "too-large"
