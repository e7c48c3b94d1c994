"""One message over one SMTP connection: from the greeting to QUIT."""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from harness.protocol import ErrorClass, Phase, Security
from harness.reference.auth import authenticate
from harness.reference.connect import connect
from harness.reference.failure import ConfigError, DeliveryError, MessageError, RefusedCommand
from harness.reference.message import BuiltMessage
from harness.reference.names import address_literal, endpoint, helo_name
from harness.reference.oauth import authenticate_with_token
from harness.reference.redact import Redactor
from harness.reference.reply import Reply
from harness.reference.session import DOT, Session
from harness.reference.settings import SmtpSettings
from harness.reference.tls import client_context
from harness.reference.wire import CHUNK, Wire

_GREETING = 220
_START_TLS = 220
_SEND_BODY = 354
_NOT_IMPLEMENTED = frozenset([500, 502])
_NEEDS_AUTH = 530
# "Too many recipients" (RFC 5321 section 4.5.3.1.10), unless the enhanced code says otherwise.
_TOO_MANY = frozenset([452, 552])
_TOO_MANY_ENHANCED = frozenset([None, "4.5.3", "5.5.3"])
_TOO_LARGE_ENHANCED = frozenset(["5.2.3", "5.3.4"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What the last EHLO listed: keyword in upper case → its parameters as they came."""

    keywords: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, reply: Reply) -> Capabilities:
        """From the lines after the first, whole words, case ignored."""
        keywords: dict[str, tuple[str, ...]] = {}
        for line in reply.lines[1:]:
            words = line.decode("ascii", errors="replace").split()
            if words:
                if words[0].upper().startswith("AUTH="):
                    # An old form has the first mechanism glued on: AUTH=LOGIN PLAIN.
                    words = [*words[0].split("=", 1), *words[1:]]
                parameters = [word for word in words[1:] if word]
                keyword = words[0].upper()
                keywords[keyword] = (*keywords.get(keyword, ()), *parameters)
        return cls(keywords=keywords)

    def __contains__(self, keyword: str) -> bool:
        return keyword in self.keywords

    @property
    def mechanisms(self) -> tuple[str, ...] | None:
        """AUTH mechanisms in upper case, each once; None when AUTH is not offered."""
        if "AUTH" not in self.keywords:
            return None
        return tuple(dict.fromkeys(name.upper() for name in self.keywords["AUTH"]))

    @property
    def largest(self) -> int | None:
        """The largest message in octets; None when there is no limit that can be read."""
        size = "".join(self.keywords.get("SIZE", ())[:1])
        return int(size) or None if re.fullmatch(r"[0-9]{1,20}", size) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A message that the server took: its last words, and whom it left out."""

    final_reply: str
    refused: tuple[RefusedCommand, ...] = ()


@dataclass(slots=True, kw_only=True)
class _Transaction:
    """One envelope in progress."""

    accepted: list[str]
    refused: list[tuple[str, Reply]]
    postponed: list[str]


def send_message(
    settings: SmtpSettings,
    message: BuiltMessage,
    *,
    timeout: float,
    ca_file: str | None = None,
    connect_to: Mapping[str, str] | None = None,
    ehlo_name: str | None = None,
    before_dot: Callable[[], None] | None = None,
) -> Delivery:
    """Hand `message` to the server, once, over one connection.

    `timeout` is in seconds, for each single operation. `connect_to` maps `host:port` as configured
    to the one to connect to; names in TLS stay as configured. `before_dot` is called when all but
    the dot that ends the message is sent; what it raises ends the session without that dot. Raises
    `DeliveryError`.
    """
    context = _context(settings, ca_file)
    if ehlo_name is not None:
        ehlo_name = _checked_ehlo_name(ehlo_name)
    sock = connect(settings.host, settings.port, timeout=timeout, connect_to=connect_to or {})
    with contextlib.closing(Wire(sock, timeout=timeout)) as wire:
        session = Session(
            wire,
            server=endpoint(settings.host, settings.port),
            redactor=Redactor.of(settings),
            timeout=timeout,
            before_dot=before_dot,
        )
        try:
            capabilities = _open(session, settings, context, ehlo_name)
            return _deliver(session, message, capabilities, settings)
        finally:
            session.quit()


def _context(settings: SmtpSettings, ca_file: str | None) -> ssl.SSLContext | None:
    if settings.security is Security.NONE:
        return None
    return client_context(ca_file=ca_file, verify=settings.verify)


def _checked_ehlo_name(name: str) -> str:
    try:
        return helo_name(name)
    except ValueError as error:
        reason = str(error)
    raise ConfigError(f"the EHLO name cannot be used: {reason}")


def _own_name(session: Session) -> str:
    """This machine's name where it is a full one, else our address as a literal."""
    name = socket.gethostname()
    with contextlib.suppress(ValueError):
        if "." in name and "localhost" not in name and "localdomain" not in name:
            return helo_name(name)
    return address_literal(session.local_address)


def _open(
    session: Session,
    settings: SmtpSettings,
    context: ssl.SSLContext | None,
    ehlo_name: str | None,
) -> Capabilities:
    """Everything before MAIL."""
    if context is not None and settings.security is Security.TLS:
        session.start_tls(context, settings.tls_name)
    _greeting(session)
    name = ehlo_name or _own_name(session)
    capabilities = _ehlo(session, settings, name)
    if context is not None and settings.security is Security.STARTTLS:
        _upgrade(session, settings, context, capabilities)
        # What was listed before TLS may come from anybody.
        capabilities = _ehlo(session, settings, name)
    _log_in(session, settings, capabilities)
    return capabilities


def _log_in(session: Session, settings: SmtpSettings, capabilities: Capabilities) -> None:
    offered = capabilities.mechanisms
    match settings:
        case SmtpSettings(username=str(username), access_token=str(token)):
            authenticate_with_token(session, username=username, access_token=token, offered=offered)
        case SmtpSettings(username=str(username), password=str(password)):
            authenticate(session, username=username, password=password, offered=offered)


def _greeting(session: Session) -> None:
    reply = session.hear(Phase.GREETING)
    if reply.code != _GREETING:
        raise session.refusal(Phase.GREETING, ErrorClass.GREETING_REFUSED, reply, "the connection")


def _ehlo(session: Session, settings: SmtpSettings, name: str) -> Capabilities:
    reply = session.ask(Phase.EHLO, f"EHLO {name}")
    # HELO knows neither STARTTLS nor AUTH, so it is only for who needs neither.
    bare = settings.security is Security.NONE and settings.username is None
    if reply.code in _NOT_IMPLEMENTED and bare:
        reply = session.ask(Phase.EHLO, f"HELO {name}")
        if reply.positive:
            return Capabilities(keywords={})
    if not reply.positive:
        raise session.refusal(Phase.EHLO, ErrorClass.EHLO_REFUSED, reply, f"EHLO {name}")
    return Capabilities.of(reply)


def _upgrade(
    session: Session,
    settings: SmtpSettings,
    context: ssl.SSLContext,
    capabilities: Capabilities,
) -> None:
    if "STARTTLS" not in capabilities:
        raise session.failure(
            Phase.STARTTLS,
            ErrorClass.STARTTLS_UNAVAILABLE,
            f"{session.server} offers no STARTTLS, and TLS is required: "
            "nothing was sent in clear text",
            temporary=False,
        )
    reply = session.ask(Phase.STARTTLS, "STARTTLS")
    if reply.code != _START_TLS:
        raise session.refusal(Phase.STARTTLS, ErrorClass.STARTTLS_REFUSED, reply, "STARTTLS")
    # Whoever can put words between the reply and the handshake can put them into our mouth.
    session.check_silence(Phase.STARTTLS, lost=Phase.TLS)
    session.start_tls(context, settings.tls_name)


def _deliver(
    session: Session, message: BuiltMessage, capabilities: Capabilities, settings: SmtpSettings
) -> Delivery:
    """One transaction, and another for the recipients that were too many for it."""
    command = _mail_command(message, capabilities)
    final_reply, done = _transact(session, message, command, message.recipients, settings)
    refused = [_refused(session, address, reply) for address, reply in done.refused]
    while done.postponed:
        waiting = done.postponed
        try:
            final_reply, done = _transact(session, message, command, waiting, settings)
        except DeliveryError as failure:
            # Those before have the message: this is no failure of the whole.
            refused += [
                RefusedCommand(
                    address=address,
                    reply_code=failure.reply_code,
                    message=str(failure),
                    temporary=failure.temporary,
                )
                for address in waiting
            ]
            break
        refused += [_refused(session, address, reply) for address, reply in done.refused]
    return Delivery(final_reply=final_reply, refused=tuple(refused))


def _refused(session: Session, address: str, reply: Reply) -> RefusedCommand:
    return RefusedCommand(
        address=address,
        reply_code=reply.code,
        message=session.words(reply),
        temporary=reply.temporary,
    )


def _mail_command(message: BuiltMessage, capabilities: Capabilities) -> str:
    """MAIL with the parameters that this message needs and the server knows."""
    size = len(message.data)
    if capabilities.largest is not None and size > capabilities.largest:
        raise MessageError(
            f"the message has {size} octets, and the server takes {capabilities.largest}",
            class_=ErrorClass.MESSAGE_TOO_LARGE,
        )
    if message.needs_smtputf8 and "SMTPUTF8" not in capabilities:
        raise MessageError(
            "an address has non-ASCII characters before its @, and the server has no SMTPUTF8",
            class_=ErrorClass.SMTPUTF8_REQUIRED,
        )
    parameters = [
        *([f"SIZE={size}"] if "SIZE" in capabilities else []),
        *(["BODY=8BITMIME"] if message.needs_8bit and "8BITMIME" in capabilities else []),
        *(["SMTPUTF8"] if message.needs_smtputf8 else []),
    ]
    return " ".join([f"MAIL FROM:<{message.envelope_from}>", *parameters])


def _transact(
    session: Session,
    message: BuiltMessage,
    command: str,
    recipients: Sequence[str],
    settings: SmtpSettings,
) -> tuple[str, _Transaction]:
    """One envelope and the message. Raises when no recipient is accepted."""
    reply = session.ask(Phase.MAIL, command)
    if not reply.positive:
        raise _sender_refused(session, reply, message, settings)
    envelope = _recipients(session, recipients)
    if not envelope.accepted:
        raise _all_refused(session, envelope.refused)
    reply = session.ask(Phase.DATA, "DATA")
    if reply.code != _SEND_BODY:
        raise session.refusal(Phase.DATA, ErrorClass.DATA_REFUSED, reply, "DATA")
    _send_body(session, message.data)
    reply = session.hear(Phase.END_OF_DATA)
    if not reply.positive:
        raise session.refusal(Phase.END_OF_DATA, ErrorClass.MESSAGE_REFUSED, reply, "the message")
    return session.words(reply), envelope


def _sender_refused(
    session: Session, reply: Reply, message: BuiltMessage, settings: SmtpSettings
) -> DeliveryError:
    class_ = (
        ErrorClass.MESSAGE_TOO_LARGE
        if reply.enhanced_code in _TOO_LARGE_ENHANCED
        else ErrorClass.SENDER_REFUSED
    )
    failure = session.refusal(Phase.MAIL, class_, reply, f"the sender <{message.envelope_from}>")
    if reply.code != _NEEDS_AUTH:
        return failure
    hint = (
        "no credentials are configured"
        if settings.username is None
        else f"this connection uses {settings.security.value}, as configured"
    )
    return session.failure(Phase.MAIL, class_, f"{failure} ({hint})", temporary=False, reply=reply)


def _recipients(session: Session, recipients: Sequence[str]) -> _Transaction:
    envelope = _Transaction(accepted=[], refused=[], postponed=[])
    for index, address in enumerate(recipients):
        reply = session.ask(Phase.RCPT, f"RCPT TO:<{address}>")
        if reply.positive:
            envelope.accepted.append(address)
        elif reply.code // 100 not in (4, 5):
            raise session.refusal(
                Phase.RCPT, ErrorClass.RECIPIENT_REFUSED, reply, f"the recipient <{address}>"
            )
        elif (
            envelope.accepted
            and reply.code in _TOO_MANY
            and reply.enhanced_code in _TOO_MANY_ENHANCED
        ):
            envelope.postponed += recipients[index:]
            break
        else:
            envelope.refused.append((address, reply))
    return envelope


def _all_refused(session: Session, refused: Sequence[tuple[str, Reply]]) -> DeliveryError:
    """Worth another attempt when one of the recipients is."""
    address, reply = next((one for one in refused if one[1].temporary), refused[0])
    others = "".join(
        f"; <{other}>: {session.words(words)}" for other, words in refused if other != address
    )
    failure = session.failure(
        Phase.RCPT,
        ErrorClass.RECIPIENT_REFUSED,
        f"{session.server} refused every recipient: <{address}>: {session.words(reply)}{others}",
        temporary=reply.temporary,
        reply=reply,
    )
    failure.refused = tuple(_refused(session, other, words) for other, words in refused)
    return failure


def _send_body(session: Session, data: bytes) -> None:
    """The message with its dots stuffed, and the dot that ends it."""
    stuffed = data.replace(b"\r\n.", b"\r\n..")
    if stuffed.startswith(b"."):
        stuffed = b"." + stuffed
    pieces = [stuffed[start : start + CHUNK] for start in range(0, len(stuffed), CHUNK)]
    for piece in [*pieces, DOT]:
        reply = session.say(piece)
        if reply is not None:
            # No dot after this: what the server has is no message.
            session.abandon()
            raise session.refusal(
                Phase.DATA, ErrorClass.MESSAGE_REFUSED, reply, "the message before its end"
            )
