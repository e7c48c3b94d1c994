"""What the sender asked a provider's API."""

from __future__ import annotations

from harness.fakes.transcript import HttpRequested

from .check import Check
from .counts import Count, CountField
from .record import Observation, Record, numbers


def requests(record: Record, wanted: Count) -> Observation:
    """How many requests the sender made, whatever became of them."""
    found = [event for event, _ in record.of(HttpRequested)]
    return Observation(
        met=wanted.holds(len(found)),
        expected=f"requests: {wanted}",
        observed=f"requests: {len(found) or 'none'}",
        events=numbers(found),
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
)
