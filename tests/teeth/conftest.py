"""What the proof shares: one trust anchor and one reading of the scenarios a process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.run_context import RunContext, prepared
from harness.scenario.case import Case
from harness.scenario.library import load_library

# A time-out of two seconds, for whoever is judged by a few cases.
TIME_SCALE = 1.0
# Six seconds, for whoever must not be taken for late on a busy machine.
PATIENT_TIME_SCALE = 3.0


@pytest.fixture(scope="session")
def context() -> Iterator[RunContext]:
    with prepared(seed=1, time_scale=TIME_SCALE) as made:
        yield made


@pytest.fixture(scope="session")
def patient_context() -> Iterator[RunContext]:
    with prepared(seed=1, time_scale=PATIENT_TIME_SCALE) as made:
        yield made


@pytest.fixture(scope="session")
def library() -> tuple[Case, ...]:
    return load_library().cases


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in figures how much is proved, where the proof has run."""
    from .gallery import WRONG, figures  # noqa: PLC0415  # only where it is wanted

    ran = terminalreporter.stats.get("passed", []) + terminalreporter.stats.get("failed", [])
    if any("test_a_wrong_sender_is_convicted" in report.nodeid for report in ran):
        assert WRONG
        terminalreporter.write_line(f"teeth: {figures(load_library().cases)}")
