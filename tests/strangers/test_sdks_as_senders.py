"""The vendors' SDKs, used as their quick starts show, are senders: what they get wrong is theirs.

Each fault below was read in its transcript. Whatever else a scenario held against them would be the
scenario's fault: nobody here knows the fakes.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.embedding import run
from harness.fakes.providers.registry import provider_names
from harness.model import Verdict
from harness.scenario.library import load_library

pytestmark = [pytest.mark.whole, pytest.mark.timeout(600)]

_HERE = Path(__file__).parent
_FOLDERS = ["any", *provider_names()]
# Some of the SDKs take no time-out, and wait for ever. That takes as long, and proves no more.
_LEFT_OUT = "api/any/no-answer"
# The true faults, by scenario and provider, with the findings that are not met.
_FAULTS: dict[tuple[str, str], set[str]] = {
    # Sent again, and so twice, by boto3's and Mailgun's own retries.
    ("api/any/answer-lost", "ses"): {"messages"},
    ("api/any/answer-lost", "mailgun"): {"messages"},
    # An empty key is taken, and asked with.
    ("api/any/credential-missing", "ses"): {"requests"},
    ("api/any/credential-missing", "mandrill"): {"requests"},
    ("api/any/credential-missing", "sendgrid"): {"requests"},
    ("api/any/credential-missing", "mailgun"): {"requests"},
    ("api/any/credential-missing", "resend"): {"requests"},
    ("api/mandrill/key-empty", "mandrill"): {"requests"},
    ("api/mailgun/setting-missing", "mailgun"): {"requests"},
    # A redirect is followed: by urllib with every header, by requests with every one but
    # Authorization, and after a 307 with the whole body.
    ("api/any/redirected", "mandrill"): {"key-elsewhere", "content-elsewhere"},
    ("api/any/redirected", "sendgrid"): {"key-elsewhere"},
    ("api/any/redirected", "sparkpost"): {"content-elsewhere"},
    ("api/any/redirected", "resend"): {"content-elsewhere"},
    ("api/any/redirected", "postmark"): {
        "content-elsewhere",
        "key-elsewhere",
        "messages",
        "sender.status",
    },
    # Its 200 is taken for a yes without a look at the status of each recipient.
    ("api/any/from-missing", "mandrill"): {"honesty", "sender.status"},
    ("api/any/recipients-all-refused", "mandrill"): {"honesty", "sender.status"},
    ("api/mandrill/rejected", "mandrill"): {"honesty", "sender.status"},
    ("api/mandrill/rejected-words", "mandrill"): {"honesty", "sender.status"},
    # Nor is any other 200 looked at for recipients who were refused while others were taken.
    ("api/any/recipients-some-refused", "mandrill"): {"recipients"},
    ("api/any/recipients-some-refused", "postmark"): {"recipients"},
    ("api/any/recipients-some-refused", "sparkpost"): {"recipients"},
    # Every 2xx is success, whoever says it, and where no id comes with it `None` is told for one.
    ("api/any/no-answer-of-theirs", "sendgrid"): {
        "sender.told.provider_id",
        "sender.status",
    },
    # `raise_for_status()` drops what Mailgun said.
    ("api/mailgun/words", "mailgun"): {"sender.error.says"},
}


@pytest.mark.parametrize("folder", _FOLDERS)
def test_only_the_true_faults_of_the_sdks_are_found(
    folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(_HERE))
    names = {case.scenario for case in load_library().cases} - {_LEFT_OUT}
    globs = sorted(name for name in names if name.startswith(f"api/{folder}/"))
    report = run(globs, sender="python:sdk_sender:send", time_scale=3.0)
    found: dict[tuple[str, str], set[str]] = {}
    for case in report.cases:
        if case.verdict in {Verdict.FAIL, Verdict.ERROR, Verdict.INCONCLUSIVE}:
            key = case.scenario, case.axes.get("provider", folder)
            found.setdefault(key, set()).update(finding.check for finding in case.unmet)
    theirs = {key: checks for key, checks in _FAULTS.items() if key[0].startswith(f"api/{folder}/")}
    assert sorted(found) == sorted(theirs)
    assert found == theirs
