from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from types import UnionType
from typing import Any, get_args, get_origin

import httpx
import pytest
from pydantic import AwareDatetime, BaseModel

from harness.errors import UsageError
from harness.fakes import Smtp
from harness.mailpit import models, program
from harness.mailpit.client import MailpitClient, MailpitError
from harness.mailpit.inbox import MailpitInbox
from harness.mailpit.mirror_copy import MirrorLabels
from harness.mailpit.place import MailpitPlace, read_place
from harness.mailpit.submission import MailpitSubmission

from .conftest import taken

_PLACE = MailpitPlace(url="http://mail.test", smtp_host="mail.test", smtp_port=1025)
_INFORMATION = {"Version": "v1.33.1", "Messages": 0, "Unread": 0, "Tags": {}}
_LOCKED = httpx.Response(401, headers={"WWW-Authenticate": 'Basic realm="Login"'})
_LABELS = MirrorLabels(provider="smtp", case="a/b", verdict="pass", group="run-1")


@pytest.fixture
def client(mailpit: MailpitPlace) -> Iterator[MailpitClient]:
    with MailpitClient(mailpit) as client:
        yield client


def _shown(inbox: MailpitInbox, subject: str, **words: Any) -> str:
    content = f"From: a@b.test\r\nTo: c@d.test\r\nSubject: {subject}\r\n\r\nHello\r\n".encode()
    return inbox.show(taken(content, **words), _LABELS).rpartition("/")[2]


# A real Mailpit.


@pytest.mark.wire
def test_the_models_say_what_the_server_says_of_itself(mailpit: MailpitPlace) -> None:
    document = httpx.get(f"{mailpit.url}/api/v1/swagger.json").json()
    definitions = document["definitions"]
    models_by_name: dict[type[BaseModel], str] = {
        models.MailpitAddress: "Address",
        models.MailpitSummary: "MessageSummary",
        models.MailpitPage: "MessagesSummary",
        models.MailpitAttachment: "Attachment",
        models.MailpitMessage: "Message",
        models.MailpitInformation: "AppInformation",
    }
    for model, name in models_by_name.items():
        properties = definitions[name]["properties"]
        for field, info in model.model_fields.items():
            said = properties[info.alias or field]
            assert _kind(info.annotation) == _said(said), f"{name}.{info.alias or field}"


def _kind(annotation: Any) -> str:
    inside = [each for each in get_args(annotation) if each is not type(None)]
    if get_origin(annotation) is UnionType:
        return _kind(inside[0])
    if get_origin(annotation) is tuple:
        return f"array of {_kind(inside[0])}"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation.__name__.removeprefix("Mailpit")
    names: dict[Any, str] = {str: "string", int: "integer", bool: "boolean"}
    names |= {AwareDatetime: "date-time", dict[str, int]: "object"}
    return names[annotation]


def _said(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2].replace("MessageSummary", "Summary")
    if schema["type"] == "array":
        return f"array of {_said(schema['items'])}"
    return str(schema["format"] if schema.get("format") == "date-time" else schema["type"])


@pytest.mark.wire
def test_every_path_that_is_asked_is_one_of_the_servers(mailpit: MailpitPlace) -> None:
    asked: set[tuple[str, str]] = set()

    def answer(request: httpx.Request) -> httpx.Response:
        path = request.url.path.replace("the-id", "{ID}")
        asked.add((request.method.lower(), path))
        return httpx.Response(200, json=[])

    with MailpitClient(_PLACE, transport=httpx.MockTransport(answer)) as client:
        client.raw("the-id")
        client.headers("the-id")
        client.tags()
        client.set_tags(["the-id"], ["x"])
        client.delete(["the-id"])
        for read in (client.information, client.messages):
            with pytest.raises(MailpitError):
                read()
        for named in (client.message, client.search):
            with pytest.raises(MailpitError):
                named("the-id")
    paths = httpx.get(f"{mailpit.url}/api/v1/swagger.json").json()["paths"]
    assert len(asked) == 9
    assert asked <= {(method, path) for path, methods in paths.items() for method in methods}


@pytest.mark.wire
def test_what_was_sent_is_listed_found_and_read(client: MailpitClient, inbox: MailpitInbox) -> None:
    before = client.information().messages
    message = _shown(inbox, "needle", rcpt_tos=("c@d.test", "hidden@d.test"))
    listed = client.messages(limit=1).messages[0]
    found = client.search("subject:needle").messages[0]
    assert listed == found
    assert (found.id, found.subject, found.read) == (message, "needle", False)
    assert [each.address for each in found.bcc] == ["hidden@d.test"]
    whole = client.message(message)
    assert (whole.return_path, whole.text.strip()) == ("sender@harness.test", "Hello")
    assert client.headers(message)["Subject"] == ["needle"]
    assert client.information().messages == before + 1


@pytest.mark.wire
def test_tags_are_set_and_listed(client: MailpitClient, inbox: MailpitInbox) -> None:
    message = _shown(inbox, "tagged")
    assert set(client.message(message).tags) == {"smtp", "a.b", "pass", "run-1"}
    client.set_tags([message], ["other"])
    assert client.message(message).tags == ("other",)
    assert "other" in client.tags()


@pytest.mark.wire
def test_only_what_is_named_is_deleted(client: MailpitClient, inbox: MailpitInbox) -> None:
    kept, gone = _shown(inbox, "kept"), _shown(inbox, "gone")
    before = client.information().messages
    client.delete([gone])
    assert client.information().messages == before - 1
    assert client.message(kept).subject == "kept"
    with pytest.raises(MailpitError, match="404"):
        client.message(gone)


