"""Headers of a message that was given in fields: as they were given, to whoever reads them."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.utils import formataddr

import pytest

from harness.fakes.providers.blind_copies import without_blind_copies
from harness.fakes.providers.fields import Fields
from harness.fakes.providers.rendering import rendered

SUBJECT = "Ваше замовлення 注文番号 – přijato 📨, viz níže: 40 × “ok”"


def header(name: str, **fields: object) -> str:
    words = {"sender": "a@x.test", "to": ("b@x.test",), "text": "t", **fields}
    made = rendered(Fields(**words), at=datetime(2026, 1, 1, tzinfo=UTC))  # type: ignore[arg-type]
    return str(message_from_bytes(made, policy=policy.default)[name])


@pytest.mark.parametrize("subject", [SUBJECT, "plain", "ž" * 200, "word " * 40 + "end"])
def test_a_subject_keeps_every_blank(subject: str) -> None:
    assert header("Subject", subject=subject) == subject


@pytest.mark.parametrize(
    "value",
    [
        "a\r\nX-Injected: 1",
        "a\nX-Injected: 1\n\nbody",
        "ž" * 60 + "\r\nBcc: c@x.test",
        "a\u2028b",
        "a\x0bb",
    ],
)
@pytest.mark.parametrize("name", ["Subject", "X-Own"])
def test_a_line_break_in_a_value_is_part_of_it_and_makes_no_other_header(
    name: str, value: str
) -> None:
    given: dict[str, object] = (
        {"subject": value} if name == "Subject" else {"headers": {name: value}}
    )
    made = rendered(
        Fields(**{"sender": "a@x.test", "to": ("b@x.test",), "text": "t", **given}),  # type: ignore[arg-type]
        at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    message = message_from_bytes(made)
    assert str(make_header(decode_header(str(message[name])))) == value
    assert message["X-Injected"] is message["Bcc"] is None
    assert message.get_payload(decode=True) in {b"t", b"t\r\n", b"t\n"}
    assert all(len(line) <= 78 for line in made.split(b"\r\n"))


def test_a_mailbox_is_written_without_line_breaks() -> None:
    assert header("From", sender="A\r\nBcc: c@x.test <a@x.test>").count("\n") == 0


def test_blanks_in_a_row_are_kept() -> None:
    assert header("X-Own", headers={"X-Own": "a  b\tc"}) == "a  b\tc"


def test_a_name_in_encoded_words_stays_one_name() -> None:
    given = formataddr(("Hilfe, für Çä", "help@x.test"))
    assert header("Reply-To", headers={"Reply-To": given}) == '"Hilfe, für Çä" <help@x.test>'


@pytest.mark.parametrize(
    ("given", "left"),
    [
        (
            b"Bcc: c@x.test\r\nTo: b@x.test\r\n\r\nBcc: said\r\n",
            b"To: b@x.test\r\n\r\nBcc: said\r\n",
        ),
        (b"To: b@x.test\r\nBCC : c@x.test,\r\n d@x.test\r\n\r\nt", b"To: b@x.test\r\n\r\nt"),
        (b"To: b@x.test\nbcc: c@x.test\n\nt", b"To: b@x.test\n\nt"),
        (b"X-Bcc: c@x.test\r\n\r\nt", b"X-Bcc: c@x.test\r\n\r\nt"),
    ],
)
def test_bcc_is_taken_out_of_the_head_alone(given: bytes, left: bytes) -> None:
    assert without_blind_copies(given) == left
