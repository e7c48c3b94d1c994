"""What the honest reply says, in other words, and replies without an end."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from ...duration import Duration, seconds
from ...wire_text import Octets
from ..moments import Stage
from ..steps import SendOctets, Step, Wait
from .base import FaultAction


class Reword(FaultAction):
    """The deed and the meaning of the honest reply, in words of one's own.

    A challenge of AUTH stays as it is, because its text is no mere words.
    """

    # Of HTTP the words are a matter of `respond`.
    only_at: ClassVar[frozenset[Stage]] = frozenset(Stage) - {
        Stage.CONNECT, Stage.HANDSHAKE, Stage.BODY, Stage.IDLE, Stage.REQUEST,
    }  # fmt: skip
    do: Literal["reword"]
    text: Octets = ""
    """What stands behind the code, a character of Latin-1 for each octet; each line of it becomes
    a line of the reply, ahead of what EHLO lists. Default: the reply is its code alone."""

    as_one_line: bool = False
    """Whether a line feed in the text ends no line of the reply, and is an octet as any other."""

    code: int | None = Field(default=None, ge=200, le=599)
    """Another code of the same first digit; where the honest one has another, that one stays.
    Default: the honest code."""

    def steps(self, honest: bytes, *, timeout: float) -> list[Step]:
        first, *listed = honest.decode("latin-1").removesuffix("\r\n").split("\r\n")
        code = first[:3]
        if code == "334":
            return [SendOctets(honest)]
        if self.code is not None and str(self.code)[0] == code[0]:
            code = str(self.code)
        said = [self.text] if self.as_one_line else self.text.split("\n")
        texts = [*said, *(line[4:] for line in listed)]
        *before, last = texts
        lines = [f"{code}-{text}" for text in before] + [f"{code} {last}" if last else code]
        return [SendOctets("".join(f"{line}\r\n" for line in lines).encode("latin-1"))]


class Repeat(FaultAction):
    """The same octets again and again: a reply without an end."""

    in_place_of_the_honest = True
    do: Literal["repeat"]
    data: Octets = Field(min_length=1)
    """The octets, a character of Latin-1 for each."""

    at_once: int = Field(default=1, ge=1, le=65_536)
    """How many times they stand in what is sent at a time."""

    every: Duration
    """The pause before each time: `0.4x` (of the sender's time-out), `300ms` or `1.5s`."""

    most: int = Field(default=1000, ge=1, le=100_000)
    """How often at most; silence until the sender leaves comes behind them."""

    def steps(self, honest: bytes, *, timeout: float) -> list[Step]:
        pause = Wait(seconds(self.every, timeout=timeout))
        octets = SendOctets(self.data.encode("latin-1") * self.at_once)
        again: list[Step] = [pause, octets]
        return [*(again * self.most), Wait(None)]
