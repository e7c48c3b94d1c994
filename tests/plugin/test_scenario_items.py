"""Scenario files as items of pytest."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

pytestmark = [
    pytest.mark.whole,
    pytest.mark.timeout(600),
    pytest.mark.usefixtures("everything_loaded"),
]

PLAIN = """\
title: A message is sent and taken
verifies: [ORY-035]
tags: [quick-one]
axes: {mode: [starttls, tls]}
given: {smtp: {security: "{mode}"}}
when: {send: {}}
then: {sender: {status: sent}, wire: {messages: once}}
"""
BAD = """\
title: A bad certificate is refused
verifies: [ORY-035]
given: {smtp: {certificate: expired}}
when: {send: {}}
then: {sender: {status: failed}, wire: {auth: never, messages: never}}
control: {smtp: {certificate: good}}
"""
SENDERS = """
import threading
from harness.reference.sender import handle as right

def never(request):
    return {"status": "failed", "error": {"message": "no idea"}}

def unable(request):
    return {"status": "unsupported", "reason": "not yet"}

def crashing(request):
    raise RuntimeError("no such table")

def twice(request):
    right(request)
    return right(request)
"""


@pytest.fixture(autouse=True)
def _without_the_plugins_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # they take longer than ours


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    """A project with two scenario files, a test of its own, and senders."""
    folder = pytester.mkdir("mine")
    (folder / "plain.yaml").write_text(PLAIN, encoding="utf-8")
    (folder / "tls").mkdir()
    (folder / "tls" / "bad.yaml").write_text(BAD, encoding="utf-8")
    (folder / "other.yaml.txt").write_text("no scenario", encoding="utf-8")
    pytester.makepyfile(own_senders=SENDERS)
    tests = pytester.mkdir("tests")
    (tests / "test_own.py").write_text("def test_own(): pass\n", encoding="utf-8")
    configure(pytester)
    return pytester


def configure(pytester: pytest.Pytester, *lines: str, scenarios: str = "mine") -> None:
    options = "--strict-markers -p harness.pytest_plugin -p xdist.plugin"
    head = ["[pytest]", "pythonpath = .", "testpaths = tests", f"addopts = {options}"]
    ini = "\n".join([*head, f"harness_scenarios = {scenarios}", *lines])
    pytester.makeini(f"{ini}\n")


class Selected:
    """The items that a session of pytest would run."""

    ids: Sequence[str] = ()

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.ids = [item.nodeid for item in session.items]


def test_a_case_is_an_item_with_an_id_that_selects_it(project: pytest.Pytester) -> None:
    configure(project, "harness_sender = reference")
    starttls, tls = (f"mine/plain.yaml::plain[mode={mode}]" for mode in ("starttls", "tls"))
    bad = ["mine/tls/bad.yaml::tls/bad[control]", "mine/tls/bad.yaml::tls/bad"]
    own = "tests/test_own.py::test_own"
    selections = {
        (): [own, starttls, tls, *bad],
        (tls,): [tls],
        ("mine/tls",): bad,
        ("-k", "mode:tls"): [tls],
        ("-k", "plain and not starttls"): [tls],
        ("-k", "ORY-035"): [starttls, tls, bad[1]],
        ("-m", "harness_quick_one"): [starttls, tls],
        ("-m", "not harness_scenario"): [own],
        ("tests",): [own],
    }
    found = {}
    for arguments in selections:
        selected = Selected()
        project.inline_run("--collect-only", "-q", *arguments, plugins=[selected])
        found[arguments] = selected.ids
    assert found == selections


def test_a_failing_item_shows_what_it_rests_on(project: pytest.Pytester) -> None:
    configure(project, "harness_sender = python:own_senders:twice")
    result = project.runpytest_inprocess("-rsf", "--junitxml=report.xml")
    result.assert_outcomes(passed=1, failed=3, skipped=1)
    result.stdout.fnmatch_lines(
        [
            "messages: expected *",
            "A message is sent and taken",
            "MUST messages (ORY-035)",
            "expected: *",
            "observed: *",
            "answered: sent*",
            "again:    pytest 'mine/plain.yaml::plain[[]mode=starttls[]]'",
            "*Captured conversation call*",
            "> *message 1 taken*",
            "*Captured answer call*",
            '  "status": "sent",',
            "SKIPPED [[]1[]] mine/tls/bad.yaml:1: inconclusive: its control did not pass (fail)*",
            "FAILED mine/plain.yaml::plain[[]mode=starttls[]] - *messages: expected *",
        ]
    )
    properties = _properties(project.path / "report.xml")
    case = properties["plain[mode=tls]"]
    assert ("requirement", "ORY-035") in case
    assert ("verdict", "fail") in case
    assert ("verdict", "inconclusive") in properties["tls/bad"]


def _properties(report: Path) -> dict[str, list[tuple[str, str]]]:
    """The properties of each test of a JUnit report that is a case."""
    found = {}
    for case in ET.parse(report).iter("testcase"):
        pairs = [(each.get("name", ""), each.get("value", "")) for each in case.iter("property")]
        if identifier := dict(pairs).get("case"):
            found[identifier] = pairs
    return found


def test_a_function_of_a_conftest_is_called_in_the_thread_of_the_tests(
    project: pytest.Pytester,
) -> None:
    project.makeconftest(
        """
        import threading
        import own_senders

        async def send(request):
            assert threading.current_thread() is threading.main_thread()
            return own_senders.right(request)

        def pytest_harness_sender(config):
            return send
        """
    )
    configure(project, "harness_sender = python:own_senders:never")
    project.runpytest_inprocess().assert_outcomes(passed=5)
    result = project.runpytest_inprocess("--harness-sender=python:own_senders:unable", "-rs")
    result.assert_outcomes(passed=1, skipped=4)
    result.stdout.fnmatch_lines(["SKIPPED*unsupported: *not yet*"])


@pytest.mark.parametrize(
    ("sender", "words"),
    [
        ("python:own_senders:nothing", "*own_senders*nothing*"),
        ("command:no-such-program", "*no-such-program*"),
        ("python:own_senders:crashing", "*no such table*"),
    ],
)
def test_a_sender_that_cannot_be_driven_is_an_error_of_each_item(
    sender: str, words: str, project: pytest.Pytester
) -> None:
    result = project.runpytest_inprocess(f"--harness-sender={sender}")
    result.assert_outcomes(passed=1, errors=4)
    result.stdout.fnmatch_lines([words])
    result.stdout.no_fnmatch_line("*Traceback*pytest_scenarios*")


def test_nobody_is_judged_whom_nobody_named(project: pytest.Pytester) -> None:
    result = project.runpytest_inprocess()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: harness_scenarios is set, and no sender: *"])
    project.runpytest_inprocess("tests").assert_outcomes(passed=1)
    result = project.runpytest_subprocess("-n", "1")
    result.assert_outcomes(passed=1, errors=4)
    result.stdout.fnmatch_lines(["*harness_scenarios is set, and no sender: *"])


def test_what_gates_nothing_in_a_run_gates_nothing_here(project: pytest.Pytester) -> None:
    should = PLAIN.replace("verifies: [ORY-035]", "situations: [CERT-10]")
    (project.path / "mine" / "plain.yaml").write_text(should, encoding="utf-8")
    configure(project, "harness_sender = python:own_senders:never")
    result = project.runpytest_inprocess("mine/plain.yaml", "-rx")
    result.assert_outcomes(xfailed=2)
    result.stdout.fnmatch_lines(["XFAIL*SHOULD, does not gate: *"])
    project.runpytest_inprocess("mine/plain.yaml", "--runxfail").assert_outcomes(failed=2)
    configure(project, "harness_sender = python:own_senders:never", "harness_strict = true")
    project.runpytest_inprocess("mine/plain.yaml").assert_outcomes(failed=2)


def test_a_failure_that_the_baseline_expects_is_let_pass(project: pytest.Pytester) -> None:
    baseline = project.path / "expected.yaml"
    twice = "harness_sender = python:own_senders:twice"
    command = [sys.executable, "-m", "harness", "baseline", "update", str(baseline), "mine"]
    subprocess.run(
        [*command, "--sender", "python:own_senders:twice"],
        cwd=project.path,
        env={**os.environ, "PYTHONPATH": str(project.path)},
        check=True,
        capture_output=True,
    )
    configure(project, twice, "harness_baseline = expected.yaml")
    result = project.runpytest_inprocess("mine/plain.yaml", "-rx")
    result.assert_outcomes(xfailed=2)
    result.stdout.fnmatch_lines(["XFAIL*expected: messages: *"])
    result = project.runpytest_inprocess("mine/plain.yaml", "--harness-sender=reference")
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["not as the baseline expects: it passes now"])
    stale = baseline.read_text(encoding="utf-8").replace("plain[mode=tls]", "plain[mode=tsl]")
    baseline.write_text(stale, encoding="utf-8")
    result = project.runpytest_inprocess("mine/plain.yaml")
    result.stdout.fnmatch_lines(["*expected.yaml:*: there is no case plain[[]mode=tsl[]]*"])


def test_mistakes_in_files_are_told_with_their_lines(project: pytest.Pytester) -> None:
    (project.path / "mine" / "plain.yaml").write_text(f"{PLAIN}oops: 1\n", encoding="utf-8")
    result = project.runpytest_inprocess("--harness-sender=reference")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["mine/plain.yaml:8: oops: *"])


def test_a_configuration_that_makes_no_sense_is_a_line(project: pytest.Pytester) -> None:
    configure(project, scenarios="scenarios/tsl")
    result = project.runpytest_inprocess()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    words = "ERROR: there is no scenario file or folder scenarios/tsl; did you mean *"
    result.stderr.fnmatch_lines([words])
    configure(project, "harness_time_scale = fast")
    result = project.runpytest_inprocess("mine/plain.yaml")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["harness_time_scale: fast is no number from 0.05 upwards"])


def test_bundled_scenarios_have_short_names_wherever_they_lie(project: pytest.Pytester) -> None:
    configure(project, scenarios="scenarios/modes scenarios/tls/certificate.yaml")
    project.makeconftest("def pytest_harness_sender(config): return 'reference'")
    one = "scenarios/modes/starttls.yaml::modes/starttls[verification=verified]"
    result = project.runpytest_inprocess("-v", one)
    result.assert_outcomes(passed=1)
    assert any(line.startswith(f"{one} PASSED") for line in result.outlines)
    shown = project.runpytest_inprocess("--collect-only", "-q", "scenarios/tls").outlines
    assert {line.partition("::")[0] for line in shown if "::" in line} == {
        "scenarios/tls/certificate.yaml"
    }
    result = project.runpytest_inprocess("scenarios/api")
    result.stderr.fnmatch_lines(["ERROR: harness_scenarios has no scenarios/api"])


def test_a_module_called_harness_goes_on_working_beside_items(project: pytest.Pytester) -> None:
    tests = project.path / "tests"
    (tests / "harness.py").write_text("WHOSE = 'theirs'\n", encoding="utf-8")
    (tests / "test_own.py").write_text(
        "import harness\n"
        "def test_own(harness_smtp, harness_run):\n"
        "    assert harness.WHOSE == 'theirs'\n"
        "    assert harness_smtp.port\n"
        "    assert harness_run('plain', paths=['mine'], sender='reference').summary['pass']\n",
        encoding="utf-8",
    )
    configure(project, "harness_sender = reference")
    project.runpytest_subprocess().assert_outcomes(passed=5)


PART = ("modes", "starttls", "submission/any")


def test_two_workers_come_to_the_verdicts_of_a_run(
    pytester: pytest.Pytester, tmp_path: Path
) -> None:
    folders = [f"scenarios/{name}" for name in PART]
    configure(
        pytester,
        "harness_sender = reference",
        "harness_time_scale = 3",
        scenarios=" ".join(folders),
    )
    pytester.mkdir("tests")
    result = pytester.runpytest_subprocess("-n", "2", "--junitxml=items.xml")
    assert result.ret == pytest.ExitCode.OK
    report = tmp_path / "run.json"
    command = [sys.executable, "-m", "harness", "run", *folders, "--sender", "reference"]
    subprocess.run(
        [*command, "--time-scale", "3", "--report", f"json={report}"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    run = {case["id"]: case["verdict"] for case in json.loads(report.read_text())["cases"]}
    items = _properties(pytester.path / "items.xml")
    assert {case: dict(pairs)["verdict"] for case, pairs in items.items()} == run
