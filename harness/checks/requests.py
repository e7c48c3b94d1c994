"""What the sender asked a provider's API. This module knows HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Literal

from harness.fakes.http.exchange import Request
from harness.fakes.http.facts import HttpRequested
from harness.fakes.transcript import Connected
from harness.secrets import Secrets

from .check import Check
from .counts import Count, CountField
from .record import Observation, Record, numbers


def requests(record: Record, wanted: Count) -> Observation:
    """How many requests the sender made, whatever became of them."""
    found = list(record.of(HttpRequested))
    exposed = any(
        record.is_exposed(event) and (fact.request.body or any(_keys(fact.request, record.secrets)))
        for event, fact in found
    )
    return Observation(
        met=wanted.holds(len(found)),
        expected=f"requests: {wanted}",
        observed=f"requests: {len(found) or 'none'}",
        events=numbers([event for event, _ in found]),
        leak=wanted.most == 0 and exposed,
    )


def hosts(record: Record, wanted: tuple[str, ...]) -> Observation:
    """To which hosts the sender's requests were addressed."""
    found = [(event, fact.request.host) for event, fact in record.of(HttpRequested)]
    meant = {record.host if name == "<host>" else name for name in wanted}
    seen = dict.fromkeys(host for _, host in found)
    return Observation(
        met=bool(found) and set(seen) <= meant,
        expected="requests to " + " or ".join(sorted(meant)) + " only",
        observed="requests to " + ", ".join(seen) if found else "no request",
        events=numbers([event for event, _ in found]),
    )


def paths(record: Record, wanted: tuple[str, ...]) -> Observation:
    """To which paths the sender's requests went."""
    found = [(event, fact.request.path) for event, fact in record.of(HttpRequested)]
    seen = dict.fromkeys(path for _, path in found)
    return Observation(
        met=bool(found) and set(seen) <= set(wanted),
        expected="requests to " + " or ".join(wanted) + " only",
        observed="requests to " + ", ".join(seen) if found else "no request",
        events=numbers([event for event, _ in found]),
    )


def secrets_in_targets(record: Record, wanted: Count) -> Observation:
    """How often a credential stood in a path or a query, where every log keeps it."""
    found = [
        event
        for event, fact in record.of(HttpRequested)
        if record.secrets.found_in(fact.request.target)
    ]
    return Observation(
        met=wanted.holds(len(found)),
        expected=f"credentials in a URL: {wanted}",
        observed=f"credentials in a URL: {len(found) or 'none'}",
        events=numbers(found),
        leak=wanted.most == 0 and bool(found),
    )


def key_elsewhere(record: Record, wanted: Literal["never"]) -> Observation:
    """Whether another server than the one told of got a credential, or what is made with one."""
    del wanted
    return _handed_elsewhere(
        record, lambda request: _keys(request, record.secrets), "credential", leak=True
    )


def content_elsewhere(record: Record, wanted: Literal["never"]) -> Observation:
    """Whether another server than the one told of got the content of a request."""
    del wanted
    return _handed_elsewhere(record, _content, "content", leak=False)


def _handed_elsewhere(
    record: Record, handed: Callable[[Request], Iterable[str]], what: str, *, leak: bool
) -> Observation:
    servers = {event.connection: fact.server for event, fact in record.of(Connected)}
    found: dict[int, None] = {}
    got: dict[str, None] = {}
    for event, fact in record.of(HttpRequested):
        server = servers.get(event.connection, record.main)
        if server == record.main:
            continue
        for name in handed(fact.request):
            found[event.number] = None
            got[f"{server} got {name}"] = None
    return Observation(
        met=not found,
        expected=f"no {what} for any other server",
        observed=", ".join(got) or "no other server got any",
        events=tuple(found),
        leak=leak and bool(found),
    )


def _keys(request: Request, secrets: Secrets) -> Iterator[str]:
    """The credentials in a request, wherever they stand: one vendor has its key in the body."""
    head = "\n".join([request.target, *(value for _, value in request.headers)])
    names = dict.fromkeys((*secrets.found_in(head), *secrets.found_in(request.body)))
    yield from (f"the {name}" for name in names)
    if not names and request.header("authorization") is not None:
        yield "an Authorization"  # a signature holds no secret, and is made with one


def _content(request: Request) -> Iterator[str]:
    if request.body:
        yield "the content of a request"


CHECKS = (
    Check(key="requests", words="how many requests were made", wanted=CountField, ask=requests),
    Check(
        key="hosts",
        words="which hosts the requests were addressed to",
        wanted=tuple[str, ...],
        ask=hosts,
    ),
    Check(key="paths", words="which paths were asked for", wanted=tuple[str, ...], ask=paths),
    Check(
        key="secrets-in-urls",
        words="how often a credential stood in a URL",
        wanted=CountField,
        ask=secrets_in_targets,
    ),
    Check(
        key="key-elsewhere",
        words="whether a server that the sender was not told of got a credential",
        wanted=Literal["never"],
        ask=key_elsewhere,
    ),
    Check(
        key="content-elsewhere",
        words="whether a server that the sender was not told of got content",
        wanted=Literal["never"],
        ask=content_elsewhere,
    ),
)
