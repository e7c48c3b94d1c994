"""Files that people or a run have written, spoilt in any way: read, or refused with the place."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.baseline_file import load_expectations
from harness.errors import ScenarioError, UsageError
from harness.evidence import EvidenceFolder
from harness.evidence_record import RECORD, line_digests
from harness.execution import RunOrder, execute, unheard
from harness.reference.sender import handle
from harness.replay import EvidenceError, replay
from harness.requirements import load_catalogue
from harness.runner import Options
from harness.scenario.case import Case
from harness.scenario.expansion import expand
from harness.scenario.library import load_library
from harness.scenario.loading import load
from harness.scenario.places import bundled_folder
from harness.selection import Selection
from harness.senders.file import read_sender_file
from harness.senders.in_process import InProcessSender

from .budget import share
from .complaint_lines import read_or_refused
from .mutation import CORPUS, corpus, mutated

WORDS = (
    b"axes:\n  a: [1, 2]\n", b"title: x\n", b"given:\n", b"{a.b}", b"&a ", b"*a", b"!!binary ",
    b"<<: ", b"- - - - ", b"? ", b"|\n", b">-\n", b"[[[[[[[[[[[[[[[[[[[[", b"{a: {a: {a: {a: {a: ",
    b"control: ", b"0x1F", b"1_000", b".inf", b"yes", b"2026-01-01", b"---\n", b"...\n",
    b"%YAML 9.9\n", b"\x85", b"\xe2\x80\xa8",
)  # fmt: skip
SCENARIOS = [file.read_bytes() for file in sorted(bundled_folder().rglob("*.yaml"))]
SENDER_FILES = [
    *corpus("senders"),
    *(file.read_bytes() for file in sorted(Path("examples/senders").glob("*.yaml"))),
]
CATALOGUE = load_catalogue()
JSON = (
    b'"case": "x"',
    b"[]",
    b"{}",
    b"null",
    b'"../../x"',
    b"[" * 2000,
    b"1e999",
    b"NaN",
    b'"fact":',
)
# Some of what evidence is about: a log-in, a certificate refused, an API.
PART = (
    "auth/initial-response", "tls/certificate[mode=tls,certificate=expired]",
    "api/any/recipients-all-refused[provider=ses]",
)  # fmt: skip
# Evidence is read by programs: its mistakes are `file:line: reason`.
_IN_EVIDENCE = re.compile(r"[^\n:]+:\d+: [^\n]+")
# More cases than any file of the library has.
MOST_CASES = 10_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("files")


@share(120)
@given(octets=mutated(SCENARIOS, WORDS))
def test_a_scenario_is_read_or_refused_with_its_line(folder: Path, octets: bytes) -> None:
    file = folder / "scenario.yaml"
    file.write_bytes(octets)
    cases = read_or_refused(
        lambda: expand(load(file, source="s.yaml"), "fuzz/s", catalogue=CATALOGUE),
        ScenarioError,
        source="s.yaml",
    )
    if cases is not None:
        assert 0 < len(cases) <= 2 * MOST_CASES
        assert len({case.id for case in cases}) == len(cases)


@share(60)
@given(octets=mutated(SENDER_FILES, WORDS))
def test_a_sender_file_is_read_or_refused_with_its_line(folder: Path, octets: bytes) -> None:
    file = folder / "sender.yaml"
    file.write_bytes(octets)
    read_or_refused(lambda: read_sender_file(str(file)), UsageError, source=str(file))


@share(30)
@given(octets=mutated(corpus("baselines"), WORDS))
def test_a_baseline_is_read_or_refused_with_its_line(folder: Path, octets: bytes) -> None:
    file = folder / "baseline.yaml"
    file.write_bytes(octets)
    read_or_refused(lambda: load_expectations(file), UsageError, source=str(file))


@pytest.fixture(scope="module")
def part() -> tuple[Case, ...]:
    return Selection(globs=PART).of(load_library().cases)


@pytest.fixture(scope="module")
def evidence(part: tuple[Case, ...], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a run of a few cases has left."""
    root = tmp_path_factory.mktemp("evidence")
    options = Options(jobs=4, evidence=EvidenceFolder(root))
    order = RunOrder(cases=part, seed=3, options=options)
    asyncio.run(execute(order, lambda _: InProcessSender("right", handle), unheard))
    return root


@pytest.fixture(scope="module")
def spoilt(evidence: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy, one file of which is spoilt at a time."""
    root = tmp_path_factory.mktemp("spoilt") / "evidence"
    shutil.copytree(evidence, root)
    return root


@pytest.mark.wire
@share(50)
@given(data=st.data())
def test_evidence_is_judged_again_or_refused_with_its_place(
    part: tuple[Case, ...], spoilt: Path, data: st.DataObject
) -> None:
    files = sorted(path.relative_to(spoilt) for path in spoilt.rglob("*") if path.is_file())
    file = spoilt / data.draw(st.sampled_from(files))
    record = file.parent / RECORD
    whole = {each: each.read_bytes() for each in (file, record) if each.exists()}
    try:
        file.write_bytes(data.draw(mutated([whole[file]], JSON)))
        if data.draw(st.booleans()):
            sign_again(file, record)
        told = problems_of(spoilt, part)
    finally:
        for each, octets in whole.items():
            each.write_bytes(octets)
    assert all(_IN_EVIDENCE.fullmatch(problem) for problem in told), told


def problems_of(folder: Path, part: tuple[Case, ...]) -> tuple[str, ...]:
    """What is told of this evidence."""
    try:
        return replay(folder, part, CATALOGUE, strict=False).problems
    except EvidenceError as error:
        return (str(error),)


def sign_again(file: Path, record: Path) -> None:
    """Have the digests fit the file, so that what is in it gets read."""
    if file == record or not record.exists():
        return
    kept = json.loads(record.read_bytes())
    if file.name in kept["files"]:
        kept["files"][file.name] = list(line_digests(file.read_bytes()))
        record.write_text(json.dumps(kept))


def test_the_corpus_is_read_as_it_is(folder: Path) -> None:
    for sender in (CORPUS / "senders").glob("*.yaml"):
        read_sender_file(str(sender))
    for baseline in (CORPUS / "baselines").glob("*.yaml"):
        assert load_expectations(baseline).entries
