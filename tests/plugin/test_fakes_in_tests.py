"""Fakes as fixtures: their scopes, what a failing test shows of them, what a test leaves behind."""

from __future__ import annotations

import pytest

pytestmark = [pytest.mark.whole, pytest.mark.usefixtures("everything_loaded")]

SENDING = """
import smtplib
import pytest

PLAIN = {"security": "none", "auth": {"offer": "never"}}

def send(fake, to="you@a.test", subject="Welcome"):
    text = f"From: shop@a.test\\nTo: {to}\\nSubject: {subject}\\n\\nhttps://a.test/x 4711\\n"
    with smtplib.SMTP(fake.host, fake.port) as client:
        client.sendmail("shop@a.test", [to], text)
"""


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    """A project with a sender of its own."""
    pytester.makepyfile(sending=SENDING)
    pytester.makeini("[pytest]\npythonpath = .\n")
    return pytester


def run(project: pytest.Pytester, *options: str) -> pytest.RunResult:
    return project.runpytest_inprocess("-p", "no:cacheprovider", "-p", "no:xdist", *options)


def test_a_fake_of_wider_scope_is_clear_before_each_test(project: pytest.Pytester) -> None:
    project.makeconftest(
        """
        from sending import *

        @pytest.fixture(scope="session")
        def wide(harness_fakes_session):
            return harness_fakes_session.smtp(**PLAIN)
        """
    )
    for name in ("one", "two"):
        project.makepyfile(
            **{
                f"test_{name}": """
                from sending import *

                @pytest.fixture(scope="module")
                def middle(harness_fakes_module):
                    return harness_fakes_module.smtp(**PLAIN)

                @pytest.fixture
                def narrow(harness_fakes):
                    return harness_fakes.smtp(**PLAIN)

                @pytest.mark.parametrize("_", range(2))
                def test_it(wide, middle, narrow, _):
                    for fake in (wide, middle, narrow):
                        assert (fake.messages, list(fake.transcript)) == ([], [])
                        send(fake)
                        (mail,) = fake.wait_for(to="you@a.test")
                        assert (mail.links, mail.codes) == (("https://a.test/x",), ("4711",))
                        fake.change(faults=[{"at": "connect", "do": "reset"}])
                        with pytest.raises(OSError):
                            send(fake)
                    print(f"PORTS {wide.port} {middle.port} {narrow.port}")
                """
            }
        )
    result = run(project, "-s")
    result.assert_outcomes(passed=4)
    ports = [line.split("PORTS ")[1].split() for line in result.outlines if "PORTS" in line]
    assert [len(set(column)) for column in zip(*ports, strict=True)][:2] == [1, 2]


