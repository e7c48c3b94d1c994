"""Senders whose messages by an API are not the ones that were asked for, or not for everybody."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import replace
from email.message import EmailMessage
from typing import Any

from .careful import Careful
from .careful_api import ApiFailure, Response
from .careful_calls import Call
from .convictions import convicted

EVERYBODY = "api/any/recipients"
BY_MIME = ("ses", "mandrill", "sparkpost", "mailgun")

# For whom.


@convicted(EVERYBODY, check="recipients")
class LosesTheBlindCopies(Careful):
    """Takes recipients in bcc for a field of the message, and sends it to nobody by that."""

    @property
    def asked(self) -> Mapping[str, Any]:
        return {**super().asked, "bcc": ()}


@convicted(EVERYBODY, check="recipients")
class LosesTheCopies(Careful):
    """Knows recipients in To alone."""

    @property
    def asked(self) -> Mapping[str, Any]:
        return {**super().asked, "cc": ()}


@convicted(EVERYBODY, check="addressees bcc")
class PutsEverybodyIntoTo(Careful):
    """Has one list of recipients, and shows it."""

    @property
    def asked(self) -> Mapping[str, Any]:
        message = super().asked
        everybody = [*message["to"], *message.get("cc", ()), *message.get("bcc", ())]
        return {**message, "to": everybody, "cc": (), "bcc": ()}


@convicted(
    # Amazon takes that header out of a message; SendGrid and Postmark have fields.
    *(f"{EVERYBODY}[provider={name}]" for name in BY_MIME if name != "ses"),
    check="bcc",
)
class WritesTheBlindCopiesIntoAHeader(Careful):
    """Writes a Bcc header beside the envelope."""

    def compose(self) -> EmailMessage:
        message = super().compose()
        if self.asked.get("bcc"):
            self.set(message, "Bcc", self.boxes(self.asked["bcc"]))
        return message


@convicted(EVERYBODY, check="bcc")
class NotesForWhomItIs(Careful):
    """Notes every recipient in a header of its own."""

    @property
    def asked(self) -> Mapping[str, Any]:
        message = super().asked
        boxes = [*message["to"], *message.get("cc", ()), *message.get("bcc", ())]
        noted = ", ".join(box["address"] for box in boxes)
        return {**message, "headers": {**message.get("headers", {}), "X-For": noted}}


@convicted(EVERYBODY, check="recipients")
class KeepsACopyForItself(Careful):
    """Sends a copy of everything to its maker."""

    @property
    def asked(self) -> Mapping[str, Any]:
        message = super().asked
        return {**message, "bcc": [*message.get("bcc", ()), {"address": "copies@harness.test"}]}


@convicted("api/any/recipients-some-refused", check="recipients")
class OverlooksWhoWasRefused(Careful):
    """Looks whether the message was taken, and not for whom."""

    def send_by_api(self) -> dict[str, Any]:
        return {**super().send_by_api(), "refused": []}


@convicted("api/any/recipients-refused-together", check="recipients")
class GivesUpTheCopies(Careful):
    """Where a message is refused it sends it to the first recipient alone, and says sent."""

    alone = False

    @property
    def asked(self) -> Mapping[str, Any]:
        message = super().asked
        return {**message, "to": message["to"][:1], "cc": ()} if self.alone else message

    def deliver_by_api(self) -> str:
        try:
            return super().deliver_by_api()
        except ApiFailure:
            if not self.asked.get("cc"):
                raise
            self.alone = True
            return super().deliver_by_api()


@convicted("api/any/recipients-all-refused", check="honesty sender.status")
@convicted("api/any/recipients-some-refused", check="recipients")
class TakesNoRecipientForALoss(Careful):
    """Says sent of a message to several, whoever got it: some of them will have."""

    def send_by_api(self) -> dict[str, Any]:
        answer = super().send_by_api()
        return {"status": "sent"} if len(self.asked["to"]) > 1 else answer


# What is in it.


@convicted("api/any/text-and-html[*form=both]", "api/any/text-and-html[*form=html]", check="texts")
class KnowsNoHtml(Careful):
    """Sends what is text, or the HTML as text."""

    @property
    def asked(self) -> Mapping[str, Any]:
        message = super().asked
        return {**message, "text": message.get("text") or message.get("html"), "html": None}


@convicted("api/any/text-and-html[*form=both]", "api/any/text-and-html[*form=text]", check="texts")
@convicted("api/any/beyond-ascii", check="texts")
class KnowsNothingButHtml(Careful):
    """Puts a text between two tags, and leaves out the one beside HTML."""

    @property
    def asked(self) -> Mapping[str, Any]:
        message = super().asked
        html = message.get("html") or f"<p>{message.get('text')}</p>"
        return {**message, "text": None, "html": html}


@convicted(
    *(f"api/any/text-and-html[provider={name},form=both]" for name in BY_MIME), check="texts"
)
class PutsTheHtmlFirst(Careful):
    """Puts the HTML before the text, which readers then show in its place."""

    def content(self, message: EmailMessage) -> None:
        if not (self.asked.get("text") and self.asked.get("html")):
            super().content(message)
            return
        message.set_content(self.asked["html"], subtype="html")
        message.add_alternative(self.asked["text"])


@convicted("api/any/beyond-ascii", check="addressees from message texts")
class WritesAsciiAlone(Careful):
    """Puts a question mark in the place of every other character."""

    @property
    def asked(self) -> Mapping[str, Any]:
        message = super().asked
        plain = {part: self.ascii(message.get(part)) for part in ("subject", "text", "html")}
        boxes = {part: [self.box(box) for box in message.get(part, ())] for part in ("to", "cc")}
        return {**message, **plain, **boxes, "from": self.box(message["from"])}

    def box(self, box: Mapping[str, str]) -> Mapping[str, str]:
        return {**box, "name": self.ascii(box.get("name")) or ""}

    @staticmethod
    def ascii(text: str | None) -> str | None:
        return text and text.encode("ascii", "replace").decode()


@convicted("api/any/own-headers", check="reply-to")
class AsksForAnswersToItself(Careful):
    """Has no Reply-To: answers go to the author."""

    @property
    def asked(self) -> Mapping[str, Any]:
        message = super().asked
        return {**message, "reply_to": [message["from"]] if message.get("reply_to") else ()}


@convicted("api/any/own-headers", check="headers")
class LeavesOutTheHeaders(Careful):
    """Sends no header but its own, and says nothing of it."""

    @property
    def asked(self) -> Mapping[str, Any]:
        return {**super().asked, "headers": {}}


@convicted("api/any/own-headers", check="headers")
class WritesHeadersInCapitals(Careful):
    """Takes the value of a header for a word without case."""

    @property
    def asked(self) -> Mapping[str, Any]:
        message = super().asked
        headers = {name: value.upper() for name, value in message.get("headers", {}).items()}
        return {**message, "headers": headers}


@convicted("api/any/attachment-names", check="message")
class ShortensFileNames(Careful):
    """Names files by what fits into forty plain characters."""

    @property
    def asked(self) -> Mapping[str, Any]:
        message = super().asked
        files = [{**file, "filename": self.short(file)} for file in message.get("attachments", ())]
        return {**message, "attachments": files}

    @staticmethod
    def short(file: Mapping[str, str]) -> str:
        return file["filename"].encode("ascii", "ignore").decode()[:40]


# How often.


@convicted(
    "api/any/rate-limited",
    "api/any/server-error",
    "api/postmark/trouble",
    "api/sendgrid/too-many-requests",
    "api/ses/quota-used-up",
    "api/ses/too-fast",
    check="requests",
)
@convicted("api/any/rate-limited[*retry_after=told]", check="retry-after")
class AsksAgainAtOnce(Careful):
    """Asks seven times without a pause where a refusal may pass."""

    kept: ssl.SSLContext | None = None

    def api_context(self) -> ssl.SSLContext:
        self.kept = self.kept or super().api_context()
        return self.kept

    def ask_api(self, call: Call) -> Response:
        for _ in range(6):
            response = super().ask_api(call)
            if not self.asks_again(response):
                return response
        return super().ask_api(call)

    def asks_again(self, response: Response) -> bool:
        words = response.body.lower()
        limited = b"throttling" in words or b"quota" in words or b"rate exceeded" in words
        return response.status >= 429 or limited


@convicted("api/any/rate-limited[*retry_after=told]", check="retry-after")
class AsksAgainTooSoon(Careful):
    """Asks once more, whenever it was told to."""

    def ask_api(self, call: Call) -> Response:
        response = super().ask_api(call)
        return super().ask_api(replace(call)) if response.status == 429 else response
