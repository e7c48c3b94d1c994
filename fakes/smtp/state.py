"""The state that a fake SMTP server is put in: the words of `given: smtp:` and of `Smtp(...)`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from ..duration import Duration
from ..server_state import ServerState
from ..wire_text import WireText

SecurityMode = Literal["none", "starttls", "tls"]
Extension = Literal["DSN", "REQUIRETLS", "MT-PRIORITY", "PIPELINING", "CHUNKING"]
Mechanism = Literal[
    "LOGIN", "PLAIN", "CRAM-MD5", "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS", "XOAUTH2", "OAUTHBEARER"
]  # fmt: skip

DEFAULT_HOSTNAME = "mx.fake.test"
DEFAULT_SIZE = 33_554_432
# RFC 1870 section 3 has twenty digits for it.
MOST_OCTETS = 10**20 - 1


# Who reads these in the list may send what the fake would not understand.
_NOT_KEPT = frozenset(["BINARYMIME", "BURL"])


def _keyword(line: str) -> str:
    """The first word of a line of the reply to EHLO, in upper case."""
    return "".join(line.upper().split()[:1])


def _one_line(text: str) -> str:
    if any(character in text for character in "\r\n"):
        raise ValueError("it has to be a single line")
    return text


Line = Annotated[WireText, AfterValidator(_one_line)]


class ScramState(BaseModel):
    """How the fake behaves in SCRAM-SHA-256 and SCRAM-SHA-256-PLUS."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    iterations: int = Field(default=4096, ge=1, le=10**10)
    """How many rounds the password has to go through. Beyond a million the fake compares nothing,
    and refuses whatever is proved."""

    nonce: Literal["extended", "repeated", "replaced"] = "extended"
    """The nonce that the server goes on with: the sender's and more, nothing but the sender's, or
    another one."""

    extension: Line = ""
    """A mandatory extension that the server's first message begins with, as `m=x`. Default:
    none."""

    signature: Literal["right", "wrong", "missing"] = "right"
    """The server's proof that it knows the password, which a sender has to look at before it takes
    235 for success."""


class AuthState(BaseModel):
    """How the fake authenticates."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    mechanisms: tuple[Mechanism, ...] = Field(default=("LOGIN", "PLAIN"), strict=False)
    """The mechanisms that are offered and taken; `XOAUTH2` and `OAUTHBEARER` want the account's
    `access_token`. `SCRAM-SHA-256-PLUS` is bound by `tls-server-end-point`, or by `tls-unique`
    where TLS is older than 1.3."""

    offer: Literal["after-tls", "always", "before-tls", "never"] | None = None
    """When AUTH is offered and taken; with `before-tls` it disappears inside TLS. Default:
    `after-tls`, or `always` where the fake has no TLS."""

    lines: tuple[Line, ...] | None = Field(default=None, strict=False)
    """EHLO lines in place of the honest `AUTH LOGIN PLAIN`: this is how a fake lies."""

    initial_response: Literal["accepted", "ignored", "refused"] = "accepted"
    """What becomes of the response in `AUTH PLAIN <response>`: it is taken, asked for again with
    334, or refused with 501."""

    prompts: tuple[WireText, WireText] = Field(default=("Username:", "Password:"), strict=False)
    """The texts of the two LOGIN challenges."""

    prompts_encoded: bool = True
    """Whether the LOGIN challenges are sent in base64, as they have to be."""

    broken: tuple[Mechanism, ...] = Field(default=(), strict=False)
    """Mechanisms that are offered and carried out, and refuse whatever is presented."""

    scram: ScramState = ScramState()
    """How it behaves in SCRAM."""

    endless: bool = False
    """Whether it begins each exchange anew when all was answered, for ever, and so never comes to
    a verdict; only `*` ends it."""

    cancelled: Line = "501 5.7.0 Auth aborted"
    """The reply to `*`, with which a sender ends an exchange; "" is none at all."""

    refusal: Line | None = None
    """The reply to wrong credentials, as `535 5.7.8 no`, where `<response>` stands for what the
    sender answered last, in base64 as it came. Default: aiosmtpd's 535."""

    token_error: dict[str, WireText] | None = None
    """What the JSON document says that is sent behind 334 about a refused token, ahead of the
    refusal, as `{status: "400", schemes: Bearer, scope: "https://mail.google.com/"}`. Default: that
    of the mechanism's own specification."""

    required: bool | None = None
    """Whether MAIL needs a log-in. Default: where AUTH is offered at the end."""

    ehlo_afterwards: Literal["accepted", "refused", "hang-up"] = "accepted"
    """What becomes of an EHLO after a log-in: it is answered, refused with 503, or it ends the
    connection."""

    size_afterwards: int | None = Field(default=None, ge=1, le=MOST_OCTETS)
    """The limit of a message after a log-in, in octets. Default: `size`, as before."""


