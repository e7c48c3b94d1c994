"""Documents of requirements that a project brings: what they add, and how mistakes are told."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from harness.errors import ScenarioError, UsageError
from harness.model import Level
from harness.requirements import (
    Kind,
    Requirement,
    SourceDocument,
    State,
    load_catalogue,
)
from harness.requirements.documents import document_schema

ACME = """\
prefix: ACME
title: ACME, How our shop sends mail
address: https://acme.example/handbook/mail
date: 2026-02-01
rows:
  - id: ACME-001
    statement: A receipt is sent from the shop's own domain.
    level: MUST
  - id: ACME-002
    section: Receipts
    statement: A receipt reaches its reader.
    level: INFO
    kind: note
    state: untestable
    reason: Nobody can watch readers.
    note: What the fake has taken is the nearest.
"""


@pytest.fixture
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file `acme.yaml` in the current folder."""
    monkeypatch.chdir(tmp_path)
    return written(ACME)


def written(text: str, name: str = "acme.yaml") -> Path:
    file = Path(name)
    file.write_text(text, encoding="utf-8")
    return file


def complaints(*documents: Path) -> list[str]:
    with pytest.raises(ScenarioError) as refused:
        load_catalogue(documents)
    return str(refused.value).splitlines()


def test_the_rows_of_a_document_stand_behind_the_bundled_ones(acme: Path) -> None:
    bundled, catalogue = load_catalogue(), load_catalogue([acme])
    assert catalogue.requirements[: len(bundled.requirements)] == bundled.requirements
    assert [row.id for row in catalogue.requirements[len(bundled.requirements) :]] == [
        "ACME-001",
        "ACME-002",
    ]
    assert catalogue.situations == bundled.situations
    assert "ACME-001" not in bundled


def test_a_row_has_what_its_file_says_and_plain_defaults(acme: Path) -> None:
    document = SourceDocument(
        prefix="ACME",
        title="ACME, How our shop sends mail",
        address="https://acme.example/handbook/mail",
        date="2026-02-01",
    )
    catalogue = load_catalogue([acme])
    assert catalogue.documents[-1] == document
    assert catalogue.requirement("ACME-001") == Requirement(
        id="ACME-001",
        document=document,
        statement="A receipt is sent from the shop's own domain.",
        level=Level.MUST,
        kind=Kind.REQUIREMENT,
        state=State.CHECKED,
    )
    second = catalogue.requirement("ACME-002")
    assert (second.section, second.state, second.kind) == ("Receipts", State.UNTESTABLE, Kind.NOTE)
    assert second.reason == "Nobody can watch readers."
    assert catalogue.level("ACME-002") is Level.INFO


def test_several_documents_can_be_read_and_one_that_is_named_twice_is_read_once(
    acme: Path,
) -> None:
    other = written(ACME.replace("ACME", "SHOP-EU"), "shop.yaml")
    catalogue = load_catalogue([acme, other, acme.resolve()])
    assert [document.prefix for document in catalogue.documents[-2:]] == ["ACME", "SHOP-EU"]
    assert "SHOP-EU-002" in catalogue


def test_a_document_that_has_changed_is_read_anew(acme: Path) -> None:
    assert load_catalogue([acme]).level("ACME-001") is Level.MUST
    written(ACME.replace("level: MUST", "level: MAY"))
    assert load_catalogue([acme]).level("ACME-001") is Level.MAY


MISTAKES = [
    ("level: MUST", "level: MSUT", ("8: rows.0.level: there is no 'MSUT'; choose from MUST, "
     "SHOULD, MAY, INFO; did you mean MUST?")),
    ("level: MUST", "level: must", ("8: rows.0.level: there is no 'must'; choose from MUST, "
     "SHOULD, MAY, INFO; did you mean MUST?")),
    ("level: MUST", "level: true", ("8: rows.0.level: there is no true; choose from MUST, "
     "SHOULD, MAY, INFO")),
    ("level: MUST", "level: [MUST]", ("8: rows.0.level: there is no ['MUST']; choose from MUST, "
     "SHOULD, MAY, INFO")),
    ("level: MUST", "levle: MUST", ("8: rows.0.levle: there is no such key; did you mean level?",
     "6: rows.0.level: this is missing")),
    ("kind: note", "kind: notes", ("13: rows.1.kind: there is no 'notes'; choose from requirement, "
     "setup step, security mode, troubleshooting, note; did you mean note?")),
    ("state: untestable", "state: untested", ("14: rows.1.state: there is no 'untested'; choose "
     "from checked, not yet, untestable; did you mean untestable?")),
    ("state: untestable", "state: checked", ("15: rows.1.reason: only a row that nothing "
     "checks has a reason for that")),
    ("    reason: Nobody can watch readers.\n", "", ("9: rows.1.reason: an untestable row has "
     "to say why")),
    ("id: ACME-002", "id: ACME-001", "9: rows.1.id: ACME-001 is there twice"),
    ("id: ACME-002", "id: ORY-002", ("9: rows.1.id: ORY belongs to Ory, Email delivery "
     "configuration; ids in this document are ACME-002 and the like")),
    ("id: ACME-002", "id: CERT-02", ("9: rows.1.id: CERT belongs to the situations: Certificates; "
     "ids in this document are ACME-02 and the like")),
    ("id: ACME-002", "id: acme-2", ("9: rows.1.id: 'acme-2' is not one; ids in this document are "
     "ACME-2 and the like")),
    ("id: ACME-002", "id: ACME-two", ("9: rows.1.id: 'ACME-two' is not one; ids in this document "
     "are ACME-001 and the like")),
    ("id: ACME-002", "id: 2", "9: rows.1.id: a text is due: put 2 in quotes"),
    ("title: ACME, How our shop sends mail\n", "", "1: title: this is missing"),
    ("title: ACME, How our shop sends mail", "title: ' '", "2: title: there is nothing in it"),
    ("title:", "titel:", ("2: titel: there is no such key; did you mean title?",
     "1: title: this is missing")),
    ("title: ACME, How our shop sends mail", "title: no", ("2: title: no could be a boolean: write "
     "true or false, or quote it")),
    ("prefix: ACME", "prefix: acme", ("1: prefix: 'acme' is no prefix: capital letters and digits, "
     "such as ACME")),
    ("prefix: ACME", "prefix: AUTH0", (
        "1: prefix: AUTH0 belongs to Auth0, Use Your Own SMTP Email Provider; choose another",
        "6: rows.0.id: 'ACME-001' is not one; ids in this document are AUTH0-001 and the like",
        "9: rows.1.id: 'ACME-002' is not one; ids in this document are AUTH0-002 and the like")),
    ("https://", "", ("3: address: 'acme.example/handbook/mail' is no web address: it begins with "
     "https://")),
    ("date: 2026-02-01", "date: 2026", "4: date: a text is due: put 2026 in quotes"),
    ("date: 2026-02-01", "date: 1.2.2026", ("4: date: '1.2.2026' is no date: write 2026-02-01, or "
     "2026-02, or '2026'")),
    ("    level: MUST", "\tlevel: MUST", ("8: file: no YAML: found a tab character that violates "
     "indentation (there is a tab in this line; YAML is indented with blanks)")),
    (ACME, "- 1\n", "1: file: a document is a mapping"),
    (ACME[ACME.index("rows"):], "rows: []\n", "5: rows: a document has one row at least"),
    (ACME[ACME.index("rows"):], "rows: {}\n", "5: rows: a list is due"),
    (ACME[ACME.index("rows"):], "rows: [x]\n", "5: rows.0: a mapping is due"),
]  # fmt: skip


