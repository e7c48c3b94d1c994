"""The header fields that there has to be one of: From, Date and Message-ID; To, Subject and so on.

RFC 5322 section 3.6 has the table. That a Message-ID is there is a SHOULD of it, since a server to
which messages are handed in may add one (RFC 6409 section 8.3); two of them are wrong everywhere.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime
from typing import Literal

from .check import Check
from .each_message import amiss_in_each
from .mail_reading import header_lines
from .record import Observation, Record

_ONCE = (
    "From", "Sender", "Reply-To", "To", "Cc", "Message-ID", "In-Reply-To", "References",
    "Subject", "Date", "MIME-Version", "Content-Type", "Content-Transfer-Encoding",
)  # fmt: skip
# RFC 5322 section 3.3; a comment, as `(UTC)`, may follow. The zone's names are obsolete, and not
# to be generated.
_DATE = re.compile(
    r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), *)?[0-9]{1,2} +"
    r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) +[0-9]{4} +"
    r"[0-9]{2}:[0-9]{2}(?::[0-9]{2})? +[+-][0-9]{2}[0-5][0-9](?: *\(.*\))?",
    re.IGNORECASE | re.DOTALL,
)
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-\x80-\U0010ffff.]+"
_MESSAGE_ID = re.compile(rf'<(?:{_ATOM}|"[^"\r\n]+")@(?:{_ATOM}|\[[^\[\]\\\r\n]+\])>')
_Amiss = Callable[[list[tuple[str, str]]], Iterator[str]]


def repeated(record: Record, wanted: Literal["never"]) -> Observation:
    """Whether no header that may be there once is there twice."""
    del wanted
    return _of_each(record, "each of the headers that may occur once, once", _repeated)


def _repeated(fields: list[tuple[str, str]]) -> Iterator[str]:
    times = Counter(name.lower() for name, _ in fields)
    for name in _ONCE:
        if times[name.lower()] > 1:
            yield f"{name} is there {times[name.lower()]} times"


def date(record: Record, wanted: Literal["valid"]) -> Observation:
    """Whether there is one Date, with a zone in digits."""
    del wanted
    return _of_each(record, "one Date, its zone in digits", _date_amiss)


def _date_amiss(fields: list[tuple[str, str]]) -> Iterator[str]:
    found = [text for name, text in fields if name.lower() == "date"]
    if len(found) != 1:
        yield f"Date is there {len(found)} times"
    yield from (f"Date {text}" for text in found if not _is_a_date(text))


def _is_a_date(text: str) -> bool:
    if _DATE.fullmatch(text) is None:
        return False
    try:
        parsedate_to_datetime(text)
    except ValueError:
        return False
    return True


def author_field(record: Record, wanted: Literal["one"]) -> Observation:
    """Whether there is one From."""
    del wanted
    return _of_each(record, "one From", _author_amiss)


def _author_amiss(fields: list[tuple[str, str]]) -> Iterator[str]:
    times = sum(name.lower() == "from" for name, _ in fields)
    if times != 1:
        yield f"From is there {times} times"


def message_ids(record: Record, wanted: Literal["unique"]) -> Observation:
    """Whether each message has one Message-ID of the proper form that no other one has."""
    del wanted
    seen: set[str] = set()

    def amiss(fields: list[tuple[str, str]]) -> Iterator[str]:
        found = [text for name, text in fields if name.lower() == "message-id"]
        yield from (f"Message-ID {text}" for text in found if not _MESSAGE_ID.fullmatch(text))
        yield from (f"{text} on two messages" for text in found if text in seen)
        if len(found) != 1:
            yield f"Message-ID is there {len(found)} times"
        seen.update(found)

    return _of_each(record, "one Message-ID a message, <x@domain>, another one each time", amiss)


def _of_each(record: Record, expected: str, amiss: _Amiss) -> Observation:
    return amiss_in_each(record, expected, lambda message: amiss(header_lines(message.content)))


CHECKS = (
    Check(
        key="repeated-headers",
        words="whether no header that may occur once is there twice",
        wanted=Literal["never"],
        ask=repeated,
    ),
    Check(
        key="date",
        words="whether there is one Date, its zone in digits",
        wanted=Literal["valid"],
        ask=date,
    ),
    Check(
        key="authors",
        words="whether there is one From",
        wanted=Literal["one"],
        ask=author_field,
    ),
    Check(
        key="message-ids",
        words="whether each message has one Message-ID, and no two the same",
        wanted=Literal["unique"],
        ask=message_ids,
    ),
)