class SmtpState(ServerState):
    """A fake SMTP server's whole state, beside what every server has (`ServerState`)."""

    security: SecurityMode = "starttls"
    """How connections are secured: not at all, by the STARTTLS upgrade, or by TLS from the first
    octet."""

    starttls: Literal["required", "offered", "unadvertised", "absent"] = "required"
    """Where `security` is `starttls`, how it stands with the upgrade: everything else is 530
    before it (`required`), it may be left out (`offered`), it is taken and not listed
    (`unadvertised`), or neither (`absent`)."""

    auth: AuthState = AuthState()
    """How the fake authenticates."""

    username: WireText | None = None
    """The name of the one account. Default: made up."""

    password: WireText | None = None
    """The account's password. Default: made up; wherever that is found, it is a leak."""

    access_token: WireText | None = None
    """The OAuth token that is good for the account, by the mechanisms that take one. Default: made
    up; wherever that is found, it is a leak."""

    hostname: Line = DEFAULT_HOSTNAME
    """The server's name in its greeting and in its reply to EHLO."""

    ehlo: tuple[Line, ...] = Field(default=(), strict=False)
    """More lines for the reply to EHLO, as `X-FEATURE 4711`. An extension that the fake has is in
    force where it is listed here, too; one that would have to be kept, and is not, is refused."""

    size: int = Field(default=DEFAULT_SIZE, ge=1, le=MOST_OCTETS)
    """The limit of a message in octets, declared with SIZE and kept."""

    size_words: Line | None = None
    """What stands behind SIZE in the reply to EHLO in place of the limit, as `0`; "" is nothing at
    all."""

    eightbitmime: bool = True
    """Whether 8BITMIME is offered; where it is not, MAIL may not say BODY."""

    smtputf8: bool = False
    """Whether SMTPUTF8 is offered."""

    extensions: tuple[Extension, ...] = Field(default=(), strict=False)
    """More extensions that are offered. The parameters of `DSN`, `REQUIRETLS` and `MT-PRIORITY` are
    taken, and change nothing; with `CHUNKING` there is BDAT (RFC 3030)."""

    pipelining: Literal["whole", "broken"] = "whole"
    """What becomes of commands that come together: all are answered, or those behind the first get
    lost."""

    data_without_recipients: Literal["refused", "taken"] = "refused"
    """What answers DATA where no recipient was accepted: 503, or 354 and a 554 behind the content,
    as RFC 2920 section 3.1 lets a server do."""

    idle: Duration | None = None
    """For how long the sender may be silent where it is its turn; then it is told so with 421, and
    hung up on. Default: for as long as it likes."""

    messages_per_connection: int | None = Field(default=None, ge=1)
    """How many messages a connection may carry; MAIL for one more gets 421, and the connection
    ends. Default: any number."""

    @model_validator(mode="after")
    def _makes_sense(self) -> SmtpState:
        if self.security != "starttls" and "starttls" in self.model_fields_set:
            raise ValueError(f"starttls: says nothing where security is {self.security!r}")
        if (self.username is None) != (self.password is None):
            raise ValueError("username and password go together: give both or neither")
        for line in self.ehlo:
            if _keyword(line) in _NOT_KEPT:
                raise ValueError(f"ehlo: the fake has no {_keyword(line)}, and cannot keep it")
        return self

    @property
    def offered(self) -> frozenset[str]:
        """The keywords of `extensions`, and those of the lines of `ehlo`."""
        return frozenset((*self.extensions, *map(_keyword, self.ehlo)))

    @property
    def auth_offer(self) -> Literal["after-tls", "always", "before-tls", "never"]:
        """When AUTH is offered, the default worked out."""
        if self.auth.offer is not None:
            return self.auth.offer
        return "always" if self.security == "none" else "after-tls"

    @property
    def auth_required(self) -> bool:
        """Whether MAIL needs AUTH, the default worked out."""
        if self.auth.required is not None:
            return self.auth.required
        return self.auth_offer in {"after-tls", "always"}
