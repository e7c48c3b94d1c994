"""What is said in an AUTH exchange, without the saying: each mechanism as a generator.

A generator gives the text of its next challenge, gets the decoded answer, and returns what was
presented. PLAIN is RFC 4616, CRAM-MD5 RFC 2195; LOGIN was never more than a draft. What those with
an OAuth token say is in `oauth`, what SCRAM does in `scram`.
"""

from __future__ import annotations

import hmac
from base64 import b64decode, b64encode
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final, TypeVar

from .credentials import Accounts
from .exchange import Attempt
from .oauth import Bearer, explanation, read_oauthbearer, read_xoauth2
from .scram import ClientFirst, ServerFirst, read_client_final, read_client_first, signature
from .state import ScramState

T = TypeVar("T")

# The one account's, in every run.
_SALT: Final = b"salt of the fake"
_HONEST_SCRAM: Final = ScramState()


@dataclass(frozen=True, slots=True, kw_only=True)
class PresentedCredentials:
    """Credentials that were presented, and whether they are the account's.

    `reply` is the answer to them, where whoever judged them has words of their own. `explanation`
    is a challenge that goes ahead of a refusal, `confirmation` one that goes ahead of success, to
    be answered like any other; "" is none.
    """

    username: str
    right: bool
    reply: str | None = None
    explanation: str = ""
    confirmation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What an exchange needs to know.

    `nth` is the connection's number, for a challenge that is its own. `prompts` are the texts of
    the two LOGIN challenges, in base64 where `prompts_encoded`. `empty_challenge` is what stands
    behind 334 where a mechanism has nothing to say, `token_error` what the document about a refused
    token says, where that is not the usual. `cancelled` answers `*`; "" is no answer.

    `scram` is how SCRAM goes, `binds` whether it can be bound to TLS; `binding` gives what it is
    then bound to, by its kind.
    """

    accounts: Accounts
    nth: int
    prompts: tuple[str, str]
    prompts_encoded: bool
    empty_challenge: str = ""
    token_error: Mapping[str, str] | None = None
    cancelled: str = "501 5.7.0 Auth aborted"
    scram: ScramState = _HONEST_SCRAM
    binds: bool = False
    binding: Callable[[str], bytes | None] = lambda kind: None  # noqa: ARG005


class MalformedAnswerError(ValueError):
    """An answer that cannot be one; the words are the reply's."""


class CancelledError(MalformedAnswerError):
    """The sender has broken the exchange off, and the reply is that of `Terms`."""


Exchange = Generator[str, bytes, PresentedCredentials]


def begin(mechanism: str, terms: Terms, initial: str | None) -> Exchange:
    """The exchange of one of `MECHANISMS`. An `initial` response of `=` is an empty one.

    Raises:
        MalformedAnswerError: the initial response is not base64.
    """
    response = None
    if initial is not None:
        response = b"" if initial == "=" else decoded(initial.encode("utf-8", "surrogateescape"))
    return MECHANISMS[mechanism](terms, response)


def decoded(answer: bytes) -> bytes:
    """The octets of an answer.

    Raises:
        CancelledError: it breaks the exchange off.
        MalformedAnswerError: it is not base64.
    """
    if answer == b"*":
        raise CancelledError
    try:
        return b64decode(answer, validate=True)
    except ValueError as error:
        raise MalformedAnswerError("501 5.5.2 Can't decode base64") from error


def _plain(terms: Terms, initial: bytes | None) -> Exchange:
    response = (yield terms.empty_challenge) if initial is None else initial
    parts = response.split(b"\0")
    if len(parts) != 3:
        raise MalformedAnswerError("501 5.5.2 Can't split auth value")
    authorization, username, password = parts
    # RFC 4616 section 2: nobody here may act for somebody else.
    acts_for_itself = authorization in {b"", username}
    return _present(terms, "PLAIN", username, password, allowed=acts_for_itself)


def _login(terms: Terms, initial: bytes | None) -> Exchange:
    prompts = terms.prompts
    if terms.prompts_encoded:
        prompts = (_encoded(prompts[0]), _encoded(prompts[1]))
    username = (yield prompts[0]) if initial is None else initial
    password = yield prompts[1]
    return _present(terms, "LOGIN", username, password, last_challenge=prompts[1])


def _cram_md5(terms: Terms, initial: bytes | None) -> Exchange:
    if initial is not None:
        raise MalformedAnswerError("501 5.5.4 CRAM-MD5 has no initial response")
    challenge = terms.accounts.challenge(terms.nth)
    sent = _encoded(challenge)
    response = yield sent
    username, _blank, digest = response.rpartition(b" ")

    def proves(password: str) -> bool:
        expected = hmac.new(_octets(password), challenge.encode(), "md5").hexdigest()
        return hmac.compare_digest(digest, expected.encode())

    return _judged(terms, "CRAM-MD5", username, proves, last_challenge=sent)


