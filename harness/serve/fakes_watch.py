"""What a person wants to be told while fakes run: mail that comes, and whatever went wrong.

The record has every octet; this says the few things in it that matter, one line each.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from harness.fakes.clock import real_now
from harness.fakes.http.facts import HttpRequested, HttpResponded, WebhookPosted
from harness.fakes.marks import Mark
from harness.fakes.message import Captured, CapturedMessage
from harness.fakes.providers.message import ApiMessage
from harness.fakes.smtp.facts import AuthOutcome, Command
from harness.fakes.tls.kinds import CertificateKind
from harness.fakes.transcript import (
    NO_CERTIFICATE,
    Broke,
    Closed,
    Connected,
    Event,
    Fact,
    FaultActed,
    MessageCaptured,
    RecipientRefused,
    Sent,
    TlsEstablished,
    TlsFailed,
)

from .kept_mail import KeptMail, KeptMessage
from .message_head import head_of
from .remarks import of_content

Kind = Literal[
    "refused", "not-modelled", "in-clear", "unverified", "tls-failed", "left", "fault", "posted",
    "broke",
]  # fmt: skip

_MOST_CONNECTIONS = 10_000
_WORDS = 500
_REFUSED = re.compile(rb"[45]\d\d[ -]")
_IDENTITY = re.compile(r"domain|identit|verif|sender|from", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something that happened to a fake, other than a message: `what` it was about, and `words`."""

    event: Kind
    at: datetime
    fake: str
    connection: int
    what: str
    words: str


@dataclass(slots=True)
class _Seen:
    """What is known of one connection."""

    fake: str
    last: str = ""
    login: str = ""
    is_utf8: bool = False
    remarks: list[str] = field(default_factory=list)
    is_quiet: bool = True

    def remember(self, fact: Fact) -> None:
        """Note what later notices and messages have to say."""
        match fact:
            case Command():
                self.last, self.login = _said(fact), ""
                if fact.verb == "MAIL":
                    self.is_utf8 = "SMTPUTF8" in fact.argument.upper().split()
            case AuthOutcome(username=username):
                self.login = username


@dataclass(slots=True)
class FakesWatch:
    """Listens to the record; `tell` is given notices and messages, in the order of the events.

    `is_api` says of each fake's label whether it speaks HTTP.
    """

    mailbox: KeptMail
    is_api: Mapping[str, bool]
    tell: Callable[[Notice | KeptMessage], object]
    now: Callable[[], datetime] = real_now
    _connections: dict[int, _Seen] = field(default_factory=dict)

    def __call__(self, event: Event) -> None:
        """Take an event."""
        fact = event.fact
        if isinstance(fact, Connected):
            if len(self._connections) < _MOST_CONNECTIONS:
                self._connections[event.connection] = _Seen(fake=fact.server)
            return
        seen = self._connections.get(event.connection)
        if isinstance(fact, WebhookPosted):
            self._tell("posted", "", event.connection, fact.event, _posted(fact))
        elif seen is not None:
            seen.remember(fact)
            if isinstance(fact, MessageCaptured):
                self._keep(seen, fact.message)
            else:
                for kind, what, words in self._noticed(seen, fact):
                    seen.is_quiet = False
                    self._tell(kind, seen.fake, event.connection, what, words)
            if isinstance(fact, Closed):
                del self._connections[event.connection]

    def _tell(self, event: Kind, fake: str, connection: int, what: str, words: str) -> None:
        self.tell(
            Notice(
                event=event,
                at=self.now(),
                fake=fake,
                connection=connection,
                what=what,
                words=words[:_WORDS],
            )
        )

    def _keep(self, seen: _Seen, captured: Captured) -> None:
        seen.is_quiet = False
        content = captured.content
        remarks = [*seen.remarks]
        if not captured.secure and _IN_CLEAR not in remarks:
            remarks.append(_IN_CLEAR)
        if isinstance(captured, CapturedMessage):
            at_provider = self._is_service(seen.fake)
            remarks += of_content(content, at_provider=at_provider, is_utf8=seen.is_utf8)
        if isinstance(captured, ApiMessage) and captured.dropped:
            remarks.append(f"dropped, because suppressed: {', '.join(captured.dropped)}")
        head = head_of(content)
        message = KeptMessage(
            id=self.mailbox.next_id,
            fake=seen.fake.removesuffix("-smtp") if self._is_service(seen.fake) else seen.fake,
            by="api" if self.is_api.get(seen.fake) else "smtp",
            at=self.now(),
            captured=captured,
            content=content,
            sender=head.from_,
            subject=head.subject,
            remarks=tuple(dict.fromkeys(remarks)),
        )
        self.mailbox.keep(message)
        self.tell(message)

    def _is_service(self, label: str) -> bool:
        """Whether it is a provider's SMTP service."""
        return bool(self.is_api.get(label.removesuffix("-smtp"))) and label.endswith("-smtp")

    def _noticed(self, seen: _Seen, fact: Fact) -> Iterator[tuple[Kind, str, str]]:
        match fact:
            case AuthOutcome(secure=False, mechanism=mechanism) if mechanism in _TELLING:
                yield from _once(seen, "in-clear", f"AUTH {mechanism}", _PASSWORD_IN_CLEAR)
            case Sent(data=data) if not self.is_api.get(seen.fake) and _REFUSED.match(data):
                who = f" as {seen.login}" if seen.login else ""
                yield "refused", f"{seen.last or 'connection'}{who}", _one_line(data)
            case TlsEstablished() if fact.has_to_be_refused:
                yield from _once(seen, "unverified", "TLS", _unverified(fact.certificate))
            case TlsFailed(reason=reason, alert=alert):
                yield "tls-failed", "TLS", alert or reason
            case FaultActed(moment=moment, action=action):
                yield "fault", moment, action
            case Broke(error=error):
                yield "broke", "the fake itself failed", error
            case Closed() if seen.is_quiet and seen.last and not self.is_api.get(seen.fake):
                yield "left", seen.last, "it left without sending anything"
            case _:
                yield from _over_http(seen, fact)


