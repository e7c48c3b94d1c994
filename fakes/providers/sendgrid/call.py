"""A call at one of SendGrid's endpoints, and an answer to it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from ...http.exchange import Request, Response
from ...marks import Mark
from ..keys import ApiKey
from ..refusal import JSON, Refuse
from ..rules import Outcome
from ..strict_json import NotJsonError, strict_json
from .account import SendGridAccount

SOURCE = "twilio/sendgrid-oai, spec/json (2026-01)"


@dataclass(frozen=True, slots=True, kw_only=True)
class SendGridCall:
    """A call: whose, the request, with which key, what its path names, when."""

    account: SendGridAccount
    request: Request
    key: ApiKey
    named: Sequence[str]
    now: datetime

    def body(self) -> dict[str, Any]:
        """The JSON object that came with it; an empty one where nothing came.

        Raises:
            Refuse: it is none.
        """
        if not self.request.body:
            return {}
        try:
            body = strict_json(self.request.body)
        except NotJsonError:
            raise Refuse("not-json") from None
        if not isinstance(body, dict):
            raise Refuse("not-json")
        return body


Answering: TypeAlias = Callable[[SendGridCall], Outcome[SendGridAccount]]


@dataclass(frozen=True, slots=True, kw_only=True)
class SendGridEndpoint:
    """A method and a path, and what answers there.

    `scopes`: a key needs one of them, where there are any (the documentation's permissions).
    """

    method: str
    path: re.Pattern[str]
    scopes: tuple[str, ...]
    answer: Answering

    @classmethod
    def of(
        cls, method: str, path: str, scopes: Sequence[str], answer: Answering
    ) -> SendGridEndpoint:
        """The endpoint at a path that is written as an expression."""
        pattern = re.compile(path + r"\Z")
        return cls(method=method, path=pattern, scopes=tuple(scopes), answer=answer)


def told(data: Any, *, status: int = 200) -> Response:
    """An answer in JSON, in the shape that the OpenAPI files have for it."""
    return Response(
        status=status,
        body=b"" if data is None else json.dumps(data, separators=(",", ":")).encode(),
        headers=JSON if data is not None else (),
        mark=Mark.DOCUMENTED,
        source=SOURCE,
    )
