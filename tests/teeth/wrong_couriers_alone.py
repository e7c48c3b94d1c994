"""Couriers that make the detours, and tell the tales, of those who have no queue."""

from __future__ import annotations

from . import wrong_detours as detours
from . import wrong_in_session as in_session
from . import wrong_tellings as tellings
from .careful_courier import Attempt, CarefulCourier


class _TwiceInOneSession(in_session.TwiceInOneSession, Attempt):
    pass


class SendsEachTwiceInOneSession(CarefulCourier):
    """Sends each message twice before it leaves."""

    attempt_class = _TwiceInOneSession


class _AnotherPhase(tellings.NamesAnotherPhase, Attempt):
    pass


class NamesAnotherPhaseEachTime(CarefulCourier):
    """Says that everything went wrong at the goodbye."""

    attempt_class = _AnotherPhase


class _AnotherClass(tellings.NamesAnotherClass, Attempt):
    pass


class NamesAnotherClassEachTime(CarefulCourier):
    """Blames letters beyond ASCII for everything."""

    attempt_class = _AnotherClass


class _Often(detours.LooksInOften, Attempt):
    pass


class ComesForNothing(CarefulCourier):
    """Connects some more times than it has messages."""

    attempt_class = _Often


class _LogsInMore(detours.LogsInOnceMore, Attempt):
    pass


class LogsInOnceMoreEachTime(CarefulCourier):
    """Logs in once more after each attempt."""

    attempt_class = _LogsInMore


class _BeginsMore(detours.BeginsAnotherMessage, Attempt):
    pass


class BeginsOneMoreEachTime(CarefulCourier):
    """Says MAIL once more after each attempt."""

    attempt_class = _BeginsMore
