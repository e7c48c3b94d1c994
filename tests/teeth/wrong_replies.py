"""Senders that misread replies: their lines, codes and words, and how many are due."""

from __future__ import annotations

import contextlib
import re
import time
from typing import Any, ClassVar

from .careful import Careful
from .careful_wire import Failure, Reply, Wire
from .convictions import convicted


class OnAnotherWire(Careful):
    """Right by itself: a hook for senders that read replies in another way."""

    wire_class: ClassVar[type[Wire]] = Wire

    def connect(self) -> None:
        super().connect()
        self.wire = self.wire_class(self.wire.sock, self.timeout)


class Scrutinising(Careful):
    """Right by itself: a hook for senders that want more of a reply than its first digit."""

    def hear(self, phase: str) -> Reply:
        reply = super().hear(phase)
        self.scrutinise(phase, reply)
        return reply

    def scrutinise(self, phase: str, reply: Reply) -> None:
        """Nothing."""

    def amiss(self, phase: str, reply: Reply, class_: str = "protocol-error") -> Failure:
        self.wire.in_step = False
        return Failure(phase, class_, f"{self.to.server} said what makes no sense: {reply.code}")


@convicted("replies/twice[what=twice]", check="sender.status")
class SpoiledByMore(Careful):
    """Takes what stands behind the reply to the message for a reason to fail."""

    def final(self) -> Reply:
        reply = super().final()
        if self.wire.unasked():
            self.wire.in_step = False
            raise Failure("end-of-data", "protocol-error", f"{self.to.server} says more than one")
        return reply


class _OneLine(Wire):
    def reply(self) -> Reply:
        code, _, text = self._parsed(self._line(time.monotonic() + self.timeout))
        return Reply(code, (text,))


@convicted(
    *(f"replies/several-lines[at={at}]" for at in ("greeting", "starttls", "auth", "mail")),
    *(f"replies/several-lines[at={at}]" for at in ("rcpt", "data", "end-of-data")),
    "replies/habits[server=talkative]",
    check="sender.status",
)
class ReadsOneLine(SpoiledByMore):
    """Knows of no reply with several lines but the one to EHLO."""

    def hear(self, phase: str) -> Reply:
        whole = self.wire
        if phase != "ehlo":
            self.wire.__class__ = _OneLine
        try:
            return super().hear(phase)
        finally:
            whole.__class__ = Wire


@convicted("replies/several-lines[at=ehlo]", check="sender.status")
class TakesTheSecondLineForTheSize(Careful):
    """Looks for each keyword of EHLO in the place where it was first seen."""

    def capabilities(self, reply: Reply) -> dict[str, list[str]]:
        found = super().capabilities(reply)
        return found if list(found)[:1] == ["SIZE"] else {}


@convicted("replies/in-segments*", check="sender.status")
class ReadsOneSegment(Careful):
    """Takes what comes at once for the whole reply."""

    def hear(self, phase: str) -> Reply:
        if not self.wire.buffer:
            with contextlib.suppress(Exception):
                self.wire._more(time.monotonic() + self.timeout)
        if self.wire.buffer and b"\n" not in self.wire.buffer:
            self.wire.in_step = False
            raise Failure(phase, "protocol-error", f"{self.to.server} sent half a line")
        return super().hear(phase)


class _FirstCode(Wire):
    def reply(self) -> Reply:
        deadline = time.monotonic() + self.timeout
        lines, more, first = [], True, 0
        while more:
            code, more, text = self._parsed(self._line(deadline))
            first = first or code
            lines.append(text)
            # A line with another code ends it as well.
            more = more and code == first
        return Reply(first, tuple(lines))


@convicted("replies/changing-code[last=*]", check="sender.status")
@convicted("replies/changing-code-of-a-recipient", check="recipients")
class BelievesTheFirstLine(OnAnotherWire):
    """Goes by the code of the first line."""

    wire_class = _FirstCode


@convicted(
    *(f"replies/without-text[at={at}]" for at in ("greeting", "ehlo", "starttls", "auth", "mail")),
    *(f"replies/without-text[at={at}]" for at in ("rcpt", "data", "end-of-data")),
    "replies/habits[server=silent]",
    check="sender.status",
)
class NeedsWords(Scrutinising):
    """Wants a text behind the code."""

    def scrutinise(self, phase: str, reply: Reply) -> None:
        if not reply.lines[0] and reply.code != 334:
            raise self.amiss(phase, reply)


