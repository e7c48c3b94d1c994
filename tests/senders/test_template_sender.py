from __future__ import annotations

import json
from collections.abc import Callable
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any, TypeAlias, cast

import pytest

from harness.errors import SenderNotFoundError, UsageError
from harness.protocol import (
    ApiTransport,
    Attachment,
    Mailbox,
    Security,
    SendRequest,
    SmtpTransport,
)
from harness.senders.base import Sender
from harness.senders.outcome import (
    Answered,
    Crashed,
    Described,
    Hung,
    Outcome,
    Unsupported,
)

pytestmark = pytest.mark.anyio

Program: TypeAlias = Callable[[str], str]
Open: TypeAlias = Callable[..., Sender]

LIMIT = 20.0
ALL = (
    "{host} {port} {username} {password} {security} '{server_name}' {from} {to*} "
    "{subject} {text} {ca_file} {timeout}"
)
TELL = "import json, sys\njson.dump(sys.argv[1:], open({path!r}, 'w'))\n"


def transport_of(request: SendRequest) -> SmtpTransport:
    return cast(SmtpTransport, request.transport)


def with_transport(request: SendRequest, **changes: Any) -> SendRequest:
    changed = transport_of(request).model_copy(update=changes)
    return request.model_copy(update={"transport": changed})


def with_message(request: SendRequest, **changes: Any) -> SendRequest:
    return request.model_copy(update={"message": request.message.model_copy(update=changes)})


@pytest.fixture
def telling(program: Program, opened: Open, tmp_path: Path) -> Callable[[str], Sender]:
    """A sender that writes its arguments down, with these placeholders."""

    def open_it(placeholders: str) -> Sender:
        return opened(
            f"template:{program(TELL.format(path=str(tmp_path / 'told')))} {placeholders}"
        )

    return open_it


@pytest.fixture
def told(tmp_path: Path) -> Callable[[], list[str]]:
    return lambda: cast(list[str], json.loads((tmp_path / "told").read_text()))


async def test_a_request_becomes_a_command_line(
    telling: Callable[[str], Sender], told: Callable[[], list[str]], request_to_send: SendRequest
) -> None:
    async with telling(ALL) as sender:
        outcome = await sender.send(request_to_send, limit=LIMIT)
    assert isinstance(outcome, Answered), outcome
    assert outcome.answer.status == "sent"
    assert outcome.complaints == ()
    assert told() == [
        "localhost", "2525", "u@x", "p w", "starttls", "", "a@example.com",
        "b@example.net", "c@example.net", "Grüße 'an' alle", "eins zwei\ndrei",
        "/anchor/ca.pem", "0.5",
    ]  # fmt: skip


async def test_the_uri_says_it_all(
    telling: Callable[[str], Sender], told: Callable[[], list[str]], request_to_send: SendRequest
) -> None:
    request = with_transport(request_to_send, verify=False, server_name="x", security=Security.TLS)
    async with telling("{uri} {from} {to*}") as sender:
        assert isinstance(await sender.send(request, limit=LIMIT), Answered)
    assert told()[0] == transport_of(request_to_send).uri


async def test_what_is_not_configured_is_an_empty_word(
    telling: Callable[[str], Sender], told: Callable[[], list[str]], request_to_send: SendRequest
) -> None:
    request = with_message(request_to_send, text=None)
    async with telling(ALL) as sender:
        assert isinstance(await sender.send(request, limit=LIMIT), Answered)
    assert [told()[place] for place in (5, 10)] == ["", ""]


async def test_a_failure_is_told_in_the_programs_own_words(
    opened: Open, request_to_send: SendRequest
) -> None:
    for script, words in (
        ("echo on stdout; echo denied: ü >&2; exit 3", "denied: ü"),
        ("echo on stdout; exit 1", "on stdout"),
    ):
        async with opened(f"template:sh -c '{script}' {{uri}} {{from}} {{to*}}") as sender:
            outcome = await sender.send(request_to_send, limit=LIMIT)
        assert isinstance(outcome, Answered)
        assert outcome.answer.status == "failed"
        assert outcome.answer.error is not None
        assert outcome.answer.error.message == words
    async with opened("template:sh -c 'exit 1' {uri} {from} {to*}") as sender:
        outcome = await sender.send(request_to_send, limit=LIMIT)
    assert isinstance(outcome, Answered)
    assert outcome.document == {"status": "failed", "error": {}}


