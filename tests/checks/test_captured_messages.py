"""Whether a message came whole, and with nothing that nobody asked for."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.checks.author import author
from harness.checks.message import added_headers, content
from harness.checks.record import Record, SendRecord
from harness.fakes.transcript import MessageCaptured

MakeRecord = Callable[..., Record]
Captured = Callable[..., MessageCaptured]

PLAIN = {
    "From": "Harness <sender@harness.test>",
    "To": "recipient@harness.test",
    "Subject": "Harness message",
}


def wire(body: str = "Hello.", **headers: str) -> bytes:
    lines = {**PLAIN, **{name.replace("_", "-"): text for name, text in headers.items()}}
    head = "".join(f"{name}: {text}\r\n" for name, text in lines.items() if text)
    return f"{head}\r\n{body}\r\n".encode()


MULTIPART = (
    wire("", MIME_Version="1.0", Content_Type="multipart/alternative; boundary=b")
    + b"--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    b"SGVsbG8uCg==\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>Hello.</p>\r\n--b--\r\n"
)

UNREADABLE = "a message that cannot be read (LookupError: unknown encoding: no-such)"


@pytest.mark.parametrize(
    "message",
    [
        wire(),
        wire(From="sender@harness.test"),
        wire(From='"Harness" <sender@harness.test>'),
        wire(Subject="=?utf-8?q?Harness_message?="),
        wire(Subject="Harness\r\n message"),
        wire("Hello.  \r\n\r\n"),
        wire("Dear all,\r\nHello.\r\nBye."),
        MULTIPART,
    ],
)
def test_the_same_message_in_other_octets_is_intact(
    message: bytes, make_record: MakeRecord, captured: Captured
) -> None:
    seen = content(make_record(captured(message)), "intact")
    assert (seen.met, seen.observed, seen.events) == (True, "all as asked for", (1,))


@pytest.mark.parametrize(
    ("message", "observed"),
    [
        (wire(From="other@harness.test"), "From '' <other@harness.test>"),
        (wire(From='"sender@harness.test" <a@b.c>'), "From 'sender@harness.test' <a@b.c>"),
        (wire(From=""), "From nobody"),
        (wire(Subject="Other"), "subject 'Other'"),
        (wire(Subject=""), "subject None"),
        (wire("Goodbye."), "another text"),
        (wire(""), "another text"),
        (wire(Content_Type="text/plain; charset=no-such"), UNREADABLE),
    ],
)  # fmt: skip
def test_an_altered_message_is_told_by_what_was_altered(
    message: bytes, observed: str, make_record: MakeRecord, captured: Captured
) -> None:
    seen = content(make_record(captured(message)), "intact")
    assert (seen.met, seen.observed) == (False, observed)


@pytest.mark.parametrize("recipients", [(), ("recipient@harness.test", "spy@example.test")])
def test_recipients_too_few_or_too_many_are_told(
    recipients: tuple[str, ...], make_record: MakeRecord, captured: Captured
) -> None:
    seen = content(make_record(captured(rcpt_tos=recipients)), "intact")
    assert (seen.met, seen.observed) == (False, f"recipients {', '.join(recipients)}")


def test_carbon_copies_are_recipients_too(
    make_record: MakeRecord, make_send: Callable[..., SendRecord], captured: Captured
) -> None:
    boxes = {"cc": [{"address": "cc@harness.test"}], "bcc": [{"address": "bcc@harness.test"}]}
    send = make_send({"status": "sent"}, **boxes)
    everybody = ("recipient@harness.test", "cc@harness.test", "bcc@harness.test")
    assert content(make_record(captured(rcpt_tos=everybody), asked=(send,)), "intact").met
    assert not content(make_record(captured(), asked=(send,)), "intact").met


def attached(file: str, *, name: str = "a.csv", kind: str = "text/csv") -> bytes:
    """The usual message with a file; `file` is the part's content, with its encoding's header."""
    part = f'Content-Type: {kind}\r\nContent-Disposition: attachment; filename="{name}"\r\n{file}'
    head = wire("", MIME_Version="1.0", Content_Type="multipart/mixed; boundary=b")
    return head + f"--b\r\n\r\nHello.\r\n--b\r\n{part}\r\n--b--\r\n".encode()


AS_IT_IS = "\r\na,b\r\n1,2\r\n"
BASE64 = "Content-Transfer-Encoding: base64\r\n\r\nYSxiDQoxLDINCg=="
WITHOUT_RETURNS = "Content-Transfer-Encoding: base64\r\n\r\nYSxiCjEsMgo="


@pytest.mark.parametrize(
    ("message", "observed"),
    [
        (attached(BASE64), "all as asked for"),
        (attached(AS_IT_IS), "all as asked for"),
        (attached(WITHOUT_RETURNS), "all as asked for"),
        (attached(BASE64, kind="TEXT/CSV; charset=utf-8"), "all as asked for"),
        (attached(BASE64, name="b.csv"), "no attachment 'a.csv'"),
        (attached(BASE64, kind="application/csv"), "the attachment 'a.csv' as application/csv"),
        (attached("\r\na,b\r\n"), "another content of the attachment 'a.csv'"),
        (wire(), "no attachment 'a.csv'"),
    ],
)
def test_an_attachment_has_to_come_with_its_name_type_and_content(
    message: bytes,
    observed: str,
    make_record: MakeRecord,
    make_send: Callable[..., SendRecord],
    captured: Captured,
) -> None:
    file = {"filename": "a.csv", "content_type": "text/csv", "content": "YSxiDQoxLDINCg=="}
    send = make_send({"status": "sent"}, attachments=[file])
    seen = content(make_record(captured(message), asked=(send,)), "intact")
    assert (seen.met, seen.observed) == (observed == "all as asked for", observed)


def test_the_line_ends_of_what_is_no_text_are_content(
    make_record: MakeRecord, make_send: Callable[..., SendRecord], captured: Captured
) -> None:
    file = {"filename": "a.csv", "content_type": "image/x", "content": "YSxiDQoxLDINCg=="}
    send = make_send({"status": "sent"}, attachments=[file])
    for part, met in ((BASE64, True), (WITHOUT_RETURNS, False)):
        record = make_record(captured(attached(part, kind="image/x")), asked=(send,))
        assert content(record, "intact").met is met


def test_without_a_message_nothing_is_intact(make_record: MakeRecord) -> None:
    seen = content(make_record(), "intact")
    assert (seen.met, seen.observed) == (False, "no message")


def test_of_several_messages_each_has_to_be_one_that_was_asked_for(
    make_record: MakeRecord, make_send: Callable[..., SendRecord], captured: Captured
) -> None:
    seen = content(make_record(captured(wire("Bye.")), captured()), "intact")
    assert (seen.met, seen.observed, seen.events) == (False, "another text", (1,))
    sends = (make_send(text="Bye."), make_send())
    for second, met, events in ((wire(), True, (2,)), (wire("Bye."), False, (2,))):
        record = make_record(captured(wire("Bye.")), captured(second), asked=sends)
        seen = content(record, "intact")
        assert (seen.met, seen.events) == (met, events)


def test_of_several_messages_each_has_to_be_from_somebody_who_was_asked_for(
    make_record: MakeRecord, make_send: Callable[..., SendRecord], captured: Captured
) -> None:
    boxes = [{"name": name, "address": "from@sender.test"} for name in ("A", "B")]
    sends = tuple(make_send(**{"from": box}) for box in boxes)
    for names, met in (("AB", True), ("AA", False), ("CB", False), ("B", True)):
        messages = [captured(wire(From=f"{name} <from@sender.test>")) for name in names]
        seen = author(make_record(*messages, asked=sends), "as-asked")
        assert seen.met is met, names
        assert seen.expected == "From 'A' <from@sender.test> or 'B' <from@sender.test>"


@pytest.mark.parametrize(
    ("header", "name", "met"),
    [
        ("A B <from@sender.test>", "A B", True),
        ('"B, A" <from@sender.test>', "B, A", True),
        ("=?utf-8?q?B=C3=BCro?= <from@sender.test>", "Büro", True),
        ("from@sender.test", "", True),
        ("from@sender.test", "A B", False),
        ("A B <from@sender.test>", "", False),
        ("A B <other@sender.test>", "A B", False),
        ("A B <from@sender.test>, C <c@sender.test>", "A B", False),
        ("", "", False),
    ],
)
def test_from_is_compared_with_its_name(
    header: str,
    name: str,
    met: bool,
    make_record: MakeRecord,
    make_send: Callable[..., SendRecord],
    captured: Captured,
) -> None:
    send = make_send({"status": "sent"}, **{"from": {"name": name, "address": "from@sender.test"}})
    seen = author(make_record(captured(wire(From=header)), asked=(send,)), "as-asked")
    assert seen.met is met, seen.observed
    assert seen.events == (1,)


def test_without_a_message_nobody_is_its_author(make_record: MakeRecord) -> None:
    assert not author(make_record(), "as-asked").met


def test_headers_of_a_provider_are_told(make_record: MakeRecord, captured: Captured) -> None:
    record = make_record(captured(wire(X_MC_Tags="a", X_SES_Source="b", X_Mailer="c")))
    seen = added_headers(record, "none")
    assert (seen.met, seen.observed) == (False, "added: X-MC-Tags, X-SES-Source")
    assert seen.events == (1,)


def test_a_header_that_was_asked_for_is_not_added(
    make_record: MakeRecord, make_send: Callable[..., SendRecord], captured: Captured
) -> None:
    send = make_send({"status": "sent"}, headers={"x-mc-tags": "a"})
    assert added_headers(make_record(captured(wire(X_MC_Tags="a")), asked=(send,)), "none").met


def test_a_usual_message_has_no_added_headers(make_record: MakeRecord, captured: Captured) -> None:
    usual = wire(Date="x", Message_ID="<a@b>", MIME_Version="1.0", Content_Type="text/plain")
    assert added_headers(make_record(captured(usual)), "none").met


@settings(max_examples=150, deadline=None)
@given(
    pieces=st.lists(
        st.sampled_from(
            [b"From: ", b"Subject: ", b"To: ", b"\r\n", b"\r\n\r\n", b"<", b">", b'"', b"@", b"(",
             b"=?utf-8?q?=ff?=", b"=?x?b?!?=", b"Message-ID: <", b"Content-Type: text/x; charset=z",
             b"Content-Type: multipart/mixed; boundary=x", b"--x", b"\x00", b"\xff", b";", b",",
             b"Content-Disposition: attachment; filename*=utf-8''%ff", b"a@b.c", b"[", b":"]
        ),
        max_size=25,
    )
)  # fmt: skip
def test_whatever_a_message_is_it_is_judged(
    pieces: list[bytes], make_record: MakeRecord, captured: Captured
) -> None:
    record = make_record(captured(b"".join(pieces)))
    assert content(record, "intact").expected
    assert author(record, "as-asked").expected
    assert added_headers(record, "none").expected
