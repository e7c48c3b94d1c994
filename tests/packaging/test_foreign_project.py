"""The installed wheel in somebody else's project, beside the plugins that others have.

The project has a conftest.py, and a harness.py and fakes.py of its own. Its pytest is that of
`.strangers/neighbours`, with pytest-django, pytest-httpserver, pytest-mailpit and smtpdfix.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from .building import clean_environment, run_program

pytestmark = [
    pytest.mark.whole,
    pytest.mark.timeout(600),
    pytest.mark.needs("neighbours-python"),
]

FILES = {
    "pytest.ini": """
        [pytest]
        addopts = --strict-markers --strict-config
        pythonpath = .
        testpaths = tests
        DJANGO_SETTINGS_MODULE = shop_settings
        harness_scenarios = mail scenarios/modes/starttls.yaml
        harness_sender = python:shop:send
    """,
    "shop_settings.py": """
        SECRET_KEY = "x"
        USE_TZ = True
        DEFAULT_FROM_EMAIL = "shop@example.com"
        DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
        INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth"]
        EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    """,
    "shop.py": """
        import smtplib
        import ssl
        from email.message import EmailMessage
        from email.utils import formataddr

        FEATURES = ["smtp", "security:starttls", "security:tls"]

        def send(request):
            if request["action"] == "describe":
                return {"name": "shop", "features": FEATURES}
            try:
                deliver(request["transport"], request["trust"]["ca_file"], request["message"])
            except (OSError, smtplib.SMTPException) as error:
                return {"status": "failed", "error": {"message": str(error)}}
            return {"status": "sent"}

        def deliver(where, ca_file, asked):
            mail = EmailMessage()
            mail["From"] = formataddr((asked["from"].get("name"), asked["from"]["address"]))
            mail["To"] = [box["address"] for box in asked["to"]]
            mail["Subject"] = asked["subject"]
            mail.set_content(asked["text"])
            context = ssl.create_default_context(cafile=ca_file)
            if where["security"] == "tls":
                client = smtplib.SMTP_SSL(where["host"], where["port"], context=context)
            else:
                client = smtplib.SMTP(where["host"], where["port"])
                client.starttls(context=context)
            with client:
                client.login(where["username"], where["password"])
                client.send_message(mail)
    """,
    "harness.py": """
        WHOSE = "the project's"
    """,
    "fakes.py": """
        WHOSE = "the project's, too"
    """,
    "tests/conftest.py": """
        import fakes
        import pytest

        @pytest.fixture
        def whose():
            import harness

            return harness.WHOSE, fakes.WHOSE
    """,
    "mail/receipt.yaml": """
        title: A receipt is sent, and taken once
        verifies: [ORY-035]
        tags: [quick]
        axes: {mode: [starttls, tls]}
        given: {smtp: {security: "{mode}"}}
        when: {send: {message: {subject: Your receipt}}}
        then: {sender: {status: sent}, wire: {messages: once}}
    """,
    "tests/test_shop.py": """
        import smtplib
        import ssl
        import urllib.request

        import pytest

        def test_the_projects_own_modules(whose):
            assert whose == ("the project's", "the project's, too")

        def test_ours_beside_smtpdfix(harness_smtp, harness_trust, smtpd):
            context = ssl.create_default_context(cafile=str(harness_trust.ca_file))
            with smtplib.SMTP("localhost", harness_smtp.port) as client:
                client.starttls(context=context)
                client.login(harness_smtp.username, harness_smtp.password)
                client.sendmail("a@b.test", ["c@d.test"], b"Subject: x\\r\\n\\r\\ny\\r\\n")
            assert len(harness_smtp.messages) == 1
            with smtplib.SMTP(smtpd.hostname, smtpd.port) as client:
                client.sendmail("a@b.test", ["c@d.test"], b"Subject: x\\r\\n\\r\\ny\\r\\n")
            assert len(smtpd.messages) == 1

        def test_ours_beside_pytest_httpserver(harness_sendgrid, httpserver):
            httpserver.expect_request("/ok").respond_with_data("ok")
            assert urllib.request.urlopen(httpserver.url_for("/ok")).read() == b"ok"
            assert harness_sendgrid.base_url.startswith("https://localhost:")

        @pytest.mark.django_db
        def test_a_run_whose_sender_uses_the_orm(harness_run):
            from django.contrib.auth.models import User
            from shop import send

            User.objects.create(username="customer")
            seen = []

            async def asynchronous(request):
                return send(request)

            def stored(request):
                seen.append(User.objects.get().username)
                return send(request)

            report = harness_run(paths=["mail"], sender=stored, jobs=1, report="junit=mail.xml")
            report.assert_passed()
            assert set(seen) == {"customer"}
            harness_run(paths=["mail"], sender=asynchronous, jobs=1).assert_passed()

        def test_the_mailbox_of_pytest_django(mailoutbox):
            from django.core.mail import send_mail

            send_mail("s", "t", None, ["c@d.test"])
            assert [mail.subject for mail in mailoutbox] == ["s"]

        def test_what_is_not_installed_is_named(harness_run):
            case = "api/ses/accepted[version=v2,region=us-east-1]"
            report = harness_run(case, paths=["scenarios/api/ses"], sender="reference")
            assert "mail-harness[ses]" in str(report.cases[0].reason)
    """,
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The project of somebody else."""
    for name, text in FILES.items():
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        lines = text.strip("\n").splitlines()
        file.write_text("".join(f"{line[8:]}\n" for line in lines), encoding="utf-8")
    return tmp_path


def pytest_of(project: Path, python: Path, *arguments: str) -> tuple[int, str]:
    """The exit status and the output of the project's pytest."""
    done = subprocess.run(
        [python, "-m", "pytest", *arguments],
        cwd=project,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_fixtures_items_and_marks_work_beside_the_plugins_of_others(
    neighbours: Path, project: Path
) -> None:
    status, said = pytest_of(project, neighbours, "-v")
    assert status == 0, said
    [plugins] = [line for line in said.splitlines() if line.startswith("plugins: ")]
    for plugin in ("django", "pytest_httpserver", "mailpit", "smtpdfix", "mail-harness"):
        assert f" {plugin}-" in plugins
    for name in (
        "tests/test_shop.py::test_a_run_whose_sender_uses_the_orm",
        "mail/receipt.yaml::receipt[mode=tls]",
        "scenarios/modes/starttls.yaml::modes/starttls[verification=verified]",
    ):
        assert f"{name} PASSED" in said, said
    status, said = pytest_of(project, neighbours, "-q", "-m", "harness_quick", "-k", "mode:tls")
    assert status == 0, said
    assert "1 passed" in said


def test_a_wrong_sender_fails_its_items_alone(neighbours: Path, project: Path) -> None:
    (project / "shop.py").write_text(
        "def send(request):\n    return {'status': 'failed', 'error': {'message': 'no idea'}}\n",
        encoding="utf-8",
    )
    status, said = pytest_of(
        project, neighbours, "mail", "tests/test_shop.py::test_ours_beside_smtpdfix"
    )
    assert status == 1, said
    assert "2 failed, 1 passed" in said
    assert "answered: failed: no idea" in said


def test_a_plain_install_has_no_botocore(neighbours: Path) -> None:
    listed = run_program(neighbours, "-m", "pip", "list", "--format", "freeze")
    assert "mail-harness==" in listed.replace("_", "-")
    assert "botocore" not in listed