# CRAM-MD5 shows no password, and a signature shows no key.
_TELLING = frozenset(["PLAIN", "LOGIN"])
_TELLING_SCHEMES = frozenset(["basic", "bearer"])

_IN_CLEAR = "it came in clear, without TLS"
_PASSWORD_IN_CLEAR = "the password came in clear, without TLS"
_KEY_IN_CLEAR = "the key came in clear, without TLS"


def _unverified(certificate: str) -> str:
    if certificate == NO_CERTIFICATE:
        return "the sender went on though the server showed no certificate: it does not verify"
    rows = ", ".join(CertificateKind(certificate).facts.situations)
    return (
        f"the sender went on though the certificate is {certificate}: it does not verify ({rows})"
    )


def _once(seen: _Seen, kind: Kind, what: str, words: str) -> Iterator[tuple[Kind, str, str]]:
    """A notice that is a remark on each message of the connection, too."""
    if words not in seen.remarks:
        seen.remarks.append(words)
        yield kind, what, words


def _over_http(seen: _Seen, fact: Fact) -> Iterator[tuple[Kind, str, str]]:
    match fact:
        case HttpRequested(request=request, secure=secure):
            seen.last = f"{request.method} {request.target.partition('?')[0][:200]}"
            scheme = (request.header("authorization") or "").partition(" ")[0].lower()
            if not secure and scheme in _TELLING_SCHEMES:
                yield from _once(seen, "in-clear", seen.last, _KEY_IN_CLEAR)
        case HttpResponded(response=response) if response.mark is Mark.NOT_MODELLED:
            yield "not-modelled", seen.last, "the vendor has this call, and the fake has not"
        case HttpResponded(response=response) if response.status >= 400:
            words = _one_line(response.body) or response.case
            yield "refused", seen.last, f"{response.status} {words}"
        case RecipientRefused(address=address, code=code, words=words) if code < 300:
            yield "refused", f"recipient {address}", words


def _said(command: Command) -> str:
    """A command without what may be secret in it."""
    if command.verb == "AUTH":
        return f"AUTH {command.argument.partition(' ')[0].upper()}".strip()
    return command.line.decode("utf-8", "replace")[:200]


def _posted(fact: WebhookPosted) -> str:
    heard = fact.problem or f"the handler answered {fact.status}"
    return f"to {fact.recipient}: {heard}"


def _one_line(data: bytes) -> str:
    return " ".join(data[: _WORDS * 4].decode("utf-8", "replace").split())


def has_to_do_with_the_sender(notice: Notice) -> bool:
    """Whether a refusal seems to be about an address that nobody verified."""
    return notice.event == "refused" and bool(_IDENTITY.search(notice.words))


def started_at() -> datetime:
    """The time of this machine, to the second."""
    return real_now().astimezone(UTC).replace(microsecond=0)
