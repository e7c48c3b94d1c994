"""`harness init`: the starter works at once, in each language, and overwrites nothing."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from harness.starter import FIRST_CASE, LANGUAGES, Language, ci_service_of, starter

from .conftest import Harness

SENDER = "file:mail-harness/sender.yaml"


@pytest.mark.whole
def test_a_python_project_gets_a_sender_that_passes_and_is_asked_at_once(harness: Harness) -> None:
    Path("pyproject.toml").touch()
    ended = harness("init")
    assert ended.status == 0, ended.out + ended.err
    assert f"asking it {FIRST_CASE}\npass" in ended.out
    assert "harness_sender" in ended.out
    again = ("--sender", SENDER, "--baseline", "mail-harness/baseline.yaml")
    assert harness("run", "--select", FIRST_CASE, *again).status == 0


@pytest.mark.whole
def test_a_node_project_sends_with_nodemailer(
    harness: Harness, requires_node_module: Callable[[str], str]
) -> None:
    node = requires_node_module("nodemailer")
    where = [node, "-p", "require.resolve('nodemailer/package.json')"]
    package = Path(subprocess.run(where, capture_output=True, check=True, text=True).stdout.strip())
    Path("package.json").write_text("{}", encoding="utf-8")
    Path("node_modules").symlink_to(package.parents[1])
    ended = harness("init")
    assert ended.status == 0, ended.out + ended.err
    assert "harness_sender" not in ended.out


@pytest.mark.whole
def test_a_go_project_needs_nothing_but_go(
    harness: Harness, requires_program: Callable[[str], str]
) -> None:
    requires_program("go")
    Path("go.mod").write_text("module example.test/shop\n\ngo 1.22\n", encoding="utf-8")
    ended = harness("init", "--ci", "gitlab")
    assert ended.status == 0, ended.out + ended.err


@pytest.mark.whole
def test_what_a_sender_lacks_is_told_with_the_way_to_go_on(
    harness: Harness, requires_program: Callable[[str], str]
) -> None:
    requires_program("node")
    ended = harness("init", "--language", "node")
    assert ended.status == 3
    assert "Cannot find package 'nodemailer'" in ended.out
    assert f"when that is mended: harness run --sender {SENDER}" in ended.out


def test_nothing_that_is_there_is_overwritten(harness: Harness) -> None:
    mine = Path("mail-harness/sender.yaml")
    mine.parent.mkdir()
    mine.write_text("mine", encoding="utf-8")
    ended = harness("init", "--language", "python")
    assert ended.status == 2
    assert ended.err == "harness: nothing is written: mail-harness/sender.yaml is there already\n"
    assert mine.read_text("utf-8") == "mine"
    assert [path.name for path in mine.parent.iterdir()] == ["sender.yaml"]
    assert not Path(".github").exists()


@pytest.mark.parametrize(
    ("signs", "told"),
    [
        ((), "no file here tells the language of the project (pyproject.toml, "),
        (("go.mod", "package.json"), "this is a project in node and in go"),
    ],
)
def test_a_language_that_cannot_be_known_is_asked_for(
    harness: Harness, signs: tuple[str, ...], told: str
) -> None:
    for sign in signs:
        Path(sign).touch()
    ended = harness("init")
    assert ended.status == 2
    assert told in ended.err
    assert ended.err.endswith("say which with --language python|node|go\n")


def test_where_a_project_is_tested_is_seen_in_its_files(tmp_path: Path) -> None:
    assert ci_service_of(tmp_path) == "github"
    (tmp_path / ".gitlab-ci.yml").touch()
    assert ci_service_of(tmp_path) == "gitlab"
    (tmp_path / ".github").mkdir()
    assert ci_service_of(tmp_path) == "github"


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=lambda each: each.name)
def test_a_job_asks_the_sender_that_is_written(language: Language) -> None:
    github, gitlab = ({file.path.name: file for file in starter(language, service)}
                      for service in ("github", "gitlab"))  # fmt: skip
    assert yaml.safe_load(github["sender.yaml"].content)["sender"].startswith("command+lines:")
    steps = yaml.safe_load(github["mail-harness.yml"].content)["jobs"]["harness"]["steps"]
    script = yaml.safe_load(gitlab["gitlab-ci.yml"].content)["mail-harness"]["script"]
    for lines in ([step.get("run", "") for step in steps], script):
        asked = next(line for line in lines if line.startswith("harness run "))
        assert f"--sender {SENDER} --baseline mail-harness/baseline.yaml" in asked
    assert not {"SETUP", "IMAGE"} & {*github["mail-harness.yml"].content.split()}
    assert not {"SETUP", "IMAGE"} & {*gitlab["gitlab-ci.yml"].content.split()}