@pytest.mark.wire
def test_a_password_is_asked_for_and_taken(
    requires_mailpit: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(program.SETTINGS, "MP_UI_AUTH", "user:p@ss")
    monkeypatch.setattr(program, "_wait", _until_it_listens)
    with program.as_program() as (place, _):
        with MailpitClient(place) as client, pytest.raises(MailpitError, match="wants a password"):
            client.information()
        for word, works in (("user:p%40ss", True), ("user:other", False)):
            named = read_place(place.url.replace("//", f"//{word}@"), {})
            with MailpitClient(named) as client:
                if works:
                    assert client.information().version
                else:
                    with pytest.raises(MailpitError, match="another password"):
                        client.information()


def _until_it_listens(client: MailpitClient, process: object) -> None:
    with pytest.raises(MailpitError, match="password"):
        client.wait_ready(seconds=30)


# What is no Mailpit that can be used: one line each.


def _answering(answer: Callable[[httpx.Request], httpx.Response]) -> MailpitClient:
    return MailpitClient(_PLACE, transport=httpx.MockTransport(answer))


@pytest.mark.parametrize(
    ("response", "said"),
    [
        (
            httpx.Response(404, text="no\nsuch page"),
            "is no Mailpit: /api/v1/info is answered with 404",
        ),
        (httpx.Response(200, text="<html>"), "is no Mailpit: /api/v1/info is no JSON"),
        (httpx.Response(200, json={"name": "other"}), "is no Mailpit: /api/v1/info has no Version"),
        (httpx.Response(200, json=[]), "is no Mailpit"),
        (_LOCKED, "wants a password: give it as http://USER:PASSWORD@HOST:PORT"),
        (httpx.Response(302, headers={"Location": "/ui/"}), "leads to /ui/"),
        (httpx.Response(200, json=_INFORMATION | {"Version": "v1.19.9"}), "is v1.19.9: v1.20.0"),
    ],
)
def test_what_is_no_mailpit_is_told_in_one_line(response: httpx.Response, said: str) -> None:
    with _answering(lambda _: response) as client, pytest.raises(MailpitError) as error:
        client.information()
    assert said in str(error.value)
    assert "\n" not in str(error.value)
    assert "http://mail.test" in str(error.value)


@pytest.mark.parametrize("version", ["v1.20.0", "v1.33.1", "v2.0.0", "dev", "edge-abc123"])
def test_one_that_is_new_enough_or_does_not_say_is_taken(version: str) -> None:
    response = httpx.Response(200, json=_INFORMATION | {"Version": version})
    with _answering(lambda _: response) as client:
        assert client.information().version == version


def test_one_that_is_silent_is_told() -> None:
    def hang(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("", request=request)

    with _answering(hang) as client, pytest.raises(MailpitError, match="does not answer in time"):
        client.information()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_write_never_follows_a_redirect(status: int) -> None:
    asked: list[tuple[str, bytes]] = []

    def redirect(request: httpx.Request) -> httpx.Response:
        asked.append((request.method, request.content))
        return httpx.Response(status, headers={"Location": "http://mail.test/elsewhere"})

    with _answering(redirect) as client, pytest.raises(MailpitError, match="elsewhere"):
        client.delete(["one"])
    assert [(method, json.loads(body)) for method, body in asked] == [("DELETE", {"IDs": ["one"]})]


@pytest.mark.parametrize("messages", [[], (), [""], ["one", ""], "one"])
def test_a_write_that_names_nothing_is_not_sent(messages: Any) -> None:
    def never(request: httpx.Request) -> httpx.Response:
        raise AssertionError(request)

    with _answering(never) as client:
        with pytest.raises(ValueError, match="takes none for all"):
            client.delete(messages)
        with pytest.raises(ValueError, match="takes none for all"):
            client.set_tags(messages, ["x"])


def test_a_password_is_in_no_error() -> None:
    place = read_place("http://me:hunter2@mail.test", {})
    assert "hunter2" not in repr(place)
    transport = httpx.MockTransport(lambda _: _LOCKED)
    with MailpitClient(place, transport=transport) as client, pytest.raises(MailpitError) as error:
        client.information()
    assert "hunter2" not in str(error.value)


@pytest.mark.parametrize(
    "url",
    ["mail.test:8025", "ftp://mail.test", "http://", "http://x:99999", "http://x/?a", "http://[x"],
)
def test_a_url_that_is_none_is_refused_by_name(url: str) -> None:
    with pytest.raises(UsageError, match="Mailpit's URL"):
        read_place(url, {})


def test_the_smtp_side_is_beside_the_pages_unless_told() -> None:
    place = read_place("https://mail.test:8025/root/", {})
    assert (place.url, place.smtp_host, place.smtp_port) == (
        "https://mail.test:8025/root",
        "mail.test",
        1025,
    )
    told = read_place("http://mail.test", {"MAILPIT_SMTP_HOST": "s", "MAILPIT_SMTP_PORT": "26"})
    assert (told.smtp_host, told.smtp_port) == ("s", 26)
    with pytest.raises(UsageError, match="MAILPIT_SMTP_PORT='x'"):
        read_place("http://mail.test", {"MAILPIT_SMTP_PORT": "x"})


@pytest.mark.wire
def test_no_message_goes_to_a_server_that_is_no_mailpit() -> None:
    with Smtp(security="none").running() as server:
        place = MailpitPlace(url="http://x", smtp_host=server.host, smtp_port=server.port)
        submission = MailpitSubmission(place)
        with pytest.raises(MailpitError, match="is no Mailpit's SMTP"):
            submission.hand_over(b"Subject: x\r\n\r\n", mail_from="a@b", rcpt_tos=["c@d"])
        assert not server.messages
