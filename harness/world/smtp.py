"""A world with an SMTP server: how a sender is told to find it and to log in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from harness.fakes.fake import Fake
from harness.fakes.listener import Network
from harness.fakes.smtp.credentials import Credentials
from harness.fakes.smtp.fake import Smtp
from harness.protocol import Security, SmtpTransport
from harness.scenario.given import SMTP_LABEL, SmtpGiven
from harness.scenario.needs import security_of
from harness.scenario.step import Told
from harness.secrets import Secrets
from harness.world.base import World

# Real-looking, for senders that take `connect_to`; the name is reserved for tests (RFC 6761).
_LOGICAL_HOST = "mail.harness.test"
_LOOPBACK = "localhost"
_NO_SUCH_HOST = "nowhere.invalid"  # RFC 6761 keeps it from ever existing
_LOOPBACK_ADDRESS = "127.0.0.1"


@dataclass(slots=True, kw_only=True)
class SmtpWorld(World):
    """Fake SMTP servers: the one that the sender is told of, with its `account`, and others."""

    main: str = SMTP_LABEL
    account: Credentials

    @property
    def secrets(self) -> Secrets:
        """What must be found nowhere: every password and every token that the sender is told."""
        told = [self.account.password]
        told += [send.password for send in self.case.told if send.password is not None]
        names = {"password": told[0]}
        names.update({f"password-{n}": value for n, value in enumerate(dict.fromkeys(told)) if n})
        tokens = dict.fromkeys(filter(None, map(self._token, self.case.told)))
        names.update(
            {f"access_token-{n}" if n else "access_token": value for n, value in enumerate(tokens)}
        )
        return Secrets(names, self.context.family)

    @property
    def host(self) -> str:
        """The name by which the sender is told the server it has to use."""
        return self._told_host(self.case.told[-1])

    @property
    def in_clear(self) -> bool:
        """Whether the sender is told to send in clear."""
        return {security_of(self.case.given, send) for send in self.case.told} == {Security.NONE}

    async def start(self) -> None:
        """Start every fake."""
        await self._start_server(SMTP_LABEL, self.case.given.smtp)
        for label, other in self.case.given.other_smtp_servers.items():
            await self._start_server(label, other)

    async def change(self, words: Mapping[str, Any]) -> None:
        """Put the main fake into another state; its port and the record go on."""
        changed = SmtpGiven.model_validate(
            {**self.case.given.smtp.model_dump(exclude_unset=True), **words}
        )
        port = self.fakes[SMTP_LABEL].port
        await self.stop_fake(SMTP_LABEL)
        await self._start_server(SMTP_LABEL, changed, port=port)

    async def _start_server(self, label: str, given: SmtpGiven, *, port: int = 0) -> None:
        words = given.model_dump(exclude={"host", "port"}, exclude_unset=True, exclude_none=True)
        words.setdefault("names", self._names(label, given))
        if "username" not in words:
            words.update(username=self.account.username, password=self.account.password)
        words.setdefault("access_token", self.account.access_token)
        fake = Smtp(
            **self.surroundings,
            bind_host=self._bind_host(label),
            bind_port=port,
            label=label,
            **words,
        )
        await self.start_fake(fake)

    def _bind_host(self, label: str) -> str:
        """Where a fake listens: where a sender that dials what it is told will look for it."""
        hosts = {send.host for send in self.case.told if send.host}
        wants_ipv6 = label == SMTP_LABEL and not self.logical and hosts & {"::1", "[::1]"}
        return "::1" if wants_ipv6 else _LOOPBACK_ADDRESS

    def _names(self, label: str, given: SmtpGiven) -> tuple[str, ...]:
        """What the certificate is made for: the names that a sender verifies."""
        if label == SMTP_LABEL:
            server_names = [send.server_name for send in self.case.told if send.server_name]
            if server_names:
                return (server_names[0],)
            hosts = [send.host.strip("[]") for send in self.case.told if send.host]
            if hosts:
                return (hosts[0],)
        if self.logical:
            return (given.host or _LOGICAL_HOST,)
        return (_LOOPBACK, _LOOPBACK_ADDRESS, "::1")

    # What the sender is told.

    def _told_host(self, send: Told) -> str:
        if send.host is not None:
            return send.host
        if self.case.given.smtp_server.network is Network.UNRESOLVED:
            return _NO_SUCH_HOST
        return self._logical_host(send) if self.logical else _LOOPBACK

    def _told_port(self, send: Told) -> int:
        if send.port is not None:
            return send.port
        return self._logical_port(send) if self.logical else self._told_fake(send).port

    def _logical_host(self, send: Told) -> str:
        return self._told_server(send).host or _LOGICAL_HOST

    def _logical_port(self, send: Told) -> int:
        usual = _usual_port(security_of(self.case.given, send))
        return self._told_server(send).port or usual

    def _told_server(self, send: Told) -> SmtpGiven:
        given = self.case.given
        return given.smtp if send.server is None else given.other_smtp_servers[send.server]

    def _told_fake(self, send: Told) -> Fake[Any]:
        """The server that the sender is told of."""
        return self.fakes[send.server or SMTP_LABEL]

    def connect_to(self, send: Told) -> dict[str, str]:
        """A row for each server, in each spelling of its name."""
        if not self.logical:
            return {}
        found = {}
        if self.case.given.smtp_server.network is not Network.UNRESOLVED:
            told = self._told_host(send)
            main = self._told_fake(send)
            for host in (told, told.rstrip(".").lower()):
                logical = f"{_bracketed(host)}:{self._told_port(send)}"
                found[logical] = f"{_bracketed(main.host)}:{main.port}"
        for label, given in self.case.given.other_smtp_servers.items():
            usual = _usual_port(Security(given.security))
            logical = f"{given.host or self._told_host(send)}:{given.port or usual}"
            found[logical] = f"{_LOOPBACK_ADDRESS}:{self.fakes[label].port}"
        return found

    def transport(self, send: Told) -> SmtpTransport:
        """The configuration, as a URI and in its parts."""
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
            access_token=self._token(send),
        )

    def _credentials(self, send: Told) -> tuple[str | None, str | None]:
        if send.credentials == "none":
            return None, None
        username = self.account.username if send.username is None else send.username
        if send.access_token is not None:
            return username, None
        password = self.account.password if send.password is None else send.password
        return username, password

    def _token(self, send: Told) -> str | None:
        if send.access_token is None:
            return None
        return send.access_token.replace("<access_token>", self.account.access_token or "")


def account_for(given: SmtpGiven, made_up: Credentials) -> Credentials:
    """The account that a scenario spells out, else the one made up."""
    token = given.access_token or made_up.access_token
    if given.username is None or given.password is None:
        return replace(made_up, access_token=token)
    return Credentials(username=given.username, password=given.password, access_token=token)


def _usual_port(security: Security) -> int:
    """465 for implicit TLS (RFC 8314), 587 for the rest (RFC 6409)."""
    return 465 if security is Security.TLS else 587


def _uri(
    send: Told,
    security: Security,
    host: str,
    port: int,
    username: str | None,
    password: str | None,
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
    if username is not None:
        secret = "" if password is None else f":{quote(password, safe='')}"
        user_info = f"{quote(username, safe='')}{secret}@"
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
