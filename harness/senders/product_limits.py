"""What of a request the calls of a sender file have no place for. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from harness.protocol import Message, SendRequest, SmtpTransport


def unsayable(
    request: SendRequest, *, names: AbstractSet[str], features: AbstractSet[str]
) -> tuple[str, ...]:
    """Why `request` cannot be said with these placeholders; nothing where it can.

    `features` are those that the sender file lists: of a security mode that stands in no
    placeholder they say that it is what the product does anyway.
    """
    transport = request.transport
    if transport is None:
        return tuple(_message(request.message))
    if not isinstance(transport, SmtpTransport):
        return ("the file says nothing of a provider's API",)
    return (
        *_connection(transport, names, features),
        *_account(transport, names),
        *(("connect_to has no place in the file",) if request.connect_to else ()),
        *_message(request.message),
        *(("HTML needs {html}",) if request.message.html and "html" not in names else ()),
    )


def unsaid(*, names: AbstractSet[str]) -> tuple[str, ...]:
    """What of a message is left out without harm to the question, as complaints."""
    left = [name for name in ("from", "subject", "text") if name not in names]
    return (f"the product's own words stand for {', '.join(left)}",) if left else ()


def _connection(
    transport: SmtpTransport, names: AbstractSet[str], features: AbstractSet[str]
) -> Iterator[str]:
    if "uri" in names:
        return
    if "port" not in names or ("host" not in names and transport.host != "localhost"):
        yield "where to connect needs {uri}, or {host} and {port}"
    if (
        not names & {"security", "starttls", "tls"}
        and f"security:{transport.security}" not in features
    ):
        yield "how to secure the connection needs {uri} or {security}"
    if not transport.verify and "verify" not in names:
        yield "that certificates need not be verified needs {uri} or {verify}"
    if transport.server_name is not None and "server_name" not in names:
        yield "another server name needs {uri} or {server_name}"


def _account(transport: SmtpTransport, names: AbstractSet[str]) -> Iterator[str]:
    told = "uri" in names or {"username", "password"} <= names
    if transport.username is not None and not told:
        yield "credentials need {uri}, or {username} and {password}"
    if transport.access_token is not None:
        yield "an access token has no place in the file"
    if transport.ehlo_name is not None:
        yield "an EHLO name has no place in the file"


def _message(message: Message) -> Iterator[str]:
    if len(message.to) != 1 or message.cc or message.bcc:
        yield "a message to others than one recipient in To cannot be asked"
    parts = {
        "attachments": message.attachments,
        "header fields": message.headers,
        "Reply-To": message.reply_to,
        "Sender": message.sender,
        "an envelope sender of its own": message.envelope_from not in (None, message.from_.address),
    }
    asked = [name for name, part in parts.items() if part]
    if asked:
        yield f"{', '.join(asked)}: the file has no place for that"
