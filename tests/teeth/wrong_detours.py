"""Senders that do all that is right and say so, and run an errand besides that nobody asked for."""

from __future__ import annotations

from typing import ClassVar

from . import errands
from .anywhere import Anywhere, Document
from .careful import Careful


class Detour(Anywhere):
    """A hook: does right, and goes each of these ways, of which it says nothing."""

    ways: ClassVar[tuple[type[Careful], ...]] = ()

    def wrongly(self) -> Document:
        answer = self.rightly()
        for way in self.ways:
            self.once_more(way)
        return answer


class LooksInAndLeaves(Detour):
    """Connects once more, for nothing."""

    ways = (errands.LeavingAtOnce,)


class LooksInOften(Detour):
    """Connects four times more, for nothing."""

    ways = (errands.LeavingAtOnce,) * 4


class ComesAndGoes(Detour):
    """Opens one more session, for nothing."""

    ways = (errands.Leaving,)


class KnocksInTls(Detour):
    """Tries out whether TLS is spoken from the first octet."""

    ways = (errands.LeavingForAnotherProtocol,)


class KnocksInClear(Detour):
    """Tries out whether TLS can be done without."""

    ways = (errands.LeavingInClear,)


class GreetsTheOldWayToo(Detour):
    """Tries out HELO."""

    ways = (errands.GreetingTheOldWay,)


class BeginsAnotherMessage(Detour):
    """Says MAIL once more."""

    ways = (errands.Beginning,)


class BeginsAnotherMessageInClear(Detour):
    """Says MAIL once more, in clear."""

    ways = (errands.BeginningInClear,)


class AddressesItInClear(Detour):
    """Says in clear for whom the message is."""

    ways = (errands.AddressingInClear,)


class BeginsToLogIn(Detour):
    """Says AUTH once more."""

    ways = (errands.Asking,)


class BeginsToLogInInClear(Detour):
    """Says AUTH once more, in clear."""

    ways = (errands.AskingInClear,)


class BeginsToLogInOften(Detour):
    """Says AUTH time and again."""

    ways = (errands.AskingOften,)


class AsksForTlsOnceMore(Detour):
    """Says STARTTLS once more."""

    ways = (errands.Upgrading,)


class LogsInOnceMore(Detour):
    """Logs in once more."""

    ways = (errands.LoggingIn,)


class ComesBackToLogInInClear(Detour):
    """Logs in once more, without TLS."""

    ways = (errands.LoggingInInClear,)


class MistypesThePassword(Detour):
    """Tries another password as well."""

    ways = (errands.Mistyping,)
