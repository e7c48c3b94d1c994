"""The calls of an API that the vendor has and the fake has not, from `calls.toml` of its package.

A vendor would refuse them only if they were not there. The fake says that it does not model them,
so that nobody takes its limit for the vendor's word.
"""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from ..http.exchange import Response
from ..marks import Mark
from .table import read_entry, read_file

NOT_MODELLED = "not-modelled"
_HEADER = "X-Harness-Not-Modelled"
_CALL = re.compile(r"(?:[A-Z]+,)*[A-Z]+ /[^ ]*\Z")


def _written(call: str) -> str:
    if not _CALL.match(call):
        raise ValueError(
            f"methods and a path are due, as GET,POST /v3/x/*, and {call!r} is neither"
        )
    return call


class VendorCalls(BaseModel):
    """The data. In a path `*` stands for one part, and `**` at its end for any rest."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    source: str
    """Where the vendor lists its calls."""

    date: date
    """When that was so."""

    paths: tuple[Annotated[str, AfterValidator(_written)], ...] = Field(strict=False)
    """Methods and path of each."""

    actions: tuple[str, ...] = Field(default=(), strict=False)
    """Actions, where the vendor tells its calls apart by a parameter."""

    def find(self, method: str, path: str) -> str | None:
        """The call that such a request is, as `GET /v3/templates`; None where it is none."""
        for methods, pattern, shown in _patterns(self.paths):
            if method in methods and pattern.fullmatch(path.rstrip("/")):
                return f"{method} {shown}"
        return None


@cache
def calls_of(vendor: str) -> VendorCalls:
    """What the vendor of that name has and its fake has not."""
    file = Path(__file__).with_name(vendor) / "calls.toml"
    [entry] = read_file(file, tables=["calls"]).values()
    return read_entry(file, "calls", VendorCalls, entry)


@cache
def _patterns(calls: tuple[str, ...]) -> tuple[tuple[frozenset[str], re.Pattern[str], str], ...]:
    found = []
    for call in calls:
        methods, _, path = call.partition(" ")
        pattern = re.escape(path).replace(r"/\*\*", "(?:/.*)?").replace(r"\*", "[^/]+")
        found.append((frozenset(methods.split(",")), re.compile(pattern, re.IGNORECASE), path))
    return tuple(found)


def not_modelled(call: str) -> Response:
    """The fake's own answer to a call that it does not model."""
    words = f"The vendor has the call {call}; this fake of it does not model it."
    return Response(
        status=501,
        body=f"{words}\n".encode(),
        headers=(("Content-Type", "text/plain; charset=utf-8"), (_HEADER, call)),
        mark=Mark.NOT_MODELLED,
        source=call,
        case=NOT_MODELLED,
    )
