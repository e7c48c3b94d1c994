"""A call at one of SparkPost's endpoints beside sending, and an answer to it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias

from ...http.exchange import Request, Response
from ...marks import Mark
from ..keys import ApiKey
from ..refusal import JSON, Refuse
from ..rules import Outcome
from ..strict_json import NotJsonError, NotUtf8Error, strict_json
from .account import SparkPostAccount

SOURCE = "developers.sparkpost.com, content/api (2026-06)"
BASE = "/api/v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class SparkPostCall:
    """A call: whose, the request, with which key, what its path names, when."""

    account: SparkPostAccount
    request: Request
    key: ApiKey
    named: Sequence[str]
    now: datetime

    def body(self) -> dict[str, Any]:
        """The JSON object that came with it; an empty one where nothing came.

        Raises:
            Refuse: it is none.
        """
        body = decoded(self.request.body) if self.request.body else {}
        if not isinstance(body, dict):
            raise Refuse("wrong-type", description="JSON object expected")
        return body


Answering: TypeAlias = Callable[[SparkPostCall], Outcome[SparkPostAccount]]


@dataclass(frozen=True, slots=True, kw_only=True)
class SparkPostEndpoint:
    """A method and a path, the grant that a key needs there, if any, and what answers."""

    method: str
    path: re.Pattern[str]
    grant: str | None
    answer: Answering

    @classmethod
    def of(cls, method: str, path: str, grant: str | None, answer: Answering) -> SparkPostEndpoint:
        """The endpoint at a path below the API's, which is written as an expression."""
        pattern = re.compile(BASE + path + r"\Z")
        return cls(method=method, path=pattern, grant=grant, answer=answer)


def decoded(octets: bytes) -> Any:
    """The JSON of a body.

    Raises:
        Refuse: it is none.
    """
    try:
        return strict_json(octets)
    except NotUtf8Error:
        raise Refuse("bad-utf8") from None
    except NotJsonError:
        raise Refuse("not-json") from None


def told(results: Any = None, *, mark: Mark = Mark.DOCUMENTED, **more: Any) -> Response:
    """An answer with these results, and what stands beside them."""
    return whole({"results": results, **more}, mark=mark)


def whole(body: Mapping[str, Any] | None, *, mark: Mark = Mark.DOCUMENTED) -> Response:
    """An answer with this body; None: without one (204)."""
    return Response(
        status=204 if body is None else 200,
        body=b"" if body is None else json.dumps(body, separators=(",", ":")).encode(),
        headers=() if body is None else JSON,
        mark=mark,
        source=SOURCE,
    )


def stamp(moment: datetime) -> str:
    """A time as SparkPost writes it in what it stores."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")