@pytest.mark.parametrize(("right", "wrong", "told"), MISTAKES)
def test_a_mistake_is_told_with_file_line_path_and_the_nearest_right_word(
    right: str, wrong: str, told: str | tuple[str, ...], acme: Path
) -> None:
    assert ACME.count(right) == 1 or right == "https://"
    written(ACME.replace(right, wrong, 1))
    expected = [told] if isinstance(told, str) else told
    assert complaints(acme) == [f"acme.yaml:{line}" for line in expected]


@pytest.mark.parametrize("date", ["2026-02-01", "2026-02", '"2026"'])
def test_a_date_may_be_a_day_a_month_or_a_year(date: str, acme: Path) -> None:
    written(ACME.replace("2026-02-01", date))
    assert load_catalogue([acme]).documents[-1].date == date.strip('"')


def test_a_document_that_is_not_there_is_told(acme: Path) -> None:
    del acme
    assert complaints(Path("none.yaml")) == ["none.yaml:1: file: No such file or directory"]


def test_two_documents_with_one_prefix_are_told_and_so_is_every_broken_one(acme: Path) -> None:
    second = written(ACME.replace("ACME, How", "ACME, Again how"), "second.yaml")
    third = written("x: 1\n", "third.yaml")
    told = complaints(acme, second, third)
    assert told[0] == (
        "second.yaml:1: prefix: ACME belongs to ACME, How our shop sends mail; choose another"
    )
    assert "third.yaml:1: x: there is no such key" in told


def test_an_unknown_row_is_told_with_the_nearest_and_the_way_to_bring_ones_own(acme: Path) -> None:
    with pytest.raises(UsageError, match=r"'ACME-001'; .*--document FILE"):
        load_catalogue().row("ACME-001")
    with pytest.raises(UsageError, match="'ACME-01'; the nearest are ACME-001") as refused:
        load_catalogue([acme]).row("ACME-01")
    assert "--document" not in str(refused.value)
    with pytest.raises(UsageError, match="ids begin with AUTH0-, ORY-, ACME-, MODE-"):
        load_catalogue([acme]).row("§")


def validates(document: Any) -> bool:
    schema = document_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return not list(jsonschema.Draft202012Validator(schema).iter_errors(document))


def test_the_schema_takes_what_is_taken_and_describes_every_key() -> None:
    document = {**yaml.safe_load(ACME), "date": "2026-02-01"}
    assert validates(document)
    assert not validates({**document, "titel": "x"})
    assert not validates({**document, "rows": [{**document["rows"][0], "level": "MSUT"}]})
    schema = document_schema()
    described = [schema["properties"], schema["$defs"]["RequirementRow"]["properties"]]
    assert all(key["description"] for keys in described for key in keys.values())


def test_the_bundled_documents_are_of_the_same_schema() -> None:
    import harness.requirements  # noqa: PLC0415  # for its place alone

    files = sorted(Path(harness.requirements.__file__).parent.glob("*.yaml"))
    assert len(files) == len(load_catalogue().documents)
    for file in files:
        data = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
        assert validates(data), file.name


def test_every_key_is_in_the_documentation() -> None:
    page = Path(__file__).parent.parent.parent / "docs/requirements.md"
    documented = re.findall(r"^\| `(\w+)` \|", page.read_text(encoding="utf-8"), re.MULTILINE)
    schema = document_schema()
    row = schema["$defs"]["RequirementRow"]["properties"]
    assert sorted(documented) == sorted([*schema["properties"], *row])