@pytest.mark.parametrize(
    ("script", "kind", "words"),
    [
        ("echo no TLS here >&2; exit 77", Unsupported, "unsupported: no TLS here"),
        ("kill -9 $$", Crashed, "crashed: ended with SIGKILL"),
        ("sleep 1000", Hung, "gave no answer within 0.5 s"),
    ],
)
async def test_other_ends_are_what_they_are_for_commands(
    script: str, kind: type[Outcome], words: str, opened: Open, request_to_send: SendRequest
) -> None:
    async with opened(f"template:sh -c '{script}' {{uri}} {{from}} {{to*}}") as sender:
        outcome = await sender.send(request_to_send, limit=0.5 if kind is Hung else LIMIT)
    assert isinstance(outcome, kind)
    assert outcome.words == words


async def test_stdin_is_empty(opened: Open, request_to_send: SendRequest) -> None:
    async with opened("template:sh -c 'cat >&2; exit 1' {uri} {from} {to*}") as sender:
        outcome = await sender.send(request_to_send, limit=LIMIT)
    assert isinstance(outcome, Answered)
    assert outcome.output.stderr == b""


async def test_the_message_file_is_private_finished_and_removed(
    program: Program, opened: Open, request_to_send: SendRequest, tmp_path: Path
) -> None:
    line = program(
        "import os, shutil, sys\n"
        "path = sys.argv[1]\n"
        "folder = os.path.dirname(path)\n"
        "print(oct(os.stat(folder).st_mode & 0o777), path, *sorted(os.listdir(folder)))\n"
        f"shutil.copy(path, {str(tmp_path / 'copy')!r})\n"
    )
    request = with_message(
        request_to_send,
        html="<p>drei</p>",
        headers={"X-Campaign": "7"},
        bcc=(Mailbox(address="d@example.net"),),
        attachments=(Attachment(filename="a.txt", content="aGFsbG8="),),
        envelope_from="",
    )
    async with opened(f"template:{line} {{message_file}} {{uri}} {{from}} {{to*}}") as sender:
        outcome = await sender.send(request, limit=LIMIT)
        await sender.send(request, limit=LIMIT)
    assert isinstance(outcome, Answered), outcome
    mode, path, *beside = outcome.output.stdout.decode().split()
    assert mode == "0o700"
    # With the lock by which the next run knows whether its owner was killed (harness.leftovers).
    assert beside == ["lock", "message.eml"]
    assert not Path(path).parent.exists()
    content = (tmp_path / "copy").read_bytes()
    assert content.endswith(b"\r\n")
    assert content.count(b"\n") == content.count(b"\r\n")
    message = message_from_bytes(content, policy=default)
    assert message["Subject"] == "Grüße 'an' alle"
    assert message["X-Campaign"] == "7"
    assert message["Bcc"] is None
    assert [part.get_filename() for part in message.iter_attachments()] == ["a.txt"]


async def test_two_messages_have_two_message_ids(
    opened: Open, request_to_send: SendRequest
) -> None:
    async with opened("template:sh -c 'cat $0' {message_file} {uri}") as sender:
        outcomes = [await sender.send(request_to_send, limit=LIMIT) for _ in range(2)]
    found = {message_from_bytes(outcome.output.stdout)["Message-ID"] for outcome in outcomes}
    assert len(found) == 2
    assert None not in found


MODES = {"security:none", "security:starttls", "security:tls"}


@pytest.mark.parametrize(
    ("placeholders", "features"),
    [
        ("{uri}", {"smtp", *MODES, "verify:false", "server_name"}),
        ("{host} {port} {security}", {"smtp", *MODES}),
        ("{host} {port} {security} '{server_name}'", {"smtp", *MODES, "server_name"}),
        ("{host} {port} {timeout}", {"smtp", "timeout", "security:starttls"}),
        ("smtps://{host}:{port}", {"smtp", "security:tls"}),
        ("{port} {message_file}", {"smtp", "security:starttls", "attachments", "headers"}),
        (
            "{port} {message_file} {from}",
            {"smtp", "security:starttls", "attachments", "headers", "envelope_from"},
        ),
    ],
)
async def test_the_features_follow_from_the_placeholders(
    placeholders: str, features: set[str], opened: Open
) -> None:
    async with opened(f"template:false {placeholders}") as sender:
        assert sender.features == features
        outcome = await sender.describe(LIMIT)
        assert sender.features == features
    assert isinstance(outcome, Described)
    assert set(outcome.description.features) == features
    assert features & MODES


FULL = "{host} {port} {username} {password} {security} {server_name} {from} {to*} {subject} {text}"
PLAIN = "{host} {port} {username} {password} {security} {from} {to*} {subject} {text}"


