"""`--harness-mailpit` in other people's tests: a real Mailpit, and what is none."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from harness.fakes import Smtp
from harness.mailpit.client import MailpitClient
from harness.mailpit.place import MailpitPlace

pytestmark = pytest.mark.whole

SENDING = """
import smtplib, ssl, json, urllib.request

def by_smtp(fake, subject):
    with smtplib.SMTP("localhost", fake.port) as client:
        client.starttls(context=ssl.create_default_context(cafile=str(fake.ca_file)))
        client.login(fake.username, fake.password)
        text = f"Subject: {subject}\\r\\n\\r\\nthe key is {fake.password}\\r\\n"
        client.sendmail("shop@a.test", ["you@a.test"], text)

def by_api(fake, subject):
    document = {
        "personalizations": [{"to": [{"email": "you@a.test"}]}],
        "from": {"email": "shop@a.test"},
        "subject": subject,
        "content": [{"type": "text/plain", "value": "hello"}],
    }
    request = urllib.request.Request(
        f"{fake.base_url}/v3/mail/send",
        data=json.dumps(document).encode(),
        headers={
            "Authorization": f"Bearer {fake.credentials['api_key']}",
            "Content-Type": "application/json",
        },
    )
    trust = ssl.create_default_context(cafile=fake.ca_file)
    urllib.request.urlopen(request, context=trust).close()
"""
TESTS = """
import pytest
from sending import by_api, by_smtp

@pytest.fixture
def harness_sendgrid_words():
    return {"account": {"domains": [{"name": "a.test"}]}}

@pytest.fixture(scope="session")
def wide(harness_fakes_session):
    return harness_fakes_session.smtp()

def test_right(harness_smtp, wide):
    by_smtp(harness_smtp, "one")
    by_smtp(wide, "two")

def test_wrong(harness_sendgrid, wide):
    by_api(harness_sendgrid, "three")
    assert 0

@pytest.mark.xfail
def test_expected(harness_smtp):
    by_smtp(harness_smtp, "four")
    assert 0

def test_silent(wide):
    assert not wide.messages
"""
SCENARIO = """\
title: A message is sent and taken
verifies: [ORY-035]
given: {smtp: {security: starttls}}
when: {send: {}}
then: {sender: {status: sent}, wire: {messages: once}}
"""


@pytest.fixture
def project(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> pytest.Pytester:
    """A project whose tests send mail, and which keeps the mail of runs where nobody else does."""
    monkeypatch.setenv("HARNESS_MAIL_DIR", str(tmp_path / "kept"))
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # they take longer than ours
    monkeypatch.delenv("MAILPIT_URL", raising=False)
    pytester.makeini("[pytest]\npythonpath = .\n")
    pytester.makepyfile(sending=SENDING, test_mail=TESTS)
    return pytester


@pytest.fixture
def known(mailpit: MailpitPlace, monkeypatch: pytest.MonkeyPatch) -> Iterator[MailpitClient]:
    """A Mailpit that is there, of which the project's environment knows the SMTP port."""
    monkeypatch.setenv("MAILPIT_SMTP_PORT", str(mailpit.smtp_port))
    with MailpitClient(mailpit) as client:
        yield client


def run(project: pytest.Pytester, *options: str) -> pytest.RunResult:
    plugins = ("no:cacheprovider", "mail_harness_pytest", "xdist")
    words = [word for plugin in plugins for word in ("-p", plugin)]
    return project.runpytest_subprocess(*words, *options)


def shown(client: MailpitClient, group: str) -> dict[str, tuple[str, ...]]:
    """The subjects and tags of the mail of one session."""
    found = client.search(f'tag:"{group}"', limit=100)
    return {each.subject: each.tags for each in found.messages}


def group_of(result: pytest.RunResult) -> str:
    """The name of a session, which the line at its end tells."""
    [line] = [each for each in result.outlines if "of this session in Mailpit" in each]
    return line[line.index("run-") :].removesuffix("%22")


@pytest.mark.parametrize("spread", [(), ("-n", "2")], ids=["alone", "workers"])
def test_mail_of_tests_is_tagged_with_provider_test_and_verdict(
    project: pytest.Pytester, known: MailpitClient, spread: tuple[str, ...]
) -> None:
    result = run(project, f"--harness-mailpit={known.place.url}", *spread)
    result.assert_outcomes(passed=2, failed=1, xfailed=1)
    result.stdout.fnmatch_lines(
        [f"*{known.place.url}/view/*", "harness: 4 messages of this session*"]
    )
    group = group_of(result)
    test = "test_mail.py__test_"
    assert {subject: set(tags) for subject, tags in shown(known, group).items()} == {
        "one": {"smtp", f"{test}right", "pass", group},
        "two": {"smtp", f"{test}right", "pass", group},
        "three": {"sendgrid", f"{test}wrong", "fail", group},
        "four": {"smtp", f"{test}expected", "xfail", group},
    }


