"""Whatever is wrong with a command ends in one clear line on stderr and the right exit status."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Harness = Callable[..., Any]

RUN = ("run", "mine")


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("nope",), 2, "No such command 'nope'. (see harness --help)"),
        (("run", "--nope"), 2, "No such option '--nope'. (see harness run --help)"),
        ((*RUN, "--jobs", "0"), 2, "Invalid value for '--jobs': 0 is not in the range x>=1."),
        ((*RUN, "--time-scale", "x"), 2, "Invalid value for '--time-scale'"),
        ((*RUN, "--level", "x"), 2, "Invalid value for '--level': 'x' is not one of 'must', "),
        (("run", "nowhere"), 2, "there is no scenario file or folder nowhere"),
        (("run", "scenarios/nowhere"), 2, "there is no scenario file or folder scenarios/nowhere"),
        (("list", "nowhere"), 2, "there is no scenario file or folder nowhere"),
        (("validate", "nowhere"), 2, "there is no scenario file or folder nowhere"),
        (("validate",), 2, "Missing argument 'PATH...'."),
        (("show",), 2, "Missing argument 'ID'."),
        (("show", "zzz"), 2, "there is no case or scenario zzz; harness list shows them"),
        (("explain", "ORY-999"), 2, "no requirement or situation has the id 'ORY-999'"),
        (("explain", "startls"), 2, "word 'startls'; the nearest are starttls, "),
        (("explain", "RSA-1025"), 2, "no requirement or situation has the id 'RSA-1025'"),
        (("explain", "zzzzzz"), 2, "word 'zzzzzz' (or: harness explain errors)"),
        (("schema", "x"), 2, "'x' is not one of 'scenario', 'sender', 'sender-file', "),
        ((*RUN, "--tag", "zz"), 2, "no case has the tag 'zz'; choose from made-up"),
        ((*RUN, "--requirement", "ZZ-1"), 2, "no requirement or situation has the id 'ZZ-1'; ids "),
        ((*RUN, "--requirement", "CERT-02"), 2, "CERT-02 is a situation, not a requirement"),
        ((*RUN, "--situation", "ORY-035"), 2, "ORY-035 is a requirement, not a situation"),
        ((*RUN, "-k", "one and"), 2, "-k 'one and' makes no sense at its end: words joined by and"),
        ((*RUN, "-k", "(one"), 2, "-k '(one' makes no sense at its end"),
        ((*RUN, "-k", "one)"), 2, "-k 'one)' makes no sense at )"),
        ((*RUN, "--select", "zz", "-k", "("), 2, "-k '(' makes no sense at its end"),
        ((*RUN, "-k", "not " * 5000 + "one"), 2, "too long"),
        ((*RUN, "--sender", "bogus"), 2, "no such sender: 'bogus'; choose from "),
        ((*RUN, "--sender", "python:nonsense"), 2, "write python:package.module:callable"),
        ((*RUN, "--sender", "command:./no-program"), 2, "./no-program does not exist"),
        ((*RUN, "--sender", "command:no-such-program"), 2, "no-such-program is not on PATH"),
        ((*RUN, "--sender", "python:no_such_module:f"), 2, "No module named 'no_such_module'"),
        ((*RUN, "--sender", "python:json:no_such"), 2, "has no attribute 'no_such'"),
        ((*RUN, "--sender", "file:none.yaml"), 2, "none.yaml:1: file: No such file or directory"),
        ((*RUN, "--report", "pdf=x"), 2, "unknown report format 'pdf' in 'pdf=x'; the choices"),
        ((*RUN, "--report", "json="), 2, "names no path"),
        ((*RUN, "--report", "json=no/x.json"), 3, "there is no folder no (make it first)"),
        ((*RUN, "--report", "json=mine"), 3, "cannot write the report mine: it is a folder"),
        ((*RUN, "--report", "json=a", "--report", "junit=a"), 2, "both go to a"),
        ((*RUN, "--evidence", "mine/one.yaml"), 2, "Directory 'mine/one.yaml' is a file."),
        ((*RUN, "--evidence", "mine/one.yaml/x"), 3, "cannot make the folder mine/one.yaml/x: Not"),
        (("send", "--to", "a@b.c"), 2, "Missing option '--from'."),
        (("send", "--to", "a@b.c", "--from", "d@e.f"), 2, "where to? give --uri, or set "),
        (("send", "--to", "a@b.c", "--from", "d@e.f", "--uri", "http://x"), 2, "begins with smtp://"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_line_and_a_status(
    arguments: tuple[str, ...], status: int, words: str, harness: Harness
) -> None:
    ended = harness(*arguments)
    told = ended.err.splitlines()
    assert (ended.status, ended.out) == (status, "")
    assert len(told) == 1
    assert words in told[0]


def test_a_broken_scenario_is_told_as_editors_read_it(harness: Harness) -> None:
    Path("mine/two.yaml").write_text("title: off\nwhen: {send: {}}\n", encoding="utf-8")
    for command in (("run", "mine"), ("list", "mine"), ("show", "one", "mine")):
        ended = harness(*command)
        assert (ended.status, ended.out) == (2, "")
        assert ended.err == (
            "mine/two.yaml:1: title: off could be a boolean: write true or false, or quote it\n"
        )


def test_validate_tells_the_mistakes_on_stdout_and_their_number_on_stderr(harness: Harness) -> None:
    Path("mine/two.yaml").write_text("titel: x\n", encoding="utf-8")
    ended = harness("validate", "mine")
    assert ended.status == 2
    assert ended.err == "harness: 4 mistakes\n"
    assert ended.out.splitlines()[-1].startswith(
        "mine/two.yaml:1: titel: there is no such key, did you mean title? (choose from title, "
    )
    Path("mine/two.yaml").write_text("a: off\n", encoding="utf-8")
    assert harness("validate", "mine").err == "harness: 1 mistake\n"


def test_a_run_that_cannot_begin_leaves_no_report_behind(harness: Harness) -> None:
    before = set(Path().iterdir())
    for report in ("json=a.json", "html=b.html", "junit=c.xml"):
        assert harness(*RUN, "--sender", "bogus", "--report", report).status == 2
    assert set(Path().iterdir()) == before


@pytest.mark.parametrize("command", ["validate", "run", "list"])
def test_an_account_that_its_provider_does_not_know_is_told_before_anything_runs(
    command: str, harness: Harness
) -> None:
    scenario = Path("mine/one.yaml").read_text(encoding="utf-8")
    given = "given: {api: {provider: sendgrid, account: {domain: x}}}\n"
    Path("mine/one.yaml").write_text(scenario + given, encoding="utf-8")
    ended = harness(command, "mine")
    assert ended.status == 2
    [told] = [line for line in (ended.out + ended.err).splitlines() if "1 mistake" not in line]
    assert told.startswith(
        "mine/one.yaml:6: given.api.account.domain: there is no such key, did you mean domains? "
        "(choose from suspended, "
    )


def test_a_file_name_cannot_write_on_the_terminal(harness: Harness) -> None:
    Path("mine/\x1b[2J.yaml").write_text("- 1\n", encoding="utf-8")
    ended = harness("run", "mine")
    assert ended.status == 2
    assert ended.err == "mine/\\x1b[2J.yaml:1: file: a scenario is a mapping\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("--select", "zz"),
        ("--select", "one[*]"),
        ("-k", "nonsense"),
        ("-k", "not one"),
        ("--level", "must", "-k", "zz"),
    ],
)
def test_a_selection_of_nothing_is_status_4(arguments: tuple[str, ...], harness: Harness) -> None:
    assert harness("run", "mine", *arguments).status == 4
    assert harness("list", "mine", *arguments).status == 4


def test_a_folder_without_scenarios_is_refused(harness: Harness) -> None:
    Path("empty").mkdir()
    ended = harness("run", "empty")
    assert (ended.status, ended.err) == (
        2,
        "harness: there is no scenario (*.yaml) in empty\n",
    )


def test_without_a_verb_the_help_is_shown(harness: Harness) -> None:
    ended = harness()
    assert (ended.status, ended.out) == (2, "")
    assert "Usage: harness [OPTIONS] " in ended.err


def test_a_mistake_of_our_own_is_no_verdict_about_the_sender(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr("harness.cli.schema._SCHEMAS", {"scenario": broken})
    ended = harness("schema", "scenario")
    assert ended.status == 3
    assert "RuntimeError: a bug" in ended.err
    assert ended.err.splitlines()[-1].startswith("harness: this is a mistake in the harness itself")


@pytest.mark.wire
def test_send_to_a_closed_port_fails_in_words(harness: Harness) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        uri = f"smtp://127.0.0.1:{port}/?disable_starttls=true"
        ended = harness("send", "--to", "a@b.c", "--from", "d@e.f", "--uri", uri)
    assert ended.status == 1
    assert ended.err.startswith("failed at connect (connection-refused")
