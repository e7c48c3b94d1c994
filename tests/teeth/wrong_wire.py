"""Senders that write a message onto the wire in another way than SMTP and MIME have it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from email.message import EmailMessage
from typing import Any

from .careful import Careful
from .careful_message import unusable
from .careful_wire import Failure, Reply
from .convictions import convicted

LONG = "message/long-lines"
ENDS = "message/end-of-the-text"
SUBJECT = "message/line-break-in-the-subject"


class Reworking(Careful):
    """Writes its octets anew: the header, and what is below it."""

    def rework(self, head: bytes, body: bytes) -> bytes:
        return head + b"\r\n\r\n" + body

    def octets(self, message: EmailMessage) -> bytes:
        head, _, body = super().octets(message).partition(b"\r\n\r\n")
        return self.rework(head, body)


class Retelling(Careful):
    """Is told another message than it was asked for."""

    def retold(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        return asked

    @property
    def asked(self) -> Mapping[str, Any]:
        return self.retold(super().asked)


# Dots and line ends.


@convicted("message/dots*", check="lines")
@convicted("message/dots[where=alone]", check="message")
@convicted("message/commands-in-the-text*", check="message texts")
class StuffsNoDots(Careful):
    """Sends lines that begin with a dot as they are."""

    def body(self, data: bytes) -> None:
        self.put("data", data)
        self.end()


@convicted("message/commands-in-the-text*", check="messages mail")
class HearsTheWholeConversation(StuffsNoDots):
    """Stuffs no dots, and stays for the answers to what was in the text."""

    def final(self) -> Reply:
        final = super().final()
        for _ in ("MAIL", "RCPT", "DATA", "the dot"):
            self.hear("end-of-data")
        return final


@convicted("message/dots[where=first]", "message/dots[where=spaced]", check="lines")
class StuffsLoneDotsAlone(Careful):
    """Takes only a line with nothing but a dot for dangerous."""

    def body(self, data: bytes) -> None:
        self.put("data", data.replace(b"\r\n.\r\n", b"\r\n..\r\n"))
        self.end()


@convicted("message/bare-line-feeds*", "message/bare-carriage-returns*", check="line-ends")
@convicted(LONG + "[what=text]", LONG + "[what=text-without-a-blank]", check="line-lengths")
class WritesTheTextAsItIs(Reworking):
    """Puts the text below the header as it was handed over."""

    def rework(self, head: bytes, body: bytes) -> bytes:
        text = str(self.asked.get("text") or "").encode()
        return head + b"\r\n\r\n" + text + (b"" if text.endswith(b"\r\n") else b"\r\n")


@convicted("message/bare-line-feeds*", "message/bare-carriage-returns*", check="texts")
class CutsAtTheFirstDot(Retelling):
    """Makes a text harmless by leaving out what is behind a lone dot, or the second line."""

    def retold(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        return {**asked, "text": re.split(r"[\r\n]+", str(asked.get("text") or ""))[0]}


@convicted("message/folded-headers", "message/long-recipient-list", check="line-ends")
class FoldsWithLineFeeds(Reworking):
    """Ends lines with CRLF, but for those of a header that goes on."""

    def rework(self, head: bytes, body: bytes) -> bytes:
        return super().rework(head.replace(b"\r\n ", b"\n "), body)


@convicted(ENDS + "*", check="lines")
class AddsAnEmptyLine(Careful):
    """Puts a CRLF ahead of the final dot, whether or not there is one."""

    def body(self, data: bytes) -> None:
        super().body(data + b"\r\n")


@convicted(ENDS + "*", check="line-ends")
class EndsTheLastLineAnyhow(Careful):
    """Ends its last line with CR LF LF, so that it is an end by anybody's count."""

    def body(self, data: bytes) -> None:
        super().body(data + b"\n\r\n")


# What is empty, and what is long.


@convicted("message/empty*", check="sender.status messages")
class WantsContent(Careful):
    """Refuses a message without subject or text."""

    def compose(self) -> EmailMessage:
        if not self.asked.get("subject") or not self.asked.get("text"):
            raise unusable("config-invalid", "there is nothing in the message")
        return super().compose()


