"""The fake of each vendor under anything at all that comes instead of a request."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.fakes.http.facts import HttpRequested, HttpResponded
from harness.fakes.tls import Authority
from harness.fakes.transcript import Transcript
from tests.fakes.memory import assert_sound, fed, sent_over_a_socket

from .accounting import kept
from .budget import share
from .mutation import cuts, mutated, pieces_of, turns
from .vendor_requests import VENDORS, VendorRequest, asked_of, fake_like

pytestmark = pytest.mark.wire

WORDS = (
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"POST ", b"HEAD ", b"OPTIONS * ", b"HTTP/1.0", b"HTTP/2",
    b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n", b"Expect: 100-continue\r\n",
    b"Connection: Upgrade\r\nUpgrade: h2c\r\n", b"Authorization: Basic Og==\r\n", b"0\r\n\r\n",
    b"5;x=y\r\nhello\r\n", b"[[[[[[[[[[", b'{"a":', b"--x--\r\n", b"\x16\x03\x01\x00\x05hello",
)  # fmt: skip
CANARY = b"c4n4ry0123456789"


@pytest.fixture(scope="module", params=VENDORS)
def vendor(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def asked(vendor: str, ca_file: Path) -> VendorRequest:
    return asked_of(vendor, ca_file)


@share(168, among=len(VENDORS))
@given(data=st.data(), places=cuts, turns=turns)
def test_nothing_that_comes_in_breaks_a_vendors_fake(
    vendor: str,
    asked: VendorRequest,
    authority: Authority,
    ca_file: Path,
    loop: asyncio.Runner,
    data: st.DataObject,
    places: list[int],
    turns: tuple[int, ...],
) -> None:
    fake = fake_like(asked, vendor, authority, ca_file)
    octets = data.draw(mutated((asked.whole, *asked.others), WORDS, edits=5))
    taken, _ = loop.run(fed(fake, pieces_of(octets, places), turns=turns))
    assert_sound(fake.transcript)
    assert_answered(fake.transcript)
    assert kept(fake.transcript) <= 2 * len(taken) + 100


@share(98, among=len(VENDORS))
@given(data=st.data(), at=st.integers(0, 4000), places=cuts, turns=turns)
def test_a_secret_anywhere_in_what_came_is_in_the_record(
    vendor: str,
    asked: VendorRequest,
    authority: Authority,
    ca_file: Path,
    loop: asyncio.Runner,
    data: st.DataObject,
    at: int,
    places: list[int],
    turns: tuple[int, ...],
) -> None:
    fake = fake_like(asked, vendor, authority, ca_file)
    octets = data.draw(mutated((asked.whole, asked.others[1]), WORDS[:5], edits=2))
    octets = data.draw(st.sampled_from([b"", asked.whole, b"\0\r\n\r\n"])) + octets
    at %= len(octets) + 1
    taken, _ = loop.run(
        fed(fake, pieces_of(octets[:at] + CANARY + octets[at:], places), turns=turns)
    )
    carried = b"".join(each.data for event in fake.transcript for each in event.fact.carried)
    assert CANARY in carried or CANARY not in taken


@share(14, among=len(VENDORS))
@given(data=st.data(), places=cuts, reset=st.booleans())
def test_nothing_over_a_socket_breaks_it_either(
    vendor: str,
    asked: VendorRequest,
    authority: Authority,
    ca_file: Path,
    loop: asyncio.Runner,
    data: st.DataObject,
    places: list[int],
    reset: bool,
) -> None:
    fake = fake_like(asked, vendor, authority, ca_file)
    octets = data.draw(mutated((asked.whole, *asked.others), WORDS))
    loop.run(sent_over_a_socket(fake, pieces_of(octets, places), reset=reset))
    assert_sound(fake.transcript)


def assert_answered(transcript: Transcript) -> None:
    """Each request has its answer, and what is none has one more at the end."""
    requests = len(list(transcript.of(HttpRequested)))
    responses = [fact.response for _, fact in transcript.of(HttpResponded)]
    assert requests <= len(responses) <= requests + 1
    assert all(100 <= response.status < 600 for response in responses)
