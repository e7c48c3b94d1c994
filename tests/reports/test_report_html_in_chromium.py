"""The HTML report in a real browser: clicked through, by keyboard, on a phone, on paper."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.model import CaseResult, Level, RequirementResult, RunResult, TakenMessage, Verdict
from harness.reports import Context
from harness.reports.html_report import render

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.whole, pytest.mark.needs("chromium")]

PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
HOSTILE_MAIL = """\
MIME-Version: 1.0
From: "</script><script>document.title='owned'</script>" <a@x.test>
To: b@x.test
Subject: <img src=http://{canary}/subject onerror=parent.document.title='owned'>
Content-Type: text/html; charset=utf-8

<link rel="preconnect" href="http://{canary}"><link rel="stylesheet" href="http://{canary}/s">
<meta http-equiv="refresh" content="0;url=http://{canary}/refresh"><base href="http://{canary}/">
<script>document.title = "owned"; top.document.title = "owned"</script>
<style>body {{ background: url(http://{canary}/css) }}</style>
<img src="http://{canary}/img" alt="a picture" onerror="top.document.title='owned'">
<iframe src="http://{canary}/frame"></iframe>
<svg><image href="http://{canary}/svg"/></svg>
<math><mtext><table><mglyph><style><!--</style><iframe src="http://{canary}/m"></iframe>--></mglyph>
</table></mtext></math><b style="background:url(http://{canary}/b)" onclick="1">bold</b>
<form action="http://{canary}/form"><button>send</button></form>
<p id="words">Dear reader</p>
<a id="web" href="http://{canary}/link" ping="http://{canary}/ping">a link</a>
<a id="script" href="javascript:top.document.title='owned'">another</a>
"""


@dataclass(slots=True)
class Canary:
    """Somewhere that nobody may ever connect to."""

    listener: socket.socket

    @property
    def address(self) -> str:
        host, port = self.listener.getsockname()
        return f"{host}:{port}"

    def heard(self) -> bool:
        try:
            self.listener.accept()[0].close()
        except BlockingIOError:
            return False
        return True


@dataclass(slots=True)
class Visit:
    """A page, and everything that it asked for or complained of."""

    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def listed(self) -> list[str]:
        """The cases that the list shows."""
        return self.page.locator("#cases .cases > li:visible .case").all_text_contents()


def _expect() -> Any:
    """Playwright's assertions that wait: the policy of the page forbids a function sent as text."""
    from playwright.sync_api import expect  # noqa: PLC0415  # only where it is used

    return expect


@pytest.fixture(scope="module")
def browser(requires_program: Callable[[str], str]) -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  # only where it is used

    program = requires_program("chromium")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def canary() -> Iterator[Canary]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        yield Canary(listener)


@pytest.fixture
def run(
    make_case: Callable[..., CaseResult],
    make_failure: Callable[..., CaseResult],
    make_result: Callable[..., RunResult],
    every_verdict: RunResult,
    canary: Canary,
) -> RunResult:
    content = HOSTILE_MAIL.format(canary=canary.address).replace("\n", "\r\n").encode()
    message = TakenMessage(
        event=6,
        content=content,
        octets=len(content),
        mail_from="a@x.test",
        rcpt_tos=("b@x.test",),
        secure=False,
    )
    finding = replace(every_verdict.cases[1].findings[0], level=Level.SHOULD, check="quit")
    return make_result(
        make_failure("tls/first[mode=tls]", messages=(message,), tags=("tls", "leak")),
        make_failure(
            "api/second[provider=ses]",
            findings=(finding,),
            level=Level.SHOULD,
            requirements=("AUTH0-007",),
            tags=("api",),
        ),
        make_case("api/third[provider=mailgun]", tags=("api",), title="Something about queues"),
        *every_verdict.cases,
        requirements=(
            *every_verdict.requirements,
            RequirementResult(
                id="AUTH0-007",
                level=Level.SHOULD,
                verdict="fail",
                cases=("api/second[provider=ses]",),
            ),
        ),
    )


@pytest.fixture
def visit(
    browser: Browser, run: RunResult, canary: Canary, tmp_path: Path
) -> Iterator[Callable[..., Visit]]:
    """Open the report; at the end nothing may have been asked for, and nothing been wrong."""
    file = tmp_path / "report.html"
    context = Context(describe_row=lambda row: f"what {row} says")
    file.write_text(render(run, context), encoding="utf-8")
    visits: list[Visit] = []

    def visit(address: str = "", **options: Any) -> Visit:
        opened = browser.new_context(**options)
        made = Visit(opened.new_page())
        made.page.on("request", lambda request: made.requests.append(request.url))
        made.page.on("console", lambda message: made.complaints.append(message.text))
        made.page.on("pageerror", lambda error: made.complaints.append(str(error)))
        made.page.goto(f"{file.as_uri()}{address}")
        visits.append(made)
        return made

    yield visit
    for made in visits:
        title = made.page.title()
        made.page.context.close()
        assert {url.partition("#")[0] for url in made.requests} == {file.as_uri()}
        assert made.complaints == []
        assert title.startswith("FAIL: ")
    assert not canary.heard()


Visiting = Callable[..., Visit]


def test_it_opens_with_how_it_went_and_the_first_cause_unfolded(visit: Visiting) -> None:
    page = visit().page
    assert page.locator("h1").inner_text().startswith("FAIL")
    first, *others = page.locator(".causes > li > details").all()
    assert first.locator(".talk").is_visible()
    assert not any(each.locator(".talk").is_visible() for each in others)


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("verdict", "error", {"api/ses"}),
        ("level", "SHOULD", {"api/second[provider=ses]"}),
        ("provider", "mailgun", {"api/third[provider=mailgun]"}),
        ("document", "AUTH0", {"api/second[provider=ses]"}),
        ("tag", "leak", {"tls/first[mode=tls]"}),
    ],
)
def test_a_filter_leaves_what_it_names(
    visit: Visiting, name: str, value: str, found: set[str]
) -> None:
    visited = visit()
    visited.page.locator(f"#filters [name={name}]").select_option(value)
    assert set(visited.listed()) == found
    assert visited.page.locator("#shown").inner_text() == f"{len(found)} of 9 cases"
    assert visited.page.url.endswith(f"#{name}={value}")
    visited.page.get_by_role("button", name="Clear").click()
    _expect()(visited.page.locator("#shown")).to_have_text("9 cases")


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("QUEUES", {"api/third[provider=mailgun]"}),
        ("auth0-007", {"api/second[provider=ses]"}),
        ("api second", {"api/second[provider=ses]"}),
        ("nothing is like that", set()),
    ],
)
def test_a_search_finds_words_of_ids_titles_and_requirements(
    visit: Visiting, words: str, found: set[str]
) -> None:
    visited = visit()
    visited.page.get_by_role("searchbox").fill(words)
    assert set(visited.listed()) == found
    assert visited.page.get_by_text("No case is like that.").is_visible() == (not found)


