"""A message is read by the grammar too, and rightly where the library is wrong."""

from __future__ import annotations

from collections.abc import Callable
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.checks.author import author
from harness.checks.header_fields import decoded, mailboxes, parameters
from harness.checks.mail_reading import (
    MailReading,
    ReadByTheGrammar,
    ReadByTheLibrary,
    bare_line_ends,
)
from harness.checks.message import content, differences
from harness.checks.record import Record, SendRecord
from harness.fakes.transcript import MessageCaptured

from .made_up import make_request

MakeRecord = Callable[..., Record]
READINGS = (ReadByTheLibrary, ReadByTheGrammar)


@pytest.mark.parametrize(
    ("field", "boxes"),
    [
        ("a@b.c", [("", "a@b.c")]),
        ("<a@b.c>", [("", "a@b.c")]),
        ("A B <a@b.c>", [("A B", "a@b.c")]),
        ("J. Doe <a@b.c>", [("J. Doe", "a@b.c")]),
        ('"B, A" <a@b.c>', [("B, A", "a@b.c")]),
        ('"a \\"b\\" \\\\" <a@b.c>', [('a "b" \\', "a@b.c")]),
        ("A<a@b.c>, d@e.f", [("A", "a@b.c"), ("", "d@e.f")]),
        ("A (not (a) name) B <a@b.c> (nor this)", [("A B", "a@b.c")]),
        ('"(" <a@b.c>', [("(", "a@b.c")]),
        ("Friends: A <a@b.c>, d@e.f; , g@h.i", [("A", "a@b.c"), ("", "d@e.f"), ("", "g@h.i")]),
        ("undisclosed-recipients:;", []),
        ("", []),
        ('"a b"@c.d', [("", '"a b"@c.d')]),
        ("a@[192.0.2.1]", [("", "a@[192.0.2.1]")]),
        ("<@x,@y:a@b.c>", [("", "a@b.c")]),
        ("=?utf-8?q?B=C3=BC?= <a@b.c>", [("Bü", "a@b.c")]),
        # What stands between two encoded words belongs to neither.
        ("=?utf-8?q?B=C3=BC?= =?utf-8?q?ro?= <a@b.c>", [("Büro", "a@b.c")]),
        ("=?utf-8?b?QsO8?=\t=?utf-8?q?ro?= x <a@b.c>", [("Büro x", "a@b.c")]),
        ("=?utf-8?q?B=C3=BC?= ro <a@b.c>", [("Bü ro", "a@b.c")]),
        ('"=?utf-8?q?no?=" <a@b.c>', [("=?utf-8?q?no?=", "a@b.c")]),
    ],
)
def test_mailboxes_are_read_by_the_grammar(field: str, boxes: list[tuple[str, str]]) -> None:
    assert list(mailboxes(field)) == boxes


@pytest.mark.parametrize("field", ["A <a@b.c", "(a@b.c", '"a@b.c', "a]@b.c", ")"])
def test_what_is_no_list_of_mailboxes_is_refused(field: str) -> None:
    with pytest.raises(ValueError, match=r"address|comment|no part"):
        mailboxes(field)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("plain text", "plain text"),
        ("=?utf-8?q?a_b=C3=BC?=", "a bü"),
        ("=?UTF-8?B?w7w=?= =?utf-8?b?w7w?=", "üü"),
        ("=?utf-8*en?q?a?=  b =?utf-8?q?c?=", "a  b c"),
        ("=?utf-8?q??= a", " a"),
        ("=?iso-8859-1?q?=FC?=", "ü"),
        ("a=?utf-8?q?b?=", "a=?utf-8?q?b?="),
        ("=?no-such?q?a?=", "=?no-such?q?a?="),
        ("=?utf-8?q?=FF?=", "=?utf-8?q?=FF?="),
        ("=?utf-8?b?!?=", "=?utf-8?b?!?="),
    ],
)
def test_encoded_words_are_decoded_where_they_may_stand(text: str, said: str) -> None:
    assert decoded(text) == said


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        ("text/plain", "text/plain", {}),
        ("Text/Plain; Charset=utf-8", "text/plain", {"charset": "utf-8"}),
        ('attachment; filename="a;b\\".csv"', "attachment", {"filename": 'a;b".csv'}),
        ("attachment; filename*=utf-8''%C3%BC%20.csv", "attachment", {"filename": "ü .csv"}),
        ("x; f*0*=utf-8'en'%C3%BC; f*1=b; f*2*=%2E", "x", {"f": "üb."}),
        ("x; f*1=b;\r\n f*0=a; ;g", "x", {"f": "ab", "g": ""}),
        ("", "", {}),
    ],
)
def test_parameters_are_read_as_rfc_2231_has_them(
    field: str, value: str, named: dict[str, str]
) -> None:
    assert parameters(field) == (value, named)


# Without what looks like an encoded word: the library of Python 3.12.1 writes `=??B??=` as it is.
texts = (
    st.text(
        st.characters(codec="utf-8", exclude_categories=["C", "Zl", "Zp"]), min_size=1, max_size=60
    )
    .map(lambda text: " ".join(text.split()))
    .filter(lambda text: "=?" not in text)
)


