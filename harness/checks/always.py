"""The questions that are put to every case, whatever its scenario asks, and the rows they decide.

A row about SMTP is not decided by an API, nor the reverse; a row that stands for both is in both
lists.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from harness.fakes.transcript import Flooded
from harness.model import Level

from . import claims, delivery_log, exposure, reported, taking_turns
from .record import Observation, Record


def _always(record: Record) -> bool:
    del record
    return True


def _in_secret(record: Record) -> bool:
    return not record.in_clear


def _with_strangers(record: Record) -> bool:
    return record.meets_strangers


def _answered(record: Record) -> bool:
    return any(send.answer for send in record.told)


def _has_a_log(record: Record) -> bool:
    return any(log.deliveries is not None for log in record.logs)


def _has_to_rest(record: Record) -> bool:
    return any(log.is_stated for log in record.logs)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlwaysAsked:
    """One such question.

    `smtp` and `api` are the rows that it decides over either; `own`: those of the case, too.
    `level` is given where it is not that of the rows. `in_controls`: a control is asked as well;
    of the rest it need only show that the message arrives, whatever the sender then calls it.
    """

    check: str
    ask: Callable[[Record], Observation]
    applies: Callable[[Record], bool] = _always
    smtp: tuple[str, ...] = ()
    api: tuple[str, ...] = ()
    own: bool = False
    level: Level | None = None
    in_controls: bool = True

    def rows(self, *, is_api: bool, case: tuple[str, ...]) -> tuple[str, ...]:
        """The rows that it decides in a case with these rows."""
        decided = self.api if is_api else self.smtp
        return tuple(dict.fromkeys((*decided, *case))) if self.own else decided


def _flooded(record: Record) -> bool:
    return any(record.of(Flooded))


_QUESTIONS = (
    AlwaysAsked(check="flood", ask=claims.flood, applies=_flooded, own=True),
    AlwaysAsked(
        check="credentials-in-clear",
        ask=lambda record: exposure.credentials_in_clear(record, "never"),
        applies=_in_secret,
        smtp=("MODE-02", "STLS-17"),
        api=("API-16",),
    ),
    AlwaysAsked(
        check="content-in-clear",
        ask=lambda record: exposure.content_in_clear(record, "never"),
        applies=_in_secret,
        smtp=("MODE-02", "STLS-17"),
        api=("API-15",),
    ),
    AlwaysAsked(
        check="credentials-to-a-stranger",
        ask=lambda record: exposure.credentials_to_a_stranger(record, "never"),
        applies=_with_strangers,
        api=("API-15",),
        own=True,
    ),
    AlwaysAsked(
        check="content-to-a-stranger",
        ask=lambda record: exposure.content_to_a_stranger(record, "never"),
        applies=_with_strangers,
        api=("API-15",),
        own=True,
    ),
    AlwaysAsked(
        check="ahead-of-reply",
        ask=taking_turns.ahead_of_reply,
        applies=taking_turns.is_ahead,
        smtp=("EXT-08",),
    ),
    AlwaysAsked(
        check="ahead-of-greeting",
        ask=taking_turns.ahead_of_greeting,
        applies=taking_turns.is_ahead,
        smtp=("NET-14",),
        level=Level.SHOULD,
    ),
    AlwaysAsked(
        check="discretion",
        ask=claims.discretion,
        smtp=("AUTH-30", "DLV-09"),
        api=("AUTH-30", "DLV-09", "API-16"),
    ),
    AlwaysAsked(
        check="honesty",
        ask=claims.honesty,
        applies=_answered,
        smtp=("ORY-045", "DLV-02", "DLV-03"),
        api=("DLV-02", "DLV-03"),
    ),
    AlwaysAsked(
        check="log.honesty",
        ask=delivery_log.honesty,
        applies=_has_a_log,
        smtp=("ORY-046", "DLV-01", "DLV-02", "DLV-03"),
        api=("ORY-046", "DLV-01", "DLV-02", "DLV-03"),
    ),
    AlwaysAsked(
        check="log.entries",
        ask=delivery_log.entries,
        applies=_has_a_log,
        smtp=("ORY-044", "DLV-11"),
        api=("ORY-044", "DLV-11"),
    ),
    AlwaysAsked(
        check="log.copies",
        ask=delivery_log.copies,
        applies=_has_a_log,
        smtp=("DLV-12", "DLV-13"),
        api=("DLV-12", "DLV-13"),
    ),
    AlwaysAsked(
        check="log.rest",
        ask=delivery_log.rest,
        applies=_has_to_rest,
        smtp=("ORY-046",),
        api=("ORY-046",),
    ),
    AlwaysAsked(
        check="log.soundness",
        ask=delivery_log.soundness,
        applies=_has_a_log,
        smtp=("ORY-046",),
        api=("ORY-046",),
        level=Level.SHOULD,
    ),
    AlwaysAsked(
        check="log.codes",
        ask=delivery_log.codes,
        applies=_has_a_log,
        smtp=("DLV-08",),
        api=("DLV-08",),
        level=Level.SHOULD,
    ),
    AlwaysAsked(
        check="sender.told.refused",
        ask=reported.refused,
        applies=_answered,
        smtp=("EXT-05",),
        api=("EXT-05",),
        in_controls=False,
    ),
    *(
        AlwaysAsked(
            check=f"sender.told.{name}",
            ask=ask,
            applies=_answered,
            smtp=(row,),
            api=(row,),
            level=Level.SHOULD,
            in_controls=False,
        )
        for name, ask, row in (
            ("http_status", reported.http_status, "DLV-08"),
            ("reply_code", reported.reply_code, "DLV-08"),
            ("final_reply", reported.final_reply, "DLV-08"),
            ("attempts", reported.attempts, "DLV-08"),
            ("provider_id", reported.provider_id, "DLV-10"),
            ("message_id", reported.message_id, "DLV-10"),
        )
    ),
)


def always_names() -> frozenset[str]:
    """The names of these questions."""
    return frozenset(question.check for question in _QUESTIONS)


def always_asked(record: Record, *, is_control: bool) -> Iterator[AlwaysAsked]:
    """The questions that this record has something to say to."""
    for question in _QUESTIONS:
        if (question.in_controls or not is_control) and question.applies(record):
            yield question
