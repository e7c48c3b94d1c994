"""What lies in the evidence does nothing where it is shown, and has every octet all the same."""

from __future__ import annotations

import asyncio
import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from harness.escaping import is_inert
from harness.evidence import EvidenceFolder
from harness.execution import RunOrder, by_spec, execute, unheard
from harness.reference.sender import handle as right
from harness.reports.complaints import Remark, remarks_on_answers
from harness.reports.formats import Context, report_formats
from harness.reports.terminal import summary_text
from harness.runner import Options
from harness.scenario.library import load_library
from harness.senders.in_process import InProcessSender

pytestmark = pytest.mark.wire

HOSTILE = "\x1b[2J\x00\x9b2J\u202e\r::error::owned ##[error]owned\n  ::error file=x::owned"
SCENARIO = """\
title: A message is sent and taken
verifies: [ORY-035]
when: {send: {message: {text: "MARK\\n"}}}
then: {sender: {status: sent}, wire: {messages: once}}
"""


@pytest.fixture
def cases(tmp_path: Path) -> Any:
    file = tmp_path / "scenarios" / "one.yaml"
    file.parent.mkdir()
    file.write_text(SCENARIO, encoding="utf-8")
    return load_library((str(file.parent),)).cases


def hostile(request: dict[str, Any]) -> dict[str, Any]:
    if request["action"] == "send":
        request["message"]["text"] = HOSTILE
        return {**right(request), "atempts": 1, "final_reply": HOSTILE}
    return {**right(request), "features": [*right(request)["features"], "stmp"]}


def test_everything_in_the_evidence_is_inert_and_exact(cases: Any, tmp_path: Path) -> None:
    folder = tmp_path / "evidence"
    order = RunOrder(cases=cases, options=Options(evidence=EvidenceFolder(folder)))
    result = asyncio.run(execute(order, lambda _: InProcessSender("x", hostile), unheard))
    files = {file.name: file.read_bytes() for file in (folder / "one").iterdir()}
    for name, content in files.items():
        assert is_inert(content), name
    assert "message-0.eml" not in files
    assert b"\\x1b[2J" in files["message-0.txt"] + files["output.txt"]
    assert b64decode(files["message-0.eml.base64"]).startswith(b"")
    [answer] = json.loads(files["answers.json"])
    assert answer["final_reply"] == HOSTILE
    [[complaint]] = json.loads(files["complaints.json"])
    assert complaint.startswith("atempts: ")
    assert remarks_on_answers(result) == (
        Remark(text="features: there is no 'stmp'; did you mean 'smtp'?", cases=0),
        Remark(text=complaint, cases=1),
    )
    shown = summary_text(result, status=0, width=100, colour=False, context=Context())
    assert "did you mean `attempts`? (in 1 case)" in " ".join(shown.split())
    assert "(in its description of itself)" in " ".join(shown.split())
    for name, form in report_formats().items():
        if hasattr(form, "render"):
            assert is_inert(form.render(result, Context()).encode()), name
    markdown: Any = report_formats()["markdown"]
    assert "did you mean `attempts`?" in markdown.render(result, Context())


def test_what_a_program_wrote_is_there_octet_for_octet(cases: Any, tmp_path: Path) -> None:
    folder = tmp_path / "evidence"
    script = tmp_path / "program.sh"
    script.write_bytes(
        b"printf '\\033[2J\\000\\377::error::x\\n' >&2\necho '{\"status\":\"failed\"}'\n"
    )
    order = RunOrder(cases=cases, options=Options(evidence=EvidenceFolder(folder)))
    spec = by_spec(f"command:sh {script}", environment={"PATH": "/usr/bin:/bin"})
    result = asyncio.run(execute(order, spec, unheard))
    assert is_inert((folder / "one/output.txt").read_bytes())
    assert b"\\x1b[2J\\x00" in (folder / "one/output.txt").read_bytes()
    [streams] = json.loads((folder / "one/output.json").read_bytes())
    assert streams["stderr"].encode("latin-1") == b"\x1b[2J\0\xff::error::x\n"
    assert result.cases[0].verdict == "fail"


def test_a_secret_in_what_is_not_kept_convicts(cases: Any, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        "import json, sys\n"
        "request = json.load(sys.stdin)\n"
        "if request['action'] == 'send':\n"
        "    password = request['transport']['password']\n"
        "    sys.stderr.write('x' * 200_000)\n"
        "    sys.stderr.write(''.join(f'%{ord(c):02x}' for c in password))\n"
        "    sys.stderr.write('x' * 200_000)\n"
        "print(json.dumps({'status': 'failed'}))\n",
        encoding="utf-8",
    )
    order = RunOrder(cases=cases)
    spec = by_spec(f"command:python3 {program}", environment={"PATH": "/usr/bin:/bin"})
    [case] = asyncio.run(execute(order, spec, unheard)).cases
    [leak] = [finding for finding in case.findings if finding.leak and not finding.met]
    assert (leak.check, leak.observed) == ("discretion", "it says the password")