def _scram(terms: Terms, initial: bytes | None, *, bound: bool = False) -> Exchange:
    response = (yield terms.empty_challenge) if initial is None else initial
    first = _well_formed(read_client_first, response)
    data = _what_binds(terms, first, bound=bound)
    nonces = {"extended": first.nonce, "repeated": first.nonce, "replaced": b"another"}
    asked = ServerFirst(
        nonce=nonces[terms.scram.nonce] + (b"" if terms.scram.nonce == "repeated" else _own(terms)),
        salt=_SALT,
        iterations=terms.scram.iterations,
        extension=terms.scram.extension,
    )
    final = _well_formed(read_client_final, (yield b64encode(asked.message).decode()))
    is_bound = final.bound == first.header + data and final.nonce == asked.nonce
    signatures: list[bytes] = []

    def proves(wanted: str) -> bool:
        found = signature(wanted, first, asked, final)
        signatures.append(found)
        return found != b"" and is_bound and first.acts_for in {b"", first.username}

    name = "SCRAM-SHA-256-PLUS" if bound else "SCRAM-SHA-256"
    judged = _judged(terms, name, first.username, proves, last_challenge="")
    return replace(judged, confirmation=_confirmation(terms, *signatures[-1:]))


def _scram_plus(terms: Terms, initial: bytes | None) -> Exchange:
    return _scram(terms, initial, bound=True)


def _what_binds(terms: Terms, first: ClientFirst, *, bound: bool) -> bytes:
    """What an exchange is bound to; b"" where it is to nothing."""
    if bound != (first.binding != ""):
        raise MalformedAnswerError("501 5.5.2 This mechanism and its channel binding disagree")
    if first.misses_binding and terms.binds:
        # RFC 5802 section 6: somebody has taken the mechanism with the binding out of the list.
        raise MalformedAnswerError("535 5.7.8 This server does support channel binding")
    data = terms.binding(first.binding) if bound else b""
    if data is None:
        raise MalformedAnswerError("535 5.7.8 No channel binding of this type here")
    return data


def _own(terms: Terms) -> bytes:
    """The server's part of a nonce: unique here, and the same in every run."""
    return b"server%d" % terms.nth


def _confirmation(terms: Terms, found: bytes = b"") -> str:
    """The challenge that proves the server; "" where it proves nothing."""
    if terms.scram.signature == "missing":
        return ""
    said = found if terms.scram.signature == "right" else bytes(len(found))
    return _encoded(f"v={b64encode(said).decode()}")


def _well_formed(read: Callable[[bytes], T], message: bytes) -> T:
    try:
        return read(message)
    except ValueError as error:
        raise MalformedAnswerError("501 5.5.2 Can't read this message of SCRAM") from error


def _xoauth2(terms: Terms, initial: bytes | None) -> Exchange:
    response = (yield terms.empty_challenge) if initial is None else initial
    return _present_token(terms, "XOAUTH2", response, read_xoauth2)


def _oauthbearer(terms: Terms, initial: bytes | None) -> Exchange:
    response = (yield terms.empty_challenge) if initial is None else initial
    return _present_token(terms, "OAUTHBEARER", response, read_oauthbearer)


def _present_token(
    terms: Terms, mechanism: str, response: bytes, read: Callable[[bytes], Bearer]
) -> PresentedCredentials:
    try:
        bearer = read(response)
    except ValueError as error:
        raise MalformedAnswerError("501 5.5.2 Can't split auth value") from error
    attempt = Attempt(
        mechanism=mechanism,
        username=bearer.user.decode("utf-8", "surrogateescape"),
        proves=lambda wanted: hmac.compare_digest(bearer.token, _octets(wanted)),
        by_token=True,
    )
    judged = terms.accounts.judge(attempt)
    return PresentedCredentials(
        username=_legible(bearer.user),
        right=judged.right,
        reply=judged.reply,
        explanation=_encoded(explanation(mechanism, terms.token_error)),
    )


def _present(
    terms: Terms,
    mechanism: str,
    username: bytes,
    password: bytes,
    *,
    last_challenge: str = "",
    allowed: bool = True,
) -> PresentedCredentials:
    def proves(wanted: str) -> bool:
        return hmac.compare_digest(password, _octets(wanted)) and allowed

    return _judged(terms, mechanism, username, proves, last_challenge=last_challenge)


def _judged(
    terms: Terms,
    mechanism: str,
    username: bytes,
    proves: Callable[[str], bool],
    *,
    last_challenge: str,
) -> PresentedCredentials:
    attempt = Attempt(
        mechanism=mechanism,
        username=username.decode("utf-8", "surrogateescape"),
        proves=proves,
        last_challenge=last_challenge,
    )
    judged = terms.accounts.judge(attempt)
    return PresentedCredentials(username=_legible(username), right=judged.right, reply=judged.reply)


def _octets(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")


def _encoded(text: str) -> str:
    return b64encode(text.encode()).decode()


def _legible(octets: bytes) -> str:
    return octets.decode("utf-8", "backslashreplace")


MECHANISMS: Mapping[str, Callable[[Terms, bytes | None], Exchange]] = MappingProxyType(
    {
        "LOGIN": _login,
        "PLAIN": _plain,
        "CRAM-MD5": _cram_md5,
        "SCRAM-SHA-256": _scram,
        "SCRAM-SHA-256-PLUS": _scram_plus,
        "XOAUTH2": _xoauth2,
        "OAUTHBEARER": _oauthbearer,
    }
)