@convicted("replies/several-lines[at=quit]", "replies/without-text[at=quit]", check="sender.status")
@convicted("replies/twice[what=quit]", check="sender.status")
class NeedsATidyGoodbye(Careful):
    """Calls a message failed whose session did not end by the book."""

    def quit(self) -> None:
        if self.wire.in_step:
            reply = self.ask("quit", "QUIT")
            if reply.code != 221 or not reply.text or len(reply.lines) > 1:
                self.wire.close()
                raise Failure("quit", "protocol-error", f"{self.to.server} did not part well")
        self.wire.close()


@convicted("replies/unknown-acceptance*", check="sender.status")
@convicted("replies/unknown-refusal*", check="sender.error.class")
class KnowsItsCodes(Scrutinising):
    """Takes a code that it does not know for no reply."""

    def scrutinise(self, phase: str, reply: Reply) -> None:
        if reply.code % 100 in {59, 99}:
            raise self.amiss(phase, reply)


@convicted("replies/unknown-refusal[at=*,code=459]", check="sender.error.temporary")
@convicted("replies/nobody-left[replies=for-now]", check="sender.error.temporary")
@convicted("replies/greeting-refused[code=421]", check="sender.error.temporary")
@convicted("replies/greylisting*", check="sender.error.temporary")
class GivesUpForEver(Careful):
    """Takes each refusal for the last word."""

    def failed(self, failure: Failure) -> dict[str, Any]:
        failure.temporary = False
        return super().failed(failure)


@convicted("replies/unknown-refusal[at=*,code=599]", check="sender.error.temporary")
@convicted("replies/nobody-left[replies=for-good]", check="sender.error.temporary")
@convicted("replies/greeting-refused[code=554]", check="sender.error.temporary")
@convicted("replies/elsewhere", check="sender.error.temporary")
class TriesForEver(Careful):
    """Takes no refusal for the last word."""

    def failed(self, failure: Failure) -> dict[str, Any]:
        failure.temporary = True
        return super().failed(failure)


@convicted("replies/no-code[at=end-of-data,words=*]", check="sender.status")
@convicted("replies/hundreds[at=end-of-data]", check="sender.status honesty")
@convicted("replies/no-code[at=mail,words=*]", check="sender.error.phase")
@convicted("replies/no-code[at=rcpt,words=*]", check="sender.error.phase")
@convicted("replies/hundreds[at=mail]", check="sender.error.phase")
class TakesWordsForAYes(Careful):
    """Takes what is no reply for one that says yes."""

    def hear(self, phase: str) -> Reply:
        try:
            return super().hear(phase)
        except Failure as failure:
            if failure.class_ != "protocol-error" or "no SMTP reply" not in failure.words:
                raise
        self.wire.in_step = True
        return Reply(250, ("it said something",))


@convicted("replies/long-line*", check="sender.status")
class ReadsShortLines(Scrutinising):
    """Has room for 255 octets in a line."""

    def scrutinise(self, phase: str, reply: Reply) -> None:
        if any(len(line) > 255 for line in reply.lines):
            raise self.amiss(phase, reply)


class _Boundless(Wire):
    def reply(self) -> Reply:
        lines, more, code = [], True, 0
        while more:
            code, more, text = self._parsed(self._boundless_line())
            lines.append(text)
        return Reply(code, tuple(lines))

    def _boundless_line(self) -> bytes:
        while b"\n" not in self.buffer:
            self._more(time.monotonic() + self.timeout)
        line, _, self.buffer = self.buffer.partition(b"\n")
        return line.removesuffix(b"\r")


@convicted("replies/endless*", check="answers")
class HasTimeForEachPiece(OnAnotherWire):
    """Has a time-out for each piece of a reply, and no limit for the whole."""

    wire_class = _Boundless


@convicted("replies/odd-octets*", check="sender.error.class")
class StumblesOverOddOctets(Scrutinising):
    """Loses the session over a text that is not ASCII."""

    def scrutinise(self, phase: str, reply: Reply) -> None:
        if not (reply.text.isascii() and reply.text.isprintable()):
            raise self.amiss(phase, reply, "connection-lost")


@convicted("replies/extra", check="sender.status")
class TakesWhatLiesAhead(Careful):
    """Does not look whether a reply was there before its command."""

    def body(self, data: bytes) -> None:
        self.put("data", re.sub(rb"(?m)^\.", b"..", data))
        self.end()


