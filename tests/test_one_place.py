"""Adding a thing touches one place: each is added to a copy of the code, and then used.

The copy gets the file, or the row, that CONTRIBUTING.md names, and nothing else. There the thing
has to be found, to be in the schema where it is written in a file, to pass `harness validate`, and
to do its work in a run.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

pytestmark = pytest.mark.whole

_TOP = Path(__file__).parent.parent

# Runs one command after the other in one process, and tells how each ended.
_CALLS = """
import contextlib, io, json, sys
from harness.cli import main

ended = []
for arguments in json.loads(sys.argv[1]):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main(arguments)
        except SystemExit as left:
            status = left.code
    ended.append([status, out.getvalue(), err.getvalue()])
print(json.dumps(ended))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition:
    """A thing, the one place that is touched for it, and a scenario that uses it.

    `row` goes behind the line of `file` that begins with `behind`; without these `text` becomes
    the file. `shown` are commands, each with what it has to print once the thing is there, `left`
    is a file that the run leaves, with what has to stand in it.
    """

    thing: str
    file: str
    text: str
    behind: str | None = None
    scenario: str = ""
    options: tuple[str, ...] = ()
    shown: tuple[tuple[tuple[str, ...], str], ...] = ()
    left: tuple[str, str]

    def to(self, tree: Path) -> None:
        """Add the thing."""
        place = tree / self.file
        if self.behind is None:
            assert not place.exists()
            place.write_text(dedent(self.text), encoding="utf-8")
            return
        before, line, after = place.read_text(encoding="utf-8").partition(self.behind)
        assert line
        place.write_text(f"{before}{self.text}{line}{after}", encoding="utf-8")


