"""Which failed cases are one cause: what a team can mend one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from harness.model import CaseResult, Finding, Level
from harness.reports.causes import Cause, causes

from .conftest import make_case, make_failure, make_finding

MakeCase = Callable[..., CaseResult]

CERTIFICATES = ("expired", "cn-only", "rsa-1024", "wrong-host")


def auth(**changes: object) -> Finding:
    values = {"check": "auth", "expected": "AUTH commands: none", "observed": "AUTH commands: 1"}
    return make_finding(**{"rows": (), **values, **changes})


def met(**changes: object) -> Finding:
    return auth(met=True, observed="AUTH commands: none", **changes)


def certificate(kind: str, *findings: Finding, mode: str = "tls") -> CaseResult:
    name = f"tls/certificate[mode={mode},certificate={kind}]"
    make = make_failure if any(not finding.met for finding in findings) else make_case
    return make(name, findings=findings, situations=(f"CERT-{kind}",))


def ids(found: Iterable[Cause]) -> list[list[str]]:
    return [sorted(case.id for case in cause.cases) for cause in found]


def kinds(found: Iterable[Cause]) -> list[set[str]]:
    return [{case.axes["certificate"] for case in cause.cases} for cause in found]


def test_two_kinds_of_certificate_are_two_causes_where_others_are_refused() -> None:
    wrong = {"cn-only", "rsa-1024"}
    cases = [
        certificate(kind, auth() if kind in wrong else met(), mode=mode)
        for kind in CERTIFICATES
        for mode in ("tls", "starttls")
    ]
    found = causes(cases)
    assert kinds(found) == [{"cn-only"}, {"rsa-1024"}]
    assert [cause.where for cause in found] == [
        "always where certificate=cn-only",
        "always where certificate=rsa-1024",
    ]


def test_a_sender_that_takes_any_certificate_has_one_cause() -> None:
    found = causes([certificate(kind, auth()) for kind in CERTIFICATES])
    assert kinds(found) == [set(CERTIFICATES)]
    assert found[0].where == "in every case of tls/certificate that asks it"


def test_the_case_that_is_shown_is_of_the_scenario_that_most_of_the_cause_is() -> None:
    words = make_failure("auth0/criterion[certificate=expired]", findings=(auth(),))
    found = causes([words, *(certificate(kind, auth()) for kind in CERTIFICATES)])
    assert [cause.first.scenario for cause in found] == ["tls/certificate"]


def test_mending_a_cause_makes_exactly_that_group_disappear() -> None:
    def run(*wrong: str) -> list[CaseResult]:
        return [certificate(kind, auth() if kind in wrong else met()) for kind in CERTIFICATES]

    both = ids(causes(run("cn-only", "expired")))
    assert ids(causes(run("expired"))) == [group for group in both if "cn-only" not in group[0]]


def test_what_follows_from_a_deed_is_no_cause_of_its_own() -> None:
    mail = make_finding(check="mail", expected="MAIL commands: none", observed="MAIL commands: 1")
    sent = make_finding(check="sender.status", expected="status failed", observed="status sent")
    cases = [
        certificate("cn-only", auth(), mail, sent),
        certificate("cn-only", auth(), sent, mode="starttls"),
        certificate("expired", met()),
    ]
    found = causes(cases)
    assert len(found) == 1
    assert {finding.check for finding in found[0].findings} >= {"auth", "sender.status"}


def test_a_secret_that_is_said_is_one_cause_and_hides_no_other() -> None:
    said = make_finding(
        check="discretion", expected="no secret", observed="it says the password", leak=True
    )
    kept = make_finding(check="discretion", expected="no secret", observed="none", met=True)
    cases = [
        make_failure(f"{folder}/s{number}", findings=(said,), situations=(f"S-{folder}{number}",))
        for folder in ("a", "b", "c")
        for number in range(2)
    ]
    cases += [make_case(f"{folder}/t", findings=(kept,)) for folder in ("a", "b", "c")]
    cases.append(certificate("expired", said, auth()))
    found = causes(cases)
    assert [(cause.finding and cause.finding.check, len(cause.cases)) for cause in found] == [
        ("discretion", 7),
        ("auth", 1),
    ]
    assert found[0].where == "in 7 scenarios"
    assert [finding.check for finding in found[0].findings] == ["discretion"]


def test_a_case_with_two_things_wrong_is_in_both_causes() -> None:
    lie = make_finding(check="honesty", expected="the truth", observed="a lie")
    truth = make_finding(check="honesty", expected="the truth", observed="the truth", met=True)
    cases = [
        certificate("cn-only", auth(), lie),
        certificate("cn-only", auth(), truth, mode="starttls"),
        certificate("expired", met(), lie),
        certificate("wrong-host", met(), truth),
        certificate("wrong-host", met(), truth, mode="starttls"),
    ]
    found = {each.finding and each.finding.check: each.cases for each in causes(cases)}
    assert {check: [case.axes["mode"] for case in its] for check, its in found.items()} == {
        "auth": ["starttls", "tls"],
        "honesty": ["tls", "tls"],
    }


def test_a_deed_that_a_row_names_is_one_cause_over_scenarios() -> None:
    says = {"check": "sender.error.says", "observed": "it says: no", "rows": ("NET-20",)}
    cases = [
        make_failure(
            f"{scenario}[code={code}]",
            scenario=scenario,
            situations=("NET-20",),
            findings=(make_finding(expected=f"words that match /{scenario}/", **says),),
        )
        for scenario in ("auth0/words", "network/last-words")
        for code in (421, 554)
    ]
    passed = make_case(
        "auth/words", findings=(make_finding(**{**says, "met": True, "rows": ("AUTH-14",)}),)
    )
    found = causes([*cases, passed])
    assert [len(cause.cases) for cause in found] == [4]
    assert "NET-20" in found[0].where


def test_each_provider_is_a_cause_of_its_own_where_another_is_right() -> None:
    def api(provider: str, finding: Finding, version: int) -> CaseResult:
        name = f"api/any/refused[provider={provider},version={version}]"
        make = make_case if finding.met else make_failure
        return make(name, findings=(finding,))

    cases = [
        api(provider, finding, version)
        for provider, finding in (("ses", auth()), ("mailgun", auth()), ("sendgrid", met()))
        for version in (1, 2)
    ]
    assert [{case.axes["provider"] for case in cause.cases} for cause in causes(cases)] == [
        {"mailgun"},
        {"ses"},
    ]


def test_ports_names_and_figures_make_no_other_deed() -> None:
    seen = ["AUTH commands: 1", "AUTH commands: 12", "to localhost:40123 by 'x'", "by a@b.test"]
    cases = [
        certificate("cn-only", auth(observed=text), mode=f"m{number}")
        for number, text in enumerate(seen)
    ]
    assert [len(cause.cases) for cause in causes(cases)] == [4]


def test_another_fault_of_the_message_is_another_cause() -> None:
    def message(observed: str, name: str) -> CaseResult:
        finding = make_finding(check="message", expected="as asked for", observed=observed)
        return make_failure(name, scenario=name, situations=(), findings=(finding,))

    found = causes([message("another text", "a/a"), message("From someone else", "a/b")])
    assert len(found) == 2


def test_causes_go_from_musts_to_shoulds_and_leaks_come_first() -> None:
    def failing(name: str, **changes: object) -> CaseResult:
        finding = make_finding(check=name, **changes)
        return make_failure(name, findings=(finding,), level=finding.level)

    should = failing("s", level=Level.SHOULD)
    must, leak = failing("m"), failing("l", leak=True)
    nothing = make_failure("n", findings=())
    assert [cause.first.id for cause in causes([nothing, should, must, leak])] == list("lmsn")


def test_the_case_that_shows_a_cause_is_the_one_with_nothing_else_wrong() -> None:
    lie = make_finding(check="honesty", expected="the truth", observed="a lie")
    truth = make_finding(check="honesty", expected="the truth", observed="it is true", met=True)
    cases = [
        certificate("cn-only", auth(), lie, mode="a"),
        certificate("cn-only", auth(), truth, mode="b"),
        certificate("cn-only", auth(), truth, mode="c"),
        certificate("expired", met()),
    ]
    shown = {
        cause.finding and cause.finding.check: cause.first.axes["mode"] for cause in causes(cases)
    }
    assert shown == {"auth": "b", "honesty": "a"}


def test_order_of_the_cases_does_not_matter() -> None:
    cases = [certificate(kind, auth() if "o" in kind else met()) for kind in CERTIFICATES]
    there = {frozenset(group) for group in map(tuple, ids(causes(cases)))}
    back = {frozenset(group) for group in map(tuple, ids(causes(reversed(cases))))}
    assert there == back


def test_no_failure_has_no_cause() -> None:
    assert causes([]) == ()
    assert causes([make_case()]) == ()