@convicted("message/empty[part=subject]", "message/empty[part=both]", check="message")
class MakesUpASubject(Retelling):
    """Puts words where there is no subject."""

    def retold(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        return {**asked, "subject": asked.get("subject") or "(no subject)"}


@convicted(LONG + "*", check="line-lengths")
class EncodesNothing(Careful):
    """Sends every text in lines as long as they are."""

    @staticmethod
    def encoding(text: str) -> str:
        del text
        return "7bit"


@convicted(LONG + "[what=text-without-a-blank]", LONG + "[what=html]", check="texts")
@convicted(LONG + "*", check="lines")
class BreaksLongLines(Retelling):
    """Breaks a long line after 900 characters, wherever that is."""

    def retold(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        broken = {
            key: re.sub(r"([^\n]{900})", "\\1\n", asked[key])
            for key in ("text", "html")
            if asked.get(key)
        }
        return {**asked, **broken}


@convicted("message/long-recipient-list", "message/long-subject", check="line-lengths")
class FoldsNothing(Reworking):
    """Writes each header in one line, whatever its length."""

    def rework(self, head: bytes, body: bytes) -> bytes:
        return super().rework(re.sub(rb"\r\n(?=[ \t])", b"", head), body)


@convicted("message/long-subject", "message/folded-headers", check="message")
class CutsSubjects(Retelling):
    """Shows no more of a subject than fits into a line."""

    def retold(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        return {**asked, "subject": str(asked.get("subject", ""))[:70]}


@convicted("message/long-recipient-list", "message/folded-headers", check="recipients")
class StopsAfterFiftyRecipients(Careful):
    """Writes to no more than fifty people, and says nothing of the others."""

    def recipients(self) -> list[str]:
        return super().recipients()[:50]


@convicted("message/long-recipient-list", "message/folded-headers", check="addressees")
class CutsItsToField(Reworking):
    """Ends the last address of a long To where the line would be too long."""

    def rework(self, head: bytes, body: bytes) -> bytes:
        to = re.compile(rb"(?ms)^To: .*?(?=\r\n[^ ])")
        return super().rework(to.sub(lambda found: found[0][:200], head), body)


# What gets in by a header.


@convicted(SUBJECT + "[end=crlf]", SUBJECT + "[end=lf]", check="added-headers")
@convicted(SUBJECT + "[end=cr]", SUBJECT + "[end=lf]", check="line-ends")
@convicted(SUBJECT + "[end=body]", check="lines")
class LetsSubjectsInject(Reworking):
    """Puts the subject into the header as it is."""

    def set(self, message: EmailMessage, name: str, value: object) -> None:
        if name != "Subject":
            super().set(message, name, value)

    def rework(self, head: bytes, body: bytes) -> bytes:
        subject = str(self.asked.get("subject", "")).encode()
        return super().rework(head + b"\r\nSubject: " + subject, body)


@convicted(SUBJECT + "[end=crlf]", SUBJECT + "[end=lf]", check="envelope")
class ReadsRecipientsFromItsHeader(Careful):
    """Looks for recipients in the header that it has put together, as `sendmail -t` does."""

    def recipients(self) -> list[str]:
        found = re.findall(r"(?m)^Bcc: *(\S+)", str(self.asked.get("subject", "")))
        return [*super().recipients(), *found]

    def set(self, message: EmailMessage, name: str, value: object) -> None:
        text = value if isinstance(value, Sequence) and not isinstance(value, str) else str(value)
        super().set(message, name, " ".join(text.split()) if isinstance(text, str) else text)


@convicted("message/line-break-in-a-recipient*", check="sender.status mail")
class CutsRecipientsShort(Careful):
    """Sends to what is left of an address ahead of the line break."""

    def address(self, text: str) -> str:
        return super().address(re.split(r"[>\r\n]", text)[0])


@convicted("message/line-break-in-a-recipient*", check="sender.error.class sender.error.phase")
class CallsInjectionATimeout(Careful):
    """Says of such a recipient that the server did not answer."""

    def address(self, text: str) -> str:
        if re.search(r"[\r\n]", text):
            raise Failure("connect", "connection-timeout", "no answer", temporary=False)
        return super().address(text)


class Rawly(Reworking):
    """Puts a field into the header as it was handed over, in UTF-8."""

    field = ""

    def raw(self) -> str:
        return ""

    def set(self, message: EmailMessage, name: str, value: object) -> None:
        if name != self.field:
            super().set(message, name, value)

    def rework(self, head: bytes, body: bytes) -> bytes:
        raw = self.raw()
        added = f"\r\n{self.field}: {raw}".encode() if raw else b""
        return super().rework(head + added, body)


NAME = "message/line-break-in-a-name"
HEADER = "message/line-break-in-a-header"
REPLY = "message/line-break-in-reply-to"
FILE = "message/line-break-in-a-file-name"


@convicted(NAME + "[end=crlf]", NAME + "[end=lf]", check="added-headers")
@convicted(NAME + "[end=lf]", NAME + "[end=cr]", check="line-ends")
class LetsNamesInject(Rawly):
    """Puts the name of From into the header as it is."""

    field = "From"

    def raw(self) -> str:
        box = self.asked["from"]
        return f'"{box.get("name", "")}" <{box["address"]}>'

    def boxes(self, boxes: Any) -> Any:
        return super().boxes([{**box, "name": ""} for box in boxes])


@convicted(HEADER + "[end=crlf]", HEADER + "[end=lf]", check="added-headers")
@convicted(HEADER + "[end=lf]", HEADER + "[end=cr]", check="line-ends")
class LetsHeadersInject(Rawly):
    """Puts a header of the caller's own into the message as it is."""

    field = "List-Unsubscribe"

    def raw(self) -> str:
        return str(self.asked.get("headers", {}).get(self.field, ""))


@convicted(REPLY + "[end=crlf]", REPLY + "[end=lf]", check="added-headers")
@convicted(REPLY + "[end=lf]", REPLY + "[end=cr]", check="line-ends")
class LetsReplyToInject(Rawly):
    """Puts Reply-To into the header as it is."""

    field = "Reply-To"

    def raw(self) -> str:
        return ", ".join(box["address"] for box in self.asked.get("reply_to", ()))

    def boxes(self, boxes: Any) -> Any:
        return super().boxes([{**box, "address": box["address"].split()[0]} for box in boxes])


@convicted(FILE + "[end=crlf]", FILE + "[end=lf]", check="added-headers")
@convicted(FILE + "[end=lf]", FILE + "[end=cr]", check="line-ends")
class LetsFileNamesInject(Retelling, Reworking):
    """Puts the name of a file into its part as it is."""

    def retold(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        files = [{**file, "filename": "NAME"} for file in asked.get("attachments", ())]
        return {**asked, "attachments": files}

    def rework(self, head: bytes, body: bytes) -> bytes:
        names = [file["filename"] for file in self.request["message"].get("attachments", ())]
        return super().rework(head, body.replace(b"NAME", "".join(names).encode()))


@convicted("message/characters-cut-to-line-ends*", check="mail-syntax")
class CutsCharactersToOctets(Careful):
    """Writes the low octet of each character."""

    def boxes(self, boxes: Any) -> Any:
        return super().boxes([{**box, "address": "hidden@elsewhere.test"} for box in boxes])

    def recipient(self, address: str) -> None:
        cut = bytes(ord(char) & 255 for char in address).decode("latin-1")
        for line in f"RCPT TO:<{cut}>".splitlines():
            if line and self.ask("rcpt", line).kind == 2:
                self.accepted_recipients += 1
        self.accepted_recipients = self.accepted_recipients or 1


@convicted("message/blind-copy", check="bcc")
class ShowsBcc(Careful):
    """Writes a Bcc field, for the server to take out."""

    def compose(self) -> EmailMessage:
        message = super().compose()
        if self.asked.get("bcc"):
            self.set(message, "Bcc", self.boxes(self.asked["bcc"]))
        return message


@convicted("message/blind-copy", check="recipients")
class ForgetsBcc(Retelling):
    """Sends nothing to who is in Bcc."""

    def retold(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        return {**asked, "bcc": []}


IDS = "message/identification"


@convicted(IDS, "message/empty*", check="date")
class NamesItsZone(Reworking):
    """Writes the zone of its Date as a name."""

    def rework(self, head: bytes, body: bytes) -> bytes:
        return super().rework(re.sub(rb"(Date: .*) [+-]\d{4}", rb"\1 UTC", head), body)


@convicted(IDS, "message/empty*", check="authors")
@convicted(IDS, check="repeated-headers")
class HasTwoAuthors(Reworking):
    """Adds a From of the product's own."""

    def rework(self, head: bytes, body: bytes) -> bytes:
        return super().rework(head + b"\r\nFrom: product@harness.test", body)


@convicted(IDS, check="message-ids")
class HasOneMessageId(Reworking):
    """Gives the same Message-ID to everything."""

    def rework(self, head: bytes, body: bytes) -> bytes:
        return super().rework(re.sub(rb"Message-ID: \S+", b"Message-ID: <x@y.test>", head), body)


@convicted("message/paths", "message/null-sender", check="mail-syntax")
@convicted("message/unusual-recipients*", check="mail-syntax")
class PutsABlankBehindTheColon(Careful):
    """Writes `RCPT TO: <b>`."""

    def ask(self, phase: str, command: str) -> Reply:
        return super().ask(phase, re.sub(r"^(MAIL FROM:|RCPT TO:)<", r"\1 <", command))


@convicted("message/unusual-recipients*", check="envelope")
class Normalises(Careful):
    """Takes addresses for what one provider takes them for."""

    def recipient(self, address: str) -> None:
        local, _, domain = address.lower().partition("@")
        local = local.partition("+")[0].replace("'", "")
        super().recipient(f"{local}@{domain}")


@convicted("message/same-recipient-twice", check="envelope")
class WritesTwice(Careful):
    """Says RCPT for each mention."""

    def recipients(self) -> list[str]:
        return [*super().recipients(), super().recipients()[0]]


@convicted("message/same-recipient-twice", check="recipients")
class LowersLocalParts(Careful):
    """Writes addresses in lower case."""

    def recipient(self, address: str) -> None:
        super().recipient(address.lower())


@convicted("message/null-sender", check="envelope")
class HasNoNullSender(Careful):
    """Puts From where there is to be no sender."""

    def envelope_from(self) -> str:
        return super().envelope_from() or self.address(self.asked["from"]["address"])


QP = "message/quoted-printable"


@convicted(QP + "[corner=blanks]", check="lines")
class TrimsLines(Retelling):
    """Takes the blanks away with which a line ends."""

    def retold(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        return {**asked, "text": re.sub(r"(?m)[ \t]+$", "", str(asked.get("text")))}


@convicted(QP + "[corner=equals]", check="lines")
class EscapesTooLittle(Reworking):
    """Calls a text quoted-printable, and leaves its `=` alone."""

    def rework(self, head: bytes, body: bytes) -> bytes:
        encoding = b"Content-Transfer-Encoding: "
        head = re.sub(encoding + rb"[^\r\n]*", encoding + b"quoted-printable", head)
        octets = str(self.asked.get("text")).replace("\n", "\r\n").encode()
        escaped = b"".join(b"=%02X" % each if each > 126 else bytes([each]) for each in octets)
        return super().rework(head, escaped)


@convicted(QP + "[corner=column-76]", QP + "[corner=dots]", check="lines")
class BreaksWithoutSayingSo(Reworking):
    """Breaks a long line of quoted-printable without the `=` that takes the break back."""

    def rework(self, head: bytes, body: bytes) -> bytes:
        return super().rework(head, body.replace(b"=\r\n", b"\r\n"))
