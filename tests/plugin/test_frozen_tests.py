"""Other people's tests that replace Python's clock, with the plugin's fixtures."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.whole

TESTS = """
import smtplib, ssl
import freezegun, pytest, time_machine

FREEZERS = {"freezegun": freezegun.freeze_time, "time-machine": time_machine.travel}
freeze = FREEZERS["%(freezer)s"]("2020-05-05")

def right(request):
    from harness.reference.sender import handle
    return handle(request)

@freeze
def test_that_only_asks_for_the_port(harness_smtp):
    assert harness_smtp.port

def test_that_is_not_frozen(harness_smtp):
    context = ssl.create_default_context(cafile=str(harness_smtp.ca_file))
    with smtplib.SMTP("localhost", harness_smtp.port) as client:
        client.starttls(context=context)
        client.login(harness_smtp.username, harness_smtp.password)

@freeze
@pytest.mark.parametrize("sender", ["reference", right, "python:harness.reference.sender:handle"])
def test_of_a_right_sender(harness_run, sender):
    report = harness_run("modes/implicit-tls[mode=verified]", "api/ses/accepted[version=v2,*]",
                         sender=sender)
    assert report.summary["pass"] >= 4
    report.assert_passed()
"""


@pytest.mark.parametrize("freezer", ["freezegun", "time-machine"])
def test_a_frozen_test_is_right_and_leaves_nothing_to_the_next(
    pytester: pytest.Pytester, freezer: str
) -> None:
    pytester.makepyfile(TESTS % {"freezer": freezer})
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:xdist")
    result.assert_outcomes(passed=5)
