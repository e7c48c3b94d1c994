"""`--mailpit` and `harness inspect` as they are called, with a real Mailpit."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.cli import main
from harness.fakes import SendGrid
from harness.mailpit.archive import Archive, KeptRun
from harness.mailpit.choosing import MailpitChoice, choose
from harness.mailpit.client import MailpitClient
from harness.mailpit.place import MailpitPlace

Ended = tuple[object, str, str]
Call = Callable[..., Ended]

_VENDORS = ("ses", "sendgrid", "sparkpost", "mailgun", "mandrill", "postmark", "resend")


@pytest.fixture
def call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Call:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HARNESS_MAIL_DIR", str(tmp_path / "kept"))
    monkeypatch.setenv("COLUMNS", "200")
    for name in ("GITHUB_STEP_SUMMARY", "MAILPIT_URL", "MAILPIT_SMTP_HOST", "MAILPIT_SMTP_PORT"):
        monkeypatch.delenv(name, raising=False)

    def call(*arguments: str) -> Ended:
        with pytest.raises(SystemExit) as left:
            main(list(arguments))
        out, err = capsys.readouterr()
        return left.value.code, out, err

    return call


@pytest.mark.wire
def test_mail_of_all_vendors_and_smtp_goes_to_a_mailpit_that_is_there(
    call: Call, mailpit: MailpitPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAILPIT_SMTP_PORT", str(mailpit.smtp_port))
    selection = ("--select", "api/any/attachment", "--select", "tls/certificate[*control]")
    status, out, _ = call("run", *selection, "--mailpit", mailpit.url)
    assert status == 0
    assert f"messages of this run in Mailpit: {mailpit.url}/search?q=" in " ".join(out.split())
    with MailpitClient(mailpit) as client:
        mail = client.messages(limit=500)
        assert {tag for message in mail.messages for tag in message.tags} >= {*_VENDORS, "smtp"}
        for message in mail.messages:
            assert "pass" in message.tags
            assert message.subject.startswith("Harness message")
            case = client.headers(message.id)["X-Harness-Case"][0]
            assert f"{case.partition('[')[0].replace('/', '.')}" in " ".join(message.tags)
        assert any(message.attachments for message in mail.messages)
    status, out, _ = call("inspect", "--limit", "2")
    assert status == 0
    assert f"{mail.matching} messages" in out
    assert out.count(f"{mailpit.url}/view/") == 2
    assert f"and {mail.matching - 2} more" in out


@pytest.mark.wire
def test_one_that_is_started_for_a_run_shows_its_mail_again(
    call: Call, requires_mailpit: None, tmp_path: Path
) -> None:
    status, out, _ = call("run", "--select", "api/any/accepted", "--mailpit", "auto")
    assert status == 0
    name = next(folder.name for folder in (tmp_path / "kept").iterdir())
    assert f"7 messages of this run in Mailpit: harness inspect {name}" in " ".join(out.split())
    status, out, _ = call("inspect", name)
    assert (status, out.count("/view/")) == (0, 7)
    assert "sender@harness.test to recipient@harness.test" in out
    assert call("inspect", "--runs") == (0, f"{name}  kept\n", "")


@pytest.mark.wire
def test_a_failed_case_names_the_pages_of_its_mail(
    call: Call, mailpit: MailpitPlace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MAILPIT_SMTP_PORT", str(mailpit.smtp_port))
    liar = (
        "import json, sys\n"
        "from harness.reference.sender import handle\n"
        "request = json.load(sys.stdin)\n"
        "if request['action'] == 'send': request['message']['text'] = 'something else'\n"
        "print(json.dumps(handle(request)))\n"
    )
    (tmp_path / "liar.py").write_text(liar, "utf-8")
    status, out, _ = call(
        "run", "--select", "api/any/accepted[provider=ses]", "--sender",
        f"command:{sys.executable} liar.py", "--mailpit", mailpit.url, "--report", "markdown=r.md",
    )  # fmt: skip
    assert status == 1
    assert f"mail      {mailpit.url}/view/" in out
    assert f"Mail: `{mailpit.url}/view/" in (tmp_path / "r.md").read_text("utf-8")
    with MailpitClient(mailpit) as client:
        assert "fail" in client.messages(limit=1).messages[0].tags


@pytest.mark.parametrize(
    ("word", "status", "said"),
    [
        ("http://127.0.0.1:1", 3, "no Mailpit answers at http://127.0.0.1:1"),
        ("nonsense", 2, "Mailpit's URL 'nonsense'"),
    ],
)
def test_what_is_no_mailpit_ends_the_command_before_anything_runs(
    call: Call, word: str, status: int, said: str
) -> None:
    ended, out, err = call("run", "--select", "api/any/accepted", "--mailpit", word)
    assert (ended, out) == (status, "")
    assert said in err
    assert err.count("\n") == 1


@pytest.mark.wire
def test_an_api_that_is_no_mailpit_gets_no_mail(call: Call) -> None:
    with SendGrid(secure=False).running() as fake:
        status, _, err = call("run", "--select", "api/any/accepted", "--mailpit", fake.base_url)
        assert (status, len(fake.requests)) == (3, 1)
    assert "is no Mailpit" in err


@pytest.mark.wire
def test_a_mailpit_without_its_smtp_is_told_before_anything_runs(
    call: Call, mailpit: MailpitPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAILPIT_SMTP_PORT", "1")
    status, out, err = call("run", "--mailpit", mailpit.url)
    assert (status, out) == (3, "")
    assert "MAILPIT_SMTP_HOST and MAILPIT_SMTP_PORT say where it is" in err


def test_auto_is_the_named_one_else_the_program_else_a_container() -> None:
    named = choose("auto", {"MAILPIT_URL": "http://m"}, which=lambda _: "/bin/mailpit")
    assert named == MailpitChoice(url="http://m")
    assert choose("auto", {}, which=lambda _: "/bin/mailpit") == MailpitChoice(starter="mailpit")
    assert choose("auto", {}, which=lambda _: None) == MailpitChoice(starter="docker")
    assert choose("docker", {"MAILPIT_URL": "http://m"}) == MailpitChoice(starter="docker")
    assert choose("http://x", {"MAILPIT_URL": "http://m"}) == MailpitChoice(url="http://x")


def test_a_run_that_nobody_mirrored_is_asked_for_in_vain(call: Call, tmp_path: Path) -> None:
    assert call("inspect")[0::2] == (
        2,
        "harness: no run was mirrored yet: harness run --mailpit auto\n",
    )
    Archive(root=tmp_path / "kept").note(
        KeptRun(name="run-1", url="http://127.0.0.1:1", smtp_host="x", smtp_port=1)
    )
    status, _, err = call("inspect", "run-2")
    assert status == 2
    assert "there is no run 'run-2'; choose from run-1" in err
    status, _, err = call("inspect", "run-1")
    assert status == 3
    assert "no Mailpit answers" in err


def test_only_the_newest_runs_are_kept_and_nothing_else_goes(tmp_path: Path) -> None:
    kept = Archive(root=tmp_path)
    (tmp_path / "run-0").mkdir()
    (tmp_path / "run-0" / "mine.txt").write_text("mine")
    (tmp_path / "other").mkdir()
    for number in range(1, 16):
        database = kept.database_for(f"run-{number:02}")
        database.write_text("mail")
        kept.note(
            KeptRun(name=f"run-{number:02}", url="u", smtp_host="h", smtp_port=1, starter="mailpit")
        )
    assert [run.name for run in kept.runs()] == [f"run-{n:02}" for n in range(15, 5, -1)]
    assert (tmp_path / "run-0" / "mine.txt").read_text() == "mine"
    assert (tmp_path / "other").exists()


def test_nothing_of_mailpit_is_imported_where_nobody_asks_for_it() -> None:
    asked = (
        "import sys, harness.cli.run\n"
        "print([name for name in sys.modules if 'mailpit' in name or 'testcontainers' in name])"
    )
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
