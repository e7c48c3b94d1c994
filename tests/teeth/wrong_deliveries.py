"""Couriers that are wrong about what becomes of a message."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from email.utils import make_msgid
from pathlib import Path
from typing import Any

from .careful_courier import FINAL, Attempt, CarefulCourier
from .careful_store import Document
from .careful_wire import Failure, Garbled, Lost, Reply
from .convictions import convicted


@convicted("delivery/late-acceptance", "delivery/late-answer*", check="log.honesty")
class SaysSentAtOnce(CarefulCourier):
    """Takes its own queue for the server."""

    def log(self) -> list[Document]:
        return [{**entry, "state": "sent"} for entry in super().log()]


@convicted("delivery/refused-after-the-dot*", check="log.honesty log.state")
class BelievesAnyEnd(CarefulCourier):
    """Is content when the content has gone out."""

    class attempt_class(Attempt):  # noqa: N801  # it stands in another's place
        def final(self) -> Reply:
            return Reply(250, (str(self.hear("end-of-data")),))


@convicted("delivery/quit-trouble*", "delivery/quit-refused*", check="log.honesty log.state")
class FailsAtQuit(CarefulCourier):
    """Takes the end of the session for the end of the message."""

    class attempt_class(Attempt):  # noqa: N801  # as above
        def quit(self) -> None:
            try:
                self.wire.send(b"QUIT\r\n")
                said = self.wire.reply().code
            except (OSError, Lost, Garbled):
                said = 0
            self.wire.close()
            if said != 221:
                raise Failure("quit", "connection-lost", "no goodbye", temporary=False)


@convicted("delivery/password-put-right", check="log.state messages")
class BurnsWhatCannotLogIn(CarefulCourier):
    """Takes a log-in that was refused for the end of the message."""

    def is_worth_another(self, error: Document) -> bool:
        return error.get("class") != "auth-rejected" and super().is_worth_another(error)


@convicted("delivery/forwarded", check="log.state messages")
class KnowsOnly250(CarefulCourier):
    """Takes 251 for a refusal."""

    class attempt_class(Attempt):  # noqa: N801  # as above
        def recipient(self, address: str) -> None:
            reply = self.ask("rcpt", f"RCPT TO:<{address}>")
            if reply.code != 250:
                raise Failure("rcpt", "recipient-refused", str(reply), temporary=False)
            self.accepted_recipients += 1


@convicted("delivery/taken-at-last*", check="log.state messages")
@convicted("connection/too-many-connections", check="log.state messages")
class GivesUpAtOnce(CarefulCourier):
    """Takes every refusal for the last word."""

    def is_worth_another(self, error: Document) -> bool:
        return False


@convicted("delivery/taken-at-last[moment=end-of-data]", check="message-id")
@convicted("delivery/killed-before-the-reply[server=has-it]", check="log.copies message-id")
@convicted("delivery/killed-before-the-reply[server=has-it-not]", check="message-id")
class NamesEachAttempt(CarefulCourier):
    """Makes a new message of each attempt."""

    class attempt_class(Attempt):  # noqa: N801  # as above
        def message_id(self) -> str:
            return make_msgid(domain="harness.test")


@convicted("delivery/put-off-for-ever", check="log.rest")
class TriesWithoutEnd(CarefulCourier):
    """Never gives up."""

    most_attempts = 1_000_000
    longest_delivery = 4.0

    def gap(self, tries: int) -> float:
        return super().gap(min(tries, 5))


@convicted("delivery/put-off-for-ever", check="gaps")
class TriesAtAnEvenPace(CarefulCourier):
    """Has one gap for all attempts."""

    first_gap = 0.4
    factor = 1.0


@convicted("delivery/refused-for-ever[*", check="log.attempts mail")
@convicted("delivery/refused-for-ever-by-an-api*", check="log.attempts requests")
class TriesWhatIsRefusedForGood(CarefulCourier):
    """Takes every refusal for a passing one."""

    def is_worth_another(self, error: Document) -> bool:
        return error.get("class") != "outcome-unknown"


@convicted("delivery/one-bad-message[put=put-off]", check="blocked")
class WaitsBehindABadMessage(CarefulCourier):
    """Deals with the first message until it is done with, and then with the next one."""

    workers = 1

    def look_at(self, name: str) -> bool:
        for before in self.store.names():
            if before < name and self.store.entry(before)["state"] not in FINAL:
                return False
        return super().look_at(name)


@convicted("delivery/one-bad-message[put=refused]", check="log.state messages")
@convicted("connection/one-of-three*", check="log.state messages")
class EndsTheBatch(CarefulCourier):
    """Gives up whatever is behind a message that was refused."""

    workers = 1

    def settle(self, entry: Document, answer: Document) -> None:
        super().settle(entry, answer)
        if entry["state"] != "abandoned":
            return
        for name in self.store.names():
            other = self.store.entry(name)
            if other["state"] == "queued":
                self.store.keep(name, {**other, "state": "abandoned"})


@convicted("delivery/restart-with-a-full-queue*", check="log.entries log.rest messages")
@convicted("delivery/killed[*", check="log.entries messages")
class KeepsTheQueueInMind(CarefulCourier):
    """Forgets what it had not yet dealt with when it ended."""

    longest_delivery = 4.0

    def __init__(self, folder: Path) -> None:
        self.born = f"{self.clock():020}"
        super().__init__(folder)

    def clock(self) -> int:
        return int(self.now() * 1e9)

    def log(self) -> list[Document]:
        return [each for each in super().log() if self.knows(each)]

    def knows(self, entry: Document) -> bool:
        return bool(entry["state"] in FINAL or entry["message_id"] in self.memory)

    def entry(self, message: Document) -> Document:
        entry = super().entry(message)
        self.memory[entry["message_id"]] = True
        return entry

    def is_due(self, entry: Document) -> bool:
        return super().is_due(entry) and self.knows(entry)


@convicted("delivery/accepted-and-no-more", check="messages log.copies")
class BeginsAllOver(CarefulCourier):
    """Sends whatever it finds when it starts."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        for name in self.store.names():
            entry = self.store.entry(name)
            self.store.keep(name, {**entry, "state": "queued", "pending": entry["to"]})


