"""Merge tags and names, as they stand in the messages that Mandrill makes."""

from __future__ import annotations

from email import message_from_bytes, policy
from typing import Any

import pytest

from harness.fakes.marks import Mark
from harness.fakes.providers.mandrill.merging import with_regions

from .mandrill_asking import account, ask, letter

TO = [{"email": "a@r.test"}, {"email": "B@r.test"}]
MERGED: dict[str, Any] = {
    "to": TO,
    "subject": "For *|name|*",
    "text": "*|NAME|* of *|Town|*, *|OTHER|* and *|DATE:Y|*",
    "html": "<p>*|NAME|*</p>",
    "global_merge_vars": [{"name": "NAME", "content": "all"}, {"name": "TOWN", "content": 7}],
    "merge_vars": [{"rcpt": "b@r.test", "vars": [{"name": "Name", "content": "B"}]}],
}


def test_merge_tags_are_carried_out() -> None:
    first, second = ask(account(), "messages/send", letter(**MERGED)).accepted
    assert (first.subject, second.subject) == ("For all", "For B")
    assert b"<p>all</p>" in first.content
    # What stands for a tag without a value is not known.
    assert b"B of 7, *|OTHER|* and *|DATE:Y|*" in second.content


def test_content_of_a_template_is_merged_too() -> None:
    body = {
        **letter(**{**MERGED, "html": None}),
        "template_name": "welcome",
        "template_content": [{"name": "main", "content": "<b>*|NAME|*</b>"}],
    }
    outcome = ask(account(templates=[{"name": "welcome"}]), "messages/send-template", body)
    assert b"<b>B</b>" in outcome.accepted[1].content


def test_handlebars_stay_and_the_answer_is_marked() -> None:
    body = letter(**{**MERGED, "text": "*|NAME|* {{name}}"}, merge_language="handlebars")
    outcome = ask(account(), "messages/send", body)
    assert b"*|NAME|* {{name}}" in outcome.accepted[0].content
    assert outcome.response.mark is Mark.SYNTHETIC
    assert ask(account(), "messages/send", letter(**MERGED)).response.mark is Mark.DOCUMENTED


def test_without_values_nothing_is_merged() -> None:
    (mail,) = ask(account(), "messages/send", letter(subject="*|NAME|*")).accepted
    assert mail.subject == "*|NAME|*"


@pytest.mark.parametrize("name", ['"', 'Ann "A" B', "back\\", "Desk, Sign-up"])
def test_a_display_name_can_be_read_in_the_message(name: str) -> None:
    (mail,) = ask(account(), "messages/send", letter(from_name=name)).accepted
    message = message_from_bytes(mail.content, policy=policy.default)
    assert [(box.display_name, box.addr_spec) for box in message["From"].addresses] == [
        (name, "from@sender.test")
    ]


def test_metadata_of_a_recipient_stand_over_those_of_all() -> None:
    body = letter(
        to=TO,
        metadata={"order": 1, "kind": "x"},
        recipient_metadata=[{"rcpt": "b@r.test", "values": {"order": 2}}, {"rcpt": "a@r.test"}, 7],
    )
    made = ask(account(), "messages/send", body).accepted
    told = [{"order": "1", "kind": "x"}, {"order": "2", "kind": "x"}]
    assert [mail.metadata for mail in made] == told


EACH_KIND = [
    {"email": "a@r.test", "name": "A"},
    {"email": "b@r.test", "type": "cc"},
    {"email": "c@r.test", "type": "bcc"},
]


@pytest.mark.parametrize(
    ("setting", "told"), [(False, None), (False, False), (True, False)], ids=str
)
def test_each_recipient_stands_alone_in_to_whatever_kind_it_is(
    setting: bool, told: bool | None
) -> None:
    body = letter(to=EACH_KIND, preserve_recipients=told)
    copies = ask(account(preserve_recipients=setting), "messages/send", body).accepted
    shown = [message_from_bytes(mail.content) for mail in copies]
    assert [copy["To"] for copy in shown] == ['"A" <a@r.test>', "b@r.test", "c@r.test"]
    assert [copy["Cc"] for copy in shown] == [None, None, None]


@pytest.mark.parametrize(("setting", "told"), [(True, None), (False, True)], ids=str)
def test_recipients_see_each_other_where_message_or_account_says_so(
    setting: bool, told: bool | None
) -> None:
    body = letter(to=EACH_KIND, preserve_recipients=told)
    copies = ask(account(preserve_recipients=setting), "messages/send", body).accepted
    shown = [message_from_bytes(mail.content) for mail in copies]
    assert {(copy["To"], copy["Cc"]) for copy in shown} == {('"A" <a@r.test>', "b@r.test")}


@pytest.mark.parametrize(
    ("html", "filled"),
    [
        ('<p mc:edit="main">old</p>', "<p>new</p>"),
        ("<P class='a' mc:edit='main' id=b>old</P> x", "<P class='a' id=b>new</P> x"),
        ('<div mc:edit="main"><div>old</div> <br></div><div>b</div>', "<div>new</div><div>b</div>"),
        ('<p mc:edit="other">stays</p><p mc:edit="main"></p>', "<p>stays</p><p>new</p>"),
        ('<p mc:edit="main">never closed', "<p>new"),
        ("<p>no region</p>", "<p>no region</p>"),
    ],
)
def test_a_region_of_a_template_is_filled_and_the_rest_stays(html: str, filled: str) -> None:
    assert with_regions(html, [{"name": "main", "content": "new"}]) == filled


def test_what_a_message_has_itself_stands_above_the_template() -> None:
    version = {"from_email": "t@sender.test", "from_name": "T", "subject": "S", "text": "T"}
    owner = account(templates=[{"name": "Welcome Mail", "published": version}])
    body = {**letter(), "template_name": "welcome-mail", "template_content": []}
    (mail,) = ask(owner, "messages/send-template", body).accepted
    assert (mail.mail_from, mail.subject) == ("from@sender.test", "A letter")
    assert b"words" in mail.content
    left = {"to": [{"email": "to@recipient.test"}], "subject": ""}
    (mail,) = ask(owner, "messages/send-template", {**body, "message": left}).accepted
    assert (mail.mail_from, mail.subject) == ("t@sender.test", "S")
    assert b'From: "T" <t@sender.test>' in mail.content


def test_a_draft_is_not_sent_while_something_is_published() -> None:
    template = {"name": "w", "published": {"text": "old"}, "draft": {"text": "new"}}
    owner = account(templates=[template])
    message = {"from_email": "a@sender.test", "to": [{"email": "to@recipient.test"}]}
    body = {"template_name": "w", "template_content": [], "message": message}
    (mail,) = ask(owner, "messages/send-template", body).accepted
    assert b"old" in mail.content
    assert ask(owner, "messages/send-template", body).response.mark is Mark.DOCUMENTED
    unpublished = account(templates=[{**template, "published": None}])
    assert ask(unpublished, "messages/send-template", body).response.mark is Mark.SYNTHETIC
    owner = ask(owner, "templates/publish", {"name": "w"}).account
    (mail,) = ask(owner, "messages/send-template", body).accepted
    assert b"new" in mail.content
