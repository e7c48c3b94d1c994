"""How a case fails, in a form that is the same each time, and what is not the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from harness.baseline import (
    Baseline,
    Expectations,
    ExpectedFailure,
    differences,
    normal_form,
    pinned,
    updated,
)
from harness.baseline_file import baseline_text, load_baseline
from harness.model import CaseResult, Finding, Level, Verdict
from harness.reports.document import case_document


def failed(observed: str = "status sent", **changes: object) -> CaseResult:
    finding = Finding(
        check="sender.status", met=False, level=Level.MUST, expected="failed", observed=observed
    )
    made = CaseResult(
        id="tls/certificate[mode=tls]",
        scenario="tls/certificate",
        title="",
        axes={"mode": "tls"},
        tags=(),
        requirements=("ORY-035",),
        situations=("CERT-02",),
        verdict=Verdict.FAIL,
        level=Level.MUST,
        reason=None,
        control=None,
        findings=(finding,),
        answer={"status": "failed", "error": {"phase": "tls", "class": "certificate-expired"}},
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # fields of it


def expecting(entry: ExpectedFailure) -> Expectations:
    return Expectations(source="b.yaml", entries={entry.case: entry}, lines={entry.case: 3})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("connected to localhost:40123", "connected to localhost:51999"),
        ("waited 2.01 s, asked again", "waited 1.97 s, asked again"),
        ("after 30 seconds", "after 31 seconds"),
        ("id <a1b2.7@host> told", "id <ff01.9@host> told"),
        ("id 0102018f-1a2b-3c4d-5e6f-0123456789ab", "id 9902018f-1a2b-3c4d-5e6f-abcdef456789"),
        ("user mailer-00a1b2c3d4@harness.test", "user mailer-77a1b2c3d4@harness.test"),
        ("Date 2026-11-30T12:00:00Z", "Date 2027-01-01T01:02:03.5+01:00"),
        ("read /tmp/harness-a8/ca.pem", "read /tmp/harness-z9/ca.pem"),
        ("250 queued as 4F2A9C01D", "250 queued as 77AA9C0FF"),
        ("took 0.123456", "took 0.7654321"),
    ],
)
def test_what_differs_from_run_to_run_is_in_no_normal_form(one: str, other: str) -> None:
    assert normal_form(one) == normal_form(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("reply code 550", "reply code 451"),
        ("requests: 2", "requests: 3"),
        ("phase tls", "phase auth"),
        ("enhanced code 5.7.1", "enhanced code 4.7.1"),
        ("TLSv1.2", "TLSv1.3"),
        ("to alice@example.com", "to bob@example.com"),
        ("class certificate-expired", "class certificate-untrusted"),
    ],
)
def test_what_tells_failures_apart_stays_in_the_normal_form(one: str, other: str) -> None:
    assert normal_form(one) != normal_form(other)


def test_hostile_octets_come_to_nothing_in_a_normal_form() -> None:
    assert normal_form("\x1b[2J ::error::x \u202e").isprintable()
    assert len(normal_form("word " * 1000)) < 300


def test_a_report_pins_what_its_run_pins() -> None:
    case = failed("port 40123, \ud800 and \x1b")
    assert pinned(case_document(case)) == pinned(case)


def test_a_failure_of_another_check_answer_or_level_is_another_failure() -> None:
    entry = pinned(failed())
    assert list(differences(entry, pinned(failed()))) == []
    other = replace(failed().findings[0], check="auth")
    for now, words in (
        (failed(findings=(*failed().findings, other)), "auth fails it as well: status sent"),
        (failed(findings=(other,)), "sender.status does not fail it any more"),
        (failed("status unsupported"), "sender.status was 'status sent' and is 'status unsup"),
        (failed(answer={"status": "sent"}), "it answered 'failed' and answers 'sent'"),
        (failed(answer=None), "it answered 'failed' and answers 'nothing'"),
        (failed(level=Level.SHOULD), "it failed at MUST and fails at SHOULD"),
    ):
        assert words in "; ".join(differences(entry, pinned(now)))


def test_of_two_phases_that_are_as_honest_neither_is_another_failure() -> None:
    reset = {"status": "failed", "error": {"phase": "connect", "class": "connection-reset"}}
    assert list(differences(pinned(failed()), pinned(failed(answer=reset)))) == []


def test_what_an_entry_leaves_out_is_not_compared() -> None:
    loose = ExpectedFailure(case="x", unmet={"sender.status": None})
    assert list(differences(loose, pinned(failed("something else", level=Level.SHOULD)))) == []
    assert list(differences(ExpectedFailure(case="x"), pinned(failed()))) == []


def test_a_case_in_error_says_nothing_of_its_entry() -> None:
    entry = pinned(failed())
    broken = failed(verdict=Verdict.ERROR, findings=())
    assert expecting(entry).held_against(broken) == broken
    before = Baseline(baseline=1, failures=(entry,))
    assert updated(before, [broken]) == before


def test_a_case_that_is_not_decided_any_more_departs_and_goes_at_the_next_update() -> None:
    entry = pinned(failed())
    now = failed(verdict=Verdict.UNSUPPORTED, findings=(), reason="no TLS")
    assert expecting(entry).held_against(now).departure == "it is unsupported now: no TLS"
    assert updated(Baseline(baseline=1, failures=(entry,)), [now]).failures == ()


def test_an_entry_that_somebody_loosened_and_that_holds_stays_as_it_is() -> None:
    loose = ExpectedFailure(case=failed().id, unmet={"sender.status": None}, reason="SHOP-1")
    (after,) = updated(Baseline(baseline=1, failures=(loose,)), [failed()]).failures
    assert after == loose.model_copy(update={"verifies": ("ORY-035", "CERT-02")})


_WORDS = st.text(max_size=40)


@given(st.lists(st.tuples(_WORDS.filter(bool), _WORDS, _WORDS, _WORDS), max_size=5))
def test_whatever_is_written_is_read_back(words: list[tuple[str, str, str, str]]) -> None:
    found = {
        normal_form(case) or "x": ExpectedFailure(
            case=normal_form(case) or "x",
            says=normal_form(says),
            reason=reason if reason.isprintable() else None,
            unmet={normal_form(seen): normal_form(seen)},
        )
        for case, says, seen, reason in words
    }
    baseline = Baseline(baseline=1, failures=tuple(found.values()))
    text = baseline_text(baseline)
    assert Baseline.model_validate(yaml.safe_load(text)) == baseline


def test_ambiguous_words_are_written_so_that_they_are_read_back(tmp_path: Path) -> None:
    odd = ("off", "0454", "5.70", "true", "null", "~", "[a", "a: b", "# c", "- d", "1", "")
    entries = tuple(
        ExpectedFailure(case=f"c{number}", says=word, unmet={word: word})
        for number, word in enumerate(odd)
    )
    path = tmp_path / "b.yaml"
    path.write_text(baseline_text(Baseline(baseline=1, failures=entries)), encoding="utf-8")
    assert load_baseline(path).failures == entries
