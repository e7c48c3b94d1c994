"""What a fake is told to say can be said: what cannot is refused when it is made."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from harness.errors import ScenarioError
from harness.fakes import FakeError, SendGrid, Smtp
from harness.scenario.library import load_library

HALF = "\ud800"


def fault(**action: Any) -> dict[str, Any]:
    return {"faults": [{"at": "ehlo", **action}]}


UNSAYABLE: list[tuple[dict[str, Any], str]] = [
    (fault(do="respond", status=200, headers={"X-Note": "\u017e"}), "headers.X-Note.*'\u017e'"),
    (fault(do="respond", status=200, headers={"X-\u017e": "note"}), "'\u017e' is no octet"),
    (fault(do="respond", status=200, body=HALF), "body.* half a character"),
    (fault(do="reply", code=250, text=HALF), "text.* half a character"),
    (fault(do="inject", data="\u20ac"), "data.*'\u20ac' is no octet"),
    (fault(do="late", wait="86401s"), "wait.* longer than anybody waits"),
    (fault(do="drip", every="9" * 400 + "x"), "every.* longer than anybody waits"),
    ({"hostname": HALF}, "hostname.* half a character"),
    ({"ehlo": ["X-OK", HALF]}, "ehlo.1.* half a character"),
    ({"auth": {"lines": [HALF]}}, "auth.lines.0.* half a character"),
    ({"auth": {"prompts": ["a", HALF]}}, "auth.prompts.1.* half a character"),
    ({"auth": {"refusal": HALF}}, "auth.refusal.* half a character"),
    ({"username": HALF, "password": "p"}, "username.* half a character"),
    ({"username": "u", "password": HALF}, "password.* half a character"),
    ({"size": 10**20}, "size: "),
    ({"names": ["\u017e.example"]}, "names.* give its A-label"),
    ({"names": ["-x-"]}, "names.* neither an address nor a host name"),
]


@pytest.mark.parametrize(("words", "why"), UNSAYABLE)
def test_what_cannot_be_said_is_refused_with_its_place(words: dict[str, Any], why: str) -> None:
    with pytest.raises(FakeError, match=why):
        Smtp(**words)


@pytest.mark.parametrize("skew", [float("inf"), float("nan"), 1e300, -1e300])
def test_a_clock_cannot_be_wrong_by_more_than_there_are_years(skew: float) -> None:
    with pytest.raises(FakeError, match="skew: "):
        SendGrid(skew=skew)


def test_validate_refuses_it_with_its_line(tmp_path: Path) -> None:
    text = (
        "title: A note to nobody\nverifies: [ORY-035]\ngiven:\n  api:\n    provider: sendgrid\n"
        "    faults: [{at: request, do: respond, status: 200, headers: {X-Note: \u017e}}]\n"
        "when: {send: {}}\nthen: {sender: {status: sent}}\n"
    )
    file = tmp_path / "note.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError) as refused:
        load_library([str(file)])
    assert re.search(r"note\.yaml:6: .*X-Note.*is no octet", str(refused.value))


@pytest.mark.wire
@pytest.mark.parametrize(
    "words",
    [
        {"hostname": ""},
        {"hostname": "a b"},
        {"hostname": "\u017e\u202e.example", "ehlo": ["X-\u017e", "\x01", ""]},
        {"size": 10**20 - 1},
        {"auth": {"offer": "always", "mechanisms": [], "refusal": "", "prompts": ["\r\n", ""]}},
        {"username": "\u017e", "password": "\u017e\n"},
    ],
)
def test_what_may_be_said_is(
    words: dict[str, Any],
    connected: Callable[..., AbstractContextManager[tuple[Any, Any]]],
) -> None:
    with connected(**{"security": "none", **words}) as (_, wire):
        assert wire.reply().startswith(b"220 ")
        assert wire.say("EHLO a.test").startswith(b"250-")
        wire.say("AUTH PLAIN AHUAcA==")
        assert wire.say("NOOP").startswith(b"250")
