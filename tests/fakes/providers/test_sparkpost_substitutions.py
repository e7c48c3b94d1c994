"""SparkPost's expressions are carried out as its documentation shows them, and nothing else is."""

from __future__ import annotations

from email import message_from_bytes, policy
from typing import Any

import pytest

from harness.fakes.marks import Mark
from harness.fakes.providers.sparkpost.substitution import Substitutions, has_braces, is_beyond

from .sparkpost_asking import SEND_PATH, account, ask, decoded, letter

# What the documentation's own examples say, and what is next to them.
DATA: dict[str, Any] = {
    "value": "Hello \U0001f44b",
    "name": "Jane",
    "age": None,
    "address": {"street": "Howard Street", "city": "San Francisco"},
    "part": "street",
    "custom_html": "<b>Hello, World</b>",
    "count": 3,
    "yes": True,
    "states": ["MD"],
}


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{{ value }}|{{value}}|{{  value   }}", "|".join(["Hello \U0001f44b"] * 3)),
        ("* {{name}}\n* {{age}}\n* {{job}}", "* Jane\n* \n* "),
        ("Hello {{ age or 'Customer' }}", "Hello Customer"),
        ('{{ name or "Customer" }} {{ no or "a }" }}', "Jane a }"),
        ("{{address.street}}, {{address['city']}}", "Howard Street, San Francisco"),
        ("{{address[part]}}{{address[none]}}{{name.first}}", "Howard Street"),
        ("{{custom_html}}", "<b>Hello, World</b>"),
        ("{{count}} {{yes}} {{states}}", '3 true ["MD"]'),
        ("{ {name} } {{}} {{ not name }}", "{ {name} } {{}} {{ not name }}"),
        ("{{if yes}}a{{else}}b{{end}}", "{{if yes}}a{{else}}b{{end}}"),
        ("{{each states}}{{loop_var}}{{end}}", "{{each states}}{{end}}"),
        ("{{price - 5}} {{#states}} {{states[1]}}", "{{price - 5}} {{#states}} {{states[1]}}"),
    ],
)
def test_what_stands_for_a_variable_is_carried_out(text: str, filled: str) -> None:
    assert Substitutions(DATA).filled(text) == filled


def test_html_is_escaped_between_two_braces_and_not_between_three() -> None:
    filled = Substitutions(DATA).filled("{{custom_html}} {{{custom_html}}}", html=True)
    assert filled == "&lt;b&gt;Hello, World&lt;&#x2F;b&gt; <b>Hello, World</b>"


def test_what_is_not_carried_out_is_known() -> None:
    assert not has_braces("{ {name} } {name}")
    assert not is_beyond("{{name}} {{{address.street or 'x'}}}")
    assert all(map(is_beyond, ("{{if name}}", "{{end}}", "{{ a + b }}", "{{a}} {{#b}}")))


def test_a_recipients_own_data_stand_above_those_of_the_transmission() -> None:
    body = letter(
        metadata={"city": "San Francisco", "a": "1"},
        substitution_data={"city": "Seattle", "b": "2"},
        recipients=[
            {
                "address": {"email": "wilma@flintstone.test", "name": "Wilma"},
                "metadata": {"city": "Baltimore", "c": "3"},
                "substitution_data": {"city": "New York"},
            },
            {"address": "fred@flintstone.test"},
        ],
        content={"text": "{{city}} {{a}}{{b}}{{c}} {{address.name}} {{email}}", "subject": "{{b}}"},
    )
    first, second = ask(account(), body=body).accepted
    texts = [
        message_from_bytes(each.content, policy=policy.default).get_content().strip()
        for each in (first, second)
    ]
    assert texts == [
        "New York 123 Wilma wilma@flintstone.test",
        "Seattle 12  fred@flintstone.test",
    ]
    assert (first.subject, first.recipients) == ("2", ("wilma@flintstone.test",))


