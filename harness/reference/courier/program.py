"""The reference courier behind the sender protocol: a document in, a document out."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

from pydantic import ValidationError

from harness import __version__
from harness.delivery_protocol import ConfigureRequest, TestSendRequest
from harness.protocol import (
    PROTOCOL_VERSION,
    ErrorClass,
    Mailbox,
    Message,
    Phase,
    SendRequest,
    SmtpTransport,
)
from harness.reference.courier.failures import QueueError
from harness.reference.courier.options import VARIABLE, CourierOptions, read_options
from harness.reference.courier.queue import CourierQueue, NewMessage
from harness.reference.courier.schedule import expiry
from harness.reference.courier.settings import SettingsFile, check_settings, masked
from harness.reference.courier.unwritten import Unwritten
from harness.reference.courier.workers import Workers
from harness.reference.failure import ConfigError, DeliveryError, MissingLibraryError
from harness.reference.message import build
from harness.reference.sender import (
    FEATURES,
    Document,
    ReferenceSender,
    failed,
    read_as,
    unreadable,
    unsupported,
)

STATE_DIR = "HARNESS_STATE_DIR"
COURIER_FEATURES = (*FEATURES, "state", "configure", "test-send", "delivery-log", "queue")

_ACTIONS = "describe, configure, state, send, test-send and deliveries"
_TEST_SUBJECT = "Test message"
_TEST_TEXT = (
    "This is a test message. It was sent to find out whether the mail settings that are stored "
    "work; they do.\n"
)


def _now() -> float:
    return datetime.now(UTC).timestamp()


def _unique() -> str:
    return secrets.token_hex(16)


class Courier:
    """Answers requests, and sends what is queued with workers of its own.

    `clock` gives seconds since 1970, `unique` the left side of a Message-ID. Usable by several
    threads. `start` and every request open the folder where it is not open yet, so that one that
    could not be used may be put right meanwhile.
    """

    def __init__(
        self,
        folder: Path,
        *,
        options: CourierOptions | None = None,
        clock: Callable[[], float] = _now,
        unique: Callable[[], str] = _unique,
        works: bool = True,
    ) -> None:
        self._folder = folder
        self._options = options or CourierOptions()
        self._clock = clock
        self._unique = unique
        self._works = works
        self._settings = SettingsFile(folder)
        self._lock = Lock()
        self._opened: tuple[CourierQueue, Workers] | None = None

    def open(self) -> tuple[CourierQueue, Workers]:
        """The queue, and the workers at work. Raises `QueueError`."""
        with self._lock:
            if self._opened is None:
                queue = CourierQueue(self._folder, lease=self._options.lease)
                workers = Workers(
                    queue,
                    self._settings,
                    Unwritten(self._folder),
                    options=self._options,
                    clock=self._clock,
                )
                try:
                    if self._works:
                        workers.start()
                except BaseException:
                    queue.close()
                    raise
                self._opened = queue, workers
            return self._opened

    def stop(self, *, patience: float = 5.0) -> None:
        """Begin nothing new. What does not end in so many seconds is taken up at the next start."""
        with self._lock:
            if self._opened is None:
                return
            queue, workers = self._opened
            if workers.stop(patience=patience):
                queue.close()
                self._opened = None

    def handle(self, request: Mapping[str, Any]) -> Document:
        """The answer to a document of the sender protocol."""
        if request.get("protocol", PROTOCOL_VERSION) != PROTOCOL_VERSION:
            return unsupported(f"this sender speaks version {PROTOCOL_VERSION} of the protocol")
        try:
            return self._answer(request)
        except ValidationError as error:
            return unsupported(unreadable(error))
        except QueueError as error:
            return _not_possible(error)
        except DeliveryError as failure:
            return failed(failure, None, attempts=0)

    def _answer(self, request: Mapping[str, Any]) -> Document:
        match request.get("action"):
            case "describe":
                features = list(COURIER_FEATURES)
                return {"name": "courier", "version": __version__, "features": features}
            case "configure":
                return self._configure(request)
            case "state":
                return self._state()
            case "send":
                return self._send(request)
            case "test-send":
                return self._test_send(read_as(TestSendRequest, request))
            case "deliveries":
                queue, _ = self.open()
                return {"deliveries": [each.document() for each in queue.log()]}
            case _:
                return unsupported(f"the actions are {_ACTIONS}")

    def _configure(self, request: Mapping[str, Any]) -> Document:
        try:
            settings = read_as(ConfigureRequest, request)
            check_settings(settings)
            queue, workers = self.open()
            self._settings.write(settings)
        except ValidationError as error:
            return _refused(ConfigError(unreadable(error)))
        except MissingLibraryError as lack:
            return unsupported(str(lack))
        except ConfigError as failure:
            return _refused(failure)
        except QueueError as error:
            return _refused(ConfigError(str(error)))
        except OSError as error:
            why = error.strerror or type(error).__name__
            return _refused(ConfigError(f"the settings cannot be stored in {self._folder}: {why}"))
        with suppress(QueueError):  # what waits for a provider asks again by itself
            queue.release_held(now=self._clock())
        workers.wake()
        return {"status": "stored", "settings": masked(settings)}

    def _state(self) -> Document:
        try:
            settings = self._settings.read()
        except ConfigError as failure:
            return _refused(failure)
        return {"status": "stored", "settings": None if settings is None else masked(settings)}

    def _send(self, document: Mapping[str, Any]) -> Document:
        if document.get("transport") is not None:
            return ReferenceSender(unique=self._unique).handle(document)
        request = read_as(SendRequest, document)
        settings = self._settings.provider()
        message = request.message
        if not message.from_.address and settings.from_ is not None:
            message = message.model_copy(update={"from_": settings.from_})
        new = self._new(message)
        queue, workers = self.open()
        queue.add(new, now=self._clock())
        workers.wake()
        return {"status": "queued", "message_id": new.message_id}

    def _test_send(self, request: TestSendRequest) -> Document:
        settings = self._settings.provider()
        message = Message(
            from_=_whom_from(settings),
            to=(Mailbox(address=request.to),),
            subject=_TEST_SUBJECT,
            text=_TEST_TEXT,
        )
        new = self._new(message, is_test=True)
        queue, workers = self.open()
        now_only = {
            "connect_to": {**settings.connect_to, **request.connect_to},
            "trust": request.trust,
            "timeout": request.timeout,
        }
        claim = queue.add_claimed(new, now=self._clock())
        tried = workers.send_now(claim, settings.model_copy(update=now_only))
        if tried.failure is None:
            return {
                "status": "sent",
                "message_id": new.message_id,
                "attempts": 1,
                **tried.reply,
            }
        unconnected = tried.failure.phase in (Phase.CONFIG, Phase.DNS)
        answer = failed(tried.failure, new.message_id, attempts=0 if unconnected else 1)
        answer["error"]["message"] = tried.entry.words
        return answer

    def _new(self, message: Message, *, is_test: bool = False) -> NewMessage:
        """The message with its Message-ID and its date, which it keeps. Raises `DeliveryError`."""
        now, unique = self._clock(), self._unique()
        date = datetime.fromtimestamp(now, UTC)
        built = build(message, unique=unique, date=date)
        return NewMessage(
            message_id=built.message_id,
            message=message,
            unique=unique,
            date=date.isoformat(),
            pending=built.recipients,
            expires_at=expiry(self._options, message.headers, now=now),
            is_test=is_test,
        )


def handle(request: Mapping[str, Any]) -> Document:
    """Answer one document of the sender protocol, as the courier of this process.

    Its state is in the folder that HARNESS_STATE_DIR names, its options are in HARNESS_COURIER.
    """
    return standing(os.environ.get(STATE_DIR, ""), os.environ.get(VARIABLE, ""))(request)


@cache
def standing(folder: str, words: str) -> Callable[[Mapping[str, Any]], Document]:
    """What answers with the state in `folder`, from the first request to the end of the process."""
    if not folder:
        return _without_state
    courier = Courier(Path(folder), options=read_options(words))
    return courier.handle


def _without_state(request: Mapping[str, Any]) -> Document:
    """What can be answered without a folder."""
    asked = request.get("action")
    if asked == "describe":
        return Courier(Path()).handle(request)
    if asked == "send" and request.get("transport") is not None:
        return ReferenceSender().handle(request)
    return unsupported(f"there is no folder for the state: set {STATE_DIR}")


def _whom_from(settings: ConfigureRequest) -> Mailbox:
    """Whom a test message is from: as the settings say, else the account where it is an address."""
    if settings.from_ is not None:
        return settings.from_
    match settings.transport:
        case SmtpTransport(username=str(username)) if "@" in username:
            return Mailbox(address=username)
    raise ConfigError("no From address is configured: nobody whom a test message could be from")


def _refused(failure: ConfigError) -> Document:
    error = failed(failure, None, attempts=0)["error"]
    return {"status": "refused", "reason": str(failure), "error": error}


def _not_possible(error: QueueError) -> Document:
    """The answer when the state folder cannot be used: nothing was taken."""
    class_ = None if error.temporary else ErrorClass.CONFIG_INVALID
    failure = DeliveryError(
        str(error), phase=Phase.CONFIG, class_=class_, temporary=error.temporary
    )
    return {**failed(failure, None, attempts=0), "reason": str(error)}
