"""One file, many cases."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.fakes.providers.registry import provider_names
from harness.scenario.case import Case

Cases = Callable[..., tuple[Case, ...]]
Refused = Callable[..., list[str]]


def asked(cases: tuple[Case, ...]) -> list[Case]:
    return [case for case in cases if not case.is_control]


def test_a_scenario_without_axes_is_one_case_with_its_id(cases: Cases) -> None:
    [case] = asked(cases())
    assert case.id == case.scenario == "folder/name"
    assert case.axes == {}


def test_an_id_has_its_axes_in_the_order_of_the_file(cases: Cases) -> None:
    made = asked(cases(axes="{b: [x, z], a: [1, true, null]}"))
    assert [case.id for case in made] == [
        "folder/name[b=x,a=1]",
        "folder/name[b=x,a=true]",
        "folder/name[b=x,a=null]",
        "folder/name[b=z,a=1]",
        "folder/name[b=z,a=true]",
        "folder/name[b=z,a=null]",
    ]
    assert made[1].axes == {"b": "x", "a": "true"}


def test_every_provider_is_a_list_of_those_that_there_are(cases: Cases) -> None:
    made = asked(cases(axes="{provider: every}"))
    assert tuple(case.axes["provider"] for case in made) == provider_names()


def test_only_providers_can_be_every_one(refused: Refused) -> None:
    said = "an axis is a list of values or a mapping from labels, and not empty"
    assert refused(axes="{mode: every}") == [f"2: axes.mode: {said}"]
    assert refused(axes="{provider: all}") == [f"2: axes.provider: {said}, or the word 'every'"]


def test_a_placeholder_in_words_becomes_the_label(cases: Cases) -> None:
    made = asked(cases(axes="{mode: [tls, starttls]}", title="Told {mode}, and {mode} it is"))
    assert [case.title for case in made] == [
        "Told tls, and tls it is",
        "Told starttls, and starttls it is",
    ]


def test_attributes_stand_behind_a_label(cases: Cases) -> None:
    made = asked(
        cases(
            axes="{kind: {old: {row: CERT-02, certificate: expired}, "
            "other: {row: CERT-06, certificate: wrong-host}}}",
            situations='["{kind.row}"]',
            smtp='{certificate: "{kind.certificate}"}',
        )
    )
    assert [case.situations for case in made] == [("CERT-02",), ("CERT-06",)]
    assert [str(case.given.smtp.certificate) for case in made] == ["expired", "wrong-host"]


def test_a_value_that_is_only_a_placeholder_keeps_its_type(cases: Cases) -> None:
    [case] = asked(
        cases(
            axes="{much: {all: {size: 7, on: true, lines: [A, B], auth: {required: false}}}}",
            smtp='{certificate: expired, size: "{much.size}", smtputf8: "{much.on}", '
            'ehlo: "{much.lines}", auth: "{much.auth}"}',
        )
    )
    smtp = case.given.smtp
    assert (smtp.size, smtp.smtputf8, smtp.ehlo, smtp.auth.required) == (7, True, ("A", "B"), False)


def test_values_of_a_list_keep_their_type(cases: Cases) -> None:
    made = asked(cases(axes="{size: [7, 8]}", smtp='{certificate: expired, size: "{size}"}'))
    assert [case.given.smtp.size for case in made] == [7, 8]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("{{mode}}", "{mode}"),
        ("a {{2}} b", "a {2} b"),
        ("a{2,3}", "a{2,3}"),
        ("{}", "{}"),
        ("a { b", "a { b"),
        ("}} {{", "} {"),
        ("{{{mode}}}", "{tls}"),
        ("{ mode }", "{ mode }"),
        ("{1}", "{1}"),
    ],
)
def test_braces(written: str, meant: str, cases: Cases) -> None:
    [case] = asked(cases(axes="{mode: [tls]}", title=f"Ten letters {written}"))
    assert case.title == f"Ten letters {meant}"


def test_exceptions_leave_combinations_out(cases: Cases) -> None:
    made = asked(cases(axes="{m: [a, b], n: [true, 2], except: [{m: a, n: true}, {m: b, n: 2}]}"))
    assert [case.id for case in made] == ["folder/name[m=a,n=2]", "folder/name[m=b,n=true]"]


def test_an_exception_may_name_a_part_of_a_combination(cases: Cases) -> None:
    made = asked(cases(axes="{m: [a, b], n: [1, 2], except: [{m: a}]}"))
    assert [case.id for case in made] == ["folder/name[m=b,n=1]", "folder/name[m=b,n=2]"]


LABEL = "is no label (letters, digits, . _ + -): use a mapping with labels"
PLAIN = "a label stands for a mapping; write a list for plain values"
LISTED = "an axis is a list of values or a mapping from labels, and not empty"


@pytest.mark.parametrize(
    ("axes", "told"),
    [
        ("{m: []}", f"axes.m: {LISTED}"),
        ("{m: {}}", f"axes.m: {LISTED}"),
        ("{m: a}", f"axes.m: {LISTED}"),
        ("{m: null}", f"axes.m: {LISTED}"),
        ("{m: [a, a]}", "axes.m: a value stands here twice"),
        ('{m: [1, "1"]}', "axes.m: a value stands here twice"),
        ("{m: {a: b}}", f"axes.m.a: {PLAIN}"),
        ("[]", "axes: axes are written as a mapping from names to values"),
        ("false", "axes: axes are written as a mapping from names to values"),
        ('{m: ["a/b"]}', f"axes.m: 'a/b' {LABEL}"),
        ('{m: ["a]"]}', f"axes.m: 'a]' {LABEL}"),
        ('{m: [".."]}', f"axes.m: '..' {LABEL}"),
        ('{"a b": [c]}', "axes.a b: 'a b' is no name of an axis (letters, digits, _ and -)"),
        ("{m: [a], except: {m: a}}", "axes.except: this is a list of combinations"),
        ("{m: [a], except: [a]}", "axes.except: this is a list of combinations"),
        ("{m: [a], except: [{m: b}]}", "axes.except.0: no axis 'm' has a value 'b'"),
        ("{m: [a], except: [{n: a}]}", "axes.except.0: no axis 'n' has a value 'a'"),
        ("{m: [a], except: [{m: a}]}", "axes: no combination is left"),
        ("{m: [off]}", "axes.m.0: off could be a boolean: write true or false, or quote it"),
    ],
)  # fmt: skip
def test_an_axis_that_makes_no_sense(axes: str, told: str, refused: Refused) -> None:
    assert refused(axes=axes) == [f"2: {told}"]


def test_too_many_combinations_are_not_counted_out(refused: Refused) -> None:
    axes = ", ".join(f"a{n}: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]" for n in range(12))
    assert refused(axes=f"{{{axes}}}") == ["2: axes: 1000000000000 combinations, and 10000 at most"]


@pytest.mark.parametrize(
    ("smtp", "told"),
    [
        ('{hostname: "{mood}"}', "no axis is called 'mood'; the axes: mode, kind"),
        ('{hostname: "x {mood.tls}"}', "no axis is called 'mood'; the axes: mode, kind"),
        ('{hostname: "{kind.name}"}', "kind=old has no 'name'; it has: row, class"),
        ('{hostname: "{mode.name}"}', "mode=tls has no 'name'; it has: none"),
    ],
)
def test_an_unknown_placeholder_is_told_with_those_that_there_are(
    smtp: str, told: str, refused: Refused, line_of: Callable[[str], int]
) -> None:
    axes = "{mode: [tls], kind: {old: {row: CERT-02, class: x}}}"
    assert refused(axes=axes, smtp=smtp) == [f"{line_of('smtp')}: given.smtp.hostname: {told}"]


def test_a_placeholder_without_axes_says_that_there_are_none(refused: Refused) -> None:
    assert refused(title="A title about {mode}") == [
        "1: title: no axis is called 'mode'; the axes: there are none"
    ]


def test_a_filled_in_value_is_checked_like_any_other(
    refused: Refused, line_of: Callable[[str], int]
) -> None:
    [told] = refused(axes="{size: [5, x]}", smtp='{size: "{size}"}')
    assert told == f"{line_of('smtp')}: given.smtp.size: a whole number is due"
