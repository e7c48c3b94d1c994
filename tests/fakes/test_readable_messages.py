"""What tests can say about messages: read from octets, whatever these are."""

from __future__ import annotations

import pickle
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.fakes.message import CapturedMessage

ASKED = (
    "raw", "headers", "subject", "from_", "reply_to", "to", "cc", "bcc", "text", "html",
    "attachments", "links", "codes",
)  # fmt: skip


def taken(content: bytes, *, to: tuple[str, ...] = ()) -> CapturedMessage:
    return CapturedMessage(
        wire=content, mail_from="bounces@a.test", rcpt_tos=to, username=None, secure=True,
        connection=1,
    )  # fmt: skip


def mail(text: str = "", html: str = "") -> CapturedMessage:
    message = EmailMessage()
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
    return taken(message.as_bytes(policy=SMTP))


@pytest.fixture
def sign_up() -> CapturedMessage:
    message = EmailMessage()
    message["From"] = "Die Bäckerei <shop@example.com>"
    message["To"] = "You <you@example.com>, Others: a@b.test, c@d.test;"
    message["Cc"] = "Boss <BOSS@example.com>"
    message["Subject"] = "Willkommen in München – bitte bestätigen Sie noch Ihre Anschrift bei uns"
    message.set_content("Grüß Gott!\n\nIhr Code: 482913\n")
    link = '<a class="big" href="https://a.test/verify?token=x&amp;next=%2F">Best<b>ä</b>tigen</a>'
    message.add_alternative(f"<p>Grüß Gott! {link} <img src=cid:logo></p>", subtype="html")
    message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="Größe.pdf")
    content = message.as_bytes(policy=SMTP)
    return taken(content, to=("you@example.com", "boss@example.com", "audit@example.com"))


def test_who_wrote_to_whom(sign_up: CapturedMessage) -> None:
    assert sign_up.from_ == "shop@example.com"
    assert sign_up.from_.name == "Die Bäckerei"
    assert sign_up.to == ("you@example.com", "a@b.test", "c@d.test")
    assert (sign_up.to[0].name, sign_up.to[0].domain) == ("You", "example.com")
    assert sign_up.cc == ("BOSS@example.com",)
    assert sign_up.bcc == ("audit@example.com",), "who gets it and is not named"


def test_what_it_says(sign_up: CapturedMessage) -> None:
    assert sign_up.subject.startswith("Willkommen in München – bitte bestätigen Sie")
    assert sign_up.headers["SUBJECT"] == sign_up.subject
    assert sign_up.text == "Grüß Gott!\n\nIhr Code: 482913"
    assert sign_up.html.startswith("<p>Grüß Gott! <a")
    assert sign_up.codes == ("482913",)
    (file,) = sign_up.attachments
    assert (file.filename, file.content_type) == ("Größe.pdf", "application/pdf")
    assert file.content == b"%PDF"
    assert sign_up.raw is sign_up.content


def test_a_link_is_the_address_with_what_is_known_of_it(sign_up: CapturedMessage) -> None:
    (link,) = sign_up.links
    assert link == "https://a.test/verify?token=x&next=%2F"
    assert link.query == {"token": "x", "next": "/"}
    assert (link.text, link.attributes["class"]) == ("Bestätigen", "big")


def test_its_repr_is_one_line_that_tells_it_apart(sign_up: CapturedMessage) -> None:
    said = repr(sign_up)
    assert said.startswith("<message 'Willkommen in München")
    assert "to you@example.com, boss@example.com, audit@example.com, with 1 file>" in said


def test_what_was_read_is_none_of_the_message_itself(sign_up: CapturedMessage) -> None:
    untouched = pickle.loads(pickle.dumps(sign_up))
    assert sign_up.links
    assert untouched == sign_up
    assert pickle.loads(pickle.dumps(sign_up)).subject == sign_up.subject


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("See https://a.test/x.", ["https://a.test/x"]),
        ("(https://a.test/a_(b))", ["https://a.test/a_(b)"]),
        ("<https://a.test/?a=1&b=2>", ["https://a.test/?a=1&b=2"]),
        ("app://open/1 and HTTPS://A.TEST, no a.test", ["app://open/1", "HTTPS://A.TEST"]),
        ("https://a.test/ twice https://a.test/", ["https://a.test/"]),
    ],
)
def test_links_in_text(text: str, links: list[str]) -> None:
    assert list(mail(text).links) == links


