"""One HTTP request with h11: bounded in time and size, never redirected, certificates checked."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Mapping
from urllib.parse import SplitResult, quote, urlsplit

import h11

from harness.fakes.clock import monotonic
from harness.protocol import ErrorClass, Phase
from harness.reference.api_calls.call import ApiCall, ApiReply
from harness.reference.failure import DeliveryError
from harness.reference.tls import client_context, handshake_fault

_LARGEST = 1_048_576
_HTTPS = 443
_CHUNK = 65_536
_AS_THEY_ARE = "/%?&=:@!$'()*+,;~[]"


def exchange(
    call: ApiCall,
    *,
    base_url: str | None,
    connect_to: Mapping[str, str],
    ca_file: str | None,
    verify: bool,
    timeout: float,
    clock: Callable[[], float] = monotonic,
    before_body: Callable[[], None] | None = None,
) -> ApiReply:
    """Make the call and read the response.

    `base_url` stands for the provider's own origin; `connect_to` says where a name really is. Each
    operation may take `timeout` seconds, the response as a whole twice that. `before_body` is
    called when there is a connection, and nothing of the request has gone out yet.

    Raises:
        DeliveryError: there is no response, or it redirects.
    """
    url, host = _where(call, base_url, connect_to)
    context = client_context(ca_file=ca_file, verify=verify)
    try:
        connection = _connected(url, host, context, timeout=timeout)
    except OSError as error:
        raise _not_connected(error, host) from None
    with connection:
        if before_body is not None:
            before_body()
        try:
            reply = _asked(connection, call, host, deadline=clock() + 2 * timeout, clock=clock)
        except h11.RemoteProtocolError as error:
            words = f"{host} does not answer in HTTP: {error}"
            raise _broken(words, ErrorClass.PROTOCOL_ERROR) from None
        except (OSError, EOFError) as error:
            why = str(error) or type(error).__name__
            words = f"{host} took the request and gave no whole answer: {why}"
            raise _broken(words, ErrorClass.OUTCOME_UNKNOWN) from None
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


def _where(
    call: ApiCall, base_url: str | None, connect_to: Mapping[str, str]
) -> tuple[SplitResult, str]:
    """Where to connect, and the host to name: in TLS, in the certificate and in the request."""
    if base_url is not None:
        return urlsplit(base_url), urlsplit(base_url).netloc
    real = connect_to.get(f"{call.host}:{_HTTPS}", f"{call.host}:{_HTTPS}")
    return urlsplit(f"https://{real}"), call.host


def _connected(
    url: SplitResult, host: str, context: ssl.SSLContext, *, timeout: float
) -> socket.socket:
    """A connection on which each operation may take `timeout`."""
    is_secure = url.scheme == "https"
    port = url.port or (_HTTPS if is_secure else 80)
    connection = socket.create_connection((url.hostname or "", port), timeout)
    if not is_secure:
        return connection
    context.set_alpn_protocols(["http/1.1"])
    try:
        return context.wrap_socket(connection, server_hostname=urlsplit(f"//{host}").hostname)
    except BaseException:
        connection.close()
        raise


def _asked(
    connection: socket.socket,
    call: ApiCall,
    host: str,
    *,
    deadline: float,
    clock: Callable[[], float],
) -> ApiReply:
    """Send the request and read the response."""
    http = h11.Connection(h11.CLIENT)
    connection.sendall(_octets(http, call, host))
    status, body = 0, bytearray()
    headers: dict[str, list[str]] = {}
    while not isinstance(event := http.next_event(), h11.EndOfMessage):
        if event is h11.NEED_DATA:
            _read_more(connection, http)
        elif isinstance(event, h11.Response):
            status = event.status_code
            for name, value in event.headers:
                headers.setdefault(name.decode(), []).append(value.decode("latin-1"))
        elif isinstance(event, h11.Data):
            body += event.data
        if len(body) > _LARGEST:
            raise _broken("the response is too large", ErrorClass.UNEXPECTED_RESPONSE)
        if clock() > deadline:
            raise _broken("the response did not end in time", ErrorClass.OUTCOME_UNKNOWN)
    joined = {name: ", ".join(values) for name, values in headers.items()}
    return ApiReply(status=status, headers=joined, body=bytes(body))


def _octets(http: h11.Connection, call: ApiCall, host: str) -> bytes:
    """The whole request."""
    headers = {
        "Host": host,
        "Accept": "*/*",
        "Accept-Encoding": "identity",
        "Connection": "close",
        "User-Agent": "mail-harness",
        **call.headers,
    }
    if call.body or call.method == "POST":
        headers["Content-Length"] = str(len(call.body))
    request = h11.Request(
        method=call.method,
        target=quote(call.path, safe=_AS_THEY_ARE),
        headers=[(name.encode(), value.encode()) for name, value in headers.items()],
    )
    parts = (request, h11.Data(data=call.body), h11.EndOfMessage())
    return b"".join(http.send(part) or b"" for part in parts)


def _read_more(connection: socket.socket, http: h11.Connection) -> None:
    octets = connection.recv(_CHUNK)
    if not octets and http.their_state is h11.SEND_RESPONSE:
        raise EOFError("it disconnected without a response")
    http.receive_data(octets)


def _broken(words: str, class_: ErrorClass) -> DeliveryError:
    return DeliveryError(words, phase=Phase.API, class_=class_)


def _not_connected(error: OSError, host: str) -> DeliveryError:
    if isinstance(error, ssl.SSLError):
        class_, fault = handshake_fault(error, host.partition(":")[0])
        return DeliveryError(f"{host}: {fault}", phase=Phase.TLS, class_=class_, temporary=False)
    if isinstance(error, TimeoutError):
        words = f"no connection to {host}: nobody answered in time"
        class_ = ErrorClass.CONNECTION_TIMEOUT
    elif isinstance(error, ConnectionRefusedError):
        words, class_ = f"{host} refused the connection", ErrorClass.CONNECTION_REFUSED
    elif isinstance(error, ConnectionResetError):
        words, class_ = f"{host} reset the connection", ErrorClass.CONNECTION_RESET
    else:
        words, class_ = f"no connection to {host}: {error}", ErrorClass.UNREACHABLE
    return DeliveryError(words, phase=Phase.CONNECT, class_=class_, temporary=True)
