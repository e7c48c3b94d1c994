"""Couriers that keep their connections, and are wrong about it."""

from __future__ import annotations

from collections.abc import Hashable

from .careful_keeping import KeepingAttempt, KeepsConnections
from .careful_wire import Failure
from .convictions import convicted


@convicted("connection/stale[how=closed]", "connection/stale[how=told]", check="log.attempts")
@convicted("connection/stale[how=timed-out]", check="log.state messages")
class ChargesTheMessage(KeepsConnections):
    """Takes the end of an old connection for a failure of the message."""

    class attempt_class(KeepingAttempt):  # noqa: N801  # it stands in another's place
        def was_stale(self, failure: Failure) -> bool:
            return False


@convicted("connection/so-many-messages", check="log.state messages")
class GivesUpWhatIsTooMuch(KeepsConnections):
    """Takes 421 for the last word on a message."""

    class attempt_class(KeepingAttempt):  # noqa: N801  # as above
        def was_stale(self, failure: Failure) -> bool:
            if failure.reply is not None and failure.reply.code == 421:
                failure.temporary = False
                return False
            return super().was_stale(failure)


@convicted("connection/after-a-refusal*", check="rset log.state messages")
class BeginsWithoutRset(KeepsConnections):
    """Leaves a message that was refused where it is, and begins the next one."""

    class attempt_class(KeepingAttempt):  # noqa: N801  # as above
        def calls_off(self) -> bool:
            return True


@convicted("connection/rset-refused", check="rset")
@convicted("connection/rset-refused", check="messages")
class GoesOnAfterRset(KeepsConnections):
    """Does not listen to what becomes of RSET."""

    class attempt_class(KeepingAttempt):  # noqa: N801  # as above
        def calls_off(self) -> bool:
            super().calls_off()
            return True


@convicted("connection/other-password", "connection/other-rules", check="log.state messages")
class KeepsByTheName(KeepsConnections):
    """Takes one connection to a server for as good as another."""

    class attempt_class(KeepingAttempt):  # noqa: N801  # as above
        def key(self) -> Hashable:
            return self.endpoint()


@convicted("connection/other-server", check="log.state messages")
class KeepsToTheOldServer(KeepsConnections):
    """Asks no settings as long as a connection is open."""

    class attempt_class(KeepingAttempt):  # noqa: N801  # as above
        def key(self) -> Hashable:
            return "the one connection"


@convicted("connection/vanished", check="log.state messages")
class GivesUpWhereNobodyAnswers(KeepsConnections):
    """Takes the silence of an old connection for the last word on a message."""

    class attempt_class(KeepingAttempt):  # noqa: N801  # as above
        def was_stale(self, failure: Failure) -> bool:
            if failure.class_ == "stalled":
                failure.temporary = False
                return False
            return super().was_stale(failure)
