"""The pytest plugin in other people's projects."""

from __future__ import annotations

import pytest

from harness.fakes.providers.registry import provider_names

pytestmark = [pytest.mark.whole, pytest.mark.usefixtures("everything_loaded")]

SCENARIO = """\
title: A message is sent and taken
verifies: [ORY-035]
when: {send: {}}
then: {sender: {status: sent}, wire: {messages: once}}
"""


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    """A project with one scenario, and senders that are right and wrong."""
    folder = pytester.mkdir("mine")
    (folder / "one.yaml").write_text(SCENARIO, encoding="utf-8")
    pytester.makepyfile(
        own_senders="""
        def never(request):
            return {"status": "failed", "error": {"message": "no idea"}}
        """
    )
    pytester.makeini("[pytest]\npythonpath = .\n")
    return pytester


def test_a_default_server_and_more_of_them(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import smtplib, ssl

        def test_default(harness_smtp, harness_trust):
            context = ssl.create_default_context(cafile=str(harness_trust.ca_file))
            assert str(harness_smtp.ca_file) == str(harness_trust.ca_file)
            with smtplib.SMTP("localhost", harness_smtp.port) as client:
                client.starttls(context=context)
                client.login(harness_smtp.username, harness_smtp.password)
                client.sendmail("a@b.test", ["c@d.test"], b"Subject: x\\r\\n\\r\\ny\\r\\n")
            assert [message.rcpt_tos for message in harness_smtp.messages] == [("c@d.test",)]

        def test_factory(harness_smtp):
            one, two = harness_smtp(security="none"), harness_smtp(security="tls")
            assert one.port != two.port
            with smtplib.SMTP(one.host, one.port) as client:
                assert client.noop()[0] == 250
            assert one.messages == [] == harness_smtp.messages

        def test_wrong_word(harness_smtp):
            harness_smtp(securty="none")
        """
    )
    result = project.runpytest_inprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["*FakeError: securty: *"])


def test_a_default_of_each_provider_and_more_of_them(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import smtplib, ssl, urllib.error, urllib.request

        import pytest
        from harness.fakes.providers.registry import provider_names

        ACCOUNT = {"domains": [{"name": "example.com"}]}

        @pytest.fixture(params=provider_names())
        def fakes(request):
            return request.getfixturevalue(f"harness_{request.param}")

        @pytest.fixture
        def context(harness_trust):
            return ssl.create_default_context(cafile=str(harness_trust.ca_file))

        def test_default(fakes, context):
            with pytest.raises(urllib.error.HTTPError):
                urllib.request.urlopen(fakes.base_url + "/no/such/path", context=context)
            assert len(fakes.requests) == 1
            fakes.account = fakes.account.model_copy(update={"suspended": True})
            assert fakes.account.suspended

        def test_factory_and_front(fakes, context):
            more = fakes(account=ACCOUNT)
            with smtplib.SMTP("localhost", more.smtp.port) as client:
                client.starttls(context=context)
                client.login(more.smtp.username, more.smtp.password)
                message = b"From: a@example.com\\r\\nTo: c@d.test\\r\\n\\r\\ny\\r\\n"
                client.sendmail("a@example.com", ["c@d.test"], message)
            assert [message.rcpt_tos for message in more.messages] == [("c@d.test",)]
            assert fakes.smtp.port != more.smtp.port
            assert fakes.messages == []

        def test_wrong_word(fakes):
            fakes(acount=ACCOUNT)
        """
    )
    result = project.runpytest_inprocess("-p", "no:cacheprovider")
    count = len(provider_names())
    result.assert_outcomes(passed=2 * count, failed=count)
    result.stdout.fnmatch_lines(["*FakeError: acount: *"])


RUNS = """
    import asyncio

    def test_right(harness_run):
        report = harness_run("one", paths=["mine"], sender="reference")
        report.assert_passed()
        assert report.summary["pass"] == 1
        assert report["one"].verdict == "pass"

    def test_wrong(harness_run):
        report = harness_run(paths=["mine"], sender="python:own_senders:never")
        assert [case.id for case in report.failed] == ["one"]
        report.assert_passed()

    def test_default(harness_run):
        harness_run(paths=["mine"]).assert_passed()

    async def _inside(harness_run):
        return harness_run(paths=["mine"], sender="reference")

    def test_inside_a_running_loop(harness_run):
        asyncio.run(_inside(harness_run)).assert_passed()
"""


@pytest.mark.parametrize("workers", ["0", "2"])
def test_runs_pass_and_fail_in_words(workers: str, project: pytest.Pytester) -> None:
    project.makepyfile(RUNS)
    run = project.runpytest_inprocess if workers == "0" else project.runpytest_subprocess
    result = run("-n", workers)
    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(["E*AssertionError: the sender does not pass", "E*FAIL: 1 of 1*"])
    result.stdout.no_fnmatch_line("*harness/report.py:*raise AssertionError*")


def test_with_one_job_a_function_sees_what_is_of_the_tests_own_thread(
    project: pytest.Pytester,
) -> None:
    project.makepyfile(
        """
        import sqlite3

        import pytest

        @pytest.fixture
        def database():
            with sqlite3.connect(":memory:") as database:
                yield database
            database.close()

        def test_own_thread(harness_run, database):
            def send(request):
                database.execute("SELECT 1")
                return {"status": "failed", "error": {"message": "no idea"}}

            report = harness_run(paths=["mine"], sender=send, jobs=1)
            assert [case.answer["status"] for case in report.failed] == ["failed"]

        def test_end(harness_run):
            harness_run(paths=["mine"], sender=lambda request: pytest.fail("enough"), jobs=1)
        """
    )
    result = project.runpytest_inprocess()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["E*Failed: enough"])


