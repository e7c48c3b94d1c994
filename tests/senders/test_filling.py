from __future__ import annotations

from typing import Any

import pytest

from harness.errors import UsageError
from harness.protocol import SendRequest
from harness.senders.filling import (
    check,
    filled,
    filled_text,
    filled_url,
    names_in,
    of_request,
)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("{port}", 25),
        ("{verify}", True),
        ("{username}", None),
        ("user {username}!", "user !"),
        ("{verify} {timeout}", "true 0.5"),
        ("{{port}}", "{port}"),
        (
            {"{host}": ["{port}", {"deep": "x{host}"}, 7, None]},
            {"h": [25, {"deep": "xh"}, 7, None]},
        ),
    ],
)
def test_a_placeholder_alone_is_its_value_and_within_a_text_its_words(
    written: Any, expected: Any
) -> None:
    values = {
        "host": "h", "port": 25, "verify": True, "username": None, "timeout": 0.5, "text": 'a"b'
    }  # fmt: skip
    assert filled(written, values) == expected


def test_values_are_escaped_in_a_url_and_those_of_the_environment_are_not() -> None:
    url = filled_url(
        "{$ADMIN}/m/{to}?x={text}", {"$ADMIN": "http://h:1/a", "to": "a/b@c", "text": ""}
    )
    assert url == "http://h:1/a/m/a%2Fb%40c?x="


def test_a_value_with_braces_is_not_filled_again() -> None:
    assert filled_text("{text}", {"text": "{host}", "host": "h"}) == "{host}"


@pytest.mark.parametrize("written", ["{", "a}", "{a b}", {"{": 1}, ["{}"], "{A}", "{port:}"])
def test_braces_that_hold_no_placeholder_are_refused(written: Any) -> None:
    with pytest.raises(ValueError, match=r"brace|placeholder"):
        check(written)


def test_a_placeholder_without_a_value_is_named() -> None:
    with pytest.raises(UsageError, match=r"\{flow\} has no value"):
        filled_text("{flow}", {})
    with pytest.raises(UsageError, match="no ADMIN, which"):
        filled_text("{$ADMIN}", {})


def test_the_placeholders_of_a_file_are_found_however_deep() -> None:
    assert names_in({"a": ["{x} {y}", {"{z}": 1}], "b": "{{no}}"}) == {"x", "y", "z"}


def test_a_request_gives_its_values(request_to_send: SendRequest) -> None:
    values = of_request(request_to_send.model_dump(mode="json", by_alias=True))
    assert values["uri"] == "smtp://u%40x:p%20w@localhost:2525/"
    assert (values["port"], values["security"], values["verify"]) == (2525, "starttls", True)
    assert (values["from"], values["from_name"]) == ("a@example.com", "")
    assert values["to"] == "b@example.net"
    assert of_request({"action": "test-send", "to": "x@y.test"})["to"] == "x@y.test"
    settings = of_request({"action": "configure", "from": {"name": "N", "address": "n@x.test"}})
    assert (settings["from"], settings["from_name"]) == ("n@x.test", "N")
    assert settings["enabled"] is True
