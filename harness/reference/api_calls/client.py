"""One HTTP request with httpx: bounded in time and size, never redirected, certificates checked."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

import httpx

from harness.fakes.clock import monotonic
from harness.protocol import ErrorClass, Phase
from harness.reference.api_calls.call import ApiCall, ApiReply
from harness.reference.failure import DeliveryError
from harness.reference.tls import client_context, handshake_fault

_LARGEST = 1_048_576
_HTTPS = 443


def exchange(
    call: ApiCall,
    *,
    base_url: str | None,
    connect_to: Mapping[str, str],
    ca_file: str | None,
    verify: bool,
    timeout: float,
    clock: Callable[[], float] = monotonic,
) -> ApiReply:
    """Make the call and read the response.

    `base_url` stands for the provider's own origin; `connect_to` says where a name really is. Each
    operation may take `timeout` seconds, the response as a whole twice that.

    Raises:
        DeliveryError: there is no response, or it redirects.
    """
    url, host = _where(call, base_url, connect_to)
    context = client_context(ca_file=ca_file, verify=verify)
    try:
        with (
            httpx.Client(verify=context, timeout=timeout, trust_env=False) as client,
            client.stream(
                call.method,
                url,
                content=call.body,
                headers={**call.headers, "Host": host},
                extensions={"sni_hostname": host.partition(":")[0]},
            ) as response,
        ):
            reply = _read(response, deadline=clock() + 2 * timeout, clock=clock)
    except httpx.HTTPError as error:
        raise _failure(error, host) from None
    _check_not_redirected(reply, host)
    return reply


def _check_not_redirected(reply: ApiReply, host: str) -> None:
    if 300 <= reply.status < 400:
        raise DeliveryError(
            f"{host} redirects to {reply.headers.get('location', 'nowhere')!r}; "
            "the credentials are not taken there",
            phase=Phase.API,
            class_=ErrorClass.REDIRECTED,
            temporary=False,
            http_status=reply.status,
        )


def _where(call: ApiCall, base_url: str | None, connect_to: Mapping[str, str]) -> tuple[str, str]:
    """The URL to ask, and the host to name: in TLS, in the certificate and in the request."""
    if base_url is not None:
        return base_url.rstrip("/") + call.path, urlsplit(base_url).netloc
    real = connect_to.get(f"{call.host}:{_HTTPS}", f"{call.host}:{_HTTPS}")
    return f"https://{real}{call.path}", call.host


def _read(response: httpx.Response, *, deadline: float, clock: Callable[[], float]) -> ApiReply:
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > _LARGEST:
            raise _broken("the response is too large", ErrorClass.UNEXPECTED_RESPONSE)
        if clock() > deadline:
            raise _broken("the response did not end in time", ErrorClass.OUTCOME_UNKNOWN)
    headers = {name.lower(): value for name, value in response.headers.items()}
    return ApiReply(status=response.status_code, headers=headers, body=bytes(body))


def _broken(words: str, class_: ErrorClass) -> DeliveryError:
    return DeliveryError(words, phase=Phase.API, class_=class_)


def _failure(error: httpx.HTTPError, host: str) -> DeliveryError:
    """What a broken exchange means. Once the request is out, nobody knows what became of it."""
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        return _not_connected(error, host)
    if isinstance(error, httpx.RemoteProtocolError) and "disconnected" not in str(error):
        words = f"{host} does not answer in HTTP: {error}"
        return DeliveryError(words, phase=Phase.API, class_=ErrorClass.PROTOCOL_ERROR)
    return DeliveryError(
        f"{host} took the request and gave no whole answer: {str(error) or type(error).__name__}",
        phase=Phase.API,
        class_=ErrorClass.OUTCOME_UNKNOWN,
    )


def _not_connected(error: httpx.HTTPError, host: str) -> DeliveryError:
    cause = _root(error)
    if isinstance(cause, ssl.SSLError):
        class_, fault = handshake_fault(cause, host.partition(":")[0])
        return DeliveryError(f"{host}: {fault}", phase=Phase.TLS, class_=class_, temporary=False)
    if isinstance(error, httpx.ConnectTimeout):
        words = f"no connection to {host}: nobody answered in time"
        class_ = ErrorClass.CONNECTION_TIMEOUT
    elif isinstance(cause, ConnectionRefusedError):
        words, class_ = f"{host} refused the connection", ErrorClass.CONNECTION_REFUSED
    elif isinstance(cause, ConnectionResetError):
        words, class_ = f"{host} reset the connection", ErrorClass.CONNECTION_RESET
    else:
        words, class_ = f"no connection to {host}: {error}", ErrorClass.UNREACHABLE
    return DeliveryError(words, phase=Phase.CONNECT, class_=class_, temporary=True)


def _root(error: BaseException) -> BaseException:
    """The first cause: httpx wraps what httpcore wraps what the socket said."""
    while (cause := error.__cause__ or error.__context__) is not None:
        error = cause
    return error
