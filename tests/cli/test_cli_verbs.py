"""What each verb says, and how little it imports."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from harness import __version__
from harness.cli import harness as group

Harness = Callable[..., Any]
VERBS = list(group.commands) or group.list_commands(None)  # type: ignore[arg-type]  # needs none
README = Path(__file__).resolve().parents[2] / "README.md"


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help(verb: str, harness: Harness) -> None:
    for flag in ("--help", "-h"):
        ended = harness(verb, flag)
        assert ended.status == 0
        assert f"Usage: harness {verb}" in ended.out
        assert len(ended.out.split("\n\n")[1].split()) > 4


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_is_in_the_help_and_in_a_document(verb: str, harness: Harness) -> None:
    assert f"\n  {verb} " in harness("--help").out
    documents = [README, *(README.parent / "docs").glob("*.md")]
    assert any(f"harness {verb}" in each.read_text(encoding="utf-8") for each in documents)


def test_the_version_is_the_packages(harness: Harness) -> None:
    assert harness("--version").out == f"harness, version {__version__}\n"


def test_list_shows_cases_with_their_rows(harness: Harness) -> None:
    ended = harness("list", "mine")
    assert ended.status == 0
    assert ended.out.splitlines()[0] == "one  (ORY-035)"
    assert harness("list", "mine", "--ids").out == "one\n"


def test_show_tells_what_is_given_and_what_must_come_out(harness: Harness) -> None:
    told = harness("show", "one", "mine").out
    assert told.startswith("one\n  A message is sent and taken once\n  file      mine/one.yaml\n")
    assert '  then      sender: {"status": ["sent"]}' in told
    assert "  needs     security:starttls, smtp" in told


def test_show_of_a_control_says_that_it_has_to_succeed(harness: Harness) -> None:
    told = harness("show", "tls/certificate[mode=tls,control]").out
    assert "  then      the sender reports sent, and the message is taken once" in told


def test_validate_of_right_scenarios_is_status_0(harness: Harness) -> None:
    ended = harness("validate", "mine")
    assert (ended.status, ended.err) == (0, "")
    assert ended.out == "1 scenario with 1 case: nothing to complain about\n"


def test_bundled_scenarios_are_used_where_none_are_here_and_it_is_said(harness: Harness) -> None:
    ended = harness("validate", "scenarios/tls")
    assert ended.status == 0
    assert ended.err == ("note: scenarios/tls is not in this folder: using the bundled scenarios\n")


@pytest.mark.parametrize("row", ["ORY-035", "ory-035", "CERT-02", "errors"])
def test_explain(row: str, harness: Harness) -> None:
    ended = harness("explain", row)
    assert ended.status == 0
    assert len(ended.out.splitlines()) > 3


def test_requirements_counts_them_all(harness: Harness) -> None:
    whole, untested = harness("requirements").out, harness("requirements", "--untested").out
    assert "139 requirements: " in whole
    assert set(untested.splitlines()) <= set(whole.splitlines())


@pytest.mark.parametrize("what", ["scenario", "sender", "report", "document", "baseline"])
def test_every_schema_is_a_schema(what: str, harness: Harness) -> None:
    schema = json.loads(harness("schema", what).out)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_the_sender_schema_accepts_real_documents(harness: Harness) -> None:
    validator = jsonschema.Draft202012Validator(json.loads(harness("schema", "sender").out))
    request = {"protocol": 1, "action": "describe"}
    answer = {"status": "failed", "error": {"phase": "tls", "class": "stalled"}, "more": 1}
    validator.validate({"request": request, "answer": answer})
    validator.validate({"answer": {"features": ["smtp"]}})
    for wrong in ({"request": {"action": "fly"}}, {"answer": {"status": "perhaps"}}):
        assert list(validator.iter_errors(wrong))


HEAVY = ("cryptography", "aiosmtpd", "rich", "httpx", "trustme", "anyio", "respx")
PROBE = """
import sys
from harness.cli import main
try:
    main({arguments!r})
except SystemExit:
    pass
print(*sorted(sys.modules), file=sys.stderr)
"""


def modules_after(*arguments: str) -> set[str]:
    probe = PROBE.format(arguments=list(arguments))
    ended = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, check=True
    )
    return set(ended.stderr.split())


@pytest.mark.whole
def test_the_version_is_told_without_anything_heavy() -> None:
    loaded = modules_after("--version")
    assert not loaded & {*HEAVY, "pydantic", "yaml", "asyncio", "harness.protocol"}


@pytest.mark.whole
def test_a_list_is_made_without_anything_that_runs() -> None:
    loaded = modules_after("list", "scenarios/tls")
    assert not loaded & {*HEAVY, "harness.runner", "harness.reports.terminal", "harness.senders"}


@pytest.mark.whole
def test_the_help_of_a_verb_that_runs_needs_no_fake() -> None:
    assert not modules_after("list", "--help") & {*HEAVY}
