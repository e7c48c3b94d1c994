"""Fakes in tests that replace Python's clock: what is good stays good, and what waits goes on."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
import subprocess
import sys
import textwrap
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

import freezegun
import pytest
import time_machine

from harness.fakes import Smtp
from harness.fakes.clock import monotonic, nearest, real_now
from harness.fakes.http.exchange import Request
from harness.fakes.http.server_time import server_time
from harness.fakes.loop_thread import SteadyLoop
from harness.fakes.tls import Authority

Freeze = Callable[[str], AbstractContextManager[object]]

FREEZERS: Mapping[str, Freeze] = MappingProxyType(
    {
        "freezegun": freezegun.freeze_time,
        "time-machine": lambda at: time_machine.travel(at, tick=False),
    }
)
MOMENTS = ("1971-01-01", "2049-12-31", "2099-01-01")


@pytest.fixture(params=FREEZERS)
def freeze(request: pytest.FixtureRequest) -> Freeze:
    return FREEZERS[request.param]


def deliver(fake: Any) -> None:
    context = ssl.create_default_context(cafile=str(fake.ca_file))
    with smtplib.SMTP("localhost", fake.port, timeout=10) as client:
        client.starttls(context=context)
        client.login(fake.username, fake.password)
        client.sendmail("a@one.example", ["b@two.example"], b"Subject: x\r\n\r\ny\r\n")


@pytest.mark.wire
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_fake_made_under_a_frozen_clock_serves_before_and_after_it_thaws(
    moment: str, freeze: Freeze
) -> None:
    authority = Authority.create()
    with freeze(moment):
        first = Smtp(authority=authority)
        with first.running():
            deliver(first)
    second = Smtp(authority=authority)
    with second.running():
        deliver(second)
        with freeze(moment):
            deliver(second)
        deliver(second)
    assert (len(first.messages), len(second.messages)) == (1, 3)


@pytest.mark.wire
def test_bad_dates_are_bad_under_a_frozen_clock(freeze: Freeze) -> None:
    for kind, moment in (("expired", "2000-06-01"), ("not-yet-valid", "2999-06-01")):
        with (
            freeze(moment),
            Smtp(certificate=kind).running() as fake,
            pytest.raises(ssl.SSLCertVerificationError, match=r"expired|not yet valid"),
        ):
            deliver(fake)


@pytest.mark.wire
@pytest.mark.parametrize("moment", ["1971-01-01", "2099-01-01"])
def test_a_late_reply_comes_and_no_session_ends_when_the_clock_jumps(
    moment: str, freeze: Freeze
) -> None:
    late = {"at": "noop", "do": "late", "wait": "10ms"}
    with (
        Smtp(security="none", faults=[late]).running() as fake,
        smtplib.SMTP("localhost", fake.port, timeout=10) as client,
    ):
        assert client.ehlo()[0] == 250
        with freeze(moment):
            assert client.noop()[0] == 250
            assert client.noop()[0] == 250
        assert client.noop()[0] == 250


PROGRAM = """
    import freezegun, time_machine
    freezers = {"freezegun": freezegun.freeze_time, "time-machine": time_machine.travel}
    with freezers["%s"]("2020-05-05"):
        from harness.fakes import SendGrid, Ses, Smtp
        from harness.fakes.smtp import session
        import harness.embedding, harness.reference.smtp, harness.reference.api_calls.send
        with Smtp().running() as smtp, Ses().running() as ses:
            ses.smtp.port
            harness.embedding.run(["api/ses/accepted*", "modes/implicit-tls"]).assert_passed()
    with Smtp().running() as smtp, SendGrid().running() as api:
        smtp.transcript.open_connection()
        assert smtp.transcript.clock() > 0 and api.smtp.port
    harness.embedding.run(["modes/implicit-tls"]).assert_passed()
"""


@pytest.mark.whole
@pytest.mark.parametrize("freezer", FREEZERS)
def test_nothing_that_was_imported_under_a_frozen_clock_keeps_it(freezer: str) -> None:
    program = textwrap.dedent(PROGRAM % freezer)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_real_time_is_seen_through_a_frozen_clock(freeze: Freeze) -> None:
    before, started = datetime.now(UTC), monotonic()
    with freeze("2001-02-03"):
        seen, went = real_now(), monotonic()
    assert abs(seen - before) < timedelta(minutes=1)
    assert 0 <= went - started < 60


def test_a_loop_measures_by_the_real_clock(freeze: Freeze) -> None:
    loop = SteadyLoop()
    try:
        with freeze("2001-02-03"):
            loop.run_until_complete(asyncio.sleep(0.001))
            assert abs(loop.time() - monotonic()) < 60
    finally:
        loop.close()


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("x-amz-date", "{:%Y%m%dT%H%M%SZ}"),
        ("date", "{:%a, %d %b %Y %H:%M:%S} GMT"),
    ],
)
def test_a_request_is_judged_by_the_clock_that_its_sender_goes_by(
    header: str, value: str, freeze: Freeze
) -> None:
    real = real_now()
    frozen = datetime(2001, 2, 3, tzinfo=UTC)
    with freeze("2001-02-03"):
        for sender in (real, frozen, real - timedelta(hours=2), frozen + timedelta(hours=2)):
            told = Request(method="GET", target="/", headers=((header, value.format(sender)),))
            expected = nearest(sender, (real, frozen))
            assert abs(server_time(told) - expected) < timedelta(minutes=1)
        for words in ((), ((header, "no date"),)):
            assert server_time(Request(method="GET", target="/", headers=words)) == frozen
