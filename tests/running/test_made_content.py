"""What a scenario has made in a message: octets of a number, and the last message's boundary."""

from __future__ import annotations

from base64 import b64decode

import pytest

from harness.fakes.message import CapturedMessage
from harness.fakes.transcript import Event, MessageCaptured
from harness.world.made_content import made


def taken(wire: bytes) -> Event:
    message = CapturedMessage(
        wire=wire, mail_from="a@b.test", rcpt_tos=("c@d.test",), username=None, secure=True,
        connection=1,
    )  # fmt: skip
    return Event(number=1, at=0.0, connection=1, fact=MessageCaptured(index=0, message=message))


def test_an_attachment_has_as_many_octets_as_it_is_to_have_each_time() -> None:
    given = {"attachments": [{"filename": "a", "content": "<octets:1000>"}]}
    [first], [again] = (made(given, ())["attachments"] for _ in range(2))
    assert first == again
    assert len(b64decode(first["content"])) == 1000
    assert len(set(b64decode(first["content"]))) > 200


def test_other_content_stays_as_it_is() -> None:
    given = {"subject": "<boundary>", "attachments": [{"filename": "a", "content": "YQ=="}]}
    assert made(given, ()) == given


@pytest.mark.parametrize(
    ("head", "boundary"),
    [
        (b'Content-Type: multipart/mixed; boundary="==1 2=="\r\n', "==1 2=="),
        (b"Content-Type: multipart/mixed;\r\n Boundary=abc; x=y\r\n", "abc"),
        (b"Content-Type: text/plain\r\n", ""),
    ],
)
def test_a_text_gets_the_boundary_of_the_message_that_was_taken_last(
    head: bytes, boundary: str
) -> None:
    events = [taken(b'Content-Type: multipart/mixed; boundary="old"\r\n\r\n'), taken(head)]
    assert made({"text": "a\n--<boundary>\n"}, events) == {"text": f"a\n--{boundary}\n"}


def test_without_a_message_there_is_no_boundary() -> None:
    assert made({"text": "--<boundary>", "html": None}, ()) == {"text": "--", "html": None}