def test_mail_of_scenario_items_and_of_runs_by_tests_is_shown(
    project: pytest.Pytester, known: MailpitClient
) -> None:
    mine = project.mkdir("mine")
    (mine / "one.yaml").write_text(SCENARIO, encoding="utf-8")
    (mine / "two.yaml").write_text(SCENARIO.replace("once", "2"), encoding="utf-8")
    project.makeini(
        f"[pytest]\nharness_scenarios = mine\nharness_sender = reference\n"
        f"harness_mailpit = {known.place.url}\n"
    )
    project.makepyfile(
        test_mail="""
        def test_run(harness_run):
            assert "in Mailpit" in harness_run(paths=["mine/one.yaml"]).result.notes[0]
        """
    )
    result = run(project)
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["*the mail in Mailpit*", f"{known.place.url}/view/*"])
    found = known.search(f'tag:"{group_of(result)}"').messages
    tags = sorted(set(each.tags) & {"one", "two", "pass", "fail", "smtp"} for each in found)
    assert sorted(map(sorted, tags)) == [
        ["fail", "smtp", "two"],
        ["one", "pass", "smtp"],
        ["one", "pass", "smtp"],
    ]


def test_one_that_is_started_for_a_session_ends_with_it_and_keeps_the_mail(
    project: pytest.Pytester, requires_mailpit: None, tmp_path: Path
) -> None:
    result = run(project, "--harness-mailpit=auto", "-k", "right")
    result.stdout.fnmatch_lines(["harness: 2 messages of this session*: harness inspect run-*"])
    [kept] = (tmp_path / "kept").iterdir()
    assert (kept.name, (kept / "mailpit.db").exists()) == (group_of(result), True)


def test_no_password_is_in_the_copy(project: pytest.Pytester, known: MailpitClient) -> None:
    result = run(project, f"--harness-mailpit={known.place.url}", "-k", "right")
    [one, _] = known.search(f'tag:"{group_of(result)}"').messages
    assert known.message(one.id).text.strip() == "the key is [password]"


def test_collecting_alone_asks_for_no_mailpit(project: pytest.Pytester) -> None:
    result = run(project, "--harness-mailpit=http://127.0.0.1:1", "--collect-only")
    assert result.ret == 0


@contextmanager
def answering(document: str, status: int = 200) -> Iterator[str]:
    """A web server that answers everything with this; its URL."""

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("WWW-Authenticate", 'Basic realm="Login"')
            self.send_header("Content-Length", str(len(document)))
            self.end_headers()
            self.wfile.write(document.encode())

        def log_message(self, *arguments: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        serving = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        serving.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            serving.join()


INFORMATION = '{"Version": "%s", "Messages": 0, "Unread": 0, "Tags": {}}'


@pytest.mark.parametrize(
    ("document", "status", "said"),
    [
        ("<html>a shop</html>", 200, "*"),
        ("", 401, "*password*"),
        (INFORMATION % "v1.9.0", 200, "*is v1.9.0: v1.20.0 or newer is needed"),
    ],
    ids=["no Mailpit", "a password is due", "old"],
)
def test_what_cannot_be_used_is_one_line_before_any_test(
    project: pytest.Pytester, document: str, status: int, said: str
) -> None:
    with answering(document, status) as url:
        result = run(project, f"--harness-mailpit={url}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    told = [line for line in result.errlines if line]
    assert len(told) == 1
    pytest.LineMatcher(told).fnmatch_lines([f"ERROR: harness_mailpit: {said}"])


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("http://127.0.0.1:1", "*no Mailpit answers at http://127.0.0.1:1*"),
        ("nonsense", "*'nonsense': one like http://localhost:8025 is due"),
    ],
)
def test_one_that_is_down_or_means_nothing_is_one_line(
    project: pytest.Pytester, word: str, said: str
) -> None:
    result = run(project, f"--harness-mailpit={word}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: harness_mailpit: {said}"])


def test_a_mailpit_that_takes_no_more_changes_no_verdict(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pages are a stand-in's, and the SMTP side is a fake that hangs up on the second mail."""
    hang_up = {"at": "mail", "do": "reset"}
    words: dict[str, Any] = {
        "security": "none",
        "auth": {"required": False},
        "hostname": "mailpit.stand-in.test",
        "faults": [hang_up],
    }
    with Smtp(**words).running() as smtp, answering(INFORMATION % "v1.33.1") as url:
        monkeypatch.setenv("MAILPIT_SMTP_HOST", smtp.host)
        monkeypatch.setenv("MAILPIT_SMTP_PORT", str(smtp.port))
        with smtplib.SMTP(smtp.host, smtp.port) as trying:
            assert trying.noop()[0] == 250
        result = run(project, f"--harness-mailpit={url}")
    result.assert_outcomes(passed=2, failed=1, xfailed=1)
    result.stdout.fnmatch_lines(
        [
            "harness: 0 messages of this session in Mailpit: *",
            "harness: 4 messages could not be shown in Mailpit: *takes no more*",
        ]
    )