@pytest.mark.parametrize(
    ("html", "links"),
    [
        ("<A HREF='https://a.test'>x</A>", ["https://a.test"]),
        ("<a href=https://a.test/&#63;b&amp;c>", ["https://a.test/?b&c"]),
        ("<a href='#top'>x</a><a name=top><a href=''>y</a>", []),
        ("<a href='/verify'>a relative one is shown, as it is wrong</a>", ["/verify"]),
        ("<map><area href='https://a.test/m' alt=m></map>", ["https://a.test/m"]),
        ("<!-- <a href='https://a.test/c'> --><a href='mailto:a@b.test'>", ["mailto:a@b.test"]),
    ],
)
def test_links_in_html(html: str, links: list[str]) -> None:
    assert list(mail("", html).links) == links


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("Your code is 482913.", ["482913"]),
        ("Code:482913", ["482913"]),
        ("验证码是482913,", ["482913"]),
        ("© 2026 Shop\nUse 1987\n\n  4711\n", ["4711", "1987"]),
        ("482 913 or 482-913 or 1234-5678", ["482913", "12345678"]),
        ("AB12-CD34, X7K2P9, WELCOME, abc123", ["AB12CD34", "X7K2P9"]),
        ("1234.56, 1,234 and 4711 € or $4711, 12:30, 2026-11-30, 30.11.2026", []),
        ("+49 170 123456, order #4711, 123456789, a4711, 4711a, 4711-x", []),
        ("https://a.test/482913 a4711@b.test 4711@b.test", []),
        ("Copyright 2019-2026, 2019-2026", []),
    ],
)
def test_what_is_a_code(text: str, codes: list[str]) -> None:
    assert list(mail(text).codes) == codes


def test_a_code_in_html_is_what_a_reader_sees() -> None:
    html = (
        "<style>p{width:4711}</style><title>2000</title><p data-x='1234'>Until 2031 use"
        "<td><b>48</b>29</td><script>9999</script>"
    )
    assert mail("", html).codes == ("4829", "2031")


def test_several_texts_and_files_of_every_kind() -> None:
    content = (
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\r\none \xe4\r\n"
        b"--b\r\nContent-Type: text/plain; name==?utf-8?q?a=C3=A4?=\r\n\r\nnotes\r\n"
        b"--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\ninside\r\n"
        b"--b\r\nContent-Type: image/png\r\nContent-ID: <l@a>\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\naGk=\r\n"
        b"--b\r\n\r\ntwo\r\n--b--\r\n"
    )
    message = taken(content)
    assert message.text == "one ä\ntwo"
    assert [file.filename for file in message.attachments] == ["aä", "", ""]
    inner, picture = message.attachments[1:]
    assert inner.content == b"Subject: inner\n\ninside"
    assert (picture.content, picture.content_id, picture.inline) == (b"hi", "l@a", True)


def test_what_is_not_there_is_empty() -> None:
    message = taken(b"\r\n")
    assert not message.from_
    assert [getattr(message, name) for name in ("subject", "text", "html")] == ["", "", ""]
    with pytest.raises(KeyError, match="no header"):
        message.headers["subject"]


HOSTILE = (
    b"",
    b"\x00" * 99,
    b"Content-Type: multipart/mixed; boundary=\r\n\r\n--\r\n",
    b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" * 2000,
    b"".join(b"Content-Type:multipart/x;boundary=%d\r\n\r\n--%d\r\n" % (n, n) for n in range(999)),
    b"Subject: =?utf-8?b?!?= =?x?q?a?= \xff\r\nFrom: <<@\r\nTo: \xff <a@b\r\n\r\n",
    b"To: " + b"(" * 5000 + b"\r\nCc: " + b"a@b.c, " * 5000 + b"\r\n\r\n",
    b"Content-Type: text/html; charset=nope\r\n\r\n\xff<![if x]><!-- <![CDATA[ <a href='x",
    b"Content-Type: text/html\r\n\r\n" + b"<a href=x " * 20000,
    b"Content-Type: text/html\r\n\r\n&#xD800;&#x110000;<a href='&#xD800;http://['>1234",
    b"Content-Type: text/plain; charset=hex\r\n\r\nzz https://" + b")" * 20000,
    b"Content-Type: text/plain\r\n\r\n" + b"x" * 100_000 + b"a@" * 20000 + b"a+" * 20000,
)


@given(st.binary(max_size=400))
def test_no_octets_make_it_raise(octets: bytes) -> None:
    read_all(octets)


def read_all(octets: bytes) -> None:
    for content in (octets, b"Content-Type: text/html\r\n\r\n" + octets):
        message = taken(content)
        said = [repr(getattr(message, name)) for name in ASKED]
        said += [repr(message), *message.headers, *(str(link.query) for link in message.links)]
        "".join(said).encode("utf-8", "surrogatepass")


@pytest.mark.parametrize("octets", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_octets_make_it_raise_nothing(octets: bytes) -> None:
    read_all(octets)
