"""Recipient variables, carried out: `%recipient.name%` is what the sender gave for the recipient.

Source: mailgun/documentation, source/user_manual.rst (2024-07). What stands there for a variable
that a recipient has not is not known: it stays.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_PLACE = re.compile(r"%recipient\.([^%\s]+)%")


def variables_of(address: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """The variables of a recipient; none where there are none."""
    lower = address.lower()
    found = given.get(address) or next(
        (value for name, value in given.items() if name.lower() == lower), None
    )
    return found if isinstance(found, dict) else {}


def filled(text: str, variables: Mapping[str, Any]) -> str:
    """The text as the recipient gets it."""
    return _PLACE.sub(lambda place: _value(variables, place), text)


def _value(variables: Mapping[str, Any], place: re.Match[str]) -> str:
    if place[1] not in variables:
        return place[0]
    value = variables[place[1]]
    return value if isinstance(value, str) else json.dumps(value)
