"""The control API, version 1: what each call does, without a socket.

A call is a row of `CALLS`; the OpenAPI description and the page in docs/ are made from them.
"""

from __future__ import annotations

import asyncio
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from harness import __version__
from harness.errors import UsageError
from harness.fakes.apis import ProviderFake
from harness.fakes.errors import FakeError
from harness.scenario.hints import choose_from
from harness.scenario.loading import YamlDocument, complaints

from .control_call import Answered, Asked, ControlCall, ControlError
from .control_documents import (
    AboutDocument,
    ChosenMessages,
    ClearedDocument,
    ConversationQuery,
    EventRequest,
    FakesDocument,
    FaultsDocument,
    FaultsRequest,
    MessagesDocument,
    MessagesQuery,
    PostedDocument,
    WaitQuery,
    WordsRequest,
)
from .conversation_view import conversation_text
from .documents import FakeStateDocument, WholeMessageDocument
from .fault_orders import armed, disarmed
from .kept_mail import KeptMessage
from .matching import matches, nearest_miss
from .order import SUBMISSION, check_change
from .outcomes import happen
from .running import ServedFake, ServedFakes
from .views import (
    fake_document,
    fake_state_document,
    fault_documents,
    message_document,
    readable,
    whole_message_document,
)

M = TypeVar("M", bound=BaseModel)


