"""Whatever selects and matches nothing is told, with what may be meant; and whom a run is about."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.embedding import run
from harness.errors import UsageError

Harness = Callable[..., Any]


def test_a_provider_selects_the_cases_that_are_sent_by_it(harness: Harness) -> None:
    ended = harness("list", "--provider", "sendgrid", "--ids")
    assert ended.status == 0
    assert "api/sendgrid/" in ended.out
    assert "mailgun" not in ended.out
    wrong = harness("list", "--provider", "sendgrud")
    assert wrong.status == 2
    assert "did you mean sendgrid?" in wrong.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--select", "tls"), "--select tls matches no case; did you mean tls/**?"),
        (("--select", "tls/certificat"), "did you mean tls/certificate or "),
        (("--select", "tls/certificate[mode=tls]"), "tls/certificate[mode=tls,certificate="),
        (("-k", "expird"), "-k 'expird' matches no case; did you mean expired or exim?"),
        (("-k", "tls and xyzzy"), "matches no case"),
        (("--select", "tls/**", "-k", "sendgrid"), "no case is meant by all of these options"),
    ],
)
def test_nothing_selected_is_status_4_with_what_may_be_meant(
    arguments: tuple[str, ...], words: str, harness: Harness
) -> None:
    ended = harness("list", *arguments)
    assert ended.status == 4
    assert words in ended.err


def test_of_two_globs_the_one_that_matches_nothing_is_named(harness: Harness) -> None:
    ended = harness("run", "mine", "--select", "one", "--select", "onw")
    assert (ended.status, ended.out) == (2, "")
    assert ended.err == "harness: --select onw matches no case; did you mean one?\n"


def test_a_row_that_nothing_here_verifies_is_named(harness: Harness) -> None:
    ended = harness("list", "mine", "--requirement", "ORY-035", "--requirement", "ORY-001")
    assert ended.status == 2
    assert "no case here verifies ORY-001" in ended.err


def test_a_run_in_python_refuses_a_glob_that_matches_nothing(harness: Harness) -> None:
    with pytest.raises(UsageError, match=r"--select onw matches no case; did you mean one\?"):
        run(["onw"], paths=["mine"])


@pytest.mark.parametrize(
    ("path", "meant"),
    [("tls", "scenarios/tls"), ("tls/certificate", "scenarios/tls/certificate.yaml"),
     ("scenarios/tsl", "scenarios/tls")],
)  # fmt: skip
def test_a_path_that_is_not_there_is_told_with_the_nearest(
    path: str, meant: str, harness: Harness
) -> None:
    ended = harness("run", path)
    assert ended.status == 2
    assert f"there is no scenario file or folder {path}; did you mean {meant}" in ended.err


def test_a_case_without_all_of_its_axes_is_shown_the_nearest(harness: Harness) -> None:
    ended = harness("show", "tls/certificate[mode=tls]")
    assert ended.status == 2
    assert "did you mean tls/certificate[mode=tls,control] or tls/cert" in ended.err


def test_files_with_the_other_suffix_are_not_passed_over_in_silence(harness: Harness) -> None:
    Path("mine/two.yml").write_text("title: x\n", encoding="utf-8")
    ended = harness("list", "mine")
    assert ended.status == 0
    assert ended.err == "note: mine/two.yml is not read: the name of a scenario ends in .yaml\n"


@pytest.mark.parametrize("level", ["must", "MUST", "Must"])
def test_a_level_is_one_however_it_is_written(level: str, harness: Harness) -> None:
    assert harness("list", "mine", "--level", level).status == 0


@pytest.mark.parametrize("number", ["nan", "inf", "-inf"])
def test_a_time_scale_is_a_number(number: str, harness: Harness) -> None:
    ended = harness("run", "mine", f"--time-scale={number}")
    assert ended.status == 2
    assert "Invalid value for '--time-scale'" in ended.err


# Whom it is about.


@pytest.mark.wire
@pytest.mark.parametrize("ci", ["", "true"])
def test_who_names_no_sender_is_told_whom_the_run_is_about(
    ci: str, harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", ci)
    ended = harness("run", "mine")
    assert ended.status == 0
    headline = " ".join(ended.out.split("\n\n")[0].split())
    assert "; no sender was named: this is about the reference sender" in headline
    assert "note: no --sender was given: the reference sender, which comes" in ended.err
    named = harness("run", "mine", "--sender", "reference")
    assert "no sender was named" not in named.out
    assert "no --sender" not in named.err


@pytest.mark.wire
def test_a_run_in_python_tells_it_too(harness: Harness) -> None:
    assert "no sender was named" in str(run(paths=["mine"]))
    assert "no sender was named" not in str(run(paths=["mine"], sender="reference"))


@pytest.mark.wire
def test_dash_x_ends_a_run_at_the_first_failure(harness: Harness) -> None:
    for number in range(3):
        text = Path("mine/one.yaml").read_text(encoding="utf-8")
        Path(f"mine/more-{number}.yaml").write_text(text, encoding="utf-8")
    program = Path("never.py")
    program.write_text(
        "import json\n"
        "features = ['smtp', 'security:starttls']\n"
        "print(json.dumps({'status': 'failed', 'features': features}))\n",
        encoding="utf-8",
    )
    sender = f"command:{sys.executable} never.py"
    ended = harness("run", "mine", "--sender", sender, "-x", "--jobs", "1", "--report", "json=r")
    assert ended.status == 1
    assert json.loads(Path("r").read_text(encoding="utf-8"))["total"] == 4
    assert "1 of 4 cases ran" in " ".join(ended.out.split())


# Streams.

BROKEN = "import sys; from harness.cli import main; main(['list', 'scenarios'])"


@pytest.mark.whole
def test_a_reader_that_goes_away_is_no_failure() -> None:
    read, write = os.pipe()
    os.close(read)
    ended = subprocess.run(
        [sys.executable, "-c", BROKEN], stdout=write, stderr=subprocess.PIPE, check=False
    )
    os.close(write)
    assert ended.returncode == 0
    assert b"Traceback" not in ended.stderr
    assert b"Exception" not in ended.stderr


@pytest.mark.whole
@pytest.mark.needs("bash")
def test_a_closed_stdout_is_nowhere_and_no_descriptor_takes_its_place(harness: Harness) -> None:
    command = f"{sys.executable} -m harness run mine --sender reference --report json=r.json >&-"
    ended = subprocess.run(["bash", "-c", command], stderr=subprocess.PIPE, check=False)
    assert ended.returncode == 0
    assert b"Traceback" not in ended.stderr
    assert json.loads(Path("r.json").read_text(encoding="utf-8"))["summary"]["pass"] == 1
