"""Messages: built here, read back by the standard library's parser."""

from __future__ import annotations

import base64
import email
import email.header
import email.policy
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from email.message import EmailMessage
from email.utils import getaddresses, parsedate_to_datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.protocol import ErrorClass, Message, Phase
from harness.reference.failure import MessageError
from harness.reference.message import BuiltMessage, build

MakeMessage = Callable[..., BuiltMessage]

NOW = datetime(2024, 5, 17, 8, 30, tzinfo=UTC)


def made(**fields: Any) -> BuiltMessage:
    values: dict[str, Any] = {
        "from": {"name": "Courier", "address": "courier@sender.example"},
        "to": [{"address": "a@one.example"}],
        **fields,
    }
    return build(Message.model_validate(values), unique="0815", date=NOW)


def read(built: BuiltMessage) -> EmailMessage:
    return email.message_from_bytes(built.data, policy=email.policy.default)


def text_of(built: BuiltMessage, kind: str = "plain") -> str:
    body = read(built).get_body((kind,))
    assert body is not None
    octets = body.get_payload(decode=True)
    assert isinstance(octets, bytes)
    return octets.decode()


def decoded(value: str) -> str:
    return str(email.header.make_header(email.header.decode_header(value)))


def raw_field(built: BuiltMessage, name: str) -> str:
    """A field unfolded, not decoded."""
    head = built.data.partition(b"\r\n\r\n")[0].decode()
    fields = [field.partition(": ") for field in head.replace("\r\n ", " ").split("\r\n")]
    (value,) = [value for key, _, value in fields if key == name]
    return value


def refusal(**fields: Any) -> MessageError:
    with pytest.raises(MessageError) as caught:
        made(**fields)
    assert (caught.value.phase, caught.value.temporary) == (Phase.MESSAGE, False)
    return caught.value


def check_wire_form(data: bytes) -> None:
    assert data.endswith(b"\r\n")
    assert re.search(rb"(?<!\r)\n|\r(?!\n)|\0", data) is None
    assert max(map(len, data.split(b"\r\n"))) <= 998
    head = data.partition(b"\r\n\r\n")[0]
    for word in re.findall(rb"=\?[^ ]*\?=", head):
        assert len(word) <= 75


def test_a_plain_message_octet_by_octet() -> None:
    built = made(
        subject="Hi there", text="one\n.two\n", cc=[{"name": "B C", "address": "b@x.example"}]
    )
    assert built.data.decode() == (
        "From: Courier <courier@sender.example>\r\n"
        "To: a@one.example\r\n"
        "Cc: B C <b@x.example>\r\n"
        "Subject: Hi there\r\n"
        "Date: Fri, 17 May 2024 08:30:00 +0000\r\n"
        "Message-ID: <0815@sender.example>\r\n"
        "MIME-Version: 1.0\r\n"
        'Content-Type: text/plain; charset="utf-8"\r\n'
        "Content-Transfer-Encoding: 7bit\r\n"
        "\r\n"
        "one\r\n.two\r\n"
    )
    assert built.message_id == "<0815@sender.example>"
    assert built.envelope_from == "courier@sender.example"
    assert built.recipients == ("a@one.example", "b@x.example")
    assert (built.needs_8bit, built.needs_smtputf8) == (False, False)


def test_the_same_input_gives_the_same_octets() -> None:
    assert made(html="<p>", text="x") == made(html="<p>", text="x")


TEXTS = st.one_of(
    st.text(st.characters(codec="utf-8")),
    st.text(st.sampled_from("\r\n. =\tä€😀aA\0\x1b-_From")),
    st.text("x= .\t", min_size=900, max_size=1100),
    st.lists(st.text("ab .=ü", max_size=90), max_size=12).map("\n".join),
)


