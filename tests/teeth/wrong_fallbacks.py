"""Senders that do too much when something goes wrong, or blame something else for it."""

from __future__ import annotations

from typing import Any

from .careful import Capabilities, Careful
from .careful_wire import Failure, Reply
from .convictions import convicted
from .wrong_groups import Chunking, Pipelining
from .wrong_reports import Blaming

_TAKEN = (
    "extensions/chunking[text=*]",
    "extensions/no-pipelining[at=*]",
    "message/attachment-names[name=*]",
    "message/automatic",
    "message/boundary-in-the-text",
    "message/large-attachment",
    "message/long-addresses[part=*]",
    "network/speaks-second",
    "session/goodbye",
    "session/own-address",
    "session/own-name",
    "session/own-name-given[how=*]",
)


@convicted(*_TAKEN, check="messages")
class WantsToBeSure(Careful):
    """Sends each message once more, to be sure."""

    def deliver(self) -> Reply:
        super().deliver()
        self.accepted_recipients = 0
        return super().deliver()


@convicted(*_TAKEN, check="sender.status messages")
class NeverDares(Careful):
    """Logs in, and finds a reason not to send."""

    def transact(self, *arguments: Any) -> Reply:
        raise Failure("mail", "service-unavailable", f"{self.to.server} may be busy")


class _ComingAgain(Careful):
    """Where a connection did not do, it comes again by plain DATA, and once more to be sure."""

    is_plain = False

    def deliver(self) -> Reply:
        try:
            return super().deliver()
        except Failure as failure:
            if failure.phase not in {"rcpt", "data", "end-of-data"}:
                raise
        self.is_plain = True
        for _ in range(2):
            self.accepted_recipients = 0
            reply = super().deliver()
        return reply

    def capabilities(self, reply: Reply) -> Capabilities:
        listed = super().capabilities(reply)
        return {} if self.is_plain and "STARTTLS" not in listed else listed

    def authenticate(self, capabilities: Capabilities) -> None:
        super().authenticate(capabilities or {"AUTH": ["PLAIN"]})


@convicted("replies/late", check="messages")
class ComesAgainTwice(_ComingAgain):
    """Sends a message twice where the first attempt was not answered in time."""


@convicted("extensions/pipelining-broken", check="messages")
class ComesAgainWithoutGroups(_ComingAgain, Pipelining):
    """Sends a message twice where it could not be sent in groups."""


@convicted("extensions/chunking-trouble[how=unknown]", check="messages")
@convicted("extensions/chunk-refused[which=*]", check="messages")
class ComesAgainWithoutChunks(_ComingAgain, Chunking):
    """Sends a message twice where it could not be sent in chunks."""


@convicted("extensions/chunk-refused[which=first]", check="rset")
class BeginsAnewBehindAChunk(Chunking):
    """Begins the message again where a chunk of it was refused, without calling it off."""

    def heard_of_a_chunk(self, reply: Reply) -> None:
        if reply.kind != 2:
            self.ask("data", f"MAIL FROM:<{self.envelope_from()}>")
        super().heard_of_a_chunk(reply)


class _BlamesTheLogIn(Blaming):
    def blamed(self, failure: Failure) -> tuple[str, str] | None:
        is_early = failure.phase in {"connect", "greeting", "ehlo", "tls", "auth"}
        return None if is_early else ("auth", "auth-rejected")


@convicted(
    "extensions/goodbye-pipelined",
    "extensions/nobody-pipelined",
    "message/control-characters[where=*-in-the-subject]",
    "message/control-characters[where=escape-in-*]",
    "message/two-authors",
    "replies/late",
    "replies/line-ends[end=*]",
    check="sender.error.phase sender.error.class",
)
class BlamesTheLogInForTheRest(_BlamesTheLogIn):
    """Says of whatever goes wrong behind the log-in that it was the log-in."""


@convicted("extensions/pipelining-broken", check="sender.error.phase sender.error.class")
class BlamesTheLogInForGroups(_BlamesTheLogIn, Pipelining):
    """Does so where commands that came together get lost."""


@convicted(
    "extensions/chunk-refused[which=*]",
    "extensions/chunking-trouble[how=*]",
    check="sender.error.phase sender.error.class",
)
class BlamesTheLogInForChunks(_BlamesTheLogIn, Chunking):
    """Does so where a chunk is not taken."""