def test_the_words_of_a_default_fake_are_a_fixture(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        from sending import *

        @pytest.fixture
        def harness_smtp_words():
            return PLAIN

        @pytest.fixture(scope="session")
        def harness_sendgrid_words():
            return {"account": {"domains": [{"name": "a.test"}]}}

        def test_words(harness_smtp, harness_sendgrid):
            assert "of which nothing was asked yet" in repr(harness_smtp)
            send(harness_smtp)
            said = "[<message 'Welcome' from shop@a.test to you@a.test>]"
            assert repr(harness_smtp.messages) == said
            assert repr(harness_smtp).endswith("1 message>>")
            assert "wait_for" in dir(harness_smtp)
            assert harness_sendgrid.account.domains[0].name == "a.test"

        def test_unknown_names(harness_smtp, harness_fakes):
            with pytest.raises(AttributeError, match="did you mean faults.*security"):
                harness_smtp.fault = []
            with pytest.raises(AttributeError, match="no such fake .choose from smtp, .*ses"):
                harness_fakes.sengrid()
        """
    )
    run(project).assert_outcomes(passed=2)


def test_a_failing_test_shows_the_conversation_of_each_fake_that_was_used(
    project: pytest.Pytester,
) -> None:
    project.makepyfile(
        """
        from sending import *

        def test_one(harness_fakes):
            used, idle = harness_fakes.smtp(**PLAIN, label="used"), harness_fakes.smtp(label="idle")
            with smtplib.SMTP(used.host, used.port) as client:
                client.noop()
            with pytest.raises(AssertionError):
                used.wait_for(timeout=0)
            used.wait_for(to="you@a.test", timeout=0)

        @pytest.fixture
        def broken(harness_smtp_plain):
            send(harness_smtp_plain)
            raise RuntimeError("in setup")

        @pytest.fixture
        def harness_smtp_plain(harness_smtp):
            return harness_smtp(**PLAIN)

        def test_two(broken):
            pass

        def test_right(harness_smtp_plain):
            send(harness_smtp_plain)
        """
    )
    result = run(project)
    result.assert_outcomes(failed=1, errors=1, passed=1)
    result.stdout.fnmatch_lines_random(
        [
            "E*MissingMailError: no 1 message with to='you@a.test' in 0 s: nothing came",
            "* harness_used: <Smtp *",
            "*s C: noop",
            "*  message 0: <message 'Welcome' *",
        ]
    )
    result.stdout.no_fnmatch_line("*harness_idle*")
    result.stdout.no_fnmatch_line("*mail_taking.py:*: MissingMailError*")


LEFT = """
from sending import *

def test_fault(harness_smtp):
    send(harness_smtp(**PLAIN, faults=[{"at": "ehlo", "do": "reply", "code": 500},
                                       {"at": "noop", "do": "reply", "code": 450}]))

def test_mail(harness_smtp):
    send(harness_smtp(**PLAIN))

def test_broken(harness_smtp, monkeypatch):
    from harness.fakes.smtp.session import SmtpSession
    fake = harness_smtp(**PLAIN)
    def broken(*args):
        raise RuntimeError("own fault")
    monkeypatch.setattr(type(fake), "keep", broken)
    with pytest.raises(smtplib.SMTPException):
        send(fake)

def test_nothing_is_left(harness_smtp):
    fake = harness_smtp(**PLAIN, faults=[{"at": "noop", "do": "reply", "code": 450}])
    send(fake)
    with smtplib.SMTP(fake.host, fake.port) as client:
        client.noop()
    assert fake.messages
"""


def test_what_a_test_leaves_fails_it_as_the_ini_file_says(project: pytest.Pytester) -> None:
    project.makepyfile(LEFT)
    result = run(project)
    result.assert_outcomes(passed=2, failed=2)
    result.stdout.fnmatch_lines_random(
        [
            "*a fault never acted: {'at': 'noop', 'do': 'reply', 'code': 450}*",
            "(ini key harness_unused_fault = fail; it may be fail, warn, ignore)",
            "*the fake itself broke on connection 1: *own fault*",
        ]
    )
    result.stdout.no_fnmatch_line("*never acted: {'at': 'ehlo'*")


def test_what_a_test_leaves_can_be_warned_of_or_ignored(project: pytest.Pytester) -> None:
    project.makepyfile(LEFT)
    project.makeini(
        "[pytest]\npythonpath = .\nharness_unused_fault = warn\nharness_broken_fake = ignore\n"
        "harness_unseen_mail = fail\n"
    )
    result = run(project)
    result.assert_outcomes(passed=2, failed=2, warnings=1)
    result.stdout.fnmatch_lines_random(
        ["*LeftoverWarning: *a fault never acted*", "*nobody looked at what it took: [[]<message *"]
    )


def test_a_wrong_value_of_an_ini_key_is_refused(project: pytest.Pytester) -> None:
    project.makepyfile(LEFT)
    project.makeini("[pytest]\npythonpath = .\nharness_unused_fault = off\n")
    result = run(project, "-k", "test_fault")
    result.stderr.fnmatch_lines(["*harness_unused_fault: 'off' (choose from fail, warn, ignore)*"])


ASSERTED = """
from sending import *
import ssl
from harness.testing import (
    MailLink, SmtpFixture, SendGridFixture, assert_attachment, assert_authenticated,
    assert_certificate_refused, assert_code, assert_link, assert_message, assert_no_mail,
    assert_nothing_in_clear, assert_tls_before_auth,
)

def login(fake, trust, secure=True):
    with smtplib.SMTP("localhost", fake.port) as client:
        if secure:
            client.starttls(context=trust)
        client.login(fake.username, fake.password)

@pytest.fixture
def trust(harness_trust):
    return ssl.create_default_context(cafile=harness_trust.ca_file)

def test_right(harness_smtp: SmtpFixture, harness_sendgrid: SendGridFixture, trust):
    assert isinstance(harness_smtp, SmtpFixture)
    login(harness_smtp, trust)
    assert_tls_before_auth(harness_smtp)
    assert_nothing_in_clear(harness_smtp)
    assert_authenticated(harness_smtp, mechanism="plain", username=harness_smtp.username)
    assert_no_mail(harness_smtp)
    login(harness_sendgrid.smtp, trust)
    assert_tls_before_auth(harness_sendgrid)
    expired = harness_smtp(certificate="expired")
    with pytest.raises(ssl.SSLCertVerificationError):
        login(expired, trust)
    assert_certificate_refused(expired)

def test_messages(harness_smtp):
    fake = harness_smtp(**PLAIN)
    with pytest.raises(AssertionError, match="nobody logged in"):
        assert_tls_before_auth(fake)
    send(fake)
    (mail,) = fake.wait_for()
    assert_message(mail, to="you@a.test", subject="Welcome")
    assert isinstance(assert_link(mail, "a.test"), MailLink)
    assert assert_code(mail) == "4711"
    for wrong, told in (
        (lambda: assert_link(mail, "b.test"), "has no link with 'b.test', not one.*a.test/x"),
        (lambda: assert_attachment(mail), "has no attachment, not one.*it has none: 'https"),
        (lambda: assert_message(mail, subject="Bye"), "is not as wanted.*'Welcome' does not hold"),
        (lambda: assert_no_mail(fake), "1 taken: <message 'Welcome'"),
        (lambda: assert_nothing_in_clear(fake), "in clear: MAIL, RCPT, DATA"),
    ):
        with pytest.raises(AssertionError, match="(?s)" + told):
            wrong()

def test_wrong(harness_smtp, trust):
    fake = harness_smtp(security="none")
    login(fake, trust, secure=False)
    assert_authenticated(fake)
    with pytest.raises(AssertionError, match="nobody logged in by LOGIN"):
        assert_authenticated(fake, mechanism="LOGIN")
    with pytest.raises(AssertionError, match="nobody began TLS"):
        assert_certificate_refused(fake)
    assert_tls_before_auth(fake)
"""


def test_assertions_tell_what_was_there(project: pytest.Pytester) -> None:
    project.makepyfile(ASSERTED)
    result = run(project)
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(
        ["E*AssertionError: expected no credentials outside TLS; in clear: password*"]
    )
    result.stdout.fnmatch_lines(["E*> *C: AUTH PLAIN*"])
    result.stdout.no_fnmatch_line("E*> *S: *")
    result.stdout.no_fnmatch_line("*assertions.py:*: AssertionError*")
