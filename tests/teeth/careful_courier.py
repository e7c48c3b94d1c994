"""The careful courier: a queue, settings that last and a delivery log around the careful sender.

It imports nothing of the harness. Every behaviour is a small method, so that a wrong courier is a
subclass with one of them replaced.
"""

from __future__ import annotations

import re
import threading
import traceback
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import localtime, make_msgid, parsedate_to_datetime
from pathlib import Path
from typing import Any, ClassVar

from .careful import Careful
from .careful_calls import Call
from .careful_store import Document, Store
from .careful_wire import Failure

FINAL = {"sent", "abandoned"}
MASK = "********"
_QUEUE_ID = re.compile(r"queued as:? (\S+)", re.IGNORECASE)
_TEST = {"subject": "Test message", "text": "The mail settings that are stored work.\n"}


class Attempt(Careful):
    """One attempt at a message of the queue, which is the same message each time."""

    entry: Document
    hand_over: Callable[[], None]

    def compose(self) -> EmailMessage:
        message = super().compose()
        message.replace_header("Message-ID", self.message_id())
        message.replace_header("Date", self.entry["date"])
        return message

    def message_id(self) -> str:
        return str(self.entry["message_id"])

    def recipients(self) -> list[str]:
        """Those who do not have it yet."""
        return [each for each in super().recipients() if each in self.entry["pending"]]

    def end(self) -> None:
        self.hand_over()
        super().end()

    def ask_api(self, call: Call) -> Any:
        self.hand_over()
        return super().ask_api(call)


