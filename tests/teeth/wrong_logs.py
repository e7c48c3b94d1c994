"""Couriers whose delivery log does not say what became of a message."""

from __future__ import annotations

from .careful_courier import Attempt, CarefulCourier
from .careful_store import Document
from .convictions import convicted

_REFUSED = ("log/smtp", "log/key-refused", "log/sender-refused", "log/service*")
_WITHOUT_WORDS = ("log/lost", "log/trouble", "log/unreached-api")
_EVERY_FAILURE = (*_REFUSED, *_WITHOUT_WORDS, "log/unreached", "log/certificate")
_SOME_FAILURES = (
    "log/smtp[fails=log-in]",
    "log/unreached[fails=refused]",
    "log/key-refused[provider=ses]",
    "log/service",
)
_EVERY_SUCCESS = ("log/counted", "log/counted-smtp", "log/queue-id", "log/sent-and-no-more")


@convicted(*_REFUSED, "log/unreached", "log/certificate", check="log.error.says")
class KeepsNoWords(CarefulCourier):
    """Has where and what kind of failure it was, and none of its words."""

    def line(self, attempt: Attempt, answer: Document) -> Document:
        return {**super().line(attempt, answer), "message": "the message was not sent"}


@convicted("log/secrets*", check="discretion")
@convicted("log/smtp", "log/key-refused", "log/service", check="discretion")
class KeepsThePassword(CarefulCourier):
    """Has in each line what it logged in with."""

    def line(self, attempt: Attempt, answer: Document) -> Document:
        transport = attempt.request["transport"]
        with_what = transport.get("password") or list(transport["credentials"].values())
        line = super().line(attempt, answer)
        if answer["status"] == "failed":
            line["message"] = f"{line['message']} (as {with_what})"
        return line


class EachLine(CarefulCourier):
    """Right by itself: a hook for what is left out of each line of the log."""

    without: tuple[str, ...] = ()

    def line(self, attempt: Attempt, answer: Document) -> Document:
        line = super().line(attempt, answer)
        return {name: value for name, value in line.items() if name not in self.without}


@convicted(*_SOME_FAILURES, "log/counted", "log/queue-id", check="log.host")
class KeepsNoHost(EachLine):
    """Does not say which server it was, by a name or in words."""

    without = ("host", "message")


@convicted(*_SOME_FAILURES, "log/counted", "log/queue-id", check="log.at")
class KeepsNoTime(EachLine):
    """Does not say when it was."""

    without = ("at",)


@convicted("log/counted", "log/queue-id", check="log.queue_id")
class KeepsNoId(EachLine):
    """Forgets the id that the server gave the message."""

    without = ("queue_id", "message")


@convicted(*_SOME_FAILURES, "log/counted", "log/sent-and-no-more", check="log.to")
class KeepsNoRecipients(CarefulCourier):
    """Does not say for whom a message was."""

    def log(self) -> list[Document]:
        return [{**each, "to": []} for each in super().log()]


@convicted(*_EVERY_FAILURE, check="log.error.class")
class BlamesTheContent(CarefulCourier):
    """Has one kind of failure for everything."""

    def line(self, attempt: Attempt, answer: Document) -> Document:
        line = super().line(attempt, answer)
        if answer["status"] == "failed":
            line |= {"phase": "message", "class": "message-too-large"}
        return line


@convicted("log/unreached", "log/certificate", "log/lost", "log/unreached-api", "log/trouble",
           check="log.error.phase")  # fmt: skip
class TakesEverythingForALogIn(CarefulCourier):
    """Takes every failure for a wrong password."""

    def line(self, attempt: Attempt, answer: Document) -> Document:
        line = super().line(attempt, answer)
        if answer["status"] == "failed":
            line["phase"] = "auth" if attempt.request["transport"]["kind"] == "smtp" else "config"
        return line


