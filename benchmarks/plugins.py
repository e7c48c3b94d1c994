"""The pytest plugin against smtpdfix and bare aiosmtpd: a test, a start unused, and its weight.

Each is installed beside pytest in an environment of its own, which stays in .bench; one has pytest
alone, and what that takes is not counted. A test sends one message in clear and looks at it.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
PLACES = ROOT / ".bench" / "plugins"
OURS = "harness"
ALONE = "pytest alone"
TESTS = 200

_PEERS = {
    line.partition("==")[0]: line
    for line in (Path(__file__).parent / "peers.txt").read_text("utf-8").splitlines()
    if line.startswith(("aiosmtpd==", "smtpdfix=="))
}
_SEND = """
import smtplib
import pytest

def send(host, port):
    with smtplib.SMTP(host, port) as client:
        client.sendmail("a@sender.test", ["b@recipient.test"], "Subject: s\\r\\n\\r\\nwords\\r\\n")
"""
_FIXTURES = {
    OURS: """
@pytest.fixture
def harness_smtp_words():
    return {"security": "none", "auth": {"offer": "never"}}

@pytest.mark.parametrize("n", range(COUNT))
def test_it(n, harness_smtp):
    send(harness_smtp.host, harness_smtp.port)
    assert len(harness_smtp.messages) == 1
""",
    "smtpdfix": """
@pytest.mark.parametrize("n", range(COUNT))
def test_it(n, smtpd):
    send(smtpd.hostname, smtpd.port)
    assert len(smtpd.messages) == 1
""",
    "aiosmtpd": """
import socket
from aiosmtpd.controller import Controller

class Keep:
    def __init__(self):
        self.kept = []

    async def handle_DATA(self, server, session, envelope):
        self.kept.append(envelope)
        return "250 OK"

@pytest.fixture
def smtp():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(Keep(), hostname="127.0.0.1", port=port)
    controller.start()
    yield controller
    controller.stop()

@pytest.mark.parametrize("n", range(COUNT))
def test_it(n, smtp):
    send(smtp.hostname, smtp.port)
    assert len(smtp.handler.kept) == 1
""",
}
_UNUSED = """
import pytest

@pytest.mark.parametrize("n", range(COUNT))
def test_it(n):
    pass
"""


def prepare() -> dict[str, Path]:
    """An environment for each, with its Python: made where there is none, and ours made anew."""
    with (ROOT / "constraints.txt").open(encoding="utf-8") as pins:
        pytest = next(line.strip() for line in pins if line.startswith("pytest=="))
    wanted = {ALONE: [pytest], OURS: [pytest, str(ROOT)]}
    wanted |= {name: [pytest, pin] for name, pin in _PEERS.items()}
    pythons = {}
    for name, requirements in wanted.items():
        place = PLACES / name.replace(" ", "-")
        python = pythons[name] = place / "bin" / "python"
        stamp = place / ".made-of"
        made_of = f"{sys.version}\n{requirements}"
        if name == OURS or not stamp.exists() or stamp.read_text("utf-8") != made_of:
            print(f"… installing {name}", end="    \r", file=sys.stderr, flush=True)
            _quietly(sys.executable, "-m", "venv", "--clear", str(place))
            pins_of_ours = ["--constraint", str(ROOT / "constraints.txt")]
            words = ["-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
            _quietly(str(python), *words, *(pins_of_ours if name == OURS else []), *requirements)
            stamp.write_text(made_of, encoding="utf-8")
            a_session(python, None, 1)  # what is compiled once counts for nobody
    return pythons


def a_session(python: Path, who: str | None, count: int) -> float:
    """Seconds of processor of a session; `who` is whose fixture the tests use, None: none.

    Not of wall time: a difference of two sessions would be mostly what else this machine does.
    """
    text = _UNUSED if who is None else _SEND + _FIXTURES[who]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "test_it.py"
        file.write_text(text.replace("COUNT", str(count)), encoding="utf-8")
        words = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "ignore", str(file)]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        _quietly(str(python), *words, folder=folder)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def overhead(python: Path, who: str) -> float:
    """Milliseconds more of a test with its fixture and mail; without what is done once."""
    used = a_session(python, who, 1 + TESTS) - a_session(python, who, 1)
    unused = a_session(python, None, 1 + TESTS) - a_session(python, None, 1)
    return (used - unused) / TESTS * 1000


def unused(python: Path) -> float:
    """Milliseconds of processor of a session with one test that uses nothing."""
    return a_session(python, None, 1) * 1000


def megabytes(python: Path) -> float:
    """What is installed, without pip and without what Python compiled."""
    [packages] = python.parent.parent.glob("lib/python*/site-packages")
    files = (
        file
        for file in packages.rglob("*")
        if file.is_file()
        and "__pycache__" not in file.parts
        and not file.relative_to(packages).parts[0].startswith(("pip", "setuptools"))
    )
    return sum(file.stat().st_size for file in files) / 1e6


def _quietly(*words: str, folder: str | None = None) -> None:
    ended = subprocess.run(words, cwd=folder, capture_output=True, check=False)
    if ended.returncode:
        told = (ended.stdout + ended.stderr).decode("utf-8", "replace")[-2000:]
        raise RuntimeError(f"{' '.join(words)}: {told}")
