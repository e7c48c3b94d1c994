"""The action, the job template and the container file: they parse, and their steps run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.cli.run import run as run_command

_TOP = Path(__file__).parent.parent.parent
_STUB = '#!/bin/sh\nfor word; do printf "%s\\n" "[$word]"; done\nexit "${STUB_STATUS:-0}"\n'
_OPTIONS = {name for option in run_command.params for name in option.opts}


@pytest.fixture
def action() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((_TOP / "action.yml").read_text("utf-8"))
    return loaded


@pytest.fixture
def template() -> tuple[dict[str, Any], dict[str, Any]]:
    header, jobs = yaml.safe_load_all((_TOP / "templates/harness.yml").read_text("utf-8"))
    (job,) = jobs.values()
    return header["spec"]["inputs"], job


def carried_out(script: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a step as GitHub runs it."""
    path = os.pathsep.join([str(folder / "bin"), os.environ["PATH"]])
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=folder,
        env={"PATH": path, "HOME": str(folder), "GITHUB_OUTPUT": str(folder / "output"),
             "GITHUB_PATH": str(folder / "path"), "RUNNER_TEMP": str(folder / "temp"),
             **variables},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip


def put(folder: Path, name: str, text: str) -> None:
    program = folder / "bin" / name
    program.parent.mkdir(exist_ok=True)
    program.write_text(text, encoding="utf-8")
    program.chmod(0o755)


def values_of(step: Mapping[str, Any], inputs: Mapping[str, str]) -> dict[str, str]:
    """The variables of a step, with the inputs filled in."""
    return {
        name: re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda m: inputs.get(m[1], ""), value)
        for name, value in step["env"].items()
    }


def outputs(folder: Path) -> dict[str, str]:
    """What a step told the steps after it."""
    lines = (folder / "output").read_text("utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines)


def step(action: Mapping[str, Any], name: str) -> Any:
    return next(each for each in action["runs"]["steps"] if each["name"] == name)


def test_every_input_of_the_action_is_used_and_explained(action: dict[str, Any]) -> None:
    text = (_TOP / "action.yml").read_text("utf-8")
    used = set(re.findall(r"inputs\.([\w-]+)", text))
    assert used == set(action["inputs"])
    assert all(each["description"] for each in action["inputs"].values())


def test_no_input_becomes_text_of_a_script(action: dict[str, Any]) -> None:
    for each in action["runs"]["steps"]:
        assert "${{" not in each.get("run", "")
        assert "shell" in each or "uses" in each


@pytest.mark.needs("bash")
@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"sender": "reference"}, []),
        ({"sender": "command:node 'my sender.js'"}, []),
        ({"sender": "x", "paths": "scenarios/tls mine"}, ["scenarios/tls", "mine"]),
        ({"sender": "x", "paths": "scenarios/tls\nmine\n"}, ["scenarios/tls", "mine"]),
        ({"sender": "x", "baseline": "a b.yaml"}, ["--baseline", "a b.yaml"]),
        ({"sender": "x", "shard": "1/4"}, ["--shard", "1/4"]),
        (
            {"sender": "x", "arguments": "--strict -k 'tls and not sni'"},
            ["--strict", "-k", "tls and not sni"],
        ),
        (
            {"sender": "x", "arguments": '--jobs 2\n--select "tls/a b*"\n'},
            ["--jobs", "2", "--select", "tls/a b*"],
        ),
        ({"sender": "x", "arguments": " \n"}, []),
        ({"sender": "$(touch owned); `touch owned`"}, []),
    ],
)
def test_the_action_asks_what_its_inputs_say(
    inputs: dict[str, str], words: list[str], action: dict[str, Any], tmp_path: Path
) -> None:
    put(tmp_path, "harness", _STUB)
    given = {name: each.get("default", "") for name, each in action["inputs"].items()} | inputs
    run = step(action, "Run the scenarios")
    done = carried_out(run["run"], tmp_path, **values_of(run, given), STUB_STATUS="1")
    assert done.returncode == 1, done.stderr
    assert outputs(tmp_path)["status"] == "1"
    told = re.findall(r"^\[(.*)\]$", done.stdout, re.MULTILINE)
    assert told[0] == "run"
    assert told[told.index("--sender") + 1] == inputs["sender"]
    assert set(words) <= set(told)
    assert {word for word in told if re.match(r"--?[a-z]", word)} <= _OPTIONS
    assert "" not in told
    assert not (tmp_path / "owned").exists()