@convicted("delivery/killed[*", check="log.state messages")
@convicted(
    "delivery/killed-before-the-reply*", "delivery/killed-by-an-api*", check="log.error.class"
)
class GivesUpWhatWasCutOff(CarefulCourier):
    """Takes an attempt in which it died for one that failed."""

    def after_death(self, entry: Document) -> None:
        entry["state"] = "abandoned"
        line = {"phase": "data", "class": "connection-lost", "message": "it was cut off"}
        entry["attempts"].append({"at": self.time(), **line})


@convicted("delivery/two-instances", check="messages log.copies")
class LetsEverybodyHaveIt(CarefulCourier):
    """Has no lock on a message, so that two workers send it."""

    @contextlib.contextmanager
    def nobody_s(self) -> Iterator[bool]:
        yield True

    def claimed(self, name: str) -> Any:
        return self.nobody_s()


@convicted("delivery/lost-reply", "delivery/lost-answer*", check="messages log.copies")
@convicted("delivery/fail-over", check="messages")
class SendsAgainWhatMayHaveArrived(CarefulCourier):
    """Takes a lost reply for a refusal that passes."""

    def is_worth_another(self, error: Document) -> bool:
        return error.get("temporary") is not False


@convicted("delivery/fail-over", check="messages")
class FallsOverBlindly(CarefulCourier):
    """Hands to a new provider what the one before did not answer for."""

    def configure(self, settings: Document) -> Document:
        for name in self.store.names():
            entry = self.store.entry(name)
            if entry["state"] == "abandoned":
                self.store.keep(name, {**entry, "state": "queued", "pending": entry["to"]})
        return super().configure(settings)


@convicted("delivery/accepted-and-no-more", check="log.rest log.soundness")
class ClaimsDelivery(CarefulCourier):
    """Says more than anybody knows."""

    longest_delivery = 3.0

    def log(self) -> list[Document]:
        return [
            {**entry, "state": "delivered" if entry["state"] == "sent" else entry["state"]}
            for entry in super().log()
        ]


@convicted("delivery/out-of-date", check="log.state messages")
class SendsWhatIsOutOfDate(CarefulCourier):
    """Reads no date."""

    def expiry(self, message: Document) -> float | None:
        return None


@convicted("delivery/tarpit", check="answers")
class WaitsInTheCaller(CarefulCourier):
    """Answers when the message is sent."""

    most_attempts = 1_000

    def send(self, message: Document) -> Document:
        answer = super().send(message)
        while any(entry["state"] not in FINAL for entry in self.log()):
            with self.news:
                self.news.wait(self.poll)
        return answer


@convicted("delivery/some-put-off", check="put-off-recipients")
class ForgetsWhoWasPutOff(CarefulCourier):
    """Is content when somebody has the message."""

    def settle(self, entry: Document, answer: Document) -> None:
        super().settle(entry, {**answer, "refused": []})


@convicted("delivery/some-put-off", check="log.copies refused-recipients")
class TriesAllOfThemAgain(CarefulCourier):
    """Sends the message to everybody again where one was put off."""

    def settle(self, entry: Document, answer: Document) -> None:
        super().settle(entry, answer)
        if entry["pending"]:
            entry["pending"] = entry["to"]


@convicted("delivery/some-put-off", check="messages")
class GivesAllUpForOne(CarefulCourier):
    """Sends to nobody where somebody is refused, for now or for good."""

    class attempt_class(Attempt):  # noqa: N801  # as above
        def recipient(self, address: str) -> None:
            super().recipient(address)
            if self.refused:
                raise Failure("rcpt", "recipient-refused", "one is refused", temporary=False)
