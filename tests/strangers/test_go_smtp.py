"""What Go's net/smtp gets wrong by itself, as docs/libraries.md tells it, and what it gets right.

Each fault was read in its transcript. The sender is `tests/strangers/go/smtp.go`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.embedding import run
from harness.model import CaseResult, Verdict
from harness.selection import matches

pytestmark = [pytest.mark.whole, pytest.mark.timeout(600)]

_PAGE = Path(__file__).parents[2] / "docs" / "libraries.md"

# The findings that are not met in each of these cases, whatever their level.
_FAULTS = {
    "auth/initial-response[habit=ignored]": {"sender.status", "messages"},
    "auth/login-only[*": {"sender.status", "messages", "logged-in"},
    "auth/look-alikes[*": {"sender.status", "messages", "auth", "mail"},
    "auth/not-offered[*": {"auth"},
    "extensions/address-beyond-ascii": {"eight-bit", "mail"},
    "extensions/smtputf8-not-needed": {"smtputf8"},
    "message/control-characters[where=escape-in-a-recipient]": {"control-characters"},
    "message/line-break-in-reply-to[end=crlf]": {"added-headers"},
    "network/last-words[moment=ehlo,code=*": {"sender.error.says"},
    "network/redirected-without-auth[*": {"auth"},
    "replies/endless[what=line]": {"ahead-of-reply"},
    "replies/twice[*": {"honesty", "sender.status"},
    "replies/unknown-acceptance[at=end-of-data,*": {"honesty", "sender.status"},
    "replies/unknown-acceptance[at=mail,*": {"sender.status", "messages", "message"},
    "replies/without-text[at=end-of-data]": {"honesty", "sender.status"},
    "replies/without-text[at=mail]": {"sender.status", "messages", "message"},
    "session/ehlo-for-now": {"helo"},
    "session/goodbye-trouble[goodbye=closed]": {"honesty", "sender.status"},
    "session/own-name": {"ehlo-name"},
    "tls/weak-certificate[mode=tls,certificate=rsa-1024]": {"sender.status", "auth", "mail"},
}  # fmt: skip
# Refused when RCPT is due: nothing for the page, and no MUST.
_TOO_LATE = {"message/line-break-in-a-recipient[*": {"mail"}}
_RIGHT = [
    "auth/in-clear-on-this-machine[mechanism=PLAIN]",
    "auth/rejected[*",
    "message/dots[where=alone]",
    "message/dots[where=first]",
    "modes/starttls*",
    "replies/several-lines[at=greeting]",
    "starttls/injection[offered=PLAIN*",
    "starttls/stripped[how=removed,*",
    "tls/certificate[mode=tls,*",
    "tls/truncated-reply*",
]


@pytest.mark.needs("go-clients")
def test_only_the_true_faults_of_net_smtp_are_found(
    requires_program: Callable[[str], str],
) -> None:
    expected = {**_FAULTS, **_TOO_LATE}
    report = run(
        [*expected, *_RIGHT],
        sender=f"command+lines:{requires_program('go-clients')} smtp",
        time_scale=2.0,
    )
    asked = [case for case in report.cases if not case.is_control]
    for glob, checks in expected.items():
        meant = [case for case in asked if matches(glob, case.id)]
        assert {case.id: unmet(case) for case in meant} == {case.id: checks for case in meant}
    for glob in _RIGHT:
        meant = [case for case in asked if matches(glob, case.id)]
        assert {case.id: case.verdict for case in meant if case.verdict is not Verdict.PASS} == {}


def unmet(case: CaseResult) -> set[str]:
    return {finding.check for finding in case.unmet if finding.level.fails_a_case}


def test_the_page_tells_of_each_of_these_faults() -> None:
    section = _PAGE.read_text(encoding="utf-8").split("\n## `net/smtp`")[1].split("\n## ")[0]
    told = re.findall(r"`([a-z0-9-]+/[a-z0-9-]+)", section)
    assert {glob.partition("[")[0] for glob in _FAULTS} <= set(told)
