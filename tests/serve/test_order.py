"""What is written on the command line and in a file, and what is said of mistakes in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import ScenarioError, UsageError
from harness.serve.order import SUBMISSION, check_change, read_arguments, read_file, with_domains


def test_words_stand_behind_the_kind() -> None:
    (smtp,) = read_arguments(["smtp:security=tls,certificate=expired,port=2525"])
    assert (smtp.kind, smtp.name, smtp.port) == ("smtp", "smtp", 2525)
    assert smtp.words == {"security": "tls", "certificate": "expired"}


def test_lists_mappings_and_dots_are_read_as_in_yaml() -> None:
    account = 'username=a,password="1234",auth.required=false,auth.mechanisms=[LOGIN, PLAIN]'
    faults = "faults=[{at: rcpt, do: reply, code: 550, text: 'no, never'}]"
    (smtp,) = read_arguments([f"smtp:{account},{faults}"])
    assert smtp.words["auth"] == {"required": False, "mechanisms": ["LOGIN", "PLAIN"]}
    assert smtp.words["password"] == "1234"
    assert smtp.words["faults"][0]["text"] == "no, never"


def test_fakes_of_one_kind_are_numbered_or_named() -> None:
    orders = read_arguments(["smtp", "smtp", "smtp:name=relay", "sendgrid:smtp.port=2525"])
    assert [order.name for order in orders] == ["smtp", "smtp-2", "relay", "sendgrid"]
    assert orders[3].smtp_port == 2525
    assert orders[3].words["smtp"] == {}


@pytest.mark.parametrize(
    ("argument", "told"),
    [
        ("smpt", "there is no fake 'smpt', did you mean smtp? (choose from smtp, mailgun,"),
        ("smtp:securty=tls", "smtp: securty: there is no such key, did you mean security?"),
        ("smtp:security=startls", "security: there is no 'startls', did you mean starttls?"),
        ("smtp:security=off", "smtp: security: off could be a boolean"),
        ("smtp:tls", "smtp: 'tls': words are written word=value"),
        ("smtp:username=1", "smtp: username: a text is due: put 1 in quotes"),
        ("smtp:port=25,port=26", "smtp: port: this word stands here twice"),
        ("smtp:auth=1,auth.required=true", "auth.required: auth has a value already"),
        ("smtp:port=70000", "smtp: port: at most 65535 is due"),
        ("smtp:name=Relay", "smtp: name: 'Relay' is no name"),
        ("smtp:faults=[{at: rcp, do: close}]", "'rcp' is no moment of a session"),
        ("smtp:a=[1", "smtp: a: no YAML"),
        ("smtp:username=a", "smtp: username and password go together"),
        ("sendgrid:account.domians=[]", "account.domians: there is no such key, did you mean dom"),
        ("sendgrid:smtp.secrity=tls", "smtp.secrity: there is no such key, did you mean security"),
        ("sendgrid:webhook.url=foo", "webhook.url: a URL as http://127.0.0.1:8000/hook is due"),
        ("sendgrid:credentials.key=x", "there is no credential 'key', did you mean api_key?"),
        ("ses:credentials.access_key_id=x", "secret_access_key belongs to it, too"),
        ("ses:region=eu-west-9", "Amazon SES has no region 'eu-west-9', did you mean eu-west-"),
    ],
)
def test_a_mistake_is_named_with_the_nearest_and_the_choices(argument: str, told: str) -> None:
    with pytest.raises(UsageError) as refused:
        read_arguments([argument])
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "arguments", [["smtp:name=a", "smtp:name=a"], ["sendgrid", "smtp:name=sendgrid-smtp"]]
)
def test_no_two_fakes_have_one_name(arguments: list[str]) -> None:
    with pytest.raises(UsageError, match="two fakes cannot both be called"):
        read_arguments(arguments)


def test_domains_are_for_accounts_that_name_none() -> None:
    given = read_arguments(["smtp", "sendgrid", "mailgun:account.domains=[{name: own.test}]"])
    smtp, sendgrid, mailgun = (with_domains(order, ["example.com"]) for order in given)
    assert smtp.words == {}
    assert sendgrid.words["account"]["domains"] == [{"name": "example.com"}]
    assert mailgun.words["account"]["domains"] == [{"name": "own.test"}]


def test_a_file_says_the_same(config: Callable[[str], Path]) -> None:
    file, orders = read_file(
        config(
            "control: {port: 8025, token: 0123456789abcdef}\n"
            "domains: [example.org]\n"
            "fakes:\n"
            "  - fake: smtp\n"
            "    security: tls\n"
            "  - fake: sendgrid\n"
            "    port: 8443\n"
            "    smtp: {port: 2525}\n"
        )
    )
    assert (file.control.port, file.domains) == (8025, ("example.org",))
    assert [order.name for order in orders] == ["smtp", "sendgrid"]
    assert orders[0].words == {"security": "tls"}
    assert (orders[1].port, orders[1].smtp_port) == (8443, 2525)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("fakes: []\n", ":1: fakes:"),
        ("fake: [smtp]\n", "fake: there is no such key, did you mean fakes?"),
        ("- smtp\n", ":1: file: a mapping is due"),
        ("fakes:\n  - fake: smpt\n", ":2: fakes.0.fake: there is no fake 'smpt', did you mean"),
        ("fakes:\n  - port: 1\n", ":2: fakes.0.fake: this is missing; choose from smtp"),
        ("fakes:\n  - fake: smtp\n    securty: tls\n", ":3: fakes.0.securty: there is no such"),
        ("fakes:\n  - fake: smtp\n    security: off\n", ":3: fakes.0.security: off could be"),
        ("control: {token: short}\nfakes: [{fake: smtp}]\n", ":1: control.token: at least 16"),
        ("fakes: [{fake: smtp, name: a}, {fake: smtp, name: a}]\n", "both be called a"),
    ],
)
def test_a_mistake_in_a_file_has_its_line(
    text: str, told: str, config: Callable[[str], Path]
) -> None:
    with pytest.raises(ScenarioError) as refused:
        read_file(config(text))
    assert told in str(refused.value)


@pytest.mark.parametrize(
    ("kind", "words", "told"),
    [
        ("smtp", {"port": 1}, "port: holds as long as the fake runs"),
        ("sendgrid", {"smtp": {}}, "smtp: holds as long as the fake runs"),
        ("smtp", {"certificate": "expird"}, "there is no 'expird', did you mean expired?"),
        (SUBMISSION, {"secure": True}, "secure: there is no such key"),
        ("mailgun", {"account": {"suspended": 1}}, "account.suspended: true or false is due"),
    ],
)
def test_a_change_is_checked_in_the_same_words(kind: str, words: dict, told: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(UsageError) as refused:
        check_change(kind, words)
    assert told in str(refused.value)
