"""Whether credentials, addresses or content crossed the network in clear."""

from __future__ import annotations

from typing import Literal

from harness.fakes.transcript import Body, Command, Received

from .check import Check
from .record import Observation, Record

_CONTENT_VERBS = {"MAIL", "RCPT", "DATA"}


def credentials_in_clear(record: Record, wanted: Literal["never"]) -> Observation:
    """Credentials must not cross the network outside TLS."""
    del wanted
    found: dict[int, None] = {}
    names: dict[str, None] = {}
    for event in record.events:
        match event.fact:
            case (Received(secure=False) | Body(secure=False)) as segment:
                # A log-in in clear is an exposure even with a digest or a wrong password.
                is_login = isinstance(segment, Received) and _begins_login(segment.data)
                secrets = record.secrets.found_in(segment.data)
                if is_login or secrets:
                    found[event.number] = None
                    names.update(dict.fromkeys(secrets or ("a log-in",)))
    what = ", ".join(name for name in names if len(names) == 1 or name != "a log-in")
    return Observation(
        met=not found,
        expected="no credentials outside TLS",
        observed=f"in clear: {what}" if found else "none in clear",
        events=tuple(found),
        leak=bool(found),
    )


def content_in_clear(record: Record, wanted: Literal["never"]) -> Observation:
    """Addresses and content must not cross the network outside TLS."""
    del wanted
    found = []
    seen = []
    for event in record.events:
        match event.fact:
            case Body(secure=False):
                found.append(event.number)
                seen.append("content")
            case Command(secure=False) as command if command.verb in _CONTENT_VERBS:
                found.append(event.number)
                seen.append(command.verb)
    return Observation(
        met=not found,
        expected="no addresses and no content outside TLS",
        observed="in clear: " + ", ".join(dict.fromkeys(seen)) if found else "none in clear",
        events=tuple(found),
        leak=bool(found),
    )


def _begins_login(segment: bytes) -> bool:
    return segment[:5].upper() == b"AUTH "


CHECKS = (
    Check(
        key="credentials-in-clear",
        words="whether credentials crossed the network outside TLS",
        wanted=Literal["never"],
        ask=credentials_in_clear,
    ),
    Check(
        key="content-in-clear",
        words="whether addresses or content crossed the network outside TLS",
        wanted=Literal["never"],
        ask=content_in_clear,
    ),
)
