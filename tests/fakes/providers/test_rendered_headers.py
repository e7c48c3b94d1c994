"""Headers of a message that was given in fields: as they were given, to whoever reads them."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes, policy
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
