"""Clients in Go, Java and Node, and django-anymail: what they send is what the fakes hold."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest

from .foreign import CLIENTS, DOMAIN, ForeignClient, ForeignStage

pytestmark = pytest.mark.whole

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
DOCUMENT = b"%PDF-1.7\n" + bytes(range(256))
LETTER: dict[str, Any] = {
    "from": {"name": "Grüße, & Co.", "address": f"from@{DOMAIN}"},
    "to": [
        {"name": 'Zoë "Z" O\'Neil', "address": "one@recipient.test"},
        {"address": "two@recipient.test"},
    ],
    "cc": [{"name": "Копия", "address": "copy@recipient.test"}],
    "bcc": [{"address": "blind@recipient.test"}],
    "reply_to": [{"name": "手紙", "address": f"answers@{DOMAIN}"}],
    "subject": "Grüße – 手紙 ✓",
    "text": "Grüße, 手紙 🎈\n",
    "html": '<p>Grüße, 手紙 🎈 <img src="cid:logo.png"></p>\n',
    "headers": {"X-Order": "1234"},
    "attachments": [
        {
            "filename": "résumé.pdf",
            "content_type": "application/pdf",
            "content": base64.b64encode(DOCUMENT).decode(),
        }
    ],
    "inline": [
        {
            "filename": "logo.png",
            "content_type": "image/png",
            "content_id": "logo.png",
            "content": base64.b64encode(PICTURE).decode(),
        }
    ],
}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForeignStage]:
    stage = ForeignStage(tmp_path_factory.mktemp("foreign"))
    yield stage
    stage.close()


# What a letter in fields holds, as `read` has it.
GIVEN: dict[str, Any] = {
    "From": [("Grüße, & Co.", f"from@{DOMAIN}")],
    "To": [('Zoë "Z" O\'Neil', "one@recipient.test"), ("", "two@recipient.test")],
    "Cc": [("Копия", "copy@recipient.test")],
    "Reply-To": [("手紙", f"answers@{DOMAIN}")],
    "Bcc": None,
    "Subject": "Grüße – 手紙 ✓",
    "X-Order": "1234",
    "text": LETTER["text"],
    "html": LETTER["html"],
    "files": [
        ("shown in the HTML", "image/png", PICTURE),
        ("résumé.pdf", "application/pdf", DOCUMENT),
    ],
}
_BARE: dict[str, Any] = {"X-Order": None, "files": []}
# What a client, or its API, leaves out or says otherwise.
OTHERWISE: dict[str, dict[str, Any]] = {
    # SendEmail of the API of 2010 has neither headers nor files.
    "go-clients-ses-v1": _BARE,
    "node-clients-ses-v1": _BARE,
    # A form without files, which the JDK has no writer for.
    "java-client-mailgun": {"files": []},
}


@pytest.mark.parametrize("client", CLIENTS, ids=str)
def test_what_a_client_sends_is_what_the_fake_holds(
    client: ForeignClient, stage: ForeignStage, requires_program: Callable[[str], str]
) -> None:
    program = requires_program(client.program)
    fake = stage.set(client.provider)
    answer = stage.send(client, program, **LETTER)
    assert answer["status"] == "sent", answer
    assert told_ids(client, answer) <= {message.provider_id for message in fake.messages}
    everybody = [box["address"] for part in ("to", "cc", "bcc") for box in LETTER[part]]
    assert sorted(to for message in fake.messages for to in message.rcpt_tos) == sorted(everybody)
    assert all(message.secure for message in fake.messages)
    for message in fake.messages:
        expected = {**GIVEN, **OTHERWISE.get(str(client), {})}
        assert read(message.content) == expected | alone(client, message.rcpt_tos)


# Those that have no place for tags, and those that write neither, like the JDK's.
_UNTAGGED = {
    "anymail-sender-sparkpost", "go-clients-ses-v2", "node-clients-ses-v2", "node-clients-sparkpost"
}  # fmt: skip
_WITHOUT_NOTES = {"anymail-sender-ses-v2", "go-clients-ses-v1", "node-clients-ses-v1"}


@pytest.mark.parametrize(
    "client",
    [each for each in CLIENTS if each.program != "java-client" and str(each) not in _WITHOUT_NOTES],
    ids=str,
)
def test_what_a_client_notes_on_a_message_can_be_read_there(
    client: ForeignClient, stage: ForeignStage, requires_program: Callable[[str], str]
) -> None:
    fake = stage.set(client.provider)
    program = requires_program(client.program)
    stage.send(client, program, tags=["welcome"], metadata={"order": "1234"})
    (message,) = fake.messages
    assert message.tags == (() if str(client) in _UNTAGGED else ("welcome",))
    assert message.metadata["order"] == "1234"


def test_the_upgrade_that_java_offers_in_clear_is_passed_over(
    requires_program: Callable[[str], str], tmp_path: Path
) -> None:
    program = requires_program("java-client")
    (client,) = (each for each in CLIENTS if str(each) == "java-client-sendgrid")
    plain = ForeignStage(tmp_path, secure=False)
    try:
        fake = plain.set("sendgrid")
        answers = [plain.send(client, program) for _ in range(2)]
    finally:
        plain.close()
    assert [answer["status"] for answer in answers] == ["sent", "sent"]
    assert fake.requests[0].header("Upgrade") == "h2c"
    assert len(fake.messages) == 2


def test_what_go_compresses_is_taken(
    stage: ForeignStage, requires_program: Callable[[str], str]
) -> None:
    (client,) = (each for each in CLIENTS if str(each) == "go-clients-sendgrid")
    fake = stage.set("sendgrid")
    answer = stage.send(client, requires_program("go-clients"), gzip=True)
    assert answer["status"] == "sent"
    assert fake.requests[0].header("Content-Encoding") == "gzip"
    assert b"Subject: A letter" in fake.messages[0].content


def test_gos_iterator_over_mailguns_events_stays_where_the_fake_is(
    stage: ForeignStage, requires_program: Callable[[str], str]
) -> None:
    program = requires_program("go-clients")
    (client,) = (each for each in CLIENTS if str(each) == "go-clients-mailgun")
    fake = stage.set("mailgun", suppressed=["two@recipient.test"])
    people = [{"address": f"{name}@recipient.test"} for name in ("one", "two")]
    stage.send(client, program, to=people, tags=["welcome"])
    read = stage.send(client, program, action="events")
    assert read["error"] == "<nil>"
    assert sorted(read["events"], key=str) == [
        ["accepted", "one@recipient.test", ["welcome"]],
        ["accepted", "two@recipient.test", ["welcome"]],
        ["failed", "two@recipient.test", "permanent"],
    ]
    assert read["stored"] == "A letter<nil>"
    # One for the message, one for what is stored, and a page each, with an empty one at the end.
    assert len(fake.requests) == 6


def alone(client: ForeignClient, recipients: tuple[str, ...]) -> dict[str, Any]:
    """What a recipient sees of the others where each gets a letter of its own."""
    boxes = [*GIVEN["To"], *GIVEN["Cc"], ("", "blind@recipient.test")]
    own = [box for box in boxes if box[1] in recipients]
    if str(client) == "anymail-sender-mandrill":
        # It leaves the rest to a setting of the account, which hides the others.
        return {"To": own, "Cc": []}
    if client.provider == "sparkpost" and len(own) == 1 and own[0] in GIVEN["To"]:
        return {"To": own}
    return {}


def told_ids(client: ForeignClient, answer: dict[str, Any]) -> set[str]:
    """The ids that a client was told; of SendGrid's, django-anymail makes its own."""
    if client.program != "anymail-sender":
        return {answer["provider_id"]}
    told = answer["client"]["recipients"].values()
    return set() if client.provider == "sendgrid" else {identifier for _, identifier in told}


