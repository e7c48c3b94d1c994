"""What passes between a conversation and whoever decides in it, as values.

The conversation knows SMTP, a provider's rules know accounts; they meet in these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from ..marks import Mark

# Many addresses may be named in one reply; clients bound the length of a line.
_LONGEST = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """Credentials as they were presented.

    `proves(password)` tells whether they show that the sender knows this password, whichever the
    mechanism. `username` holds octets that are no UTF-8 as surrogates. `last_challenge` is the last
    one that was sent, as sent; "" where there was none.
    """

    mechanism: str
    username: str
    proves: Callable[[str], bool]
    last_challenge: str = ""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorReply:
    """One reply of a vendor's: its code and its text in one line.

    `text` is the literal, in which `<name>` is a variable part. `when` says in plain words in
    which case the vendor answers so, `source` where it is known from, with a date where there
    is one.
    """

    name: str
    when: str
    text: str
    mark: Mark
    source: str

    @property
    def is_positive(self) -> bool:
        """Whether it is a 2xx."""
        return self.text.startswith("2")

    def filled(self, **variables: str) -> VendorReply:
        """The reply, its variable parts filled in, as far as they are printable, up to a length."""
        text = self.text
        for name, value in variables.items():
            text = text.replace(f"<{name}>", _in_a_line(value))
        return replace(self, text=text)


def _in_a_line(value: str) -> str:
    cut = value[:_LONGEST]
    return "".join(character if character.isprintable() else "?" for character in cut)


def by_name(replies: Iterable[VendorReply]) -> Mapping[str, VendorReply]:
    """Replies by their names."""
    return {reply.name: reply for reply in replies}


def _aside(name: str, when: str, text: str) -> VendorReply:
    return VendorReply(
        name=name, when=when, text=text, mark=Mark.SYNTHETIC, source="no session shows it"
    )


ASIDES: Mapping[str, VendorReply] = by_name(
    [
        _aside("helo", "HELO", "250 <name>"),
        _aside("help", "HELP", "214 See RFC 5321"),
        _aside("vrfy", "VRFY", "252 Cannot verify the user"),
        _aside("expn", "EXPN", "502 Command not implemented"),
        _aside("hello-first", "a command ahead of EHLO and HELO", "503 Bad sequence of commands"),
        _aside("nested", "MAIL inside a mail transaction", "503 Bad sequence of commands"),
        _aside("sender-first", "RCPT or DATA without MAIL", "503 Bad sequence of commands"),
        _aside("recipient-first", "DATA without a recipient", "503 Bad sequence of commands"),
        _aside("auth-inside", "AUTH inside a mail transaction", "503 Bad sequence of commands"),
        _aside("challenge", "AUTH PLAIN without an initial response", "334 "),
    ]
)
"""What a vendor's server says beside a transaction, in words of nobody's where its own are unknown.

`<name>` is the first line of its reply to EHLO.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How a vendor's server speaks while nothing is wrong. `source` says how that is known.

    `greeting` is what follows 220. `clear` and `secure` are the lines of the EHLO reply without
    their codes, outside and inside TLS; `<peer>` in them is the sender's address. The rest are
    whole replies; `sender` and `recipient` those to MAIL and RCPT, `done` that to RSET and NOOP.

    `unauthenticated` is the command that is refused without AUTH, and the reply to it. `tls`:
    whether it has to come first; `auth`: whether AUTH waits for it. `implicit`: whether there is a
    port with TLS from the first octet. `size` is the limit in octets, advertised or not.

    `asides` are the replies beside a transaction, by the names of `ASIDES`, each with its mark.
    """

    source: str
    greeting: str
    clear: tuple[str, ...]
    secure: tuple[str, ...]
    starttls: str
    authenticated: str
    sender: str
    recipient: str
    go_ahead: str
    bye: str
    done: str
    unauthenticated: tuple[Literal["MAIL", "RCPT"], str]
    too_large: str
    size: int
    mechanisms: tuple[Literal["LOGIN", "PLAIN", "CRAM-MD5"], ...] = ("PLAIN", "LOGIN")
    tls: Literal["required", "offered"] = "offered"
    auth: Literal["always", "after-tls"] = "always"
    implicit: bool = True
    smtputf8: bool = False
    asides: Mapping[str, VendorReply] = field(default_factory=lambda: ASIDES)
