"""A case: a scenario with its axes filled in. What runs, and what gets a verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.protocol import Security

from .given import Given
from .model import Then
from .step import SendStep, Step, Told


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
    def told(self) -> tuple[Told, ...]:
        """Every configuration that the sender is told, in order; at least the plain one."""
        told = (step.told for step in self.steps)
        return tuple(each for each in told if each is not None) or (SendStep(),)

    @property
    def reads_its_log(self) -> bool:
        """Whether the sender's delivery log is asked for as such."""
        return any(step.deliveries is not None for step in self.steps)

    @property
    def keeps_state(self) -> bool:
        """Whether the sender needs a state of its own for this case."""
        return "state" in self.needs

    @property
    def ends_the_sender(self) -> bool:
        """Whether the sender is ended and started again, or there are several of it."""
        return any(
            step.restart is not None
            or step.instances is not None
            or (step.send is not None and step.send.killed)
            for step in self.steps
        )

    @property
    def has_several_senders(self) -> bool:
        """Whether there are several of the sender, on one state."""
        return any(step.instances is not None for step in self.steps)

    @property
    def rows(self) -> tuple[str, ...]:
        """Every requirement and situation that it verifies."""
        return self.requirements + self.situations


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