@given(TEXTS, st.none() | TEXTS)
def test_what_goes_in_comes_out(text: str, html: str | None) -> None:
    built = made(text=text, html=html)
    check_wire_form(built.data)
    assert built.data.isascii()
    wanted = re.sub(r"\r\n|\r|\n", "\r\n", text)
    if html is not None:
        assert text_of(built, "html").removesuffix("\r\n") == re.sub(
            r"\r\n|\r|\n", "\r\n", html
        ).removesuffix("\r\n")
    if text or html is None:
        assert text_of(built).removesuffix("\r\n") == wanted.removesuffix("\r\n")


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp"]), max_size=200))
def test_subjects_and_names_come_out_as_they_went_in(text: str) -> None:
    boxes = [{"name": text, "address": "a@one.example"}, {"name": "", "address": "b@two.example"}]
    built = made(subject=text, to=boxes, **{"from": boxes[0]})
    check_wire_form(built.data)
    assert decoded(raw_field(built, "Subject")) == text
    found = getaddresses([raw_field(built, "To")])
    assert [address for _, address in found] == ["a@one.example", "b@two.example"]
    assert decoded(found[0][0]) == text or text.isspace()
    assert read(built)["Bcc"] is None


@pytest.mark.parametrize(
    "name",
    [
        'Ćirić, "J."',
        'O\'Brien, "Pat" \\ Co',
        "a@b.example",
        "Doe, John",
        "x" * 200,
        "Ünïcode " * 30,
        "=?utf-8?q?fake?=",
        "(comment)",
        "group: a@b.example;",
        "{project.name} via Ory",
        "日本語" * 40,
        "trailing ",
        ".",
    ],
)
def test_a_display_name_stays_one_mailbox(name: str) -> None:
    built = made(to=[{"name": name, "address": "a@one.example"}] * 3)
    found = getaddresses([raw_field(built, "To")])
    assert [address for _, address in found] == ["a@one.example"] * 3
    assert decoded(found[0][0]).strip() == name.strip()
    check_wire_form(built.data)


@pytest.mark.parametrize(
    "subject",
    [
        "x" * 2000,
        "word " * 300,
        "😀" * 40,
        "日本語" * 50,
        "a  b   c",
        " lead",
        "=?utf-8?q?fake?=",
        "a =?utf-8?q?fake?= b",
        "שלום עולם " * 20,
        "",
    ],
)
def test_long_and_odd_subjects_are_folded_and_whole(subject: str) -> None:
    built = made(subject=subject)
    assert decoded(raw_field(built, "Subject")) == subject
    head = built.data.partition(b"\r\n\r\n")[0]
    assert max(map(len, head.split(b"\r\n"))) <= 78


def test_hundreds_of_recipients_are_folded_between_addresses() -> None:
    addresses = [f"recipient-{number}@some-domain.example" for number in range(300)]
    built = made(to=[{"address": address} for address in addresses])
    assert built.recipients == tuple(addresses)
    assert [address for _, address in getaddresses([raw_field(built, "To")])] == addresses
    check_wire_form(built.data)


INJECTIONS = [
    "a\r\nBcc: x@evil.example",
    "a\nBcc: x@evil.example",
    "a\rBcc: x@evil.example",
    "a\0b",
    "a\x1b[31m",
    "a\x7f",
    "a\x85Bcc: x",
    "a\u2028Bcc: x",
    "a\x0bBcc: x",
]
PLACES: dict[str, Callable[[str], dict[str, Any]]] = {
    "subject": lambda text: {"subject": text},
    "from name": lambda text: {"from": {"name": text, "address": "a@x.example"}},
    "from address": lambda text: {"from": {"address": f"{text}@x.example"}},
    "to name": lambda text: {"to": [{"name": text, "address": "a@x.example"}]},
    "to address": lambda text: {"to": [{"address": f"a@x.example{text}"}]},
    "cc address": lambda text: {"cc": [{"address": f"a@x.example{text}"}]},
    "bcc address": lambda text: {"bcc": [{"address": f"{text}@x.example"}]},
    "reply-to name": lambda text: {"reply_to": [{"name": text, "address": "a@x.example"}]},
    "sender name": lambda text: {"sender": {"name": text, "address": "a@x.example"}},
    "envelope sender": lambda text: {"envelope_from": f"{text}@x.example"},
    "custom name": lambda text: {"headers": {f"X-{text}": "x"}},
    "custom value": lambda text: {"headers": {"List-Unsubscribe": text}},
    "custom own": lambda text: {"headers": {"Subject": text}},
    "custom id": lambda text: {"headers": {"Message-ID": f"<{text}@x>"}},
    "file name": lambda text: {"attachments": [{"filename": text, "content": ""}]},
    "file type": lambda text: {
        "attachments": [{"filename": "a", "content": "", "content_type": f"text/plain; x={text}"}]
    },
}