class CarefulCourier:
    """Answers documents of the sender protocol; threads of its own send what is queued."""

    attempt_class: ClassVar[type[Attempt]] = Attempt
    workers = 2
    first_gap = 0.1
    factor = 2.0
    most_attempts = 4
    poll = 0.05
    # For whoever waits for the log: within so many seconds it says what became of a message.
    longest_delivery = 20.0

    def __init__(self, folder: Path) -> None:
        self.store = Store(folder)
        self.memory: dict[str, Any] = {}
        self.stopping = False
        self.news = threading.Condition()
        self.threads = [
            threading.Thread(target=self.work, daemon=True) for _ in range(self.workers)
        ]
        for thread in self.threads:
            thread.start()

    def stop(self, *, patience: float) -> None:
        self.stopping = True
        self.wake()
        for thread in self.threads:
            thread.join(patience)

    def handle(self, request: Mapping[str, Any]) -> Document:
        match request.get("action"):
            case "describe":
                return {"name": type(self).__name__, "version": "1", "features": self.features()}
            case "configure":
                return self.configure(dict(request))
            case "state":
                return {"status": "stored", "settings": self.shown(self.store.settings())}
            case "send" if request.get("transport") is not None:
                return Careful(request, {}).answer()
            case "send":
                return self.send(dict(request["message"]))
            case "test-send":
                return self.test_send(dict(request))
            case "deliveries":
                return {"deliveries": self.log()}
        return {"status": "unsupported", "reason": "this courier does not know what that is"}

    def features(self) -> list[str]:
        own = ["state", "configure", "test-send", "delivery-log", "queue"]
        return [*Careful({}, {}).features(), *own]

    # Settings.

    def configure(self, settings: Document) -> Document:
        try:
            self.check(settings)
        except Failure as failure:
            return {"status": "refused", "reason": failure.words}
        self.store.keep_settings(settings)
        self.wake()
        return {"status": "stored", "settings": self.shown(settings)}

    def check(self, settings: Document) -> None:
        transport = settings["transport"]
        if settings.get("from"):
            box = {"address": "somebody@harness.test"}
            Careful({"message": {"from": settings["from"], "to": [box]}}, {}).compose()
        if transport is None:
            return
        sender = Careful({**settings, "message": {}}, {})
        if transport["kind"] == "smtp":
            sender.settings()
        else:
            sender.check_api()

    def shown(self, settings: Document | None) -> Document | None:
        """The settings, and in place of each secret a mask."""
        if settings is None:
            return None
        transport = dict(settings["transport"] or {})
        transport.pop("uri", None)
        secrets = {transport.get("password"), transport.get("access_token")} - {None, ""}
        # With some providers the user name is the password.
        for name in ("username", "password", "access_token"):
            if transport.get(name) in secrets:
                transport[name] = MASK
        if "credentials" in transport:
            transport["credentials"] = dict.fromkeys(transport["credentials"], MASK)
        return {
            "transport": transport or None,
            "from": settings.get("from"),
            "enabled": settings["enabled"],
        }

    def provider(self) -> Document:
        """The settings to send by: those that are stored now."""
        settings = self.store.settings()
        if settings is None or settings["transport"] is None:
            words = "no provider is configured"
        elif not settings["enabled"]:
            words = "the provider is switched off"
        else:
            return settings
        raise Failure("config", "config-invalid", words, temporary=False)

    # What is asked for.

    def send(self, message: Document) -> Document:
        try:
            settings = self.provider()
            if not message["from"]["address"] and settings.get("from"):
                message["from"] = settings["from"]
            entry = self.entry(message)
        except Failure as failure:
            return self.not_taken(failure)
        self.store.keep(self.store.new_name(), entry)
        self.wake()
        return {"status": "queued", "message_id": entry["message_id"]}

    def entry(self, message: Document) -> Document:
        """What is kept of a new message. It is refused now if it can never be sent."""
        sender = Careful({"message": message}, {})
        sender.compose()
        return {
            "message": message,
            "message_id": make_msgid(domain=message["from"]["address"].rpartition("@")[2]),
            "date": localtime().strftime("%a, %d %b %Y %H:%M:%S %z"),
            "state": "queued",
            "to": sender.recipients(),
            "pending": sender.recipients(),
            "expires": self.expiry(message),
            "attempts": [],
            "tries": 0,
            "due": 0.0,
        }

    def expiry(self, message: Document) -> float | None:
        for name, value in message.get("headers", {}).items():
            if name.lower() == "expires":
                return parsedate_to_datetime(value).timestamp()
        return None

    def not_taken(self, failure: Failure) -> Document:
        error = {"phase": failure.phase, "class": failure.class_, "message": failure.words}
        return {"status": "failed", "attempts": 0, "error": {**error, "temporary": False}}

    def test_send(self, request: Document) -> Document:
        try:
            settings = self.provider()
            whom = settings.get("from") or {"address": settings["transport"].get("username") or ""}
            entry = self.entry({"from": whom, "to": [{"address": request["to"]}], **_TEST})
        except Failure as failure:
            return self.not_taken(failure)
        entry["tries"] = self.most_attempts - 1  # this is the only one
        name = self.store.new_name()
        with self.store.claimed(name):
            answer = self.tried(name, entry, {**settings, **self.of_now(request)})
            self.end_test(name, entry, answer)
        return {**answer, "message_id": entry["message_id"]}

    def of_now(self, request: Document) -> Document:
        return {name: request[name] for name in ("connect_to", "trust", "timeout")}

    def end_test(self, name: str, entry: Document, answer: Document) -> None:
        entry["state"] = "sent" if answer["status"] == "sent" else "abandoned"
        self.store.keep(name, entry)

    def log(self) -> list[Document]:
        shown = ("message_id", "state", "to", "attempts")
        entries = map(self.store.entry, self.store.names())
        return [{name: entry[name] for name in shown} for entry in entries]

    # The queue.

    def work(self) -> None:
        while not self.stopping:
            if not self.has_done_something():
                with self.news:
                    self.news.wait(self.poll)

    def has_done_something(self) -> bool:
        try:
            return sum(self.look_at(name) for name in self.store.names()) > 0
        except Exception:  # noqa: BLE001  # the others go out all the same
            if not self.stopping:  # else its folder may be gone
                traceback.print_exc()
            return False

    def wake(self) -> None:
        with self.news:
            self.news.notify_all()

    def look_at(self, name: str) -> bool:
        """Deal with a message if it is its turn, and if nobody else does."""
        if self.stopping or not self.is_due(self.store.entry(name)):
            return False
        with self.claimed(name) as is_ours:
            entry = self.store.entry(name)
            if not is_ours or not self.is_due(entry):
                return False
            self.deal_with(name, entry)
            return True

    def claimed(self, name: str) -> Any:
        return self.store.claimed(name)

    def is_due(self, entry: Document) -> bool:
        """Who finds a message in progress that is nobody's has found a dead worker's."""
        return entry["state"] not in FINAL and entry["due"] <= self.now()

    def deal_with(self, name: str, entry: Document) -> None:
        if entry["state"] == "processing":
            self.after_death(entry)
        if entry["state"] not in FINAL and self.is_expired(entry):
            entry["state"] = "abandoned"
        if entry["state"] in FINAL:
            self.store.keep(name, entry)
            return
        try:
            settings = self.provider()
        except Failure:
            entry["due"] = self.now() + self.first_gap
            self.store.keep(name, entry)
            return
        answer = self.tried(name, entry, settings)
        self.settle(entry, answer)
        self.store.keep(name, entry)

    def is_expired(self, entry: Document) -> bool:
        return entry["expires"] is not None and entry["expires"] <= self.now()

    def tried(self, name: str, entry: Document, settings: Document) -> Document:
        """One attempt, from the note that it begins to the log's line about it."""
        entry.update(state="processing", handed=False, tries=entry["tries"] + 1)
        self.store.keep(name, entry)
        attempt = self.attempt(name, entry, settings)
        try:
            answer = attempt.answer()
        except Failure as failure:
            answer = attempt.failed(failure)
        entry["attempts"].append(self.line(attempt, answer))
        return answer

    def attempt(self, name: str, entry: Document, settings: Document) -> Attempt:
        message = self.left_of(entry) if settings["transport"]["kind"] == "api" else {}
        request = {**settings, "action": "send", "message": {**entry["message"], **message}}
        attempt = self.attempt_class(request, self.memory)
        attempt.entry = entry
        attempt.hand_over = lambda: self.hand_over(name, entry)
        return attempt

    def left_of(self, entry: Document) -> Document:
        """The boxes of those who do not have it yet: an API is told no envelope."""
        return {
            name: [box for box in entry["message"][name] if box["address"] in entry["pending"]]
            for name in ("to", "cc", "bcc")
            if name in entry["message"] and len(entry["pending"]) < len(entry["to"])
        }

    def hand_over(self, name: str, entry: Document) -> None:
        """Nobody is to wonder later whether it went out."""
        entry["handed"] = True
        self.store.keep(name, entry)

    def line(self, attempt: Attempt, answer: Document) -> Document:
        """What the log says of an attempt."""
        error = answer.get("error") or {}
        words = error.get("message") or answer.get("final_reply") or ""
        words += "".join(f"; {each['message']}" for each in answer.get("refused", ()))
        code = answer.get("final_reply", "")[:3]
        said = {
            "at": self.time(),
            "host": self.host(attempt),
            "reply_code": error.get("reply_code") or (int(code) if code else None),
            "message": words,
            "queue_id": self.queue_id(answer),
            **{
                name: error.get(name) for name in ("phase", "class", "enhanced_code", "http_status")
            },
        }
        return {name: value for name, value in said.items() if value is not None}

    def time(self) -> str:
        return datetime.now(UTC).isoformat()

    def now(self) -> float:
        return datetime.now(UTC).timestamp()

    def host(self, attempt: Attempt) -> str:
        transport = attempt.request["transport"]
        return str(transport["host"] if transport["kind"] == "smtp" else attempt.named_host())

    def queue_id(self, answer: Document) -> str | None:
        found = _QUEUE_ID.search(answer.get("final_reply") or "")
        return found[1] if found else answer.get("provider_id")

    # What follows.

    def settle(self, entry: Document, answer: Document) -> None:
        if answer["status"] == "sent":
            entry["taken"] = True
            refused = answer.get("refused", ())
            entry["pending"] = [
                each["address"] for each in refused if 400 <= each.get("reply_code", 0) < 500
            ]
        elif not self.is_worth_another(answer["error"]):
            entry["pending"] = []
        if not entry["pending"] or entry["tries"] >= self.most_attempts:
            entry["state"] = self.end_of(entry)
            return
        entry["due"] = self.now() + self.gap(entry["tries"])
        if entry["expires"] is not None and entry["due"] >= entry["expires"]:
            entry["state"] = self.end_of(entry)
            return
        entry["state"] = "queued"

    def is_worth_another(self, error: Document) -> bool:
        """What nobody knows the outcome of is not sent again; a password may be put right."""
        may_pass = error.get("temporary") is True or error.get("class") == "auth-rejected"
        return may_pass and error.get("class") != "outcome-unknown"

    def end_of(self, entry: Document) -> str:
        return "sent" if entry.get("taken") else "abandoned"

    def gap(self, tries: int) -> float:
        return float(self.first_gap * self.factor ** (tries - 1))

    def after_death(self, entry: Document) -> None:
        """Whoever was at it is gone. If it may have been handed over it goes out once more."""
        handed = entry["handed"]
        line = {
            "at": self.time(),
            "phase": "end-of-data" if handed else "data",
            "class": "outcome-unknown" if handed else "connection-lost",
            "message": "the courier ended in the middle of the attempt"
            + (", and this may be a second copy" if handed else ""),
        }
        entry["attempts"].append(line)
        if (handed and entry.get("copied")) or entry["tries"] >= self.most_attempts:
            entry["state"] = self.end_of(entry)
        else:
            entry.update(state="queued", copied=entry.get("copied") or handed)