def test_a_search_in_conversations_finds_what_was_said_there(visit: Visiting) -> None:
    visited = visit()
    visited.page.get_by_role("searchbox").fill("ehlo")
    assert visited.listed() == []
    visited.page.get_by_label("in conversations too").check()
    _expect()(visited.page.locator("#none")).to_be_hidden()
    found = visited.listed()
    assert "tls/first[mode=tls]" in found
    assert visited.page.url.endswith("#q=ehlo&whole=yes")
    again = visit("#q=ehlo&whole=yes")
    _expect()(again.page.locator("#none")).to_be_hidden()
    assert again.listed() == found


@pytest.mark.parametrize(
    "address", ["api/second[provider=ses]", "api%2Fsecond%5Bprovider%3Dses%5D"]
)
def test_an_address_with_the_id_of_a_case_opens_it(visit: Visiting, address: str) -> None:
    page = visit(f"#case={address}").page
    page.locator("dialog .id", has_text="api/second[provider=ses]").wait_for()
    page.keyboard.press("Escape")
    page.wait_for_url("**/report.html#cases")


def test_an_address_with_an_id_that_this_run_lacks_searches_for_it(visit: Visiting) -> None:
    visited = visit("#case=api/second")
    assert visited.listed() == ["api/second[provider=ses]"]


