"""Authentication: which mechanism, and its exchange.

Policy. SCRAM comes first (see `scram`). Under TLS then PLAIN, LOGIN, CRAM-MD5; in clear CRAM-MD5 is
ahead of those, because it does not show the password. A server that does not take the mechanism
(500, 502, 504, or 534) is asked with the next one, each once; one that refuses the credentials is
not asked again, because repeating a wrong password locks accounts, and a weaker mechanism must not
be had by refusing a stronger one.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hmac
import secrets
from collections.abc import Callable, Sequence

from harness.protocol import ErrorClass, Phase
from harness.reference.failure import ConfigError, DeliveryError
from harness.reference.reply import Reply
from harness.reference.scram import ScramClient, is_preparable
from harness.reference.session import Session

MECHANISMS = ("SCRAM-SHA-256-PLUS", "SCRAM-SHA-256", "PLAIN", "LOGIN", "CRAM-MD5")

_IN_CLEAR = ("SCRAM-SHA-256", "CRAM-MD5", "PLAIN", "LOGIN")
_NOT_THIS_MECHANISM = frozenset([500, 502, 504, 534])
_CONTINUE = 334
_SYNTAX = 501
# A command line with its CRLF (RFC 5321 section 4.5.3.1.4): a longer initial response waits.
_LONGEST_COMMAND = 512


def authenticate(
    session: Session, *, username: str, password: str, offered: Sequence[str] | None
) -> None:
    """Authenticate, or raise in phase `auth`.

    `offered` is what the last EHLO listed in upper case, None when it did not list AUTH.
    """
    order = MECHANISMS if session.encrypted else _IN_CLEAR
    usable = [mechanism for mechanism in order if mechanism in (offered or ())]
    if not usable:
        raise session.failure(
            Phase.AUTH,
            ErrorClass.AUTH_UNAVAILABLE,
            _unavailable(session, offered),
            temporary=False,
        )
    for mechanism in _that_can_say(username, password, usable):
        reply = _EXCHANGES[mechanism](session, username, password)
        if reply.positive:
            return
        if reply.code not in _NOT_THIS_MECHANISM:
            break
    class_ = ErrorClass.AUTH_TEMPORARY if reply.temporary else ErrorClass.AUTH_REJECTED
    raise session.refusal(Phase.AUTH, class_, reply, f"authentication with {mechanism}")


def _that_can_say(username: str, password: str, usable: Sequence[str]) -> list[str]:
    """Those of the mechanisms by which these credentials can be said at all."""
    if is_preparable(username) and is_preparable(password):
        return list(usable)
    found = [mechanism for mechanism in usable if not mechanism.startswith("SCRAM")]
    if not found:
        raise ConfigError(
            "the server offers SCRAM alone, by which no user name or password with control "
            "characters can be said"
        )
    return found


def _unavailable(session: Session, offered: Sequence[str] | None) -> str:
    have = ", ".join(MECHANISMS)
    if not offered:
        where = "inside TLS" if session.encrypted else "without TLS"
        return (
            f"credentials are configured, but {session.server} offers no AUTH {where} "
            f"(this sender has {have})"
        )
    return (
        f"{session.server} offers AUTH {session.clean(' '.join(offered))}, "
        f"and this sender has {have}: none in common"
    )


def _plain(session: Session, username: str, password: str) -> Reply:
    response = _base64(f"\0{username}\0{password}")
    at_once = f"AUTH PLAIN {response}"
    if len(at_once) + len("\r\n") > _LONGEST_COMMAND:
        return _respond(session, "PLAIN", [response], session.ask(Phase.AUTH, "AUTH PLAIN"))
    reply = session.ask(Phase.AUTH, at_once, secret=True)
    if reply.code == _SYNTAX:
        # Some servers know the command only without the response on the same line.
        reply = session.ask(Phase.AUTH, "AUTH PLAIN")
    elif reply.code != _CONTINUE:
        return reply
    return _respond(session, "PLAIN", [response], reply)


def _login(session: Session, username: str, password: str) -> Reply:
    # What the prompts say differs from server to server, and counts for nothing.
    reply = session.ask(Phase.AUTH, "AUTH LOGIN")
    return _respond(session, "LOGIN", [_base64(username), _base64(password)], reply)


def _cram_md5(session: Session, username: str, password: str) -> Reply:
    reply = session.ask(Phase.AUTH, "AUTH CRAM-MD5")
    if reply.code != _CONTINUE:
        return _respond(session, "CRAM-MD5", [""], reply)
    try:
        challenge = _challenge(reply)
    except ValueError as error:
        raise _cancelled(session, "CRAM-MD5", reply, str(error)) from None
    digest = hmac.new(password.encode(), challenge, "md5").hexdigest()
    session.redactor.add(digest)
    return _respond(session, "CRAM-MD5", [_base64(f"{username} {digest}")], reply)


def _scram(session: Session, username: str, password: str, *, bound: bool = False) -> Reply:
    mechanism = "SCRAM-SHA-256-PLUS" if bound else "SCRAM-SHA-256"
    client = ScramClient(
        username=username,
        password=password,
        nonce=secrets.token_hex(16),
        certificate=session.certificate if bound else None,
        could_bind=session.encrypted,
    )
    reply = session.ask(Phase.AUTH, f"AUTH {mechanism} {_encoded(client.first())}")
    if reply.code != _CONTINUE:
        return _respond(session, mechanism, [""], reply)
    try:
        final = client.final(_challenge(reply))
        reply = session.ask(Phase.AUTH, _encoded(final), secret=True)
        if reply.positive:
            raise _too_early(session, reply, "it has proved itself")
        if reply.code != _CONTINUE:
            return reply
        client.confirm(_challenge(reply))
    except ValueError as error:
        raise _cancelled(session, mechanism, reply, str(error)) from None
    return _respond(session, mechanism, [""], reply)


def _scram_plus(session: Session, username: str, password: str) -> Reply:
    return _scram(session, username, password, bound=True)


def _challenge(reply: Reply) -> bytes:
    try:
        return base64.b64decode(reply.lines[0], validate=True)
    except binascii.Error:
        raise ValueError("sent a challenge that is not base64") from None


_EXCHANGES: dict[str, Callable[[Session, str, str], Reply]] = {
    "SCRAM-SHA-256-PLUS": _scram_plus,
    "SCRAM-SHA-256": _scram,
    "PLAIN": _plain,
    "LOGIN": _login,
    "CRAM-MD5": _cram_md5,
}


def _respond(session: Session, mechanism: str, responses: Sequence[str], reply: Reply) -> Reply:
    """Answer one challenge after the other; the reply that ends the exchange.

    Raises for success before the last response, and for a challenge after it.
    """
    for response in responses:
        if reply.positive:
            raise _too_early(session, reply, "the credentials were sent")
        if reply.code != _CONTINUE:
            return reply
        reply = session.ask(Phase.AUTH, response, secret=True)
    if reply.code == _CONTINUE:
        raise _cancelled(session, mechanism, reply, "asks for more than there is")
    return reply


def _cancelled(session: Session, mechanism: str, challenge: Reply, what: str) -> DeliveryError:
    """Cancel the exchange, whatever the server says to that; the first error is the one kept."""
    failure = session.failure(
        Phase.AUTH,
        ErrorClass.PROTOCOL_ERROR,
        f"{session.server} {what} in AUTH {mechanism}: {session.words(challenge)}",
        reply=challenge,
    )
    with contextlib.suppress(DeliveryError):
        session.ask(Phase.AUTH, "*")
    return failure


def _too_early(session: Session, reply: Reply, until: str) -> DeliveryError:
    session.abandon()
    return session.failure(
        Phase.AUTH,
        ErrorClass.PROTOCOL_ERROR,
        f"{session.server} reported success before {until}: {session.words(reply)}",
        reply=reply,
    )


def _base64(text: str) -> str:
    return _encoded(text.encode())


def _encoded(octets: bytes) -> str:
    return base64.b64encode(octets).decode()
