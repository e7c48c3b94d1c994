"""A case: a scenario with its axes filled in. What runs, and what gets a verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from harness.model import Level

    from .given import Given
    from .model import Then
    from .step import SendStep, Step, Told


class Content(Protocol):
    """What a case is about; it may be read when it is first looked at."""

    @property
    def given(self) -> Given:
        """The servers, and what they do."""
        ...

    @property
    def steps(self) -> tuple[Step, ...]:
        """What the sender is asked."""
        ...

    @property
    def then(self) -> Then | None:
        """What must come out; None in a control."""
        ...


@dataclass(frozen=True, slots=True)
class CaseContent:
    """What a case is about."""

    given: Given
    steps: tuple[Step, ...]
    then: Then | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One case. `control` is the id of its control; a control (`is_control`) has none itself.

    `source` is the file as the user named it, and `line` the one that says what must come out.
    `needs` are the features that a sender must have to be asked this, and `providers` those by
    which it is told to send, by their APIs or their SMTP services. `level` is how binding it is
    that a control succeeds. Whoever only lists or selects cases looks at
    these alone, and no model is imported or filled for it.
    """

    id: str
    scenario: str
    title: str
    axes: Mapping[str, str]
    tags: tuple[str, ...]
    requirements: tuple[str, ...]
    situations: tuple[str, ...]
    needs: frozenset[str]
    providers: frozenset[str]
    is_control: bool
    control: str | None
    level: Level
    source: str
    line: int = 1
    content: Content

    @property
    def given(self) -> Given:
        """The servers, and what they do."""
        return self.content.given

    @property
    def steps(self) -> tuple[Step, ...]:
        """What the sender is asked, in order."""
        return self.content.steps

    @property
    def then(self) -> Then | None:
        """What must come out; None in a control."""
        return self.content.then

    @property
    def sends(self) -> tuple[SendStep, ...]:
        """Every send, in order."""
        return tuple(step.send for step in self.steps if step.send is not None)

    @property
    def told(self) -> tuple[Told, ...]:
        """Every configuration that the sender is told, in order; at least the plain one."""
        told = tuple(step.told for step in self.steps if step.told is not None)
        return told or _plain()

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


def _plain() -> tuple[Told, ...]:
    from .step import SendStep  # noqa: PLC0415  # whoever looks at a step has it imported

    return (SendStep(),)
