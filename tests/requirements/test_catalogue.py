"""The data of the two catalogues, and looking rows up in them."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.fakes.tls import CertificateKind, ExpectedReaction
from harness.model import Level
from harness.requirements import (
    Catalogue,
    Expectation,
    ExpectationByMode,
    Kind,
    Requirement,
    Row,
    Severity,
    Situation,
    SourceDocument,
    State,
    bundled,
    catalogue,
    load_catalogue,
)

FAMILIES = {
    "MODE": 12,
    "CERT": 36,
    "TLS": 16,
    "STLS": 24,
    "AUTH": 37,
    "NET": 25,
    "REPLY": 25,
    "EXT": 20,
    "CONN": 17,
    "WIRE": 36,
    "DLV": 20,
    "API": 16,
    "CFG": 14,
    "SPAM": 14,
}

UNTESTABLE = {"AUTH0-011", "AUTH0-085", "ORY-004", "ORY-007", "ORY-054"}
# What waits for DNS, or for whoever receives the mail.
WAITING = {"ORY-051", "ORY-052", "ORY-053"}

# What scenarios judge is all the rest.
CHECKED = {
    *(f"AUTH0-{n:03}" for n in range(1, 86)),
    *(f"ORY-{n:03}" for n in range(1, 55)),
} - (UNTESTABLE | WAITING)

CERTIFICATE_KINDS = [f"CERT-{n:02}" for n in range(1, 23)]


@pytest.fixture(scope="module")
def rows() -> Catalogue:
    return load_catalogue()


def texts(row: Row) -> Iterator[tuple[str, str]]:
    """Every field of a row that holds words for people."""
    for field in dataclasses.fields(row):
        value = getattr(row, field.name)
        if type(value) is not str and value is not None and not isinstance(value, str | bool):
            assert isinstance(value, ExpectationByMode | SourceDocument), f"{row.id}: {field.name}"
        elif type(value) is str:
            yield field.name, value


def named_ids(text: str) -> Iterator[str]:
    """The row ids in a text, with `AUTH0-020, -021 and -023` written out."""
    for match in re.finditer(r"\b([A-Z]+0?)-(\d{2,3})\b((?:(?:,| and) -\d{3})*)", text):
        prefix, number, more = match.groups()
        if prefix in FAMILIES or prefix in {"AUTH0", "ORY"}:
            yield f"{prefix}-{number}"
            yield from (f"{prefix}-{n}" for n in re.findall(r"-(\d{3})", more))


def test_the_two_documents_have_85_and_54_statements(rows: Catalogue) -> None:
    count = Counter(row.document.prefix for row in rows.requirements)
    assert count == {"AUTH0": 85, "ORY": 54}


def test_a_bundled_document_is_a_file_and_says_where_and_when_it_was_read(rows: Catalogue) -> None:
    folder = Path(catalogue.__file__).parent
    assert [document.prefix for document in rows.documents] == ["AUTH0", "ORY"]
    assert {f"{document.prefix.lower()}.yaml" for document in rows.documents} == {
        file.name for file in folder.glob("*.yaml")
    }
    for document in rows.documents:
        assert document.title
        assert document.address.startswith("https://")
        assert document.date.startswith("20")


def test_there_are_312_situations_in_14_families(rows: Catalogue) -> None:
    assert len(rows.situations) == 312
    assert len(rows.families) == 14
    assert Counter(row.family for row in rows.situations) == FAMILIES


def test_families_come_in_the_order_of_their_source(rows: Catalogue) -> None:
    assert [family.key for family in rows.families] == list(FAMILIES)
    assert all(family.title for family in rows.families)


def test_requirement_ids_are_contiguous_and_in_order(rows: Catalogue) -> None:
    expected = [f"AUTH0-{n:03}" for n in range(1, 86)] + [f"ORY-{n:03}" for n in range(1, 55)]
    assert [row.id for row in rows.requirements] == expected


def test_situation_ids_are_contiguous_but_for_the_gap_behind_the_certificate_kinds(
    rows: Catalogue,
) -> None:
    numbers = {family: list(range(1, size + 1)) for family, size in FAMILIES.items()}
    numbers["CERT"] = [*range(1, 23), *range(30, 44)]
    expected = [f"{family}-{n:02}" for family in FAMILIES for n in numbers[family]]
    assert [row.id for row in rows.situations] == expected


def test_iteration_gives_requirements_and_then_situations(rows: Catalogue) -> None:
    assert list(rows) == [*rows.requirements, *rows.situations]
    assert len(rows) == 139 + 312


def test_a_requirement_belongs_to_the_document_that_its_id_names(rows: Catalogue) -> None:
    for row in rows.requirements:
        assert row.id.startswith(f"{row.document.prefix}-")


def test_levels_and_kinds_add_up_to_those_of_the_documents(rows: Catalogue) -> None:
    levels = Counter(row.level for row in rows.requirements)
    assert levels == {Level.MUST: 99, Level.SHOULD: 5, Level.MAY: 6, Level.INFO: 29}
    assert Counter(row.kind for row in rows.requirements) == {
        Kind.REQUIREMENT: 58,
        Kind.SETUP_STEP: 30,
        Kind.SECURITY_MODE: 8,
        Kind.TROUBLESHOOTING: 14,
        Kind.NOTE: 29,
    }


def test_severities_that_are_not_derived_add_up_to_those_of_the_source(rows: Catalogue) -> None:
    given = Counter(row.severity for row in rows.situations if not row.severity_derived)
    assert given == {Severity.C: 48, Severity.H: 94, Severity.M: 115, Severity.L: 33}


def test_the_level_of_a_situation_follows_its_severity(rows: Catalogue) -> None:
    levels = {"C": Level.MUST, "H": Level.MUST, "M": Level.SHOULD, "L": Level.MAY}
    for row in rows.situations:
        assert row.level is levels[row.severity.value], row.id


def test_checked_are_the_rows_that_scenarios_judge(rows: Catalogue) -> None:
    assert {row.id for row in rows.requirements if row.state is State.CHECKED} == CHECKED


def test_untestable_are_five_rows_and_each_says_why(rows: Catalogue) -> None:
    reasons = {row.id: row.reason for row in rows.requirements if row.state is State.UNTESTABLE}
    assert set(reasons) == UNTESTABLE
    assert all(reasons.values())


def test_what_is_not_checked_yet_waits_for_dns_or_a_receiving_side(rows: Catalogue) -> None:
    reasons = {row.id: row.reason for row in rows.requirements if row.state is State.NOT_YET}
    assert set(reasons) == WAITING
    assert all("receiving side" in (reason or "") for reason in reasons.values())


def test_no_row_that_is_checked_has_a_reason_why_not(rows: Catalogue) -> None:
    with_a_reason = {row.id for row in rows.requirements if row.reason is not None}
    assert with_a_reason == UNTESTABLE | WAITING


def test_every_text_is_one_tidy_line_of_words(rows: Catalogue) -> None:
    for row in rows:
        for name, text in texts(row):
            assert text, f"{row.id}: {name}"
            assert text == " ".join(text.split()), f"{row.id}: {name}"


def test_sentences_begin_like_sentences_and_end_with_a_full_stop(rows: Catalogue) -> None:
    for row in rows:
        for name, text in texts(row):
            if name in {"statement", "fake", "right", "note", "reason"}:
                assert not text[0].islower(), f"{row.id}: {name}"
                assert text.endswith((".", ".`", "?")), f"{row.id}: {name}"


def test_backticks_are_balanced(rows: Catalogue) -> None:
    for row in rows:
        for name, text in texts(row):
            assert text.count("`") % 2 == 0, f"{row.id}: {name}"


def test_every_row_that_a_text_names_exists(rows: Catalogue) -> None:
    for row in rows:
        for name, text in texts(row):
            for named in named_ids(text):
                assert named in rows, f"{row.id}: {name}"


def test_references_in_short_form_are_found() -> None:
    text = "AUTH0-020, -021 and -023, CERT-02 to CERT-19; not SHA-256, RFC-01"
    expected = ["AUTH0-020", "AUTH0-021", "AUTH0-023", "CERT-02", "CERT-19"]
    assert list(named_ids(text)) == expected


def test_titles_are_unique_within_a_family(rows: Catalogue) -> None:
    assert len({(row.family, row.title) for row in rows.situations}) == 312


def test_certificate_kinds_alone_have_outcomes_by_mode_and_derived_severities(
    rows: Catalogue,
) -> None:
    assert [row.id for row in rows.situations if row.modes] == CERTIFICATE_KINDS
    assert [row.id for row in rows.situations if row.severity_derived] == CERTIFICATE_KINDS


@pytest.mark.parametrize("row_id", CERTIFICATE_KINDS)
def test_the_severity_of_a_certificate_kind_follows_its_outcomes(
    rows: Catalogue, row_id: str
) -> None:
    row = rows.situation(row_id)
    assert row.modes is not None
    verified = {row.modes.verify, row.modes.named}
    if row_id in {"CERT-10", "CERT-15", "CERT-16"}:
        expected = Severity.M
    elif Expectation.REFUSE in verified:
        expected = Severity.C
    elif Expectation.POLICY in verified:
        expected = Severity.L
    else:
        expected = Severity.M
    assert row.severity is expected


@pytest.mark.parametrize("kind", CertificateKind)
def test_a_certificate_has_to_be_refused_where_the_catalogue_says_that_secrets_leak(
    rows: Catalogue, kind: CertificateKind
) -> None:
    severities = {rows.situation(row).severity for row in kind.facts.situations}
    assert (kind.facts.verified is ExpectedReaction.REFUSE) == (Severity.C in severities)


@pytest.mark.parametrize("row_id", CERTIFICATE_KINDS)
def test_no_certificate_kind_has_to_be_refused_where_verification_is_off(
    rows: Catalogue, row_id: str
) -> None:
    modes = rows.situation(row_id).modes
    assert modes is not None
    assert modes.skip is not Expectation.REFUSE


@pytest.mark.parametrize(
    ("row_id", "verify", "skip", "named"),
    [
        ("CERT-01", "accept", "accept", "by override"),
        ("CERT-02", "refuse", "accept", "refuse"),
        ("CERT-12", "accept", "accept", "by override"),
        ("CERT-15", "refuse", "either", "refuse"),
        ("CERT-17", "not asked", "not asked", "accept"),
        ("CERT-18", "not asked", "not asked", "refuse"),
        ("CERT-20", "policy", "accept", "policy"),
    ],
)
def test_the_outcomes_of_a_certificate_kind_are_those_of_the_source(
    rows: Catalogue, row_id: str, verify: str, skip: str, named: str
) -> None:
    assert rows.situation(row_id).modes == ExpectationByMode(
        verify=Expectation(verify), skip=Expectation(skip), named=Expectation(named)
    )


@pytest.mark.parametrize(
    ("row_id", "level", "kind", "state", "word"),
    [
        ("AUTH0-002", "SHOULD", "requirement", "checked", "production"),
        ("AUTH0-011", "INFO", "note", "untestable", "credentials"),
        ("AUTH0-021", "MUST", "requirement", "checked", "secret"),
        ("AUTH0-074", "MUST", "requirement", "checked", "LOGIN"),
        ("AUTH0-081", "SHOULD", "requirement", "checked", "25"),
        ("ORY-005", "MAY", "requirement", "checked", "URI"),
        ("ORY-011", "MUST", "security mode", "checked", "STARTTLS"),
        ("ORY-032", "MUST", "setup step", "checked", "Advanced Settings"),
        ("ORY-033", "INFO", "security mode", "checked", "Six"),
        ("ORY-041", "MUST", "security mode", "checked", "`server_name`"),
        ("ORY-048", "MUST", "troubleshooting", "checked", "login"),
        ("ORY-053", "SHOULD", "requirement", "not yet", "server of their own"),
    ],
)
def test_requirements_are_what_the_documents_say(
    rows: Catalogue, row_id: str, level: str, kind: str, state: str, word: str
) -> None:
    row = rows.requirement(row_id)
    assert (row.level, row.kind, row.state) == (Level(level), Kind(kind), State(state))
    assert word in row.statement


@pytest.mark.parametrize(
    ("row_id", "severity", "decides"),
    [
        ("MODE-02", "C", "RFC 8314 §5.2; RFC 3207 §6"),
        ("CERT-11", "C", "RFC 9525 §6"),
        ("CERT-22", "C", "RFC 5280 §4.2.1.6"),
        ("TLS-01", "M", "RFC 8996; RFC 9325 §3.1.1"),
        ("AUTH-03", "H", "draft-murchison-sasl-login; Auth0 page"),
        ("NET-02", "H", None),
        ("WIRE-36", "L", "RFC 3834 §5"),
        ("SPAM-14", "M", "Ory page, info box"),
    ],
)
def test_situations_have_the_severity_and_the_text_that_decides(
    rows: Catalogue, row_id: str, severity: str, decides: str | None
) -> None:
    row = rows.situation(row_id)
    assert (row.severity, row.decides) == (Severity(severity), decides)


def test_a_name_in_the_cn_alone_is_advice_and_both_readings_stand_beside_it(
    rows: Catalogue,
) -> None:
    row = rows.situation("CERT-10")
    assert row.level is Level.SHOULD
    assert row.decides is not None
    for reading in ("RFC 7817", "RFC 9525"):
        assert reading in row.decides
        assert reading in row.right


def test_an_empty_key_is_an_error_and_to_ask_nobody_is_advice(rows: Catalogue) -> None:
    note = rows.requirement("AUTH0-021").note
    assert note is not None
    assert "SHOULD" in note


def test_escapes_in_the_data_stay_escapes(rows: Catalogue) -> None:
    assert r"`Hi\r\nBcc: x@evil`" in rows.situation("WIRE-10").fake


def test_a_row_is_found_by_its_id_whatever_it_is(rows: Catalogue) -> None:
    assert isinstance(rows.row("ORY-035"), Requirement)
    assert isinstance(rows.row("STLS-01"), Situation)
    assert "ORY-035" in rows
    assert "ORY-999" not in rows


def test_the_level_of_any_row_can_be_asked(rows: Catalogue) -> None:
    assert rows.level("ORY-053") is Level.SHOULD
    assert rows.level("REPLY-24") is Level.MAY


@pytest.mark.parametrize(
    ("wrong", "right"), [("ORY-35", "ORY-035"), ("ory-035", "ORY-035"), ("STSL-01", "STLS-01")]
)
def test_an_unknown_id_is_a_usage_error_that_names_it_and_the_nearest(
    rows: Catalogue, wrong: str, right: str
) -> None:
    with pytest.raises(UsageError, match=f"'{wrong}'.*nearest.*{right}"):
        rows.row(wrong)


def test_an_id_like_no_other_is_answered_with_the_prefixes_that_there_are(
    rows: Catalogue,
) -> None:
    with pytest.raises(UsageError, match=r"'§'.*AUTH0-, ORY-, MODE-, CERT-"):
        rows.row("§")


def test_a_situation_is_not_taken_for_a_requirement_nor_the_reverse(rows: Catalogue) -> None:
    with pytest.raises(UsageError, match="CERT-02 is a situation"):
        rows.requirement("CERT-02")
    with pytest.raises(UsageError, match="ORY-035 is a requirement"):
        rows.situation("ORY-035")


def test_the_catalogue_is_read_once_and_cannot_be_changed(rows: Catalogue) -> None:
    assert load_catalogue() is rows
    with pytest.raises(TypeError):
        rows.rows["ORY-035"] = rows.rows["ORY-036"]  # type: ignore[index]  # what is tested
    with pytest.raises(dataclasses.FrozenInstanceError):
        rows.requirement("ORY-035").level = Level.INFO  # type: ignore[misc]  # what is tested


def test_an_id_that_is_there_twice_is_refused(rows: Catalogue) -> None:
    row = rows.row("ORY-035")
    with pytest.raises(ValueError, match="ORY-035 is there twice"):
        catalogue._index([row, dataclasses.replace(row)])


@pytest.mark.parametrize(
    ("change", "complaint"),
    [({"severty": "C"}, "severty"), ({"severity": "X"}, "'X'"), ({"title": None}, "title")],
)
def test_a_situation_that_cannot_be_built_names_its_file_and_id(
    change: dict[str, str | None], complaint: str
) -> None:
    right = {"id": "NET-01", "title": "A", "fake": "B.", "right": "C.", "severity": "M"}
    row = {key: value for key, value in {**right, **change}.items() if value is not None}
    with pytest.raises(ValueError, match=f"06-network.yaml: NET-01: .*{complaint}"):
        bundled._situation(row, "06-network.yaml", family="NET")
