"""Senders that use extensions that are not offered, or use them wrong."""

from __future__ import annotations

from email.message import EmailMessage
from typing import Any

from .careful import Capabilities, Careful
from .careful_wire import Failure, Reply
from .convictions import convicted


class Declaring(Careful):
    """Says MAIL with parameters of its own."""

    def declared(self, size: int) -> str:
        return f" SIZE={size}"

    def mail(
        self, sender: str, recipients: list[str], data: bytes, capabilities: Capabilities
    ) -> None:
        del recipients, capabilities
        reply = self.ask("mail", f"MAIL FROM:<{sender}>{self.declared(len(data))}")
        if reply.kind != 2:
            raise self.refusal("mail", "sender-refused", reply)


@convicted("extensions/smtputf8-not-needed", check="smtputf8")
class AlwaysWantsSmtpUtf8(Declaring):
    """Asks for SMTPUTF8 whatever the message is."""

    def declared(self, size: int) -> str:
        return f" SIZE={size} SMTPUTF8"


@convicted("extensions/offered-and-not-asked-for", check="unasked-parameters")
class WantsEverything(Declaring):
    """Uses what is offered, because it is."""

    def declared(self, size: int) -> str:
        return " RET=HDRS REQUIRETLS MT-PRIORITY=3"


@convicted("extensions/offered-and-not-asked-for", check="unasked-parameters")
class WantsNotifications(Careful):
    """Asks for a notification of each recipient."""

    def recipient(self, address: str) -> None:
        if self.ask("rcpt", f"RCPT TO:<{address}> NOTIFY=SUCCESS,FAILURE").kind == 2:
            self.accepted_recipients += 1


@convicted("extensions/declared-size", check="declared-sizes")
class CountsCharacters(Declaring):
    """Declares the length of the text as it was asked for."""

    def declared(self, size: int) -> str:
        return f" SIZE={len(self.asked.get('text') or '')}"


@convicted("extensions/size-without-limit[words=no-number]", check="sender.status messages")
@convicted("extensions/size-without-limit[words=zero]", check="sender.status messages")
@convicted("extensions/size-without-limit[words=zero]", check="message")
class TakesEverySizeForALimit(Careful):
    """Reads what is behind SIZE as a number, where nothing means nothing."""

    def check_size(self, size: int, limits: list[str]) -> None:
        limit = int(limits[0]) if limits and limits[0].isdigit() else 0
        if limits and size > limit:
            raise Failure("message", "message-too-large", f"more than {limit}", temporary=False)


@convicted("extensions/size-without-limit[words=nothing]", check="sender.status messages")
class TakesABareSizeForNone(Careful):
    """Takes a SIZE with nothing behind it for a server that takes nothing."""

    def check_size(self, size: int, limits: list[str]) -> None:
        if not limits:
            raise Failure("message", "message-too-large", "it takes nothing", temporary=False)


@convicted("extensions/too-large", check="sender.error.temporary")
class TriesTheLargeOneLater(Careful):
    """Takes a message that is too large for one that has to wait."""

    def check_size(self, size: int, limits: list[str]) -> None:
        try:
            super().check_size(size, limits)
        except Failure as failure:
            raise Failure("message", "message-too-large", str(failure), temporary=True) from None


@convicted("extensions/too-large", check="sender.status")
class BelievesThatAnythingFits(Declaring):
    """Declares no size, and takes the refusal for words."""

    def declared(self, size: int) -> str:
        return ""

    def final(self) -> Reply:
        return self.hear("end-of-data")


@convicted("extensions/too-large", check="sender.error.class sender.error.phase")
class CallsItTheConnection(Careful):
    """Says of each message that is too large that the connection was lost."""

    def check_size(self, size: int, limits: list[str]) -> None:
        if size > int(limits[0]):
            raise Failure("connect", "connection-lost", "no luck", temporary=False)


@convicted("extensions/eight-bit*", check="eight-bit")
class SendsEightBits(Careful):
    """Writes UTF-8 wherever there is text, and declares nothing."""

    @staticmethod
    def encoding(text: str) -> str:
        del text
        return "8bit"