@pytest.mark.parametrize("how", ["option", "ini", "hook"])
def test_the_sender_is_an_option_a_hook_and_an_ini_key(how: str, project: pytest.Pytester) -> None:
    project.makepyfile(RUNS)
    spec = "python:own_senders:never"
    if how == "hook":
        project.makeini("[pytest]\npythonpath = .\nharness_sender = reference\n")
        project.makeconftest(
            "import own_senders\ndef pytest_harness_sender(config): return own_senders.never"
        )
    if how == "ini":
        project.makeini(f"[pytest]\npythonpath = .\nharness_sender = {spec}\n")
    option = [f"--harness-sender={spec}"] if how == "option" else []
    result = project.runpytest_inprocess(*option, "-k", "test_default or test_right")
    result.assert_outcomes(passed=1, failed=1, deselected=2)


def test_modules_of_the_same_names_go_on_working(pytester: pytest.Pytester) -> None:
    folder = pytester.mkdir("tests")
    (folder / "harness.py").write_text("WHOSE = 'theirs'\n", encoding="utf-8")
    (folder / "fakes.py").write_text("WHOSE = 'theirs too'\n", encoding="utf-8")
    (folder / "test_names.py").write_text(
        "import smtplib\n"
        "import harness, fakes\n"
        "def test_theirs():\n"
        "    assert (harness.WHOSE, fakes.WHOSE) == ('theirs', 'theirs too')\n"
        "def test_ours(harness_smtp, harness_run):\n"
        "    assert harness_smtp.port\n"
        "    assert harness_run('modes/other-name').summary['pass'] == 1\n"
        "def test_ours_with_a_front(harness_postmark, harness_smtp):\n"
        "    api = harness_postmark(account={'senders': ['a@b.test']})\n"
        "    with smtplib.SMTP('localhost', api.smtp.port) as client:\n"
        "        client.login(api.smtp.username, api.smtp.password)\n"
        "        client.sendmail('a@b.test', 'c@d.test', b'From: a@b.test\\r\\n\\r\\ny\\r\\n')\n"
        "    assert [message.username for message in api.messages] == [api.smtp.username]\n"
        "def test_theirs_again():\n"
        "    import harness as again\n"
        "    assert again is harness and again.WHOSE == 'theirs'\n",
        encoding="utf-8",
    )
    result = pytester.runpytest_subprocess("tests")
    result.assert_outcomes(passed=4)


def test_the_plugin_alone_imports_next_to_nothing(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # others' imports are not ours
    pytester.makeconftest(
        """
        import sys

        def pytest_sessionfinish():
            heavy = {"aiosmtpd", "cryptography", "pydantic", "anyio", "rich", "trustme", "yaml"}
            ours = {name for name in sys.modules if name.partition(".")[0] == "harness"}
            print("LOADED", sorted(ours | heavy & set(sys.modules)))
        """
    )
    result = pytester.runpytest_subprocess("--collect-only", "-p", "harness.pytest_plugin", "-s")
    own = ", ".join(f"'harness.pytest_plugin{part}'" for part in ("", ".names", ".scenario_files"))
    result.stdout.fnmatch_lines([f"*LOADED [[]{own}[]]"])


def test_every_name_of_the_plugin_has_its_prefix(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_inprocess("--fixtures", "--help")
    ours = [line for line in result.outlines if "harness" in line]
    assert any("--harness-sender=SPEC" in line for line in ours)
    assert any("harness_sender (string)" in line for line in ours)


DOCUMENT = """\
prefix: ACME
title: ACME, How our shop sends mail
address: https://acme.example/handbook/mail
date: 2026-02-01
rows: [{id: ACME-001, statement: A receipt is sent once., level: MUST}]
"""


def test_documents_come_from_the_ini_key_and_from_the_call(project: pytest.Pytester) -> None:
    own = project.mkdir("documents")
    (own / "acme.yaml").write_text(DOCUMENT, encoding="utf-8")
    (own / "shop.yaml").write_text(DOCUMENT.replace("ACME", "SHOP"), encoding="utf-8")
    for name in ("ACME", "SHOP"):
        text = SCENARIO.replace("ORY-035", f"{name}-001")
        folder = project.mkdir(name.lower())
        (folder / "receipt.yaml").write_text(text, encoding="utf-8")
    project.makeini("[pytest]\npythonpath = .\nharness_documents = documents/acme.yaml\n")
    project.makepyfile(
        """
        import pytest

        def test_verified(harness_run):
            report = harness_run(paths=["acme"])
            report.assert_passed()
            [row] = [row for row in report.result.requirements if row.id == "ACME-001"]
            assert row.verdict == "pass"

        def test_beside_it(harness_run):
            report = harness_run(paths=["shop"], documents=["documents/shop.yaml"])
            assert {row.id: row.verdict for row in report.result.requirements} | {
                "ACME-001": "not run", "SHOP-001": "pass"
            } == {row.id: row.verdict for row in report.result.requirements}

        def test_told(harness_run):
            report = harness_run(paths=["acme"], sender="python:own_senders:never")
            with pytest.raises(AssertionError, match="A receipt is sent once"):
                report.assert_passed()

        def test_unknown(harness_run):
            harness_run(paths=["shop"])
        """
    )
    result = project.runpytest_inprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(["*shop/receipt.yaml:2: verifies: *'SHOP-001'*--document FILE*"])
