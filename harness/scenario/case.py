"""A case: a scenario with its axes filled in. What runs, and what gets a verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.protocol import Security

from .given import Given
from .model import SendStep, Step, Then


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One case. `control` is the id of its control; `then` is None where it is a control itself.

    `source` is the file as the user named it, and `line` the one that says what must come out.
    `needs` are the features that a sender must have to be asked this.
    """

    id: str
    scenario: str
    title: str
    axes: Mapping[str, str]
    tags: tuple[str, ...]
    requirements: tuple[str, ...]
    situations: tuple[str, ...]
    needs: frozenset[str]
    given: Given
    steps: tuple[Step, ...]
    then: Then | None
    control: str | None
    source: str
    line: int = 1

    @property
    def is_control(self) -> bool:
        """Whether this is a control: the twin of a negative case, which must succeed."""
        return self.then is None

    @property
    def sends(self) -> tuple[SendStep, ...]:
        """Every send, in order."""
        return tuple(step.send for step in self.steps if step.send is not None)

    @property
    def rows(self) -> tuple[str, ...]:
        """Every requirement and situation that it verifies."""
        return self.requirements + self.situations


_UNVERIFIED = "verify:false"


def security_of(given: Given, send: SendStep) -> Security:
    """The mode that the sender is told: its own word, else the fake's."""
    return Security(send.security or given.smtp_server.security)


def needed_features(
    given: Given, sends: tuple[SendStep, ...], said: tuple[str, ...]
) -> frozenset[str]:
    """What a sender must be able to do to be asked this."""
    needed = {f"api:{given.api.provider}" if given.api is not None else "smtp", *said}
    for send in sends:
        if not send.verify:
            needed.add(_UNVERIFIED)
        if send.message.get("attachments"):
            needed.add("attachments")
        if given.api is not None:
            continue
        needed.add(f"security:{security_of(given, send)}")
        if send.server_name is not None:
            needed.add("server_name")
        if send.ehlo_name is not None:
            needed.add("ehlo_name")
        if send.access_token is not None:
            needed.add("access_token")
        if "envelope_from" in send.message:
            needed.add("envelope_from")
    return frozenset(needed)