@convicted("log/smtp[fails=log-in]", "log/smtp[fails=sender]", "log/smtp[fails=content]",
           check="log.error.reply_code")  # fmt: skip
class KeepsTheCodeOfAnother(CarefulCourier):
    """Has the code of the greeting in each line."""

    def line(self, attempt: Attempt, answer: Document) -> Document:
        return {**super().line(attempt, answer), "reply_code": 220}


@convicted(*_SOME_FAILURES, "log/trouble", check="log.honesty log.state")
class SaysSentOfWhatWasRefused(CarefulCourier):
    """Has done with a message when it has tried it."""

    def log(self) -> list[Document]:
        return [{**each, "state": "sent"} if each["attempts"] else each for each in super().log()]


@convicted("log/sent-and-no-more", check="log.honesty")
@convicted("log/sent-and-no-more", check="messages")
class SaysSentWhileItSends(CarefulCourier):
    """Does not wait for the server to answer."""

    def log(self) -> list[Document]:
        return [{**each, "state": "sent"} for each in super().log()]


@convicted(*_EVERY_SUCCESS, check="log.honesty")
class SaysAbandonedOfWhatWasTaken(CarefulCourier):
    """Takes a success for a failure in its log."""

    def log(self) -> list[Document]:
        return [
            {**each, "state": "abandoned"} if each["state"] == "sent" else each
            for each in super().log()
        ]


@convicted("log/sent-and-no-more", check="log.soundness")
class SaysDelivered(CarefulCourier):
    """Says of a message that was taken that it has arrived."""

    longest_delivery = 1.0

    def log(self) -> list[Document]:
        return [
            {**each, "state": "delivered"} if each["state"] == "sent" else each
            for each in super().log()
        ]


@convicted(*_EVERY_SUCCESS, check="log.entries")
class KeepsNoEntryOfSuccess(CarefulCourier):
    """Forgets a message once it is sent."""

    longest_delivery = 1.0

    def log(self) -> list[Document]:
        return [each for each in super().log() if each["state"] != "sent"]


@convicted(*_SOME_FAILURES, "log/lost", check="log.entries")
class KeepsTwoEntriesOfAFailure(CarefulCourier):
    """Has a message twice of which an attempt failed."""

    def log(self) -> list[Document]:
        log = super().log()
        return [*log, *(each for each in log if each["attempts"] and each["state"] != "sent")]


@convicted(*_EVERY_SUCCESS, check="log.entries")
class KeepsEntriesOfStrangers(CarefulCourier):
    """Has messages that nobody asked for."""

    def log(self) -> list[Document]:
        stranger = {"message_id": "<1@strange.test>", "to": ["nobody@strange.test"]}
        return [*super().log(), {**stranger, "state": "sent", "attempts": []}]


@convicted("log/counted", "log/counted-smtp", "log/queue-id", "log/sent-and-no-more",
           check="log.attempts")  # fmt: skip
class CountsTwice(CarefulCourier):
    """Has two lines for one attempt."""

    def log(self) -> list[Document]:
        return [{**each, "attempts": each["attempts"] * 2} for each in super().log()]


@convicted("settings/put-right", "settings/put-right-smtp", check="sender.status honesty")
class SaysSentAtQueueing(CarefulCourier):
    """Says sent of what it has only queued."""

    def send(self, message: Document) -> Document:
        answer = super().send(message)
        return {**answer, "status": "sent"} if answer["status"] == "queued" else answer


@convicted("log/counted", "log/counted-smtp", check="log.honesty")
@convicted("log/counted[provider=resend]", check="messages")
class DropsWhatComesSecond(CarefulCourier):
    """Sends one message, and throws the next one away."""

    def tried(self, name: str, entry: Document, settings: Document) -> Document:
        if self.store.names().index(name) % 2:
            return self.pretended(entry)
        return super().tried(name, entry, settings)

    def pretended(self, entry: Document) -> Document:
        entry["tries"] += 1
        return {"status": "sent"}