def test_counts_and_requirements_lead_to_their_cases(visit: Visiting) -> None:
    visited = visit()
    visited.page.locator(".legend a", has_text="inconclusive").click()
    assert visited.listed() == ["smtp/slow"]
    visited.page.locator(".requirement", has_text="AUTH0-007").get_by_role("link").click()
    assert visited.listed() == ["api/second[provider=ses]"]


def test_an_address_with_a_filter_or_a_case_opens_there(visit: Visiting) -> None:
    assert visit("#verdict=error").listed() == ["api/ses"]
    page = visit("#case-1").page
    page.locator("dialog .id", has_text="api/second[provider=ses]").wait_for()
    page.keyboard.press("Escape")
    assert not page.locator("dialog").is_visible()


def test_a_case_opens_over_the_page_and_leads_to_its_neighbours(visit: Visiting) -> None:
    page = visit("#verdict=fail").page
    page.locator("#cases a.case:visible").first.click()
    page.locator("dialog .id", has_text="tls/first").wait_for()
    assert page.locator("#place").inner_text() == "1 of 4"
    page.get_by_role("button", name="Next").click()
    page.locator("dialog .id", has_text="api/second").wait_for()
    page.get_by_role("button", name="Previous").click()
    page.locator("dialog .id", has_text="tls/first").wait_for()
    assert page.get_by_role("button", name="Previous").is_disabled()
    page.go_back()
    page.locator("dialog").wait_for(state="hidden")
    assert page.url.endswith("#verdict=fail")


def test_a_finding_leads_to_the_line_that_it_rests_on(visit: Visiting) -> None:
    page = visit("#case-0").page
    page.locator("dialog .jump").first.click()
    assert page.evaluate("document.activeElement.dataset.event") == "5"
    assert page.locator("dialog .talk li:focus .note").is_visible()


def test_the_command_is_copied(visit: Visiting) -> None:
    page = visit("#case-1", permissions=["clipboard-read", "clipboard-write"]).page
    page.locator("dialog .copy").click()
    page.get_by_role("button", name="Copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == "harness run --select 'api/second[provider=ses]'"


def test_everything_is_done_by_keyboard(visit: Visiting) -> None:
    page = visit().page
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Skip to the cases"
    page.keyboard.press("Enter")
    page.locator("#filters [name=q]").focus()
    page.keyboard.type("second")
    for _ in range(8):  # past the filters, the box and the button that clears them
        page.keyboard.press("Tab")
    assert page.locator(":focus").text_content() == "api/second[provider=ses]"
    page.keyboard.press("Enter")
    page.locator("dialog .id", has_text="api/second").wait_for()
    _expect()(page.locator("#sheet-title")).to_be_focused()
    page.keyboard.press("Escape")
    page.locator("dialog").wait_for(state="hidden")
    assert page.locator(":focus").text_content() == "api/second[provider=ses]"


def test_a_hostile_message_is_shown_and_does_nothing(visit: Visiting) -> None:
    page = visit("#case-0").page
    page.locator("dialog summary", has_text="HTML (text/html)").click()
    holder = page.locator("dialog iframe")
    assert holder.get_attribute("sandbox") == ""
    frame = holder.content_frame
    assert frame.locator("#words").inner_text() == "Dear reader"
    assert frame.get_by_text("[image: a picture]").is_visible()
    for link in ("#web", "#script"):
        assert frame.locator(link).get_attribute("href") is None
        frame.locator(link).click()
    assert frame.locator("script,link,iframe,form,base,img,svg,math,[onclick]").count() == 0
    assert frame.locator("#words").inner_text() == "Dear reader"
    assert page.locator("dialog .mail .fields").inner_text().count("<img src=http://") == 1


def test_the_frame_alone_would_hold_what_the_script_lets_through(
    visit: Visiting, canary: Canary
) -> None:
    """The second wall: the page's policy and the sandbox, with the message put in as it came."""
    page = visit("#case-0").page
    html = HOSTILE_MAIL.format(canary=canary.address).partition("\n\n")[2]
    # Hints and frames are refused too, but Chromium has opened a connection for them by then.
    held = [line for line in html.split("\n") if "preconnect" not in line and "<iframe" not in line]
    opened = page.context.new_page()
    opened.goto(page.url)
    opened.locator("dialog .mail").wait_for()
    opened.evaluate(
        """async (html) => {
            const frame = document.createElement("iframe");
            frame.setAttribute("sandbox", "");
            frame.srcdoc = html;
            const loaded = new Promise((done) => frame.addEventListener("load", done));
            document.getElementById("case").append(frame);
            await loaded;
        }""",
        "\n".join(held),
    )
    assert opened.title().startswith("FAIL: ")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_light_or_dark_as_the_reader_has_it(visit: Visiting, scheme: str) -> None:
    page = visit(color_scheme=scheme).page
    shade = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0]")
    assert (int(shade) < 80) == (scheme == "dark")


