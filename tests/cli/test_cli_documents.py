"""`--document FILE` on the command line: requirements of a project's own, from file to report."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from .conftest import SCENARIO, Harness

DOCUMENT = """\
prefix: ACME
title: ACME, How our shop sends mail
address: https://acme.example/handbook/mail
date: 2026-02-01
rows:
  - {id: ACME-001, section: Receipts, statement: A receipt is sent once., level: MUST}
  - {id: ACME-002, statement: A receipt is friendly., level: SHOULD}
"""
OWN = ("--document", "acme.yaml")
NEVER = "python:own_senders:never"


@pytest.fixture
def acme(harness: Harness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Harness:
    """`harness` beside a document of its own, a scenario that verifies it, and a wrong sender."""
    (tmp_path / "acme.yaml").write_text(DOCUMENT, encoding="utf-8")
    verifying = SCENARIO.replace("ORY-035", "ACME-001")
    (tmp_path / "mine/receipt.yaml").write_text(verifying, encoding="utf-8")
    wrong = "def never(request):\n    return {'status': 'failed'}\n"
    (tmp_path / "own_senders.py").write_text(wrong, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    return harness


def test_a_scenario_verifies_the_row_of_a_document(acme: Harness) -> None:
    assert acme("validate", "mine", *OWN).status == 0
    assert "receipt  (ACME-001)" in acme("list", "mine", *OWN).out
    assert "  ACME-001  A receipt is sent once.\n" in acme("show", "receipt", "mine", *OWN).out


@pytest.mark.parametrize("verb", ["run", "list", "validate", "requirements"])
def test_without_the_document_its_row_is_unknown_and_the_option_is_named(
    verb: str, acme: Harness
) -> None:
    ended = acme(verb, "mine")
    assert ended.status == 2
    told = ended.out + ended.err
    assert "mine/receipt.yaml:2: verifies: no requirement or situation has the id " in told
    assert "a document of your own is read with --document FILE" in told


@pytest.mark.parametrize(
    "selection", [("--requirement", "ACME-001"), ("--select", "receipt"), ("-k", "receipt")]
)
def test_its_rows_select_cases(selection: tuple[str, ...], acme: Harness) -> None:
    assert acme("list", "mine", *OWN, *selection, "--ids").out == "receipt\n"
    assert acme("list", "mine", *OWN, "--level", "must", "--ids").out == "one\nreceipt\n"


def test_a_requirement_that_nothing_has_is_refused_with_the_nearest(acme: Harness) -> None:
    ended = acme("run", "mine", *OWN, "--requirement", "ACME-01")
    assert (ended.status, ended.out) == (2, "")
    assert "the nearest are ACME-001" in ended.err


def test_requirements_lists_its_rows_with_what_the_scenarios_at_hand_check(acme: Harness) -> None:
    lines = acme("requirements", "mine", *OWN).out.splitlines()
    assert [line for line in lines if line.startswith("ACME")] == [
        "ACME-001   MUST   checked    A receipt is sent once.",
        "ACME-002   SHOULD not yet    A receipt is friendly.",
    ]
    assert any(line.startswith("141 requirements: 2 checked, ") for line in lines)
    bundled = acme("requirements", *OWN).out
    assert "ACME-001   MUST   not yet " in bundled
    assert "AUTH0-003  MUST   checked " in bundled


def test_explain_tells_of_its_row_and_where_it_is_written(acme: Harness) -> None:
    assert acme("explain", "acme-001", "mine", *OWN).out == (
        "ACME-001  MUST  requirement\n"
        "  document    ACME, How our shop sends mail (https://acme.example/handbook/mail, "
        "2026-02-01);\n"
        "              section: Receipts\n"
        "  says        A receipt is sent once.\n"
        "  state       checked\n"
        "  scenarios   receipt\n"
    )
    other = acme("explain", "ACME-002", "mine", *OWN).out
    assert "  state       not yet\n  scenarios   none checks it yet\n" in other


def _in_json(text: str) -> str:
    rows = {row["id"]: row["verdict"] for row in json.loads(text)["requirements"]}
    assert rows["ACME-002"] == "not run"
    return str(rows["ACME-001"])


def _in_junit(text: str) -> str:
    root = ET.fromstring(text)  # our own
    [failed] = [
        case.find("failure") is not None
        for case in root.iter("testcase")
        if "ACME-001" in ET.tostring(case, "unicode")
    ]
    return "fail" if failed else "pass"


def _in_markdown(text: str) -> str:
    assert "ACME-001" in text
    return "fail" if "A receipt is sent once." in text else "pass"


@pytest.mark.parametrize(
    ("form", "verdict_in"), [("json", _in_json), ("junit", _in_junit), ("markdown", _in_markdown)]
)
def test_a_report_tells_the_verdict_of_its_row(
    form: str, verdict_in: Callable[[str], str], acme: Harness
) -> None:
    file = Path("report")
    for sender, status, verdict in (("reference", 0, "pass"), (NEVER, 1, "fail")):
        arguments = (*OWN, "--select", "receipt", "--sender", sender, "--report", f"{form}={file}")
        ended = acme("run", "mine", *arguments)
        assert ended.status == status, ended.out + ended.err
        if form != "markdown" or verdict == "fail":
            assert verdict_in(file.read_text(encoding="utf-8")) == verdict


def test_the_page_names_its_row_and_how_to_ask_again(acme: Harness) -> None:
    ended = acme("run", "mine", *OWN, "--sender", NEVER, "--seed", "7", "--time-scale", "0.5")
    assert ended.status == 1
    assert "ACME-001" in ended.out
    assert "A receipt is sent once." in ended.out
    assert "harness run mine --document acme.yaml --sender " in ended.out
    assert " --seed 7 --time-scale 0.5 --select " in ended.out


def test_validate_checks_a_document_alone(acme: Harness) -> None:
    ended = acme("validate", *OWN)
    assert ended == (0, "1 document with 2 requirements: nothing to complain about\n", "")
    assert acme("validate").status == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("run",),
        ("list",),
        ("show", "tls/certificate"),
        ("requirements",),
        ("explain", "ACME-001"),
    ],
)
def test_a_broken_document_is_told_as_editors_read_it(
    arguments: tuple[str, ...], acme: Harness
) -> None:
    Path("acme.yaml").write_text(DOCUMENT.replace("MUST", "MSUT"), encoding="utf-8")
    told = (
        "acme.yaml:6: rows.0.level: there is no 'MSUT'; choose from MUST, SHOULD, MAY, INFO;"
        " did you mean MUST?\n"
    )
    assert acme(*arguments, *OWN) == (2, "", told)
    assert acme("validate", *OWN) == (2, told, "harness: 1 mistake\n")
