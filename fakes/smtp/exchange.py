"""What passes between a conversation and whoever decides in it, as values.

The conversation knows SMTP, a provider's rules know accounts; they meet in these.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ..duration import Duration
from ..vendor_answer import VendorAnswer, check_variables, filled

# Many addresses may be named in one reply; clients bound the length of a line.
_LONGEST = 2000

Reply = Annotated[str, Field(pattern=r"\A[2-5]\d\d( .*)?\z")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """Credentials as they were presented.

    `proves(password)` tells whether they show that the sender knows this password, whichever the
    mechanism. `username` holds octets that are no UTF-8 as surrogates. `last_challenge` is the last
    one that was sent, as sent; "" where there was none. `by_token`: an OAuth token was presented in
    place of a password, where "" as user name leaves it to the token whose it is.
    """

    mechanism: str
    username: str
    proves: Callable[[str], bool]
    last_challenge: str = ""
    by_token: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthDecision:
    """Whether an attempt succeeds. `reply` None: the server's own words for that."""

    right: bool
    reply: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """Whom a message is from and for; `mail_from` "" is the null sender."""

    mail_from: str
    rcpt_tos: tuple[str, ...]


class VendorReply(VendorAnswer):
    """One reply of a vendor's: its code and its text in one line."""

    text: Reply
    """The literal, in which `<name>` is a variable part."""

    @model_validator(mode="after")
    def _variables_have_examples(self) -> Self:
        check_variables(self.text, self.example)
        return self

    @property
    def is_positive(self) -> bool:
        """Whether it is a 2xx."""
        return self.text.startswith("2")

    def filled(self, **variables: str) -> VendorReply:
        """The reply, its variable parts filled in, as far as they are printable, up to a length."""
        shown = {name: _in_a_line(value) for name, value in variables.items()}
        return self.model_copy(update={"text": filled(self.text, shown)})


def _in_a_line(value: str) -> str:
    cut = value[:_LONGEST]
    return "".join(character if character.isprintable() else "?" for character in cut)


class Dialect(BaseModel):
    """How a vendor's server speaks while nothing is wrong.

    Where nothing else is said a field is a whole reply.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)

    source: str
    """How it is known."""

    greeting: str
    """What follows 220."""

    clear: tuple[str, ...] = Field(strict=False)
    """The lines of the EHLO reply outside TLS, without their codes. `<peer>` is the sender's
    address."""

    secure: tuple[str, ...] = Field(strict=False)
    """The same inside TLS."""

    starttls: Reply
    """The reply to STARTTLS."""

    authenticated: Reply
    """The reply to AUTH, when all is well."""

    sender: Reply
    """The reply to MAIL."""

    recipient: Reply
    """The reply to RCPT."""

    go_ahead: Reply
    """The reply to DATA."""

    bye: Reply
    """The reply to QUIT."""

    done: Reply
    """The reply to RSET and NOOP."""

    unauthenticated: tuple[Literal["MAIL", "RCPT"], Reply] = Field(strict=False)
    """The command that is refused without AUTH, and the reply to it."""

    too_large: Reply
    """The reply to a message that is beyond the limit."""

    size: int = Field(ge=1)
    """The limit in octets, advertised or not."""

    idle: Duration | None = None
    """For how long the server waits for a silent sender, a second of its own being one time-out;
    None: that is not known, and it waits for ever."""

    mechanisms: tuple[Literal["LOGIN", "PLAIN", "CRAM-MD5"], ...] = Field(
        default=("PLAIN", "LOGIN"), strict=False
    )
    """The mechanisms of AUTH."""

    tls: Literal["required", "offered"] = "offered"
    """Whether TLS has to come first."""

    auth: Literal["always", "after-tls"] = "always"
    """Whether AUTH waits for TLS."""

    implicit: bool = True
    """Whether there is a port with TLS from the first octet."""

    smtputf8: bool = False
    """Whether it has SMTPUTF8."""

    asides: dict[str, VendorReply] = Field(default_factory=dict)
    """The replies beside a transaction, by name, each with its mark; the names are those of
    `VendorSession`."""