@given(name=texts, subject=texts, text=texts, file=texts)
def test_both_readings_find_what_the_library_wrote(
    name: str, subject: str, text: str, file: str
) -> None:
    message = EmailMessage()
    message["From"] = Address(name, "from", "sender.test")
    message["Subject"] = subject
    message.set_content(text)
    message.add_alternative(f"<p>{text}</p>", subtype="html")
    message.add_attachment(b"\x00\xff", maintype="image", subtype="x", filename=file)
    octets = message.as_bytes(policy=policy.SMTP)
    read = [reading(octets) for reading in READINGS]
    # One of them at least: each has to be able to stand in for the other.
    assert any(each.values("Subject") == [subject] for each in read)
    assert any(each.mailboxes("From") == [(name, "from@sender.test")] for each in read)
    assert [each.text().strip() for each in read] == [text] * 2
    kinds = ["text/plain", "text/html"]
    for each in read:
        assert [(part.kind, part.text.strip()) for part in each.texts()] == [
            (kinds[0], text), (kinds[1], f"<p>{text}</p>")
        ]  # fmt: skip
        assert each.alternatives() == [kinds]
    assert any(
        (found := each.files()[-1]).name == file and found.octets == b"\0\xff" for each in read
    )


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
def test_parts_of_parts_are_read(reading: Callable[[bytes], MailReading], end: bytes) -> None:
    octets = (
        b'Content-Type: multipart/mixed; boundary="o u"\n\nignored\n--o u\n'
        b"Content-Type: multipart/alternative; boundary=i\n\n--i\n\nText.\n--i  \n"
        b"Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n"
        b"<p>=C3=\n=BC</p> \n--i--\nignored\n--o u\n"
        b"Content-Disposition: attachment\nContent-Type: text/csv; name=a.csv\n"
        b"Content-Transfer-Encoding: base64\n\nYSxi\nCg==\n--o u--\nignored\n--o u\n\nno part\n"
    ).replace(b"\n", end)
    read = reading(octets)
    assert read.text() == "Text."
    kinds = [(file.name, file.content_type) for file in read.files()]
    assert kinds == [(None, "text/plain"), (None, "text/html"), ("a.csv", "text/csv")]
    assert read.files()[1].octets.rstrip() == "<p>ü</p>".encode()
    assert read.files()[2].octets == b"a,b\n"


def test_a_return_too_many_is_no_line_end_to_either_reading() -> None:
    asked = make_request().message
    octets = b"From: <sender@harness.test>\r\nSubject: Harness message\r\n\r\nHello.\r\n"
    assert differences(asked.recipients, octets, asked) == []
    doubled = octets.replace(b"\r\n", b"\r\r\n")
    assert differences(asked.recipients, doubled, asked)


def test_a_part_is_wrong_only_where_neither_reading_finds_it() -> None:
    asked = make_request(subject="Büro", **{"from": {"address": "sender@harness.test"}}).message
    head = "From: <sender@harness.test>\r\nSubject: {}\r\n\r\nHello.\r\n"
    for subject, words in (
        ("=?utf-8?q?B=C3=BC?=\r\n =?utf-8?q?ro?=", []),
        ("=?utf-8?q?B=C3=BC?= ro", ["subject 'Bü ro'"]),
    ):
        assert differences(asked.recipients, head.format(subject).encode(), asked) == words


def test_a_name_in_two_encoded_words_is_the_name_that_was_asked_for(
    make_record: MakeRecord,
    make_send: Callable[..., SendRecord],
    captured: Callable[..., MessageCaptured],
) -> None:
    send = make_send(**{"from": {"name": "Bürö für Çä", "address": "a@b.c"}})
    name = "=?utf-8?q?B=C3=BCr=C3=B6_?=\r\n =?utf-8?q?f=C3=BCr_=C3=87=C3=A4?="
    message = captured(f"From: {name} <a@b.c>\r\nSubject: x\r\n\r\nHello.\r\n".encode())
    assert author(make_record(message, asked=(send,)), "as-asked").met


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        (b"a\r\nb\r\n", []),
        (b"a\nb\n\r\n", ["bare LF in the place of CRLF: 2"]),
        (b"a\rb\r\r\n", ["bare CR in the place of CRLF: 2"]),
        (b"a\n\rb", ["bare LF in the place of CRLF: 1", "bare CR in the place of CRLF: 1"]),
    ],
)
def test_line_ends_are_looked_for_in_the_octets(octets: bytes, words: list[str]) -> None:
    assert bare_line_ends(octets) == words


def test_a_message_over_smtp_whose_lines_end_with_bare_lf_is_not_intact(
    make_record: MakeRecord, captured: Callable[..., MessageCaptured]
) -> None:
    bare = captured().message.content.replace(b"\r\n", b"\n")
    seen = content(make_record(captured(bare)), "intact")
    assert (seen.met, seen.observed) == (False, "bare LF in the place of CRLF: 5")
