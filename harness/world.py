"""The world of one case: its fakes, and how a sender is told to find them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from harness.fakes.listener import Network
from harness.fakes.smtp.credentials import Credentials
from harness.fakes.smtp.fake import Smtp
from harness.fakes.transcript import Transcript
from harness.ground import Ground
from harness.protocol import Mailbox, Message, Security, SendRequest, SmtpTransport
from harness.scenario.case import Case, security_of
from harness.scenario.model import Send, SmtpGiven
from harness.secrets import Secrets

# Real-looking, for senders that take `connect_to`; the name is reserved for tests (RFC 6761).
_LOGICAL_HOST = "mail.harness.test"
_LOOPBACK = "localhost"
_NO_SUCH_HOST = "nowhere.invalid"  # RFC 6761 keeps it from ever existing
_LOOPBACK_ADDRESS = "127.0.0.1"
MAIN = "smtp"


@dataclass(slots=True)
class World:
    """All fakes of one case. `logical`: the sender is told real-looking names and ports."""

    case: Case
    ground: Ground
    logical: bool
    account: Credentials
    transcript: Transcript = field(default_factory=Transcript)
    fakes: dict[str, Smtp] = field(default_factory=dict)
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    _stacks: dict[str, AsyncExitStack] = field(default_factory=dict)

    @property
    def secrets(self) -> Secrets:
        """What must be found nowhere: every password that the sender is told."""
        told = [self.account.password]
        told += [send.password for send in self.case.sends if send.password is not None]
        names = {"password": told[0]}
        names.update({f"password-{n}": value for n, value in enumerate(dict.fromkeys(told)) if n})
        return Secrets(names, self.ground.family)

    @property
    def host(self) -> str:
        """The name by which the sender is told the server it has to use."""
        return self._told_host(self.case.sends[-1])

    async def change(self, words: Mapping[str, Any]) -> None:
        """Put the main fake into another state; its port and the record go on."""
        changed = SmtpGiven.model_validate(
            {**self.case.given.smtp.model_dump(exclude_unset=True), **words}
        )
        port = self.fakes[MAIN].port
        await self._stacks[MAIN].aclose()
        await self._start(MAIN, changed, port=port)

    def request(self, send: Send) -> SendRequest:
        """The document that asks the sender for this send."""
        return SendRequest(
            case=self.case.id,
            transport=self._transport(send),
            connect_to=self._connect_to(send),
            trust=self.ground.trust,
            message=_message(send, self.ground.dice(f"{self.case.id}:message").getrandbits(64)),
            timeout=self.ground.timeout,
        )

    async def _start(self, label: str, given: SmtpGiven, *, port: int = 0) -> None:
        words = given.model_dump(exclude={"host", "port"}, exclude_unset=True, exclude_none=True)
        words.setdefault("names", self._names(label, given))
        if "username" not in words:
            words.update(username=self.account.username, password=self.account.password)
        fake = Smtp(
            authority=self.ground.authority,
            ca_file=Path(self.ground.trust.ca_file),
            transcript=self.transcript,
            timeout=self.ground.timeout,
            bind_host=self._bind_host(label),
            bind_port=port,
            label=label,
            **words,
        )
        stack = AsyncExitStack()
        await stack.enter_async_context(fake.serve())
        self._stacks[label] = stack
        self.fakes[label] = fake

    def _bind_host(self, label: str) -> str:
        """Where a fake listens: where a sender that dials what it is told will look for it."""
        hosts = {send.host for send in self.case.sends if send.host}
        wants_ipv6 = label == MAIN and not self.logical and hosts & {"::1", "[::1]"}
        return "::1" if wants_ipv6 else _LOOPBACK_ADDRESS

    def _names(self, label: str, given: SmtpGiven) -> tuple[str, ...]:
        """What the certificate is made for: the names that a sender verifies."""
        if label == MAIN:
            server_names = [send.server_name for send in self.case.sends if send.server_name]
            if server_names:
                return (server_names[0],)
            hosts = [send.host.strip("[]") for send in self.case.sends if send.host]
            if hosts:
                return (hosts[0],)
        if self.logical:
            return (given.host or _LOGICAL_HOST,)
        return (_LOOPBACK, _LOOPBACK_ADDRESS, "::1")

    # What the sender is told.

    def _told_host(self, send: Send) -> str:
        if send.host is not None:
            return send.host
        if self.case.given.smtp.network is Network.UNRESOLVED:
            return _NO_SUCH_HOST
        if not self.logical:
            return _LOOPBACK
        return self.case.given.smtp.host or _LOGICAL_HOST

    def _told_port(self, send: Send) -> int:
        if send.port is not None:
            return send.port
        if not self.logical:
            return self.fakes[MAIN].port
        return self.case.given.smtp.port or _usual_port(security_of(self.case.given, send))

    def _connect_to(self, send: Send) -> dict[str, str]:
        if not self.logical:
            return {}
        found = {}
        if self.case.given.smtp.network is not Network.UNRESOLVED:
            told = self._told_host(send)
            main = self.fakes[MAIN]
            for host in (told, told.rstrip(".").lower()):
                logical = f"{_bracketed(host)}:{self._told_port(send)}"
                found[logical] = f"{_bracketed(main.host)}:{main.port}"
        for label, given in self.case.given.also.items():
            usual = _usual_port(Security(given.security))
            logical = f"{given.host or self._told_host(send)}:{given.port or usual}"
            found[logical] = f"{_LOOPBACK_ADDRESS}:{self.fakes[label].port}"
        return found

    def _transport(self, send: Send) -> SmtpTransport:
        security = security_of(self.case.given, send)
        username, password = self._credentials(send)
        host, port = self._told_host(send), self._told_port(send)
        if send.uri is None:
            uri = _uri(send, security, host, port, username, password)
        else:
            uri = _fill(send.uri, host, port, username, password)
        return SmtpTransport(
            uri=uri,
            host=host,
            port=port,
            username=username,
            password=password,
            security=security,
            verify=send.verify,
            server_name=send.server_name,
            ehlo_name=send.ehlo_name,
        )

    def _credentials(self, send: Send) -> tuple[str | None, str | None]:
        if send.credentials == "none":
            return None, None
        username = self.account.username if send.username is None else send.username
        password = self.account.password if send.password is None else send.password
        return username, password


@asynccontextmanager
async def opened(case: Case, ground: Ground, *, logical: bool) -> AsyncIterator[World]:
    """Start every fake of a case.

    Raises:
        FakeError: one of them cannot be what it was told to be.
    """
    given = case.given.smtp
    account = ground.account(case.id)
    if given.username is not None and given.password is not None:
        account = Credentials(username=given.username, password=given.password)
    world = World(case=case, ground=ground, logical=logical, account=account)
    try:
        await world._start(MAIN, given)  # noqa: SLF001  # the world's own constructor
        for label, other in case.given.also.items():
            await world._start(label, other)  # noqa: SLF001
        yield world
    finally:
        for stack in reversed(world._stacks.values()):  # noqa: SLF001
            await stack.aclose()


def _usual_port(security: Security) -> int:
    """465 for implicit TLS (RFC 8314), 587 for the rest (RFC 6409)."""
    return 465 if security is Security.TLS else 587


def _uri(
    send: Send, security: Security, host: str, port: int, username: str | None, password: str | None
) -> str:
    scheme = "smtps" if security is Security.TLS else "smtp"
    options = []
    if security is Security.NONE:
        options.append("disable_starttls=true")
    if not send.verify:
        options.append("skip_ssl_verify=true")
    if send.server_name is not None:
        options.append(f"server_name={quote(send.server_name, safe='')}")
    user_info = ""
    if username is not None and password is not None:
        user_info = f"{quote(username, safe='')}:{quote(password, safe='')}@"
    query = "?" + "&".join(options) if options else ""
    return f"{scheme}://{user_info}{_bracketed(host)}:{port}/{query}"


def _fill(uri: str, host: str, port: int, username: str | None, password: str | None) -> str:
    """Put the world's values into a URI that a scenario spells out."""
    values = {
        "<username>": quote(username or "", safe=""),
        "<password>": quote(password or "", safe=""),
        "<host>": _bracketed(host),
        "<port>": str(port),
    }
    for placeholder, value in values.items():
        uri = uri.replace(placeholder, value)
    return uri


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def _message(send: Send, token: int) -> Message:
    """The default message, with what the scenario says in place of its parts."""
    plain: dict[str, Any] = {
        "from": Mailbox(name="Harness", address="sender@harness.test"),
        "to": [Mailbox(address="recipient@harness.test")],
        "subject": f"Harness message {token:016x}",
        "text": f"This message was asked for by a test.\nIts token is {token:016x}.\n",
    }
    return Message.model_validate({**plain, **send.message})
