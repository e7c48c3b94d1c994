"""What every world has: fakes that run, one record, and a request for the sender."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.delivery_protocol import ConfigureRequest, TestSendRequest
from harness.fakes.fake import Fake
from harness.fakes.transcript import Bounds, Transcript
from harness.protocol import ApiTransport, Mailbox, Message, SendRequest, SmtpTransport
from harness.run_context import RunContext
from harness.scenario.case import Case
from harness.scenario.step import ConfigureStep, SendStep, TestSendStep, Told
from harness.secrets import Secrets

from .made_content import made

# A connection is accepted, made, begun and read in a turn each.
_QUIET_TURNS = 6
# Whoever sends on for ever is not waited for.
_MOST_TURNS = 2000
# Far above what any case needs; beyond it a sender is in a loop, and would fill the memory.
_BOUNDS = Bounds(events=50_000, octets=128 * 1024 * 1024)


@dataclass(slots=True, kw_only=True)
class World(ABC):
    """All fakes of one case. `logical`: the sender is told real-looking names and ports.

    `main` is the label of the fake that the sender is told of.
    """

    case: Case
    context: RunContext
    logical: bool
    main: str
    transcript: Transcript = field(default_factory=lambda: Transcript(bounds=_BOUNDS))
    fakes: dict[str, Fake[Any]] = field(default_factory=dict)
    _stacks: dict[str, AsyncExitStack] = field(default_factory=dict)

    @property
    @abstractmethod
    def secrets(self) -> Secrets:
        """What must be found nowhere."""

    @property
    @abstractmethod
    def host(self) -> str:
        """The name by which the sender is told the server it has to use."""

    @property
    @abstractmethod
    def in_clear(self) -> bool:
        """Whether the sender is told to send in clear."""

    @abstractmethod
    async def start(self) -> None:
        """Start every fake."""

    @abstractmethod
    async def change(self, words: Mapping[str, Any]) -> None:
        """Put the main fake into another state; its port and the record go on."""

    @abstractmethod
    def transport(self, told: Told) -> SmtpTransport | ApiTransport:
        """What the sender is told of its configuration."""

    @abstractmethod
    def connect_to(self, told: Told) -> dict[str, str]:
        """Where the names that it is told really are; empty where they are real."""

    def request(self, send: SendStep, *, number: int = 1) -> SendRequest:
        """The document that asks the sender for this send, the nth of those without settings."""
        token = self.context.dice(f"{self.case.id}:message").getrandbits(64)
        return SendRequest(
            case=self.case.id,
            transport=None if send.stored else self.transport(send),
            connect_to=self.every_address(send),
            trust=self.context.trust,
            message=self._message(send, token, number=number if send.stored else 1),
            timeout=self.context.timeout,
        )

    def _message(self, send: SendStep, token: int, *, number: int) -> Message:
        plain = _plain_message(token, number=number)
        return Message.model_validate({**plain, **made(send.message, self.transcript)})

    def settings(self, told: ConfigureStep) -> ConfigureRequest:
        """The document that hands the sender settings to store."""
        return ConfigureRequest(
            case=self.case.id,
            transport=None if told.provider == "none" else self.transport(told),
            from_=told.from_,
            enabled=told.enabled,
            connect_to=self.every_address(told),
            trust=self.context.trust,
            timeout=self.context.timeout,
        )

    def test_message(self, step: TestSendStep) -> TestSendRequest:
        """The document that asks the sender for a test message."""
        return TestSendRequest(
            case=self.case.id,
            to=step.to,
            connect_to=self.every_address(SendStep(stored=True)),
            trust=self.context.trust,
            timeout=self.context.timeout,
        )

    def every_address(self, told: Told) -> dict[str, str]:
        """Where the names are that the sender is told with this, or was told before."""
        if not self.logical:
            return {}
        is_stored = isinstance(told, SendStep) and told.stored
        found: dict[str, str] = {}
        for each in self.case.told if is_stored else (told,):
            found |= self.connect_to(each)
        return found

    @property
    def surroundings(self) -> dict[str, Any]:
        """What every fake of this world is made with."""
        return {
            "authority": self.context.authority,
            "ca_file": Path(self.context.trust.ca_file),
            "transcript": self.transcript,
            "timeout": self.context.timeout,
        }

    async def settle(self) -> None:
        """Let the fakes read what has reached this machine, until nothing new comes.

        A sender may answer before they have come to its last octets. On loopback those lie with
        the receiver as soon as they are sent; turns of the event loop are all that is missing.
        """
        quiet = turns = 0
        while quiet < _QUIET_TURNS and turns < _MOST_TURNS:
            before = len(self.transcript), self.transcript.segments
            await asyncio.sleep(0)
            now = len(self.transcript), self.transcript.segments
            quiet = quiet + 1 if now == before else 0
            turns += 1

    async def start_fake(self, fake: Fake[Any]) -> None:
        """Start one, under its label."""
        stack = AsyncExitStack()
        await stack.enter_async_context(fake.serve())
        self._stacks[fake.label] = stack
        self.fakes[fake.label] = fake

    async def stop_fake(self, label: str) -> None:
        """Stop one."""
        await self._stacks.pop(label).aclose()

    async def stop(self) -> None:
        """Stop every fake, the last one first."""
        for label in reversed(list(self._stacks)):
            await self.stop_fake(label)


def _plain_message(token: int, *, number: int) -> dict[str, Any]:
    """The default message, of which a scenario may say other parts.

    The second and each later one of a case has a recipient of its own, by whom it is known.
    """
    recipient = "recipient" if number == 1 else f"recipient-{number}"
    return {
        "from": Mailbox(name="Harness", address="sender@harness.test"),
        "to": [Mailbox(address=f"{recipient}@harness.test")],
        "subject": f"Harness message {token + number - 1:016x}",
        "text": f"This message was asked for by a test.\nIts token is {token + number - 1:016x}.\n",
    }