def read(content: bytes) -> dict[str, Any]:
    """What a letter says, in words that do not depend on how it is written."""
    message = message_from_bytes(content, policy=default)
    assert isinstance(message, EmailMessage)
    parts = [part for part in message.walk() if not part.is_multipart()]
    texts = {part.get_content_type(): part for part in parts if part.get_filename() is None}
    html = _text(texts["text/html"])
    shown = [str(part["Content-ID"]).strip("<>") for part in parts if part["Content-ID"]]
    for identifier in shown:
        html = html.replace(f"cid:{identifier}", "cid:logo.png")
    return {
        **{name: _boxes(message, name) for name in ("From", "To", "Cc", "Reply-To")},
        **{name: message[name] for name in ("Bcc", "Subject", "X-Order")},
        "text": _text(texts["text/plain"]),
        "html": html,
        "files": [_file(part, _text(texts["text/html"])) for part in parts if part.get_filename()],
    }


def _text(part: EmailMessage) -> str:
    return str(part.get_content()).replace("\r\n", "\n")


def _boxes(message: EmailMessage, name: str) -> list[tuple[str, str]]:
    boxes = message[name].addresses if name in message else ()
    return [(box.display_name, box.addr_spec) for box in boxes]


def _file(part: EmailMessage, html: str) -> tuple[str, str, bytes]:
    identifier = str(part["Content-ID"] or "").strip("<>")
    is_shown = bool(identifier) and f"cid:{identifier}" in html
    name = "shown in the HTML" if is_shown else str(part.get_filename())
    return name, part.get_content_type(), part.get_content()