ADDITIONS = (
    Addition(
        thing="check",
        file="harness/checks/command_lines.py",
        text='''\
        """How many lines the sender sent, whatever they were."""

        from harness.fakes.smtp.facts import Command

        from .check import Check
        from .counts import Count, CountField
        from .record import Observation, Record, numbers


        def command_lines(record: Record, wanted: Count) -> Observation:
            """Count them."""
            found = [event for event, _ in record.of(Command)]
            return Observation(
                met=wanted.holds(len(found)),
                expected=f"lines: {wanted}",
                observed=f"lines: {len(found)}",
                events=numbers(found),
            )


        CHECKS = (
            Check(
                key="command-lines",
                words="how many lines came",
                wanted=CountField,
                ask=command_lines,
            ),
        )
        ''',
        scenario="""\
        title: A message takes some lines
        verifies: [ORY-035]
        when: {send: {}}
        then: {sender: {status: sent}, wire: {command-lines: some}}
        """,
        shown=((("schema", "scenario"), '"command-lines": '), (("show", "new"), '"command-lines"')),
        left=("report.json", '"check": "command-lines"'),
    ),
    Addition(
        thing="fault action",
        file="fakes/faults/actions/shout.py",
        text='''\
        """Replies in capitals."""

        from typing import Literal

        from ..steps import SendOctets, Step
        from .base import FaultAction


        class Shout(FaultAction):
            """The honest reply, in capitals."""

            do: Literal["shout"]

            def steps(self, honest: bytes, *, timeout: float) -> list[Step]:
                return [SendOctets(honest.upper())]
        ''',
        scenario="""\
        title: A server that shouts is understood
        verifies: [ORY-035]
        given: {smtp: {faults: [{at: greeting, do: shout}]}}
        when: {send: {}}
        then: {sender: {status: sent}, wire: {messages: once}}
        """,
        shown=((("schema", "scenario"), '"shout"'),),
        left=("evidence/new/conversation.txt", "220 MX.FAKE.TEST"),
        options=("--evidence", "evidence"),
    ),
    Addition(
        thing="kind of certificate",
        file="fakes/tls/kinds.py",
        behind="    SELF_SIGNED = (\n",
        text="""\
    EXPIRED_CHAIN = (
        "expired-chain",
        _refused(
            VerifyCode.HAS_EXPIRED,
            "Ran out, and is issued by an intermediate that is sent along.",
            "CERT-02",
            recipe=Recipe.THROUGH_INTERMEDIATE,
            validity=Validity.PAST,
        ),
    )
""",
        scenario="""\
        title: A chain whose leaf has expired is refused
        verifies: [ORY-035]
        situations: [CERT-02]
        given: {smtp: {certificate: expired-chain}}
        when: {send: {}}
        then: {sender: {status: failed}, wire: {auth: never, mail: never}}
        control: {smtp: {certificate: good}}
        """,
        shown=((("schema", "scenario"), '"expired-chain"'),),
        left=("evidence/new/conversation.txt", "TLS failed: certificate_expired"),
        options=("--evidence", "evidence"),
    ),
    Addition(
        thing="report format",
        file="harness/reports/tally.py",
        text='''\
        """The number of cases, and nothing else."""

        from harness.model import RunResult
        from harness.reports.formats import Context, WholeFormat


        def render(result: RunResult, context: Context) -> str:
            """Render the number."""
            del context
            return f"{len(result.cases)} in all\\n"


        FORMAT = WholeFormat(name="tally", about="the number of cases", render=render)
        ''',
        scenario="""\
        title: A message is sent and taken once
        verifies: [ORY-035]
        when: {send: {}}
        then: {sender: {status: sent}, wire: {messages: once}}
        """,
        options=("--report", "tally=tally.txt"),
        shown=((("run", "--report", "none"), "ndjson, tally"),),
        left=("tally.txt", "1 in all\n"),
    ),
    Addition(
        thing="document",
        file="harness/requirements/acme.yaml",
        text="""\
        prefix: ACME
        title: ACME, How our shop sends mail
        address: https://acme.example/handbook/mail
        date: 2026-02-01
        rows:
          - {id: ACME-001, statement: A receipt is sent once., level: MUST}
        """,
        scenario="""\
        title: A receipt is sent and taken once
        verifies: [ACME-001]
        when: {send: {}}
        then: {sender: {status: sent}, wire: {messages: once}}
        """,
        shown=(
            (("requirements", "mine"), "ACME-001   MUST   checked "),
            (("explain", "ACME-001", "mine"), "document    ACME, How our shop sends mail"),
        ),
        left=("report.json", '"ACME-001"'),
    ),
)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the code, with no scenario but those of the test."""
    shutil.copytree(_TOP / "harness", tmp_path / "harness")  # and what the link in it leads to
    (tmp_path / "fakes").symlink_to(tmp_path / "harness/fakes", target_is_directory=True)
    (tmp_path / "scenarios").mkdir()
    return tmp_path


def called(tree: Path, *commands: tuple[str, ...]) -> list[tuple[Any, str]]:
    """How each command ended in the copy, and everything that it printed."""
    ended = subprocess.run(
        [sys.executable, "-c", _CALLS, json.dumps(commands)],
        cwd=tree,
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(tree), "PATH": "", "NO_COLOR": "1"},
    )
    return [(status, out + err) for status, out, err in json.loads(ended.stdout)]


@pytest.mark.parametrize("addition", ADDITIONS, ids=lambda addition: addition.thing)
def test_what_is_added_in_one_place_is_there(addition: Addition, tree: Path) -> None:
    (tree / "mine").mkdir()
    for folder in ("mine", "scenarios"):
        scenario = tree / folder / "new.yaml"
        scenario.write_text(dedent(addition.scenario), encoding="utf-8")
    commands = [command for command, _ in addition.shown]
    run = ("run", "mine", "--report", "json=report.json", *addition.options)
    [(status, told)] = called(tree, run)
    assert status == 2, f"it was there before: {told}"
    addition.to(tree)
    valid, ran, *rest = called(tree, ("validate", "mine"), run, *commands)
    assert valid == (0, valid[1]), valid[1]
    assert ran == (0, ran[1]), ran[1]
    report = json.loads((tree / "report.json").read_text(encoding="utf-8"))
    assert {case["verdict"] for case in report["cases"]} == {"pass"}
    for (_, printed), (command, words) in zip(rest, addition.shown, strict=True):
        assert words in printed, command
    file, words = addition.left
    assert words in (tree / file).read_text(encoding="utf-8")


def _table() -> dict[str, str]:
    """What CONTRIBUTING.md says is written for each thing."""
    text = (_TOP / "CONTRIBUTING.md").read_text(encoding="utf-8")
    lines = text.partition("| to add |")[2].partition("\n\n")[0].splitlines()[2:]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {thing: write for thing, write, *_ in cells}


@pytest.mark.parametrize("addition", ADDITIONS, ids=lambda addition: addition.thing)
def test_the_place_is_the_one_that_contributing_names(addition: Addition) -> None:
    write = _table()[addition.thing]
    [named] = re.findall(r"`(\w+/[\w/.]+)`", write)
    pattern = re.escape(named).replace("NAME", r"[a-z_]+")
    assert re.fullmatch(pattern, addition.file)
    assert ("row" in write) == (addition.behind is not None)


def test_every_place_that_contributing_names_is_there() -> None:
    for write in _table().values():
        for named in re.findall(r"`(\w+/[\w/.]+)`", write):
            place = _TOP / named
            assert (place.parent if "NAME" in named else place).exists(), named
