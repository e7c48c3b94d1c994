"""A transcript as lines that a person can read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from harness.escaping import shortened, visible
from harness.fakes.http.exchange import Headers
from harness.fakes.http.facts import HttpRequested, HttpResponded, WebhookPosted
from harness.fakes.marks import Mark
from harness.fakes.providers.registry import vendors
from harness.fakes.smtp.facts import AheadOfReply, AuthOutcome, AuthResponse, Command
from harness.fakes.transcript import (
    Acknowledged,
    Body,
    Broke,
    ClientHelloSeen,
    Closed,
    Connected,
    Event,
    Fact,
    FaultActed,
    Flooded,
    MessageCaptured,
    MessageChanged,
    MomentReached,
    NotModelled,
    Received,
    RecipientRefused,
    Sent,
    TlsEstablished,
    TlsFailed,
    Unread,
)
from harness.secrets import Secrets

_PAYLOAD = 600
_TELLING_HEADERS = frozenset(
    ["host", "authorization", "content-type", "user-agent"]
    + [header for vendor in vendors().values() for header in vendor.telling_headers]
)
_BODY_LINES = 12


def conversation(events: Iterable[Event], secrets: Secrets) -> tuple[tuple[int, str], ...]:
    """`(event number, line)` pairs, without secrets and without control bytes.

    `C:` is the sender, `S:` the fake, `*` behind them means inside TLS, `--` is what happened
    around them.
    """
    events = list(events)
    several = len({event.connection for event in events}) > 1
    prefix = "#{} " if several else ""
    return tuple(
        (
            event.number,
            secrets.redact_text(f"{event.at:7.3f}s {prefix.format(event.connection)}{line}"),
        )
        for event in events
        for line in _lines(event.fact, secrets)
    )


def _lines(fact: Fact, secrets: Secrets) -> Iterator[str]:
    match fact:
        case Command(line=data, secure=secure) | AuthResponse(line=data, secure=secure):
            yield f"C{_mark(secure)} {_shown(data, secrets)}"
        case Sent(data=data, secure=secure):
            for line in data.split(b"\r\n"):
                if line:
                    yield f"S{_mark(secure)} {_shown(line, secrets)}"
        case Body(data=data, secure=secure, complete=complete):
            yield from _body_lines(data, secure, complete, secrets)
        case HttpRequested() | HttpResponded():
            yield from _http_lines(fact, secrets)
        case Received() | MomentReached():
            return  # its lines come as commands; what was never read comes as Unread
        case _:
            yield f"-- {_event_line(fact, secrets)}"


def _http_lines(fact: HttpRequested | HttpResponded, secrets: Secrets) -> Iterator[str]:
    match fact:
        case HttpRequested(request=request, secure=secure):
            mark = f"C{_mark(secure)}"
            lines = [f"{request.method} {request.target}", *_header_lines(request.headers)]
            yield from (f"{mark} {_shown(line.encode(), secrets)}" for line in lines)
            yield from _payload_lines(mark, request.body, secrets)
        case HttpResponded(shaped_by=str() as fault, whole=whole):
            yield f"-- the answer ended here, {'whole' if whole else 'cut short'} ({fault})"
        case HttpResponded(response=response, secure=secure):
            mark = f"S{_mark(secure)}"
            yield f"{mark} HTTP {response.status}"
            yield from _payload_lines(mark, response.body, secrets)
            if response.mark in {Mark.INFERRED, Mark.SYNTHETIC}:
                yield f"-- that answer is {response.mark}: {response.source}"


def _header_lines(headers: Headers) -> list[str]:
    """The headers that say something about a sender; what carries them is the same everywhere."""
    return [f"{name}: {value}" for name, value in headers if name.lower() in _TELLING_HEADERS]


def _payload_lines(mark: str, data: bytes, secrets: Secrets) -> Iterator[str]:
    if data:
        yield f"{mark} {shortened(_shown(data, secrets), _PAYLOAD)}"


def _body_lines(data: bytes, secure: bool, complete: bool, secrets: Secrets) -> Iterator[str]:
    # Redacted before it is cut into lines, over which base64 is wrapped.
    shown = secrets.redact(data)
    lines = shown.removesuffix(b"\r\n").split(b"\r\n") if shown else []
    for line in lines[:_BODY_LINES]:
        yield f"C{_mark(secure)} {_shown(line, secrets)}"
    if len(lines) > _BODY_LINES:
        yield f"-- {len(lines) - _BODY_LINES} more lines, {len(data)} octets in all"
    yield f"C{_mark(secure)} ." if complete else "-- the content broke off here"


def _event_line(fact: Fact, secrets: Secrets) -> str:  # noqa: C901, PLR0912  # a table
    match fact:
        case Connected(server=server, port=port):
            return f"connected to {server} (port {port})"
        case ClientHelloSeen(server_name=name, versions=versions):
            return f"ClientHello for {visible(name or 'no name')}, offering {', '.join(versions)}"
        case TlsEstablished(version=version, cipher=cipher, certificate=certificate):
            return f"TLS established: {version} {cipher}, certificate {certificate}"
        case TlsFailed(reason=reason, alert=alert):
            return f"TLS failed: {alert or reason}"
        case AuthOutcome(mechanism=mechanism, username=username, accepted=accepted):
            verdict = "right" if accepted else "wrong"
            name = secrets.redact_text(username)
            return f"credentials by {mechanism} for {visible(name)}: {verdict}"
        case MessageCaptured(index=index):
            return f"message {index} taken"
        case MessageChanged(index=index, cancelled=cancelled):
            return f"message {index} {'called off' if cancelled else 'to go out at another time'}"
        case Flooded(events=count):
            return f"the record is full, with {count} events: everybody was hung up on"
        case Acknowledged(messages=()):
            return "a positive answer went out, and nothing was taken"
        case Acknowledged(answer=answer):
            return f"acknowledged: {shortened(visible(secrets.redact_text(answer)), 200)}"
        case RecipientRefused(address=address, code=code):
            return f"{visible(secrets.redact_text(address))} refused ({code})"
        case FaultActed(moment=moment, action=action):
            return f"fault at {moment}: {visible(secrets.redact_text(action))}"
        case AheadOfReply(data=data, first=first):
            what = "the greeting" if first else "the next reply"
            return f"sent ahead of {what}: {shortened(_shown(data, secrets), 200)}"
        case Unread(data=data, why=why):
            return f"not read ({why}): {shortened(_shown(data, secrets), 200)}"
        case Closed(by=by, how=how):
            return f"closed by the {by} ({how})"
        case NotModelled(call=call):
            return f"the fake does not model this: {visible(call)}"
        case WebhookPosted(event=event, recipient=to, status=status, problem=problem):
            heard = problem or f"the handler answered {status}"
            return f"posted {event} of {visible(secrets.redact_text(to))}: {visible(heard)}"
        case Broke(error=error):
            return f"THE FAKE BROKE: {visible(error)}"
    return type(fact).__name__


def _mark(secure: bool) -> str:
    return "*:" if secure else ":"


def _shown(data: bytes, secrets: Secrets) -> str:
    return visible(secrets.redact(data).decode("utf-8", "backslashreplace"))