@pytest.mark.needs("bash")
def test_arguments_that_no_shell_can_read_run_nothing(
    action: dict[str, Any], tmp_path: Path
) -> None:
    put(tmp_path, "harness", _STUB)
    given = {name: each.get("default", "") for name, each in action["inputs"].items()}
    run = step(action, "Run the scenarios")
    inputs = given | {"sender": "x", "arguments": "--select 'tls/**"}
    done = carried_out(run["run"], tmp_path, **values_of(run, inputs))
    assert done.returncode == 2
    assert "::error::arguments cannot be read as a shell would: --select 'tls/**" in done.stdout
    assert "[run]" not in done.stdout
    assert outputs(tmp_path)["status"] == "2"


@pytest.mark.needs("bash")
@pytest.mark.parametrize(("shard", "suffix"), [("", ""), ("2/4", "-2-of-4")])
def test_the_reports_of_each_shard_are_kept_under_a_name_of_their_own(
    shard: str, suffix: str, action: dict[str, Any], tmp_path: Path
) -> None:
    put(tmp_path, "harness", _STUB)
    run, keep = step(action, "Run the scenarios"), step(action, "Keep the reports")
    given = {name: each.get("default", "") for name, each in action["inputs"].items()}
    inputs = given | {"sender": "x", "shard": shard, "reports": "my reports"}
    carried_out(run["run"], tmp_path, **values_of(run, inputs))
    assert keep["with"]["name"] == "${{ inputs.artifact }}${{ steps.run.outputs.suffix }}"
    assert keep["with"]["path"] == action["outputs"]["reports"]["value"]
    told = outputs(tmp_path)
    assert told == {"reports": f"{tmp_path}/my reports", "suffix": suffix, "status": "0"}


@pytest.mark.whole
@pytest.mark.needs("bash")
def test_the_action_runs_a_case_and_leaves_its_reports(
    action: dict[str, Any], tmp_path: Path
) -> None:
    program = Path(sys.executable).parent / "harness"
    put(tmp_path, "harness", f'#!/bin/sh\nexec "{program}" "$@"\n')
    run = step(action, "Run the scenarios")
    given = {name: each.get("default", "") for name, each in action["inputs"].items()}
    inputs = given | {
        "sender": "reference", "paths": "scenarios/modes/starttls.yaml", "arguments": "--jobs 2",
    }  # fmt: skip
    done = carried_out(run["run"], tmp_path, **values_of(run, inputs), GITHUB_ACTIONS="true")
    assert done.returncode == 0, done.stdout + done.stderr
    reports = tmp_path / "harness-reports"
    assert {each.name for each in reports.iterdir()} == {"report.json", "junit.xml", "evidence"}
    assert outputs(tmp_path)["status"] == "0"


@pytest.mark.needs("bash")
def test_the_action_installs_into_an_environment_of_its_own(
    action: dict[str, Any], tmp_path: Path
) -> None:
    made = 'mkdir -p "$3/bin"; printf \'#!/bin/sh\\necho "pip $@"\\n\' > "$3/bin/pip"'
    put(tmp_path, "python3", f'#!/bin/sh\n{made}; chmod +x "$3/bin/pip"\n')
    install = step(action, "Install the harness")
    done = carried_out(install["run"], tmp_path, SOURCE="/the/action")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("pip install ")
    assert done.stdout.rstrip().endswith(" /the/action")
    assert (tmp_path / "path").read_text("utf-8") == f"{tmp_path}/temp/mail-harness/bin\n"


