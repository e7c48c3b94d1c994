"""What `harness init` puts into a project that has nothing of the harness yet.

A sender that works at once, so that the way to it is proved before anybody replaces its heart, the
file that says how it is driven, a baseline and a CI job. Everything but the job lies in one folder.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from harness.baseline import VERSION, Baseline
from harness.baseline_file import baseline_text

FOLDER = "mail-harness"
FIRST_CASE = "modes/starttls[verification=verified]"

_FILES = Path(__file__).with_name("files")
_WITH = "\n        with: "  # as deep as the steps of files/ci/github.yml


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """A language that a starter is written in.

    `signs` are files that tell that a project is written in it. `starts` is the command that starts
    the sender, `image` what GitLab runs it in, `prepares` what a CI job has to do first: a step of
    a workflow, and a line of a script.
    """

    name: str
    signs: tuple[str, ...]
    sender: str
    starts: str
    start_limit: int | None = None
    image: str
    workflow_step: str
    script_line: str


LANGUAGES: Final[Mapping[str, Language]] = MappingProxyType(
    {
        language.name: language
        for language in (
            Language(
                name="python",
                signs=("pyproject.toml", "setup.py", "setup.cfg", "requirements.txt"),
                sender="sender.py",
                starts=f"python {FOLDER}/sender.py",
                image="python:3.13",
                workflow_step=f"uses: actions/setup-python@v5{_WITH}{{python-version: '3.x'}}",
                script_line="pip install mail-harness",
            ),
            Language(
                name="node",
                signs=("package.json",),
                sender="sender.mjs",
                starts=f"node {FOLDER}/sender.mjs",
                image="nikolaik/python-nodejs:python3.13-nodejs22",
                workflow_step="run: npm ci",
                script_line="npm ci && pip install mail-harness",
            ),
            Language(
                name="go",
                signs=("go.mod",),
                sender="main.go",
                starts=f"go run ./{FOLDER}",
                start_limit=120,  # seconds; the first start compiles
                image="golang:bookworm",
                workflow_step=f"uses: actions/setup-go@v5{_WITH}{{go-version: stable}}",
                script_line=(
                    "apt-get update && apt-get install --yes pipx"
                    " && pipx install mail-harness && export PATH=$PATH:/root/.local/bin"
                ),
            ),
        )
    }
)
CI_SERVICES: Final = ("github", "gitlab")


@dataclass(frozen=True, slots=True, kw_only=True)
class StarterFile:
    """A file that is to be written: where, from the top of the project, and what it is for."""

    path: Path
    content: str
    purpose: str


def languages_of(project: Path) -> tuple[Language, ...]:
    """The languages that the files at the top of a project speak of."""
    return tuple(
        language
        for language in LANGUAGES.values()
        if any((project / sign).is_file() for sign in language.signs)
    )


def ci_service_of(project: Path) -> str:
    """Where a project is tested, as far as its files tell; GitHub where they do not."""
    is_at_gitlab = (project / ".gitlab-ci.yml").is_file() and not (project / ".github").is_dir()
    return "gitlab" if is_at_gitlab else "github"


def starter(language: Language, ci_service: str) -> Iterator[StarterFile]:
    """The files of a starter in this language, tested at this CI service."""
    folder = Path(FOLDER)
    yield StarterFile(
        path=folder / language.sender,
        content=_text(language.name, language.sender),
        purpose="the way to your code: put it in the place of `send`",
    )
    yield StarterFile(
        path=folder / "sender.yaml",
        content=_sender_file(language),
        purpose="how that is driven, and what its words mean",
    )
    yield StarterFile(
        path=folder / "baseline.yaml",
        content=baseline_text(Baseline(baseline=VERSION)),
        purpose="what is known to fail: nothing yet",
    )
    if ci_service == "gitlab":
        path, steps = folder / "gitlab-ci.yml", language.script_line
    else:
        path, steps = Path(".github/workflows/mail-harness.yml"), language.workflow_step
    content = _text("ci", f"{ci_service}.yml").replace("SETUP", steps)
    yield StarterFile(
        path=path,
        content=content.replace("IMAGE", language.image),
        purpose="asks it on every push",
    )


def _text(folder: str, name: str) -> str:
    return (_FILES / folder / name).read_text(encoding="utf-8")


def _sender_file(language: Language) -> str:
    starts = language.starts
    if language.name == "python" and shutil.which("python") is None:
        starts = starts.replace("python", "python3", 1)
    lines = [
        "# How harness drives your sender, from the top of the project. What more may stand here:",
        "# docs/senders.md of harness, and `harness explain error_map` for each word.",
        f'sender: "command+lines:{starts}"',
    ]
    if language.start_limit is not None:
        lines.append(f"limits: {{start: {language.start_limit}}} # the first start compiles")
    lines += [
        "# What its own words mean, so that they count as telling:",
        "# error_map:",
        '#   - {pattern: "certificate has expired", phase: tls, class: certificate-expired}',
    ]
    return "\n".join(lines) + "\n"