class Control:
    """Carries out calls on running fakes, in their event loop."""

    def __init__(self, fakes: ServedFakes) -> None:
        self._fakes = fakes

    async def answer(self, call: ControlCall, asked: Asked) -> Answered:
        """Carry out a call.

        Raises:
            ControlError: it makes no sense, or cannot be done.
        """
        try:
            return await call.handler(self, asked)
        except FakeError as error:
            raise ControlError(400, "words", str(error)) from error

    # What is there.

    async def about(self, asked: Asked) -> AboutDocument:
        """What runs here."""
        del asked
        return AboutDocument(harness=__version__, fakes=tuple(self._fakes.fakes))

    async def list_fakes(self, asked: Asked) -> FakesDocument:
        """Every fake, and where it is found."""
        del asked
        mailbox = self._fakes.mailbox
        return FakesDocument(
            fakes=tuple(fake_document(each, mailbox) for each in self._fakes.fakes.values())
        )

    async def show_fake(self, asked: Asked) -> FakeStateDocument:
        """A fake with the state that it is in."""
        return fake_state_document(self._named(asked), self._fakes.mailbox)

    # States.

    async def change_fake(self, asked: Asked) -> FakeStateDocument:
        """Put a fake into another state, in the words that it is started with.

        What is not named stays as it is, and of `account` what it does not name. Connections that
        stand go on in the state that they began with; HTTP connections that are idle are closed.
        """
        served = self._named(asked)
        served.server.change(**_words(asked, served.order.kind))
        served.close_idle()
        return fake_state_document(served, self._fakes.mailbox)

    async def change_smtp(self, asked: Asked) -> FakeStateDocument:
        """The same for a provider's SMTP service."""
        served = self._named(asked)
        served.smtp.change(**_words(asked, SUBMISSION))
        return fake_state_document(served, self._fakes.mailbox)

    async def reset_fake(self, asked: Asked) -> FakeStateDocument:
        """Put a fake back into the state that it was started in, and clear its messages.

        Port, credentials, certificates and the key of the webhook stay.
        """
        served = self._named(asked)
        self._reset(served)
        return fake_state_document(served, self._fakes.mailbox)

    async def reset_all(self, asked: Asked) -> FakesDocument:
        """The same for all fakes."""
        for served in self._fakes.fakes.values():
            self._reset(served)
        return await self.list_fakes(asked)

    def _reset(self, served: ServedFake) -> None:
        served.restore()
        served.close_idle()
        mailbox = self._fakes.mailbox
        mailbox.clear([each for each in mailbox.messages if each.fake == served.name])

    # Faults.

    async def list_faults(self, asked: Asked) -> FaultsDocument:
        """The faults that are armed, and how often each has acted.

        `{name}-smtp` is a provider's SMTP service, here and wherever faults are meant.
        """
        return FaultsDocument(faults=fault_documents(self._server(asked)))

    async def arm_faults(self, asked: Asked) -> FaultsDocument:
        """Arm further faults, behind those that are armed and not used up."""
        server = self._server(asked)
        server.change(faults=armed(server.plan, _body(asked, FaultsRequest).faults))
        if isinstance(server, ProviderFake):
            server.close_idle()
        return FaultsDocument(faults=fault_documents(server))

    async def disarm_all(self, asked: Asked) -> FaultsDocument:
        """Disarm all faults of a fake."""
        server = self._server(asked)
        server.change(faults=())
        return FaultsDocument(faults=fault_documents(server))

    async def disarm(self, asked: Asked) -> FaultsDocument:
        """Disarm one fault."""
        server, number = self._server(asked), asked.path["number"]
        count = len(server.plan.faults)
        if not number.isdecimal() or not 1 <= int(number[:9]) <= count:
            there = f"they are numbered 1 to {count}" if count else "none is armed"
            raise ControlError(404, "no-such-fault", f"there is no fault {number}: {there}")
        server.change(faults=disarmed(server.plan, int(number) - 1))
        return FaultsDocument(faults=fault_documents(server))

    # Messages.

    async def list_messages(self, asked: Asked) -> MessagesDocument:
        """The newest messages that match, oldest first."""
        query = _query(asked, MessagesQuery)
        self._check_fake(query.fake)
        found = [each for each in self._fakes.mailbox.messages if matches(each, query)]
        return await self._shown(found[-query.limit :], total=len(found))

    async def wait(self, asked: Asked) -> MessagesDocument:
        """Wait until so many messages match; 404 with what did come where the time is over."""
        query = _query(asked, WaitQuery)
        self._check_fake(query.fake)
        found = await self._fakes.mailbox.wait_for(
            lambda each: matches(each, query), count=query.count, patience=query.timeout
        )
        if len(found) < query.count:
            told = nearest_miss(query, found, self._fakes.mailbox.messages)
            raise ControlError(404, "none-came", told)
        return await self._shown(found[: query.limit], total=len(found))

    async def show_message(self, asked: Asked) -> WholeMessageDocument:
        """A whole message."""
        message = self._message(asked)
        served = self._fakes.fakes.get(message.fake)
        return await asyncio.to_thread(whole_message_document, message, served)

    async def raw_message(self, asked: Asked) -> bytes:
        """A message as MIME, octet for octet."""
        return self._message(asked).content

    async def attachment(self, asked: Asked) -> bytes:
        """A file in a message, decoded."""
        message, number = self._message(asked), asked.path["number"]
        files = await asyncio.to_thread(lambda: readable(message).attachments)
        if not number.isdecimal() or not 1 <= int(number[:9]) <= len(files):
            there = f"they are numbered 1 to {len(files)}" if files else "it has none"
            told = f"message {message.id} has no file {number}: {there}"
            raise ControlError(404, "no-such-file", told)
        return files[int(number) - 1].content

    async def clear(self, asked: Asked) -> ClearedDocument:
        """Throw away the messages that match."""
        query = _query(asked, ChosenMessages)
        self._check_fake(query.fake)
        mailbox = self._fakes.mailbox
        return ClearedDocument(
            cleared=mailbox.clear([each for each in mailbox.messages if matches(each, query)])
        )

    async def _shown(self, messages: list[KeptMessage], *, total: int) -> MessagesDocument:
        served = self._fakes.fakes
        documents = await asyncio.to_thread(
            lambda: tuple(message_document(each, served.get(each.fake)) for each in messages)
        )
        return MessagesDocument(messages=documents, total=total)

    # Events and the record.

    async def happen(self, asked: Asked) -> PostedDocument:
        """Let something become of a message, and tell the webhook handler as the vendor does."""
        request = _body(asked, EventRequest)
        served = self._named(asked)
        if served.api is None:
            raise ControlError(409, "no-events", f"{served.name} is a mere SMTP server")
        try:
            return await happen(served.api, request, self._fakes.mailbox)
        except FakeError as error:
            raise ControlError(409, "no-event", str(error)) from error

    async def conversation(self, asked: Asked) -> str:
        """What was said on the wire, as text, newest last.

        `C:` is the sender, `S:` the fake, `*` behind them is inside TLS.
        """
        query = _query(asked, ConversationQuery)
        return await asyncio.to_thread(conversation_text, tuple(self._fakes.record.events), query)

    # What a path names.

    def _named(self, asked: Asked) -> ServedFake:
        return self._fake(asked.path["name"])

    def _fake(self, name: str) -> ServedFake:
        found = self._fakes.fakes.get(name)
        if found is None:
            choices = choose_from(name, tuple(self._fakes.fakes))
            raise ControlError(404, "no-such-fake", f"there is no fake {name!r}{choices}")
        return found

    def _check_fake(self, name: str | None) -> None:
        if name is not None:
            self._fake(name)

    def _server(self, asked: Asked) -> Any:
        """The fake, or the provider's SMTP service, whose faults are meant."""
        name = asked.path["name"]
        plain = name.removesuffix("-smtp")
        if name not in self._fakes.fakes and plain in self._fakes.fakes:
            return self._fake(plain).smtp
        return self._fake(name).server

    def _message(self, asked: Asked) -> KeptMessage:
        number, messages = asked.path["id"], self._fakes.mailbox.messages
        found = [each for each in messages if str(each.id) == number]
        if not found:
            held = f"{messages[0].id} to {messages[-1].id}" if messages else "none"
            raise ControlError(
                404, "no-such-message", f"there is no message {number} (kept: {held})"
            )
        return found[0]


