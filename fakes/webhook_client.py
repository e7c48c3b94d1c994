"""Posting to a webhook handler over HTTP, and what it answers."""

from __future__ import annotations

import asyncio
import ssl
from functools import cache

from .http.exchange import Headers, Request
from .http.facts import WebhookPosted
from .providers.webhook import EventPost, Webhook

_MOST = 65_536


async def handed_over(
    webhook: Webhook, post: EventPost, *, event: str, recipient: str
) -> WebhookPosted:
    """Post, and tell what came of it; where nobody answers, that too is told and not raised."""
    # httpx is not light, and most fakes post nothing.
    import httpx  # noqa: PLC0415

    request, status, answer, problem = post.request, None, b"", None
    try:
        # httpx's own limits are those of one step; an answer can come drop by drop.
        async with asyncio.timeout(webhook.timeout):
            status, answer = await _exchanged(webhook, request)
            if status == 401 and post.on_challenge:
                request = _with(request, post.on_challenge)
                status, answer = await _exchanged(webhook, request)
    except (TimeoutError, httpx.TimeoutException):
        problem = f"no answer from {webhook.target} in {webhook.timeout:g} s"
    except httpx.ConnectError as error:
        problem = f"nobody answers at {webhook.target}: {error}"
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        problem = f"posting to {webhook.target} failed: {error!r}"
    return WebhookPosted(
        event=event,
        recipient=recipient,
        request=request,
        status=status,
        answer=answer,
        problem=problem,
        mark=post.mark,
        source=post.source,
    )


def _with(request: Request, headers: Headers) -> Request:
    return Request(
        method=request.method,
        target=request.target,
        headers=(*request.headers, *headers),
        body=request.body,
    )


async def _exchanged(webhook: Webhook, request: Request) -> tuple[int, bytes]:
    """The status of the answer, and as much of its body as is kept."""
    import httpx  # noqa: PLC0415

    trust = _trust(webhook.ca_file)
    async with httpx.AsyncClient(verify=trust, trust_env=False, timeout=webhook.timeout) as client:
        # Made here, not by the client, which would add headers of its own.
        sent = httpx.Request(
            request.method, request.target, headers=list(request.headers), content=request.body
        )
        response = await client.send(sent, stream=True)
        kept = b""
        try:
            async for piece in response.aiter_raw():
                kept = (kept + piece)[:_MOST]
                if len(kept) == _MOST:
                    break
        finally:
            await response.aclose()
        return response.status_code, kept


@cache
def _trust(ca_file: str | None) -> ssl.SSLContext:
    """What a handler's certificate is verified by; it takes long to make."""
    return ssl.create_default_context(cafile=ca_file)
