"""Senders that send commands in groups (RFC 2920) or content in chunks (RFC 3030)."""

from __future__ import annotations

import re

from .careful import Capabilities, Careful
from .careful_wire import Failure, Reply
from .convictions import convicted


class Pipelining(Careful):
    """Right by itself: a hook. The envelope and DATA go out together where that is offered."""

    def transact(
        self, sender: str, recipients: list[str], data: bytes, capabilities: Capabilities
    ) -> Reply:
        if "PIPELINING" not in capabilities:
            return super().transact(sender, recipients, data, capabilities)
        lines = [f"MAIL FROM:<{sender}>", *(f"RCPT TO:<{each}>" for each in recipients), "DATA"]
        self.put("mail", "".join(f"{line}\r\n" for line in lines).encode())
        mail = self.hear_one("mail")
        for each in recipients:
            self.note(each, self.hear_one("rcpt"))
        invitation = self.hear_one("data")
        if invitation.code == 354 and not self.accepted_recipients:
            self.put("data", self.for_nobody(data))
            self.hear("end-of-data")
        if mail.kind != 2:
            raise self.refusal("mail", "sender-refused", mail)
        if not self.accepted_recipients:
            raise self.nobody(recipients)
        if invitation.code != 354:
            raise self.refusal("data", "data-refused", invitation)
        self.body(data)
        return self.final()

    def hear_one(self, phase: str) -> Reply:
        return self.hear(phase)

    def note(self, address: str, reply: Reply) -> None:
        if reply.kind == 2:
            self.accepted_recipients += 1
        else:
            said = {"reply_code": reply.code, "message": self.said(reply)}
            self.refused.append({"address": address, **said})

    def for_nobody(self, data: bytes) -> bytes:
        return b".\r\n"


@convicted("extensions/nobody-pipelined", check="content")
class SendsTheContentToNobody(Pipelining):
    """Sends the content wherever it is invited to."""

    def for_nobody(self, data: bytes) -> bytes:
        return re.sub(rb"(?m)^\.", b"..", data) + b".\r\n"


@convicted("extensions/nobody-pipelined", check="sender.status")
class GoesByTheInvitation(Pipelining):
    """Takes everything for well where it was invited to send the content."""

    def nobody(self, recipients: list[str]) -> Failure:
        self.accepted_recipients = 1
        return super().nobody(recipients)

    def send(self) -> dict[str, object]:
        answer = super().send()
        is_nobody = answer.get("error", {}).get("class") == "recipient-refused"
        return {"status": "sent", "attempts": 1} if is_nobody else answer


@convicted("extensions/nobody-pipelined", check="sender.error.temporary")
@convicted("extensions/goodbye-pipelined", check="sender.error.temporary")
class TakesEachRefusalForTheOther(Careful):
    """Tries again what was refused for good, and gives up what was put off."""

    def failed(self, failure: Failure) -> dict[str, object]:
        if failure.temporary is not None:
            failure.temporary = not failure.temporary
        return super().failed(failure)


@convicted("extensions/pipelining-broken", check="honesty")
class TakesLostRepliesForGood(Pipelining):
    """Waits a little for each reply, and then goes on as if it had been one that says yes."""

    def hear_one(self, phase: str) -> Reply:
        usual, self.wire.timeout = self.wire.timeout, 0.1 * self.timeout
        try:
            return self.hear(phase)
        except Failure as failure:
            if failure.class_ != "stalled":
                raise
            self.memory["lost"] = True
            return Reply(354 if phase == "data" else 250, ("nothing came",))
        finally:
            self.wire.timeout = usual

    def final(self) -> Reply:
        return Reply(250, ("nothing came",)) if self.memory.pop("lost", False) else super().final()


@convicted("extensions/goodbye-pipelined", check="honesty sender.status")
class TakesTheGoodbyeForTheResult(Careful):
    """Sends QUIT along with the dot, and goes by the last reply that comes."""

    def end(self) -> None:
        self.put("data", b".\r\nQUIT\r\n")

    def final(self) -> Reply:
        self.hear("end-of-data")
        reply = self.hear("end-of-data")
        self.wire.in_step = False
        return reply


class Chunking(Careful):
    """Right by itself: a hook. The content goes out by BDAT where that is offered."""

    size = 40_000

    def transact(
        self, sender: str, recipients: list[str], data: bytes, capabilities: Capabilities
    ) -> Reply:
        self.chunking = "CHUNKING" in capabilities
        return super().transact(sender, recipients, data, capabilities)

    def ask(self, phase: str, command: str) -> Reply:
        if command == "DATA" and self.chunking:
            return Reply(354, ("no invitation is needed",))
        return super().ask(phase, command)

    def body(self, data: bytes) -> None:
        if not self.chunking:
            return super().body(data)
        pieces = [data[start : start + self.size] for start in range(0, len(data), self.size)]
        for piece in pieces[:-1]:
            self.put("data", self.chunk(piece, last=False))
            self.heard_of_a_chunk(self.hear("data"))
        self.put("data", self.chunk(pieces[-1], last=True))
        return None

    def chunk(self, piece: bytes, *, last: bool) -> bytes:
        return b"BDAT %d%s\r\n%s" % (len(piece), b" LAST" if last else b"", piece)

    def heard_of_a_chunk(self, reply: Reply) -> None:
        if reply.kind != 2:
            raise self.refusal("data", "data-refused", reply)


@convicted("extensions/chunking[text=dots]", check="lines")
class StuffsDotsInChunks(Chunking):
    """Does to chunks what it does to the content of DATA."""

    def chunk(self, piece: bytes, *, last: bool) -> bytes:
        return super().chunk(re.sub(rb"(?m)^\.", b"..", piece), last=last)


@convicted("extensions/chunking[text=*]", check="message lines")
class CountsLinesByOne(Chunking):
    """Counts each line's end as one octet."""

    def chunk(self, piece: bytes, *, last: bool) -> bytes:
        count = len(piece.replace(b"\r\n", b"\n"))
        return b"BDAT %d%s\r\n%s" % (count, b" LAST" if last else b"", piece)


@convicted("extensions/chunking-trouble*", check="honesty")
@convicted("extensions/chunk-refused[which=*]", check="honesty")
class ListensToNoChunk(Chunking):
    """Takes a chunk that has gone out for one that was taken."""

    def heard_of_a_chunk(self, reply: Reply) -> None:
        return

    def final(self) -> Reply:
        self.wire.timeout = 0.1 * self.timeout
        try:
            self.hear("end-of-data")
        except Failure:
            self.wire.in_step = False
        return Reply(250, ("all of it has gone out",))