def _query(asked: Asked, model: type[M]) -> M:
    return _read(asked.query, model, code="query")


def _body(asked: Asked, model: type[M]) -> M:
    return _read(asked.body, model, code="words")


def _words(asked: Asked, kind: str) -> dict[str, Any]:
    """Words for a change, checked as those are that a fake is started with."""
    words = _body(asked, WordsRequest).root
    try:
        check_change(kind, words)
    except UsageError as error:
        raise ControlError(400, "words", str(error)) from error
    return words


def _read(data: Any, model: type[M], *, code: str) -> M:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        document = YamlDocument("", data, {})
        found = [line.removeprefix(":1: ") for line in complaints(document, error, model)]
        raise ControlError(400, code, "; ".join(found)) from error


CALLS = (
    ControlCall("GET", "/v1", Control.about, answer=AboutDocument),
    ControlCall("GET", "/v1/fakes", Control.list_fakes, answer=FakesDocument),
    ControlCall("GET", "/v1/fakes/{name}", Control.show_fake, answer=FakeStateDocument),
    ControlCall(
        "PATCH", "/v1/fakes/{name}", Control.change_fake,
        body=WordsRequest, answer=FakeStateDocument,
    ),
    ControlCall(
        "PATCH", "/v1/fakes/{name}/smtp", Control.change_smtp,
        body=WordsRequest, answer=FakeStateDocument,
    ),
    ControlCall("POST", "/v1/fakes/{name}/reset", Control.reset_fake, answer=FakeStateDocument),
    ControlCall("POST", "/v1/reset", Control.reset_all, answer=FakesDocument),
    ControlCall("GET", "/v1/fakes/{name}/faults", Control.list_faults, answer=FaultsDocument),
    ControlCall(
        "POST", "/v1/fakes/{name}/faults", Control.arm_faults,
        body=FaultsRequest, answer=FaultsDocument,
    ),
    ControlCall("DELETE", "/v1/fakes/{name}/faults", Control.disarm_all, answer=FaultsDocument),
    ControlCall(
        "DELETE", "/v1/fakes/{name}/faults/{number}", Control.disarm, answer=FaultsDocument
    ),
    ControlCall(
        "POST", "/v1/fakes/{name}/events", Control.happen, body=EventRequest, answer=PostedDocument
    ),
    ControlCall(
        "GET", "/v1/messages", Control.list_messages, query=MessagesQuery, answer=MessagesDocument
    ),
    ControlCall(
        "GET", "/v1/messages/wait", Control.wait, query=WaitQuery, answer=MessagesDocument
    ),
    ControlCall(
        "DELETE", "/v1/messages", Control.clear, query=ChosenMessages, answer=ClearedDocument
    ),
    ControlCall("GET", "/v1/messages/{id}", Control.show_message, answer=WholeMessageDocument),
    ControlCall("GET", "/v1/messages/{id}/raw", Control.raw_message, answer="message/rfc822"),
    ControlCall(
        "GET", "/v1/messages/{id}/attachments/{number}", Control.attachment,
        answer="application/octet-stream",
    ),
    ControlCall(
        "GET", "/v1/conversation", Control.conversation,
        query=ConversationQuery, answer="text/plain",
    ),
)  # fmt: skip
