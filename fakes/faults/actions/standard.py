"""The actions that the harness comes with."""

from __future__ import annotations

from http import HTTPStatus
from typing import ClassVar, Literal

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
        Stage.BDAT, Stage.END_OF_DATA, Stage.RSET, Stage.NOOP, Stage.QUIT,
    ]
)  # fmt: skip

# Where one reply of SMTP is due, which a vendor may refuse with.
_ANSWERS = (_TAKES | {Stage.STARTTLS, Stage.AUTH, Stage.DATA}) - {Stage.QUIT}

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
    """Another reply. At MAIL, RCPT, end of data and the like a 2xx really accepts."""

    do: Literal["reply"]
    code: int = Field(ge=200, le=599)
    """The reply code."""

    text: WireText = ""
    """What stands behind the code; each line of it becomes a line of the reply. Default: the
    reply is its code alone."""

    close: bool = False
    """Whether it hangs up after the reply."""

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
    """Another HTTP response; the fake does not do what it was asked, and nothing is taken."""

    in_place_of_the_honest = True
    do: Literal["respond"]
    status: int = Field(ge=200, le=599)
    """The HTTP status."""

    headers: dict[Octets, Octets] = Field(default_factory=dict)
    """Headers beside Content-Length, by name. In a scenario `<origin:label>` stands for where the
    sender finds another server of `also`."""

    body: WireText = ""
    """The body, sent in UTF-8."""

    close: bool = False
    """Whether it hangs up after the response."""

    def steps(self, honest: bytes, *, timeout: float) -> list[Step]:
        body = self.body.encode("utf-8")
        headers = {**self.headers, "Content-Length": str(len(body))}
        lines = [f"HTTP/1.1 {self.status} {_phrase(self.status)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        data = "\r\n".join([*lines, "", ""]).encode("latin-1") + body
        return [SendOctets(data), Close()] if self.close else [SendOctets(data)]


class AnswerWithRefusal(FaultAction):
    """One of the vendor's own refusals, as its table has it; nothing is taken."""

    only_at: ClassVar[frozenset[Stage]] = frozenset([Stage.REQUEST, *_ANSWERS])
    in_place_of_the_honest = True
    do: Literal["refuse"]
    case: str
    """The refusal by its name, as `rate-limited`: `docs/provider-coverage.md` lists them, those of
    the API and those of the SMTP service. Of Amazon SES, the API that is asked answers in its own
    form."""

    fill: dict[str, WireText] = Field(default_factory=dict)
    """What stands in its variable parts, by name. Default: a plausible value for each."""

    headers: dict[Octets, Octets] = Field(default_factory=dict)
    """Headers of an API's response beside those of the vendor, by name, such as Retry-After."""

    def steps(self, honest: bytes, *, timeout: float) -> list[Step]:
        # Its response takes the honest one's place: what the vendor says is not known down here.
        return [SendOctets(honest)]


class Switch(FaultAction):
    """A multi-line reply whose code changes on the last line."""

    in_place_of_the_honest = True
    do: Literal["switch"]
    first: int = Field(ge=200, le=599)
    """The code on the first line."""

    last: int = Field(ge=200, le=599)
    """The code on the last line."""

    def steps(self, honest: bytes, *, timeout: float) -> list[Step]:
        return [SendOctets(f"{self.first}-as you wish\r\n{self.last} or not\r\n".encode())]


class Garble(FaultAction):
    """Octets that are no reply."""

    in_place_of_the_honest = True
    do: Literal["garble"]
    data: Octets = "\x00\x9f\xff\x1b\x80garbage\xfe\xfd"
    """The octets, a character of Latin-1 for each. Default: binary ones without a line end."""

    below_tls: bool = False
    """Whether they go to the socket itself, outside of the encryption, as somebody on the path
    would write them."""

    def steps(self, honest: bytes, *, timeout: float) -> list[Step]:
        data = self.data.encode("latin-1")
        return [SendBelowTls(data)] if self.below_tls else [SendOctets(data)]


class Stall(FaultAction):
    """Silence until the sender leaves."""

    do: Literal["stall"]
    octets: int = Field(default=0, ge=0)
    """How many octets of the honest reply are sent before the silence."""

    def honest_first(self, stage: Stage) -> bool:
        return self.octets > 0

    def steps(self, honest: bytes, *, timeout: float) -> list[Step]:
        beginning = honest[: self.octets]
        return [SendOctets(beginning), Wait(None)] if beginning else [Wait(None)]


class Late(FaultAction):
    """The honest reply, but later."""

    do: Literal["late"]
    wait: Duration
    """How much later: `2.5x` (of the sender's time-out), `300ms` or `1.5s`."""

    def steps(self, honest: bytes, *, timeout: float) -> list[Step]:
        return [Wait(seconds(self.wait, timeout=timeout)), SendOctets(honest)]


class Drip(FaultAction):
    """A reply octet by octet."""

    do: Literal["drip"]
    every: Duration
    """The pause before each octet: `0.5x` (of the sender's time-out), `300ms` or `1.5s`."""

    data: Octets | None = None
    """The octets, a character of Latin-1 for each. Default: the honest reply."""

    def honest_first(self, stage: Stage) -> bool:
        return self.data is None

    def steps(self, honest: bytes, *, timeout: float) -> list[Step]:
        pause = Wait(seconds(self.every, timeout=timeout))
        octets = honest if self.data is None else self.data.encode("latin-1")
        return [step for octet in octets for step in (pause, _OCTETS[octet])]


class HangUp(FaultAction):
    """Close the connection instead of replying."""

    in_place_of_the_honest = True
    do: Literal["close"]
    close_notify: bool = True
    """Whether TLS is ended properly, by a close_notify, before the connection is."""

    def steps(self, honest: bytes, *, timeout: float) -> list[Step]:
        return [Close(close_notify=self.close_notify)]


class Abort(FaultAction):
    """Reset the connection instead of replying."""

    in_place_of_the_honest = True
    do: Literal["reset"]

    def steps(self, honest: bytes, *, timeout: float) -> list[Step]:
        return [Reset()]


class Truncate(FaultAction):
    """The beginning of the honest reply, then the end of the connection."""

    do: Literal["truncate"]
    octets: int = Field(ge=1)
    """How many octets of the honest reply are sent."""

    def steps(self, honest: bytes, *, timeout: float) -> list[Step]:
        return [SendOctets(honest[: self.octets]), Close()]


class Inject(FaultAction):
    """More octets behind the honest reply, in the same segment."""

    do: Literal["inject"]
    data: Octets
    """The octets, a character of Latin-1 for each."""

    below_tls: bool = False
    """Whether they go to the socket itself, outside of the encryption, as somebody on the path
    would write them."""

    @model_validator(mode="after")
    def _says_something(self) -> Inject:
        if not self.data:
            raise ValueError("there is nothing to inject: give data")
        return self

    def steps(self, honest: bytes, *, timeout: float) -> list[Step]:
        data = self.data.encode("latin-1")
        if self.below_tls:
            return [SendOctets(honest), SendBelowTls(data)]
        return [SendOctets(honest + data)]