@pytest.mark.parametrize("total", ["", "3"])
def test_the_job_of_gitlab_asks_what_its_inputs_say(
    total: str, template: tuple[dict[str, Any], dict[str, Any]], tmp_path: Path
) -> None:
    inputs, job = template
    put(tmp_path, "harness", _STUB)
    given = {name: each.get("default", "") for name, each in inputs.items()}
    given |= {"sender": "command:node send.js", "baseline": "a known.yaml"}
    given |= {"arguments": "--strict --select 'tls/a b*' --exclude '*'"}
    variables = in_gitlab(job, given)
    if total:
        variables |= {"CI_NODE_TOTAL": total, "CI_NODE_INDEX": "2"}
    script = "set -eu\n" + "\n".join(job["script"])
    done = carried_out(f"sh -c {_quoted(script)}", tmp_path, **variables)
    assert done.returncode == 0, done.stderr
    told = re.findall(r"^\[(.*)\]$", done.stdout, re.MULTILINE)
    assert told[:3] == ["run", "--sender", "command:node send.js"]
    assert told[told.index("--baseline") + 1] == "a known.yaml"
    assert told[told.index("--select") + 1] == "tls/a b*"
    assert told[told.index("--exclude") + 1] == "*"
    assert "" not in told
    assert ("--shard" in told) == bool(total)
    assert not total or told[told.index("--shard") + 1] == "2/3"
    assert {word for word in told if re.match(r"--?[a-z]", word)} <= _OPTIONS
    junit = job["artifacts"]["reports"]["junit"]
    assert f"junit={junit}" in told


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [("", 0, "[run]"), ("--select 'tls/**", 2, "arguments cannot be read as a shell would")],
)
def test_the_job_of_gitlab_takes_no_arguments_and_refuses_an_open_quote(
    arguments: str,
    status: int,
    said: str,
    template: tuple[dict[str, Any], dict[str, Any]],
    tmp_path: Path,
) -> None:
    inputs, job = template
    put(tmp_path, "harness", _STUB)
    given = {name: each.get("default", "") for name, each in inputs.items()}
    variables = in_gitlab(job, given | {"sender": "x", "arguments": arguments})
    script = "set -eu\n" + "\n".join(job["script"])
    done = carried_out(f"sh -c {_quoted(script)}", tmp_path, **variables)
    assert done.returncode == status, done.stderr
    assert said in done.stdout + done.stderr
    assert ("[run]" in done.stdout) == (status == 0)
    assert "[]" not in done.stdout


def in_gitlab(job: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, str]:
    """The variables of a job, with the inputs filled in."""
    return {
        name: re.sub(r"\$\[\[ inputs\.([\w-]+) \]\]", lambda m: str(given[m[1]]), value)
        for name, value in job["variables"].items()
    }


def _quoted(script: str) -> str:
    return "'" + script.replace("'", "'\\''") + "'"


def test_every_input_of_the_template_is_used(
    template: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    text = (_TOP / "templates/harness.yml").read_text("utf-8")
    assert set(re.findall(r"\$\[\[ inputs\.([\w-]+) \]\]", text)) == set(template[0])


def test_the_container_file_copies_what_a_build_needs() -> None:
    text = re.sub(r"\\\n *", "", (_TOP / "Containerfile").read_text("utf-8"))
    instructions = [line.split(None, 1) for line in text.splitlines() if line[:1].isupper()]
    copied = [
        source
        for word, rest in instructions
        if word == "COPY" and not rest.startswith("--from")
        for source in rest.split()[:-1]
    ]
    assert all((_TOP / source).exists() for source in copied)
    project = tomllib.loads((_TOP / "pyproject.toml").read_text("utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"]
    about = {"pyproject.toml", project["project"]["readme"], *project["project"]["license-files"]}
    assert {*wheel, *about} <= set(copied)
    lines = (_TOP / ".dockerignore").read_text("utf-8").splitlines()
    assert {line[1:] for line in lines if line.startswith("!")} == set(copied)
    assert ["ENTRYPOINT", '["harness"]'] in instructions
    for word, rest in instructions:
        if word == "RUN":
            subprocess.run(["sh", "-n", "-c", rest], check=True)