@pytest.mark.parametrize(
    ("placeholders", "transport", "message", "words"),
    [
        (PLAIN, {"verify": False}, {}, "said by {uri} only"),
        (PLAIN, {"server_name": "x.example"}, {}, "{server_name}"),
        (FULL, {"ehlo_name": "x.example"}, {}, "EHLO"),
        ("{uri} {from} {to*}", {"ehlo_name": "x.example"}, {}, "EHLO"),
        (FULL, {"access_token": "t"}, {}, "access token"),
        ("{host} {port} {security} {from} {to*}", {}, {}, "credentials"),
        ("{port} {security} {username} {password} {from} {to*}", {"host": "::1"}, {}, "{host}"),
        ("{host} {security} {username} {password} {from} {to*}", {}, {}, "where to connect"),
        (PLAIN, {"username": None, "password": None}, {}, "no credentials"),
        (
            "{host} {port} {username} {password} {from} {to*}",
            {"security": Security.NONE},
            {},
            "features like [smtp, security:none]",
        ),
        ("{uri} {to*}", {}, {}, "who sends"),
        ("{uri} {from}", {}, {}, "recipients"),
        (FULL, {}, {"html": "<p>"}, "HTML: only {message_file}"),
        (FULL, {}, {"headers": {"X": "y"}, "html": "<p>"}, "HTML, header fields: only"),
        (FULL, {}, {"cc": (Mailbox(address="d@example.net"),)}, "Cc"),
        (FULL, {}, {"bcc": (Mailbox(address="d@example.net"),)}, "Bcc"),
        ("{uri} {message_file}", {}, {"bcc": (Mailbox(address="d@example.net"),)}, "Bcc"),
        (FULL, {}, {"reply_to": (Mailbox(address="d@example.net"),)}, "Reply-To"),
        (FULL, {}, {"sender": Mailbox(address="d@example.net")}, "Sender"),
        (FULL, {}, {"attachments": (Attachment(filename="x", content=""),)}, "attachments"),
        (FULL, {}, {"envelope_from": ""}, "envelope sender"),
        ("{uri} {message_file}", {}, {"envelope_from": "x@example.com"}, "envelope sender"),
        (FULL, {}, {"text": "nul \0"}, "NUL"),
        (FULL, {}, {"text": "half \ud83d"}, "half a character"),
        (FULL, {}, {"text": "long" * 1_000_000}, "too long"),
        ("{uri} {message_file}", {}, {"subject": "a\r\nBcc: x@example.net"}, "no such message"),
    ],
)  # fmt: skip
async def test_what_cannot_be_said_is_unsupported_and_not_run(
    placeholders: str,
    transport: dict[str, Any],
    message: dict[str, Any],
    words: str,
    telling: Callable[[str], Sender],
    request_to_send: SendRequest,
    tmp_path: Path,
) -> None:
    request = with_message(with_transport(request_to_send, **transport), **message)
    async with telling(placeholders) as sender:
        outcome = await sender.exchange(
            request.model_dump(mode="python", by_alias=True), limit=LIMIT
        )
    assert isinstance(outcome, Unsupported), outcome
    assert outcome.by_adapter
    assert words in outcome.reason
    assert not (tmp_path / "told").exists()


async def test_apis_stored_settings_and_other_actions_cannot_be_asked(
    telling: Callable[[str], Sender], request_to_send: SendRequest, tmp_path: Path
) -> None:
    api = ApiTransport(provider="postmark", credentials={"server_token": "t"})
    async with telling(FULL) as sender:
        for request in (
            request_to_send.model_copy(update={"transport": api}),
            request_to_send.model_copy(update={"transport": None}),
            request_to_send.model_copy(update={"connect_to": {"a:1": "b:2"}}),
        ):
            assert isinstance(await sender.send(request, limit=LIMIT), Unsupported)
        for document in ({"action": "configure"}, {"action": "bogus"}, {"action": "send"}, {}):
            assert isinstance(await sender.ask(document, limit=LIMIT), Unsupported)
    assert not (tmp_path / "told").exists()


async def test_display_names_are_left_out_with_a_complaint(
    telling: Callable[[str], Sender], told: Callable[[], list[str]], request_to_send: SendRequest
) -> None:
    request = with_message(request_to_send, to=(Mailbox(name="Bea", address="b@example.net"),))
    async with telling(FULL) as sender:
        outcome = await sender.send(request, limit=LIMIT)
    assert isinstance(outcome, Answered)
    assert len(outcome.complaints) == 1
    assert "b@example.net" in outcome.complaints[0]


async def test_what_is_wrong_with_the_spec_is_told_when_it_is_opened(opened: Open) -> None:
    with pytest.raises(UsageError, match=r"unknown placeholder \{tls\}"):
        opened("template:true {tls}")
    with pytest.raises(SenderNotFoundError, match="no-such-program"):
        await opened("template:no-such-program {uri}").start()