@pytest.mark.parametrize("text", INJECTIONS)
@pytest.mark.parametrize("place", PLACES)
def test_line_breaks_and_controls_are_refused_everywhere(place: str, text: str) -> None:
    failure = refusal(**PLACES[place](text))
    assert failure.class_ is ErrorClass.HEADER_INJECTION
    assert "evil" not in str(failure)


@pytest.mark.parametrize("name", ["X A", "X:A", "", "X-Ä", "X" * 80, " X"])
def test_a_field_name_that_is_none_is_refused(name: str) -> None:
    assert refusal(headers={name: "x"}).class_ is ErrorClass.HEADER_INJECTION


@pytest.mark.parametrize(
    "address",
    [
        "nobody",
        "@x.example",
        "a@",
        "",
        "a b@x.example",
        "a@x.example>",
        "a@x.example> RCPT TO:<b@y.example",
        "<a@x.example>",
        "a@b@x.example",
        "a,b@x.example",
        '"a"b"@x.example',
        "a@x..example",
        "a@-x.example",
        "a@x.example.",
        "a@[1.2.3]",
        "a@[not an address]",
        "a@\u560d\u760d.exa mple",
        "x" * 65 + "@x.example",
        "a@" + "d" * 64 + ".example",
        "x" * 64 + "@" + "a." * 94 + "ex",
    ],
)
@pytest.mark.parametrize("field", ["from", "to", "envelope_from", "reply_to"])
def test_an_address_that_is_none_is_refused(field: str, address: str) -> None:
    value: Any = {"address": address}
    if field == "envelope_from":
        value = address or "@"
    elif field != "from":
        value = [value]
    assert refusal(**{field: value}).class_ is ErrorClass.ADDRESS_INVALID


@pytest.mark.parametrize(
    ("address", "on_the_wire"),
    [
        ("a+b@x.example", "a+b@x.example"),
        ('"a b"@x.example', '"a b"@x.example'),
        ('"a\\"@b"@x.example', '"a\\"@b"@x.example'),
        ("foo.@docomo.example", "foo.@docomo.example"),
        ("a..b@x.example", "a..b@x.example"),
        ("a@[192.0.2.1]", "a@[192.0.2.1]"),
        ("a@[IPv6:2001:db8::1]", "a@[IPv6:2001:db8::1]"),
        ("Mixed.Case@X.Example", "Mixed.Case@X.Example"),
        ("x@bücher.example", "x@xn--bcher-kva.example"),
        ("x@BÜCHER.example", "x@xn--bcher-kva.example"),
        ("root@localhost", "root@localhost"),
        ("x" * 64 + "@" + "a." * 93 + "ex", "x" * 64 + "@" + "a." * 93 + "ex"),
    ],
)
def test_odd_addresses_that_are_in_use_pass(address: str, on_the_wire: str) -> None:
    built = made(to=[{"address": address}], envelope_from=address)
    assert built.recipients == (on_the_wire,)
    assert built.envelope_from == on_the_wire
    assert raw_field(built, "To") == on_the_wire
    assert not built.needs_smtputf8


@pytest.mark.parametrize("local", ["josé", "\u560d\u760d", "ü" * 32])
@pytest.mark.parametrize("field", ["to", "bcc", "from", "reply_to", "envelope_from"])
def test_a_non_ascii_local_part_needs_smtputf8(field: str, local: str) -> None:
    address = f"{local}@x.example"
    value: Any = {
        "from": {"address": address},
        "envelope_from": address,
    }.get(field, [{"address": address}])
    built = made(**{field: value})
    assert built.needs_smtputf8
    assert b"\r\nBcc:" not in built.data
    if field not in ("bcc", "envelope_from"):
        assert built.needs_8bit
        assert f"{local}@x.example".encode() in built.data
    check_wire_form(built.data)


