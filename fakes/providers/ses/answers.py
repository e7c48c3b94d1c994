"""What the rules decide, and how either API writes it down."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any
from xml.sax.saxutils import escape, unescape

from ...http.exchange import Headers, Response
from ...http.server_time import http_date
from ...marks import Mark
from ..refusal import JSON
from .refusals import PREFIX, REFUSALS, XML

_NAMESPACE = "http://ses.amazonaws.com/doc/2010-12-01/"
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_XML_SOURCE = "ex_aws_ses parser tests (recorded responses); botocore 1.44.5, ses/2010-12-01"
_JSON_SOURCE = "django-anymail tests (2026-07); botocore 1.44.5, sesv2/2019-09-27"


@dataclass(frozen=True, slots=True)
class SesError:
    """A refusal by its name in `REFUSALS` (without `v2-`), and what fills its variable parts.

    What comes from the request goes last: nothing is filled into it then.
    """

    case: str
    variables: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Result:
    """A successful answer: what stands in the `…Result` of version 1, or the whole of version 2."""

    value: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Entries:
    """A map, as the Query API writes it: `<entry><key/><value/></entry>`."""

    items: Mapping[str, Any]


def query_response(answer: SesError | Result, *, action: str, request_id: str) -> Response:
    """An answer in XML."""
    if isinstance(answer, SesError):
        values = {name: _xml_text(value) for name, value in answer.variables.items()}
        return REFUSALS[answer.case].response(request_id=request_id, **values)
    body = (
        f'<{action}Response xmlns="{_NAMESPACE}"><{action}Result>{_xml(answer.value)}'
        f"</{action}Result><ResponseMetadata><RequestId>{request_id}</RequestId>"
        f"</ResponseMetadata></{action}Response>"
    )
    return _accepted(body, XML, _XML_SOURCE)


def rest_response(answer: SesError | Result) -> Response:
    """An answer in JSON."""
    if isinstance(answer, SesError):
        values = {name: _json(value)[1:-1] for name, value in answer.variables.items()}
        return REFUSALS[PREFIX + answer.case].response(**values)
    return _accepted(_json(answer.value), JSON, _JSON_SOURCE)


def message_of(refused: SesError, *, is_rest: bool) -> str:
    """The text of a refusal alone, as the entries of bulk answers have it."""
    if is_rest:
        return str(json.loads(rest_response(refused).body)["message"])
    body = query_response(refused, action="", request_id="").body.decode()
    return unescape(body.partition("<Message>")[2].partition("</Message>")[0])


def stamped(response: Response, *, request_id: str, now: datetime) -> Response:
    """The response with the headers that every answer has."""
    date = http_date(now.replace(microsecond=0))
    headers = (("x-amzn-RequestId", request_id), *response.headers, ("Date", date))
    return response.with_headers(headers)


def _accepted(body: str, headers: Headers, source: str) -> Response:
    return Response(status=200, body=body.encode(), headers=headers, mark=Mark.SEEN, source=source)


def _xml(value: Any) -> str:
    if isinstance(value, str):
        return _xml_text(value)
    if isinstance(value, Entries):
        return "".join(
            f"<entry><key>{_xml(key)}</key><value>{_xml(each)}</value></entry>"
            for key, each in value.items.items()
        )
    if isinstance(value, Mapping):
        return "".join(f"<{name}>{_xml(each)}</{name}>" for name, each in value.items())
    if isinstance(value, list):
        return "".join(f"<member>{_xml(each)}</member>" for each in value)
    if isinstance(value, bool):
        return str(value).lower()
    return _xml_text(str(value))


def _xml_text(text: str) -> str:
    return escape(_NOT_XML.sub("?", text))


def _json(value: Any) -> str:
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", "replace").decode("utf-8")
