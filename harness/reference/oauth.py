"""Authentication with an OAuth token: XOAUTH2, which is Google's, and OAUTHBEARER (RFC 7628).

Policy. A token goes only through TLS (RFC 7628 section 3), by the first of the two that is offered;
one that is refused is refused for good, because who renews tokens is somebody else. Why it is
refused is said in a 334, ahead of the refusal: that is acknowledged, and both are told.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from harness.protocol import ErrorClass, Phase
from harness.reference.reply import Reply
from harness.reference.session import Session

_CONTINUE = 334
# A command line with its CRLF (RFC 5321 section 4.5.3.1.4): a longer initial response waits.
_LONGEST_COMMAND = 512


def authenticate_with_token(
    session: Session, *, username: str, access_token: str, offered: Sequence[str] | None
) -> None:
    """Authenticate, or raise in phase `auth`. `offered` is as in `auth.authenticate`."""
    mechanism = next((name for name in _RESPONSES if name in (offered or ())), None)
    if mechanism is None or not session.encrypted:
        raise session.failure(
            Phase.AUTH,
            ErrorClass.AUTH_UNAVAILABLE,
            _unavailable(session, offered),
            temporary=False,
        )
    response = _base64(_RESPONSES[mechanism](username, access_token))
    reply = _present(session, mechanism, response)
    if reply.positive:
        return
    why = ""
    if reply.code == _CONTINUE:
        why = f" ({session.clean(_explanation(reply))})"
        # What acknowledges it carries nothing, and only now comes the refusal itself.
        reply = session.ask(Phase.AUTH, _ACKNOWLEDGEMENTS[mechanism])
    class_ = ErrorClass.AUTH_TEMPORARY if reply.temporary else ErrorClass.AUTH_REJECTED
    raise session.refusal(Phase.AUTH, class_, reply, f"authentication with {mechanism}{why}")


def _present(session: Session, mechanism: str, response: str) -> Reply:
    at_once = f"AUTH {mechanism} {response}"
    if len(at_once) + len("\r\n") <= _LONGEST_COMMAND:
        return session.ask(Phase.AUTH, at_once, secret=True)
    reply = session.ask(Phase.AUTH, f"AUTH {mechanism}")
    if reply.code != _CONTINUE:
        return reply
    return session.ask(Phase.AUTH, response, secret=True)


def _unavailable(session: Session, offered: Sequence[str] | None) -> str:
    have = " and ".join(_RESPONSES)
    if not session.encrypted:
        return f"an access token is configured, which goes only through TLS ({have})"
    listed = session.clean(" ".join(offered or ())) or "none"
    return (
        f"an access token is configured, for {have}, and {session.server} offers AUTH mechanisms: "
        f"{listed}"
    )


def _explanation(reply: Reply) -> str:
    """What a challenge says in base64; where it is none, the challenge."""
    try:
        octets = base64.b64decode(reply.text, validate=True)
    except binascii.Error:
        return reply.text
    return octets.decode("utf-8", "replace").strip()


def _xoauth2(username: str, access_token: str) -> str:
    return f"user={username}\x01auth=Bearer {access_token}\x01\x01"


def _oauthbearer(username: str, access_token: str) -> str:
    name = username.replace("=", "=3D").replace(",", "=2C")
    return f"n,a={name},\x01auth=Bearer {access_token}\x01\x01"


_RESPONSES: Mapping[str, Callable[[str, str], str]] = MappingProxyType(
    {"XOAUTH2": _xoauth2, "OAUTHBEARER": _oauthbearer}
)
_ACKNOWLEDGEMENTS: Mapping[str, str] = MappingProxyType({"XOAUTH2": "", "OAUTHBEARER": "AQ=="})


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
