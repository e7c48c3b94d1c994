"""What a command line with these placeholders can say, and what it cannot. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from harness.protocol import Message, SendRequest, SmtpTransport

from .template_words import RECIPIENTS

FIXED_MODE = (
    "the command line has neither {uri} nor {security}, so it always does the same: a sender file "
    "names what that is, with features like [smtp, security:none]"
)


def features_of_template(names: AbstractSet[str], words: str) -> frozenset[str]:
    """The features of a command line with these placeholders; `words` is the line as written."""
    fixed = "security:tls" if "smtps://" in words else "security:starttls"
    grants = (
        (True, ("smtp",)),
        (not names & {"uri", "security"}, (fixed,)),
        (names & {"uri", "security"}, ("security:none", "security:starttls", "security:tls")),
        ("uri" in names, ("verify:false",)),
        (names & {"uri", "server_name"}, ("server_name",)),
        ("timeout" in names, ("timeout",)),
        ("message_file" in names, ("attachments", "headers")),
        ({"message_file", "from"} <= names, ("envelope_from",)),
    )
    return frozenset(feature for granted, features in grants if granted for feature in features)


def inexpressible(
    request: SendRequest, *, names: AbstractSet[str], features: AbstractSet[str]
) -> tuple[str, ...]:
    """What of `request` the command line cannot say; nothing when it can be asked.

    `features` are those of the placeholders, or those that a sender file lists.
    """
    transport = request.transport
    if not isinstance(transport, SmtpTransport):
        what = "the stored settings" if transport is None else "a provider API"
        return (f"a command line cannot be asked to use {what}",)
    return (
        *_connection(transport, names, features),
        *_credentials(transport, names),
        *(("connect_to cannot be said",) if request.connect_to else ()),
        *_envelope(request.message, names),
        *(() if "message_file" in names else _content(request.message)),
    )


def unsaid(message: Message, *, names: AbstractSet[str]) -> tuple[str, ...]:
    """What is left out without harm to the question, as complaints."""
    named = [box.address for box in (message.from_, *message.to) if box.name]
    if not named or "message_file" in names:
        return ()
    return (f"the display names of {', '.join(named)} have no place in the command line",)


def _connection(
    transport: SmtpTransport, names: AbstractSet[str], features: AbstractSet[str]
) -> Iterator[str]:
    if "uri" in names:
        return
    if "port" not in names or ("host" not in names and transport.host != "localhost"):
        yield "where to connect is not in the command line: use {uri}, or {host} and {port}"
    if "security" not in names and f"security:{transport.security}" not in features:
        yield FIXED_MODE
    if not transport.verify:
        yield "that certificates need not be verified is said by {uri} only"
    if transport.server_name is not None and "server_name" not in names:
        yield "another server name needs {uri} or {server_name}"


def _credentials(transport: SmtpTransport, names: AbstractSet[str]) -> Iterator[str]:
    told = "uri" in names or {"username", "password"} <= names
    if transport.username is not None and not told:
        yield "credentials need {uri}, or {username} and {password}"
    if transport.username is None and "uri" not in names and names & {"username", "password"}:
        yield "that there are no credentials is said by {uri} only: an empty word is a user name"
    if transport.access_token is not None:
        yield "an access token cannot be said"
    if transport.ehlo_name is not None:
        yield "an EHLO name cannot be said"


def _envelope(message: Message, names: AbstractSet[str]) -> Iterator[str]:
    finished = "message_file" in names
    if not finished and "from" not in names:
        yield "who sends needs {from} or {message_file}"
    if not finished and RECIPIENTS not in names:
        yield "the recipients need {to*} or {message_file}"
    if message.bcc and not (finished and RECIPIENTS in names):
        yield "Bcc needs {to*} and {message_file}"
    differs = message.envelope_from not in (None, message.from_.address)
    if differs and not {"message_file", "from"} <= names:
        yield "an envelope sender other than From needs {from} and {message_file}"


def _content(message: Message) -> Iterator[str]:
    parts = {
        "HTML": message.html,
        "attachments": message.attachments,
        "header fields": message.headers,
        "Cc": message.cc,
        "Reply-To": message.reply_to,
        "Sender": message.sender,
    }
    asked = [name for name, part in parts.items() if part]
    if asked:
        yield f"{', '.join(asked)}: only {{message_file}} has them"