def test_recipients_keep_their_order_and_come_once() -> None:
    built = made(
        to=[{"address": "Bob@x.example"}, {"address": "bob@X.example"}],
        cc=[{"address": "bob@x.example"}, {"address": "c@bücher.example"}],
        bcc=[{"address": "c@xn--bcher-kva.example"}, {"address": "hidden@x.example"}],
    )
    assert built.recipients == (
        "Bob@x.example",
        "bob@X.example",
        "c@xn--bcher-kva.example",
        "hidden@x.example",
    )
    assert b"hidden" not in built.data


def test_without_recipients_there_is_nothing_to_send() -> None:
    assert refusal(to=[]).class_ is ErrorClass.ADDRESS_INVALID


def test_blind_recipients_alone_are_not_disclosed() -> None:
    built = made(to=[], bcc=[{"address": "hidden@x.example"}])
    assert raw_field(built, "To") == "undisclosed-recipients:;"
    assert b"hidden" not in built.data


def test_the_null_sender_and_another_return_path() -> None:
    assert made(envelope_from="").envelope_from == ""
    built = made(envelope_from="bounces@x.example", sender={"name": "S", "address": "s@x.example"})
    assert built.envelope_from == "bounces@x.example"
    assert raw_field(built, "Sender") == "S <s@x.example>"
    assert raw_field(built, "From") == "Courier <courier@sender.example>"


SINGLE = [
    "From",
    "Sender",
    "Reply-To",
    "To",
    "Cc",
    "Subject",
    "Date",
    "Message-ID",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
]


def test_custom_fields_do_not_repeat_what_the_message_has() -> None:
    custom = dict.fromkeys([*SINGLE, "Bcc", "CONTENT-ID", "subject", "FROM"], "other@evil.example")
    built = made(
        subject="mine",
        cc=[{"address": "c@x.example"}],
        sender={"address": "s@x.example"},
        reply_to=[{"address": "r@x.example"}],
        headers={**custom, "X-Other": "1"},
    )
    parsed = read(built)
    for name in SINGLE:
        assert len(parsed.get_all(name, [])) == 1, name
    assert b"evil" not in built.data
    assert parsed["X-Other"] == "1"
    assert built.recipients == ("a@one.example", "c@x.example")


def test_custom_fields_fill_what_the_message_leaves_open() -> None:
    built = made(
        headers={
            "date": "Mon, 1 Jan 2024 00:00:00 +0100",
            "message-id": "<chosen.1@x.example>",
            "reply-to": '"R, R" <r@x.example>, r2@x.example',
            "sender": "s@x.example",
        }
    )
    assert built.message_id == "<chosen.1@x.example>"
    assert raw_field(built, "Message-ID") == "<chosen.1@x.example>"
    assert raw_field(built, "Reply-To") == '"R, R" <r@x.example>, r2@x.example'
    assert raw_field(built, "Sender") == "s@x.example"
    wanted = datetime(2024, 1, 1, tzinfo=timezone(timedelta(hours=1)))
    assert parsedate_to_datetime(raw_field(built, "Date")) == wanted


@pytest.mark.parametrize("value", ["yesterday", "", "<no-at>", "a@b", "<a@b> <c@d>", "99999999999"])
def test_a_custom_date_or_id_that_is_none_is_not_used(value: str) -> None:
    built = made(headers={"Date": value, "Message-ID": value})
    assert built.message_id == "<0815@sender.example>"
    assert parsedate_to_datetime(raw_field(built, "Date")) == NOW


@pytest.mark.parametrize("value", ["nobody", "", ",", "<>"])
def test_a_custom_reply_to_that_is_none_is_refused(value: str) -> None:
    assert refusal(headers={"Reply-To": value}).class_ is ErrorClass.ADDRESS_INVALID


def test_long_custom_fields_are_folded_between_words() -> None:
    references = " ".join(f"<{number}.{'x' * 40}@x.example>" for number in range(100))
    link = f"<https://x.example/{'y' * 600}>"
    built = made(headers={"References": references, "List-Unsubscribe": link, "X-U": "ü\tü"})
    assert raw_field(built, "References") == references
    assert raw_field(built, "List-Unsubscribe") == link
    assert decoded(raw_field(built, "X-U")) == "ü ü"
    check_wire_form(built.data)


