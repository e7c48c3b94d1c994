"""Couriers that are wrong in one thing wherever they are: the same as anywhere else, on a queue."""

from __future__ import annotations

from . import wrong_anywhere as anywhere
from . import wrong_in_session as in_session
from . import wrong_on_the_way as on_the_way
from .careful_courier import Attempt, CarefulCourier
from .convictions import convicted


class _Twice(anywhere.SendsAllTwice, Attempt):
    pass


@convicted(
    "connection/other-server",
    check="connections",
)
@convicted(
    "delivery/killed-before-the-reply[server=has-it]",
    "delivery/killed-by-an-api[provider=sendgrid]",
    "delivery/quit-refused[code=421]",
    "delivery/quit-trouble[trouble=close]",
    "log/counted-smtp",
    "log/queue-id[server=postfix]",
    "settings/from-api[provider=ses]",
    "settings/from-of-a-message[form=own]",
    "settings/from[form=plain]",
    "settings/test-message-off",
    "settings/test-message-slow",
    check="messages",
)
class SendsEachTwice(CarefulCourier):
    """Sends each message twice."""

    attempt_class = _Twice


class _Somehow(anywhere.HandsItOverSomehow, Attempt):
    pass


@convicted(
    "log/certificate[certificate=expired]",
    "settings/test-message-certificate[security=starttls,certificate=expired]",
    check="auth messages",
)
@convicted(
    "log/lost[fails=no-starttls]",
    "log/smtp[fails=greeting]",
    "settings/test-message-refused[fails=greeting]",
    check="messages",
)
@convicted(
    "log/service[provider=ses]",
    check="mail",
)
class SendsEachSomehow(CarefulCourier):
    """Hands over what fails by any way that there is."""

    attempt_class = _Somehow


class _Nothing(anywhere.SendsNothing, Attempt):
    pass


@convicted(
    "settings/from-line-break[end=crlf]",
    "settings/no-provider",
    "settings/off-then-on-service[provider=ses]",
    "settings/off-then-on-smtp[security=starttls]",
    "settings/off-then-on[provider=ses]",
    "settings/while-mail-waits",
    check="messages",
)
@convicted(
    "settings/stored[provider=ses]",
    check="message messages",
)
class SendsNoneOfThem(CarefulCourier):
    """Says sent of what it never sends."""

    attempt_class = _Nothing


class _OldPassword(on_the_way.LogsInWronglyFirst, Attempt):
    pass


@convicted(
    "settings/restart[end=terminate]",
    "settings/stored-mode[mode=starttls]",
    "settings/stored-service[provider=ses]",
    check="wrong-credentials",
)
class TriesTheOldPasswordFirst(CarefulCourier):
    """Tries an older password at each attempt."""

    attempt_class = _OldPassword


class _NoLogin(in_session.SkipsTheLogIn, Attempt):
    pass


@convicted(
    "settings/stored-mode[mode=starttls]",
    "settings/stored-service[provider=ses]",
    check="logged-in message messages",
)
class LogsInForNoneOfThem(CarefulCourier):
    """Never logs in."""

    attempt_class = _NoLogin


class _OtherBlame(anywhere.BlamesSomethingElse, Attempt):
    pass


@convicted(
    "settings/test-message-refused[fails=sender]",
    check="sender.error.reply_code",
)
class BlamesSomethingElseEachTime(CarefulCourier):
    """Has one sort of error for its log."""

    attempt_class = _OtherBlame
