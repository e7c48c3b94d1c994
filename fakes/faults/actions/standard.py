"""The actions that the harness comes with."""

from __future__ import annotations

from http import HTTPStatus
from typing import Literal

from pydantic import Field, model_validator

from ...duration import Duration, seconds
from ...wire_text import Octets, WireText
from ..moments import Stage
from ..steps import Close, Reset, SendBelowTls, SendOctets, Step, Wait
from .base import FaultAction

# Stages at which a 2xx reply means that the fake really takes what it was offered. At the
# others (STARTTLS, AUTH, DATA) a reply in place of the honest one changes nothing but words.
_TAKES = frozenset(
    [
        Stage.GREETING, Stage.EHLO, Stage.HELO, Stage.MAIL, Stage.RCPT,
        Stage.END_OF_DATA, Stage.RSET, Stage.NOOP, Stage.QUIT,
    ]
)  # fmt: skip

# One for each octet: a reply that drips is made of these.
_OCTETS = tuple(SendOctets(bytes([octet])) for octet in range(256))


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


class Honest(FaultAction):
    """Nothing wrong this time: for sequences."""

    do: Literal["honest"]

    def steps(self, honest: bytes, *, timeout: float) -> list[Step]:
        return [SendOctets(honest)]


class SendReply(FaultAction):
    """Another reply. `text` may hold several lines; each becomes a line of the reply.

    Without `text` the reply is its code alone. `close`: hang up after it. At MAIL, RCPT, end of
    data and the like a 2xx really accepts.
    """

    do: Literal["reply"]
    code: int = Field(ge=200, le=599)
    text: WireText = ""
    close: bool = False

    @property
    def challenges(self) -> bool:
        return self.code == 334

    def honest_first(self, stage: Stage) -> bool:
        if stage is Stage.AUTH:
            return self.challenges
        return stage in _TAKES and self.code < 300

    def steps(self, honest: bytes, *, timeout: float) -> list[Step]:
        *before, last = self.text.replace("\r\n", "\n").split("\n")
        lines = [f"{self.code}-{line}" for line in before] + [f"{self.code} {last}"]
        if not self.text and self.code != 334:  # only a challenge keeps its blank (RFC 4954)
            lines = [str(self.code)]
        data = "".join(f"{line}\r\n" for line in lines).encode("utf-8")
        return [SendOctets(data), Close()] if self.close else [SendOctets(data)]


class SendResponse(FaultAction):
    """Another HTTP response. `headers` are added; `body` is UTF-8.

    The fake does not do what it was asked: nothing is taken. `close`: hang up after it.
    """

    in_place_of_the_honest = True
    do: Literal["respond"]
    status: int = Field(ge=200, le=599)
    headers: dict[Octets, Octets] = Field(default_factory=dict)
    body: WireText = ""
    close: bool = False

    def steps(self, honest: bytes, *, timeout: float) -> list[Step]:
        body = self.body.encode("utf-8")
        headers = {**self.headers, "Content-Length": str(len(body))}
        lines = [f"HTTP/1.1 {self.status} {_phrase(self.status)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        data = "\r\n".join([*lines, "", ""]).encode("latin-1") + body
        return [SendOctets(data), Close()] if self.close else [SendOctets(data)]


class Switch(FaultAction):
    """A multi-line reply whose code changes on the last line."""

    in_place_of_the_honest = True
    do: Literal["switch"]
    first: int = Field(ge=200, le=599)
    last: int = Field(ge=200, le=599)

    def steps(self, honest: bytes, *, timeout: float) -> list[Step]:
        return [SendOctets(f"{self.first}-as you wish\r\n{self.last} or not\r\n".encode())]


class Garble(FaultAction):
    """Octets that are no reply. `data` is Latin-1; the default is binary without a line end.

    `below_tls`: on the socket itself, as somebody on the path would write them.
    """

    in_place_of_the_honest = True
    do: Literal["garble"]
    data: Octets = "\x00\x9f\xff\x1b\x80garbage\xfe\xfd"
    below_tls: bool = False

    def steps(self, honest: bytes, *, timeout: float) -> list[Step]:
        data = self.data.encode("latin-1")
        return [SendBelowTls(data)] if self.below_tls else [SendOctets(data)]


class Stall(FaultAction):
    """Silence until the sender leaves, after the first `octets` of the honest reply."""

    do: Literal["stall"]
    octets: int = Field(default=0, ge=0)

    def honest_first(self, stage: Stage) -> bool:
        return self.octets > 0

    def steps(self, honest: bytes, *, timeout: float) -> list[Step]:
        beginning = honest[: self.octets]
        return [SendOctets(beginning), Wait(None)] if beginning else [Wait(None)]


class Late(FaultAction):
    """The honest reply, but later."""

    do: Literal["late"]
    wait: Duration

    def steps(self, honest: bytes, *, timeout: float) -> list[Step]:
        return [Wait(seconds(self.wait, timeout=timeout)), SendOctets(honest)]


class Drip(FaultAction):
    """The reply octet by octet, `every` so often; without `data` it is the honest one."""

    do: Literal["drip"]
    every: Duration
    data: Octets | None = None

    def honest_first(self, stage: Stage) -> bool:
        return self.data is None

    def steps(self, honest: bytes, *, timeout: float) -> list[Step]:
        pause = Wait(seconds(self.every, timeout=timeout))
        octets = honest if self.data is None else self.data.encode("latin-1")
        return [step for octet in octets for step in (pause, _OCTETS[octet])]


class HangUp(FaultAction):
    """Close the connection instead of replying. Inside TLS, with `close_notify` or without."""

    in_place_of_the_honest = True
    do: Literal["close"]
    close_notify: bool = True

    def steps(self, honest: bytes, *, timeout: float) -> list[Step]:
        return [Close(close_notify=self.close_notify)]


class Abort(FaultAction):
    """Reset the connection instead of replying."""

    in_place_of_the_honest = True
    do: Literal["reset"]

    def steps(self, honest: bytes, *, timeout: float) -> list[Step]:
        return [Reset()]


class Truncate(FaultAction):
    """The first `octets` of the honest reply, then the end of the connection."""

    do: Literal["truncate"]
    octets: int = Field(ge=1)

    def steps(self, honest: bytes, *, timeout: float) -> list[Step]:
        return [SendOctets(honest[: self.octets]), Close()]


class Inject(FaultAction):
    """More octets behind the honest reply, in the same segment. `data` is Latin-1."""

    do: Literal["inject"]
    data: Octets

    @model_validator(mode="after")
    def _says_something(self) -> Inject:
        if not self.data:
            raise ValueError("there is nothing to inject: give data")
        return self

    def steps(self, honest: bytes, *, timeout: float) -> list[Step]:
        return [SendOctets(honest + self.data.encode("latin-1"))]