def test_a_word_that_no_line_can_hold_is_encoded() -> None:
    built = made(headers={"X-Long": "z" * 3000})
    assert decoded(raw_field(built, "X-Long")) == "z" * 3000
    check_wire_form(built.data)


def test_no_field_is_added_that_nobody_asked_for() -> None:
    assert set(read(made())) == {
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "MIME-Version",
        "Content-Type",
        "Content-Transfer-Encoding",
    }


def test_plain_text_comes_before_html_and_files_after_both() -> None:
    octets = bytes(range(256)) * 10
    built = made(
        text="plain",
        html="<p>html</p>",
        attachments=[
            {
                "filename": "a.bin",
                "content_type": "application/x-thing; charset=utf-8",
                "content": base64.b64encode(octets).decode(),
            },
            {"filename": "m.eml", "content_type": "message/rfc822", "content": "QTogYg=="},
        ],
    )
    parsed = read(built)
    assert parsed.get_content_type() == "multipart/mixed"
    parts = [part.get_content_type() for part in parsed.walk()]
    assert parts == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "application/x-thing",
        "application/octet-stream",
    ]
    files = list(parsed.iter_attachments())
    assert [file.get_filename() for file in files] == ["a.bin", "m.eml"]
    assert files[0].get_payload(decode=True) == octets
    assert all(part["Content-Transfer-Encoding"] != "8bit" for part in parsed.walk())
    check_wire_form(built.data)


@pytest.mark.parametrize(
    ("fields", "kinds"),
    [
        ({"text": "", "html": None}, ["text/plain"]),
        ({"text": None, "html": None}, ["text/plain"]),
        ({"text": None, "html": ""}, ["text/html"]),
        ({"text": "", "html": "<p>"}, ["text/html"]),
        ({"text": "x", "html": ""}, ["multipart/alternative", "text/plain", "text/html"]),
    ],
)
def test_the_structure_follows_what_there_is(fields: dict[str, Any], kinds: list[str]) -> None:
    assert [part.get_content_type() for part in read(made(**fields)).walk()] == kinds


@pytest.mark.parametrize(
    "filename",
    [
        "report.pdf",
        'say "hi" \\ there.txt',
        "日本語 résumé.pdf",
        "日本語" * 60 + ".pdf",
        "x" * 200 + ".txt",
        "a;b=c.txt",
        "100%.txt",
        "it's.txt",
        "",
    ],
)
def test_a_file_name_survives(filename: str) -> None:
    built = made(attachments=[{"filename": filename, "content": "QQ=="}])
    (file,) = read(built).iter_attachments()
    assert (file.get_filename() or "") == filename
    check_wire_form(built.data)


def test_a_boundary_that_the_text_holds_is_not_used() -> None:
    first = made(text="x", html="y")
    (boundary,) = re.findall(rb'boundary="([^"]+)"', first.data)
    second = made(text=f"x\n--{boundary.decode()}--\nz", html="y")
    assert text_of(second) == f"x\r\n--{boundary.decode()}--\r\nz"


@pytest.mark.parametrize(
    "fields",
    [
        {"text": "\ud800"},
        {"html": "\udfff"},
        {"subject": "\ud800"},
        {"attachments": [{"filename": "a", "content": "not base64!"}]},
        {"attachments": [{"filename": "a", "content": "QQ"}]},
        {"attachments": [{"filename": "a", "content": "", "content_type": "nonsense"}]},
        {"attachments": [{"filename": "a", "content": "", "content_type": "a/b; " + "x" * 2000}]},
    ],
)
def test_content_that_cannot_be_read_is_refused(fields: dict[str, Any]) -> None:
    assert refusal(**fields).class_ is None


def test_the_message_id_takes_the_domain_that_is_asked_for() -> None:
    message = Message.model_validate(
        {"from": {"address": "a@[192.0.2.1]"}, "to": [{"address": "b@x.example"}]}
    )
    assert build(message, unique="1", date=NOW).message_id == "<1@[192.0.2.1]>"
    chosen = build(message, unique="1", date=NOW, message_id_domain="mx.example")
    assert chosen.message_id == "<1@mx.example>"
