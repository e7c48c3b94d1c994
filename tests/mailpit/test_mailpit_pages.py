"""Mail of all seven vendors and of SMTP, looked at in Mailpit's own pages with Chromium."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.cli import main
from harness.mailpit.client import MailpitClient
from harness.mailpit.place import MailpitPlace

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.whole, pytest.mark.needs("chromium", "mailpit")]

_MAIL = "a.message"
_KINDS = ("ses", "sendgrid", "sparkpost", "mailgun", "mandrill", "postmark", "resend", "smtp")


@pytest.fixture(scope="module")
def run(mailpit: MailpitPlace, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a run whose mail is in Mailpit: an attachment by each vendor, and over SMTP."""
    order = ["run", "--mailpit", mailpit.url, "--select", "api/any/attachment"]
    order += ["--select", "tls/certificate[mode=starttls,control]"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MAILPIT_SMTP_PORT", str(mailpit.smtp_port))
        patch.setenv("HARNESS_MAIL_DIR", str(tmp_path_factory.mktemp("kept")))
        patch.chdir(tmp_path_factory.mktemp("run"))
        with pytest.raises(SystemExit) as left:
            main(order)
    assert left.value.code == 0
    with MailpitClient(mailpit) as client:
        return next(tag for tag in client.tags() if tag.startswith("run-"))


@pytest.fixture(scope="module")
def page(run: str, requires_program: Callable[[str], str]) -> Iterator[Page]:
    """A page of a browser. `run` comes first: Playwright has this thread's event loop then."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  # only where it is used

    program = requires_program("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser.new_page(viewport={"width": 1280, "height": 800})
        browser.close()


def test_the_page_of_a_run_lists_its_mail(
    page: Page, mailpit: MailpitPlace, run: str, tmp_path: Path
) -> None:
    page.goto(mailpit.tagged(run))
    page.locator(_MAIL).first.wait_for()
    assert page.locator(_MAIL).count() == 8
    assert all("Harness message" in each for each in page.locator(_MAIL).all_inner_texts())
    tags = [each.locator(".badge").all_inner_texts() for each in page.locator(_MAIL).all()]
    assert all({"pass", run} < set(each) for each in tags)
    for kind in _KINDS:
        assert sum(kind in each for each in tags) == 1, kind
    page.screenshot(path=tmp_path / "list.png")


def _files(mailpit: MailpitPlace, message: str) -> list[str]:
    with MailpitClient(mailpit) as client:
        return [each.file_name for each in client.message(message).attachments]


@pytest.mark.parametrize("kind", _KINDS)
def test_a_message_of_each_kind_is_shown(
    page: Page, mailpit: MailpitPlace, run: str, kind: str, tmp_path: Path
) -> None:
    page.goto(mailpit.tagged(run, kind))
    page.locator(_MAIL).first.wait_for()
    assert page.locator(_MAIL).count() == 1
    page.locator(f"{_MAIL} .subject").click()
    page.wait_for_url("**/view/*")
    with MailpitClient(mailpit) as client:
        message = client.search(f'tag:"{run}" tag:{kind}').messages[0]
        words = client.message(message.id).text.strip()
    assert page.url == mailpit.page(message.id)
    page.get_by_text(words).last.wait_for()
    assert page.get_by_text(message.subject).count()
    assert page.get_by_text("<recipient@harness.test>").count()
    assert bool(message.attachments) == (kind != "smtp")
    for attachment in _files(mailpit, message.id):
        page.get_by_text(attachment).locator("visible=true").first.wait_for()
    page.screenshot(path=tmp_path / f"{kind}.png")
