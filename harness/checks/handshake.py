"""How the sender went about TLS. This module knows SMTP."""

from __future__ import annotations

from typing import Literal

from harness.fakes.smtp.facts import Command
from harness.fakes.transcript import ClientHelloSeen, Received, TlsEstablished, Unread

from .check import Check
from .counts import Count, CountField
from .record import Observation, Record, numbers

# How a handshake record begins, whichever version it is of.
_HANDSHAKE = b"\x16\x03"
_OLD = {"SSLv3", "TLSv1.0", "TLSv1.1"}


def handshakes(record: Record, wanted: Count) -> Observation:
    """How many TLS handshakes were brought to their end."""
    found = [event for event, _ in record.of(TlsEstablished)]
    return Observation(
        met=wanted.holds(len(found)),
        expected=f"finished TLS handshakes: {wanted}",
        observed=f"finished TLS handshakes: {len(found) or 'none'}",
        events=numbers(found),
    )


def client_hellos(record: Record, wanted: Count) -> Observation:
    """How often the sender began a TLS handshake, invited or not."""
    found: dict[int, None] = {}
    begun: set[int] = set()
    for event in record.events:
        match event.fact:
            # One that came uninvited is taken up when its turn comes, and is the same one.
            case ClientHelloSeen() if event.connection not in begun:
                found[event.number] = None
            case Received(data=data, secure=False) | Unread(data=data, secure=False) if (
                data.startswith(_HANDSHAKE) and event.connection not in begun
            ):
                begun.add(event.connection)
                found[event.number] = None
    return Observation(
        met=wanted.holds(len(found)),
        expected=f"TLS handshakes begun: {wanted}",
        observed=f"TLS handshakes begun: {len(found) or 'none'}",
        events=tuple(found),
    )


def server_name(record: Record, wanted: str) -> Observation:
    """Which name the sender sent as SNI in each handshake; `none` means that it sends none."""
    found = [(event, hello.server_name) for event, hello in record.of(ClientHelloSeen)]
    names = dict.fromkeys(name or "none" for _, name in found)
    return Observation(
        # Names are compared without regard to case (RFC 6066 section 3).
        met=bool(found) and {name.lower() for name in names} == {wanted.lower()},
        expected=f"SNI {wanted}",
        observed="SNI " + ", ".join(names) if found else "no TLS handshake",
        events=numbers([event for event, _ in found]),
    )


def _is_qualified(name: str) -> bool:
    """What stands in SNI is fully qualified (RFC 6066 section 3).

    Some libraries, Java's TLS among them, therefore send none for `localhost`, and others do.
    """
    return name == "none" or "." in name


def first_octets(record: Record, wanted: Literal["tls", "smtp"]) -> Observation:
    """Whether each connection begins with a TLS handshake or with words."""
    begins: dict[int, tuple[int, str]] = {}
    for event in record.events:
        match event.fact:
            case ClientHelloSeen():
                begins.setdefault(event.connection, (event.number, "tls"))
            case Received(data=data) | Unread(data=data):
                kind = "tls" if data[:1] == b"\x16" else "smtp"
                begins.setdefault(event.connection, (event.number, kind))
    kinds = {kind for _, kind in begins.values()}
    return Observation(
        met=kinds == {wanted},
        expected=f"connections begin with {wanted}",
        observed="connections begin with " + " and ".join(sorted(kinds)) if kinds else "nothing",
        events=tuple(number for number, _ in begins.values()),
    )


def first_command_inside(record: Record, wanted: str) -> Observation:
    """Which command comes first inside TLS."""
    first: dict[int, tuple[int, str]] = {}
    for event, command in record.of(Command):
        if command.secure and event.connection not in first:
            first[event.connection] = (event.number, command.verb)
    verbs = {verb for _, verb in first.values()}
    return Observation(
        met=verbs <= {wanted},
        expected=f"{wanted} comes first inside TLS, or nothing comes",
        observed=", ".join(sorted(verbs)) + " came first" if verbs else "no command inside TLS",
        events=tuple(number for number, _ in first.values()),
    )


def ahead_of_tls(record: Record, wanted: Literal["nothing"]) -> Observation:
    """Whether the sender sent on behind STARTTLS before it had read the reply."""
    del wanted
    found = [event for event, fact in record.of(Unread) if "STARTTLS" in fact.why]
    return Observation(
        met=not found,
        expected="nothing is sent behind STARTTLS before its reply is read",
        observed="octets came behind STARTTLS" if found else "nothing came",
        events=numbers(found),
    )


def offered_versions(record: Record, wanted: Literal["modern", "any"]) -> Observation:
    """Which TLS versions the sender offers; `modern` means TLS 1.2 or 1.3 among them."""
    found = [(event, hello.versions) for event, hello in record.of(ClientHelloSeen)]
    offered = dict.fromkeys(version for _, versions in found for version in versions)
    modern = [version for version in offered if version not in _OLD]
    return Observation(
        met=bool(modern) or (wanted == "any" and bool(offered)),
        expected="TLS 1.2 or 1.3 is offered" if wanted == "modern" else "any version is offered",
        observed="offered: " + ", ".join(offered) if offered else "no TLS handshake",
        events=numbers([event for event, _ in found]),
    )


CHECKS = (
    Check(
        key="handshakes",
        words="how many TLS handshakes ended well",
        wanted=CountField,
        ask=handshakes,
    ),
    Check(
        key="client-hellos",
        words="how many TLS handshakes the sender began",
        wanted=CountField,
        ask=client_hellos,
    ),
    Check(
        key="sni",
        words="which name the sender sent as SNI",
        wanted=str,
        ask=server_name,
        applies=_is_qualified,
    ),
    Check(
        key="first-octets",
        words="whether connections begin with TLS or with words",
        wanted=Literal["tls", "smtp"],
        ask=first_octets,
    ),
    Check(
        key="first-inside-tls",
        words="which command comes first inside TLS",
        wanted=str,
        ask=first_command_inside,
    ),
    Check(
        key="ahead-of-tls",
        words="whether something was sent behind STARTTLS too early",
        wanted=Literal["nothing"],
        ask=ahead_of_tls,
    ),
    Check(
        key="tls-versions",
        words="which TLS versions the sender offers",
        wanted=Literal["modern", "any"],
        ask=offered_versions,
    ),
)