def test_who_gets_the_same_shares_a_message() -> None:
    boxes = [{"address": {"email": f"{n}@b.test", "header_to": "all@b.test"}} for n in range(3)]
    boxes[2]["substitution_data"] = {"name": "Ann"}
    body = letter(recipients=boxes, content={"text": "Dear {{name or 'all'}}"})
    made = ask(account(), body=body).accepted
    assert [mail.recipients for mail in made] == [("0@b.test", "1@b.test"), ("2@b.test",)]


def test_substitutions_can_be_left_out() -> None:
    body = letter(content={"text": "{{name}}"}, options={"perform_substitutions": False})
    outcome = ask(account(), body=body)
    assert b"{{name}}" in outcome.accepted[0].content
    assert outcome.response.mark is Mark.DOCUMENTED


@pytest.mark.parametrize(
    "content",
    [
        {"text": "{{if a}}b{{end}}"},
        {
            "email_rfc822": "From: a@sender.test\r\n\r\n{{name}}\r\n",
            "from": None,
            "subject": None,
            "text": None,
        },
    ],
)
def test_an_answer_to_what_is_not_carried_out_is_marked(content: dict[str, Any]) -> None:
    outcome = ask(account(), body=letter(content=content))
    assert outcome.response.mark is Mark.SYNTHETIC
    assert b"{{" in outcome.accepted[0].content


def test_the_sender_of_a_template_is_judged_with_its_braces_filled_in() -> None:
    content = {"from": "{{who}} <a@{{where}}>", "subject": "s", "text": "t"}
    owner = account(templates=[{"id": "w", "content": content}])
    for where, status in (("sender.test", 200), ("elsewhere.test", 400)):
        body = {
            "recipients": [{"address": "to@b.test"}],
            "content": {"template_id": "w"},
            "substitution_data": {"where": where, "who": "Ann"},
        }
        assert ask(owner, SEND_PATH, body).response.status == status


CONTENT: dict[str, Any] = {"from": "a@sender.test", "subject": "s", "text": "t"}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"content": CONTENT}, "At least one of 'id' or 'name' must exist"),
        ({"id": "", "content": CONTENT}, "id cannot be empty string"),
        ({"id": "a b", "content": CONTENT}, "id may only contain letters"),
        ({"id": "a" * 65, "content": CONTENT}, "max length '64'"),
        ({"id": 5, "content": CONTENT}, "id must be 'string'"),
        ({"id": "a"}, "content object or template_id required"),
        ({"id": "a", "content": []}, "content must be 'json_object'"),
        ({"id": "a", "content": {**CONTENT, "text": None}}, "No valid fields exist"),
        ({"id": "a", "content": {**CONTENT, "attachments": []}}, "are not supported in stored"),
        ({"id": "a", "content": {**CONTENT, "from": "a@no.test"}}, "Unconfigured or unverified"),
    ],
)
def test_a_template_that_cannot_be_stored_is_refused(body: dict[str, Any], words: str) -> None:
    response = ask(account(), "/api/v1/templates", body).response
    (error,) = decoded(response)["errors"]
    assert response.status in {400, 422}
    assert words in f"{error['message']} {error.get('description')}"


def test_a_draft_is_changed_without_the_published_version() -> None:
    made = ask(account(), "/api/v1/templates", {"name": "n", "content": CONTENT, "published": True})
    identifier = decoded(made.response)["results"]["id"]
    path = f"/api/v1/templates/{identifier}"
    changed = ask(made.account, path, {"content": {**CONTENT, "text": "new"}}, method="PUT")
    for query, text in (("?draft=true", "new"), ("?draft=false", "t"), ("", "new")):
        found = decoded(ask(changed.account, f"{path}{query}").response)["results"]
        assert found["content"]["text"] == text
    direct = {"content": {**CONTENT, "text": "newer"}}
    after = ask(changed.account, f"{path}?update_published=true", direct, method="PUT").account
    shown = decoded(ask(after, f"{path}?draft=false").response)["results"]
    assert (shown["content"]["text"], shown["published"]) == ("newer", True)
    assert len(decoded(ask(after, "/api/v1/templates?draft=true").response)["results"]) == 1
