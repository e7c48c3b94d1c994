"""django-anymail's six backends: batches, tags, metadata, and what it reads of each recipient.

Its letters and errors are among those of test_foreign_clients.py, test_clients_told_of_refusals.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.message import Message
from typing import Any

import pytest

from .foreign import CLIENTS, ForeignStage

pytestmark = pytest.mark.whole

BACKENDS = {each.provider: each for each in CLIENTS if each.program == "anymail-sender"}
PEOPLE = ["one@recipient.test", "two@recipient.test"]
# How each vendor's placeholders are written; the others fill in stored templates only.
PLACES = {"mailgun": "%recipient.name%", "mandrill": "*|name|*", "sendgrid": "-name-"}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForeignStage]:
    stage = ForeignStage(tmp_path_factory.mktemp("foreign"))
    yield stage
    stage.close()


@pytest.fixture
def send(stage: ForeignStage, requires_program: Callable[[str], str]) -> Callable[..., Any]:
    """Send with a backend to the account of these words; the answer, and what the fake took."""
    program = requires_program("anymail-sender")

    def send(provider: str, words: dict[str, Any] | None = None, **message: Any) -> Any:
        fake = stage.set(provider, **(words or {}))
        message = {"to": [{"address": each} for each in PEOPLE], **message}
        return stage.send(BACKENDS[provider], program, **message), list(fake.messages)

    return send


def by_recipient(messages: list[Any]) -> dict[str, Message]:
    """The letter of each recipient, of whom each must have one."""
    found = {to: message_from_bytes(each.content) for each in messages for to in each.rcpt_tos}
    assert len(found) == sum(len(each.rcpt_tos) for each in messages)
    return found


@pytest.mark.parametrize("provider", PLACES)
def test_each_of_a_batch_gets_a_letter_with_the_data_of_nobody_else(
    provider: str, send: Callable[..., Any]
) -> None:
    options = {"esp_extra": {"merge_field_format": "-{}-"}} if provider == "sendgrid" else {}
    answer, messages = send(
        provider,
        text=f"Dear {PLACES[provider]}",
        merge_data={PEOPLE[0]: {"name": "Ann"}, PEOPLE[1]: {"name": "Bob"}},
        **options,
    )
    assert answer["status"] == "sent"
    letters = by_recipient(messages)
    assert {to: letter["To"] for to, letter in letters.items()} == {to: to for to in PEOPLE}
    texts = [str(letters[to].get_payload()).strip() for to in PEOPLE]
    assert texts == ["Dear Ann", "Dear Bob"]


def test_each_of_a_batch_at_ses_gets_the_stored_template(send: Callable[..., Any]) -> None:
    template = {"name": "welcome", "subject": "For {{name}}", "text": "Dear {{name}} of {{town}}"}
    answer, messages = send(
        "ses",
        {"templates": [template]},
        subject="",
        text="",
        template_id="welcome",
        merge_data={PEOPLE[0]: {"name": "Ann"}, PEOPLE[1]: {"name": "Bob"}},
        merge_global_data={"town": "York"},
        tags=["welcome"],
        merge_metadata={PEOPLE[0]: {"order": "1"}, PEOPLE[1]: {"order": "2"}},
    )
    assert answer["status"] == "sent", answer
    letters = by_recipient(messages)
    assert [letters[to]["Subject"] for to in PEOPLE] == ["For Ann", "For Bob"]
    texts = [str(letters[to].get_payload()).strip() for to in PEOPLE]
    assert texts == ["Dear Ann of York", "Dear Bob of York"]
    ids = {to: identifier for to, (_, identifier) in answer["client"]["recipients"].items()}
    assert ids == {message.rcpt_tos[0]: message.provider_id for message in messages}
    assert [letters[to]["X-Tag"] for to in PEOPLE] == ["welcome", "welcome"]
    assert [letters[to]["X-Metadata"] for to in PEOPLE] == ['{"order": "1"}', '{"order": "2"}']


@pytest.mark.parametrize("provider", ["mailgun", "postmark", "sendgrid"])
def test_each_of_a_batch_gets_headers_of_its_own(provider: str, send: Callable[..., Any]) -> None:
    answer, messages = send(
        provider, merge_headers={PEOPLE[0]: {"X-Number": "1"}, PEOPLE[1]: {"X-Number": "2"}}
    )
    assert answer["status"] == "sent"
    letters = by_recipient(messages)
    assert [letters[to]["X-Number"] for to in PEOPLE] == ["1", "2"]


STORED: dict[str, dict[str, Any]] = {
    "sparkpost": {
        "id": "welcome",
        "content": {
            "from": "Shop <shop@sender.test>",
            "subject": "For {{name}}",
            "text": "Dear {{name}} of {{ town }}, {{ more or 'bye' }}",
        },
    },
    "mandrill": {
        "name": "welcome",
        "published": {
            "from_email": "shop@sender.test",
            "from_name": "Shop",
            "subject": "For *|NAME|*",
            "text": "Dear *|NAME|* of *|TOWN|*, bye",
        },
    },
}


@pytest.mark.parametrize("provider", STORED)
def test_each_of_a_batch_gets_the_stored_template_from_whom_it_names(
    provider: str, send: Callable[..., Any]
) -> None:
    answer, messages = send(
        provider,
        {"templates": [STORED[provider]]},
        **{"from": None},
        subject="",
        text="",
        template_id="welcome",
        merge_data={PEOPLE[0]: {"name": "Ann"}, PEOPLE[1]: {"name": "Bob"}},
        merge_global_data={"town": "York"},
    )
    assert answer["status"] == "sent", answer
    letters = by_recipient(messages)
    assert [letters[to]["Subject"] for to in PEOPLE] == ["For Ann", "For Bob"]
    assert {str(letters[to]["From"]) for to in PEOPLE} == {'"Shop" <shop@sender.test>'}
    texts = [str(letters[to].get_payload()).strip() for to in PEOPLE]
    assert texts == ["Dear Ann of York, bye", "Dear Bob of York, bye"]


@pytest.mark.parametrize("provider", ["mailgun", "mandrill", "postmark", "sendgrid", "sparkpost"])
def test_tags_and_metadata_are_kept_for_each_of_a_batch(
    provider: str, send: Callable[..., Any]
) -> None:
    _, messages = send(
        provider,
        tags=["welcome"],
        metadata={"kind": "x"},
        merge_metadata={PEOPLE[0]: {"order": "1"}, PEOPLE[1]: {"order": "2"}},
    )
    # At SparkPost it makes a campaign of the one tag; at SendGrid it adds an id of its own.
    tags = () if provider == "sparkpost" else ("welcome",)
    assert [(message.rcpt_tos, message.tags) for message in messages] == [
        ((PEOPLE[0],), tags),
        ((PEOPLE[1],), tags),
    ]
    kept = [dict(message.metadata) for message in messages]
    assert [each.pop("anymail_id", None) is None for each in kept] == [provider != "sendgrid"] * 2
    assert kept == [{"kind": "x", "order": "1"}, {"kind": "x", "order": "2"}]


# What anymail reads of the second recipient, to whom the vendor does not send.
@pytest.mark.parametrize(
    ("provider", "read"),
    [
        ("mandrill", "rejected"),
        # The three tell it in an event, later.
        ("mailgun", "queued"),
        ("sendgrid", "queued"),
        ("sparkpost", "queued"),
        # Told in the answer, in words without the sentence after them that anymail looks for: they
        # end with the addresses since 2020 (postmark-gem issue 89, postmark.js issue 87).
        ("postmark", "sent"),
    ],
)
def test_anymail_reads_of_each_recipient_what_the_answer_says(
    provider: str, read: str, send: Callable[..., Any]
) -> None:
    answer, messages = send(provider, {"suppressed": [PEOPLE[1]]})
    statuses = {to: status for to, (status, _) in answer["client"]["recipients"].items()}
    first = "sent" if provider in {"mandrill", "postmark"} else "queued"
    assert statuses == {PEOPLE[0]: first, PEOPLE[1]: read}
    assert PEOPLE[0] in by_recipient(messages)


def test_anymail_reads_a_delayed_message_as_queued(send: Callable[..., Any]) -> None:
    answer, _ = send("postmark", {"delayed": True})
    assert [status for status, _ in answer["client"]["recipients"].values()] == ["queued", "queued"]


def test_a_text_file_is_refused_by_sendgrid_in_the_words_that_users_report(
    send: Callable[..., Any],
) -> None:
    # anymail sends the charset along (its issue 492), which the vendor refuses.
    file = {"filename": "a.txt", "content_type": "text/plain", "content": "d29yZHM="}
    answer, _ = send("sendgrid", attachments=[file])
    assert answer["client"]["status"] == 400
    assert "The attachment type cannot contain ';', or CRLF" in answer["error"]["message"]
