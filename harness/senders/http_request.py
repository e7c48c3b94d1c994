"""One HTTP request, without proxies and without following redirects."""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult

from .capture import LONGEST_ANSWER


@dataclass(frozen=True, slots=True, kw_only=True)
class Responded:
    """What came back. Of a body longer than `LONGEST_ANSWER` one octet more than that is kept."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


def ask_url(
    url: SplitResult,
    *,
    method: str,
    headers: Mapping[str, str],
    body: bytes | None,
    limit: float,
    context: ssl.SSLContext | None,
) -> Responded:
    """Ask, and read the answer; each wait takes at most `limit` seconds.

    Raises `TimeoutError`, another `OSError`, or `http.client.HTTPException`.
    """
    connection = _connection(url, limit, context)
    path = f"{url.path or '/'}{'?' if url.query else ''}{url.query}"
    try:
        connection.request(method, path, body=body, headers=dict(headers))
        response = connection.getresponse()
        return Responded(
            status=response.status,
            body=response.read(LONGEST_ANSWER + 1),
            headers={name.lower(): value for name, value in response.getheaders()},
        )
    finally:
        connection.close()


def _connection(
    url: SplitResult, limit: float, context: ssl.SSLContext | None
) -> http.client.HTTPConnection:
    host, port = url.hostname or "", url.port
    if context is None:
        return http.client.HTTPConnection(host, port, timeout=limit)
    return http.client.HTTPSConnection(host, port, timeout=limit, context=context)
