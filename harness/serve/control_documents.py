"""What the control API is asked with, and what it answers besides fakes and messages."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict, Field, RootModel

from .documents import (
    VERSION,
    FakeDocument,
    FaultDocument,
    MessageDocument,
    ServeDocument,
    ServeRequest,
)

_LONGEST_WAIT = 60


class AboutDocument(ServeDocument):
    """What runs here."""

    version: int = VERSION
    """The version of the control API; within one, documents may get more members."""

    harness: str
    """The version of the harness."""

    fakes: tuple[str, ...]
    """The names of the fakes."""


class FakesDocument(ServeDocument):
    """Fakes."""

    fakes: tuple[FakeDocument, ...]
    """In the order in which they were asked for."""


class FaultsDocument(ServeDocument):
    """Faults of one fake."""

    faults: tuple[FaultDocument, ...]
    """In the order in which they are asked what to do."""


class MessagesDocument(ServeDocument):
    """Messages."""

    messages: tuple[MessageDocument, ...]
    """Oldest first."""

    total: int
    """How many match, whether they are shown or not."""


class ClearedDocument(ServeDocument):
    """What was thrown away."""

    cleared: int
    """How many messages."""


class PostedDocument(ServeDocument):
    """What a webhook handler was told, and what it answered."""

    event: str
    """What happened."""

    recipient: str
    """To whose copy."""

    url: str
    """Where it was posted."""

    headers: dict[str, str]
    """The headers, the vendor's signature among them."""

    body: str
    """What was posted."""

    status: int | None
    """What the handler answered; null where it did not."""

    answer: str
    """The body of that answer."""


class NoQuery(ServeRequest):
    """Nothing can be asked for."""


class ChosenMessages(ServeRequest):
    """Which messages are meant; all that is said has to be so."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)

    fake: str | None = None
    """The fake that took it."""

    to: str | None = Field(default=None, min_length=1)
    """A recipient, as an address in any case."""

    sender: str | None = Field(default=None, alias="from", min_length=1)
    """The sender: of the envelope, or an address in From."""

    subject: str | None = Field(default=None, min_length=1)
    """A part of the Subject, in any case."""

    after: int = Field(default=0, ge=0)
    """Only messages with a greater id."""


class MessagesQuery(ChosenMessages):
    """Which messages are meant, and how many of them are shown."""

    limit: int = Field(default=50, ge=1, le=500)
    """How many are shown at most."""


class WaitQuery(MessagesQuery):
    """Which messages are waited for, and for how long."""

    count: int = Field(default=1, ge=1, le=500)
    """How many have to match."""

    timeout: float = Field(default=10.0, gt=0, le=_LONGEST_WAIT)
    """For how many seconds."""


class ConversationQuery(ServeRequest):
    """Which part of the record is meant."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)

    connection: int | None = Field(default=None, ge=0)
    """One connection alone."""

    last: int = Field(default=200, ge=1, le=5_000)
    """How many lines are shown at most."""


class WordsRequest(RootModel[dict[str, Any]]):
    """Words of a fake's state, each with its new value, as in `--config`."""


class FaultsRequest(ServeRequest):
    """Faults to arm."""

    faults: tuple[dict[str, Any], ...] = Field(strict=False, min_length=1, max_length=100)
    """Each in the words of scenario files: `{"at": "rcpt", "do": "reply", "code": 550, …}`."""


class EventRequest(ServeRequest):
    """What becomes of a message."""

    do: Literal["deliver", "defer", "bounce", "drop", "complain", "open", "click", "unsubscribe"]
    """What happens."""

    message: int | str
    """The message: its id here, or the id that the provider answered with."""

    recipient: str | None = None
    """Whose copy, where there are several."""

    words: str = ""
    """What the recipient's server said (`deliver`, `defer`, `bounce`)."""

    soft: bool = False
    """A bounce that says nothing against the next message."""

    link: str | None = None
    """What is clicked (`click`, which needs it)."""