@pytest.mark.parametrize("address", ["", "#case-0", "#verdict=fail"])
def test_nothing_is_wider_than_a_phone(visit: Visiting, address: str) -> None:
    page = visit(address, **PHONE).page
    if address == "#case-0":
        page.locator("dialog .talk").wait_for()
    for each in page.locator("details").all():
        each.evaluate("details => { details.open = true }")
    for box in ("document.documentElement", "document.getElementById('sheet')"):
        assert page.evaluate(f"{box}.scrollWidth - {box}.clientWidth") <= 0


def test_on_paper_every_cause_is_there_and_no_control(visit: Visiting) -> None:
    page = visit().page
    page.emulate_media(media="print")
    assert not page.locator("nav").is_visible()
    assert not page.locator("#filters").is_visible()
    assert page.locator(".causes > li > details .finding").last.is_visible()
    assert len(page.pdf()) > 10_000


def test_a_case_that_is_open_is_what_is_printed(visit: Visiting) -> None:
    page = visit("#case-1").page
    page.locator("dialog .talk").wait_for()
    page.emulate_media(media="print")
    assert not page.locator("#page").is_visible()
    assert page.locator("dialog h2").is_visible()


def test_the_essentials_need_no_script(visit: Visiting) -> None:
    visited = visit(java_script_enabled=False)
    page = visited.page
    assert page.locator(".causes .observed").first.is_visible()
    assert len(visited.listed()) == 9
    assert page.locator("#cases .why", has_text="AUTH PLAIN was sent in clear").first.is_visible()
    assert not page.locator("#filters").is_visible()
    assert not page.locator(".copy").first.is_visible()
    page.locator(".causes a.case").first.click()
    assert page.url.endswith("#case-0")


@pytest.fixture(scope="module")
def axe(requires_node_module: Callable[[str], str]) -> str:
    """The source of axe-core."""
    node = requires_node_module("axe-core")
    asked = [node, "-p", "require.resolve('axe-core/axe.min.js')"]
    place = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
    return Path(place).read_text(encoding="utf-8")


@pytest.mark.parametrize("address", ["", "#case-0"], ids=["page", "case"])
@pytest.mark.parametrize(
    "options",
    [{}, {"color_scheme": "dark"}, PHONE, {**PHONE, "color_scheme": "dark"}],
    ids=["light", "dark", "phone", "phone-dark"],
)
def test_axe_finds_nothing_amiss(
    visit: Visiting, axe: str, options: dict[str, Any], address: str
) -> None:
    page = visit(address, **options).page
    if address:
        page.locator("dialog .talk").wait_for()
    for each in page.locator("details").all():
        each.evaluate("details => { details.open = true }")
    page.evaluate(axe)
    # axe looks into frames by a script of its own, which the frame of a message does not run.
    found = page.evaluate("axe.run(document, { iframes: false })")
    assert [
        (each["id"], each["impact"], [node["html"][:120] for node in each["nodes"][:3]])
        for each in found["violations"]
    ] == []


def test_a_verdict_of_every_kind_was_looked_at(run: RunResult) -> None:
    assert {case.verdict for case in run.cases} == set(Verdict)
