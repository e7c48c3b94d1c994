"""JSON as RFC 8259 has it, and nothing besides: the one reader of what senders write in JSON.

Python's own reader is kinder than the parsers of the vendors: it takes NaN and Infinity, and finds
out by itself whether octets are UTF-16, UTF-32 or begin with a byte order mark. A member that comes
twice is left to the parser by the RFC (section 4); here the last one counts, as with most of them,
since no vendor says that it refuses it.
"""

from __future__ import annotations

import json
from typing import Any


class NotJsonError(ValueError):
    """It is no JSON."""


class NotUtf8Error(NotJsonError):
    """It is not even UTF-8 (RFC 8259 section 8.1)."""


def strict_json(given: bytes | str) -> Any:
    """The value that a text stands for, in UTF-8 where it is octets.

    Raises:
        NotUtf8Error: the octets are no UTF-8.
        NotJsonError: the text is no JSON, or nested deeper than anybody reads it.
    """
    try:
        text = given if isinstance(given, str) else given.decode("utf-8")
        return _READER.decode(text)
    except UnicodeDecodeError as error:
        raise NotUtf8Error(str(error)) from error
    except (ValueError, RecursionError) as error:
        raise NotJsonError(str(error)) from error


def _refused(constant: str) -> None:
    raise NotJsonError(f"{constant} is no JSON")


_READER = json.JSONDecoder(parse_constant=_refused)
