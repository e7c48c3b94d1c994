"""The state that a fake SMTP server is put in: the words of `given: smtp:` and of `Smtp(...)`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from ..server_state import ServerState
from ..wire_text import WireText

SecurityMode = Literal["none", "starttls", "tls"]

DEFAULT_HOSTNAME = "mx.fake.test"
DEFAULT_SIZE = 33_554_432
# RFC 1870 section 3 has twenty digits for it.
MOST_OCTETS = 10**20 - 1


def _one_line(text: str) -> str:
    if any(character in text for character in "\r\n"):
        raise ValueError("it has to be a single line")
    return text


Line = Annotated[WireText, AfterValidator(_one_line)]


class AuthState(BaseModel):
    """How the fake authenticates.

    `offer`: when AUTH is offered and taken: `after-tls`, `always`, `before-tls` (it disappears
    inside TLS), `never`. Default: `after-tls`, or `always` where the fake has no TLS.
    `lines`: EHLO lines in place of the honest `AUTH LOGIN PLAIN`; this is how a fake lies.
    `initial_response`: to `AUTH PLAIN <response>`, take it, ask for it again with 334, or
    refuse it with 501. `prompts`: the texts of the two LOGIN challenges, sent in base64 unless
    `prompts_encoded` is false. `broken`: mechanisms that are offered and carried out, and refuse
    whatever is presented. `refusal`: the reply to wrong credentials, as `535 5.7.8 no`.
    `required`: MAIL needs it; default: where it is offered at the end.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    mechanisms: tuple[Literal["LOGIN", "PLAIN", "CRAM-MD5"], ...] = Field(
        default=("LOGIN", "PLAIN"), strict=False
    )
    offer: Literal["after-tls", "always", "before-tls", "never"] | None = None
    lines: tuple[Line, ...] | None = Field(default=None, strict=False)
    initial_response: Literal["accepted", "ignored", "refused"] = "accepted"
    prompts: tuple[WireText, WireText] = Field(default=("Username:", "Password:"), strict=False)
    prompts_encoded: bool = True
    broken: tuple[Literal["LOGIN", "PLAIN", "CRAM-MD5"], ...] = Field(default=(), strict=False)
    refusal: Line | None = None
    required: bool | None = None


class SmtpState(ServerState):
    """A fake SMTP server's whole state, beside what every server has (`ServerState`).

    `security`: `none`, `starttls`, or `tls` from the first octet. `starttls`: `required`
    (530 to everything else before it), `offered`, `unadvertised` (taken, not listed) or
    `absent` (neither). `hostname`: the name in greeting and EHLO. `ehlo`: more EHLO lines. `size`:
    the limit in octets, declared and kept. `username` and `password`: the one account; made up
    when left out.
    """

    security: SecurityMode = "starttls"
    starttls: Literal["required", "offered", "unadvertised", "absent"] = "required"
    auth: AuthState = AuthState()
    username: WireText | None = None
    password: WireText | None = None
    hostname: Line = DEFAULT_HOSTNAME
    ehlo: tuple[Line, ...] = Field(default=(), strict=False)
    size: int = Field(default=DEFAULT_SIZE, ge=1, le=MOST_OCTETS)
    smtputf8: bool = False

    @model_validator(mode="after")
    def _makes_sense(self) -> SmtpState:
        if self.security != "starttls" and "starttls" in self.model_fields_set:
            raise ValueError(f"starttls: says nothing where security is {self.security!r}")
        if (self.username is None) != (self.password is None):
            raise ValueError("username and password go together: give both or neither")
        return self

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
