"""The flat names of SES's Query API, read as lists and structures."""

from __future__ import annotations

import pytest

from harness.fakes.http.exchange import Request
from harness.fakes.providers.ses.parameters import Parameters, query_parameters


def _read(form: str, *, query: str = "") -> Parameters:
    target = f"/?{query}" if query else "/"
    return query_parameters(Request(method="POST", target=target, headers=(), body=form.encode()))


def test_a_list_is_in_the_order_of_its_numbers() -> None:
    given = _read("To.member.10=ten&To.member.2=two&To.member.1=one&To.member.x=no&To.member=no")

    assert given.members("To") == ("one", "two", "ten")


def test_a_structure_in_a_list_is_no_string_of_it() -> None:
    given = _read("Tags.member.2.Name=b&Tags.member.1.Name=a&Tags.member.1.Value=1")

    assert given.members("Tags") == ()
    assert [(each.get("Name"), each.get("Value")) for each in given.structures("Tags")] == [
        ("a", "1"),
        ("b", None),
    ]


def test_a_string_in_a_list_of_structures_is_an_empty_one() -> None:
    (only,) = _read("Tags.member.1=a").structures("Tags")

    assert not only
    assert only.get("") is None


def test_what_is_below_a_name_does_not_hold_what_only_begins_like_it() -> None:
    given = _read("Body.Text.Data=words&BodyText=no&Body=no")

    assert given.below("Body").get("Text.Data") == "words"
    assert given.below("Body").get("") is None
    assert not given.has_below("BodyText")
    assert not given.has_below("Bod")


@pytest.mark.parametrize(
    ("form", "is_bare"),
    [
        ("Destinations.1=a", True),
        ("Destinations.1.To=a", True),
        ("Destinations.member.1=a", False),
        ("Destinations=1", False),
        ("Destinations.1x=a", False),
    ],
)
def test_a_list_without_member_is_seen(form: str, is_bare: bool) -> None:
    assert _read(form).has_bare_list() is is_bare


def test_the_form_counts_before_the_query() -> None:
    given = _read("Action=SendEmail&Source=a%40b.test", query="Action=Other&Version=1")

    assert [given.get(name) for name in ("Action", "Version", "Source")] == [
        "SendEmail",
        "1",
        "a@b.test",
    ]
