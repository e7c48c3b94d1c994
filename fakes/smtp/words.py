"""The fake's own replies. A vendor's dialect puts others in the place of some of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What is said to a command that is carried out, or may not be; each is a whole reply.

    `declared_too_large` answers a SIZE that is over the limit, `too_large` a message that is.
    `done` answers RSET and NOOP; `idle` is said to who has been silent for too long, `no_more` to
    MAIL on a connection that has carried all that it may. Without `helo` and `help` it is the host
    name and the commands that there are.
    """

    sender: str = "250 OK"
    recipient: str = "250 OK"
    done: str = "250 OK"
    bye: str = "221 Bye"
    starttls: str = "220 2.0.0 Ready to start TLS"
    go_ahead: str = "354 End data with <CR><LF>.<CR><LF>"
    too_large: str = "552 5.3.4 Error: too much mail data"
    declared_too_large: str = "552 Error: message size exceeds fixed maximum message size"
    too_many_recipients: str = "452 4.5.3 Error: too many recipients"
    idle: str = "421 4.4.2 Error: no command for too long"
    no_more: str = "421 4.7.0 Error: too many messages on this connection"
    helo: str | None = None
    help: str | None = None
    vrfy: str = "252 Cannot VRFY user, but will accept message and attempt delivery"
    expn: str = "502 EXPN not implemented"
    unauthenticated: str = "530 5.7.0 Authentication required"
