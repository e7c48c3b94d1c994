"""Right couriers pass every case that is about state."""

from __future__ import annotations

import pytest

from harness.run_context import RunContext
from harness.scenario.case import Case
from harness.scenario.library import load_library

from .careful_courier import CarefulCourier
from .judging import InFolders, judged_by, not_passed, story

pytestmark = [pytest.mark.whole, pytest.mark.timeout(600)]

# Programs are started and killed, and a machine has few processors.
_JOBS = 4

FOLDERS = sorted(
    {case.scenario.rpartition("/")[0] for case in load_library().cases if case.keeps_state}
)


@pytest.mark.parametrize("folder", FOLDERS)
@pytest.mark.parametrize("courier", [CarefulCourier])
def test_a_right_courier_passes_every_case_about_state(
    courier: type[CarefulCourier],
    folder: str,
    library: tuple[Case, ...],
    patient_context: RunContext,
) -> None:
    cases = [
        case for case in library if case.keeps_state and case.scenario.startswith(f"{folder}/")
    ]
    results = judged_by(InFolders(courier), cases, patient_context, jobs=_JOBS)
    assert not not_passed(results), story(not_passed(results))
