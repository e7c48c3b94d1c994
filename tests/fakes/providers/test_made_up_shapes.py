"""What is read back in a shape of which only the path is known says so in the record."""

from __future__ import annotations

import pytest

from harness.fakes.marks import Mark

from . import postmark_requests as postmark
from . import sendgrid_requests as sendgrid

BOUNCING = "any@bounce-testing.postmarkapp.com"


@pytest.mark.parametrize(
    ("method", "target", "mark"),
    [
        ("GET", "/v3/scopes", Mark.DOCUMENTED),
        ("GET", "/v3/whitelabel/domains", Mark.DOCUMENTED),
        ("POST", "/v3/whitelabel/domains/1/validate", Mark.SYNTHETIC),
        ("GET", "/v3/messages", Mark.DOCUMENTED),
        ("GET", "/v3/messages/<id>", Mark.SYNTHETIC),
        ("POST", "/v3/logs", Mark.SYNTHETIC),
        ("GET", "/v3/logs/<id>", Mark.SYNTHETIC),
    ],
)
def test_sendgrid(method: str, target: str, mark: Mark) -> None:
    sent = sendgrid.ask(sendgrid.account()).account
    identifier = sendgrid.read(sent, "/v3/messages")["messages"][0]["msg_id"]
    response = sendgrid.ask(sent, target.replace("<id>", identifier), {}, method=method).response
    assert (response.status, response.mark) == (200, mark)


@pytest.mark.parametrize(
    ("kind", "method", "target", "mark"),
    [
        (None, "GET", "/server", Mark.DOCUMENTED),
        (None, "GET", "/stats/outbound", Mark.SYNTHETIC),
        (None, "GET", "/messages/outbound/<id>/details", Mark.DOCUMENTED),
        ("HardBounce", "GET", "/messages/outbound/<id>/details", Mark.SYNTHETIC),
        ("HardBounce", "GET", "/bounces", Mark.DOCUMENTED),
        ("HardBounce", "GET", "/bounces/1", Mark.DOCUMENTED),
        ("HardBounce", "GET", "/bounces/1/dump", Mark.SYNTHETIC),
        ("HardBounce", "PUT", "/bounces/1/activate", Mark.SYNTHETIC),
        ("HardBounce", "GET", "/deliverystats", Mark.DOCUMENTED),
        ("SoftBounce", "GET", "/bounces", Mark.SYNTHETIC),
        ("SoftBounce", "GET", "/bounces/1", Mark.SYNTHETIC),
        ("SoftBounce", "GET", "/deliverystats", Mark.SYNTHETIC),
    ],
)
def test_postmark(kind: str | None, method: str, target: str, mark: Mark) -> None:
    headers = [{"Name": "X-PM-Bounce-Type", "Value": kind}]
    changes = {"To": BOUNCING, "Headers": headers} if kind else {}
    sent = postmark.ask(postmark.account(), body=postmark.letter(**changes))
    target = target.replace("<id>", sent.account.accepted[0].provider_id)
    response = postmark.ask(sent.account, target, method=method, raw=b"").response
    assert (response.status, response.mark) == (200, mark)