class Hiding(Careful):
    """Has no recipient in its header, and asks nothing of the server."""

    def boxes(self, boxes: Any) -> Any:
        return super().boxes([{**box, "address": "undisclosed@elsewhere.test"} for box in boxes])

    def mail(
        self, sender: str, recipients: list[str], data: bytes, capabilities: Capabilities
    ) -> None:
        del recipients
        super().mail(sender, [], data, capabilities)


@convicted("extensions/international-domain", check="eight-bit")
@convicted("extensions/international-domain", check="sender.status")
class SendsUtf8Domains(Hiding):
    """Writes a domain in UTF-8, whatever the server knows."""

    def recipients(self) -> list[str]:
        return [box["address"] for box in self.asked["to"]]


@convicted("extensions/eight-bit[with=without]", check="sender.status")
class DeclaresEightBitsAnyhow(Declaring):
    """Declares BODY=8BITMIME to a server that never offered it."""

    def declared(self, size: int) -> str:
        return f" SIZE={size} BODY=8BITMIME"


@convicted("extensions/eight-bit*", check="message")
class AsciiOnly(Careful):
    """Puts question marks in the place of what is beyond ASCII."""

    def octets(self, message: EmailMessage) -> bytes:
        message.set_content(str(self.asked.get("text")).encode("ascii", "replace").decode())
        return super().octets(message)


@convicted("extensions/address-beyond-ascii", check="mail sender.error.class eight-bit")
class SendsUtf8Addresses(Hiding):
    """Writes an address in UTF-8, whatever the server knows."""


@convicted("extensions/address-beyond-ascii", check="sender.error.class sender.error.phase")
class BlamesTheServer(Careful):
    """Says of such an address that the server refused the message."""

    def compose(self) -> EmailMessage:
        if not all(map(str.isascii, self.recipients())):
            raise Failure("end-of-data", "message-refused", "refused", temporary=False)
        return super().compose()


@convicted("extensions/international-domain", check="envelope")
@convicted("message/characters-cut-to-line-ends*", check="envelope")
@convicted("extensions/address-beyond-ascii", check="sender.status messages mail")
class DropsLetters(Careful):
    """Leaves out of an address what is not ASCII."""

    def address(self, text: str) -> str:
        return super().address(text.encode("ascii", "ignore").decode())


@convicted("extensions/every-recipient-refused", check="data")
class SaysDataToNobody(Careful):
    """Goes on with DATA where nobody is left."""

    def nobody(self, recipients: list[str]) -> Failure:
        self.ask("data", "DATA")
        return super().nobody(recipients)


@convicted("extensions/every-recipient-refused", check="sender.status")
class SentToNobodyWhoCanBeWritten(Careful):
    """Calls a message sent that nobody was to get."""

    def nobody(self, recipients: list[str]) -> Failure:
        self.accepted_recipients = 1
        return super().nobody(recipients)

    def send(self) -> dict[str, Any]:
        answer = super().send()
        error = answer.get("error", {})
        is_nobody = error.get("class") == "recipient-refused"
        return {"status": "sent", "attempts": 1} if is_nobody else answer


@convicted("extensions/some-recipients-refused", check="recipients")
class KeepsRefusalsToItself(Careful):
    """Does not say who was refused."""

    def sent(self, final: Reply) -> dict[str, Any]:
        return {**super().sent(final), "refused": []}


@convicted("extensions/unknown", check="sender.status messages")
@convicted("extensions/unknown", check="message")
class ReadsEachKeywordOnce(Careful):
    """Breaks over a keyword that is listed twice."""

    def capabilities(self, reply: Reply) -> Capabilities:
        keywords = [line.split()[0] for line in reply.lines[1:]]
        if len(set(keywords)) < len(keywords):
            raise Failure("ehlo", "protocol-error", "a keyword is there twice", temporary=False)
        return super().capabilities(reply)
