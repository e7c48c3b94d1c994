"""What a sender must be able to do to be asked a case."""

from __future__ import annotations

from collections.abc import Mapping

from harness.protocol import Security

from .given import Given
from .step import Step, Told

_UNVERIFIED = "verify:false"


def security_of(given: Given, send: Told) -> Security:
    """The mode that the sender is told: its own word, else the fake's."""
    server = given.smtp_server if send.server is None else given.other_smtp_servers[send.server]
    return Security(send.security or server.security)


def needed_features(given: Given, steps: tuple[Step, ...], said: tuple[str, ...]) -> frozenset[str]:
    """What a sender must be able to do to be asked this."""
    needed = {f"api:{given.api.provider}" if given.api is not None else "smtp", *said}
    for step in steps:
        needed |= _for_step(step)
        if step.send is not None and step.send.message.get("attachments"):
            needed.add("attachments")
        if step.told is not None:
            needed |= _for_configuration(given, step.told)
        if step.send is not None and given.api is None and "envelope_from" in step.send.message:
            needed.add("envelope_from")
    return frozenset(needed)


def _for_step(step: Step) -> set[str]:
    """What only a sender that keeps state can do."""
    needed = set()
    if step.configure is not None or step.state is not None:
        needed |= {"state", "configure"}
    if step.test_send is not None:
        needed |= {"state", "test-send"}
    if step.deliveries is not None:
        needed |= {"state", "delivery-log"}
    if step.restart or step.instances or (step.send is not None and step.send.stored):
        needed.add("state")
    return needed


def _for_configuration(given: Given, told: Told) -> set[str]:
    """What it must be possible to tell it."""
    needed = set() if told.verify else {_UNVERIFIED}
    if given.api is not None:
        other = given.other_apis.get(told.server or "")
        return needed | ({f"api:{other.provider}"} if other is not None else set())
    needed.add(f"security:{security_of(given, told)}")
    words = ("server_name", "ehlo_name", "access_token")
    return needed | {word for word in words if getattr(told, word) is not None}


def providers_in(given: Given, axes: Mapping[str, str]) -> frozenset[str]:
    """The provider by which a sender is told to send, by its API or by its SMTP service."""
    services = (given.api, given.submission)
    named = [axes.get("provider"), *(each.provider for each in services if each is not None)]
    return frozenset(name for name in named if name)
