"""The HTML report as a document, without a browser."""

from __future__ import annotations

import json
import re
import zlib
from base64 import b64decode
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from harness.model import CaseResult, Finding, RunResult, SeenHandshake, TakenMessage, Verdict
from harness.reports import Context
from harness.reports.html.elements import element, raw_element
from harness.reports.html.mail_html import harmless
from harness.reports.html.packing import PER_LINE, packed
from harness.reports.html_report import render

# What an address in any of these would be loaded from, or lead to.
LEADING = frozenset(["src", "href", "action", "formaction", "srcset", "poster", "data", "ping"])


class Document(HTMLParser):
    """The elements and texts of a page, and what its scripts hold."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.texts: list[str] = []
        self.scripts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        inside = self.tags[-1][0] if self.tags else ""
        (self.scripts if inside in {"script", "style"} else self.texts).append(data)

    @property
    def text(self) -> str:
        return "".join(self.texts)

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for each, attributes in self.tags if each == tag]


def sheets(text: str) -> list[str]:
    """The cases in full, as a browser unpacks them."""
    found = re.search(r'<script type="text/plain"[^>]*>([^<]*)</script>', text)
    assert found
    chunks = [json.loads(zlib.decompress(b64decode(line))) for line in found[1].split()]
    return [html for chunk in chunks for html in chunk]


def handlers(document: Document) -> list[str]:
    return [name for _, attributes in document.tags for name in attributes if name[:2] == "on"]


def assert_inert(document: Document, *, scripts: int) -> None:
    assert len(document.all("script")) == scripts
    assert not handlers(document)
    for tag, attributes in document.tags:
        for name in LEADING & set(attributes):
            assert attributes[name].startswith("#"), (tag, attributes)
    for frame in document.all("iframe"):
        assert frame["sandbox"] == ""
        assert_inert(Document(frame["srcdoc"]), scripts=0)
    for tag in ("img", "object", "embed", "link", "base", "svg", "math", "template"):
        assert not document.all(tag), tag


def test_the_policy_lets_nothing_be_loaded_and_no_foreign_script_run(
    every_verdict: RunResult,
) -> None:
    document = Document(render(every_verdict, Context()))
    [policy] = [each["content"] for each in document.all("meta") if "http-equiv" in each]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules.pop("script-src").startswith("'sha256-")
    assert rules == {
        "default-src": "'none'",
        "style-src": "'unsafe-inline'",
        "base-uri": "'none'",
        "form-action": "'none'",
    }


def test_what_is_needed_first_is_there_without_scripts(every_verdict: RunResult) -> None:
    context = Context(
        describe_row=lambda row: f"what {row} says",
        describe_document=lambda prefix: f"the document {prefix}",
    )
    text = Document(render(every_verdict, context)).text
    for words in (
        "1 of 6 cases failed",
        "AUTH PLAIN was sent in clear",
        "no AUTH before a verified handshake",
        "AUTH PLAIN ***",
        "harness run --select 'tls/certificate[mode=tls]'",
        "what ORY-035 says",
        "the document AUTH0",
        "let the sender declare the feature connect_to",
        "its control failed too",
        "a fake broke",
        "1 case failed as expected",
    ):
        assert words in text, words


def test_every_case_is_there_in_full(every_verdict: RunResult) -> None:
    found = sheets(render(every_verdict, Context()))
    assert len(found) == len(every_verdict.cases)
    for case, html in zip(every_verdict.cases, found, strict=True):
        document = Document(html)
        assert case.id in document.text
        assert case.title in document.text


def test_links_to_cases_lead_to_their_lines(every_verdict: RunResult) -> None:
    document = Document(render(every_verdict, Context()))
    ids = {attributes["id"] for _, attributes in document.tags if "id" in attributes}
    targets = {each["href"][1:] for each in document.all("a") if "=" not in each["href"]}
    assert targets <= ids
    assert {f"case-{number}" for number in range(6)} <= targets


def test_what_failed_comes_first_in_the_list(every_verdict: RunResult) -> None:
    document = Document(render(every_verdict, Context()))
    verdicts = [each["data-verdict"] for each in document.all("li") if "data-verdict" in each]
    assert verdicts == ["fail", "fail", "error", "inconclusive", "pass", "unsupported"]


def test_a_message_that_is_in_mailpit_has_a_link_there(
    make_result: Callable[..., RunResult], make_failure: Callable[..., CaseResult]
) -> None:
    page = "http://127.0.0.1:8025/view/Ab3"
    [sheet] = sheets(render(make_result(make_failure(mail=(page,))), Context()))
    assert f'<a href="{page}" rel="noreferrer">{page}</a>' in sheet


def test_a_finding_stands_at_the_first_line_that_it_rests_on(
    make_failure: Callable[..., CaseResult], make_result: Callable[..., RunResult]
) -> None:
    [sheet] = sheets(render(make_result(make_failure()), Context()))
    line = sheet[sheet.index('data-event="5"', sheet.index('class="talk"')) :]
    assert "AUTH PLAIN was sent in clear" in line[: line.index("</li>")]


def test_before_and_after_tls_are_told_apart(
    make_failure: Callable[..., CaseResult], make_result: Callable[..., RunResult]
) -> None:
    talk = (
        (1, "  0.000s -- connected to smtp (port 25)"),
        (2, "  0.000s S: 220 mx"),
        (3, "  0.001s C: STARTTLS"),
        (4, "  0.002s -- TLS established: TLSv1.3 x, certificate good"),
        (5, "  0.003s C*: EHLO me"),
    )
    [sheet] = sheets(render(make_result(make_failure(conversation=talk)), Context()))
    talk_at = sheet.index('class="talk"')
    clear, secure = sheet.index("In clear", talk_at), sheet.index("Inside TLS", talk_at)
    assert clear < sheet.index("STARTTLS", talk_at) < secure < sheet.index("EHLO me", talk_at)


def test_connections_are_told_apart_where_there_are_several(
    make_failure: Callable[..., CaseResult], make_result: Callable[..., RunResult]
) -> None:
    talk = ((1, "  0.000s #1 C: a"), (2, "  0.000s #2 C*: b"), (3, "  0.001s #1 C: c"))
    [sheet] = sheets(render(make_result(make_failure(conversation=talk)), Context()))
    found = re.findall('class="where">([^<]*)<', sheet)
    assert found == ["Connection 1, in clear", "Connection 2, inside TLS", "Connection 1, in clear"]


def test_tls_and_messages_are_shown(
    make_failure: Callable[..., CaseResult], make_result: Callable[..., RunResult]
) -> None:
    seen = SeenHandshake(
        event=4,
        connection=1,
        server_name="mx.test",
        offered=("TLSv1.3",),
        version="TLSv1.3",
        cipher="AES",
        certificate="expired",
        about="It ran out.",
        has_to_be_refused=True,
    )
    message = taken(b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nTo: b@x.test\r\n\r\nHello\r\n")
    case = make_failure(handshakes=(seen,), messages=(message,))
    [sheet] = sheets(render(make_result(case), Context()))
    text = Document(sheet).text
    for words in ("mx.test", "expired: It ran out.", "this one did not", "Grüße", "Hello"):
        assert words in text


def taken(content: bytes) -> TakenMessage:
    return TakenMessage(
        event=6,
        content=content,
        octets=len(content),
        mail_from="a@x.test",
        rcpt_tos=("b@x.test",),
        secure=True,
    )


EVIL_HTML = (
    b"MIME-Version: 1.0\r\nSubject: <script>alert(1)</script>\r\n"
    b"Content-Type: text/html; charset=utf-8\r\n\r\n"
    b'<script>alert(1)</script></script><img src="http://x.test/i" onerror=alert(2)>'
    b'<a href="javascript:alert(3)">go</a><link rel=preconnect href="//x.test">\x00\xff'
)


@pytest.mark.parametrize(
    "content",
    [
        EVIL_HTML,
        b"",
        b"\x00\xff\xfe",
        b"Content-Type: text/plain; charset=nonsense\r\n\r\n\xff",
        b"Content-Type: multipart/mixed; boundary=\r\n\r\n--\r\n",
        b"Content-Type: " + b"a" * 5000 + b"\r\nContent-Disposition: x; filename*=y'z\r\n\r\n",
        b"To: " + b"(" * 3000 + b"\r\n\r\nx",
        b"Content-Transfer-Encoding: base64\r\nContent-Type: image/png\r\n\r\n!!!",
    ],
)
def test_a_message_is_shown_whatever_is_in_it(
    content: bytes, make_failure: Callable[..., CaseResult], make_result: Callable[..., RunResult]
) -> None:
    case = make_failure(messages=(taken(content),))
    [sheet] = sheets(render(make_result(case), Context()))
    assert_inert(Document(sheet), scripts=0)


def test_hostile_octets_are_inert_wherever_they_come(hostile_run: RunResult) -> None:
    hostile = hostile_run.notes[0]
    case = replace(hostile_run.cases[0], messages=(taken(EVIL_HTML),), complaints=(hostile,))
    run = replace(hostile_run, cases=(case, *hostile_run.cases[1:]))
    text = render(run, Context(describe_row=lambda _: hostile, command=lambda _: hostile))
    page = Document(text)
    assert_inert(page, scripts=2)
    assert len(page.all("html")) == len(page.all("body")) == 1
    for sheet in sheets(text):
        assert_inert(Document(sheet), scripts=0)
    for each in (text, *sheets(text)):
        assert "<script>alert" not in each
        assert "\u202e" not in each


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("<p style='color:red'>a</p>", '<p style="color:red">a</p>'),
        ('<b style="background:url(//x)" onclick=x>a</b>', "<b>a</b>"),
        ('<b style="background:u\\72l(//x)">a</b>', "<b>a</b>"),
        ('<a href="javascript:x" ping=y>a</a>', '<a title="javascript:x">a</a>'),
        ('<img src=x alt="&lt;i&gt;">', "[image: &lt;i&gt;]"),
        ("<script>x</script>a<script>", "a"),
        ("<style>p{color:red}</style><style>@import 'x'</style>", "<style>p{color:red}</style>"),
        ("<style><!--</style><iframe src=x></iframe>a", "a"),
        ("<math><style><!--</style><iframe src=x></math>a", "a"),
        ("<link rel=preconnect href=x><base href=x><meta http-equiv=refresh>a", "a"),
        ("a <b", "a &lt;b"),
        ("&lt;script&gt;\x00", "&lt;script&gt;\ufffd"),
        ('<p title="&quot; onclick=&quot;x">', '<p title="&quot; onclick=&quot;x">'),
    ],
)
def test_of_a_message_only_what_is_listed_is_left(source: str, shown: str) -> None:
    assert harmless(source).partition("</style>")[2] == shown


@pytest.mark.parametrize(
    "text", ["</script><script>x", "a & b", '" onclick="x', "\u2028\x00\u202e", "<!--", "]]>"]
)
def test_an_element_reads_as_what_was_put_in(text: str) -> None:
    document = Document(element("p", text, title=text))
    assert document.tags == [("p", {"title": document.text})]
    assert document.text.isprintable()
    assert [tag for tag, _ in document.tags] == ["p"]


@pytest.mark.parametrize("text", ["a</script>", "</SCRIPT x", "<!--"])
def test_nothing_ends_a_script_in_the_middle(text: str) -> None:
    with pytest.raises(ValueError, match="this would end a script in the middle"):
        raw_element("script", text)


def test_sheets_are_packed_in_lines() -> None:
    texts = [f"<p>{number} \u2028 \ud800</p>" for number in range(PER_LINE + 1)]
    assert len(packed(texts).split("\n")) == 2
    assert sheets(f'<script type="text/plain">{packed(texts)}</script>') == texts


def test_a_run_without_a_failure_says_so(
    make_case: Callable[..., CaseResult], make_result: Callable[..., RunResult]
) -> None:
    text = Document(render(make_result(make_case(verdict=Verdict.PASS)), Context())).text
    assert "PASS" in text
    assert "No case failed." in text


def test_thousands_of_cases_are_a_small_file(
    make_failure: Callable[..., CaseResult],
    make_finding: Callable[..., Finding],
    make_result: Callable[..., RunResult],
) -> None:
    def case(number: int) -> CaseResult:
        odd = number * 7919 % 10007
        talk = tuple(
            (n, f"  0.00{n % 9}s C*: line {n} of {odd} {'words ' * 20}") for n in range(25)
        )
        found = make_finding(observed=f"AUTH commands: {odd}", check=f"check-{number % 40}")
        content = b"Subject: %d\r\n\r\n%d\r\n" % (number, odd)
        return make_failure(
            f"tls/certificate[n={number}]",
            conversation=talk,
            findings=(found,) * 3,
            messages=(taken(content),),
        )

    text = render(make_result(*(case(number) for number in range(3_000))), Context())
    assert len(text.encode()) < 10_000_000