@convicted("replies/greylisting*", check="sender.status")
@convicted("replies/greylisting[code=450]", check="messages")
class RemembersRefusals(Careful):
    """Writes to nobody again who was refused once."""

    def nobody(self, recipients: list[str]) -> Failure:
        self.memory["refused"] = True
        return super().nobody(recipients)

    def deliver(self) -> Reply:
        if self.memory.get("refused"):
            raise Failure("rcpt", "recipient-refused", "it was refused before", temporary=False)
        return super().deliver()


@convicted("replies/full*", check="recipients")
class ForgetsWhoWasRefused(Careful):
    """Tells nobody of the recipients who were refused while others were taken."""

    def recipient(self, address: str) -> None:
        super().recipient(address)
        if self.accepted_recipients:
            self.refused.clear()


@convicted("replies/nobody-left*", check="sender.status")
class SentToNobody(Careful):
    """Calls a message sent that was refused for every recipient."""

    def deliver(self) -> Reply:
        try:
            return super().deliver()
        except Failure as failure:
            if failure.phase != "rcpt" or failure.reply is None:
                raise
            return failure.reply


@convicted(
    "replies/forwarding*", "replies/unknown-acceptance[at=rcpt,code=*]", check="sender.status"
)
@convicted("replies/forwarding[code=251]", check="message messages")
class KnowsOneYes(Careful):
    """Takes no recipient for accepted but with 250."""

    def recipient(self, address: str) -> None:
        reply = self.ask("rcpt", f"RCPT TO:<{address}>")
        if reply.code != 250:
            raise self.refusal("rcpt", "recipient-refused", reply)
        self.accepted_recipients += 1


@convicted("replies/elsewhere", check="sender.status messages sender.told.refused")
class FollowsForwarding(Careful):
    """Goes where the server says that a recipient has gone."""

    def recipient(self, address: str) -> None:
        reply = self.ask("rcpt", f"RCPT TO:<{address}>")
        moved = re.search(r"<(\S+@\S+)>", reply.text) if reply.code == 551 else None
        super().recipient(moved[1] if moved else address)


@convicted("replies/no-invitation", check="sender.error.phase")
class TakesAnyYesForAnInvitation(Careful):
    """Sends the content where DATA was answered with 250."""

    def hear(self, phase: str) -> Reply:
        reply = super().hear(phase)
        return Reply(354, reply.lines) if phase == "data" and reply.code == 250 else reply

    def body(self, data: bytes) -> None:
        self.put("data", re.sub(rb"(?m)^\.", b"..", data))
        self.end()


@convicted("replies/late-invitation", check="sender.status")
@convicted("replies/late-invitation", check="message messages")
class HasNoPatience(Careful):
    """Waits for the invitation only a little."""

    def hear(self, phase: str) -> Reply:
        usual, self.wire.timeout = self.wire.timeout, self.timeout
        if phase == "data":
            self.wire.timeout = 0.1 * self.timeout
        try:
            return super().hear(phase)
        finally:
            self.wire.timeout = usual


@convicted("replies/greeting-refused*", check="ehlo")
@convicted("replies/greeting-refused[code=421]", check="auth mail sender.status")
class OverhearsTheGreeting(Careful):
    """Reads the greeting and goes on, whatever it was."""

    def greet(self) -> None:
        with contextlib.suppress(Failure):
            super().greet()
        self.wire.in_step = True


@convicted("replies/contradiction-taken[at=rcpt]", check="sender.status")
@convicted("replies/contradiction-taken[at=end-of-data]", check="sender.status honesty")
@convicted("replies/contradiction-taken[at=rcpt]", check="message messages")
class GoesByTheEnhancedCode(Scrutinising):
    """Takes a 250 for a refusal where its enhanced code is one."""

    def scrutinise(self, phase: str, reply: Reply) -> None:
        if reply.kind == 2 and reply.enhanced and reply.enhanced[0] in "45":
            raise self.amiss(phase, reply)


@convicted("replies/contradiction-refused*", check="sender.error.temporary")
class TriesAgainByTheEnhancedCode(Careful):
    """Takes it from the enhanced code whether a refusal is for good."""

    def failed(self, failure: Failure) -> dict[str, Any]:
        if failure.reply is not None and failure.reply.enhanced:
            failure.temporary = failure.reply.enhanced.startswith("4")
        return super().failed(failure)


@convicted("replies/habits[server=*]", check="sender.status")
class KnowsOneServer(Scrutinising):
    """Takes only the words for words of a server that it was first tried with."""

    def scrutinise(self, phase: str, reply: Reply) -> None:
        if phase == "greeting" and not re.fullmatch(r"\S+ ESMTP(?: \S+)?", reply.text):
            raise self.amiss(phase, reply)
