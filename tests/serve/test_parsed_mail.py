"""What is read out of messages, whatever they are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.serve.parsed_mail import head_of, parsed
from harness.serve.remarks import of_content

from .conftest import letter


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("Your code is 481516.", ("481516",)),
        ("Your verification code:\n\n481 516\n", ("481516",)),
        ("123-456 is your PIN", ("123456",)),
        ("Enter 4815", ()),
        ("4815162\n", ("4815162",)),
        ("Order 2026 from 1999 for 12.50", ()),
        ("The code is at https://example.com/123456", ()),
        ("code 123456789", ()),
        ("Founded in 1984.\n", ()),
    ],
)
def test_codes_are_numbers_that_are_spoken_of(text: str, codes: tuple[str, ...]) -> None:
    assert parsed(letter(text=text).as_bytes()).codes == codes


def test_links_are_those_that_can_be_followed_each_once() -> None:
    html = (
        '<style>a{background:url(https://example.com/x.png)}</style><a href="https://a.test/1?x=1'
        '&amp;y=2">one</a> <a href="mailto:b@a.test">two</a> <a href="#top">three</a>'
    )
    mail = parsed(letter(text="See https://a.test/1?x=1&y=2, or (https://b.test/).\n", html=html)
                  .as_bytes())  # fmt: skip
    assert mail.links == ("https://a.test/1?x=1&y=2", "https://b.test/")


def test_files_are_told_apart_from_the_text() -> None:
    message = letter(text="see the file\n")
    message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="résumé.pdf")
    mail = parsed(message.as_bytes())
    assert mail.text == "see the file\n"
    assert [(file.filename, file.content_type, file.content) for file in mail.files] == [
        ("résumé.pdf", "application/pdf", b"%PDF")
    ]


@given(st.binary(max_size=300))
def test_nothing_is_too_broken_to_be_read(octets: bytes) -> None:
    parsed(octets)
    parsed(b"Content-Type: text/html; charset=nope\r\nSubject: =?x?q?=FF?=\r\n" + octets)
    head_of(octets)
    list(of_content(octets, at_provider=False, is_utf8=False))


_HEAD = "From: a@x.test\r\nDate: Mon, 30 Nov 2026 12:00:00 +0000\r\nMessage-ID: <1@x.test>\r\n"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (f"{_HEAD}\r\nx\r\n", []),
        ("\r\nx\r\n", ["no From header", "no Date header", "no Message-ID header"]),
        (f"{_HEAD}From: b@x.test\r\n\r\nx\r\n", ["From stands there 2 times"]),
        (f"{_HEAD}Bcc: c@x.test\r\n\r\nx\r\n", ["the Bcc header shows every reader"]),
        (f"{_HEAD}\r\nx\ny\r\n", ["lines that end in CR or LF alone"]),
        (f"{_HEAD}\r\n{'x' * 999}\r\n", ["a line of more than 998 octets"]),
        (f"{_HEAD}Subject: ü\r\n\r\nü\r\n", ["octets beyond ASCII in the header"]),
        (f"{_HEAD}\r\nDate: in the text\r\nBcc: too\r\n", []),
    ],
)
def test_what_is_wrong_with_a_message_is_told_and_nothing_else(
    content: str, told: list[str]
) -> None:
    found = list(of_content(content.encode(), at_provider=False, is_utf8=False))
    assert len(found) == len(told)
    assert all(one.startswith(start) for one, start in zip(found, told, strict=True))


@given(st.text("<![]>&;-/aeb\"' =\n"))
def test_no_page_is_too_broken_to_be_read(html: str) -> None:
    head = "Content-Type: text/html\r\n\r\n"
    parsed(f"{head}<p>code 481516</p>{html}".encode())


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("From: a@x.test\r\nBcc: c@x.test\r\n\r\nx\r\n", {"at_provider": True, "is_utf8": False}),
        (f"{_HEAD}Subject: ü\r\n\r\nx\r\n", {"at_provider": False, "is_utf8": True}),
    ],
)
def test_what_is_right_where_it_was_handed_in_is_not_told_of(
    content: str, words: dict[str, bool]
) -> None:
    assert list(of_content(content.encode(), **words)) == []
